"""Which way round a named matrix lies in a module, and whether it reads the one-hot tokens of several positions side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from torch import nn

from mechgrok.errors import UserError
from mechgrok.models.opaque.places import Place, owner
from mechgrok.tasks.task import Task

_AXES: Mapping[str, tuple[int, str]] = {
    **dict.fromkeys(("W_Q", "W_K", "W_V"), (3, "(head, d_model, d_head)")),
    "W_O": (3, "(head, d_head, d_model)"),
    **dict.fromkeys(("b_Q", "b_K", "b_V"), (2, "(head, d_head)")),
    "W_pos": (2, "(pos, d_model)"),
    "W_in": (2, "(d_model, d_mlp)"),
    "W_out": (2, "(d_mlp, d_model)"),
    **dict.fromkeys(("b_O", "b_out", "w", "b"), (1, "(d_model,)")),
    "b_in": (1, "(d_mlp,)"),
    "b_U": (1, "(d_vocab_out,)"),
}
"""The axes of parameters in TransformerLens, by the last part of their names."""
_MATRICES = ("embed.W_E", "unembed.W_U", "W_in", "W_out")


def turned(module: nn.Module, places: Mapping[str, Place], task: Task, classes: int) -> dict[str, Place]:
    """The places of parameters, each with its transposition decided; those of the MLP by the width that W_E or W_U has."""
    found = {name: _decided(module, name, places[name], Sizes(task, classes)) for name in ("embed.W_E", "unembed.W_U") if name in places}
    axes = {"embed.W_E": 1, "unembed.W_U": 0}
    widths = [found[name].turned(module.get_parameter(found[name].path)).shape[axis] for name, axis in axes.items() if name in found]
    sizes = Sizes(task, classes, widths[-1] if widths else None)
    return found | {name: _decided(module, name, place, sizes) for name, place in places.items() if name not in found}


@dataclass(frozen=True)
class Sizes:
    """The sizes by which a matrix is recognised: of the task, of the classes, and of the residual stream where it is known."""

    task: Task
    classes: int
    width: int | None = None


def _decided(module: nn.Module, name: str, place: Place, sizes: Sizes) -> Place:
    """The place with its transposition decided: as the user wrote it, by the kind of its layer, or by its shape.

    nn.Linear computes x W^T, so its weight is the transpose of W_E, W_in, W_out or W_U. Raises UserError where a shape fits neither way.
    """
    shape = tuple(module.get_parameter(place.path).shape)
    if place.transposed or not name.endswith(_MATRICES):
        _require(name, shape[::-1] if place.transposed else shape, sizes)
        return place
    transposed = _by_layer(owner(module, place.path), name)
    if transposed is None:
        transposed = not _fits(name, shape, sizes) and _fits(name, shape[::-1], sizes)
    _require(name, shape[::-1] if transposed else shape, sizes)
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


def _fits(name: str, shape: tuple[int, ...], sizes: Sizes) -> bool:
    task = sizes.task
    if len(shape) != 2:
        return False
    if name == "embed.W_E":
        return shape[0] == task.vocabulary or _side_by_side(shape[0], task) > 1 or shape[0] == task.numbers
    if name == "unembed.W_U":
        return shape[1] == sizes.classes
    return sizes.width is None or shape[0 if name.endswith("W_in") else 1] == sizes.width


def _side_by_side(rows: int, task: Task) -> int:
    """The positions of a row whose one-hot vectors make up so many rows."""
    lengths = {task.operands().shape[1], task.inputs().shape[1]}
    several = [count for count in lengths for size in (task.numbers, task.vocabulary) if count > 1 and rows == count * size]
    return several[0] if several else 1


def _require(name: str, shape: tuple[int, ...], sizes: Sizes) -> None:
    """Raises UserError where an embedding or unembedding does not have the tokens or classes of the task."""
    task, classes = sizes.task, sizes.classes
    if name == "embed.W_E" and (len(shape) != 2 or shape[0] < task.numbers):
        raise UserError(f"names: {name} is {shape}, which has no row for each of the {task.numbers} numbers; name the embedding's weight")
    if name == "unembed.W_U" and (len(shape) != 2 or shape[1] != classes):
        raise UserError(f"names: {name} is {shape}, which has no column for each of the {classes} classes; name the last layer's weight")


def require_axes(module: nn.Module, places: Mapping[str, Place]) -> None:
    """Raises UserError where a named parameter has not the axes of its name."""
    for name, place in places.items():
        shape, (count, axes) = tuple(module.get_parameter(place.path).shape), _AXES.get(name.rpartition(".")[2], (2, ""))
        if len(shape) != count:
            raise UserError(f"names: {name}: {place.path} is {shape}, and {name} is {axes}; name another parameter, or leave it away")
