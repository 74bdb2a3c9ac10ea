"""What a user hands to an analysis, as a run: a folder, a run, or a network in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mechgrok.errors import UserError
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.task import Task


@dataclass(frozen=True)
class Handed:
    """What belongs to a network in memory: its task, names and train rows."""

    task: Task | None
    names: Mapping[str, str] | None
    is_train: Any

    def require_steps(self, x: Any, steps: Any) -> None:
        """Raises UserError where steps are given of a network in memory."""
        if isinstance(steps, str) or isinstance(x, Run | str | Path | list | tuple):
            return
        raise UserError("a network in memory has no steps; leave steps away, or record its training with mechgrok.record")

    def run(self, x: Any) -> Run:
        """The run of a folder, or the run itself. Raises UserError for anything else."""
        if not isinstance(x, Run | str | Path):
            raise UserError(f"several networks are given as runs or folders of runs, and {type(x).__name__} is neither")
        extra = [name for name, value in vars(self).items() if value is not None]
        if extra:
            raise UserError(f"{extra[0]} belongs to a network in memory; a run has its own")
        return x if isinstance(x, Run) else open_run(x)

    @contextmanager
    def opened(self, x: Any) -> Iterator[Run]:
        """The run; a network in memory becomes the only checkpoint of one, in a folder that is removed at the end."""
        if isinstance(x, Run | str | Path):
            yield self.run(x)
            return
        from mechgrok.runs import recorded
        from mechgrok.runs.subject import Subject

        subject = Subject.of(x, self.task, self.names)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "module"
            recorded.begin(folder, subject, recorded.train_mask(subject.task, self.is_train), {})
            recorded.keep(folder, subject, 0)
            yield open_run(folder, module=subject.module)
