"""The computations that rows of a batch share: with causal attention, activations at a position depend only on the tokens up to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from mechgrok.models.forward.gathering import Index
from mechgrok.models.forward.lengths import by_length

_PAIRS_PER_ROW = 8
"""A pair of tokens in a product costs about an eighth of a row that is gathered twice."""
_SHARED = 0.75
"""Share of distinct tokens above which looking each one up costs more than computing the others again."""


@dataclass(frozen=True)
class AttentionIndex:
    """The indices by which the rows of one position attend to those of another."""

    query: Index | None
    """None: row by row, or one row for all."""
    key: Index | None
    pair: Index | None
    paired: bool
    """Whether a table of all pairs, row query * keys + key, is cheaper than pairing row by row; `pair` is the index into it."""

    @classmethod
    def between(cls, query: Tensor, queries: int, key: Tensor, keys: int) -> AttentionIndex:
        """From the entering rows of both positions, for each leaving row, and how many there are."""
        paired = queries * keys <= _PAIRS_PER_ROW * len(query)
        pair = _index(query * keys + key, queries * keys) if paired else None
        return cls(_index(query, queries), _index(key, keys), pair, paired)

    @classmethod
    def at_one(cls, own: AttentionIndex) -> AttentionIndex:
        """At a row that is the same for all, given how the same rows find themselves."""
        return cls(own.query, None, own.query, paired=True)


@dataclass(frozen=True)
class LayerRows:
    """The numbers of distinct rows before and after a layer at each position, and the indices by which these attend to those."""

    entering: tuple[int, ...]
    leaving: tuple[int, ...]
    indices: tuple[tuple[AttentionIndex, ...], ...]
    """indices[i][j]: from the leaving rows of position i to the entering rows of position j <= i."""


@dataclass(frozen=True)
class Batch:
    """Tokens (batch, pos), and the indices of what their rows share, prepared once at first use.

    Before the first layer a position has one row for each distinct token; after it one for each distinct run of tokens up to there. The
    last position, which is read, then has one for each row of the batch, in its order.
    """

    inputs: Tensor
    """(batch, pos); a shorter row has -1 after its end, and is read where it ends."""

    @classmethod
    def of(cls, tokens: Tensor) -> Batch:
        """Prepares tokens (batch, pos)."""
        return cls(tokens)

    @cached_property
    def parts(self) -> tuple[tuple[Tensor, Batch], ...]:
        """The rows of each length, and where in the batch they are; none where all rows are full."""
        return tuple((places, Batch(tokens)) for places, tokens in by_length(self.inputs))

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self.inputs)

    @property
    def length(self) -> int:
        """Tokens a row."""
        return self.inputs.shape[1]

    @property
    def tokens(self) -> Tensor:
        """The distinct tokens of the first position, then of the second, ..."""
        return self._tables.tokens

    @property
    def positions(self) -> Tensor:
        """The position of each of these."""
        return self._tables.positions

    @property
    def first(self) -> LayerRows:
        """Through the first layer."""
        return self._tables.first

    @property
    def later(self) -> LayerRows:
        """Through any later layer."""
        return self._tables.later

    @property
    def square(self) -> bool:
        """Whether the rows are all pairs of the distinct tokens of two positions, row a * (number of b) + b, before one token."""
        return self._tables.square

    @cached_property
    def _tables(self) -> _Tables:
        return _Tables.of(self.inputs)


@dataclass(frozen=True)
class _Tables:
    tokens: Tensor
    positions: Tensor
    first: LayerRows
    later: LayerRows
    square: bool

    @classmethod
    def of(cls, tokens: Tensor) -> _Tables:
        distinct = [_distinct(column) for column in tokens.T]
        columns = [column for _, column in distinct]
        counts = [len(values) for values, _ in distinct]
        runs = _runs(columns)
        examples = [_example(run) for run in runs]
        return cls(
            tokens=torch.cat([values for values, _ in distinct]),
            positions=torch.cat([torch.full_like(values, position) for position, (values, _) in enumerate(distinct)]),
            first=_rows(columns, counts, examples),
            later=_rows(runs, [len(example) for example in examples], examples),
            square=_is_square(columns, counts),
        )


def _distinct(column: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct tokens of a position, and which of them each row has; all rows' tokens where nearly all are distinct."""
    tokens, inverse = torch.unique(column, return_inverse=True)
    if len(tokens) > _SHARED * len(column):
        return column, torch.arange(len(column), device=column.device)
    return tokens, inverse


def _is_square(columns: list[Tensor], counts: list[int]) -> bool:
    """`columns` and `counts`: the distinct token of each row, and how many there are, position after position."""
    if len(counts) != 3 or counts[2] != 1:
        return False
    return torch.equal(columns[0] * counts[1] + columns[1], torch.arange(counts[0] * counts[1], device=columns[0].device))


def _runs(columns: list[Tensor]) -> list[Tensor]:
    """For each position the number of each row's run of tokens up to there (batch,); at the last one the row itself."""
    own = torch.arange(len(columns[0]), device=columns[0].device)
    runs = columns[:1]
    for column in columns[1:-1]:
        apart = torch.equal(runs[-1], own)
        runs.append(own if apart else torch.unique(runs[-1] * (int(column.max()) + 1) + column, return_inverse=True)[1])
    return [*runs[: len(columns) - 1], own]


def _example(run: Tensor) -> Tensor:
    """For each distinct run one row of the batch that has it."""
    rows = torch.arange(len(run), device=run.device)
    return torch.empty(int(run.max()) + 1, dtype=torch.long, device=run.device).scatter_(0, run, rows)


def _rows(column: list[Tensor], counts: list[int], examples: list[Tensor]) -> LayerRows:
    """`column[j]` (batch,) is the entering row of position j for each row of the batch."""
    indices = tuple(
        tuple(AttentionIndex.between(column[i][example], counts[i], column[j][example], counts[j]) for j in range(i + 1))
        for i, example in enumerate(examples)
    )
    return LayerRows(tuple(counts), tuple(len(example) for example in examples), indices)


def _index(index: Tensor, count: int) -> Index | None:
    trivial = count == 1 or torch.equal(index, torch.arange(count, device=index.device))
    return None if trivial else Index.into(count, index)
