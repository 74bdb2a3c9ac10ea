"""Runs from files that other people published, and from one that is made here as the library's demo makes it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from bridge_names import as_bridge
from hooked_states import network
from made_runs import make_run
from safetensors.torch import save_file
from trained_runs import config, train
from usual_reading import RELU, usual_reading

from mechgrok.errors import UserError
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import Imported, ImportOptions
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.modular import Modular

P = 11
LAST = 120
READING = usual_reading(f"a b {P}", *RELU)
"""Of the demo's weights, where the evidence for a reading is not what is tested."""


@pytest.fixture(scope="module")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A small sister of the library's grokking demo, evaluated at every step."""
    made = config(
        task__p=P,
        task__loss_classes="numbers",
        split__kind="torch-randperm",
        split__fraction=0.8,
        split__seed=598,
        model__init="transformer_lens",
        model__biases="none",
        model__seed=999,
        schedule__steps=0,
        optimizer__lr=0.01,
        optimizer__weight_decay=0.1,
        training__steps=LAST,
        training__evaluate_every=1,
        checkpoints__every=40,
    )
    return train(made, tmp_path_factory.mktemp("demo") / "run")


@pytest.fixture(scope="module")
def demo(demo_run: Run) -> dict[str, Any]:
    """What the demo saves of it: it counts epochs from 0, and records the train loss before an update, the test loss after it."""
    loss = {split: rows.set_index("step").loss for split, rows in demo_run.metrics.groupby("split")}
    train_rows = torch.from_numpy(np.flatnonzero(demo_run.is_train))
    shuffled = train_rows[torch.randperm(len(train_rows), generator=torch.Generator().manual_seed(0))]
    return {
        "model": demo_run.model(LAST).state_dict(),
        "config": demo_run.model(LAST).cfg,
        "checkpoints": [demo_run.model(step).state_dict() for step in (40, 80, 120)],
        "checkpoint_epochs": [39, 79, 119],
        "train_losses": [np.float64(loss["train"][epoch]) for epoch in range(LAST)],
        "test_losses": [np.float64(loss["test"][epoch + 1]) for epoch in range(LAST)],
        "train_indices": shuffled,
        "test_indices": torch.from_numpy(np.flatnonzero(~demo_run.is_train)),
    }


@pytest.fixture
def demo_file(demo: dict[str, Any], tmp_path: Path) -> Path:
    torch.save(demo, tmp_path / "demo.pth")
    return tmp_path / "demo.pth"


@pytest.fixture
def imported(demo_file: Path) -> Imported:
    return import_file(demo_file, demo_file.parent / "run", ImportOptions())


def test_the_demos_steps_weights_and_config_come_back(imported: Imported, demo_run: Run, tmp_path: Path) -> None:
    run = open_run(tmp_path / "run")
    assert imported.steps == (40, 80, 120)
    assert run.steps == [40, 80, 120]
    assert run.config == imported.config
    assert (run.task, run.config.model.d_mlp, run.config.model.heads, run.config.training.steps) == (demo_run.task, 24, 2, LAST)
    for step in run.steps:
        ours, theirs = run.snapshot(step), demo_run.snapshot(step)
        assert all(torch.equal(ours.weights[name], theirs.weights[name]) for name in theirs.weights)
        assert torch.equal(ours.logits, theirs.logits)


def test_the_demo_under_transformer_lens_4_comes_back(demo: dict[str, Any], demo_run: Run, tmp_path: Path) -> None:
    """Its names leave heads, activation and mask open. The test loss, of the last weights, decides; the train loss is of a step before."""
    states = {step: as_bridge(demo_run.snapshot(step).weights) for step in demo_run.steps}
    file = demo | {"model": states[LAST], "config": {}, "checkpoints": [states[step] for step in (40, 80, 120)]}
    torch.save(file, tmp_path / "demo.pth")
    made = import_file(tmp_path / "demo.pth", tmp_path / "run", ImportOptions())
    run = open_run(tmp_path / "run")
    assert (run.steps, run.config.model.heads, run.execution["imported"]["format"]) == ([40, 80, 120], 2, "transformer-lens-demo")
    assert torch.allclose(run.snapshot().logits, demo_run.snapshot().logits, rtol=1e-6, atol=1e-6)
    assert not any("DOUBTFUL" in note for note in made.notes)
    ours = demo_run.metrics.set_index(["step", "split"]).loss
    assert all(value == ours[key] for key, value in run.metrics.set_index(["step", "split"]).loss.items())


