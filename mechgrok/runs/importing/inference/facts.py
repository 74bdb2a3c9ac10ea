"""The facts that stand beside foreign weights, in the names of the options that they decide."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks import library_config, options
from mechgrok.tasks.operations import FORMULAS, nearest_operation

_HEADS = ("n_heads", "num_heads", "nhead", "heads", "n_head", "nheads", "num_attention_heads")
_ACTIVATIONS = ("act", "act_fn", "activation", "act_type", "nonlinearity", "activation_function", "hidden_act")
_EPS = ("layer_norm_eps", "rms_norm_eps", "norm_eps", "layer_norm_epsilon", "layernorm_eps", "layernorm_epsilon", "rmsnorm_eps")
_ROTARY_BASES = ("rope_theta", "rotary_base", "rope_base", "rotary_emb_base")
_MODULI = ("p", "modulus", "mod", "prime", "c", "num_classes_p")
_OPERATIONS = ("op", "operation", "operator", "fn_name", "fn", "task", "binary_op", "math_operator")
_LAYERS = ("n_layers", "num_layers", "layers", "n_layer", "depth", "num_hidden_layers", "n_blocks")
_WIDTHS = ("d_model", "n_embd", "embed_dim", "dim_model", "hidden_size")
_SIGNS = ("normalization_type", "attention_dir")
"""Names that a config of TransformerLens has, and those of other programs do not."""
_LIBRARY = {"normalization": "normalization_type", "mask": "attention_dir", "eps": "eps"}
_NAMES = {
    "gelu": ("gelu", "gelu_new"),
    "gelu_new": ("gelu_new",),
    "gelu_tanh": ("gelu_new",),
    "relu": ("relu",),
    "silu": ("silu",),
    "swish": ("silu",),
    "tanh": ("tanh",),
    "quadratic": ("quadratic",),
    "square": ("quadratic",),
    "identity": ("identity",),
    "linear": ("identity",),
    "leaky_relu": ("leaky_relu",),
    "leakyrelu": ("leaky_relu",),
    "sigmoid": ("sigmoid",),
    "elu": ("elu",),
    "celu": ("elu",),
    "selu": ("selu",),
    "mish": ("mish",),
    "softplus": ("softplus",),
    "relu2": ("relu2",),
    "relu_squared": ("relu2",),
    "squared_relu": ("relu2",),
    "quick_gelu": ("quick_gelu",),
    "quickgelu": ("quick_gelu",),
    "sin": ("sin",),
    "sine": ("sin",),
}


def operation_of(facts: Mapping[str, Any]) -> str | None:
    """The operation that a file names, by our name; None where it names none of ours."""
    for key in _OPERATIONS:
        word = str(facts.get(key, "")).strip().lower()
        if word in FORMULAS:
            return word
        if found := nearest_operation(word):
            return found
    return None


def modulus_of(facts: Mapping[str, Any]) -> int | None:
    """The modulus that a file names."""
    return next((facts[key] for key in _MODULI if type(facts.get(key)) is int and facts[key] > 1), None)


def rotary_base_of(facts: Mapping[str, Any]) -> float | None:
    """The base of rotary positions that a file names."""
    return next((float(facts[key]) for key in _ROTARY_BASES if type(facts.get(key)) in (int, float) and 1 < facts[key] < math.inf), None)


def narrowed(choices: Mapping[str, Sequence[Any]], facts: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """The choices that agree with the facts. Raises UserError where the shapes leave none."""
    found = dict(choices)
    heads = next((facts[key] for key in _HEADS if type(facts.get(key)) is int), None)
    if heads is not None and "heads" in found:
        if heads not in found["heads"]:
            raise UserError(f"the file's config has {heads} heads, and its weights allow {', '.join(map(str, sorted(found['heads'])))}")
        found["heads"] = (heads,)
    activation = next((str(facts[key]).lower().removeprefix("nn.") for key in _ACTIVATIONS if isinstance(facts.get(key), str)), None)
    if activation in _NAMES and "activation" in found:
        found["activation"] = tuple(name for name in found["activation"] if name in _NAMES[activation])
    eps = next((facts[key] for key in _EPS if _is_eps(facts.get(key))), None)
    if eps is not None and "eps" in found:
        found["eps"] = (eps,)
    return found | _of_library(found, facts, activation)


def _is_eps(value: Any) -> bool:
    return isinstance(value, float) and 0 <= value < 1


def _of_library(choices: Mapping[str, Sequence[Any]], facts: Mapping[str, Any], activation: str | None) -> dict[str, Sequence[Any]]:
    """The choices that agree with a config of TransformerLens, whose eps is that of the norms and not the optimiser's.

    Raises UserError for an activation that no network here has.
    """
    if not any(sign in facts for sign in _SIGNS):
        return {}
    if activation not in {None, *_NAMES, *options.ACTIVATIONS} and "activation" in choices:
        raise library_config.unknown_activation(activation)
    named = {ours: facts[theirs] for ours, theirs in _LIBRARY.items() if theirs in facts}
    fitting = {name: value for name, value in named.items() if value in choices.get(name, ())}
    if "eps" in choices and "eps" in named and _is_eps(named["eps"]):
        fitting["eps"] = named["eps"]
    return {name: (value,) for name, value in fitting.items()}


def require_sizes(facts: Mapping[str, Any], layers: int, width: int) -> None:
    """Raises UserError where the facts are those of another network."""
    for keys, found, word in ((_LAYERS, layers, "layers"), (_WIDTHS, width, "d_model")):
        named = next(((key, facts[key]) for key in keys if type(facts.get(key)) is int), None)
        if named is not None and named[1] != found:
            raise UserError(
                f"the file's config has {named[0]} = {named[1]}, but its weights have {word} {found}; they do not belong together"
            )
