"""The figures that come before the questions: the whole run in one, and the circuit that it learnt."""

from __future__ import annotations

from collections.abc import Mapping

from mechgrok.report.entries import Entry

STORY = ("phase-boundaries", "internalisation", "trigger-metrics", "loss")
"""The first of these that was drawn shows the run as a whole."""
CIRCUIT = ("embedding-spectrum", "logit-cosines", "irrep-shares", "character-cosines")
CLOSE = ("activation-map(site=neurons)", "activation-map")
MOST = 3
"""Figures of the circuit."""


def story(entries: Mapping[str, Entry]) -> Entry | None:
    """The figure of the whole run; None where none was drawn."""
    return next((entries[label] for label in STORY if _is_drawn(entries, label)), None)


def circuit(entries: Mapping[str, Entry]) -> list[Entry]:
    """Spectra and logits, as far as they were drawn."""
    return [entries[label] for label in CIRCUIT if _is_drawn(entries, label)][:MOST]


def closeups(entries: Mapping[str, Entry]) -> list[Entry]:
    """The entries of which one part is shown large: a neuron, the attention of a head."""
    return [entries[label] for label in CLOSE if label in entries and entries[label].closeup is not None]


def _is_drawn(entries: Mapping[str, Entry], label: str) -> bool:
    return label in entries and entries[label].figure is not None
