"""Parts of a checkpoint that are no weights of the network."""

from __future__ import annotations

import re
from typing import Any

_SKIPPED = re.compile(
    r"optim|sched|scaler|(^|[_.])(ema|swa|rng|amp|opt|exp_avg\w*|momentum\w*)([_.]|$)|averag|callbacks|loops|random_state|grad",
    re.IGNORECASE,
)
_OF_OPTIMISERS = {"param_groups", "exp_avg", "exp_avg_sq", "momentum_buffer", "square_avg"}


def is_skipped(key: Any, node: Any) -> bool:
    """Whether what lies under a key is an optimiser's, a scheduler's or an averaged copy of the weights, by its name or its own keys."""
    if isinstance(key, str) and _SKIPPED.search(key):
        return True
    return isinstance(node, dict) and not _OF_OPTIMISERS.isdisjoint(name for name in node if isinstance(name, str))
