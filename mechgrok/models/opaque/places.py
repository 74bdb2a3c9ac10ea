"""Places in a module by TransformerLens name: parameters, and submodules whose output or input is an activation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from mechgrok.errors import UserError, nearest

_OF_BLOCK = [
    *(f"attn.{letter}" for letter in ("W_Q", "W_K", "W_V", "W_O", "b_Q", "b_K", "b_V", "b_O", "hook_pattern", "hook_z")),
    *(f"mlp.{leaf}" for leaf in ("W_in", "b_in", "W_out", "b_out", "hook_pre", "hook_post")),
    *("ln1.w", "ln1.b", "ln2.w", "ln2.b", "hook_attn_out", "hook_mlp_out", "hook_resid_pre", "hook_resid_mid", "hook_resid_post"),
]
_ELSEWHERE = ["embed.W_E", "pos_embed.W_pos", "unembed.W_U", "unembed.b_U", "ln_final.w", "ln_final.b", "hook_embed", "hook_pos_embed"]


def is_activation(name: str) -> bool:
    """Whether a TransformerLens name is that of an activation, not of a parameter."""
    return name.rpartition(".")[2].startswith("hook_")


@dataclass(frozen=True)
class Place:
    """A parameter or a submodule of a module.

    `transposed` belongs to parameters: the matrix under the TransformerLens name is the transpose. `is_input` belongs to submodules: the
    activation is the first argument of the submodule.
    """

    path: str
    transposed: bool = False
    is_input: bool = False

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place that a resolved text names."""
        return cls(text.removesuffix(".T").removesuffix(".input"), text.endswith(".T"), text.endswith(".input"))

    @property
    def text(self) -> str:
        """As it is stored."""
        return self.path + ".T" * self.transposed + ".input" * self.is_input

    def turned(self, tensor: Tensor) -> Tensor:
        """From the tensor in the module to that under the TransformerLens name, and back."""
        return tensor.T if self.transposed else tensor


def named_alike(module: nn.Module) -> dict[str, str]:
    """The parameters and submodules of a module that have TransformerLens names already."""
    known = [*dict(module.named_parameters()), *(name for name, _ in module.named_modules() if is_activation(name))]
    return {name: name for name in known if _is_known(name)}


def require_texts(names: Any) -> None:
    """Raises UserError where names are no mapping of TransformerLens names to texts."""
    if not isinstance(names, Mapping):
        raise UserError(f"names is {type(names).__name__}; give a mapping such as {{'embed.W_E': 'tok_emb.weight'}}")
    for name, place in names.items():
        if not isinstance(name, str):
            raise UserError(f"names: {name!r} is {type(name).__name__}; give a name of TransformerLens as text, such as 'embed.W_E'")
        if not isinstance(place, str):
            raise UserError(f"names: {name} is {type(place).__name__}; give its path in the module as text, such as 'tok_emb.weight'")


def require_distinct(places: Mapping[str, Place]) -> None:
    """Raises UserError where two names have one place, unless they are those of tied embeddings."""
    seen: dict[tuple[str, bool], str] = {}
    for name, place in places.items():
        other = seen.setdefault((place.path, place.is_input), name)
        if {name, other} not in ({name}, {"embed.W_E", "unembed.W_U"}):
            raise UserError(f"names: {other} and {name} are both {place.text}; one of them is another place")


def find(module: nn.Module, name: str, text: str) -> Place:
    """The place that a user's text names for a TransformerLens name. Raises UserError where the module has no such place."""
    if not _is_known(name):
        raise UserError(f"names: {name} is no name of TransformerLens that a measure uses{nearest(name, _known_names())}")
    return _activation(module, name, text) if is_activation(name) else _parameter(module, name, text)


def _parameter(module: nn.Module, name: str, text: str) -> Place:
    known = dict(module.named_parameters(remove_duplicate=False))
    path = text if text in known else text.removesuffix(".T")
    if path not in known:
        held = f"{path} is a submodule; name its parameter, such as {path}.weight" if path in dict(module.named_modules()) else ""
        raise UserError(f"names: {name}: {held or f'the module has no parameter {path}{nearest(path, list(known))}'}")
    return Place(first_path(module, path), transposed=path != text)


def _activation(module: nn.Module, name: str, text: str) -> Place:
    known = dict(module.named_modules())
    path = text if text in known else text.removesuffix(".input")
    if path not in known or not path:
        where = f"the module has no submodule {path}{nearest(path, [each for each in known if each])}"
        raise UserError(f"names: {name}: {where}; an activation is a submodule's output, or its input (SUBMODULE.input)")
    return Place(path, is_input=path != text)


def first_path(module: nn.Module, path: str) -> str:
    """The path under which `named_parameters` lists a parameter, which for a tied one is that of its first owner."""
    tensor = dict(module.named_parameters(remove_duplicate=False))[path]
    return next(each for each, held in module.named_parameters() if held is tensor)


def owner(module: nn.Module, path: str) -> nn.Module:
    """The submodule that holds a parameter."""
    return module.get_submodule(path.rpartition(".")[0])


def layers(names: Mapping[str, str]) -> int:
    """The number of blocks that some names are of, at least one."""
    return 1 + max((int(name.split(".")[1]) for name in names if name.startswith("blocks.")), default=0)


def _is_known(name: str) -> bool:
    inside = re.fullmatch(r"blocks\.\d+\.(.+)", name)
    return inside[1] in _OF_BLOCK if inside else name in _ELSEWHERE


def _known_names() -> list[str]:
    return [*_ELSEWHERE, *(f"blocks.0.{leaf}" for leaf in _OF_BLOCK)]
