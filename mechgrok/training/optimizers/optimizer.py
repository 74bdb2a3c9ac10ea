"""What turns gradients into updates. torch is imported where it is used, since configs are read without it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mechgrok.config import NonNegativeFloat, Part, PositiveFloat
from mechgrok.errors import UserError

if TYPE_CHECKING:
    import torch

Scope = Literal["all", "matrices", "biases", "embedding", "unembedding", "attention", "mlp"]
_PLACES: Mapping[str, Sequence[str]] = {
    "embedding": ("embed.", "pos_embed."),
    "unembedding": ("unembed.",),
    "attention": (".attn.",),
    "mlp": (".mlp.",),
}
"""What is part of the TransformerLens names of the parameters in a scope."""


class Optimizer(Part):
    """A rule of updates."""

    lr: PositiveFloat = 1e-3
    """Learning rate, which the schedule scales."""
    decay_to: Literal["zero", "init"] = "zero"
    """What weights decay to: zero or the weights that they started from."""
    decay_scope: tuple[Scope, ...] = ("all",)
    """Which parameters decay; matrices are all with two dimensions or more, biases all others."""

    decoupled: ClassVar[bool]
    """Whether decay acts on the weights directly; otherwise it is a part of the gradient."""

    @property
    @abstractmethod
    def decay(self) -> float:
        """Strength of the decay."""

    @property
    def may_refuse(self) -> bool:
        """Whether `build` may refuse a network."""
        return self.decay_scope != ("all",)

    @abstractmethod
    def torch_optimizer(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """torch's optimiser of groups of parameters, each with its `weight_decay`."""

    def build(self, parameters: Mapping[str, torch.nn.Parameter]) -> torch.optim.Optimizer:
        """torch's optimiser of the parameters that are trained, by their TransformerLens names.

        Decay to the initial weights is not torch's and left to `training.decay`. Raises UserError where a scope holds no parameter.
        """
        return self.torch_optimizer(self.groups(parameters, parameters))

    def groups(self, some: Mapping[str, torch.nn.Parameter], parameters: Mapping[str, torch.nn.Parameter]) -> list[dict[str, Any]]:
        """torch's groups of `some` of all `parameters`: those that decay and those that do not."""
        decaying = self.decaying(parameters)
        groups = [
            {"params": [some[name] for name in some if name in decaying], "weight_decay": self._of_torch},
            {"params": [some[name] for name in some if name not in decaying], "weight_decay": 0.0},
        ]
        return [group for group in groups if group["params"]]

    @property
    def _of_torch(self) -> float:
        return self.decay if self.decay_to == "zero" else 0.0

    def decaying(self, parameters: Mapping[str, torch.nn.Parameter]) -> set[str]:
        """The names of the parameters that decay. Raises UserError where a scope holds none."""
        found: set[str] = set()
        for scope in self.decay_scope:
            members = {name for name, parameter in parameters.items() if inside(scope, name, parameter.ndim)}
            if not members:
                raise UserError(f"optimizer.decay_scope: the network trains no parameter in the scope {scope}; choose another")
            found |= members
        return found


class Decoupled(Optimizer):
    """An optimiser whose decay acts on the weights directly."""

    decoupled: ClassVar[bool] = True
    weight_decay: NonNegativeFloat = 1.0
    """Decoupled decay: every step multiplies the weights by 1 - lr * weight_decay."""

    @property
    def decay(self) -> float:
        return self.weight_decay


class Coupled(Optimizer):
    """An optimiser whose decay is a part of the gradient."""

    decoupled: ClassVar[bool] = False
    l2: NonNegativeFloat = 0.0
    """L2 penalty: l2 * weights is added to the gradient, and goes through the optimiser with it (torch's weight_decay)."""

    @property
    def decay(self) -> float:
        return self.l2


def inside(scope: Scope, name: str, dimensions: int) -> bool:
    """Whether the parameter of that (TransformerLens) name and number of dimensions is in a scope."""
    if scope == "all":
        return True
    if scope in ("matrices", "biases"):
        return (dimensions >= 2) == (scope == "matrices")
    return any(name.startswith(place) or (place.startswith(".") and place in name) for place in _PLACES[scope])
