"""Which way round a named matrix lies in a module, and whether it reads the one-hot tokens of several positions side by side."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from mechgrok.errors import UserError
from mechgrok.models.opaque.places import Place, owner
from mechgrok.tasks.task import Task

_MATRICES = ("embed.W_E", "unembed.W_U", "W_in", "W_out")


def of(module: nn.Module, name: str, place: Place, task: Task, classes: int) -> Place:
    """The place with its transposition decided: as the user wrote it, by the kind of its layer, or by its shape.

    nn.Linear computes x W^T, so its weight is the transpose of W_E, W_in, W_out or W_U. Raises UserError where a shape fits neither way.
    """
    shape = tuple(module.get_parameter(place.path).shape)
    if place.transposed or not name.endswith(_MATRICES):
        _require(name, shape[::-1] if place.transposed else shape, task, classes)
        return place
    transposed = _by_layer(owner(module, place.path), name)
    if transposed is None:
        transposed = not _fits(name, shape, task, classes) and _fits(name, shape[::-1], task, classes)
    _require(name, shape[::-1] if transposed else shape, task, classes)
    return replace(place, transposed=transposed)


def positions(module: nn.Module, place: Place | None, task: Task) -> int:
    """The positions whose one-hot tokens a named W_E reads side by side; 1 for an embedding of single tokens."""
    if place is None:
        return 1
    shape = tuple(module.get_parameter(place.path).shape)
    return _side_by_side(shape[1] if place.transposed else shape[0], task)


def _by_layer(layer: nn.Module, name: str) -> bool | None:
    """Whether the weight of a layer of PyTorch is transposed; None for a parameter of another class."""
    if isinstance(layer, nn.Embedding):
        return not name.endswith("W_E")
    return True if isinstance(layer, nn.Linear) else None


def _fits(name: str, shape: tuple[int, ...], task: Task, classes: int) -> bool:
    if len(shape) != 2:
        return False
    if name == "embed.W_E":
        return shape[0] == task.vocabulary or _side_by_side(shape[0], task) > 1 or shape[0] == task.numbers
    return shape[1] == classes if name == "unembed.W_U" else True


def _side_by_side(rows: int, task: Task) -> int:
    """The positions of a row whose one-hot vectors make up so many rows."""
    lengths = {task.operands().shape[1], task.inputs().shape[1]}
    several = [count for count in lengths for size in (task.numbers, task.vocabulary) if count > 1 and rows == count * size]
    return several[0] if several else 1


def _require(name: str, shape: tuple[int, ...], task: Task, classes: int) -> None:
    """Raises UserError where an embedding or unembedding does not have the tokens or classes of the task."""
    if name == "embed.W_E" and (len(shape) != 2 or shape[0] < task.numbers):
        raise UserError(f"names: {name} is {shape}, which has no row for each of the {task.numbers} numbers; name the embedding's weight")
    if name == "unembed.W_U" and (len(shape) != 2 or shape[1] != classes):
        raise UserError(f"names: {name} is {shape}, which has no column for each of the {classes} classes; name the last layer's weight")
