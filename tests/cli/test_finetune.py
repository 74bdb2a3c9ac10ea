"""mechgrok finetune."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tiny_flags import QUIET, TINY

from mechgrok.cli import finetune, train
from mechgrok.runs.run import open_run

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def parent(call) -> Path:
    assert call("train", "demo", *TINY, *QUIET, "--out", "add")[0] == 0
    return Path("add")


def test_an_embedding_is_taken_over_and_kept(call, parent: Path) -> None:
    words = shlex.split("--from add --load embed --freeze embed --task.operation 2a+b --optimizer.lr 0.01 --model.seed 1 --out run")
    status, out, err = call("finetune", "demo", *TINY, *QUIET, *words)
    assert (status, err) == (0, "")
    assert out == "stopped at step 20: that was the last step. Next: mechgrok analyze run\n"
    run = open_run("run")
    assert (run.task.operation, run.config.optimizer.lr) == ("2a+b", 0.01)  # type: ignore[attr-defined]
    assert (run.config.start.load, run.config.start.freeze) == (("embed",), ("embed",))
    assert (run.config.start.parent.run, run.config.start.parent.step) == ("add", 20)
    assert call("train", "--resume", "run")[1].startswith("stopped at step 20: it is finished already")
    (parent / "config.json").unlink()
    assert call("analyze", "run", "loss", "--nulls", 0)[0] == 0


def test_by_default_the_folder_names_the_parent(call, parent: Path) -> None:
    assert call("finetune", "demo", *TINY, *QUIET, "--from", "add@0", "--load", "unembed", "body", "--model.seed", 4)[0] == 0
    run = open_run("checkpoints/demo-p7-s4-from-add")
    assert (run.config.start.parent.step, run.config.start.load) == (0, ("unembed", "body"))


@pytest.mark.parametrize(
    ("words", "noted"),
    [
        ("--load embed", True),
        ("--load embed --model.seed 4", False),
        ("--load embed unembed body", False),
        ("--load all", False),
    ],
)
def test_what_is_drawn_as_the_parent_s_own_weights_were_is_noted(call, parent: Path, words: str, noted: bool) -> None:
    status, out, _ = call("finetune", "demo", *TINY, *QUIET, "--from", "add", *words.split(), "--out", "run")
    assert status == 0
    note = "note: add has model.seed 0 too: what is not loaded is drawn as it was there; give another\n"
    assert (note in out) == noted
    begun, parents = (open_run(name).trajectory("unembed.W_U")[0] for name in ("run", "add"))
    assert (begun == parents).all() == noted, "the note is true"


def test_the_report_says_where_the_weights_come_from(call, parent: Path) -> None:
    from mechgrok.report.facts import trained

    call("finetune", "demo", *TINY, *QUIET, *shlex.split("--from add --load embed body --freeze body --out run"))
    assert "embed, body from add, step 20 · body frozen" in trained(open_run("run"))
    assert "frozen" not in trained(open_run("add"))
    call("train", "demo", *TINY, *QUIET, *shlex.split("--start.freeze embed --out control"))
    assert " · embed frozen as drawn · " in trained(open_run("control"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("demmo --from add --load all", "there is no preset demmo; did you mean demo?"),
        ("demo --load all", "--from: give the run to start from, RUN or RUN@STEP (mechgrok finetune --help)"),
        ("demo --from add", "--load: name the weights to take from the parent: embed, unembed, body or all"),
        ("demo --from add@5 --load all", "add has no checkpoint at step 5; the nearest is 0"),
        ("demo --from nowhere --load all", "there is no nowhere; give the folder of a run"),
        ("demo --from add --load everything", "invalid choice 'everything' for argument '--load"),
        ("demo --from add --load embed --freeze all", "start.freeze all leaves nothing to train; freeze less"),
        (
            "demo --from add --load embed --task.p 5",
            "embed.W_E is (6, 16) here, with 5 numbers, and (8, 16) in add@20, with 7; set --task.p, --model.d_model and the like to "
            "the parent's, or do not load it",
        ),
        ("demo --from add --load body --model.activation gelu", "the body of add@20 computes with activation relu, this network with gelu"),
        ("demo --from add --load embed --tsk.p 5", "Unrecognized options: --tsk.p, 5"),
    ],
)
def test_wrong_input_is_one_line_and_writes_nothing(words: str, said: str, call, parent: Path) -> None:
    name, *rest = shlex.split(words)
    own = [] if "--task.p" in rest or "--tsk.p" in rest else ["--task.p", "7"]
    status, out, err = call("finetune", name, *TINY[2:], *QUIET, *own, *rest, "--out", "run")
    assert (status, out) == (2, "")
    assert err.startswith(f"mechgrok: {said}")
    assert err.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["add"]


def test_a_run_is_never_overwritten(call, parent: Path) -> None:
    status, _, err = call("finetune", "demo", *TINY, *QUIET, "--from", "add", "--load", "all", "--out", "add")
    assert (status, err.startswith("mechgrok: add exists already and is never overwritten")) == (2, True)


def test_help_says_what_can_be_loaded_and_how_each_start_is_made(call) -> None:
    status, out, err = call("finetune", "--help")
    assert (status, err) == (0, "")
    assert all(word in out for word in ("mechgrok finetune PRESET --from RUN", "embed", "unembed", "body", "all", "--freeze", "nanda2023"))
    assert call("finetune")[1] == out


def test_the_commands_of_its_help_can_be_given(call) -> None:
    """Each with a preset, as the flags read it; the first word of a line is what it is for."""
    found = re.findall(r"^  \S.*?  (mechgrok (finetune|train) PRESET .*)$", finetune.USAGE, re.MULTILINE)
    assert len(found) == 4
    for line, command in found:
        words = shlex.split(line)[3:]
        made = train.chosen(finetune.parsed("demo", words) if command == "finetune" else train.parsed("demo", words))
        assert made.start.load or made.start.freeze
        assert made.start.parent is None


def test_the_flags_of_a_preset_have_their_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        finetune.parsed("demo", ["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert all(flag in said for flag in ("--from RUN[@STEP]", "--load", "--freeze", "--task.p", "--optimizer.weight-decay"))
    assert "--start.load" not in said
