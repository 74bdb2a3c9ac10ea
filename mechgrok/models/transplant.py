"""Loads parameters of one network into another, by groups; rows of tokens are matched by the tokens' labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from mechgrok.config import Group
from mechgrok.errors import UserError
from mechgrok.models.network import Network
from mechgrok.tasks.task import Task

EMBEDDING = "embed.W_E"
_OF_THE_TASK = {"d_vocab", "d_vocab_out", "n_ctx", "length", "numbers", "dropout", "d_mlp", "widths"}
"""Fields in which two networks with the same body may differ; where a difference matters, the shapes of parameters differ too."""


@dataclass(frozen=True)
class Donor:
    """A network on its task with its weights; error messages use the name."""

    name: str
    task: Task
    network: Network
    weights: Mapping[str, Tensor]


def members(groups: Collection[Group], network: Network, names: Collection[str]) -> list[str]:
    """The parameters, of these TransformerLens `names`, that belong to one of the groups, in the order given."""
    return [name for name in names if "all" in groups or _group(name, network) in groups]


def _group(name: str, network: Network) -> Group:
    if name == EMBEDDING:
        return "embed"
    return "unembed" if name in network.token_axes else "body"


def transplant(fresh: Mapping[str, Tensor], network: Network, task: Task, donor: Donor, groups: Collection[Group]) -> dict[str, Tensor]:
    """`fresh` weights of a `network` on a `task` in which the parameters of some groups are those of the donor, bit for bit.

    Along an axis of tokens or classes number i is number i, every other token the one with the same label; rows of tokens that the donor
    does not have, and parameters that it does not have, stay fresh. Raises UserError where a shape does not fit, where a group holds
    nothing that both have, or where a body would compute something else here.
    """
    for group in groups:
        if not set(members([group], network, fresh)) & set(donor.weights):
            raise UserError(f"--load {group}: {donor.name} and this network share no parameter of that group")
    shared = [name for name in members(groups, network, fresh) if name in donor.weights]
    taken = {name: _put(name, fresh[name], network, task, donor) for name in shared}
    if {"body", "all"} & set(groups):
        _refuse_another_function(network, donor)
    return {**fresh, **taken}


def _put(name: str, fresh: Tensor, network: Network, task: Task, donor: Donor) -> Tensor:
    old, axis = donor.weights[name].to(fresh), network.token_axes.get(name)
    known = axis is not None and old.ndim == fresh.ndim
    fits = _without(old, axis) == _without(fresh, axis) and donor.task.numbers == task.numbers if known else old.shape == fresh.shape
    if not fits:
        raise UserError(
            f"{name} is {tuple(fresh.shape)} here, with {task.numbers} numbers, and {tuple(old.shape)} in {donor.name}, with "
            f"{donor.task.numbers}; set --task.p, --model.d_model and the like to the parent's, or do not load it"
        )
    if axis is None:
        return old.clone()
    here, there = alike(task, donor.task, fresh.shape[axis], old.shape[axis])
    return fresh.clone().index_copy_(axis, here, old.index_select(axis, there))


def alike(task: Task, other: Task, count: int, others: int) -> tuple[Tensor, Tensor]:
    """The tokens that two tasks share, as indices into both: numbers match by value, other tokens by label.

    `count` and `others` limit the tokens of `task` and `other`.
    """
    known = {_key(other, token): token for token in range(others)}
    pairs = [(token, known[_key(task, token)]) for token in range(count) if _key(task, token) in known]
    here, there = torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T
    return here, there


def _key(task: Task, token: int) -> int | str:
    return token if token < task.numbers else task.token_labels[token]


def _without(tensor: Tensor, axis: int | None) -> list[int]:
    return [size for place, size in enumerate(tensor.shape) if place != axis]


def _refuse_another_function(network: Network, donor: Donor) -> None:
    """Raises UserError where the networks compute different functions of the same weights."""
    if type(network) is not type(donor.network):
        raise UserError(f"{donor.name} is another kind of network; set --model.kind to the parent's, or load embed or unembed alone")
    names = [field.name for field in fields(network) if field.name not in _OF_THE_TASK]  # type: ignore[arg-type]
    other = next((name for name in names if getattr(network, name) != getattr(donor.network, name)), None)
    if other:
        here, there = getattr(network, other), getattr(donor.network, other)
        computes = f"the body of {donor.name} computes with {other} {there}, this network with {here}"
        raise UserError(f"{computes}; give it the parent's --model options")
