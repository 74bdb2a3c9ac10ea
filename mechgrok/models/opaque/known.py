"""Modules whose function mechgrok computes itself, so that a run of their weights needs no module later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from mechgrok.discovery import kinds
from mechgrok.errors import UserError
from mechgrok.models.forward.tables import Batch
from mechgrok.models.model import Model
from mechgrok.models.module import Module
from mechgrok.models.network import Network
from mechgrok.models.opaque.calling import Caller
from mechgrok.models.opaque.description import held, probed
from mechgrok.models.opaque.outputs import logits_at_read
from mechgrok.models.shape import Shape
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.task import Task

_TOLERANCE = 1e-4
_OF_CONFIGS = {"layers": "n_layers", "heads": "n_heads", "activation": "act_fn", "normalization": "normalization_type"}
_OF_NETWORKS = {"hidden": "d_hidden", "stacked": "layers", "mlp_dropout": "dropout"}
_OWN = ("kind", "seed", "init")
"""Fields of models that describe how weights came about, not what they compute."""


def known(module: nn.Module, task: Task) -> tuple[Model, Task] | None:
    """The model of a module, and the task with its classes, where a network of mechgrok has the logits of the module; None for others.

    A HookedTransformer is known by its config, a module that `run.model()` gave by its network. The logits on a few rows
    decide, so that an option that mechgrok does not have is noticed.
    """
    parameters = {name: tensor.double() for name, tensor in named_parameters(module).items()}
    for model in _candidates(module):
        for each in with_classes(task):
            if _agrees(model, each, module, parameters):
                return model, each
    return None


def named_parameters(module: nn.Module) -> dict[str, Tensor]:
    """The parameters of a known module, on the CPU, by their TransformerLens names, which a TransformerBridge has beside its own."""
    bridge = getattr(module, "tl_named_parameters", None)
    found = dict(bridge()) if callable(bridge) else held(module)[0]
    return {name: each.detach().cpu() for name, each in found.items()}


def _candidates(module: nn.Module) -> Iterator[Model]:
    """Models that a module may be one of: by the config of a HookedTransformer, or by the network of a module that mechgrok has made."""
    config, network = getattr(module, "cfg", None), getattr(module, "network", None)
    if isinstance(network, Shape | Network):
        described = [_filled(kind, _Named(network, _OF_NETWORKS)) for kind in kinds("models").values() if kind is not Module]
    elif hasattr(module, "hook_dict") and hasattr(config, "n_heads"):
        described = [_filled(Transformer, _Named(config, _OF_CONFIGS))]
    else:
        return
    positions = "learned" if "pos_embed.W_pos" in named_parameters(module) else "none"
    for kind, values in described:
        values |= {"positions": positions, "biases": "all"} if kind is Transformer and network is None else {}
        try:
            yield kind(**values | ({"biases": "all", "init": "transformer_lens"} if kind is Transformer else {}))
        except ValueError:
            continue


class _Named:
    """The attributes of a description under the names that fields of models have."""

    def __init__(self, described: Any, names: Mapping[str, str]) -> None:
        self._described, self._names = described, names

    def get(self, field: str) -> Any:
        """The value of a field; None where the description has none."""
        return getattr(self._described, self._names.get(field, field), None)


def _filled(kind: Any, named: _Named) -> tuple[Any, dict[str, Any]]:
    """A kind of model and the values of its fields that are described."""
    values = {field: named.get(field) for field in kind.model_fields if field not in _OWN}
    return kind, {field: value for field, value in values.items() if value is not None}


def with_classes(task: Task) -> Iterator[Task]:
    """The task, and the same with the other set of classes in its loss, where it has the choice."""
    yield task
    for choice in ("vocab", "numbers"):
        if getattr(task, "loss_classes", choice) != choice:
            yield task.model_copy(update={"loss_classes": choice})


def _agrees(model: Model, task: Task, module: nn.Module, parameters: Mapping[str, Tensor]) -> bool:
    """Whether a model with the parameters of a module has its logits on a few rows."""
    tokens = probed(task)
    try:
        with torch.no_grad():
            network = model.architecture(task)
            ours = network.logits(parameters, Batch.of(tokens))
            own, buffers = held(module)
            doubled = {name: each.double() for name, each in own.items()}
            theirs = logits_at_read(Caller(module)(doubled, buffers, tokens, {})[0], len(tokens))
    except (UserError, RuntimeError, KeyError, IndexError, AttributeError):
        return False
    sizes = {parameters[name].shape[axis] for name, axis in network.token_axes.items() if name in parameters}
    same_tokens = sizes <= {network.d_vocab, network.d_vocab_out} and ours.shape == theirs.shape == (len(tokens), network.d_vocab_out)
    return same_tokens and bool((ours - theirs).norm() <= _TOLERANCE * theirs.norm())
