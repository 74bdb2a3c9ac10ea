"""Which figures come first."""

from __future__ import annotations

from dataclasses import replace

import plotly.graph_objects as go

from mechgrok.report.entries import Entry
from mechgrok.report.figures.overview import circuit, closeups, story


def entries(*labels: str, undrawn: tuple[str, ...] = ()) -> dict[str, Entry]:
    return {label: Entry(label, label, "ok", figure=None if label in undrawn else go.Figure()) for label in (*labels, *undrawn)}


def test_the_story_is_told_by_the_phases_and_else_by_the_loss() -> None:
    assert story(entries("loss", "phase-boundaries")).label == "phase-boundaries"  # type: ignore[union-attr]
    assert story(entries("loss", undrawn=("phase-boundaries",))).label == "loss"  # type: ignore[union-attr]
    assert story(entries("gini")) is None


def test_the_circuit_has_at_most_three_figures_in_a_fixed_order() -> None:
    found = circuit(entries("activation-map", "character-cosines", "irrep-shares", "logit-cosines", "loss"))
    assert [entry.label for entry in found] == ["logit-cosines", "irrep-shares", "character-cosines"]
    assert circuit(entries("loss")) == []


def test_one_neuron_and_one_head_follow_where_they_were_drawn() -> None:
    found = {
        label: replace(entry, closeup=go.Figure()) for label, entry in entries("activation-map", "activation-map(site=neurons)").items()
    }
    assert [entry.label for entry in closeups(found)] == ["activation-map(site=neurons)", "activation-map"]
    assert closeups(entries("activation-map")) == []
