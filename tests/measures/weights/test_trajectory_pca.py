"""trajectory-pca of weights that move along known paths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_curves import looked_at
from made_runs import make_run
from safetensors.numpy import load_file, save_file

from mechgrok.measures.weights.trajectory_pca import TrajectoryPCA
from mechgrok.runs.run import Run, open_run


class TestTrajectoryPCA:
    def run_of(self, folder: Path, positions: list[np.ndarray]) -> Run:
        """A run whose weights move by these positions along fixed directions, one in each of two parameters."""
        make_run(folder, steps=(0,))
        start = load_file(folder / "weights" / "00000000.safetensors")
        draw = np.random.default_rng(5)
        ways = {name: draw.standard_normal(start[name].shape) for name in ("embed.W_E", "blocks.0.mlp.W_in")}
        ways = {name: way / np.linalg.norm(way) for name, way in ways.items()}
        for step, position in enumerate(positions):
            moved = {name: (start[name] + x * ways[name]).astype(np.float32) for (name, x) in zip(ways, position, strict=True)}
            save_file({**start, **moved}, folder / "weights" / f"{100 * step:08d}.safetensors")
        return open_run(folder)

    def test_an_ellipse(self, tmp_path: Path) -> None:
        """Half axes 3 and 1 in two parameters: shares .9 and .1, and the coordinates are the positions."""
        angles = 2 * np.pi * (np.arange(40) + 0.5) / 40
        positions = [np.array([3 * np.cos(angle), np.sin(angle)]) for angle in angles]
        run = self.run_of(tmp_path / "R", positions)
        found = looked_at(run, TrajectoryPCA())
        assert (found.headline["share_1"], found.headline["share_2"]) == (pytest.approx(0.9, abs=1e-6), pytest.approx(0.1, abs=1e-6))
        points = found.table[found.table["part"] == "checkpoint"]
        assert np.abs(points["first"]).to_numpy() == pytest.approx(np.abs([x for x, _ in positions]), abs=1e-5)
        assert np.abs(points["second"]).to_numpy() == pytest.approx(np.abs([y for _, y in positions]), abs=1e-5)
        assert points["distance"].tolist() == pytest.approx([np.linalg.norm(each - positions[0]) for each in positions], abs=1e-5)
        norms = [sum(float((w.astype(float) ** 2).sum()) for w in load_file(run.weights_path(step)).values()) for step in run.steps]
        assert points["alpha"].tolist() == pytest.approx(np.sqrt(np.array(norms) / norms[0]), rel=1e-9)

    def test_its_null_is_the_random_walk(self, tmp_path: Path) -> None:
        run = self.run_of(tmp_path / "R", [np.array([t, t**2 / 100]) for t in range(30)])
        walk = looked_at(run, TrajectoryPCA()).headline
        expected = [6 / (900 - 1) / (4 * np.sin(np.pi * k / 60) ** 2) for k in (1, 2)]
        assert [walk["walk_share_1"], walk["walk_share_2"]] == pytest.approx(expected, abs=1e-10)

    def test_three_checkpoints_have_a_path_and_two_have_none(self, tmp_path: Path) -> None:
        positions = [np.array([0.0, 0.0]), np.array([1.0, 0.0]), np.array([2.0, 0.0])]
        assert looked_at(self.run_of(tmp_path / "three", positions), TrajectoryPCA()).headline["share_1"] == pytest.approx(1, abs=1e-6)
        assert "three checkpoints" in looked_at(self.run_of(tmp_path / "two", positions[:2]), TrajectoryPCA()).missing["share_1"]

    @pytest.mark.parametrize(("checkpoints", "components"), [(3, 2), (10, 9), (14, 10)])
    def test_ten_components_at_most_and_one_fewer_than_checkpoints(self, tmp_path: Path, checkpoints: int, components: int) -> None:
        run = self.run_of(tmp_path / "R", [np.array([t, t**2 / 100]) for t in range(checkpoints)])
        table = looked_at(run, TrajectoryPCA()).table
        assert table["component"].dropna().tolist() == list(range(1, components + 1))

    def test_weights_that_do_not_move(self, tmp_path: Path) -> None:
        run = self.run_of(tmp_path / "R", [np.zeros(2)] * 4)
        found = looked_at(run, TrajectoryPCA())
        assert found.missing["share_1"] == "the weights are the same at all checkpoints"
        assert (found.headline["alpha"], found.headline["distance"]) == (1, 0)

    def test_its_figure_shows_path_components_and_distance(self, tmp_path: Path) -> None:
        run = self.run_of(tmp_path / "R", [np.array([t, t**2 / 100]) for t in range(6)])
        figure = looked_at(run, TrajectoryPCA()).figure()
        assert [trace.type for trace in figure.data] == ["scatter", "bar", "bar", "scatter"]
        assert figure.layout.xaxis.title.text.startswith("component 1 (")
