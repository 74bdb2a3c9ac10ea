"""Readings of a file in stages: the options that break a network in all combinations, the others by turns, from the best few."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.inference.interpretation import Interpretation
from mechgrok.runs.importing.inference.rows import Row
from mechgrok.runs.importing.inference.signal import Labels, labels_at, possible, signal
from mechgrok.runs.importing.networks.options import ALIBI
from mechgrok.runs.importing.networks.projections import FUSED
from mechgrok.runs.importing.networks.structure import LAST, Reading, State, Structure
from mechgrok.tasks.operations import FORMULAS

BREAKING = ("row", "read", "fused", "matrices", "normalization", "embedding_scale", "positions", "gate")
"""A wrong value of one of these hides the task; all combinations are tried."""
PAIRS = (
    ("heads", "attention_scale"),
    ("activation", "mask"),
    ("activation", "gate"),
    ("positions", "read"),
    ("mask", "read"),
    ("activation", "normalization"),
)
"""Options that are also varied together."""
BEAM = 4
NEAR = 0.7
"""The share of the signal of a reading that its rivals have at least."""
BIDIRECTIONAL = "bidirectional"
MOST = 1500
"""Combinations."""
IMPOSSIBLE = -math.inf
"""The signal of a reading under which the network cannot be computed."""
STRONG = 0.4
"""Of the largest possible signal: no other combinations are tried when one has it."""
MOSTLY = 0.9
"""A share of right rows that stops the combinations, too."""
_NO_OTHER = 0.75
"""A share of right rows after the climb above which the combinations that are left are not tried."""
_ROWS, _FEWEST, _AT_ONCE, _NUMBERS = 192, 48, 25, 10**7
"""Rows of the table; trials between two looks at the signals; rows times parameters."""
_NEIGHBOURS = 20
"""Values of one option that a climb tries; the combinations have tried all rows."""


@dataclass(frozen=True, eq=False)
class Trial:
    """A reading that was tried, with the signal of its best operation."""

    reading: Reading
    z: float
    operation: str
    right: float
    """The share of rows with the operation's label."""


