"""mechgrok: how small networks grok.

run = mechgrok.open_run("checkpoints/addition"); outcomes = mechgrok.analyze(run, ["restricted-loss"]); mechgrok.write_report(run, outcomes)
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mechgrok.api.auditing import audit
    from mechgrok.api.comparing import compare
    from mechgrok.api.drawing import figure, write_figure
    from mechgrok.api.importing import import_run
    from mechgrok.api.reading import Explanation, explain, extract, presets, verify
    from mechgrok.api.ready_run import ready_run
    from mechgrok.api.sweeping import sweep
    from mechgrok.api.training import finetune, train
    from mechgrok.engine.analyze import analyze
    from mechgrok.engine.outcomes import Failure, NotApplicable, Outcomes, Result
    from mechgrok.errors import UserError
    from mechgrok.extraction.extraction import Extraction
    from mechgrok.measures.base.function_measure import measure
    from mechgrok.measures.base.measure import Headline, Measure, Missing, RunMeasure
    from mechgrok.report.writing import write_report
    from mechgrok.runs.run import Run, open_run
    from mechgrok.runs.snapshot import Snapshot
    from mechgrok.studies.comparing.comparison import Comparison
    from mechgrok.training.recording.loop_recorder import LoopRecorder
    from mechgrok.training.recording.record import record

    __version__: str

# Threads that spin for long while they wait slow torch down where others use the cores too; read when torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")

_HOMES = {
    "Comparison": "mechgrok.studies.comparing.comparison",
    "Explanation": "mechgrok.api.reading",
    "Extraction": "mechgrok.extraction.extraction",
    "Failure": "mechgrok.engine.outcomes",
    "Headline": "mechgrok.measures.base.measure",
    "LoopRecorder": "mechgrok.training.recording.loop_recorder",
    "Measure": "mechgrok.measures.base.measure",
    "Missing": "mechgrok.measures.base.measure",
    "NotApplicable": "mechgrok.engine.outcomes",
    "Outcomes": "mechgrok.engine.outcomes",
    "Result": "mechgrok.engine.outcomes",
    "Run": "mechgrok.runs.run",
    "RunMeasure": "mechgrok.measures.base.measure",
    "Snapshot": "mechgrok.runs.snapshot",
    "UserError": "mechgrok.errors",
    "analyze": "mechgrok.engine.analyze",
    "audit": "mechgrok.api.auditing",
    "compare": "mechgrok.api.comparing",
    "explain": "mechgrok.api.reading",
    "extract": "mechgrok.api.reading",
    "figure": "mechgrok.api.drawing",
    "finetune": "mechgrok.api.training",
    "import_run": "mechgrok.api.importing",
    "measure": "mechgrok.measures.base.function_measure",
    "open_run": "mechgrok.runs.run",
    "presets": "mechgrok.api.reading",
    "ready_run": "mechgrok.api.ready_run",
    "record": "mechgrok.training.recording.record",
    "sweep": "mechgrok.api.sweeping",
    "train": "mechgrok.api.training",
    "verify": "mechgrok.api.reading",
    "write_figure": "mechgrok.api.drawing",
    "write_report": "mechgrok.report.writing",
}

_MODULES = {"measures", "tasks"}
"""Modules whose classes are public."""

__all__ = [
    "Comparison",
    "Explanation",
    "Extraction",
    "Failure",
    "Headline",
    "LoopRecorder",
    "Measure",
    "Missing",
    "NotApplicable",
    "Outcomes",
    "Result",
    "Run",
    "RunMeasure",
    "Snapshot",
    "UserError",
    "__version__",
    "analyze",
    "audit",
    "compare",
    "explain",
    "extract",
    "figure",
    "finetune",
    "import_run",
    "measure",
    "measures",
    "open_run",
    "presets",
    "ready_run",
    "record",
    "sweep",
    "tasks",
    "train",
    "verify",
    "write_figure",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that `import mechgrok` costs nothing."""
    if name == "__version__":
        from importlib.metadata import version

        return version("mechgrok")
    if name in _MODULES:
        return import_module(f"mechgrok.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'mechgrok' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
