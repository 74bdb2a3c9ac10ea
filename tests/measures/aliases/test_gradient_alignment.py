"""gradient-alignment on planted networks; and its figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from alias_networks import EVERYTHING, PARAMETERS, TASK, C, flat_network, module_loss, random_network, rows_about
from made_runs import make_run
from planted import measured

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.maths.statistics.clusters import WIDTH
from mechgrok.measures.aliases.gradient_alignment import GradientAlignment
from mechgrok.runs.run import open_run
from mechgrok.tasks.alias_tables.alias_rows import dealt
from mechgrok.tasks.aliases import Aliases

CASES = [(name, int(integers[1])) for name, integers in dealt(TASK).items()]


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame({"step": [100, 100, 3000, 3000], "k": [1, 2, 1, 2], "share": [0.1, 0.2, 0.3, 0.4]})


@pytest.mark.parametrize("steps", [[8], [4, 8]])
def test_the_alignment_of_gradients_has_its_intervals_at_any_number_of_steps(steps):
    cosines = pd.DataFrame({"part": "Dt3", "integer": [0, 1, 2] * 2, "group": ["all"] * 3 + ["norms"] * 3, "cosine": [0.1, 0.2, 0.6] * 2})
    table = pd.concat([cosines.assign(step=step, cosine_others=0.0) for step in steps])
    figure = GradientAlignment().plot(table)
    high = 0.3 + 1.959964 * np.sqrt(0.07 / 3)
    by_group = figure.data[-1]
    assert (by_group.y + by_group.error_y.array).tolist() == pytest.approx([high] * 2)
    first = figure.data[0]
    assert (first.y + first.error_y.array if len(steps) == 1 else first.y[:2]) == pytest.approx([high] * len(steps))


@pytest.fixture(scope="module")
def flat() -> Result:
    return measured(GradientAlignment(), flat_network())


@pytest.fixture(scope="module")
def random() -> pd.DataFrame:
    return measured(GradientAlignment(), random_network()).table.set_index(["part", "integer", "group"])


def slope(part: str, integer: int, *, held_out: bool) -> np.ndarray:
    """1 / C less the share of rows with each label (C,)."""
    _, labels = rows_about(part, integer, held_out=held_out)
    return 1 / C - np.bincount(labels, minlength=C) / len(labels)


@pytest.mark.parametrize(("name", "integer"), CASES)
def test_with_equal_classes_the_gradients_are_one_over_c_less_the_labels(flat: Result, name: str, integer: int) -> None:
    """A definition is right where some question has its integer as the answer, and is orthogonal to no other one but by 1 / C."""
    own, asked = slope(f"{name}-definitions", integer, held_out=False), slope(name, integer, held_out=True)
    others = [slope(name, other, held_out=True) for other in dealt(TASK)[name].tolist() if other != integer]
    cosines = [own @ each / np.linalg.norm(own) / np.linalg.norm(each) for each in (asked, *others)]
    for group in ("unembed", "all"):
        row = flat.table.set_index(["part", "integer", "group"]).loc[(name, integer, group)]
        assert row["inner"] == pytest.approx(own @ asked, rel=1e-12, abs=1e-15)
        assert row["cosine"] == pytest.approx(cosines[0], rel=1e-12, abs=1e-15)
        assert row["inner_others"] == pytest.approx(np.mean([own @ each for each in others]), rel=1e-12, abs=1e-15)
        assert row["cosine_others"] == pytest.approx(np.mean(cosines[1:]), rel=1e-12, abs=1e-15)


def test_a_group_without_a_gradient_has_no_cosine(flat: Result) -> None:
    rest = flat.table[~flat.table["group"].isin(["unembed", "all"])]
    assert set(rest["group"]) == {"embed", "positions", "attention", "mlp"}
    assert (rest["inner"] == 0).all()
    assert rest["cosine"].isna().all()
    assert set(flat.headline["strong_gap_by_group"]) == {"unembed"}


def moved_loss(names: list[str], move: dict[str, torch.Tensor], length: float, rows: tuple[np.ndarray, np.ndarray]) -> float:
    """Loss of rows with some parameters moved, by TransformerLens in float64."""
    snapshot = random_network()
    weights = {name: tensor + (length * move[name] if name in names else 0) for name, tensor in snapshot.weights.items()}
    with torch.no_grad():
        return float(module_loss(snapshot.architecture.module(weights), *rows))


@pytest.mark.parametrize("group", [*PARAMETERS, "all"])
@pytest.mark.parametrize(("name", "integer"), CASES[1:3])
def test_inner_products_are_slopes_of_the_questions_along_the_definitions_gradient(
    random: pd.DataFrame, name: str, integer: int, group: str
) -> None:
    """A central difference with steps of 1e-5 is off by 1e-10 and, in rounding, by 1e-11 of a loss of about 5."""
    names = PARAMETERS.get(group, EVERYTHING)
    snapshot = random_network()
    module = snapshot.architecture.module(snapshot.weights)
    module_loss(module, *rows_about(f"{name}-definitions", integer, held_out=False)).backward()
    move = {key: parameter.grad for key, parameter in module.named_parameters() if key in names}
    for other, column in ((integer, "inner"), (None, "inner_others")):
        asked = [other] if other is not None else [each for each in dealt(TASK)[name].tolist() if each != integer]
        rows = [rows_about(name, each, held_out=True) for each in asked]
        ends = [np.mean([moved_loss(names, move, length, each) for each in rows]) for length in (-1e-5, 1e-5)]
        assert random.loc[(name, integer, group), column] == pytest.approx((ends[1] - ends[0]) / 2e-5, rel=1e-6, abs=2e-9)


def test_groups_add_up(random: pd.DataFrame) -> None:
    by = random["inner"].unstack("group")
    assert np.allclose(by[list(PARAMETERS)].sum(axis=1), by["all"], rtol=1e-12, atol=1e-14)


def test_the_embedding_of_an_alias_is_changed_by_nothing_about_another(random: pd.DataFrame) -> None:
    """A definition changes the rows of its tag and its alias, questions those of '=', the integers and their alias."""
    embed = random.xs("embed", level="group")
    assert (embed["inner_others"] == 0).all()
    assert (embed["inner"] != 0).all()


def test_a_gap_is_that_of_own_less_others_with_its_interval(tmp_path: Path) -> None:
    measure = GradientAlignment()
    values = {"Dt3": [0.5, 0.7, 0.9], "Df4": [0.1, 0.3]}
    rows = [(part, n, "all", cosine + 0.2, 0.2) for part, found in values.items() for n, cosine in enumerate(found)]
    table = pd.DataFrame(rows, columns=["part", "integer", "group", "cosine", "cosine_others"]).assign(inner=0.0, inner_others=0.0, step=0)
    found = Result(measure, table).headline
    error = np.sqrt(0.04 / 3 + 0.02 / 2)
    assert found["strong_gap"] == pytest.approx(0.5)
    assert found["strong_gap_low"] == pytest.approx(0.5 - WIDTH * error)
    assert found["strong_gap_high"] == pytest.approx(0.5 + WIDTH * error)
    assert found["cosine_Dt3"] == pytest.approx(0.9)
    assert found["weak_gap"] is None


@pytest.mark.parametrize(("task", "words"), [(None, "no aliases"), (Aliases(p=13, questions=3, sets=("Q5", "N9")), "definitions")])
def test_what_has_no_definitions_is_not_for_them(tmp_path: Path, task: Aliases | None, words: str) -> None:
    run = open_run(make_run(tmp_path / "run", task=task))
    for name in ("gradient-alignment", "gradient-patching"):
        outcome = analyze(run, [name], nulls=0)[name]
        assert isinstance(outcome, NotApplicable)
        assert words in outcome.reason
