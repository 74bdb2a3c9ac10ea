"""Why a measure does not apply to a run, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mechgrok.tasks.charts import Basis, chart

if TYPE_CHECKING:
    from mechgrok.models.network import Network
    from mechgrok.runs.run import Run


def needs_checkpoints(run: Run) -> str | None:
    """For whatever looks at a network."""
    return "the run was imported from curves alone: there is no network to look at" if run.curves_only else None


def needs_neurons(run: Run) -> str | None:
    """For measures of the MLP."""
    return None if _network(run).has_neurons else "the network has no MLP, so no neurons"


def needs_attention(run: Run) -> str | None:
    """For measures of heads."""
    return None if _network(run).heads else "the network has no attention, so no heads"


def needs_linear_readout(run: Run) -> str | None:
    """For measures that change the neurons and read the logits off them."""
    return _network(run).nonlinear_readout or needs_neurons(run)


def needs_all_pairs(run: Run, basis: Basis | None = "additive") -> str | None:
    """For measures of functions of (a, b), which need a row for each pair of elements of the group, in order."""
    count = run.task.operands().shape[1]
    if count != 2:
        return f"the task has {count} operands; this looks at functions of two"
    found = chart(basis or "additive", run.task.numbers)
    grid = run.grid if found is None or found.basis == "additive" else run.grid.through(found)
    if grid.is_square:
        return None
    return f"the table has {len(grid.rows)} rows, not one for each of the {grid.p**2} pairs (a, b); this looks at functions of all pairs"


def needs_attention_to_equals(run: Run) -> str | None:
    """For measures of what the '=' token, the last of its row, attends to."""
    if not _network(run).heads:
        return needs_attention(run)
    tokens = run.task.inputs()[:, -1]
    return None if (tokens == tokens[0]).all() and tokens[0] >= run.task.numbers else "the rows of this task do not end in '='"


def _network(run: Run) -> Network:
    return run.config.model.architecture(run.task)
