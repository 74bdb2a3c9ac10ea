"""circulant-deviation of hand-built networks, of renamed tokens, and of networks whose logits pass by the operands."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from planted import measured
from slopes import network

from mechgrok.maths.symmetries import circulant
from mechgrok.measures.frequencies.circulant_deviation import CirculantDeviation
from mechgrok.measures.frequencies.gradient_outer_product import GradientOuterProduct
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.verification.hand_built import temporary_run
from mechgrok.verification.zoo import clock, discrete_logarithm, pizza


@pytest.mark.parametrize(("circuit", "harmonics"), [(clock, 1e-9), (pizza, 1e-4)])
def test_networks_of_cosines_are_circulant_until_their_tokens_are_renamed(circuit, harmonics: float) -> None:
    """The pizza's neurons are a sum over 64 phases in place of an integral."""
    with temporary_run(circuit.NETWORK) as run:
        snapshot = run.snapshot()
        found = measured(CirculantDeviation(), snapshot).headline
        renamed = measured(CirculantDeviation(), snapshot.relabelled(torch.Generator().manual_seed(0))).headline
    for block in ("aa", "ab"):
        assert found[f"deviation_{block}"] == pytest.approx(0, abs=harmonics)
        assert renamed[f"deviation_{block}"] > 0.9
    assert found["alignment_of_first"] == pytest.approx(1, abs=1e-12)


def test_products_are_circulant_in_their_logarithms() -> None:
    with temporary_run(discrete_logarithm.NETWORK) as run:
        snapshot = run.snapshot()
        found = measured(CirculantDeviation(), CirculantDeviation().view(snapshot)).headline
    assert found["deviation_aa"] == pytest.approx(0, abs=1e-9)


def test_differences_of_tokens_are_constant_along_the_other_diagonal() -> None:
    """The clock with b read backwards: x_b = E_-b, whose labels are a - b."""
    p = 11
    circuit = clock.clock(p, {2: 3.0, 5: 1.0})
    weights = circuit.weights()
    width = circuit.features.shape[1]
    # The sines of the features change their sign on the way from b.
    weights["blocks.0.attn.W_O"][1] *= torch.tensor([1.0, -1.0] * (width // 2), dtype=torch.float64)[:, None]
    task = clock.NETWORK.task.model_copy(update={"p": p, "operation": "subtract"})
    snapshot = Snapshot(Grid.of(task, None), circuit.model.architecture(task), weights, 0)
    assert (snapshot.predictions == snapshot.grid.labels).all()
    assert measured(CirculantDeviation(), snapshot).headline["deviation_ab"] == pytest.approx(0, abs=1e-9)


def test_it_is_the_deviation_and_the_cosine_of_the_outer_products() -> None:
    snapshot = network()
    other = GradientOuterProduct().compute(snapshot.relabelled(torch.Generator().manual_seed(1)), {})
    mine = GradientOuterProduct().compute(snapshot, {})
    found = CirculantDeviation().compute(snapshot, {"last": other}).set_index("block")

    def whole(table) -> np.ndarray:
        aa, ab, bb = (table[table["block"] == name]["value"].to_numpy().reshape(5, 5) for name in ("aa", "ab", "bb"))
        return np.block([[aa, ab], [ab.T, bb]])

    x, y = whole(mine), whole(other)
    assert found["alignment"].to_numpy() == pytest.approx((x * y).sum() / np.linalg.norm(x) / np.linalg.norm(y), rel=1e-12)
    ab = torch.from_numpy(x[:5, 5:])
    assert found["whole"]["ab"] == circulant.deviation(ab)
    assert found["deviation"]["ab"] == circulant.deviation(ab, diagonal=False) != found["whole"]["ab"]


def test_logits_without_tokens_say_so() -> None:
    snapshot = network()
    still = snapshot.with_weights({"unembed.W_U": 0 * snapshot.weights["unembed.W_U"]})
    found = measured(CirculantDeviation(), still)
    assert set(found.missing) == set(found.headline)
