"""Obstacle of the measures of one site of the network over all (a, b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_attention, needs_neurons

if TYPE_CHECKING:
    from mechgrok.measures.base.basis import InBasis
    from mechgrok.runs.run import Run


def site_obstacle(measure: InBasis, run: Run, site: str) -> str | None:
    """Why a run has no function of all (a, b) at a site: logits, neurons or attention."""
    needs = {"neurons": needs_neurons, "attention": needs_attention}
    return needs_all_pairs(run, measure.basis_in(run.task)) or (needs[site](run) if site in needs else None)
