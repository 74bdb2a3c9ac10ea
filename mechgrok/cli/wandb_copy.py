"""A copy of a run's config and metrics for Weights & Biases. The run's folder stays the truth: nothing is ever read back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mechgrok.api.progress import Quiet
from mechgrok.errors import UserError
from mechgrok.runs.store import digest

if TYPE_CHECKING:
    from mechgrok.runs.run import Run
    from mechgrok.training.evaluation.scores import Evaluation


class Copy(Quiet):
    """Sends each row of metrics on as it is recorded."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def recorded(self, step: int, evaluations: Sequence[Evaluation]) -> None:
        """`<split>/loss`, `<split>/accuracy`, and `<split>/trained_loss` where another loss is trained."""
        values = {f"{each.split}/{name}": getattr(each, name) for each in evaluations for name in ("loss", "accuracy")}
        values |= {f"{each.split}/trained_loss": each.trained for each in evaluations if each.trained is not None}
        self.session.log(values, step=step)


def package() -> Any:
    """The package. Raises UserError where it is not there."""
    try:
        import wandb
    except ImportError:
        raise UserError("--log wandb needs the package wandb; install mechgrok[wandb], or leave --log away") from None
    return wandb


@contextmanager
def copying(run: Run, group: str | None = None) -> Iterator[Copy]:
    """A watcher that copies a run to wandb: off line unless WANDB_MODE is set, in the run's folder unless WANDB_DIR is set.

    Neither console output nor code goes with it. The runs of a sweep have its name as their `group`. A run that is resumed has the same
    id as before. Raises UserError where the package is not there.
    """
    session = package().init(
        project=os.environ.get("WANDB_PROJECT", "mechgrok"),
        name=run.name,
        group=group,
        id=digest(str(run.path.resolve()).encode()),
        resume="allow",
        config=run.config.model_dump(mode="json"),
        mode=os.environ.get("WANDB_MODE", "offline"),
        settings={"console": "off", "disable_git": True, "save_code": False},
        dir=os.environ.get("WANDB_DIR", str(run.path)),
    )
    try:
        yield Copy(session)
    finally:
        session.finish()
