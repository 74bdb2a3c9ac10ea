"""One run of a stack: its config, its rows, and the tensors that its next update depends on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from mechgrok.config import Config
from mechgrok.training import initial


class Member:
    """A run of a stack, with the newest state that was taken from the stack, or read from its folder."""

    def __init__(self, config: Config, is_train: np.ndarray) -> None:
        self.config = config
        self.is_train = is_train
        model = initial.network(config)
        self.trained = initial.trained(model)
        self._state = {f"weights.{name}": parameter.detach() for name, parameter in model.named_parameters()}

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The weights by TransformerLens name."""
        return {name.removeprefix("weights."): tensor for name, tensor in self._state.items() if name.startswith("weights.")}

    def state(self) -> dict[str, Tensor]:
        """The tensors that later updates depend on, named as in the state of a run."""
        return self._state

    def take(self, tensors: Mapping[str, Tensor], place: int) -> None:
        """Hold the part of a stack's `tensors` that is this run's, at its place on the axis of runs."""
        self._state = {name: tensor[place] if tensor.ndim else tensor for name, tensor in tensors.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a `state`. Raises KeyError or ValueError if it is not that of such a run."""
        for name, tensor in self._state.items():
            if state[name].shape != tensor.shape and name.startswith("weights."):
                raise ValueError(f"{name} has another shape")
        self._state = dict(state)
