"""What mechgrok has to know of a module of the user, found out by calling it on a few rows of the task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mechgrok.errors import UserError
from mechgrok.models.opaque import orientation
from mechgrok.models.opaque.calling import Caller, Function
from mechgrok.models.opaque.evidence import Evidence
from mechgrok.models.opaque.facts import Facts
from mechgrok.models.opaque.module_network import ModuleNetwork
from mechgrok.models.opaque.outputs import activation_at_read, logits_at_read
from mechgrok.models.opaque.places import Place, find, is_activation, named_alike, require_distinct
from mechgrok.models.opaque.readout import readout
from mechgrok.models.opaque.usable import notes, require_function
from mechgrok.tasks.task import Task

PROBED = 8
"""Rows that a module is called on."""
_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Described:
    """A module with the facts that are stored of it, and its network."""

    module: nn.Module
    facts: Facts
    network: ModuleNetwork
    notes: tuple[str, ...] = ()


def describe(module: nn.Module, task: Task, names: Mapping[str, str] | None) -> Described:
    """The facts of a module. Raises UserError where it is no function of rows of the task, or a name has no place in it."""
    named, tokens, (parameters, buffers) = names or {}, probed(task), held(module)
    caller = working(module, task)
    facts = _facts(module, task, named, caller)
    call = _call(caller, module)
    if all(each.isfinite().all() for each in parameters.values()):
        require_function(call, tokens)
    network = ModuleNetwork.of(facts, task).with_module(caller, buffers)
    facts = replace(facts, **readout(network, parameters, tokens))
    network = ModuleNetwork.of(facts, task).with_module(caller, buffers)
    return Described(module, facts, network, (*Evidence(network, parameters, tokens).notes(named), *notes(call, tokens)))


def _call(caller: Caller, module: nn.Module) -> Callable[[Tensor], Tensor]:
    """The logits of a module with the weights that it has now."""
    return lambda tokens: logits_at_read(caller(*held(module), tokens, {})[0], len(tokens))


def _facts(module: nn.Module, task: Task, named: Mapping[str, str], caller: Caller) -> Facts:
    """The facts that one call on a few rows shows."""
    places = {name: find(module, name, text) for name, text in {**named_alike(module), **named}.items()}
    require_distinct({name: places[name] for name in named})
    taps = {name: place for name, place in places.items() if is_activation(name)}
    tokens = probed(task)
    output, taken = caller(*held(module), tokens, taps)
    classes = logits_at_read(output, len(tokens)).shape[1]
    _require_classes(classes, task)
    kept = dict(_reached(taken, taps, named, len(tokens)))
    weights = {name: place for name, place in places.items() if name not in taps}
    orientation.require_axes(module, {name: weights[name] for name in named if name in weights})
    turned = orientation.turned(module, weights, task, classes)
    patterns = [kept[name] for name in kept if name.endswith("hook_pattern")]
    return Facts(
        type=type(module.function).__name__ if isinstance(module, Function) else type(module).__name__,
        names={name: place.text for name, place in {**turned, **{name: taps[name] for name in kept}}.items()},
        heads=patterns[-1].shape[1] if patterns else 0,
        classes=classes,
        positions=orientation.positions(module, turned.get("embed.W_E"), task),
    )


def held(module: nn.Module) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters and buffers of a module now, detached."""
    parameters = {name: tensor.detach() for name, tensor in module.named_parameters()}
    return parameters, {name: tensor.detach() for name, tensor in module.named_buffers()}


def probed(task: Task, count: int = PROBED) -> Tensor:
    """Some rows of the task, of the length of its longest, spread over the table: multiples of the golden ratio modulo 1.

    Rows at equal distances may have a common structure: of 64 rows, every ninth one has two equal operands.
    """
    inputs = task.inputs()
    whole = inputs[(inputs >= 0).all(1)]
    spread = np.arange(count) * _GOLDEN % 1 * len(whole)
    return torch.from_numpy(whole if len(whole) <= count else whole[spread.astype(int)])


def working(module: nn.Module, task: Task) -> Caller:
    """A way to call a module: on the CPU in double precision where that works, else in its own, else on its own device.

    Raises UserError where no way works.
    """
    tokens, (parameters, buffers) = probed(task), held(module)
    device = next((each.device for each in parameters.values()), torch.device("cpu"))
    own = next((each.dtype for each in parameters.values() if each.is_floating_point()), None)
    ways = [(torch.float64, None), (own, None), *([(own, device)] if device.type != "cpu" else [])]
    problem: Exception | None = None
    for dtype, place in ways:
        caller = Caller(module, None if dtype == torch.float64 else dtype, place)
        doubled = {name: each.double() if each.is_floating_point() else each for name, each in parameters.items()}
        try:
            with torch.no_grad():
                caller(doubled, buffers, tokens, {})
        except Exception as error:
            problem = problem or error
        else:
            return caller
    reason = _in_a_line(problem) + _too_small(module, tokens)
    raise UserError(
        f"the module cannot be called on rows of this task such as {tokens[-1].tolist()} ({reason}); "
        "give a task with the tokens and the layout of a row that it reads, or a module around it that takes tokens (batch, pos)"
    )


def _too_small(module: nn.Module, tokens: Tensor) -> str:
    """The largest embedding that lacks a row for a token."""
    tables = {name: each.num_embeddings for name, each in module.named_modules() if isinstance(each, nn.Embedding)}
    small = [(rows, name) for name, rows in tables.items() if rows <= int(tokens.max())]
    return "; {1} has {0} tokens".format(*max(small)) if small else ""


def _in_a_line(error: Exception | None) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no message'}"


def _require_classes(classes: int, task: Task) -> None:
    largest = int(task.labels().max())
    if largest >= classes:
        raise UserError(f"the module has {classes} classes, and the task has labels up to {largest}; give the task that it learns")


def _reached(taken: Mapping[str, Any], taps: Mapping[str, Place], names: Mapping[str, str], batch: int) -> Iterator[tuple[str, Tensor]]:
    """The tapped activations at the read position. Raises UserError where one that the user named is not called, or is no activation."""
    for name in taps:
        if name in taken:
            yield name, activation_at_read(name, taken[name], batch)
        elif name in names:
            raise UserError(f"names: {name}: the module does not call its submodule {taps[name].path}")