def test_a_loss_recorded_after_the_update_stands_at_the_last_weights(demo: dict[str, Any], demo_run: Run, tmp_path: Path) -> None:
    """A file of a plain loop: two lists, the last weights and their rows."""
    kept = {key: demo[key] for key in ("train_losses", "test_losses", "train_indices")}
    weights = as_bridge(demo_run.snapshot().weights)
    torch.save({"model_state_dict": weights, **kept, "train_losses": [2 * each for each in demo["train_losses"]]}, tmp_path / "plain.pt")
    made = import_file(tmp_path / "plain.pt", tmp_path / "run", ImportOptions())
    metrics = open_run(tmp_path / "run").metrics.set_index(["step", "split"]).loss
    assert metrics[LAST, "test"] == demo["test_losses"][-1]
    assert metrics[LAST - 1, "train"] == 2 * demo["train_losses"][-1]
    said = {each.split: str(each) for each in made.losses}
    assert said["train"].endswith("of another moment, other labels or another loss, since the test loss is exactly that of the weights")


def test_the_demos_split_is_given_row_by_row(imported: Imported, demo_run: Run, tmp_path: Path) -> None:
    assert imported.config.split.kind == "given"
    assert open_run(tmp_path / "run").is_train.tolist() == demo_run.is_train.tolist()


def test_the_demos_losses_stand_at_their_steps_and_come_out(imported: Imported, demo_run: Run, tmp_path: Path) -> None:
    """The last test loss is of the last weights, the last train loss of those a step earlier."""
    metrics = open_run(tmp_path / "run").metrics.set_index(["step", "split"]).loss
    ours = demo_run.metrics.set_index(["step", "split"]).loss
    assert metrics.index.get_level_values("step").max() == LAST
    assert len(metrics) == 2 * LAST
    assert all(metrics[key] == ours[key] for key in metrics.index)
    told = {each.split: each for each in imported.losses}
    assert told["test"].recorded == ours[LAST, "test"] == pytest.approx(told["test"].recomputed, rel=1e-5)
    assert (told["train"].recorded, told["train"].recomputed) == (ours[LAST - 1, "train"], pytest.approx(ours[LAST, "train"], rel=1e-5))
    assert all(each.agrees for each in imported.losses)


def test_where_it_came_from_is_recorded(imported: Imported, demo_file: Path, tmp_path: Path) -> None:
    origin = open_run(tmp_path / "run").execution["imported"]
    assert origin["file"] == "demo.pth"
    assert origin["sha256"] == hashlib.sha256(demo_file.read_bytes()).hexdigest()
    assert origin["format"] == "transformer-lens-demo"
    assert tuple(origin["notes"]) == imported.notes


def test_the_seed_of_a_split_that_the_file_does_not_name_is_found(demo: dict[str, Any], demo_run: Run, tmp_path: Path) -> None:
    """The demo's own seed, 598, is out of reach of 0 to 99; another run's would be found, this one is said to be nowhere."""
    bare = {name: value for name, value in demo.items() if not name.endswith("_indices")}
    torch.save(bare, tmp_path / "bare.pth")
    said = ImportOptions(split="torch-randperm", fraction=0.8, split_seed="auto")
    with pytest.raises(UserError, match="that give the recorded losses: none"):
        import_file(tmp_path / "bare.pth", tmp_path / "run", said)
    assert not (tmp_path / "run").exists()
    made = import_file(tmp_path / "bare.pth", tmp_path / "run", ImportOptions(split="torch-randperm", fraction=0.8, split_seed=598))
    assert all(told.agrees for told in made.losses)
    assert open_run(tmp_path / "run").is_train.tolist() == demo_run.is_train.tolist()


