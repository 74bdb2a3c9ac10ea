"""phase-boundaries: phase boundaries of curves whose corners are known."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_runs import make_run

from mechgrok.measures.base.measure import Missing
from mechgrok.measures.grokking.phase_boundaries import PhaseBoundaries
from mechgrok.measures.grokking.phase_boundaries import phases as shaded
from mechgrok.runs.run import open_run

STEPS = np.arange(0, 20_001, 100)


def log_curve(points: dict[int, float]) -> np.ndarray:
    """Straight in the logarithm between these points."""
    return np.exp(np.interp(STEPS, list(points), np.log(list(points.values()))))


def phases(noise: float = 0.0, **changed: np.ndarray) -> dict[str, np.ndarray]:
    """Curves with the corners of the paper's mainline: excluded loss turns at 1400, test loss falls from 9400, weights rest from 14 000."""
    curves = {
        "train": log_curve({0: 4.7, 1400: 1e-6, 20_000: 1e-7}),
        "test": log_curve({0: 4.7, 1000: 20.0, 9400: 15.0, 14_000: 1e-7}),
        "excluded": log_curve({0: 4.7, 1400: 1e-6, 9400: 10.0, 20_000: 12.0}),
        "restricted": log_curve({0: 4.7, 1400: 4.7, 9400: 1e-2, 12_000: 1e-7}),
        "norms": np.interp(STEPS, [0, 800, 9400, 14_000], [3000.0, 3400.0, 2400.0, 900.0]),
    } | changed
    draw = np.random.default_rng(1)
    return {name: values * np.exp(noise * draw.uniform(-1, 1, len(STEPS))) for name, values in curves.items()}


FLAT_TEST = log_curve({0: 4.7, 1000: 20.0, 9400: 20.0, 14_000: 1e-7})
"""A test loss that leaves its plateau at 9400 at once."""


def as_given(curves: dict[str, np.ndarray], steps: np.ndarray = STEPS) -> dict[str, pd.DataFrame]:
    """The tables of the required measures, with rows of other splits and variants that must not be taken."""

    def rows(split: str, values: np.ndarray, **fixed: Any) -> pd.DataFrame:
        return pd.DataFrame({"step": steps, "split": split, "rows": 10, "loss": values, **fixed})

    ones = np.ones(len(steps))
    excluded = [rows("train", curves["excluded"], variant="2-D", frequency=0), rows("train", ones, variant="2-D", frequency=3)]
    excluded += [rows("train", 2 * ones, variant="cube", frequency=0), rows("all", 3 * ones, variant="2-D", frequency=0)]
    restricted = [rows("test", curves["restricted"], variant="2-D"), rows("test", ones, variant="cube"), rows("all", ones, variant="2-D")]
    halves = pd.DataFrame({"step": steps, "sum_of_squares": curves["norms"] / 2})
    loss = [rows("train", curves["train"]), rows("test", curves["test"]), rows("all", ones)]
    return {name: pd.concat(parts) for name, parts in {"loss": loss, "excluded": excluded, "restricted": restricted}.items()} | {
        "norms": pd.concat([halves.assign(parameter=name) for name in ("W_E", "W_U")])
    }


