"""Obstacles that several families share: why a measure does not apply to a run; None where it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mechgrok.tasks.charts import Basis, chart

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

NO_W_L = "there is no W_L: the network has no MLP, or is a module in which the places of W_out and W_U are not named"
"""Why numbers of the neuron-logit map are missing."""


def needs_checkpoints(run: Run) -> str | None:
    """Obstacle of everything that is computed from a network.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str or None

    Examples
    --------
    >>> from mechgrok.measures.shared.obstacles import needs_checkpoints
    >>> needs_checkpoints(run) is None
    True
    """
    return "the run was imported from curves alone, without a network" if run.curves_only else None


def needs_neurons(run: Run) -> str | None:
    """Obstacle of measures of the MLP.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str or None

    Examples
    --------
    >>> from mechgrok.measures.shared.obstacles import needs_neurons
    >>> needs_neurons(run) is None
    True
    """
    return run.network.lacks_neurons


def needs_attention(run: Run) -> str | None:
    """Obstacle of measures of attention heads.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str or None

    Examples
    --------
    >>> from mechgrok.measures.shared.obstacles import needs_attention
    >>> needs_attention(run) is None
    True
    """
    return run.network.lacks_attention


def needs_linear_readout(run: Run) -> str | None:
    """Obstacle of measures that change neurons and recompute the logits: these must be linear in the neurons of the last layer.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str or None

    Examples
    --------
    >>> from mechgrok.measures.shared.obstacles import needs_linear_readout
    >>> needs_linear_readout(run) is None
    True
    """
    return run.network.nonlinear_readout or needs_neurons(run)


def needs_all_pairs(run: Run, basis: Basis | None = "additive") -> str | None:
    """Obstacle of measures of functions of (a, b): the table needs one row for each pair of elements of the group, in order.

    Parameters
    ----------
    run : Run
    basis : {"additive", "multiplicative"}, optional
        The basis whose group the operands are elements of.

    Returns
    -------
    str or None

    Examples
    --------
    >>> from mechgrok.measures.shared.obstacles import needs_all_pairs
    >>> needs_all_pairs(run, "additive") is None
    True
    """
    count = run.grid.operands.shape[1]
    if count != 2:
        return f"the task has {count} operands; this measure takes functions of two"
    found = chart(basis or "additive", run.task.numbers)
    grid = run.grid if found is None or found.basis == "additive" else run.grid.in_chart(found)
    if grid.is_square:
        return None
    return f"the table has {len(grid.rows)} rows, not one for each of the {grid.p**2} pairs (a, b) that this measure takes"


def needs_attention_to_equals(run: Run) -> str | None:
    """Obstacle of measures of the attention of '=', the last token of a row.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str or None

    Examples
    --------
    >>> from mechgrok.measures.shared.obstacles import needs_attention_to_equals
    >>> needs_attention_to_equals(run) is None
    True
    """
    if lacking := needs_attention(run):
        return lacking
    tokens = run.task.inputs()[:, -1]
    return None if (tokens == tokens[0]).all() and tokens[0] >= run.task.numbers else "the rows of this task do not end in '='"