def test_train_rows_of_a_file_of_the_user(demo_run: Run, tmp_path: Path) -> None:
    torch.save(demo_run.model(LAST).state_dict(), tmp_path / "weights.pt")
    np.save(tmp_path / "train.npy", demo_run.is_train)
    made = import_file(tmp_path / "weights.pt", tmp_path / "run", ImportOptions(split_file=tmp_path / "train.npy", reading=READING))
    assert (
        import_file(
            tmp_path / "weights.pt", tmp_path / "b", ImportOptions(split="file", split_file=tmp_path / "train.npy", reading=READING)
        )
        == made
    )
    run = open_run(tmp_path / "run")
    assert run.config.split.kind == "given"
    assert run.is_train.tolist() == demo_run.is_train.tolist()
    assert f"{int(demo_run.is_train.sum())} train rows are those of train.npy" in made.notes


def test_a_split_beside_train_rows_of_the_file_is_refused(demo_file: Path, tmp_path: Path) -> None:
    said = ImportOptions(split="python-shuffle", fraction=0.5, split_seed=1)
    with pytest.raises(UserError, match="the file names its train rows; leave --split, --fraction, --split-seed away"):
        import_file(demo_file, tmp_path / "run", said)


@pytest.mark.parametrize("kind", ["python-shuffle", "numpy-shuffle", "torch-randperm", "torch-random-split"])
def test_a_number_of_train_rows_instead_of_a_fraction(kind: Any, demo_run: Run, tmp_path: Path) -> None:
    torch.save(demo_run.model(LAST).state_dict(), tmp_path / "weights.pt")
    with pytest.raises(UserError, match="--train-rows 122: the table has 121 rows"):
        import_file(tmp_path / "weights.pt", tmp_path / "run", ImportOptions(split=kind, train_rows=122, split_seed=2, reading=READING))
    import_file(tmp_path / "weights.pt", tmp_path / "run", ImportOptions(split=kind, train_rows=37, split_seed=2, reading=READING))
    run = open_run(tmp_path / "run")
    assert (run.config.split.kind, run.config.split.count, int(run.is_train.sum())) == (kind, 37, 37)


def test_bare_weights_in_safetensors(demo_run: Run, tmp_path: Path) -> None:
    save_file(demo_run.model(LAST).state_dict(), tmp_path / "weights.safetensors")
    made = import_file(tmp_path / "weights.safetensors", tmp_path / "run", ImportOptions(step=120, operation="add", reading=READING))
    run = open_run(tmp_path / "run")
    assert (made.steps, made.losses, run.is_train) == ((120,), (), None)
    assert (run.config.split.kind, run.task) == ("unknown", demo_run.task)
    assert run.metrics.empty
    assert torch.equal(run.snapshot().logits, demo_run.snapshot(LAST).logits)
    assert any("train split is unknown" in note for note in made.notes)


@pytest.mark.long
def test_weights_without_a_step_are_step_0_and_it_is_said(demo_run: Run, tmp_path: Path) -> None:
    torch.save(demo_run.model(LAST).state_dict(), tmp_path / "weights.pt")
    made = import_file(tmp_path / "weights.pt", tmp_path / "run", ImportOptions())
    assert made.steps == (0,)
    assert any("stored as step 0 (give it by --step N)" in note for note in made.notes)


