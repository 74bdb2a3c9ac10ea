"""The effect of patching one activation: the share of the answer that it carries, and its dependence on more than the phase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.interventions.cyclic_grid import cyclic_grid
from mechgrok.interventions.hook_points import head_count
from mechgrok.interventions.patching import patch
from mechgrok.runs.grid import Grid
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer

COLUMNS: Mapping[str, str] = {
    "pairs": "equal: source and destination have the same phase (a + b = a' + b' for addition); unequal: they have not",
    "head": "index of the head that is patched by itself; -1 where the hook point has no heads",
    "rows": "how many pairs of rows",
    "change": "mean over pairs of L'[y'] - L[y'] in logits: y' the source's label, L the destination's logits, L' the patched ones",
    "recovered": "change over the mean of L_source[y'] - L[y'] of unequal pairs, which is what patching everything changes",
    "distance": "|L' - L| over |L_source - L| of unequal pairs, logits centred over c, root mean square over pairs",
    "answers": "share of pairs whose largest patched logit is the source's label",
}


@dataclass(frozen=True)
class _Patched:
    """Number logits (rows, p) of the destinations, of the sources, and of the destinations patched, by head; the sources' labels."""

    before: Tensor
    source: Tensor
    after: Mapping[int, Tensor]
    labels: Tensor

    def gain(self, logits: Tensor) -> float:
        """Mean of L'[y'] - L[y']."""
        return float((logits - self.before).gather(1, self.labels[:, None]).mean())

    def distance(self, logits: Tensor) -> float:
        """|L' - L|, centred over c, root mean square over the rows."""
        difference = logits - self.before
        return float((difference - difference.mean(1, keepdim=True)).square().sum(1).mean().sqrt())


def patch_pairs(
    model: HookedTransformer, task: Task, hook_name: str, *, rows: int = 500, seed: int = 0, position: int = -1
) -> pd.DataFrame:
    """What patching a hook point from (a', b') into (a, b) does, for pairs of equal and of unequal phase: a table with `COLUMNS`.

    Where a hook point carries nothing but the phase, equal pairs have distance 0; where it carries all that decides the answer,
    unequal ones recover 1. `rows` destinations are drawn from the table, and a source of either kind for each. Each head is patched
    by itself. Activation patching: Meng et al. 2022 (arXiv 2202.05262), section 2.
    """
    if hook_name not in model.hook_dict:
        # Short names first: a message is cut where it becomes long.
        raise UserError(f"the model has no hook point {hook_name}; it has {', '.join(sorted(model.hook_dict, key=len))}")
    grid = cyclic_grid(task)
    drawn = {kind: pairs for kind, pairs in _draw(grid, rows, seed).items() if len(pairs)}
    found = {kind: _run(model, grid, hook_name, pairs, position) for kind, pairs in drawn.items()}
    table = pd.DataFrame([row for kind, patched in found.items() for row in _rows(kind, patched)])
    whole = found["unequal"]
    table["recovered"] = table["change"] / whole.gain(whole.source)
    table["distance"] /= whole.distance(whole.source)
    return table[list(COLUMNS)]


def _draw(grid: Grid, rows: int, seed: int) -> dict[str, Tensor]:
    """(destination, source) rows of the grid, of equal and of unequal phase: two tensors (pairs, 2)."""
    generator = torch.Generator().manual_seed(seed)
    drawn: dict[str, list[list[int]]] = {"equal": [], "unequal": []}
    for row in torch.randperm(len(grid.phase), generator=generator)[:rows].tolist():
        same = grid.phase == grid.phase[row]
        others = {"equal": same.clone().index_fill_(0, torch.tensor([row]), False), "unequal": ~same}
        for kind, mask in others.items():
            sources = torch.nonzero(mask)[:, 0]
            if len(sources):
                drawn[kind].append([row, int(sources[torch.randint(len(sources), (1,), generator=generator)])])
    return {kind: torch.tensor(pairs) for kind, pairs in drawn.items()}


def _run(model: HookedTransformer, grid: Grid, hook_name: str, pairs: Tensor, position: int) -> _Patched:
    inputs = torch.from_numpy(grid.task.inputs())[grid.rows]
    destinations, sources = inputs[pairs[:, 0]], inputs[pairs[:, 1]]
    with torch.no_grad():
        held = model.run_with_cache(sources, names_filter=hook_name)[1][hook_name]
        each = range(head_count(hook_name, held)) or [None]
        hooks = {-1 if head is None else head: patch(hook_name, held, position, head) for head in each}
        after = {head: _numbers(grid, model.run_with_hooks(destinations, fwd_hooks=[hook])) for head, hook in hooks.items()}
        before, source = (_numbers(grid, model.run_with_hooks(rows)) for rows in (destinations, sources))
    return _Patched(before, source, after, grid.labels[pairs[:, 1]])


def _numbers(grid: Grid, logits: Tensor) -> Tensor:
    """Logits of the number classes at the position that is read, in the order of the group (rows, p), float64."""
    return logits[:, -1, torch.from_numpy(grid.chart.tokens)].double()


def _rows(kind: str, patched: _Patched) -> Iterator[dict[str, object]]:
    for head, logits in patched.after.items():
        answers = float((logits.argmax(1) == patched.labels).double().mean())
        measured = {"change": patched.gain(logits), "distance": patched.distance(logits), "answers": answers}
        yield {"pairs": kind, "head": head, "rows": len(patched.labels), **measured}
