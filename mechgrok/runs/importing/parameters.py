"""Names and shapes of a HookedTransformer's parameters: what a foreign dict of weights must have, may lack, and must not have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing import library_parts
from mechgrok.runs.importing.networks.neurons import BY_MODULE
from mechgrok.runs.importing.networks.structure import Recognised

POSITIONS = "pos_embed.W_pos"
_ENDS = {
    "embed.W_E": "d_vocab d_model",
    POSITIONS: "n_ctx d_model",
    "unembed.W_U": "d_model d_vocab_out",
    "unembed.b_U": "d_vocab_out",
}
_ATTENTION = {
    **{f"attn.W_{letter}": "heads d_model d_head" for letter in "QKV"},
    "attn.W_O": "heads d_head d_model",
    **{f"attn.b_{letter}": "heads d_head" for letter in "QKV"},
    "attn.b_O": "d_model",
}
_MLP = {"mlp.W_in": "d_model d_mlp", "mlp.b_in": "d_mlp", "mlp.W_out": "d_mlp d_model", "mlp.b_out": "d_model"}
_GATES = {"mlp.W_gate": "d_model d_mlp", "mlp.b_gate": "d_mlp"}
_BUFFERS = ("mask", "IGNORE")
THREE_AXES = "W_O with three axes"
"""The feature of TransformerLens' orientation, which Nanda et al. 2023 do not use."""


def state_dict(data: Any) -> Any:
    """What a file holds under `model`, else all of it."""
    return data["model"] if isinstance(data, dict) and "model" in data else data


def attention_output(data: Any) -> Tensor | None:
    """The first layer's W_O where `data` is a dict of weights by these names, else None. Its number of axes determines the format."""
    if not _is_named(data) or not all(isinstance(data.get(name), Tensor) for name in ("embed.W_E", "blocks.0.attn.W_O")):
        return None
    found: Tensor = data["blocks.0.attn.W_O"]
    return found


def complete(given: Mapping[str, Any], *, learned_positions: bool = True) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """All parameters in float32, missing biases as zeros, without buffers; and notes on what was left out, added or rounded.

    Without `learned_positions` there is no W_pos.

    Raises UserError where a matrix is missing, a shape contradicts the others, a value is not finite, or a layer holds an unknown part.
    """
    if not _is_named(given):
        raise UserError("a state dict of the file is no dict of names; save model.state_dict() alone")
    learned_positions = learned_positions and not library_parts.has_rotary(given)
    given = library_parts.converted(given)
    axes = {name: words for name, words in _axes(given).items() if learned_positions or name != POSITIONS}
    weights = {name: _tensor(name, tensor) for name, tensor in given.items() if name in axes}
    missing = [name for name in axes if name not in weights]
    _require(missing)
    found = sizes(weights)
    weights |= {name: torch.zeros([found[axis] for axis in axes[name].split()]) for name in missing}
    _require_finite(weights)
    notes = (*_notes_on_extras(given, axes), *_notes_on_biases(missing), *_notes_on_dtypes(given, axes))
    return {name: weights[name] for name in axes}, notes


def recognised(given: Mapping[str, Any], weights: Mapping[str, Tensor]) -> tuple[Recognised, ...]:
    """The tensors of a file that are parameters, with their shapes there."""
    ours = {name: library_parts.our_name(name) for name in given}
    return tuple(Recognised(name, tuple(given[name].shape), found) for name, found in ours.items() if found in weights)


def require_same_shapes(snapshots: Iterable[Mapping[str, Tensor]]) -> None:
    """Raises UserError where snapshots are of networks of different sizes."""
    found = [{name: tensor.shape for name, tensor in snapshot.items()} for snapshot in snapshots]
    if any(other != found[0] for other in found):
        raise UserError("the file's snapshots are of networks of different sizes; import each from a file of its own")


