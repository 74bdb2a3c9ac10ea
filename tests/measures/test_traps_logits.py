"""Wrong readings of the definitions that public code holds: each misses a published number by far more than the tolerance, ours has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Outcome
from mechgrok.maths.harmonic import cosines, fourier
from mechgrok.runs.importing.import_run import Said, import_file
from mechgrok.runs.run import Run, open_run
from mechgrok.runs.snapshot import Snapshot

MEASURES = ["loss", "key-frequencies", "logit-cosines", "logit-fve", "restricted-loss", "excluded-loss"]
KEYS = [3, 6, 23, 39]
PRECISE = {"loss": 1e-4, "share": 1e-6}


@pytest.fixture(scope="module")
def nanda_run(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("nanda") / "R"
    import_file(oracles / "nanda2023" / "low_precision_mod_addition.pth", out, Said(fraction=0.3, split="python-shuffle", split_seed=1))
    return open_run(out)


@pytest.fixture(scope="module")
def chughtai_run(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("chughtai") / "R"
    import_file(oracles / "chughtai2023" / "C113_T_seed1" / "model.pt", out, Said())
    return open_run(out)


@pytest.fixture(scope="module")
def nanda(nanda_run: Run) -> Mapping[str, Outcome]:
    return analyze(nanda_run, MEASURES, nulls=0)


@pytest.fixture(scope="module")
def chughtai(chughtai_run: Run) -> Mapping[str, Outcome]:
    return analyze(chughtai_run, MEASURES, nulls=0)


def loss(logits: Tensor, labels: Tensor) -> float:
    """A float64 cross-entropy, written out."""
    return (logits.logsumexp(1) - logits[torch.arange(len(labels)), labels]).mean().item()


def kept(snapshot: Snapshot, keys: list[int]) -> Tensor:
    """The projection on cos, sin w_k(a + b) as a full array (n, p)."""
    angles = 2 * torch.pi * torch.tensor(keys) * snapshot.grid.phase[:, None] / snapshot.p
    waves = torch.cat([angles.cos(), angles.sin()], 1).double()
    waves = waves / waves.norm(dim=0)
    return waves @ (waves.T @ snapshot.logits)


def test_trap_1_cross_entropy_in_float32(chughtai_run: Run, chughtai) -> None:
    """Float32 rounds every loss to a multiple of 1.2e-7, the size of the mean."""
    published, snapshot = 1.5851601e-7, chughtai_run.snapshot()
    wrong = torch.nn.functional.cross_entropy(snapshot.logits.float(), snapshot.grid.labels).item()
    assert wrong != pytest.approx(published, rel=10 * PRECISE["loss"])
    assert chughtai["loss"].headline["all"] == pytest.approx(published, rel=PRECISE["loss"])


def test_trap_2_half_of_p_is_skipped(chughtai_run: Run, chughtai) -> None:
    """`range(1, p // 2)` has no 56, and with 56 goes a tenth of what cosines explain."""
    snapshot = chughtai_run.snapshot()
    centred = (snapshot.logits - snapshot.logits.mean(1, keepdim=True)).norm()
    similarity = cosines.cube_coefficients(snapshot.phase_sums, snapshot.grid.counts) / centred
    wrong = [k for k in range(1, snapshot.p // 2) if similarity[k - 1] > 0.05]
    assert wrong == [16, 30]
    assert chughtai["key-frequencies"].headline["frequencies"] == [16, 30, 56]
    assert similarity[:-1].square().sum().item() < 0.9685424 - 0.05
    assert chughtai["logit-cosines"].headline["explained"] == pytest.approx(0.9685424, abs=PRECISE["share"])
    assert loss(snapshot.logits - kept(snapshot, wrong), snapshot.grid.labels) != pytest.approx(9.347174, rel=1e-2)
    assert chughtai["excluded-loss"].headline["all"] == pytest.approx(9.347174, rel=PRECISE["loss"])


class TestTrap4MeanCorrection:
    """Restricted loss gets the mean of what is dropped, excluded loss does not."""

    @pytest.mark.parametrize(("weights", "keys", "published"), [("nanda", KEYS, 3.64294e-3), ("chughtai", [16, 30, 56], 5.568347e-8)])
    def test_restricted_without_it(self, weights: str, keys: list[int], published: float, request: pytest.FixtureRequest) -> None:
        snapshot = request.getfixturevalue(f"{weights}_run").snapshot()
        wrong = loss(kept(snapshot, keys), snapshot.grid.labels)
        assert wrong > 5 * published
        assert request.getfixturevalue(weights)["restricted-loss"].headline["all"] == pytest.approx(published, rel=PRECISE["loss"])

    @pytest.mark.parametrize(("weights", "keys", "published"), [("nanda", KEYS, 18.72137), ("chughtai", [16, 30, 56], 9.347174)])
    def test_excluded_with_it(self, weights: str, keys: list[int], published: float, request: pytest.FixtureRequest) -> None:
        snapshot = request.getfixturevalue(f"{weights}_run").snapshot()
        rest = snapshot.logits - kept(snapshot, keys)
        assert loss(rest - rest.mean(0), snapshot.grid.labels) != pytest.approx(published, rel=1e-2)
        assert request.getfixturevalue(weights)["excluded-loss"].headline["all"] == pytest.approx(published, rel=PRECISE["loss"])


@pytest.mark.parametrize(("weights", "published"), [("nanda", 0.4717491), ("chughtai", 0.9685412)])
def test_trap_5_centring(weights: str, published: float, request: pytest.FixtureRequest) -> None:
    """The same cosines over logits centred otherwise: each is another number, and has another name here."""
    snapshot, found = request.getfixturevalue(f"{weights}_run").snapshot(), request.getfixturevalue(weights)
    keys = found["key-frequencies"].headline["frequencies"]
    L = snapshot.logits
    coefficients = cosines.cube_coefficients(snapshot.phase_sums, snapshot.grid.counts)[[k - 1 for k in keys]]
    energy = coefficients.square().sum().item()
    fit = cosines.cube_part(snapshot.phase_sums, snapshot.grid.counts, keys)[snapshot.grid.phase]
    wrong = {
        "key_global": energy / (L - L.mean()).square().sum().item(),
        "key_raw": 1 - ((L - fit).square().sum() / (L - L.mean()).square().sum()).item(),
        "key_double": energy / (L - L.mean(1, keepdim=True) - L.mean(0) + L.mean()).square().sum().item(),
    }
    for name, value in wrong.items():
        assert value != pytest.approx(published, abs=10 * PRECISE["share"])
        assert found["logit-fve"].headline[name] == pytest.approx(value, abs=1e-9)
    assert found["logit-fve"].headline["key_over_c"] == pytest.approx(published, abs=PRECISE["share"])


@pytest.mark.parametrize(("weights", "keys", "published"), [("nanda", KEYS, 3.64294e-3), ("chughtai", [16, 30, 56], 5.568347e-8)])
def test_trap_11_each_row_projected_by_itself(weights: str, keys: list[int], published: float, request: pytest.FixtureRequest) -> None:
    """It goes by the name of restricted loss, keeps every row's own phase, and is in the table under its own name."""
    snapshot, found = request.getfixturevalue(f"{weights}_run").snapshot(), request.getfixturevalue(weights)["restricted-loss"]
    rows = fourier.basis(snapshot.p)[[row for k in keys for row in (2 * k - 1, 2 * k)]]
    wrong = loss(snapshot.logits @ rows.T @ rows, snapshot.grid.labels)
    assert wrong > 10 * published
    table = found.table.set_index(["variant", "split"])["loss"]
    assert table["row-wise", "all"] == pytest.approx(wrong, rel=1e-9)
    assert table["2-D", "all"] == pytest.approx(published, rel=PRECISE["loss"])
