"""The interface of a recognised network: everything but what the file leaves open."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mechgrok.models.model import Model

Reading = Mapping[str, Any]
"""The value of each open option of a network, by the option's name."""
LAST, MEAN = "last", "mean"
"""Values of the option `read`: the position whose output is read, or the mean over all."""
NUMBERS, ALL = "numbers", "all"
"""Values of the option `classes`: those of the loss."""
State = Mapping[str, Tensor]
"""A state dict of the file."""


@dataclass(frozen=True)
class Recognised:
    """One tensor of the file: its name there, its shape, and the parameter that it becomes."""

    name: str
    shape: tuple[int, ...]
    ours: str


class Structure(ABC):
    """A network whose parameters have been recognised.

    Attributes
    ----------
    tokens : int
        Rows of the token embedding.
    outputs : int
        Classes of the logits; the first of them are the numbers.
    longest : int or None
        The number of positions that have an embedding; None where any number may be read.

    Examples
    --------
    A network of one matrix, of which only the orientation is open:

    >>> from mechgrok.runs.importing.networks.structure import Recognised, Structure
    >>> class Matrix(Structure):
    ...     tokens, outputs, longest = 5, 5, 2
    ...     recognised = (Recognised("W", (5, 5), "embed.W_E"),)
    ...     choices = {"matrices": ("as named", "transposed")}
    ...     def model(self, reading):
    ...         raise NotImplementedError
    ...     def weights(self, state, reading):
    ...         return {"embed.W_E": state["W"].T if reading["matrices"] == "transposed" else state["W"]}
    >>> Matrix().weights({"W": torch.ones(5, 5)}, {"matrices": "transposed"})["embed.W_E"].shape
    torch.Size([5, 5])
    """

    tokens: int
    outputs: int
    longest: int | None

    @property
    def named_by_hand(self) -> bool:
        """Whether square matrices have other names than those of nn.Linear, so that their orientation is open."""
        return False

    @property
    def output_names(self) -> tuple[str, ...]:
        """Our names of the parameters whose last axis is that of the classes."""
        return "unembed.W_U", "unembed.b_U"

    @property
    @abstractmethod
    def recognised(self) -> tuple[Recognised, ...]:
        """Every tensor of the file that is part of the network."""

    @property
    @abstractmethod
    def choices(self) -> Mapping[str, Sequence[Any]]:
        """The options that the file leaves open, each with its possible values, the conventional one first."""

    @abstractmethod
    def model(self, reading: Reading) -> Model:
        """The config of the network.

        Parameters
        ----------
        reading : Reading
            A value of each of `choices`.

        Returns
        -------
        Model
        """

    @abstractmethod
    def weights(self, state: State, reading: Reading) -> dict[str, Tensor]:
        """A state dict by our names.

        Parameters
        ----------
        state : State
            With the names and shapes of the one that was recognised.
        reading : Reading
            A value of each of `choices`.

        Returns
        -------
        dict of str to Tensor
            With all tokens and all classes, and with the positions in the order of the file.
        """
