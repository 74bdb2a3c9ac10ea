"""What a run is, in a line and in JSON, without its folder's place and without loading it."""

from __future__ import annotations

import math
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mechgrok.discovery import kinds
from mechgrok.errors import UserError
from mechgrok.measures.grokking.mirrored_pairs import mirrored_share_of
from mechgrok.report.numbers import show
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task

MOST_ROWS = 300_000
"""Of a table whose mirrored rows are counted, which takes seconds on larger ones."""
_WITHOUT_MODULUS = ("table", "group")
SIZES = ("layers", "heads", "d_model", "d_mlp", "registers", "d_emb", "hidden_layers", "width", "stacked", "hidden")
"""The fields of models that give their sizes."""


def facts(run: Run) -> dict[str, Any]:
    """The summary's `run`: what it is (name, line, config, basis, changed labels), and what its verdict is compared with."""
    config = _known(run.stored_config, run.execution)
    return {
        "name": run.name,
        "trained": trained(run),
        "basis": _basis(run),
        "mirrored": _mirrored(run),
        "guessing": _guessing(run),
        "changed_labels": _changed_labels(run.stored_config.get("corruption", {})),
        "config": config,
        "execution": _without_folders(run.execution),
        "checkpoints": len(run.steps),
        "first_step": min(run.steps, default=None),
        "last_step": max(run.steps, default=None),
        "parameters": _parameters(run),
    }


def _mirrored(run: Run) -> float | None:
    """The share of test rows that are mirrored in train; None where labels or a split of these rows are unknown, and on large tables."""
    task, mask = task_of(run), run.is_train
    changed = run.stored_config.get("corruption", {}).get("kind", "none") != "none"
    if task is None or changed or mask is None or mask.size > MOST_ROWS or mask.shape != (task.row_count,):
        return None
    return mirrored_share_of(task, mask)


def _guessing(run: Run) -> float | None:
    """The accuracy of guessing: one over the modulus, or over the number of labels of a group or table; None where neither is known."""
    p, task = run.stored_config.get("task", {}).get("p"), task_of(run)
    if isinstance(p, int) and p > 0:
        return 1 / p
    return 1 / len(set(task.labels().tolist())) if task is not None and run.kind("task") in _WITHOUT_MODULUS else None


def trained(run: Run) -> str:
    """Task, p, where the weights come from, split, which labels were changed, sizes of the model and steps in one line."""
    config = run.stored_config
    task, split, model = (config.get(part, {}) for part in ("task", "split", "model"))
    parts = [
        _learnt(task),
        *_start(config.get("start", {})),
        f"{split.get('kind')} split" + "".join(f", {key} {split[key]}" for key in _SIZES if split.get(key) is not None),
        *_corruption(config.get("corruption", {})),
        *_sample(config.get("training", {})),
        *(["curves alone, no network"] if run.curves_only else [_network(run, model), _checkpoints(run)]),
    ]
    return " · ".join(parts)


def _network(run: Run, model: dict[str, Any]) -> str:
    meant = [key for key in SIZES if isinstance(model.get(key), int) and model[key] and not (key == "d_mlp" and model.get("attn_only"))]
    sizes, parameters = ", ".join(f"{key} {model[key]}" for key in meant), _parameters(run)
    known = "; ".join(filter(None, [sizes, f"{show(parameters)} parameters" if parameters is not None else ""]))
    return f"{model.get('kind')} ({known})" if known else str(model.get("kind"))


def _checkpoints(run: Run) -> str:
    many = f"{show(len(run.steps))} checkpoint{'s' * (len(run.steps) != 1)}"
    asked = None if "recorded" in run.execution else run.stored_config.get("training", {}).get("steps")
    short = f" of {show(asked)}" if run.steps and isinstance(asked, int) and asked != run.steps[-1] else ""
    return f"{many}, the last at step {show(run.steps[-1])}{short}" if run.steps else many


