"""The task, the config and the weights of a foreign network, with everything that its file leaves open decided by evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from mechgrok.models.model import Model
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.inference.decision import CONVINCING, Decision, decide
from mechgrok.runs.importing.inference.facts import modulus_of, narrowed, operation_of, require_sizes, rotary_base_of
from mechgrok.runs.importing.inference.flags import fixed, given_readings
from mechgrok.runs.importing.inference.output_classes import possible_classes
from mechgrok.runs.importing.inference.recorded import Recorded
from mechgrok.runs.importing.inference.rows import possible_rows
from mechgrok.runs.importing.networks.structure import LAST, MEAN, Structure
from mechgrok.runs.importing.networks.transformer import PlainTransformer
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.operations import FORMULAS


@dataclass(frozen=True, eq=False)
class NetworkReading:
    """A network whose options are all decided."""

    structure: Structure
    decision: Decision

    @property
    def task(self) -> Modular:
        """Addition on rows of this kind, whose table has all pairs; that of a quotient has fewer."""
        return self.decision.interpretation.task

    @property
    def model(self) -> Model:
        """The config of the network."""
        return self.decision.interpretation.model

    def converted(self, snapshots: Mapping[int | None, Mapping[str, Tensor]]) -> dict[int | None, dict[str, Tensor]]:
        """The weights of every step by our names."""
        weights = {step: self.decision.interpretation.weights(state) for step, state in snapshots.items()}
        return {step: {name: tensor.float().contiguous() for name, tensor in state.items()} for step, state in weights.items()}


def read_network(foreign: Foreign, options: ImportOptions) -> NetworkReading:
    """The reading of a plain network's last weights.

    Raises UserError where the sizes fit no task, or two readings are too close to tell.
    """
    assert foreign.structure is not None
    structure = _with_rotary_base(foreign.structure, foreign.facts)
    given = given_readings(options.reading)
    choices = _choices(structure, foreign, options, given.pop("row", None))
    decision = _decided(structure, foreign, fixed(choices, given), options)
    return NetworkReading(structure, decision)


def _with_rotary_base(structure: Structure, facts: Mapping[str, Any]) -> Structure:
    """The structure with the base of rotary positions that its config names."""
    base = rotary_base_of(facts)
    if base is None or not isinstance(structure, PlainTransformer) or structure.ends.positions is not None:
        return structure
    return replace(structure, rotary_base=base)


def _choices(structure: Structure, foreign: Foreign, options: ImportOptions, row: str | None) -> dict[str, Sequence[Any]]:
    p = options.p if options.p is not None else modulus_of(foreign.facts)
    if isinstance(structure, PlainTransformer):
        require_sizes(foreign.facts, len(structure.layers), structure.d_model)
    ends = {"read": _reads(structure), "classes": possible_classes(structure)}
    choices: dict[str, Sequence[Any]] = {"row": possible_rows(structure, p, row), **structure.choices, **ends}
    return narrowed(choices, foreign.facts)


def _reads(structure: Structure) -> tuple[str, ...]:
    return (LAST, MEAN, "0", "1", "2", "3") if "mask" in structure.choices else (LAST,)


def _decided(structure: Structure, foreign: Foreign, choices: Mapping[str, Sequence[Any]], options: ImportOptions) -> Decision:
    """The decision for the operation that is named, or for all where it is not, or is not what the network computes."""
    named = options.operation or operation_of(foreign.facts)
    recorded = Recorded.of(foreign)
    every = tuple(FORMULAS)
    decision = decide(structure, foreign.last, choices, (named,) if named else every, recorded)
    if named is None or (decision.is_significant and decision.finalist.accuracy > CONVINCING):
        return decision
    other = decide(structure, foreign.last, choices, every, recorded)
    return other if other.is_significant and other.finalist.accuracy > CONVINCING else decision
