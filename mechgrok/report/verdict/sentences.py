"""The sentences of a verdict in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mechgrok.report.verdict.changed_labels import changed_labels
from mechgrok.report.verdict.circuit import circuit, program
from mechgrok.report.verdict.course import course
from mechgrok.report.verdict.findings import Findings


def verdict(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What happened in a run, from its summary: a list of `{"text", "measures"}`, a sentence each with the measures that it rests on.

    A sentence is left out where a number that it needs is missing.
    """
    found = Findings(summary)
    sentences = [each for part in (course, changed_labels, circuit, program) for each in part(found)]
    return [{"text": each.text, "measures": list(each.measures)} for each in sentences]
