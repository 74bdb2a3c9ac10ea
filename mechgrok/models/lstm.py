"""The LSTM of the MIML project, on one-hot tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mechgrok.config import Depth, NonNegativeInt, PositiveInt
from mechgrok.models.init.seeded import seeded
from mechgrok.models.model import Model
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.recurrent import Recurrent


class LSTM(Model):
    """Stacked LSTM layers on one-hot tokens; the last state is read. The defaults are the LSTM of MIML-grokking.

    Its initial weights are those of PyTorch's nn.LSTM and then nn.Linear. That code also holds an embedding that nothing reads, which
    counts as parameters there and is left out here.
    """

    kind: Literal["lstm"] = "lstm"
    hidden: PositiveInt = 128
    """Width of a layer's state."""
    stacked: Depth = 2
    """Layers of cells."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the states handed from one layer to the next that is dropped in training."""
    seed: NonNegativeInt = 0
    """Seed of the initial weights."""

    def architecture(self, task: Task) -> Recurrent:
        from mechgrok.models.recurrent import Recurrent

        sizes = {"length": task.row_length, "d_vocab": task.vocabulary, "d_vocab_out": task.classes}
        return Recurrent(layers=self.stacked, d_hidden=self.hidden, dropout=self.dropout, **sizes)

    def initial(self, task: Task) -> dict[str, Tensor]:
        from torch import nn

        with seeded(self.seed):
            cells, out = nn.LSTM(task.vocabulary, self.hidden, self.stacked), nn.Linear(self.hidden, task.classes)
        places = [(layer, ours, theirs) for layer in range(self.stacked) for ours, theirs in _NAMES]
        weights = {f"blocks.{layer}.lstm.{ours}": _turned(getattr(cells, f"{theirs}_l{layer}")) for layer, ours, theirs in places}
        weights |= {"embed.W_E": weights.pop("blocks.0.lstm.W_x"), "unembed.W_U": out.weight.T, "unembed.b_U": out.bias}
        return {name: tensor.detach().contiguous() for name, tensor in weights.items()}


def _turned(tensor: Tensor) -> Tensor:
    """A matrix transposed, a vector as it is."""
    return tensor.t()


_NAMES = (("W_x", "weight_ih"), ("W_h", "weight_hh"), ("b_x", "bias_ih"), ("b_h", "bias_hh"))
