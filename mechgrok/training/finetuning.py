"""Runs that start from the weights of another: what is taken, and what is written down of where it came from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from mechgrok import config
from mechgrok.config import Config, Group
from mechgrok.errors import UserError
from mechgrok.models.transplant import Donor, transplant
from mechgrok.runs import store
from mechgrok.runs.by_task import full_name
from mechgrok.runs.creation import refuse_existing
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.parts import held_tokens
from mechgrok.training import initial, launch
from mechgrok.training.execution import Execution


@dataclass(frozen=True)
class Origin:
    """A checkpoint of a run to start from."""

    run: Run
    step: int

    @classmethod
    def of(cls, text: str) -> Origin:
        """`RUN` for its last checkpoint, or `RUN@step`. Raises UserError where there is none."""
        folder, at, step = text.rpartition("@")
        if not at or Path(text).exists():
            run = open_run(text)
            return cls(run, run.last_step)
        if not step.isdecimal():
            raise UserError(f"--from {text}: the step after @ is a whole number; leave @{step} away for the last checkpoint")
        run = open_run(folder)
        run.weights_path(int(step))
        return cls(run, int(step))

    @property
    def parent(self) -> config.Parent:
        """What a config says of it."""
        return config.Parent(run=full_name(self.run), step=self.step, weights=store.digest(self.run.weights_path(self.step).read_bytes()))

    def donor(self) -> Donor:
        """Its weights and its network."""
        weights, _ = store.read_tensors(self.run.weights_path(self.step))
        return Donor(f"{self.run.name}@{self.step}", self.run.task, self.run.config.model.architecture(self.run.task), weights)

    def lineage(self) -> dict[str, Any]:
        """The parent with its config, and in the same way its own parent's."""
        own = self.run.config.model_dump(mode="json")
        return self.parent.model_dump() | {"config": own, "lineage": self.run.lineage}


def begin(wanted: Config, origin: Origin, out: Path, execution: Execution) -> Run:
    """A new run's folder, ready to be trained, with its initial weights as checkpoint 0 and the parents in lineage.json.

    Nothing needs the parent from here on. Raises UserError where the weights do not fit, or nothing is loaded.
    """
    refuse_existing(out)
    if not wanted.start.load:
        raise UserError("--load: say what to take over from the parent: embed, unembed, body or all")
    settled = wanted.model_copy(update={"start": wanted.start.model_copy(update={"parent": origin.parent})})
    weights = initial_weights(wanted, origin, wanted.start.load)
    files = {store.LINEAGE: json.dumps(origin.lineage(), indent=1).encode()}
    name = str(store.weights_path(Path(), 0))
    return launch.begin(settled, out, execution, files | {name: store.tensor_bytes(weights)})


def untrained_tokens(wanted: Config, origin: Origin) -> list[str]:
    """The tokens of rows here that the parent knows and has in no row: what it takes over of them was drawn, and then only decayed."""
    here, there = wanted.task, origin.run.task
    needed, trained = ({task.token_labels[token] for token in held_tokens(task)} for task in (here, there))
    return sorted((needed - trained) & set(there.token_labels))


def initial_weights(wanted: Config, origin: Origin, groups: tuple[Group, ...]) -> dict[str, Tensor]:
    """The weights of every parameter, those of some groups from the origin."""
    fresh = {name: parameter.detach() for name, parameter in initial.network(wanted).named_parameters()}
    return transplant(fresh, wanted.model.architecture(wanted.task), wanted.task, origin.donor(), groups)