def test_losses_every_n_updates_stand_at_their_steps(demo: dict[str, Any], tmp_path: Path) -> None:
    """Twenty losses over the 120 updates: by the steps beside them, by the step of the weights, or by their interval."""
    losses = {"train_losses": [1.0] * 20, "test_losses": [1.0] * 20}
    torch.save({"model": demo["model"], **losses, "log_steps": list(range(6, 126, 6))}, tmp_path / "axis.pth")
    torch.save({"model": demo["model"], **losses}, tmp_path / "bare.pth")
    torch.save({"weights": demo["model"], **losses}, tmp_path / "wrapped.pth")
    for name, said, first in (
        ("axis.pth", ImportOptions(reading=READING), [6, 12]),
        ("bare.pth", ImportOptions(step=LAST, reading=READING), [0, 6]),
        ("bare.pth", ImportOptions(record_every=6, reading=READING), [0, 6]),
        ("wrapped.pth", ImportOptions(step=LAST, reading=READING), [0, 6]),
        ("wrapped.pth", ImportOptions(record_every=6, reading=READING), [0, 6]),
    ):
        out = tmp_path / f"{name}{said.step}{said.record_every}"
        made = import_file(tmp_path / name, out, said)
        assert made.steps == (LAST,)
        metrics = open_run(out).metrics
        assert metrics[metrics.split == "train"].step.tolist()[:2] == first
        assert "the recorded losses are not compared with those of the weights, since the train rows are unknown" in made.notes


def everything(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (ImportOptions(p=13), "demo.pth: the file's network has 12 tokens and 11 classes; modulo 13 they would be 14"),
        (ImportOptions(p=0), "did you mean --p 11?"),
        (ImportOptions(operation="subtract"), "did you mean --operation add?"),
        (ImportOptions(step=5), "demo.pth: the file holds its steps (40, 80, 120); leave --step away"),
        (ImportOptions(step=-1), "--step -1: a step is a number of updates"),
    ],
)
def test_what_contradicts_the_file_is_refused_with_nothing_written(said: ImportOptions, complaint: str, demo_file: Path) -> None:
    before = everything(demo_file.parent)
    with pytest.raises(UserError) as error:
        import_file(demo_file, demo_file.parent / "run", said)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)
    assert everything(demo_file.parent) == before


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (ImportOptions(split="python-shuffle"), "--split needs --fraction and --split-seed"),
        (ImportOptions(split="python-shuffle", fraction=0.3), "--split needs --fraction and --split-seed"),
        (ImportOptions(split="python-shuffle", split_seed=0), "--split needs --fraction and --split-seed"),
        (ImportOptions(fraction=0.3), "--fraction: give the kind of split too, --split python-shuffle"),
        (ImportOptions(train_rows=3, split_seed=0), "--train-rows, --split-seed: give the kind of split too"),
        (ImportOptions(split="python-shuffle", fraction=0.3, train_rows=3, split_seed=0), "--fraction and --train-rows both give the size"),
        (
            ImportOptions(split="python-shuffle", split_file=Path("rows.txt")),
            "--split-file lists the train rows, and --split python-shuffle",
        ),
        (
            ImportOptions(split="file", split_file=Path("rows.txt"), fraction=0.3, split_seed=1),
            "--split-file lists the train rows; leave --fr",
        ),
        (ImportOptions(split="python-shuffle", train_rows=0, split_seed=0), "--train-rows 0: a number of rows, 1 or more"),
        (ImportOptions(columns={"step": "t"}), "--columns names columns of a log, and"),
        (ImportOptions(split_seed="auto"), "--split-seed auto needs losses recorded in the file"),
        (ImportOptions(split="file"), "--split file needs --split-file"),
        (ImportOptions(split="torch-threshold", train_rows=3, split_seed=0), "--split torch-threshold has a share of test rows"),
        (ImportOptions(split="python-shuffle", fraction=1.5, split_seed=0), "--fraction 1.5: a share of the rows, above 0 and at most 1"),
        (ImportOptions(split="python-shuffle", fraction=0.5, split_seed=-1), "--split-seed -1: a seed is 0 or more"),
        (ImportOptions(split="python-shuffle", fraction=0.5, split_seed="auto"), "--split-seed auto needs losses recorded in the file"),
    ],
)
def test_half_a_split_is_refused_with_nothing_written(said: ImportOptions, complaint: str, demo_run: Run, tmp_path: Path) -> None:
    torch.save(demo_run.model(LAST).state_dict(), tmp_path / "weights.pt")
    with pytest.raises(UserError) as error:
        import_file(tmp_path / "weights.pt", tmp_path / "run", said)
    assert str(error.value).removeprefix(f"{tmp_path / 'weights.pt'}: ").startswith(complaint)
    assert [path.name for path in everything(tmp_path)] == ["weights.pt"]


