"""A module of the user as a network: its logits by calling it, its weights and activations where names give their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UnavailableError
from mechgrok.models.forward.dropout import Masks
from mechgrok.models.forward.lengths import in_order, padded
from mechgrok.models.forward.notes import Note
from mechgrok.models.forward.tables import Batch
from mechgrok.models.network import NOTHING, Network
from mechgrok.models.opaque.calling import Caller
from mechgrok.models.opaque.facts import Facts
from mechgrok.models.opaque.outputs import activation_at_read, logits_at_read
from mechgrok.models.opaque.places import Place, is_activation, layers
from mechgrok.models.weights import Weights
from mechgrok.tasks.task import Task

W_E, W_U = "embed.W_E", "unembed.W_U"


@dataclass(frozen=True, eq=False)
class ModuleNetwork(Network):
    """The function of a module of the user. Without the module (`caller` None) it gives the named weights alone.

    Stored weights have TransformerLens names where `names` gives them, else the names of the module. `order` renames the number tokens:
    token i is read, and class i written, as the module reads and writes number order[i].
    """

    facts: Facts
    d_vocab: int
    d_vocab_out: int
    layers: int
    heads: int
    caller: Caller | None = None
    buffers: Mapping[str, Tensor] = field(default_factory=dict)
    order: Tensor | None = None

    @classmethod
    def of(cls, facts: Facts, task: Task) -> ModuleNetwork:
        """The network of some facts on a task, without its module."""
        return cls(facts, task.vocabulary, facts.classes or task.classes, layers(facts.names), facts.heads)

    def with_module(self, caller: Caller, buffers: Mapping[str, Tensor]) -> ModuleNetwork:
        """The same with its module."""
        return replace(self, caller=caller, buffers=buffers)

    def with_buffers(self, buffers: Mapping[str, Tensor]) -> ModuleNetwork:
        """The same with other buffers; those that are not given stay."""
        return replace(self, buffers={**self.buffers, **buffers})

    @cached_property
    def places(self) -> dict[str, Place]:
        """The named places, by TransformerLens name."""
        return {name: Place.parse(text) for name, text in self.facts.names.items()}

    @cached_property
    def _stored(self) -> dict[str, str]:
        """The name that each named parameter is stored under, by its path: of tied ones the first."""
        names = [name for name in self.places if not is_activation(name)]
        return {self.places[name].path: name for name in reversed(names)}

    @property
    def neurons(self) -> str:
        """The name of the neurons of the last layer."""
        return f"blocks.{self.layers - 1}.mlp.hook_post"

    @property
    def has_neurons(self) -> bool:
        return self.neurons in self.places

    @property
    def lacks_neurons(self) -> str | None:
        return None if self.has_neurons else missing(self.neurons)

    @property
    def lacks_attention(self) -> str | None:
        return None if self.heads else missing(f"blocks.{self.layers - 1}.attn.hook_pattern")

    @property
    def maps_neurons(self) -> bool:
        return self.has_neurons and self.facts.readout != "unknown"

    @property
    def nonlinear_readout(self) -> str | None:
        if not self.has_neurons or self.facts.linear:
            return None
        return "the logits of this module are no linear function of its neurons" if self.maps_neurons else self._without_map

    @property
    def _without_map(self) -> str:
        last = f"blocks.{self.layers - 1}.mlp.W_out"
        return missing(W_U if last in self.places else last if W_U in self.places else f"{last} and {W_U}")

    @property
    def reads_shorter_rows(self) -> bool:
        return True

    @property
    def token_axes(self) -> Mapping[str, int]:
        return {name: axis for name, axis in super().token_axes.items() if name in self.places}

    def of_module(self, weights: Weights) -> dict[str, Tensor]:
        """Weights under the names and in the shapes of the module."""
        named = {path: self.places[name].turned(weights[name]) for path, name in self._stored.items()}
        return named | {name: tensor for name, tensor in weights.items() if name not in self.places}

    def tied_to(self, name: str) -> str:
        """The name that a named parameter is stored under: another one where two names have one place."""
        return self._stored[self.places[name].path]

    def stored(self, parameters: Weights) -> dict[str, Tensor]:
        """Parameters of the module under the names that they are stored by."""
        names = {path: self._stored.get(path, path) for path in parameters}
        return {
            name: self.places[name].turned(parameters[path]) if path in self._stored else parameters[path] for path, name in names.items()
        }

    def parameters(self, weights: Weights) -> dict[str, Tensor]:
        return _Named(weights)

    def embed(self, weights: Weights, tokens: Tensor) -> Tensor:
        raise UnavailableError("it needs the residual stream behind the embedding, which a module of one's own does not hand out")

    def from_embedded(self, weights: Weights, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
        raise UnavailableError("it needs the network behind the embedding, which a module of one's own does not hand out")

    def forward(
        self, weights: Weights, batch: Batch, keep: frozenset[str] = NOTHING, masks: Masks | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        if self.caller is None:
            raise UnavailableError(
                f"it needs the module ({self.facts.type}), which is not stored; hand it in: open_run(path, module=model)"
            )
        if batch.parts:
            return self._by_length(weights, batch, keep)
        lacking = [name for name in sorted(keep) if name not in self.places]
        if lacking:
            raise UnavailableError(missing(lacking[0]))
        parameters, tokens = self.of_module(weights), self._renamed(batch.inputs)
        output, taken = self.caller(parameters, self.buffers, tokens, {name: self.places[name] for name in keep})
        dtype = next((each.dtype for each in weights.values() if each.is_floating_point()), torch.float64)
        logits = self._reordered(logits_at_read(output, batch.size).to("cpu", dtype), 1)
        return logits, {name: self._activation(name, taken, batch.size).to("cpu", dtype) for name in keep}

    def _activation(self, name: str, taken: Mapping[str, Any], batch: int) -> Tensor:
        if name not in taken:
            raise UnavailableError(f"the submodule {self.places[name].text}, named for {name}, is not called by the module")
        return activation_at_read(name, taken[name], batch)

    def _by_length(self, weights: Weights, batch: Batch, keep: frozenset[str]) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits and activations of rows of several lengths, each read where it ends."""
        places = [rows for rows, _ in batch.parts]
        passes = [self.forward(weights, part, keep) for _, part in batch.parts]
        kept = {name: in_order(places, [padded(taken[name], name, batch.length) for _, taken in passes]) for name in keep}
        return in_order(places, [logits for logits, _ in passes]), kept

    def embedding(self, weights: Weights) -> Tensor:
        found = self._named(weights, W_E)
        return self._reordered(found.unflatten(0, (self.facts.positions, -1)).transpose(0, 1).flatten(1), 0)

    def with_embedding(self, weights: Weights, embedding: Tensor) -> dict[str, Tensor]:
        whole = embedding if self.order is None else torch.empty_like(embedding).index_copy_(0, self._full(len(embedding)), embedding)
        found = whole.unflatten(1, (self.facts.positions, -1)).transpose(0, 1).flatten(0, 1)
        name = self.tied_to(W_E)
        return {name: self.places[name].turned(self.places[W_E].turned(found))}

    def unembedding(self, weights: Weights) -> Tensor:
        return self._reordered(self._named(weights, W_U), 1)

    def neuron_logit_map(self, weights: Weights) -> Tensor:
        if not self.maps_neurons:
            raise UnavailableError(self.lacks_neurons or self._without_map)
        last = f"blocks.{self.layers - 1}.mlp.W_out"
        W_L = self.unembedding(weights)
        return self._named(weights, last) @ W_L if self.facts.readout == "W_out" else W_L

    def _named(self, weights: Weights, name: str) -> Tensor:
        if name not in self.places:
            raise UnavailableError(missing(name))
        stored = self.tied_to(name)
        return self.places[name].turned(self.places[stored].turned(weights[stored]))

    def renamed(self, order: Tensor) -> ModuleNetwork:
        """The same network with its number tokens renamed: what its weights are renamed in does not need to be known."""
        return replace(self, order=order if self.order is None else self.order[order])

    def _full(self, size: int) -> Tensor:
        assert self.order is not None
        return torch.cat([self.order, torch.arange(len(self.order), size)])

    def _renamed(self, tokens: Tensor) -> Tensor:
        return tokens if self.order is None else self._full(max(self.d_vocab, int(tokens.max()) + 1))[tokens]

    def _reordered(self, tensor: Tensor, axis: int) -> Tensor:
        """Its entries along an axis of tokens or classes, renamed; classes that are not the numbers stay."""
        size = tensor.shape[axis]
        return tensor if self.order is None or size < len(self.order) else tensor.index_select(axis, self._full(size))

    def module(self, weights: Weights) -> Any:
        import copy

        if self.caller is None:
            raise UnavailableError(f"the module ({self.facts.type}) is not stored; hand it in: open_run(path, module=model)")
        made = copy.deepcopy(self.caller.module)
        made.load_state_dict({**self.of_module(weights), **self.buffers}, strict=False)
        return made


class _Named(dict[str, Tensor]):
    """Weights by name, where a name that is missing is one that the user has not given."""

    def __missing__(self, name: str) -> Tensor:
        raise UnavailableError(missing(name))


def missing(name: str) -> str:
    """Why a measure does not apply that needs a place which is not named, and what to name."""
    what = "the submodule whose output it is" if is_activation(name) else "the parameter"
    first = name.split(" and ")[0]
    return f'the place of {name} in the module is not known; give {what}: names={{"{first}": ...}}'
