"""slingshots on planted networks, against published numbers and wrong readings of its definition."""

from __future__ import annotations

from pathlib import Path

from made_curves import EVERY_20, EVERY_100, looked_at, run_with, steplike

from mechgrok.measures.grokking.slingshots import Slingshots
from mechgrok.runs.run import Run


class TestSlingshots:
    def loss(self) -> dict[int, float]:
        """Memorised at 300; above .05 at 500, 501, 503 (one spike) and 900; above .001 on ten steps near the end."""
        calm = {step: 3.0 if step < 300 else 1e-6 for step in range(1001)}
        return calm | {500: 0.2, 501: 0.7, 503: 0.06, 900: 0.051} | dict.fromkeys(range(950, 960), 0.01)

    def test_readings_and_spikes(self, tmp_path: Path) -> None:
        found = looked_at(run_with(tmp_path / "R", loss={"train": self.loss(), "test": self.loss()}), Slingshots(window=100))
        expected = {
            "first_low_loss": 300,
            "spikes": 2,
            "readings_above": 4,
            "highest": 0.7,
            "elevated": 10,
            "elevated_of": 100,
            "interval": 1,
        }
        assert found.headline == expected
        rows = found.table[found.table["spike"] > 0]
        assert rows[["step", "end_step", "readings", "value"]].to_numpy().tolist() == [[500, 503, 3, 0.7], [900, 900, 1, 0.051]]

    def test_every_calm_reading_parts_spikes_if_asked(self, tmp_path: Path) -> None:
        run = run_with(tmp_path / "R", loss={"train": self.loss(), "test": self.loss()})
        assert looked_at(run, Slingshots(apart=0)).headline["spikes"] == 3

    def test_the_way_down_is_no_spike(self, tmp_path: Path) -> None:
        run = run_with(tmp_path / "R", loss={"train": steplike(EVERY_20, 300, 3.0, 0.02), "test": steplike(EVERY_20, 300)})
        found = looked_at(run, Slingshots())
        assert found.headline["spikes"] is None
        assert "not below 0.01" in found.missing["spikes"]


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: train loss at every step, test loss at every tenth."""

    def test_its_spikes(self, nanda_run: Run) -> None:
        """The published counts are of readings; 69 have a calm reading between them, and they form 30 spikes."""
        found = looked_at(nanda_run, Slingshots()).headline
        expected = {"first_low_loss": 275, "readings_above": 109, "spikes": 30, "elevated": 1482, "elevated_of": 30_000, "interval": 1}
        assert {key: found[key] for key in expected} == expected
        assert looked_at(nanda_run, Slingshots(apart=1)).headline["spikes"] == 69


def test_spikes_between_two_readings_are_not_there(tmp_path: Path) -> None:
    """Trap 1, counted: a run that was evaluated every 100 steps shows one of four spikes, and says how often it looked."""
    dense = {step: 1e-6 if step > 300 else 3.0 for step in range(10_001)} | dict.fromkeys((1000, 2050, 3333, 4071), 0.5)
    sparse = {step: dense[step] for step in EVERY_100}
    found = [looked_at(run_with(tmp_path / f"{len(loss)}", loss={"train": loss, "test": loss}), Slingshots()) for loss in (dense, sparse)]
    assert [(each.headline["spikes"], each.headline["interval"]) for each in found] == [(4, 1), (1, 100)]