class TestPhaseBoundaries:
    @pytest.fixture
    def ends(self, tmp_path: Path) -> Any:
        run = open_run(make_run(tmp_path / "R", steps=(0,)))

        def look(curves: dict[str, np.ndarray], share: float = 0.1, kept: slice = slice(None)) -> dict[str, Any]:
            cut, measure = {name: values[kept] for name, values in curves.items()}, PhaseBoundaries(share=share)
            return measure.headline(measure.compute(run, as_given(cut, STEPS[kept])))

        return look

    def test_corners_of_clean_curves(self, ends: Any) -> None:
        """A curve leaves its level at a tenth of its way in the logarithm: from minimum to later maximum, from 20 and not from 15."""
        found = ends(phases(test=FLAT_TEST), 1e-9)
        assert (found["memorisation_ends"], found["cleanup_ends"]) == (1400, 14_000)
        loss = np.log(20 / 1e-7)
        share = ends(phases())
        assert share["circuit_formation_ends"] == 100 * int((9400 + 4600 * (0.1 * loss - np.log(20 / 15)) / np.log(15 / 1e-7)) / 100)
        rise, whole = np.log(10 / 1e-6), np.log(12 / 1e-6)
        assert share["memorisation_ends"] == 100 * int((1400 + 8000 * 0.1 * whole / rise) / 100)
        assert share["cleanup_ends"] == 14_000

    def test_a_boundary_lies_before_the_next_checkpoint(self, tmp_path: Path) -> None:
        curves = phases(test=FLAT_TEST)
        rows = PhaseBoundaries(share=1e-9).compute(open_run(make_run(tmp_path / "R", steps=(0,))), as_given(curves))
        boundaries = rows[rows["part"] == "boundary"].set_index("name")[["step", "next_step"]]
        assert boundaries.loc["memorisation"].tolist() == [1400, 1500]
        assert boundaries.loc["clean-up"].tolist() == [14_000, 14_100]

    def test_the_restricted_loss_leads(self, ends: Any) -> None:
        """Half of the logarithmic way from 4.7 to 1e-7, and from 20 to 1e-7."""
        restricted = 9400 + 2600 * (np.log(1e-2) - np.log(4.7e-7) / 2) / np.log(1e-2 / 1e-7)
        test = 9400 + 4600 * (np.log(15) - np.log(20e-7) / 2) / np.log(15 / 1e-7)
        assert ends(phases())["restricted_leads_by"] == 100 * (np.ceil(test / 100) - np.ceil(restricted / 100))

    def test_noise(self, ends: Any) -> None:
        """Losses within a factor of e^.5 either way, which moves the minimum and the maximum of a plateau by thousands of steps."""
        clean, noisy = ends(phases()), ends(phases(0.5) | {"norms": phases(0.01)["norms"]})
        for name in ("memorisation_ends", "circuit_formation_ends", "cleanup_ends"):
            assert abs(noisy[name] - clean[name]) <= 400, name
        assert abs(STEPS[np.argmax(phases(0.5)["test"])] - 9400) > 2000

    def test_slingshots_after_the_end_do_not_matter(self, ends: Any) -> None:
        curves = phases()
        for name, at in (("test", 160), ("excluded", 170), ("restricted", 170)):
            curves[name][at] = 40.0 if name == "test" else curves[name][at] * 2
        assert abs(ends(curves)["circuit_formation_ends"] - ends(phases())["circuit_formation_ends"]) <= 100

    def test_a_late_dip_of_the_excluded_loss_is_no_memorisation(self, ends: Any) -> None:
        curves = phases()
        curves["excluded"][190:] = np.geomspace(1, 1e-9, 11)
        assert abs(ends(curves)["memorisation_ends"] - ends(phases())["memorisation_ends"]) <= 100

    def test_a_run_that_never_generalises_only_memorises(self, ends: Any) -> None:
        flat = log_curve({0: 4.7, 1000: 20.0, 20_000: 25.0})
        found = ends(phases(test=flat, restricted=flat))
        assert found["memorisation_ends"] == ends(phases())["memorisation_ends"]
        for name in ("circuit_formation_ends", "cleanup_ends", "restricted_leads_by"):
            assert isinstance(found[name], Missing)
        assert "the test loss does not fall by a factor of" in found["restricted_leads_by"]

    def test_a_lead_needs_both_losses(self, ends: Any) -> None:
        found = ends(phases(restricted=log_curve({0: 4.7, 1000: 20.0, 20_000: 25.0})))
        assert "the restricted loss does not fall by a factor of" in found["restricted_leads_by"]
        assert found["circuit_formation_ends"] == ends(phases())["circuit_formation_ends"]

    def test_what_is_memorised_and_stays_so_has_no_end(self, ends: Any) -> None:
        found = ends(phases(excluded=log_curve({0: 4.7, 1400: 1e-6, 20_000: 2e-6})))
        assert "does not rise from its minimum" in found["memorisation_ends"]

    def test_a_run_that_generalises_at_once_does_not_memorise(self, ends: Any) -> None:
        found = ends(phases(excluded=log_curve({0: 4.7, 20_000: 9.0})))
        assert "does not first fall" in found["memorisation_ends"]

    def test_a_run_that_stops_early_has_no_end_of_the_clean_up(self, ends: Any) -> None:
        found = ends(phases(), kept=slice(0, 131))
        assert found["circuit_formation_ends"] == pytest.approx(9800, abs=200)
        assert "still falls at step 13000" in found["cleanup_ends"]

    def test_phases_are_ordered(self, ends: Any) -> None:
        """Corrupted labels stay memorised: the excluded loss leaves its minimum at 12 000, long after the test loss has fallen."""
        late = log_curve({0: 4.7, 1400: 1e-6, 12_000: 1e-6, 16_500: 10.0})
        found = ends(phases(excluded=late, test=log_curve({0: 20.0, 2000: 20.0, 4500: 1e-7})))
        assert found["circuit_formation_ends"] == 2200
        assert found["memorisation_ends"] == (
            "the excluded loss leaves its minimum at step 12400, after the end of circuit formation at step 2200"
        )

    def test_phases_may_end_together(self, ends: Any) -> None:
        turn = {0: 4.7, 1400: 1e-6, 9400: 1e-6, 14_000: 10.0}
        found = ends(phases(excluded=log_curve(turn), test=log_curve({0: 20.0, 9400: 20.0, 14_000: 20e-7})))
        assert found["memorisation_ends"] == found["circuit_formation_ends"] == 9800

    @pytest.fixture
    def table(self, tmp_path: Path) -> Any:
        return lambda curves: PhaseBoundaries().compute(open_run(make_run(tmp_path / "T", steps=(0,))), as_given(curves))

    def test_the_figure_shades_each_phase_from_the_end_of_the_one_before(self, table: Any, ends: Any) -> None:
        found, figure = ends(phases()), PhaseBoundaries().plot(table(phases()))
        corners = [0, *(found[f"{name}_ends"] for name in ("memorisation", "circuit_formation", "cleanup"))]
        bands = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect" and shape.xref == "x"]
        assert bands == list(pairwise(corners))
        assert [shape.label.text for shape in figure.layout.shapes if shape.type == "line"] == []

    def test_a_phase_without_a_beginning_is_not_shaded_and_its_end_is_marked(self, table: Any) -> None:
        rows = table(phases(excluded=log_curve({0: 4.7, 20_000: 9.0})))
        assert list(shaded(rows)) == ["clean-up"]
        labels = {shape.label.text for shape in PhaseBoundaries().plot(rows).layout.shapes if shape.label.text}
        assert labels == {"circuit formation ends"}

    def test_too_few_checkpoints(self, ends: Any) -> None:
        assert "10 checkpoints" in ends(phases(), kept=slice(0, 201, 25))["cleanup_ends"]