def cut_in_two(demo: dict[str, Any], path: Path) -> None:
    torch.save(demo, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


FILES: dict[str, tuple[Any, str]] = {
    "truncated": (cut_in_two, "is damaged"),
    "of something else": (lambda demo, path: torch.save({"a": torch.zeros(3)}, path), "no importer recognises this file"),
    "without a matrix": (lambda demo, path: torch.save({"model": _without(network(), "unembed.W_U")}, path), "unembed.W_U"),
    "with NaN": (
        lambda demo, path: torch.save({"model": network() | {"unembed.W_U": torch.full((6, 7), np.nan)}}, path),
        "unembed.W_U",
    ),
    "with rows that do not exist": (
        lambda demo, path: torch.save(demo | {"train_indices": [P * P]}, path),
        "do not fit a table of 121 rows",
    ),
    "with another activation": (
        lambda demo, path: torch.save(demo | {"config": {"act_fn": "solu_ln", "attention_dir": "causal"}}, path),
        "activation is 'solu_ln'",
    ),
}


def _without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_imported_is_named_with_nothing_written(name: str, demo: dict[str, Any], tmp_path: Path) -> None:
    make, complaint = FILES[name]
    path = tmp_path / "weights.pth"
    make(demo, path)
    with pytest.raises(UserError) as error:
        import_file(path, tmp_path / "run", ImportOptions())
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)
    assert "rows that do not exist" in name or str(path) in str(error.value)
    assert everything(tmp_path) == [path]


@pytest.mark.parametrize("part", [".", "weights", "metrics.csv", "weights/00000000.safetensors"])
def test_a_run_of_ours_is_sent_to_analyze(part: str, tmp_path: Path) -> None:
    ours = make_run(tmp_path / "ours")
    (ours / "execution.json").write_text("{}")
    with pytest.raises(UserError, match=rf"a run of mechgrok; go on with: mechgrok analyze {ours.resolve()}$"):
        import_file(ours / part, tmp_path / "out", ImportOptions())
    assert not (tmp_path / "out").exists()


