"""`ssq_109.pt`: a^2 + b^2 modulo 109 by two layers of attention, from the out-of-context learning experiments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from mechgrok.models import vocabulary
from mechgrok.models.forward import fast_forward
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.run import Run
from mechgrok.verification.check import EXACT, Check, Tolerance
from mechgrok.verification.source import Source, headline_checks, imported_run, within

ROUNDED = Tolerance(absolute=5e-4)
"""Printed to three digits."""
KNOWN = {
    "loss": within(EXACT, {"accuracy_all": 1.0}) | within(Tolerance(relative=1e-3), {"all": 1.025e-5}),
    "embedding-symmetry": within(ROUNDED, {"mean": 0.974}),
}


def _checks(path: Path) -> Iterator[Check]:
    with imported_run(path, ImportOptions(operation="add-squares")) as run:
        yield from headline_checks(run, KNOWN)
        snapshot = run.snapshot()
        yield Check("smallest probability of the right answer", 0.979, float((-snapshot.losses.max()).exp()), ROUNDED)
        yield from _grown(run)


def _grown(run: Run) -> Iterator[Check]:
    """More tokens and classes, the trained ones copied: the answers stay."""
    size = 2 * run.task.numbers + 4
    snapshot = run.snapshot()
    weights = vocabulary.grow(snapshot.parameters, size, seed=0)
    shape = replace(run.config.model.architecture(run.task), d_vocab=size, d_vocab_out=size)
    with torch.no_grad():
        logits = fast_forward.logits(weights, shape, fast_forward.Batch.of(torch.from_numpy(run.task.inputs())))
    right = int((logits.argmax(1) == snapshot.grid.labels).sum())
    yield Check(f"right rows with the vocabulary grown to {size}", 109**2, right)


SOURCE = Source("ssq-109", "oocl/ssq_109.pt", "checkpoint of aisc_oocl_mod_experiments; computed independently", _checks)
