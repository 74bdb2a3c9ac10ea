"""Clock, pizza and the equivariant decomposition on published weights, against published and independently computed numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Outcome
from mechgrok.runs.importing.import_run import Said, import_file
from mechgrok.runs.run import Run, open_run

ALGORITHM = ["circularity", "distance-irrelevance", "gradient-symmetricity", "clock-pizza", "equivariance"]


def imported(path: Path, out: Path, said: Said) -> Run:
    import_file(path, out, said)
    return open_run(out)


@pytest.fixture(scope="module")
def pizza(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    path = oracles / "zhong2023" / "model_p99zdpze5l.pt"
    return analyze(imported(path, tmp_path_factory.mktemp("zhong") / "R", Said()), ALGORITHM, nulls=2)


@pytest.fixture(scope="module")
def clock(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    path = oracles / "chughtai2023" / "C113_T_seed1" / "model.pt"
    return imported(path, tmp_path_factory.mktemp("chughtai") / "R", Said())


class TestModelA:
    """zhong2023/model_p99zdpze5l.pt: p = 59, uniform attention, the paper's example of a pizza."""

    def test_circularity(self, pizza) -> None:
        assert pizza["circularity"].headline["circularity"] == pytest.approx(0.99781835, abs=1e-6)

    def test_distance_irrelevance_of_the_correct_logit(self, pizza) -> None:
        assert pizza["distance-irrelevance"].headline["correct"] == pytest.approx(0.17173645, abs=1e-6)

    def test_that_of_the_training_script_is_another(self, pizza) -> None:
        found = pizza["distance-irrelevance"].headline
        assert found["top_wrong"] == pytest.approx(0.22180727, abs=1e-6)
        assert abs(found["top_wrong"] - found["correct"]) > 0.05

    def test_gradient_symmetricity(self, pizza) -> None:
        assert pizza["gradient-symmetricity"].headline["symmetricity"] == pytest.approx(0.99366516, abs=1e-6)

    def test_variance_explained_of_its_three_circles(self, pizza) -> None:
        """The released notebook prints, in per cent and this order, clock 75.41, 75.62, 75.38 and pizza 98.31, 98.31, 98.41."""
        table = pizza["clock-pizza"].table.sort_values("variance", ascending=False)
        assert table["frequency"].tolist() == [17, 3, 15]
        assert (100 * table["clock"]).round(2).tolist() == [75.41, 75.62, 75.38]
        assert (100 * table["pizza"]).round(2).tolist() == [98.31, 98.31, 98.41]
        assert table["pizza_text"].min() > 0.99

    def test_its_label(self, pizza) -> None:
        assert pizza["clock-pizza"].headline["label"] == "pizza"

    def test_its_logits_are_certified(self, pizza) -> None:
        assert pizza["equivariance"].headline["certified"]

    def test_relabelled_it_has_none_of_it(self, pizza) -> None:
        assert pizza["circularity"].null["circularity"]["mean"] < 0.3
        assert pizza["distance-irrelevance"].null["correct"]["mean"] > 0.9
        assert pizza["equivariance"].null["residual"]["mean"] > 0.9


class TestClock:
    """chughtai2023/C113_T_seed1."""

    def test_its_label(self, clock: Run) -> None:
        found = analyze(clock, ["clock-pizza"], nulls=0)["clock-pizza"]
        assert found.headline["label"] == "clock"
        assert found.table["frequency"].tolist() == [16, 30, 56]
        assert found.table["clock"].iloc[0] > found.table["pizza"].iloc[0]

    def test_equivariance_against_loops_over_classes(self, clock: Run) -> None:
        """The same decomposition, written as p shifted means in numpy."""
        found = analyze(clock, ["equivariance"], nulls=0)["equivariance"].headline
        p, L = 113, clock.snapshot().logits.numpy()
        L = L - L.mean(1, keepdims=True)
        n, y = np.arange(p * p), np.add.outer(np.arange(p), np.arange(p)).ravel() % p
        R, g = np.empty_like(L), np.empty(p)
        for d in range(p):
            g[d] = L[n, (y + d) % p].mean()
            R[n, (y + d) % p] = L[n, (y + d) % p] - g[d]
        wrong = R.copy()
        wrong[n, y] = -np.inf
        assert found["residual"] == pytest.approx((R**2).sum() / (L**2).sum(), abs=1e-12)
        assert found["gamma"] == pytest.approx(g[0] - g[1:].max(), rel=1e-12)
        assert found["imbalance"] == pytest.approx((wrong.max(1) - R[n, y]).max(), rel=1e-12)
        assert (found["gamma"], found["imbalance"]) == (pytest.approx(18.337332, abs=1e-6), pytest.approx(42.908791, abs=1e-6))
        assert not found["certified"]


def test_equivariance_of_the_paper_s_low_precision_run(oracles: Path, tmp_path: Path) -> None:
    run = imported(oracles / "nanda2023" / "low_precision_mod_addition.pth", tmp_path / "R", Said())
    found = analyze(run, ["equivariance"], nulls=0)["equivariance"].headline
    assert (found["gamma"], found["imbalance"]) == (pytest.approx(13.495770, abs=1e-6), pytest.approx(68.086201, abs=1e-6))
    assert not found["certified"]
