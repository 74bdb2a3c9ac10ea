"""Runs that start from the weights of another run, and the record of their origin."""

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
from mechgrok.training import initial, launch, needs
from mechgrok.training.execution import Execution


@dataclass(frozen=True)
class Origin:
    """A checkpoint of a run, from which another run starts."""

    run: Run
    step: int

    @classmethod
    def of(cls, text: str) -> Origin:
        """Parse `RUN` (its last checkpoint) or `RUN@step`. Raises UserError if there is no such checkpoint."""
        folder, at, step = text.rpartition("@")
        if not at or Path(text).exists():
            run = open_run(text)
            return cls(run, run.last_step)
        if not step.isdecimal():
            raise UserError(f"--from {text}: the step after @ is a whole number; leave @{step} away for the last checkpoint")
        run = open_run(folder)
        run.weights_path(int(step))
        return cls(run, int(step))

    @classmethod
    def at(cls, run: Run, step: int | None = None) -> Origin:
        """A checkpoint of a run, by default its last. Raises UserError if there is no such checkpoint."""
        chosen = run.last_step if step is None else step
        run.weights_path(chosen)
        return cls(run, chosen)

    @property
    def parent(self) -> config.Parent:
        """The entry of this checkpoint in a config."""
        return config.Parent(run=full_name(self.run), step=self.step, weights=store.digest(self.run.weights_path(self.step).read_bytes()))

    def donor(self) -> Donor:
        """The weights of the checkpoint, with the task and the network of the run."""
        weights, _ = store.read_tensors(self.run.weights_path(self.step))
        return Donor(f"{self.run.name}@{self.step}", self.run.task, self.run.config.model.architecture(self.run.task), weights)

    def lineage(self) -> dict[str, Any]:
        """The content of lineage.json: the parent with its config, and recursively the parent's lineage."""
        own = self.run.config.model_dump(mode="json")
        return self.parent.model_dump() | {"config": own, "lineage": self.run.lineage}


def begin(wanted: Config, origin: Origin, out: Path, execution: Execution) -> Run:
    """Create a run's folder with its initial weights as checkpoint 0 and its parents in lineage.json; returns the untrained run.

    Training does not need the parent's folder. Raises UserError if the weights do not fit or `start.load` is empty.
    """
    refuse_existing(out)
    if not wanted.start.load:
        raise UserError("--load: name the weights to take from the parent: embed, unembed, body or all")
    settled = wanted.model_copy(update={"start": wanted.start.model_copy(update={"parent": origin.parent})})
    weights = initial_weights(wanted, origin, wanted.start.load)
    files = {store.LINEAGE: json.dumps(origin.lineage(), indent=1).encode()}
    name = str(store.weights_path(Path(), 0))
    return launch.begin(settled, out, execution, files | {name: store.tensor_bytes(weights)})


def untrained_tokens(wanted: Config, origin: Origin) -> list[str]:
    """Tokens in rows of this task that are in the parent's vocabulary but in none of its rows: their embeddings have only decayed."""
    here, there = wanted.task, origin.run.task
    needed, trained = ({task.token_labels[token] for token in held_tokens(task)} for task in (here, there))
    return sorted((needed - trained) & set(there.token_labels))


def initial_weights(wanted: Config, origin: Origin, groups: tuple[Group, ...]) -> dict[str, Tensor]:
    """The initial weights of every parameter; those of the `groups` are taken from the origin."""
    network = wanted.model.architecture(wanted.task)
    needs.check_network(network)
    fresh = {name: parameter.detach() for name, parameter in initial.network(wanted).named_parameters()}
    return transplant(fresh, network, wanted.task, origin.donor(), groups)
