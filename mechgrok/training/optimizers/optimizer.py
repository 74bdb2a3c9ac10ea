"""The interface of an optimiser. Configs are read without torch, so torch is imported inside functions."""

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
"""The parts of TransformerLens names by which the parameters of a scope are recognised."""


class Optimizer(Part):
    """An optimiser with weight decay. A subclass of `Decoupled` or `Coupled` defines `kind` and `torch_optimizer`.

    The state of torch's optimiser must consist of tensors, because it is saved with the state of the run.

    Examples
    --------
    >>> from mechgrok.training.optimizers.adamw import AdamW
    >>> parameters = {"embed.W_E": torch.nn.Parameter(torch.ones(2, 2)), "unembed.b_U": torch.nn.Parameter(torch.ones(2))}
    >>> AdamW(weight_decay=0.5, decay_scope=("matrices",)).decaying(parameters)
    {'embed.W_E'}
    """

    lr: PositiveFloat = 1e-3
    """Learning rate, before the factor of the schedule."""
    decay_to: Literal["zero", "init"] = "zero"
    """Target of the decay: zero or the initial weights."""
    decay_scope: tuple[Scope, ...] = ("all",)
    """Parameters that decay. matrices: all with two or more dimensions; biases: all others."""

    decoupled: ClassVar[bool]
    """Whether decay changes the weights directly; otherwise it is added to the gradient."""

    @property
    @abstractmethod
    def decay(self) -> float:
        """The strength of the decay."""

    @property
    def may_refuse(self) -> bool:
        """Whether `build` raises UserError for some networks."""
        return self.decay_scope != ("all",)

    @abstractmethod
    def torch_optimizer(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Create the optimiser of torch.

        Parameters
        ----------
        groups : list of dict
            torch's parameter groups, each with `params` and `weight_decay`.

        Returns
        -------
        torch.optim.Optimizer
        """

    def build(self, parameters: Mapping[str, torch.nn.Parameter]) -> torch.optim.Optimizer:
        """Create the optimiser of a run.

        Decay towards the initial weights is applied by `training.decay`, since torch's optimisers lack it.

        Parameters
        ----------
        parameters : Mapping of str to Parameter
            The trained parameters by TransformerLens name.

        Returns
        -------
        torch.optim.Optimizer

        Raises
        ------
        UserError
            If a scope of `decay_scope` contains no parameter.
        """
        return self.torch_optimizer(self.groups(parameters, parameters))

    def groups(self, some: Mapping[str, torch.nn.Parameter], parameters: Mapping[str, torch.nn.Parameter]) -> list[dict[str, Any]]:
        """Divide parameters into those that decay and those that do not.

        Parameters
        ----------
        some : Mapping of str to Parameter
            The parameters to divide.
        parameters : Mapping of str to Parameter
            All trained parameters, in which the scopes are looked up.

        Returns
        -------
        list of dict
            torch's parameter groups, at most two.
        """
        decaying = self.decaying(parameters)
        groups = [
            {"params": [some[name] for name in some if name in decaying], "weight_decay": self._torch_decay},
            {"params": [some[name] for name in some if name not in decaying], "weight_decay": 0.0},
        ]
        return [group for group in groups if group["params"]]

    @property
    def _torch_decay(self) -> float:
        return self.decay if self.decay_to == "zero" else 0.0

    def decaying(self, parameters: Mapping[str, torch.nn.Parameter]) -> set[str]:
        """Find the parameters that decay.

        Parameters
        ----------
        parameters : Mapping of str to Parameter
            The trained parameters by TransformerLens name.

        Returns
        -------
        set of str
            Their names.

        Raises
        ------
        UserError
            If a scope of `decay_scope` contains no parameter.
        """
        found: set[str] = set()
        for scope in self.decay_scope:
            members = {name for name, parameter in parameters.items() if inside(scope, name, parameter.ndim)}
            if not members:
                raise UserError(f"optimizer.decay_scope: the network trains no parameter in the scope {scope}; choose another")
            found |= members
        return found


class Decoupled(Optimizer):
    """An optimiser whose decay changes the weights directly: w becomes (1 - lr * weight_decay) w before each update.

    Examples
    --------
    >>> from mechgrok.training.optimizers.adamw import AdamW
    >>> weights = torch.nn.Parameter(torch.tensor([2.0]))
    >>> weights.grad = torch.zeros(1)
    >>> AdamW(lr=0.1, weight_decay=0.5).build({"w": weights}).step()
    >>> round(weights.item(), 6)  # 2 * (1 - 0.1 * 0.5)
    1.9
    """

    decoupled: ClassVar[bool] = True
    weight_decay: NonNegativeFloat = 1.0
    """Decoupled decay: every step multiplies the weights by 1 - lr * weight_decay."""

    @property
    def decay(self) -> float:
        return self.weight_decay


class Coupled(Optimizer):
    """An optimiser whose decay is a part of the gradient: g becomes g + l2 * w.

    Examples
    --------
    >>> from mechgrok.training.optimizers.sgd import SGD
    >>> weights = torch.nn.Parameter(torch.tensor([2.0]))
    >>> weights.grad = torch.ones(1)
    >>> SGD(lr=0.1, l2=0.5, momentum=0.0, nesterov=False).build({"w": weights}).step()
    >>> round(weights.item(), 6)  # 2 - 0.1 * (1 + 0.5 * 2)
    1.8
    """

    decoupled: ClassVar[bool] = False
    l2: NonNegativeFloat = 0.0
    """L2 penalty: l2 * weights is added to the gradient before the optimiser (torch's weight_decay)."""

    @property
    def decay(self) -> float:
        return self.l2


def inside(scope: Scope, name: str, dimensions: int) -> bool:
    """Whether a parameter with this TransformerLens name and number of dimensions is in a scope."""
    if scope == "all":
        return True
    if scope in ("matrices", "biases"):
        return (dimensions >= 2) == (scope == "matrices")
    return any(name.startswith(place) or (place.startswith(".") and place in name) for place in _PLACES[scope])
