"""The rows that a network may have been trained on: number of tokens, their order, and the tokens that are no numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, permutations

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks.structure import Structure
from mechgrok.tasks.layouts import LONGEST_ROW, read_row

MOST_SPECIALS = 6
"""Tokens that are no numbers, in a vocabulary whose p is not given."""
LEAST = 5
"""The least modulus that is tried; smaller ones have to be given."""
LONGEST = 5
"""Tokens of the longest rows that are tried."""
_SPARE = {1: 2, 2: 1, 3: 0}
"""Tokens that a row with so many special tokens may leave unused."""


@dataclass(frozen=True)
class Row:
    """The modulus, and the words of a row: a, b, and numbers of tokens."""

    p: int
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words with spaces between them."""
        return " ".join(self.words)

    @property
    def specials(self) -> tuple[int, ...]:
        """The tokens that are no numbers, in order."""
        return tuple(int(word) for word in self.words if word.isdecimal())

    def __str__(self) -> str:
        return f"{self.text} modulo {self.p}"


def possible_rows(structure: Structure, p: int | None, text: str | None = None) -> tuple[Row, ...]:
    """The rows that fit the sizes, the conventional ones first. Raises UserError where none does."""
    if structure.longest is not None and structure.longest < 2:
        raise UserError(f"the file's network reads {structure.longest} token a row; only rows a b = and a b can be imported")
    found = _given(structure, p, text) if text is not None else sorted(_all(structure, p), key=lambda row: _oddity(row, structure))
    if not found:
        raise _unfit(structure, p, text)
    return tuple(found)


def _unfit(structure: Structure, p: int | None, text: str | None) -> UserError:
    sizes = f"the file's network has {structure.tokens} tokens and {structure.outputs} classes"
    if text is not None:
        return UserError(f"{sizes}, which rows {text!r} do not fit; did you mean another --p or row?")
    signs = 0 if structure.longest == 2 else 1
    fitting = f"{p + signs}, '=' among them, and {p} or {p + signs}" if signs and p is not None else f"{p} each"
    return UserError(f"{sizes}; modulo {p} they would be {fitting}; did you mean --p {structure.tokens - signs}?")


def _given(structure: Structure, p: int | None, text: str) -> list[Row]:
    specials = [int(word) for word in text.split() if word.isdecimal()]
    found = [Row(p, tuple(text.split()))] if p is not None else [Row(q, tuple(text.split())) for q in _moduli(structure, None)]
    found = [row for row in found if all(row.p <= token < structure.tokens for token in specials)]
    for row in found[:1]:
        try:
            read_row(row.text, row.p)
        except ValueError as error:
            raise UserError(f"--reading row={text}: {error}") from None
    return sorted(found, key=lambda row: _oddity(row, structure))


def _all(structure: Structure, p: int | None) -> Iterator[Row]:
    for modulus in _moduli(structure, p):
        specials = structure.tokens - modulus
        if specials and structure.longest == 2:
            continue
        for length in _lengths(structure):
            yield from (
                Row(modulus, words)
                for words in _words(modulus, specials, length, given=p is not None or structure.outputs < structure.tokens)
            )


def _moduli(structure: Structure, p: int | None) -> list[int]:
    most = min(structure.tokens, structure.outputs)
    if p is not None:
        return [p] if 2 <= p <= most else []
    if structure.outputs < structure.tokens:
        return [structure.outputs]
    return [most - k for k in range(MOST_SPECIALS + 1) if most - k >= LEAST]


def _lengths(structure: Structure) -> range:
    longest = structure.longest
    return range(2, LONGEST + 1) if longest is None else range(2, min(longest, LONGEST) + 1)


def _words(p: int, specials: int, length: int, *, given: bool) -> Iterator[tuple[str, ...]]:
    """Each order of a before b and of other tokens between, before and behind them. Where p is open, few tokens are left unused."""
    others = length - 2
    tokens = [str(p + i) for i in range(min(specials, MOST_SPECIALS))]
    fillings = [
        filling for filling in _fillings(tokens, others) if given or not others or len(tokens) - len(set(filling)) <= _SPARE[others]
    ]
    for places in combinations(range(length), 2):
        for filling in fillings:
            left = iter(filling)
            yield tuple("ab"[places.index(i)] if i in places else next(left) for i in range(length))


def _fillings(tokens: list[str], others: int) -> list[tuple[str, ...]]:
    """Distinct tokens in every order; where there are two, also twice the same."""
    return [*permutations(tokens, others), *((token,) * others for token in tokens if others == 2)]


def _oddity(row: Row, structure: Structure) -> tuple[bool, bool, int, bool, bool, bool, tuple[int, ...]]:
    """Small for rows as most people write them: a b =, or a b where there is no other token; else with all positions used, no spare token,
    special tokens ascending, '=' at the end."""
    limited = structure.longest is not None and structure.longest <= LONGEST_ROW
    spare = structure.tokens - row.p - len(set(row.specials))
    bare = row.words == ("a", "b") and structure.longest in (2, None)
    usual = spare == 0 and (bare or row.words == ("a", "b", str(row.p)))
    behind = bool(row.specials) and not row.words[-1].isdecimal()
    gap = row.words.index("a") != 0
    unused = limited and len(row.words) != structure.longest
    return not usual, unused, spare, behind, gap, [*row.specials] != sorted(row.specials), row.specials
