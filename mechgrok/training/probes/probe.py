"""The interface of a probe: numbers that describe single updates. Configs are read without torch, so torch is imported for types alone."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mechgrok.config import Part

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class UpdateDetails:
    """One update of the trained parameters. All tensors are float64, by TransformerLens name.

    Attributes
    ----------
    gradients : Mapping of str to Tensor
        Gradients of the objective on the step's batch, before the gradient filter and clipping.
    decay : Mapping of str to Tensor
        What decoupled decay added to the weights; zeros without decoupled decay.
    change : Mapping of str to Tensor
        The weights after the update minus the weights before it.
    rate : float
        The learning rate of the update.
    """

    gradients: Mapping[str, Tensor]
    decay: Mapping[str, Tensor]
    change: Mapping[str, Tensor]
    rate: float


class Probe(Part):
    """Numbers that describe an update, written to probes.csv for every update that starts from evaluated weights.

    A subclass defines `kind` and `read`.

    Examples
    --------
    >>> from mechgrok.training.probes.gradient_norm import GradientNorm
    >>> from mechgrok.training.probes.probe import UpdateDetails
    >>> gradients = {"embed.W_E": torch.tensor([3.0, 0.0]), "unembed.W_U": torch.tensor([4.0])}
    >>> zeros = {name: torch.zeros_like(gradient) for name, gradient in gradients.items()}
    >>> dict(GradientNorm().read(UpdateDetails(gradients, zeros, zeros, rate=1e-3)))
    {'embed.W_E': 3.0, 'unembed.W_U': 4.0, 'total': 5.0}
    """

    @abstractmethod
    def read(self, update: UpdateDetails) -> Iterator[tuple[str, float]]:
        """Compute the numbers of one update.

        Parameters
        ----------
        update : UpdateDetails
            The gradients, the decay and the change of the weights.

        Yields
        ------
        tuple of str and float
            A name and a value. A number of one parameter has the parameter's TransformerLens name, a number of all parameters as one
            vector has the name `total`.
        """
