"""gradient-patching on planted networks; and its figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from alias_networks import EVERYTHING, PARAMETERS, TASK, C, flat_network, module_loss, random_network, rows_about
from planted import measured

from mechgrok.engine.outcomes import Result
from mechgrok.maths.statistics.clusters import WIDTH
from mechgrok.measures.aliases.gradient_patching import GradientPatching
from mechgrok.tasks.alias_tables.alias_rows import dealt

SIZE = 2.0
KEYS = ["part", "tag", "group", "integer"]
HALVES = {name: (integers[::2].tolist(), integers[1::2].tolist()) for name, integers in dealt(TASK).items()}


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame({"step": [100, 100, 3000, 3000], "k": [1, 2, 1, 2], "share": [0.1, 0.2, 0.3, 0.4]})


def test_the_control_of_patched_gradients_is_drawn_as_large_as_it_is():
    changes = {"definition": -4.0, "loss_own": 0.8, "loss_others": 0.01}
    table = pd.DataFrame({"step": 9, "part": ["Dt3", "Df4"], "tag": ["Dt", "Df"], "group": "all", **changes})
    layout = GradientPatching().plot(table).layout
    assert [layout[name].matches for name in ("yaxis2", "yaxis3")] == ["y", "y"]


@pytest.fixture(scope="module")
def flat() -> pd.DataFrame:
    return measured(GradientPatching(size=SIZE), flat_network()).table.set_index(KEYS)


@pytest.fixture(scope="module")
def random() -> pd.DataFrame:
    return measured(GradientPatching(size=SIZE), random_network()).table.set_index(KEYS)


@pytest.mark.parametrize("name", TASK.sets)
@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.long
def test_with_equal_classes_a_step_is_a_bias_towards_what_was_defined(flat: pd.DataFrame, name: str, half: int) -> None:
    """g = 1 / C - share of each label among the definitions; after the step the logits of every row are -size g / |g|."""
    labels = np.concatenate([rows_about(f"{name}-definitions", n, held_out=False)[1] for n in HALVES[name][half]])
    g = 1 / C - np.bincount(labels, minlength=C) / len(labels)
    logits = -SIZE * g / np.linalg.norm(g)
    change = np.log(np.exp(logits).sum()) - logits - np.log(C)
    for own, column in ((half, "loss_own"), (1 - half, "loss_others")):
        for n in HALVES[name][own]:
            expected = change[rows_about(name, n, held_out=True)[1]].mean()
            for group in ("unembed", "all"):
                assert flat.loc[(name, "Dt", group, n), column] == pytest.approx(expected, rel=1e-12, abs=1e-14)
    for n in HALVES[name][half]:
        expected = change[rows_about(f"{name}-definitions", n, held_out=False)[1]].mean()
        assert flat.loc[(name, "Df", "all", n), "definition"] == pytest.approx(expected, rel=1e-12)
        assert expected < 0


def test_groups_without_a_gradient_change_nothing(flat: pd.DataFrame) -> None:
    rest = flat[~flat.index.get_level_values("group").isin(["unembed", "all"])]
    assert len(rest) == 4 * 2 * 13
    assert (rest == 0).all(axis=None)


def answered(module: torch.nn.Module, name: str, n: int) -> tuple[float, float]:
    """Mean loss and accuracy over the number classes of the held-out questions about an alias."""
    inputs, labels = rows_about(name, n, held_out=True)
    with torch.no_grad():
        said = module(torch.from_numpy(inputs))[:, -1, : TASK.p].argmax(1).numpy()
        return float(module_loss(module, inputs, labels)), float((said == labels).mean())


@pytest.mark.parametrize("group", [*PARAMETERS, "all"])
@pytest.mark.parametrize(("name", "tag"), [("DfQ2", "Df"), ("Dt3", "Dt"), ("Df4", "Dt")])
def test_a_step_is_that_of_sgd_on_one_group(random: pd.DataFrame, name: str, tag: str, group: str) -> None:
    snapshot = random_network()
    module = snapshot.architecture.module(snapshot.weights)
    before = {n: answered(module, name, n) for n in dealt(TASK)[name].tolist()}
    defined = [rows_about(f"{name}-definitions", n, held_out=False) for n in HALVES[name][1]]
    inputs, labels = (np.concatenate(each) for each in zip(*defined, strict=True))
    inputs[:, 0] = TASK.token_labels.index(tag)
    module_loss(module, inputs, labels).backward()
    names = PARAMETERS.get(group, EVERYTHING)
    length = torch.cat([each.grad.flatten() for key, each in module.named_parameters() if key in EVERYTHING]).norm()
    torch.optim.SGD([each for key, each in module.named_parameters() if key in names], lr=SIZE / float(length)).step()
    for own, suffix in ((1, "own"), (0, "others")):
        for n in HALVES[name][own]:
            loss, accuracy = answered(module, name, n)
            found = random.loc[(name, tag, group, n)]
            assert found[f"loss_{suffix}"] == pytest.approx(loss - before[n][0], rel=1e-9, abs=1e-12)
            assert found[f"accuracy_{suffix}"] == pytest.approx(accuracy - before[n][1], abs=1e-12)


def test_some_answers_change(random: pd.DataFrame) -> None:
    """Else the test above would not see an accuracy that is always 0."""
    assert (random["accuracy_own"] != 0).any()
    assert (random["accuracy_others"] != 0).any()


def test_a_small_step_in_the_embedding_does_nothing_to_other_aliases(random: pd.DataFrame) -> None:
    assert (random.xs("embed", level="group")["loss_others"] == 0).all()


@pytest.mark.long
def test_the_weights_stay() -> None:
    snapshot = random_network()
    kept = {name: tensor.clone() for name, tensor in snapshot.weights.items()}
    GradientPatching(size=SIZE).compute(snapshot, {})
    assert all(torch.equal(kept[name], tensor) for name, tensor in snapshot.weights.items())
    assert all(torch.equal(kept[name], tensor) for name, tensor in snapshot.parameters.items())


@pytest.fixture
def said() -> Result:
    """Effects under each tag, by set: others are 1, so that they have to be taken away."""
    effects = {("Dt3", "Dt"): [-3.0, -1.0], ("Dt3", "Df"): [-2.0, -1.0], ("Df4", "Dt"): [0.0, -1.0], ("Df4", "Df"): [0.5, 0.5]}
    rows = [
        {"part": part, "tag": tag, "integer": 10 * (part == "Df4") + n, "loss_own": value + 1, "loss_others": 1.0}
        for (part, tag), values in effects.items()
        for n, value in enumerate(values)
    ]
    table = pd.DataFrame(rows).assign(group="all", definition=-2.0, accuracy_own=0.0, accuracy_others=0.0, step=0)
    return Result(GradientPatching(), table)


def test_a_gap_is_between_sets_under_their_own_tags(said: Result) -> None:
    """-2 less .5, with variances of 2 and 0 over two aliases each."""
    assert said.headline["gap"] == pytest.approx(-2.5)
    assert said.headline["gap_high"] == pytest.approx(-2.5 + WIDTH * 1.0)


def test_a_gap_of_tags_is_between_tags_on_the_same_aliases(said: Result) -> None:
    """Differences -1, 0, -.5, -1.5: mean -.75, variance 1.25 / 3."""
    assert said.headline["tag_gap"] == pytest.approx(-0.75)
    assert said.headline["tag_gap_low"] == pytest.approx(-0.75 - WIDTH * np.sqrt(1.25 / 3 / 4))
    assert said.headline["loss_own_Dt3"] == pytest.approx(-1.0)
