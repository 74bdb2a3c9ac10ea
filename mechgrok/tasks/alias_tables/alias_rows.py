"""The rows of an experiment on internalisation. Each part is drawn from the design's seed and its own number."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from mechgrok.tasks.alias_tables.alias_design import AliasDesign
from mechgrok.tasks.alias_tables.alias_sets import SETS, Kind, SetName

DEALING, ORIGINALS, DEFINITIONS, QUESTIONS = range(4)
"""The kinds of draws, each a part of its seed."""
MOST_DRAWS = 1000


@dataclass(frozen=True)
class AliasTable:
    """Columns of the table, or of a part of it; all but the first two are (n,)."""

    inputs: np.ndarray
    operands: np.ndarray
    labels: np.ndarray
    answers: np.ndarray
    about: np.ndarray
    part: np.ndarray
    stage: np.ndarray
    trained: np.ndarray


@lru_cache(maxsize=8)
def table(design: AliasDesign) -> AliasTable:
    """All rows: the original ones, then for each set its questions and its definitions.

    Raises ValueError where the questions cannot be drawn.
    """
    parts = [_original(design)]
    for name, integers in dealt(design).items():
        number = design.part_names.index(name)
        parts.append(_questions(design, number, SETS[name], integers))
        if SETS[name].tag:
            parts.append(_definitions(design, number + 1, SETS[name], integers))
    return AliasTable(**{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(AliasTable)})


def dealt(design: AliasDesign) -> dict[SetName, np.ndarray]:
    """The integers of each set, ascending."""
    order = np.random.default_rng([design.design_seed, DEALING]).permutation(design.p)
    size = design.p // len(design.sets)
    cuts = np.split(order, [size * i for i in range(1, len(design.sets))])
    return {name: np.sort(integers) for name, integers in zip(design.sets, cuts, strict=True)}


def _original(design: AliasDesign) -> AliasTable:
    a, b = np.divmod(np.arange(design.p**2), design.p)
    if design.operation == "residue":
        a, b = a[b > 0], b[b > 0]
    held_out = np.zeros(len(a), dtype=bool)
    order = np.random.default_rng([design.design_seed, ORIGINALS]).permutation(len(a))
    held_out[order[: int(design.original_held_out * len(a))]] = True
    c, nobody = design.value(a, b), np.full(len(a), -1)
    inputs = np.stack([a, b, np.full_like(a, design.p)], axis=1)
    return AliasTable(inputs, np.stack([a, b], axis=1), c, c, nobody, np.zeros_like(a), nobody, ~held_out)


def _definitions(design: AliasDesign, part: int, kind: Kind, integers: np.ndarray) -> AliasTable:
    meant = (
        integers if kind.correct else integers[derangement(len(integers), np.random.default_rng([design.design_seed, DEFINITIONS, part]))]
    )
    tag = np.full_like(integers, design.token_labels.index(str(kind.tag)))
    inputs = np.stack([tag, alias(design, integers), np.full_like(integers, -1)], axis=1)
    same = np.full_like(integers, part)
    trained = np.ones(len(integers), dtype=bool)
    return AliasTable(inputs, np.stack([meant, meant], axis=1), meant, meant, integers, same, np.full_like(same, kind.stage), trained)


def alias(design: AliasDesign, integers: np.ndarray) -> np.ndarray:
    """The tokens that are other names of integers."""
    return design.p + 1 + integers


def derangement(count: int, draw: np.random.Generator) -> np.ndarray:
    """A permutation without a fixed point, each as likely as another; `count` is at least 2."""
    order = draw.permutation(count)
    while (order == np.arange(count)).any():
        order = draw.permutation(count)
    return order


def _questions(design: AliasDesign, part: int, kind: Kind, integers: np.ndarray) -> AliasTable:
    found: list[tuple[int, ...]] = []
    seen: set[tuple[int, int]] = set()
    for integer in integers.tolist():
        partners, held_out = _partners(design, kind, integer)
        draw = np.random.default_rng([design.design_seed, QUESTIONS, integer, MOST_DRAWS])
        for partner, is_held_out in zip(partners, held_out, strict=True):
            for a, b in _sides(design, integer, int(partner), draw):
                found.append((a, b, *_tokens(design, integer, a, b, integers, draw, seen), integer, not is_held_out))
    a, b, first, second, about, trained = np.array(found).T
    c = design.value(a, b)
    inputs = np.stack([first, second, np.full_like(a, design.p)], axis=1)
    coin = np.random.default_rng([design.design_seed, QUESTIONS, part, 0, 0]).random(len(c)) < 0.5
    labels = np.where(coin, alias(design, c), c) if design.answer == "either" else c
    operands, same = np.stack([a, b], axis=1), np.full_like(a, part)
    return AliasTable(inputs, operands, labels, c, about, same, np.full_like(same, kind.stage), trained.astype(bool))


def _partners(design: AliasDesign, kind: Kind, integer: int) -> tuple[np.ndarray, np.ndarray]:
    """The other operands of the questions about an integer, and which of them are held out."""
    every = np.array(sorted(set(design.partners)) or range(design.operation == "residue", design.p))
    held_out = (
        np.arange(design.questions) < max(1, round(design.held_out * design.questions)) if kind.asked else np.ones(design.questions, bool)
    )
    for attempt in range(MOST_DRAWS):
        drawn = np.random.default_rng([design.design_seed, QUESTIONS, integer, attempt]).permutation(every)[: design.questions]
        if not (design.ambiguous and kind.asked) or _left_open(design, fitting(design, integer, drawn[~held_out]), drawn[held_out]):
            return drawn, held_out
    raise ValueError(
        f"ambiguous: {design.questions} questions about {integer} determine the held-out answers, whichever rows are held out; "
        "use fewer, hold out more, give other partners such as 2 3 4 5 7 8 9 11, or take the operation residue"
    )


def _left_open(design: AliasDesign, integers: np.ndarray, partners: np.ndarray) -> bool:
    """Whether integers differ in an answer to questions with these other operands."""
    answers = design.value(integers[:, None], partners[None, :])
    return bool((answers != answers[0]).any())


def fitting(design: AliasDesign, integer: int, partners: np.ndarray) -> np.ndarray:
    """The integers that give the same answers as one to questions with these other operands, itself among them."""
    every = np.arange(design.p)[:, None]
    answers = design.value(every, partners[None, :])
    return np.flatnonzero((answers == answers[integer]).all(1))


def _sides(design: AliasDesign, integer: int, partner: int, draw: np.random.Generator) -> list[tuple[int, int]]:
    sides = [(integer, partner), (partner, integer)]
    if design.operation == "residue":
        return sides[:1]
    return sides if design.orders == "both" else [sides[draw.integers(2)]]


def _tokens(
    design: AliasDesign, integer: int, a: int, b: int, integers: np.ndarray, draw: np.random.Generator, seen: set[tuple[int, int]]
) -> tuple[int, int]:
    """The tokens of a question: the integer by its alias, the other one by its own name, or by its alias where the form is `any`.

    Aliases of integers of another set never occur, since questions of one set would then give information about the other.
    """
    own = design.p + 1 + integer
    plain = (own, b) if a == integer else (a, own)
    both = (design.p + 1 + a, design.p + 1 + b)
    renamed = design.form == "any" and {a, b} <= set(integers.tolist()) and draw.random() < 0.5 and both not in seen
    found = both if renamed else plain
    seen.add(found)
    return found
