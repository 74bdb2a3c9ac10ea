"""The program that `mechgrok extract` wrote for a checkpoint."""

from __future__ import annotations

import json
from typing import Any

from mechgrok.runs.run import Run

_NUMBERS = ("same_answer", "rows", "agreement")


def extracted(run: Run, step: int | None) -> dict[str, Any] | None:
    """On how many rows its program answers as the network does; None where there is no program of that step that can be read."""
    if step is None:
        return None
    try:
        found = json.loads((run.path / "extraction" / f"{step:08d}.report.json").read_text())
        return {"step": step, **{name: found["fidelity"][name] for name in _NUMBERS}}
    except (OSError, ValueError, KeyError, TypeError):
        return None
