"""Whether checkpoints are still those that were hashed: a loop that begins again writes them anew while they are analysed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.run import Run

Identity = tuple[tuple[int, ...], ...]


class Unchanged:
    """The checkpoints of a run, hashed, each as it was then."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._then: dict[int, Identity] = {}

    def fingerprint(self, step: int) -> str:
        """`Run.fingerprint`."""
        self._note([step])
        return self.run.fingerprint(step)

    def whole_fingerprint(self) -> str:
        """`Run.whole_fingerprint`."""
        self._note(self.run.steps)
        return self.run.whole_fingerprint()

    def _note(self, steps: Iterable[int]) -> None:
        for step in steps:
            self._then.setdefault(step, _identity(self.run, step))

    def require(self, steps: Iterable[int]) -> None:
        """Raises UserError where the checkpoint of a step was written again after it was hashed: the tables of it would be mixed."""
        for step in steps:
            if step in self._then and _identity(self.run, step) != self._then[step]:
                path = store.weights_path(self.run.path, step)
                raise UserError(f"{path} was written again while it was analysed; repeat the command once nothing writes to the run")


def _identity(run: Run, step: int) -> Identity:
    """The files of a checkpoint. A file that is written again is another one, since it is renamed into its place."""
    return tuple(_of_file(path(run.path, step)) for path in (store.weights_path, store.module_path))


def _of_file(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
