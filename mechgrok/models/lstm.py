"""The LSTM of the MIML project, on one-hot tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mechgrok.config import Counting, Positive
from mechgrok.models.model import Model
from mechgrok.models.network import Network
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.forward.dropout import Masks
    from mechgrok.models.forward.notes import Note
    from mechgrok.models.hooks.hooked_network import HookedNetwork
    from mechgrok.models.network import Weights


class LSTM(Model):
    """Stacked LSTM layers on one-hot tokens; the last state is read. The defaults are the LSTM of MIML-grokking.

    Its initial weights are those of PyTorch's nn.LSTM and then nn.Linear. That code also holds an embedding that nothing reads, which
    counts as parameters there and is left out here.
    """

    kind: Literal["lstm"] = "lstm"
    hidden: Positive = 128
    """Width of a layer's state."""
    stacked: Positive = 2
    """Layers of cells."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the states handed from one layer to the next that is dropped in training."""
    seed: Counting = 0
    """Seed of the initial weights."""

    def architecture(self, task: Task) -> Recurrent:
        sizes = {"length": task.inputs().shape[1], "d_vocab": task.vocabulary, "d_vocab_out": task.classes}
        return Recurrent(layers=self.stacked, d_hidden=self.hidden, dropout=self.dropout, **sizes)

    def initial(self, task: Task) -> dict[str, Tensor]:
        import torch
        from torch import nn

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            cells, out = nn.LSTM(task.vocabulary, self.hidden, self.stacked), nn.Linear(self.hidden, task.classes)
        places = [(layer, ours, theirs) for layer in range(self.stacked) for ours, theirs in _NAMES]
        weights = {f"blocks.{layer}.lstm.{ours}": _turned(getattr(cells, f"{theirs}_l{layer}")) for layer, ours, theirs in places}
        weights |= {"embed.W_E": weights.pop("blocks.0.lstm.W_x"), "unembed.W_U": out.weight.T, "unembed.b_U": out.bias}
        return {name: tensor.detach().contiguous() for name, tensor in weights.items()}


def _turned(tensor: Tensor) -> Tensor:
    """A matrix transposed, a vector as it is."""
    return tensor.t()


_NAMES = (("W_x", "weight_ih"), ("W_h", "weight_hh"), ("b_x", "bias_ih"), ("b_h", "bias_hh"))


@dataclass(frozen=True)
class Recurrent(Network):
    """i, f, g, o = W_x x_t + b_x + W_h h + b_h; c = sigmoid(f) c + sigmoid(i) tanh(g); h = sigmoid(o) tanh(c); logits = h W_U + b_U.

    W_x of the first layer, which meets one-hot tokens, is the embedding `embed.W_E` (d_vocab, 4 * d_hidden): input, forget, cell and
    output gate. A cell is no neuron that reads its input once, so there are no neurons.
    """

    layers: int
    length: int
    """Tokens a row."""
    d_hidden: int
    d_vocab: int
    d_vocab_out: int
    dropout: float = 0.0
    """Between layers, in training."""
    heads: int = 0

    @property
    def has_neurons(self) -> bool:
        return False

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Of every parameter."""
        gates = 4 * self.d_hidden
        found: dict[str, tuple[int, ...]] = {"embed.W_E": (self.d_vocab, gates)}
        for layer in range(self.layers):
            module = f"blocks.{layer}.lstm"
            found |= {f"{module}.W_x": (self.d_hidden, gates)} if layer else {}
            found |= {f"{module}.W_h": (self.d_hidden, gates), f"{module}.b_x": (gates,), f"{module}.b_h": (gates,)}
        return found | {"unembed.W_U": (self.d_hidden, self.d_vocab_out), "unembed.b_U": (self.d_vocab_out,)}

    def embed(self, weights: Weights, tokens: Tensor) -> Tensor:
        import torch.nn.functional as F

        return F.embedding(tokens, weights["embed.W_E"])

    def from_embedded(self, weights: Weights, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
        from mechgrok.models.forward.dropout import drop

        for layer in range(self.layers):
            states = note(f"blocks.{layer}.hook_hidden", self._states(weights, f"blocks.{layer}.lstm", x))
            if layer + 1 < self.layers:
                x = drop(states, self.dropout, masks) @ weights[f"blocks.{layer + 1}.lstm.W_x"]
        return states[:, -1] @ weights["unembed.W_U"] + weights["unembed.b_U"]

    def _states(self, weights: Weights, module: str, x: Tensor) -> Tensor:
        """The state after each token (batch, pos, d_hidden) from what the tokens bring the gates (batch, pos, 4 * d_hidden)."""
        import torch

        state = cell = x.new_zeros(len(x), self.d_hidden)
        states = []
        for brought in x.unbind(1):
            gates = brought + weights[f"{module}.b_x"] + state @ weights[f"{module}.W_h"] + weights[f"{module}.b_h"]
            into, keep, new, out = gates.chunk(4, dim=1)
            cell = keep.sigmoid() * cell + into.sigmoid() * new.tanh()
            state = out.sigmoid() * cell.tanh()
            states.append(state)
        return torch.stack(states, dim=1)

    def embedding(self, weights: Weights) -> Tensor:
        return weights["embed.W_E"]

    def with_embedding(self, weights: Weights, embedding: Tensor) -> dict[str, Tensor]:
        return {"embed.W_E": embedding}

    def unembedding(self, weights: Weights) -> Tensor:
        return weights["unembed.W_U"]

    def module(self, weights: Weights) -> HookedNetwork:
        from mechgrok.models.hooks.hooked_network import hooked

        return hooked(self, weights, self.shapes, self.length)
