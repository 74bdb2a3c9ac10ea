"""anomaly-controls on planted networks."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from anomalous import NOISE, RULE, network, of_split, result, two_circuits

from mechgrok.data.corruptions.corruption import Labels
from mechgrok.measures.anomalies.anomaly_controls import AnomalyControls
from mechgrok.measures.anomalies.anomaly_detectors import DETECTORS


def test_what_is_found_is_above_all_controls() -> None:
    found = result(AnomalyControls(controls=40), two_circuits())
    assert {"logit residual", "neuron residual", "Mahalanobis", "embedding"} <= set(found.headline["found_above_all_controls_test"])
    table = of_split(found, "test")
    assert (table["controls"] == 40).all()
    assert table["p_value"]["embedding"] == pytest.approx(1 / 41)
    assert table["null_max"]["embedding"] < 1


@pytest.mark.parametrize("labels", [None, RULE, NOISE], ids=["clean", "rule", "noise"])
@pytest.mark.long
def test_where_there_is_nothing_to_find_p_values_are_uniform(labels: Labels | None) -> None:
    """In noise without key frequencies all values of b, and all rows, are alike, so that each AUROC is one more draw from those of its
    controls, and p uniform on 1 / 20, ..., 1. A rule's controls have fewer values of b to be fitted to, so that its p is larger, if
    anything. Detectors that are not fitted again find trigger rows merely for not having seen them, at p near 1 / 20 each time."""
    tables = [result(AnomalyControls(controls=19), network(labels, seed), ()).table.dropna() for seed in range(12)]
    means = pd.concat(tables).groupby(["detector", "split"])["p_value"].mean()
    deviation = math.sqrt((20**2 - 1) / 12) / 20 / math.sqrt(12)
    assert len(means) == len(DETECTORS) * (1 if labels is NOISE else 2)
    assert (means > 0.525 - 3 * deviation).all(), means
    assert labels is RULE or (means < 0.525 + 3 * deviation).all(), means
