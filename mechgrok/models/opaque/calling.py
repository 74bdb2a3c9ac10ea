"""Calls of a module or function of the user, with given weights, that leave everything as it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.overrides import TorchFunctionMode

from mechgrok.errors import UserError
from mechgrok.models.opaque.places import Place
from mechgrok.models.opaque.usable import require_usable

Taps = Mapping[str, Place]
"""Activations to take: the submodule of each, by its name."""
Replaced = Mapping[Place, Any]
"""Functions from an activation to the value that the module goes on with, by place."""


class Function(nn.Module):
    """A function as a module without parameters."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, tokens: Tensor) -> Any:
        """What the function returns."""
        return self.function(tokens)


def unwrapped(model: Any) -> nn.Module:
    """The module behind torch.compile or (distributed) data parallelism; a function as a module."""
    while isinstance(model, nn.Module):
        inner = getattr(model, "_orig_mod", None)
        parallel = isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel)
        if inner is None and not parallel:
            require_usable(model)
            return model
        model = model.module if inner is None else inner
    if isinstance(model, type):
        raise UserError(f"{model.__name__} is a class; hand in a module of it, such as {model.__name__}(...)")
    if not callable(model):
        raise UserError(f"{type(model).__name__} is no module and no function; give a torch module, or a function from tokens to logits")
    return Function(model)


class _InDouble(TorchFunctionMode):
    """New single precision tensors become double ones, so that a module that makes some in its forward pass runs in double precision."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if not isinstance(result, Tensor) or result.dtype != torch.float32:
            return result
        single = any(isinstance(each, Tensor) and each.dtype == torch.float32 for each in args)
        return result if single else result.double()


@dataclass(frozen=True, eq=False)
class Caller:
    """Calls a module with given parameters and buffers: in evaluation mode, without its own random numbers, without hooks that stay."""

    module: nn.Module
    dtype: torch.dtype | None = None
    """The precision of the computation; None for that of the given parameters."""
    device: torch.device | None = None
    """Where it is computed; None for the CPU."""
    _lock: Any = field(default_factory=threading.RLock)

    def __call__(
        self, parameters: Mapping[str, Tensor], buffers: Mapping[str, Tensor], tokens: Tensor, taps: Taps, replaced: Replaced | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """What the module returns for tokens (batch, pos), and the tapped activations by name.

        Raises UserError where it cannot be called with them. Where a tap was not reached it is left out.
        """
        held = {name: self._placed(tensor, parameters) for name, tensor in {**buffers, **parameters}.items()}
        double = any(tensor.dtype == torch.float64 for tensor in held.values())
        precision = _InDouble() if double else nullcontext()
        with (
            self._lock,
            _evaluating(self.module),
            _tapping(self.module, taps, replaced or {}) as taken,
            torch.random.fork_rng([]),
            precision,
        ):
            output = functional_call(self.module, held, (tokens.to(self.device or "cpu", copy=True),))
        return output, taken

    def _placed(self, tensor: Tensor, parameters: Mapping[str, Tensor]) -> Tensor:
        """A copy, which the module may change, where and as precisely as it is computed with; integers stay integers."""
        given = next((each.dtype for each in parameters.values() if each.is_floating_point()), tensor.dtype)
        dtype = (self.dtype or given) if tensor.is_floating_point() else tensor.dtype
        return tensor.to(self.device or "cpu", dtype, copy=True)


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode; afterwards every submodule is in the mode that it was in."""
    flags = [(each, each.training) for each in module.modules()]
    try:
        for each, _ in flags:
            each.training = False
        yield
    finally:
        for each, flag in flags:
            each.training = flag


@contextmanager
def _tapping(module: nn.Module, taps: Taps, replaced: Replaced) -> Iterator[dict[str, Any]]:
    """Hooks that put activations into a dictionary, or change them, and are taken off at the end."""
    taken: dict[str, Any] = {}
    handles = [_hooked(module, place, change) for place, change in replaced.items()]
    handles += [_hooked(module, place, _keeping(taken, name)) for name, place in taps.items()]
    try:
        yield taken
    finally:
        for handle in handles:
            handle.remove()


def _keeping(taken: dict[str, Any], name: str) -> Any:
    def keep(value: Any) -> None:
        taken[name] = _copied(value)

    return keep


def _copied(value: Any) -> Any:
    """A copy of an activation, which a later submodule may change in place."""
    if isinstance(value, tuple | list):
        return tuple(_copied(each) for each in value)
    return value.clone() if isinstance(value, Tensor) else value


def _hooked(module: nn.Module, place: Place, change: Any) -> Any:
    """A hook that calls `change` with the value at a place, and goes on with what it returns unless that is None."""
    where = module.get_submodule(place.path)
    if not place.is_input:
        return where.register_forward_hook(lambda _, arguments, output: change(output))

    def before(_: nn.Module, arguments: tuple[Any, ...]) -> Any:
        value = change(arguments[0])
        return None if value is None else (value, *arguments[1:])

    return where.register_forward_pre_hook(before)
