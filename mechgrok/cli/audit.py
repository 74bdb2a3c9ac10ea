"""mechgrok audit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from mechgrok.cli import flags

if TYPE_CHECKING:
    from mechgrok.auditing.audit import Audit


@dataclass(frozen=True)
class AuditRuns:
    """Checks that the files of runs belong together, a line for each finding; writes nothing.

    Checksums of checkpoints and tables, split and changed labels against the config, steps that are missing or out of order, lineage,
    stored results, temporary files, and the recorded losses, computed again from the weights of up to 20 checkpoints. The exit status is
    1 where anything was found.
    """

    runs: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN...")]
    """Runs, or folders of runs."""
    all: bool = False
    """Compute the losses of all checkpoints again."""


def main(arguments: list[str]) -> int:
    """Audits runs; the exit status is 1 where anything was found."""
    asked: AuditRuns = flags.parse(AuditRuns, arguments, "audit")

    from mechgrok.cli.arguments.words import only_runs

    found = [_audit(path, every=asked.all) for path in only_runs(asked.runs).runs]
    return 1 if any(each.findings for each in found) else 0


def _audit(path: Path, *, every: bool) -> Audit:
    """Audits a run and prints its findings and a summary."""
    from mechgrok.auditing.audit import audit
    from mechgrok.cli.output.checkpoint_bar import checkpoint_bar

    with checkpoint_bar(path.name) as show:
        found = audit(path, every=every, tick=show)
    for finding in found.findings:
        print(f"{path}/{finding}")
    print(found, flush=True)
    return found
