"""Whether a module has the tokens and classes of a task, and answers its rows rather than those of a neighbouring modulus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mechgrok.errors import UserError
from mechgrok.models.opaque.calling import Caller
from mechgrok.models.opaque.description import held, probed, working
from mechgrok.models.opaque.outputs import logits_at_read
from mechgrok.models.opaque.places import Place
from mechgrok.tasks.task import Task

_ROWS = 128
_ENOUGH = 0.9
"""The share of right rows above which a modulus is not doubted."""
_FACTOR = 4
"""A neighbouring task has to be answered with so many times fewer errors."""
_LAYOUTS = ("a b =", "a b")


@dataclass(frozen=True)
class Fit:
    """A module beside a task, both of which work together."""

    module: nn.Module
    task: Task
    caller: Caller
    classes: int

    @classmethod
    def of(cls, module: nn.Module, task: Task) -> Fit:
        """The fit of a module that can be called on rows of the task."""
        caller, tokens = working(module, task), probed(task)
        with torch.no_grad():
            classes = logits_at_read(caller(*held(module), tokens, {})[0], len(tokens)).shape[1]
        return cls(module, task, caller, classes)

    def require_modulus(self) -> None:
        """Raises UserError where the module answers nearly all rows of a neighbouring modulus, and many fewer of this one's.

        Networks that have learnt neither are not refused. Of two moduli that differ by 1, half of the sums are equal.
        """
        given = self._right(self.task)
        for other in _neighbours(self.task, self.classes) if given <= _ENOUGH else ():
            found = self._right(other)
            if found > _ENOUGH and _FACTOR * (1 - found) < 1 - given:
                answers = f"{given:.0%} of the rows rightly with {_sizes(self.task)}, and {found:.0%} with {_sizes(other)}"
                raise UserError(f"the module answers {answers}; give {_sizes(other)}")

    def _right(self, task: Task) -> float:
        """The share of some rows that are answered rightly, among the numbers; 0 where the module cannot be called on them."""
        inputs, labels = task.inputs(), task.labels()
        whole = np.flatnonzero((inputs >= 0).all(1))
        if not len(whole) or labels.max() >= self.classes:
            return 0.0
        rows = np.random.default_rng(0).permutation(whole)[:_ROWS]
        try:
            with torch.no_grad():
                logits = logits_at_read(self.caller(*held(self.module), torch.from_numpy(inputs[rows]), {})[0], len(rows))
        except Exception:
            return 0.0
        return float((logits[:, : task.numbers].argmax(1).cpu().numpy() == labels[rows]).mean())

    def notes(self) -> Iterator[str]:
        """The classes of the module, and the rows of its embeddings of tokens, that the task does not have."""
        spare = self.classes - self.task.classes
        if spare > 0:
            yield f"the module has {self.classes} classes and the task {self.task.classes}; no measure uses the last {spare} of the module"
        for name, rows in self._token_tables().items():
            if rows > self.task.vocabulary:
                size = self.task.vocabulary
                yield f"{name} has {rows} tokens and the task {size}; no row holds the last {rows - size} of the module"

    def _token_tables(self) -> dict[str, int]:
        """The rows of each embedding that is called with the tokens, of all positions or of one, by its name."""
        tables = {name: each for name, each in self.module.named_modules() if isinstance(each, nn.Embedding) and name}
        tokens = probed(self.task)
        with torch.no_grad():
            _, taken = self.caller(*held(self.module), tokens, {name: Place(name, is_input=True) for name in tables})
        return {name: tables[name].num_embeddings for name, value in taken.items() if _is_of(value, tokens)}


def _is_of(value: Tensor, tokens: Tensor) -> bool:
    return any(torch.equal(value.cpu(), each) for each in (tokens, *tokens.T))


def _neighbours(task: Task, classes: int) -> Iterator[Task]:
    """The task with moduli that differ by 1 or that the classes suggest, in its own layout and the usual ones."""
    values = task.model_dump()
    p, layout = values.get("p"), values.get("layout")
    for modulus in dict.fromkeys((p - 1, p + 1, classes - 1, classes, p)) if isinstance(p, int) else ():
        for each in dict.fromkeys((layout, *(_LAYOUTS if layout else ()))):
            try:
                other = type(task)(**values | {"p": modulus} | ({"layout": each} if each else {}))
            except UserError:
                continue
            if other != task:
                yield other


def _sizes(task: Task) -> str:
    values = task.model_dump()
    return ", ".join(f"{name}={values[name]!r}" for name in ("p", "layout") if name in values)
