"""Loss and accuracy of given logits, and comparison with random controls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mechgrok.measures.shared.by_split import mean_by_split_of_labels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.grid import Grid


def evaluate(grid: Grid, logits: Tensor) -> pd.DataFrame:
    """Mean cross-entropy and accuracy of logits on each known split.

    Parameters
    ----------
    grid : Grid
    logits : Tensor (n, p)

    Returns
    -------
    DataFrame
        Columns split, rows, loss (nats) and accuracy (share of rows); NaN over no rows. Train rows of a run with corrupted labels are
        compared with the labels they were trained with.

    Examples
    --------
    >>> from mechgrok.measures.shared.evaluate import evaluate
    >>> right = torch.nn.functional.one_hot(run.grid.labels, 11).double()
    >>> evaluate(run.grid, right)["accuracy"].tolist()
    [1.0, 1.0, 1.0]
    """
    from mechgrok.maths.landscape import losses

    answers = logits.argmax(1)
    right = mean_by_split_of_labels(grid, lambda labels: (answers == labels).double())
    return mean_by_split_of_labels(grid, lambda labels: losses.per_example(logits, labels)).assign(accuracy=right["loss"])


def evaluate_by_label_kind(grid: Grid, logits: Tensor) -> pd.DataFrame:
    """Mean cross-entropy and accuracy of logits on each kind of row of a run with corrupted labels.

    Parameters
    ----------
    grid : Grid
    logits : Tensor (n, p)

    Returns
    -------
    DataFrame
        Columns as `evaluate`; the kinds, those that have rows, are named as in the metrics: train-clean, train-poisoned,
        train-poisoned-truth, test-clean, test-trigger-rule, test-trigger-truth. No rows for a clean run.

    Examples
    --------
    >>> from mechgrok.measures.shared.evaluate import evaluate_by_label_kind
    >>> len(evaluate_by_label_kind(run.grid, torch.zeros(121, 11)))
    0
    """
    import torch

    from mechgrok.maths.landscape import losses
    from mechgrok.training.evaluation import subsets

    elements, answers = torch.from_numpy(grid.chart.elements(grid.task.numbers)), logits.argmax(1)
    found = []
    for split in [split for split in ("train", "test") if split in grid.subsets]:
        rows = grid.subsets[split].nonzero()[:, 0]
        for kind in subsets.by_label_kind(split, grid.rows[rows].numpy(), grid.corrupted, logits.device):
            places, labels = rows[kind.places], elements[kind.labels]
            loss, right = losses.per_example(logits[places], labels).mean(), (answers[places] == labels).double().mean()
            found.append((kind.name, len(places), float(loss), float(right)))
    return pd.DataFrame(found, columns=["split", "rows", "loss", "accuracy"])


def against_controls(observed: float, controls: pd.Series[float]) -> dict[str, float]:
    """Comparison of an observed number with those of random controls: z = (observed - mean) / standard deviation.

    Parameters
    ----------
    observed : float
    controls : Series of float
        The same number of every control.

    Returns
    -------
    dict of str to float
        null_mean, null_min, null_max and z; NaN without controls, z also where fewer than two controls differ.

    Examples
    --------
    >>> from mechgrok.measures.shared.evaluate import against_controls
    >>> list(against_controls(5.0, pd.Series([1.0, 2.0, 3.0])).values()) == [2.0, 1.0, 3.0, 3.0]
    True
    """
    spread = controls.std() if controls.nunique() > 1 else float("nan")
    mean = controls.mean()
    return {"null_mean": mean, "null_min": controls.min(), "null_max": controls.max(), "z": (observed - mean) / spread}
