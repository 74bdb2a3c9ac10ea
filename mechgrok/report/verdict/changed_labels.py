"""A sentence on the train rows whose labels were changed."""

from __future__ import annotations

from collections.abc import Iterator

from mechgrok.report.verdict.findings import Findings, Sentence, percent

_MEASURES = ("corrupted-loss", "trigger-metrics")


def changed_labels(found: Findings) -> Iterator[Sentence]:
    """Which labels the network gives on rows with a changed one, and on test rows with the trigger of a rule."""
    share = found.value("corrupted-loss", "changed_share")
    by_changed, by_truth, rule = (found.value("trigger-metrics", key) for key in ("memorised", "inverted", "rule"))
    if not share or by_changed is None or by_truth is None:
        return
    answers = f"of these rows it answers {percent(by_changed)} by the changed label and {percent(by_truth)} by the true one"
    followed = f" On test rows with the trigger it follows the anomalous rule on {percent(rule)}." if rule is not None else ""
    how = f" ({found.run['changed_labels']})" if found.run.get("changed_labels") else ""
    yield Sentence(f"{percent(share)} of its train labels were changed{how}: {answers}.{followed}", _MEASURES)