def test_an_existing_folder_is_left_alone_and_the_file_not_even_read(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine").touch()
    with pytest.raises(UserError, match="run exists already and is never overwritten; choose another --out"):
        import_file(tmp_path / "nowhere.pth", tmp_path / "run", ImportOptions())
    assert [path.name for path in everything(tmp_path)] == ["run", "mine"]


@pytest.fixture(scope="module")
def published(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Imported, Run]:
    out = tmp_path_factory.mktemp("published") / "run"
    said = ImportOptions(p=113, operation="add", fraction=0.3, split="python-shuffle", split_seed="auto")
    return import_file(oracles / "nanda2023" / "low_precision_mod_addition.pth", out, said), open_run(out)


@pytest.mark.long
def test_the_papers_file_comes_out_as_published(published: tuple[Imported, Run]) -> None:
    """The recorded losses are of a step before the weights, whose own are known to seven digits."""
    made, run = published
    assert any("split seed 1 is the one" in note for note in made.notes)
    assert (run.config.split.kind, run.config.split.seed, run.steps) == ("python-shuffle", 1, [50_000])
    told = {each.split: each for each in made.losses}
    assert told["train"].recorded == pytest.approx(2.97e-4, abs=5e-7)
    assert told["test"].recorded == pytest.approx(4.254e-3, abs=5e-7)
    assert told["train"].recomputed == pytest.approx(3.045181e-4, rel=1e-4)
    assert told["test"].recomputed == pytest.approx(3.994994e-3, rel=1e-4)
    assert all(each.agrees for each in made.losses)


@pytest.mark.long
def test_a_wrong_seed_is_said_to_disagree(oracles: Path, tmp_path: Path) -> None:
    said = ImportOptions(fraction=0.3, split="python-shuffle", split_seed=2)
    made = import_file(oracles / "nanda2023" / "low_precision_mod_addition.pth", tmp_path / "run", said)
    assert [told.agrees for told in made.losses] == [False, False]
    assert open_run(tmp_path / "run").config.split.seed == 2


@pytest.mark.long
def test_a_network_of_somebody_else_with_an_unknown_split(oracles: Path, tmp_path: Path) -> None:
    made = import_file(oracles / "chughtai2023" / "C113_T_seed1" / "model.pt", tmp_path / "run", ImportOptions())
    run = open_run(tmp_path / "run")
    assert (made.config.task.operation, made.config.task.p, run.is_train) == ("add", 113, None)
    assert run.snapshot().losses.mean().item() == pytest.approx(1.5851601e-7, rel=1e-4)
    assert run.model().W_E.shape == (114, 128)


@pytest.mark.long
def test_two_layers_with_layernorm_and_spare_positions(oracles: Path, tmp_path: Path) -> None:
    made = import_file(oracles / "oocl" / "ssq_109.pt", tmp_path / "run", ImportOptions())
    run = open_run(tmp_path / "run")
    assert (made.config.task.operation, made.config.task.p) == ("add-squares", 109)
    model = made.config.model
    assert (model.layers, model.normalization, model.attn_only, model.n_ctx) == (2, "LN", True, 5)
    snapshot = run.snapshot()
    assert snapshot.losses.mean().item() == pytest.approx(1.025e-5, rel=1e-3)
    assert bool((snapshot.logits.argmax(1) == torch.from_numpy(run.task.labels())).all())


def distance_irrelevance(run: Run) -> float:
    """Zhong et al. 2023: mean over a - b of the deviation over a + b of the right logit, over its deviation over everything."""
    a, b = torch.from_numpy(run.task.inputs()).T
    right = run.snapshot().logits[torch.arange(len(a)), torch.from_numpy(run.task.labels())]
    by_sum = torch.empty(run.task.p, run.task.p, dtype=torch.float64)
    by_sum[(a + b) % run.task.p, (a - b) % run.task.p] = right
    return float(by_sum.std(0, correction=0).mean() / by_sum.std(correction=0))


def test_a_network_of_zhong_is_run_with_the_attention_of_its_config(oracles: Path, tmp_path: Path) -> None:
    """Their Model A: right everywhere, with the published norm of all parameters and distance irrelevance."""
    made = import_file(oracles / "zhong2023" / "model_p99zdpze5l.pt", tmp_path / "run", ImportOptions())
    run = open_run(tmp_path / "run")
    assert (run.task, run.steps) == (Modular(p=59, layout="a b"), [20_000])
    assert (run.config.model.attention_coefficient, run.config.model.n_ctx) == (0.0, 2)
    snapshot = run.snapshot()
    assert bool((snapshot.logits.argmax(1) == torch.from_numpy(run.task.labels())).all())
    assert distance_irrelevance(run) == pytest.approx(0.17173645, abs=1e-6)
    assert sum(float(tensor.square().sum()) for tensor in snapshot.parameters.values()) ** 0.5 == pytest.approx(22.8538, abs=5e-5)
    assert bool((snapshot.attention == 1).all())
    library = run.model().double()(torch.from_numpy(run.task.inputs()))[:, -1]
    assert torch.allclose(library, snapshot.logits, rtol=1e-10, atol=1e-10)
    assert any("attention coefficient 0" in note for note in made.notes)


@pytest.mark.long
def test_without_its_config_its_attention_is_found_by_the_evidence(oracles: Path, tmp_path: Path) -> None:
    """With ordinary attention it is right everywhere, too, but has a larger loss."""
    shutil.copy(oracles / "zhong2023" / "model_p99zdpze5l.pt", tmp_path / "model_x.pt")
    made = import_file(tmp_path / "model_x.pt", tmp_path / "run", ImportOptions())
    run = open_run(tmp_path / "run")
    assert (run.steps, run.config.model.attention_coefficient) == ([0], 0.0)
    assert any(note.startswith("reading: ") and "attention_coefficient 0.0" in note for note in made.notes)
    assert distance_irrelevance(run) == pytest.approx(0.17173645, abs=1e-6)


def test_rows_without_equals_have_as_many_tokens_as_numbers(oracles: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has 59 tokens and 59 classes; modulo 58 they would be 58 each; did you mean --p 59\?"):
        import_file(oracles / "zhong2023" / "model_p99zdpze5l.pt", tmp_path / "run", ImportOptions(p=58))


def test_a_network_of_one_position_is_no_run(tmp_path: Path) -> None:
    torch.save(network() | {"pos_embed.W_pos": torch.zeros(1, 6)}, tmp_path / "one.pt")
    with pytest.raises(UserError, match="reads 1 token a row; only rows a b = and a b can be imported"):
        import_file(tmp_path / "one.pt", tmp_path / "run", ImportOptions())


@pytest.mark.long
def test_a_network_of_ours_with_squares_and_mixed_attention_comes_back(tmp_path: Path) -> None:
    """A state dict and a config in the library's words, which has both."""
    ours = train(config(task__p=5, model__activation="quadratic", model__attention_coefficient=0.25), tmp_path / "ours")
    words = {"act_fn": "quadratic", "attention_coefficient": 0.25, "normalization_type": None}
    torch.save({"model": ours.model().state_dict(), "config": words}, tmp_path / "file.pth")
    import_file(tmp_path / "file.pth", tmp_path / "run", ImportOptions(operation="add"))
    back = open_run(tmp_path / "run")
    assert (back.config.model.activation, back.config.model.attention_coefficient) == ("quadratic", 0.25)
    assert torch.equal(back.snapshot().logits, ours.snapshot().logits)


@pytest.mark.long
def test_another_eps_of_the_norms_is_kept(demo: dict[str, Any], tmp_path: Path) -> None:
    words = {"act_fn": "relu", "normalization_type": "LNPre", "eps": 1e-2}
    for eps in (1e-2, 1e-5):
        torch.save({"model": demo["model"], "config": words | {"eps": eps}}, tmp_path / f"{eps}.pth")
        import_file(tmp_path / f"{eps}.pth", tmp_path / f"run {eps}", ImportOptions(operation="add"))
    coarse, fine = (open_run(tmp_path / f"run {eps}") for eps in (1e-2, 1e-5))
    assert (coarse.config.model.eps, fine.config.model.eps) == (1e-2, 1e-5)
    x = coarse.snapshot().activation("blocks.0.hook_resid_post")
    variance = x.var(-1, unbiased=False, keepdim=True)
    W_U = coarse.snapshot().unembedding
    assert torch.allclose(coarse.snapshot().logits, (x - x.mean(-1, keepdim=True)) / (variance + 1e-2).sqrt() @ W_U)
    assert not torch.allclose(fine.snapshot().logits, coarse.snapshot().logits, rtol=1e-6)


def test_a_published_file_that_is_no_run(oracles: Path, tmp_path: Path) -> None:
    file = oracles / "nanda2023" / "mod_addition_frac_train_sweep.pth"
    with pytest.raises(UserError) as error:
        import_file(file, tmp_path / "run", ImportOptions())
    assert "holds a list of 2" in str(error.value)
    assert str(error.value).startswith(f"{file}: ")
    assert everything(tmp_path) == []
