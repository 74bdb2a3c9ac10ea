"""Modules whose function mechgrok computes itself, so that a run of their weights needs no module later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from mechgrok.errors import UserError
from mechgrok.models.forward.tables import Batch
from mechgrok.models.model import Model
from mechgrok.models.opaque.calling import Caller
from mechgrok.models.opaque.description import held, probed
from mechgrok.models.opaque.outputs import logits_at_read
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.task import Task

_TOLERANCE = 1e-4
_SIZES = {"layers": "n_layers", "heads": "n_heads", "d_model": "d_model", "d_head": "d_head", "d_mlp": "d_mlp", "n_ctx": "n_ctx"}
_OPTIONS = {"activation": "act_fn", "normalization": "normalization_type", "attn_only": "attn_only"}


def known(module: nn.Module, task: Task) -> tuple[Model, Task] | None:
    """The model of a module, and the task with its classes, where a network of mechgrok has the logits of the module; None for others.

    A HookedTransformer is known by its config. The logits on a few rows decide, so that an option that mechgrok does not have is noticed.
    """
    parameters = {name: tensor.double() for name, tensor in held(module)[0].items()}
    for model in _candidates(module):
        for each in _with_classes(task):
            if _agrees(model, each, module, parameters):
                return model, each
    return None


def _candidates(module: nn.Module) -> Iterator[Model]:
    config = getattr(module, "cfg", None)
    if config is None or not hasattr(config, "n_heads") or not hasattr(module, "hook_dict"):
        return
    values: dict[str, Any] = {ours: getattr(config, theirs, None) for ours, theirs in {**_SIZES, **_OPTIONS}.items()}
    values["d_mlp"] = values["d_mlp"] or 4 * values["d_model"]
    values["positions"] = "learned" if "pos_embed.W_pos" in dict(module.named_parameters()) else "none"
    try:
        yield Transformer(**values, biases="all", init="transformer_lens")
    except ValueError:
        return


def _with_classes(task: Task) -> Iterator[Task]:
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
            ours = model.architecture(task).logits(parameters, Batch.of(tokens))
            theirs = logits_at_read(Caller(module)(parameters, held(module)[1], tokens, {})[0], len(tokens))
    except (UserError, RuntimeError, KeyError, IndexError, AttributeError):
        return False
    return ours.shape == theirs.shape and bool((ours - theirs).norm() <= _TOLERANCE * theirs.norm())
