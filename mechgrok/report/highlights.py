"""The numbers of a summary that a reader needs first, at most fifteen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mechgrok.report.verdict.course import generalised
from mechgrok.report.verdict.findings import Findings

MOST = 15
FEW = 5
"""Where fewer of the numbers below are there, each measure shows its first one."""

_ALONE: Mapping[str, tuple[str, ...]] = {
    "loss": ("train", "test", "accuracy_test"),
    "grok-times": ("memorised", "generalised"),
    "key-frequencies": ("frequencies",),
    "restricted-loss": ("all",),
    "excluded-loss": ("all",),
    "irrep-restricted-loss": ("all", "excluded_all"),
    "clock-pizza": ("label",),
    "neuron-frequencies": ("specialised",),
    "corrupted-loss": ("changed_share",),
    "trigger-metrics": ("phase", "memorised", "inverted", "rule"),
    "internalisation": ("learned", "weak_gap", "strong_gap"),
    "weight-norms": ("total",),
}
"""Numbers whose null says nothing that the number does not: a loss of renamed tokens is always large."""
_INSTEAD: Mapping[str, tuple[str, ...]] = {"loss": ("all", "accuracy_all")}
"""Numbers over all rows, where those of train and test rows are missing since the split is unknown."""
_WITH_NULL: Mapping[str, tuple[str, ...]] = {
    "logit-cosines": ("explained_key",),
    "character-cosines": ("explained_key",),
    "embedding-spectrum": ("share_key",),
    "gini": ("W_E_powers", "W_L_powers"),
    "alias-alignment": ("euclidean",),
}
_OF_GENERALISED = ("clock-pizza",)
"""Measures that compare circuits which compute the answer; of a network that does not, their number names no circuit."""


def highlights(summary: Mapping[str, Any]) -> dict[tuple[str, str], bool]:
    """(label, key) of the numbers that come first, in the order of the measures, and whether their null is informative."""
    measures = _meaningful(summary)
    found = dict(_known(measures))
    shown = {label for label, _ in found}
    others = dict(_firsts({label: each for label, each in measures.items() if label not in shown})) if len(found) < FEW else {}
    return dict(list((others | found).items())[:MOST])


def _meaningful(summary: Mapping[str, Any]) -> dict[str, Any]:
    found = Findings(summary)
    left_out = _OF_GENERALISED if found.has("loss") and not generalised(found) else ()
    return {label: each for label, each in summary["measures"].items() if label not in left_out}


def _known(measures: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], bool]]:
    for label, measure in measures.items():
        keys = dict.fromkeys(_alone(label, measure), False) | dict.fromkeys(_WITH_NULL.get(label, ()), True)
        yield from (((label, key), is_tested) for key, is_tested in keys.items() if key in measure.get("headline", {}))


def _alone(label: str, measure: Mapping[str, Any]) -> tuple[str, ...]:
    keys = _ALONE.get(label, ())
    return _INSTEAD.get(label, keys) if set(keys) <= set(measure.get("missing", {})) else keys


def _firsts(measures: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], bool]]:
    for label, measure in measures.items():
        yield from (((label, key), True) for key in list(measure.get("headline", {}))[:1])