def sizes(weights: Mapping[str, Tensor]) -> dict[str, int]:
    """The length of every axis by its name. Raises UserError where two parameters disagree."""
    axes = _axes(weights)
    found: dict[str, tuple[int, str]] = {}
    for name in weights:
        shape, words = tuple(weights[name].shape), axes[name].split()
        if len(shape) != len(words) or 0 in shape:
            raise UserError(f"{name} has shape {shape} where ({', '.join(words)}) is needed; this is not a HookedTransformer's weight")
        for word, length in zip(words, shape, strict=True):
            known, where = found.setdefault(word, (length, name))
            if known != length:
                raise UserError(
                    f"{name} has shape {shape}, so {word} is {length}, but {where} has {known}; the weights do not belong together"
                )
    return {word: length for word, (length, _) in found.items()}


def layers(given: Mapping[str, Any]) -> int:
    """The number of layers; a gap shows as missing parameters."""
    numbers = [int(match[1]) for name in given if (match := re.match(r"blocks\.(\d{1,3})\.", name))]
    return 1 + max(numbers, default=-1)


def has_mlp(given: Mapping[str, Any]) -> bool:
    """Whether some layer has an MLP."""
    return any(".mlp." in name for name in given)


def has_layernorm(given: Mapping[str, Any]) -> bool:
    """Whether some LayerNorm has weights."""
    return any(re.fullmatch(r"(blocks\.\d+\.ln[12]|ln_final)\.[wb]", name) for name in given)


def _is_named(given: Any) -> bool:
    return isinstance(given, dict) and all(isinstance(name, str) for name in given)


def _axes(given: Mapping[str, Any]) -> dict[str, str]:
    """The axes of every parameter that a network with these layers has."""
    parts = _ATTENTION | (_MLP if has_mlp(given) else {}) | (_GATES if library_parts.has_gates(given) else {})
    normed = has_layernorm(given)
    if normed:
        parts |= _norm("ln1") | (_norm("ln2") if has_mlp(given) else {})
    blocks = {f"blocks.{layer}.{part}": axes for layer in range(layers(given)) for part, axes in parts.items()}
    return _ENDS | blocks | (_norm("ln_final") if normed else {})


def _norm(name: str) -> dict[str, str]:
    return {f"{name}.w": "d_model", f"{name}.b": "d_model"}


def is_bias(name: str) -> bool:
    """Whether a parameter is a bias, by its name."""
    leaf = name.rpartition(".")[2]
    return leaf == "b" or leaf.startswith("b_")


def _tensor(name: str, value: Any) -> Tensor:
    if not isinstance(value, Tensor) or not value.is_floating_point():
        raise UserError(f"{name} is not a tensor of real numbers; the file is no state dict of a HookedTransformer")
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise UserError(f"{name} repeats its elements; save its contiguous copy")
    return value.to(torch.float32, copy=True, memory_format=torch.contiguous_format)


def _require(missing: list[str]) -> None:
    needed = [name for name in missing if not is_bias(name)]
    if needed:
        other = f"; a network with other positions cannot be imported: {BY_MODULE}" if POSITIONS in needed else ""
        raise UserError(f"the weights lack {', '.join(needed[:5])}; only biases may be missing, and count as zero{other}")


def _require_finite(weights: Mapping[str, Tensor]) -> None:
    for name, tensor in weights.items():
        if not torch.isfinite(tensor).all():
            raise UserError(f"{name} has values that are not finite; import a checkpoint from before the training diverged")


def _notes_on_extras(given: Mapping[str, Any], axes: Mapping[str, str]) -> list[str]:
    extras = [name for name in given if name not in axes and name.rpartition(".")[2] not in _BUFFERS]
    inner = [name for name in extras if name.startswith(("blocks.", "embed.", "pos_embed.", "unembed.", "ln_final"))]
    if inner:
        raise UserError(f"{inner[0][:80]!r} is no part of a network that can be imported from its names; {BY_MODULE}")
    return [f"ignored {', '.join(repr(name[:80]) for name in sorted(extras))}: no parameters of a HookedTransformer"] if extras else []


def _notes_on_biases(missing: list[str]) -> list[str]:
    return [f"biases that are not in the file count as zero: {', '.join(missing)}"] if missing else []


def _notes_on_dtypes(given: Mapping[str, Any], axes: Mapping[str, str]) -> list[str]:
    other = sorted({str(given[name].dtype) for name in axes if name in given and given[name].dtype is not torch.float32})
    return [f"rounded from {', '.join(other)} to torch.float32"] if other else []
