"""Two optimisers of torch in one: Muon, which accepts matrices alone, and another for all other parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

Groups = list[dict[str, Any]]


class MuonAndAdamW(Optimizer):
    """Muon for groups of matrices, and another optimiser for the other groups.

    A parameter with more than two dimensions (heads) is passed to Muon as one matrix per leading index. The moments of both optimisers have
    one numbering in the state, matrices first.
    """

    def __init__(self, matrices: Groups, others: Groups, muon: Callable[[Groups], Optimizer], adamw: Callable[[Groups], Optimizer]) -> None:
        super().__init__([dict(group) for group in [*matrices, *others]], {"lr": 0.0})
        self._slices = [list(_slices(group["params"])) for group in matrices]
        pieces = [[Parameter(_slice(each.data, index)) for each, index in found] for found in self._slices]
        muons = [{**group, "params": cut} for group, cut in zip(matrices, pieces, strict=True)]
        self._parts = [muon(muons), *([adamw(others)] if others else [])]
        for inner, outer in zip(self._groups, self.param_groups, strict=True):
            outer["lr"] = inner["lr"]

    @property
    def _groups(self) -> Groups:
        """The groups of both optimisers, in the order of `param_groups`."""
        return [group for part in self._parts for group in part.param_groups]

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update, with the learning rates of `param_groups`."""
        for inner, outer in zip(self._groups, self.param_groups, strict=True):
            inner["lr"] = outer["lr"]
        for found, group in zip(self._slices, self._groups, strict=False):
            for (parameter, index), piece in zip(found, group["params"], strict=True):
                piece.grad = None if parameter.grad is None else _slice(parameter.grad, index)
        for part in self._parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """The moments of both optimisers."""
        moments: dict[int, Any] = {}
        for part, first in zip(self._parts, self._firsts, strict=True):
            moments |= {first + index: entry for index, entry in part.state_dict()["state"].items()}
        return {"state": moments}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Restore the moments of a `state_dict`."""
        ends = [*self._firsts[1:], None]
        for part, first, end in zip(self._parts, self._firsts, ends, strict=True):
            own = {i - first: entry for i, entry in state_dict["state"].items() if i >= first and (end is None or i < end)}
            part.load_state_dict(part.state_dict() | {"state": own})

    @property
    def _firsts(self) -> list[int]:
        """The index of the first parameter of each optimiser in the joint numbering."""
        return [0, sum(map(len, self._slices))][: len(self._parts)]


def _slices(parameters: list[Parameter]) -> Iterator[tuple[Parameter, int]]:
    """Every matrix of the parameters: its parameter, and its index over the leading dimensions."""
    for parameter in parameters:
        for index in range(parameter.shape[:-2].numel()):
            yield parameter, index


def _slice(tensor: Tensor, index: int) -> Tensor:
    """The matrix at an index over the leading dimensions, as a view of the tensor."""
    return tensor.view(-1, *tensor.shape[-2:])[index]
