"""The lineage of a run that started from another one."""

from __future__ import annotations

from collections.abc import Iterator

from mechgrok.auditing.finding import Finding
from mechgrok.runs import store
from mechgrok.runs.run import Run


def lineage(run: Run) -> Iterator[Finding]:
    """A lineage that is missing, is not that of the config, or whose parent lies beside the run with other weights."""
    parent, recorded = run.config.start.parent, run.lineage
    if parent is None and recorded is None:
        return
    if parent is None or recorded is None:
        there, lacking = (store.CONFIG, store.LINEAGE) if recorded is None else (store.LINEAGE, store.CONFIG)
        yield Finding(lacking, f"it names no parent, and {there} does; restore it from a copy")
        return
    wrong = [name for name, value in parent.model_dump().items() if recorded.get(name) != value]
    if wrong:
        yield Finding(store.LINEAGE, f"{wrong[0]} of the parent differs from start.parent in {store.CONFIG}; restore it from a copy")
    beside = store.weights_path(run.path.parent / parent.run, parent.step)
    if beside.is_file() and store.digest(beside.read_bytes()) != parent.weights:
        yield Finding(
            store.LINEAGE, f"the checkpoint of step {parent.step} in {parent.run} beside it is not the one that the run began with"
        )
