"""The code that a stored table rests on: what its measure reaches by imports, and what the engine passes to it.

A measure is given a checkpoint or a run, so `mechgrok.runs.run` and all that it imports count for every measure. Two things are found
by discovery, not by import: the class of the run's task and the class of its model, by the `kind` in the config. The modules of these
two kinds count with their imports, so that results of LSTMs rest on `models/lstm.py` and results of transformers do not. The other parts
of a config (split, corruption, optimiser, schedule) and presets decided how a run came about; a measure sees that in the run's files only,
which its fingerprint covers. Nothing is counted of what cannot change a number: the engine, the figures (tables are drawn anew for
each report), messages of errors, and discovery.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from mechgrok.discovery import kinds
from mechgrok.engine import contents
from mechgrok.engine.sources import Sources
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.runs.run import Run

GIVEN = "mechgrok.runs.run"
BESIDE = ("mechgrok.engine", "mechgrok.plots", "mechgrok.errors", "mechgrok.discovery")


def source(measure: BaseMeasure, run: Run, sources: Sources) -> str | None:
    """A hash of the code that a measure's tables of a run rest on; None where not all of it can be seen."""
    reached = sources.digest(modules(type(measure), run, sources))
    typed_in = [base for base in type(measure).__mro__ if not contents.is_in_its_module(base)]
    if not typed_in:
        return reached
    content = contents.digest([*typed_in, vars(measure)], sources)
    return content and f"{reached} {content}"


def modules(measure: type[BaseMeasure], run: Run, sources: Sources) -> frozenset[str]:
    """The modules that a measure's tables of a run rest on."""
    roots = [*(base.__module__ for base in measure.__mro__ if contents.is_in_its_module(base)), GIVEN, *_kinds(run, sources)]
    found = frozenset[str]().union(*map(sources.closure, roots))
    return frozenset(module for module in found if not module.startswith(BESIDE) and module not in sys.stdlib_module_names)


def _kinds(run: Run, sources: Sources) -> Iterator[str]:
    """The modules of the run's task and model, which are called after their kinds unless another distribution offers them."""
    for part, folder in (("task", "tasks"), ("model", "models")):
        kind = str(run.stored_config[part]["kind"])
        module = f"mechgrok.{folder}.{kind.replace('-', '_')}"
        yield module if sources.has(module) else kinds(folder)[kind].__module__
