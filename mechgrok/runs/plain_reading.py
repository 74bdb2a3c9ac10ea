"""The open options of a recognised module, found by calling it with random weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mechgrok.errors import UserError
from mechgrok.models.forward.tables import Batch
from mechgrok.models.network import Network
from mechgrok.models.opaque.calling import Caller
from mechgrok.models.opaque.description import PROBED, held, probed
from mechgrok.models.opaque.noise import noisy
from mechgrok.models.opaque.outputs import logits_at_read
from mechgrok.models.opaque.places import first_path
from mechgrok.runs.importing.inference.rows import Row
from mechgrok.runs.importing.networks.structure import ALL, LAST, MEAN, NUMBERS, Reading, Structure
from mechgrok.runs.importing.networks.transformer import PlainTransformer
from mechgrok.tasks.task import Task

_TOLERANCE = 1e-9
_MANY = 1024
"""Rows of the last comparison, so that a token that a module treats in a way of its own is among them."""


@dataclass(frozen=True, eq=False)
class PlainReading:
    """A search for the reading under which a structure has the logits of its module."""

    module: nn.Module
    caller: Caller
    structure: Structure
    task: Task
    rows: int = PROBED
    """Rows of the task on which readings are compared."""

    @cached_property
    def tokens(self) -> Tensor:
        """Some rows of the task."""
        return probed(self.task, self.rows)

    @cached_property
    def _batch(self) -> Batch:
        return Batch.of(self.tokens)

    @cached_property
    def _returned(self) -> Any:
        with torch.no_grad():
            return self.caller(*held(self.module), self.tokens, {})[0]

    @property
    def classes(self) -> int:
        """The classes of the module."""
        return logits_at_read(self._returned, len(self.tokens)).shape[1]

    @property
    def _one_position(self) -> bool:
        return isinstance(self._returned, Tensor) and self._returned.ndim == 2

    @cached_property
    def choices(self) -> Mapping[str, Sequence[Any]]:
        """The open options; where the module returns one position, that may be the last or the mean of all."""
        several = isinstance(self.structure, PlainTransformer) and self._one_position
        return {**self.structure.choices, "read": (LAST, MEAN) if several else (LAST,)}

    @torch.no_grad()
    def find(self) -> Reading | None:
        """The most conventional of the readings that agree; None where none does."""
        left: Iterable[Reading] = [self._conventional]
        for names, parameters in self._stages():
            left = self._distinct(self._agreeing(self._varied(left, names), parameters))
        on_more_rows = replace(self, rows=_MANY)
        for parameters in (noisy(held(self.module)[0], 1), held(self.module)[0]):
            left = on_more_rows._agreeing(left, parameters)
        return next(iter(left), None)

    def _stages(self) -> Iterator[tuple[Sequence[str], dict[str, Tensor]]]:
        """Options, and the parameters with which the module shows them, whatever the options of later stages are."""
        own = noisy(held(self.module)[0], 0)
        transformer = self.structure if isinstance(self.structure, PlainTransformer) else None
        blocks = transformer.layers if transformer else ()
        attention = [name for block in blocks for name in block.attention.output.tensors()]
        neurons = [name for block in blocks if block.neurons for name in block.neurons.out.tensors()]
        yield ("read", "matrices", "positions", "embedding_scale", "normalization", "eps"), self._silent(own, [*attention, *neurons])
        yield ("activation", "gate"), self._silent(own, attention)
        if transformer and (alike := self._with_one_token(own, transformer)):
            yield ("fused", "heads"), alike
            yield ("attention_scale", "mask"), own
        else:
            yield ("fused", "heads", "attention_scale", "mask"), own

    @property
    def _conventional(self) -> Reading:
        inputs = self.task.inputs()
        letters = iter("abcdefgh")
        words = [str(column[0]) if (column == column[0]).all() else next(letters) for column in inputs.T]
        classes = ALL if self.task.classes == self.task.vocabulary else NUMBERS
        first = {name: values[0] for name, values in self.choices.items()}
        return {"row": Row(self.task.numbers, tuple(words)), "classes": classes, **first}

    def _varied(self, readings: Iterable[Reading], names: Sequence[str]) -> Iterator[Reading]:
        """The readings with all values of some options."""
        varied = {name: self.choices[name] for name in names if name in self.choices}
        for reading in readings:
            for values in product(*varied.values()):
                yield {**reading, **dict(zip(varied, values, strict=True))}

    def _silent(self, parameters: Mapping[str, Tensor], names: Iterable[str]) -> dict[str, Tensor]:
        """Parameters of which some are zero."""
        zero = {first_path(self.module, name) for name in names}
        return {name: torch.zeros_like(each) if name in zero else each for name, each in parameters.items()}

    def _with_one_token(self, parameters: Mapping[str, Tensor], transformer: PlainTransformer) -> dict[str, Tensor] | None:
        """Parameters with which all positions of all rows are alike, so that scores are equal; None where positions are no parameter."""
        ends = transformer.ends
        if ends.positions is None or ends.positions.weight not in parameters:
            return None
        found, name = self._silent(parameters, [ends.positions.weight]), first_path(self.module, ends.tokens.weight)
        axis = 0 if found[name].shape[1] == transformer.d_model else 1
        return found | {name: found[name].narrow(axis, 0, 1).expand_as(found[name]).clone()}

    def _agreeing(self, readings: Iterable[Reading], parameters: Mapping[str, Tensor]) -> Iterator[Reading]:
        """The readings with the logits of the module for some parameters."""
        doubled = {name: each.cpu().double() for name, each in parameters.items()}
        buffers = held(self.module)[1]
        theirs = logits_at_read(self.caller(doubled, buffers, self.tokens, {})[0], len(self.tokens))
        state = self._named(doubled, buffers)
        yield from (reading for reading in readings if self._agrees(reading, state, theirs))

    def _named(self, parameters: Mapping[str, Tensor], buffers: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """A state with tied parameters under each of their names."""
        first = {id(each): name for name, each in self.module.named_parameters()}
        names = {name: parameters[first[id(each)]] for name, each in self.module.named_parameters(remove_duplicate=False)}
        return names | {name: each.cpu().double() for name, each in buffers.items() if each.is_floating_point()}

    def _agrees(self, reading: Reading, state: Mapping[str, Tensor], theirs: Tensor) -> bool:
        try:
            network = self.structure.model(_in_double(reading)).architecture(self.task)
            ours = network.logits(fitted(self.structure.weights(state, reading), network), self._batch)
        except (UserError, RuntimeError, ValueError, KeyError, IndexError):
            return False
        wanted = theirs[:, : ours.shape[1]]
        return wanted.shape == ours.shape and bool((ours - wanted).norm() <= _TOLERANCE * wanted.norm())

    def _distinct(self, readings: Iterable[Reading]) -> Iterator[Reading]:
        """One of the readings that are the same network, such as those of an eps by its name and by its value."""
        seen: list[tuple[Any, Reading]] = []
        for reading in readings:
            key = (self.structure.model(reading), {name: value for name, value in reading.items() if name != "eps"})
            if key not in seen:
                seen.append(key)
                yield reading


def _in_double(reading: Reading) -> Reading:
    """The reading in double precision, of which nn.RMSNorm takes its eps where none is given."""
    own = reading.get("eps", 0) is None and "RMS" in str(reading.get("normalization"))
    return {**reading, "eps": torch.finfo(torch.float64).eps} if own else reading


def fitted(weights: Mapping[str, Tensor], network: Network) -> dict[str, Tensor]:
    """Weights with the tokens and classes of a network: without those that it lacks, and with zeros for tokens that no position reads."""
    found = dict(weights)
    for name, axis in network.token_axes.items():
        if name in found:
            size = network.d_vocab if name == "embed.W_E" else network.d_vocab_out
            found[name] = found[name].narrow(axis, 0, min(size, found[name].shape[axis]))
            missing = size - found[name].shape[axis]
            behind = [0, 0] * (found[name].ndim - 1 - axis)
            found[name] = F.pad(found[name], (*behind, 0, missing)) if name == "embed.W_E" and missing else found[name]
    return found
