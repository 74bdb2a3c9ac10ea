"""W_E and W_L as matrices over the number tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mechgrok.measures.base.measure import Missing
from mechgrok.measures.shared.obstacles import NO_W_L

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

CONSTANT = Missing("the matrix is constant over the tokens")


def matrices_over_tokens(snapshot: Snapshot) -> dict[str, Tensor]:
    """W_E (p, d_model), and W_L^T = (W_out W_U)^T of the last layer (p, d_mlp) where there is an MLP."""
    matrices = {"W_E": snapshot.embedding}
    return matrices | {"W_L": snapshot.neuron_logit_map.T} if snapshot.architecture.maps_neurons else matrices


def varies_over_tokens(matrix: Tensor) -> bool:
    """Whether the rows of a matrix (p, features) differ by more than rounding."""
    return bool((matrix - matrix.mean(0)).norm() > 1e-12 * matrix.norm())


def matrix_headline(table: pd.DataFrame, matrix: str, column: str, empty: Missing = CONSTANT) -> float | Missing:
    """The column of a matrix in the table of one checkpoint, or the reason why it is missing."""
    values = table.loc[table["matrix"] == matrix, column]
    if values.empty:
        return Missing(NO_W_L)
    return empty if values.isna().any() else float(values.iloc[0])
