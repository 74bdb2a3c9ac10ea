"""`ssq_109.pt`: a^2 + b^2 modulo 109 by two layers of attention, from the out-of-context learning experiments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from mechgrok.models.forward.tables import Batch
from mechgrok.models.transplant import Donor, transplant
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
    """More tokens and classes, the weights of the old ones loaded as `finetune --load all` does: the predictions stay the same."""
    size = 2 * run.task.numbers + 4
    snapshot, model = run.snapshot(), run.config.model
    task = run.task.model_copy(update={"spare_tokens": size - run.task.vocabulary})
    network, fresh = model.architecture(task), {name: tensor.double() for name, tensor in model.initial(task).items()}
    parent = Donor("ssq_109.pt", run.task, snapshot.architecture, snapshot.parameters)
    weights = transplant(fresh, network, task, parent, ["all"])
    with torch.no_grad():
        logits = network.logits(weights, Batch.of(torch.from_numpy(task.inputs())))
    right = int((logits.argmax(1) == snapshot.grid.labels).sum())
    yield Check(f"right rows with the vocabulary grown to {size}", 109**2, right)


SOURCE = Source("ssq-109", "oocl/ssq_109.pt", "checkpoint of aisc_oocl_mod_experiments; computed independently", _checks)
