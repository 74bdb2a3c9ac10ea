"""The interface of a gradient filter. Configs are read without torch, so torch is imported inside functions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mechgrok.config import Part

if TYPE_CHECKING:
    import torch


class Gradient(Part):
    """A filter that changes gradients before they are clipped and passed to the optimiser. A subclass defines `kind` and `filter`.

    Examples
    --------
    >>> from mechgrok.training.gradients.grokfast import Grokfast
    >>> weights, memory = torch.nn.Parameter(torch.tensor([1.0])), {}
    >>> weights.grad = torch.tensor([3.0])
    >>> Grokfast(alpha=0.5, lamb=2.0).filter({"w": weights}, memory, step=0)
    >>> weights.grad.item(), memory["w"].item()  # 3 + 2 * 3, and the average
    (9.0, 3.0)
    """

    @abstractmethod
    def filter(self, parameters: Mapping[str, torch.nn.Parameter], memory: dict[str, torch.Tensor], step: int) -> None:
        """Change the gradients in place.

        Parameters
        ----------
        parameters : Mapping of str to Parameter
            The trained parameters by TransformerLens name; a `grad` may be None.
        memory : dict of str to Tensor
            Tensors that the filter keeps between steps, empty at first. It is saved and restored with the state of the run, so the
            filter must keep nothing elsewhere.
        step : int
            The number of earlier updates.
        """
