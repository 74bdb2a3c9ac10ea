"""The figures that come before the questions: the whole run in one, and the circuit that it learnt."""

from __future__ import annotations

from collections.abc import Mapping

from mechgrok.report.entries import Entry

STORY = ("phase-boundaries", "internalisation", "trigger-metrics", "loss")
"""The first of these that was drawn shows the run as a whole."""
CIRCUIT = ("embedding-spectrum", "logit-cosines", "irrep-shares", "character-cosines", "activation-map")
MOST = 3
"""Figures of the circuit."""


def story(entries: Mapping[str, Entry]) -> Entry | None:
    """The figure of the whole run; None where none was drawn."""
    return next((entries[label] for label in STORY if _is_drawn(entries, label)), None)


def circuit(entries: Mapping[str, Entry]) -> list[Entry]:
    """Spectrum, logits and attention, as far as they were drawn."""
    return [entries[label] for label in CIRCUIT if _is_drawn(entries, label)][:MOST]


def _is_drawn(entries: Mapping[str, Entry], label: str) -> bool:
    return label in entries and entries[label].figure is not None
