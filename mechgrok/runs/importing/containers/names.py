"""Names of weights: separators, wrappers and common prefixes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

_WRAPPERS = ("module", "_orig_mod", "model", "_forward_module", "net", "network", "state_dict", "params")
"""First parts of names that wrappers add, such as DataParallel, torch.compile, Lightning and flax."""


def normalise(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights by names with dots, without wrappers in any nesting and without a first part that all names share."""
    found = {name.replace("/", ".").strip("."): tensor for name, tensor in state.items()}
    while True:
        shorter = _without_shared_part(_without_wrappers(found))
        if shorter.keys() == found.keys():
            return found
        found = shorter


def _without_wrappers(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names without the wrapper at their beginning, where no two names become one (`module.0.weight` and `0.weight` stay)."""
    shorter = {name: _unwrapped(name) for name in state}
    if len(set(shorter.values())) < len(state) or not any(name != short for name, short in shorter.items()):
        return dict(state)
    return {shorter[name]: tensor for name, tensor in state.items()}


def _unwrapped(name: str) -> str:
    first, dot, rest = name.partition(".")
    return rest if dot and first in ("module", "_orig_mod", "_forward_module") else re.sub(r"\b_orig_mod\.", "", name)


def _without_shared_part(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names without a first part that all have, unless it numbers layers or is the only one before weight and bias."""
    parts = {name.partition(".")[0] for name in state}
    rests = [name.partition(".")[2] for name in state]
    if len(parts) != 1 or not all(rests) or next(iter(parts)).isdecimal():
        return dict(state)
    if next(iter(parts)) not in _WRAPPERS and not all("." in rest for rest in rests):
        return dict(state)
    return {name.partition(".")[2]: tensor for name, tensor in state.items()}