def _changed_labels(settings: dict[str, Any]) -> str:
    """Which labels were given to which train rows, in words; empty where that is unknown."""
    part = kinds("data.corruptions").get(str(settings.get("kind")))
    fields = {name: field.default for name, field in part.model_fields.items()} if part else {}
    return str(part.words).format(**fields | settings) if part else ""


def _corruption(settings: dict[str, Any]) -> list[str]:
    """Nothing where labels are as they are."""
    kind, values = settings.get("kind", "none"), [f"{key} {value}" for key, value in settings.items() if key != "kind"]
    return [] if kind == "none" else [f"labels corrupted: {', '.join([str(kind), *values])}"]


def _sample(settings: dict[str, Any]) -> list[str]:
    """Nothing where metrics are those of all rows."""
    rows = settings.get("evaluate_rows")
    return [f"recorded metrics from {show(rows)} random rows of each split, standard errors in metrics.csv"] if rows else []


def _start(settings: dict[str, Any]) -> list[str]:
    """Where the weights came from and which stayed; nothing where all were drawn and trained."""
    parent, load, freeze = settings.get("parent"), settings.get("load", []), settings.get("freeze", [])
    origin = [f"{', '.join(load)} from {parent['run']}, step {show(parent['step'])}"] if parent else []
    drawn = "" if parent else " as drawn"
    return [*origin, *([f"{', '.join(freeze)} frozen{drawn}"] if freeze else [])]


_SIZES = ("fraction", "count", "test_fraction", "seed")


def _learnt(task: dict[str, Any]) -> str:
    """A task in a few words: its kind, its distinguishing fields, its size, and whether rows are missing."""
    if task.get("kind") == "unknown":
        return "an unknown task"
    if str(task.get("kind")) not in kinds("tasks"):
        return f"the task {task.get('kind')}, which is not installed here"
    words = [task[key] for key in ("group", "n", "operation", "expression") if key in task]
    words += [", ".join(task["operations"])] if "operations" in task else []
    words += [f"(of these the rows of {task['only']})"] if task.get("only") else []
    words += [f"of {task['terms']} numbers"] if "terms" in task else []
    words += [f"modulo {task['p']}"] if "p" in task else []
    left_out = [f"{key} {value}" for key, value in task.get("domain", {}).items() if key in _LIMITS and value != _LIMITS[key]]
    return " ".join(map(str, [task.get("kind"), *words])) + (f" (domain: {', '.join(left_out)})" if left_out else "")


_LIMITS = {"nonzero": False, "ascending": False, "below": None, "first_fraction": 1.0}
"""What the fields of a domain are where no row is missing."""


def _basis(run: Run) -> str | None:
    """The basis of the frequencies of its task; None where its tokens form no cyclic group."""
    task = task_of(run)
    return task.basis if task else None


def task_of(run: Run) -> Task | None:
    """Its task, without its other parts, which would need torch; None where it is none that is installed here."""
    values = run.stored_config.get("task")
    kind = kinds("tasks").get(str(values.get("kind"))) if isinstance(values, dict) else None
    try:
        return kind.model_validate(values) if kind else None
    except ValidationError:
        return None


def _known(config: dict[str, Any], execution: dict[str, Any]) -> dict[str, Any]:
    """What is known to have decided a run: of an imported or recorded one, what was learnt and by what, not how."""
    if not {"imported", "recorded"} & set(execution):
        return config
    model = {key: value for key, value in config.get("model", {}).items() if key not in ("init", "seed", "biases")}
    return {part: config[part] for part in ("task", "split") if part in config} | {"model": model}


def _parameters(run: Run) -> int | None:
    """Numbers in the newest checkpoint; None where there is none that can be read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(run.weights_path(run.last_step), framework="np") as file:
            numbers: int = sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
            return numbers
    except (SafetensorError, OSError, UserError):
        return None


def _without_folders(value: Any) -> Any:
    """The same, with absolute paths cut to their names: a report is passed on, its author's folders are not."""
    if isinstance(value, dict):
        return {key: _without_folders(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_folders(each) for each in value]
    return PurePath(value).name if isinstance(value, str) and PurePath(value).is_absolute() else value