@dataclass(eq=False)
class Search:
    """The readings of one network.

    Attributes
    ----------
    structure : Structure
    state : State
        The last weights, float32.
    choices : Mapping
        Every option with its possible values, the conventional one first.
    operations : tuple of str
        Those that may have been learnt.
    """

    structure: Structure
    state: State
    choices: Mapping[str, Sequence[Any]]
    operations: tuple[str, ...] = tuple(FORMULAS)
    tried: dict[tuple[Any, ...], Trial] = field(default_factory=dict)
    _tables: dict[tuple[Row, tuple[int, ...], int], tuple[Tensor, Labels]] = field(default_factory=dict)

    @property
    def conventional(self) -> Reading:
        """The first value of every option."""
        return {name: values[0] for name, values in self.choices.items()}

    def run(self) -> list[Trial]:
        """All trials, the strongest signals first.

        A signal may be strong under a reading that is nearly right, so the other combinations are tried unless most rows are.
        """
        left = iter(self._combinations())
        self._combine(left, self._is_strong)
        self._climb_from(1 if self._is_strong() else BEAM)
        if not self._is_right():
            self._combine(left, self._is_right)
            self._climb_from(BEAM)
        return self.best(len(self.tried))

    def _combine(self, left: Iterator[Reading], is_enough: Callable[[], bool]) -> None:
        """Tries combinations of the breaking options, conventional ones first, until there are enough."""
        while some := list(islice(left, _AT_ONCE)):
            self._try(some)
            if is_enough():
                return

    def _climb_from(self, count: int) -> None:
        for trial in self._starts(count):
            self._climb(trial)

    def _starts(self, count: int) -> list[Trial]:
        """The strongest trials that differ in a breaking option; those of one combination alone would fill the beam."""
        found: dict[tuple[Any, ...], Trial] = {}
        for trial in self.best(len(self.tried)):
            found.setdefault(tuple(trial.reading.get(name) for name in self.breaking), trial)
        return list(found.values())[:count]

    def _combinations(self) -> list[Reading]:
        axes = [self._values(name) for name in self.breaking if len(self.choices.get(name, ())) > 1]
        places = product(*(range(len(values)) for values in axes))
        ordered = sorted(places, key=lambda each: (sum(place > 0 for place in each), sum(each)))
        changes = ([values[i] for values, i in zip(axes, each, strict=True)] for each in islice(ordered, MOST))
        return [self._with_mask({name: value for change in each for name, value in change.items()}) for each in changes]

    def _values(self, name: str) -> list[dict[str, Any]]:
        """The values of an option; an order by heads is one for each number of heads, since a wrong number mixes up all projections."""
        values = self.choices[name]
        by_heads = [value for value in values if name == FUSED and not value.startswith("blocks") and value.endswith("qkv")]
        more = [{name: value, "heads": heads} for value in by_heads for heads in self.choices["heads"][1:]]
        return [*({name: value} for value in values), *more]

    def _with_mask(self, changes: Reading) -> Reading:
        """Conventional beside some changes; without a causal mask where another position than the last is read."""
        unmasked = changes.get("read", LAST) != LAST and BIDIRECTIONAL in self.choices.get("mask", ())
        return {**self.conventional, **changes, **({"mask": BIDIRECTIONAL} if unmasked else {})}

    @cached_property
    def rows(self) -> int:
        """Rows of the table: fewer for large networks, so that a trial takes about ten milliseconds."""
        parameters = sum(tensor.numel() for tensor in self.state.values())
        return max(_FEWEST, min(_ROWS, _NUMBERS // parameters))

    def _is_strong(self) -> bool:
        best = self.best(1)
        if not best:
            return False
        p = best[0].reading["row"].p
        return best[0].right > MOSTLY or best[0].z > STRONG * math.sqrt(min(self.rows, p * p) * (p - 1))

    def _is_right(self) -> bool:
        """Whether so many rows are right that no other combination is likely to be the network's."""
        return any(trial.right > _NO_OTHER for trial in self.best(BEAM))

    @property
    def breaking(self) -> tuple[str, ...]:
        """The options whose combinations are tried; names of nn.Linear leave the orientation of square matrices to the climb."""
        return BREAKING if self.structure.named_by_hand else tuple(name for name in BREAKING if name != "matrices")

    def best(self, count: int) -> list[Trial]:
        """The trials with the strongest signals; of equal ones, those that were tried first."""
        return sorted(self.tried.values(), key=lambda trial: -trial.z)[:count]

    def _climb(self, start: Trial) -> None:
        """To the best value of one option after the other, until none is better."""
        while True:
            best = start
            for changes in self._turns():
                tried = self._try({**best.reading, **change} for change in changes)
                best = max([best, *tried], key=lambda trial: trial.z)
            if not best.z > start.z + 1e-6 * abs(start.z):
                return
            start = best

    def neighbours(self, reading: Reading) -> list[Reading]:
        """The readings that differ in one option, or in two that belong together, and whose signal is not much weaker."""
        least = NEAR * self._try([reading])[0].z
        trials = [trial for changes in self._turns() for trial in self._try({**reading, **change} for change in changes)]
        return [trial.reading for trial in trials if trial.z >= least]

    def _turns(self) -> list[list[dict[str, Any]]]:
        """The changes of each option, and those of two that belong together."""
        changes = [[{name: value} for value in values[:_NEIGHBOURS]] for name, values in self.choices.items() if len(values) > 1]
        for pair in PAIRS:
            if all(name in self.choices for name in pair):
                changes.append([dict(zip(pair, values, strict=True)) for values in product(*(self.choices[name] for name in pair))])
        return changes

    def _try(self, readings: Iterable[Reading]) -> list[Trial]:
        found = []
        for reading in readings:
            key = tuple(reading.values())
            if is_possible(reading):
                if key not in self.tried:
                    self.tried[key] = self.trial(reading)
                found.append(self.tried[key])
        return found

    def trial(self, reading: Reading) -> Trial:
        """The signal of one reading."""
        interpretation = Interpretation(self.structure, reading)
        try:
            tokens, labels = self._table(interpretation)
            with torch.no_grad():
                z, operation, right = signal(interpretation.logits(self.state, tokens)[:, : interpretation.task.p].float(), labels)
        except UserError:
            return Trial(reading, IMPOSSIBLE, self.operations[0], 0.0)
        return Trial(reading, z, operation, right)

    def _table(self, interpretation: Interpretation) -> tuple[Tensor, Labels]:
        """Some rows of the table, and their labels for each operation."""
        task = interpretation.task
        key = (interpretation.reading["row"], tuple(interpretation.order), self.rows)
        if key not in self._tables:
            inputs = task.inputs()
            chosen = np.random.default_rng(0).permutation(len(inputs))[: self.rows]
            labels = labels_at(task.operands()[chosen], task.p, possible(task.p, self.operations))
            self._tables[key] = torch.from_numpy(inputs[chosen]), labels
        return self._tables[key]


def is_possible(reading: Reading) -> bool:
    """Whether the position that is read exists, and reading it differs from leaving the later ones away. A position that is not the last
    is moved to the end, which positions that act by their distances do not allow."""
    read = str(reading["read"])
    if read.isdecimal() and str(reading.get("positions")).startswith(("rotary", ALIBI)):
        return False
    return read == LAST or not read.isdecimal() or (reading.get("mask") == BIDIRECTIONAL and int(read) < len(reading["row"].words) - 1)
