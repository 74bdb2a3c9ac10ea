"""Trains a network of each of eight presets on a table that a laptop can learn, and writes what came of it.

`python docs/presets.py [FOLDER]` trains what is not yet trained in FOLDER (by default checkpoints/presets; about an hour of one core in
all, and Ctrl-C loses nothing), analyses it, and writes docs/presets.md.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from mechgrok.cli import main as mechgrok
from mechgrok.measures.engine import analyze
from mechgrok.measures.grok_times import GrokTimes
from mechgrok.measures.outcomes import Result
from mechgrok.runs.run import open_run

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Trial:
    """A preset on a small table, and what its source says of such runs."""

    preset: str
    flags: str
    says: str
    """The source's statement, and where."""
    verdict: str
    """Whether this run agrees, and what it cannot say."""

    @property
    def command(self) -> str:
        """What trains it."""
        return " ".join(["mechgrok train", self.preset, self.flags]).strip()


TRIALS = (
    Trial("nanda2023", "--task.p 53 --split.fraction 0.5 --training.steps 6000", "", ""),
    Trial("inglis2023", "--task.p 53 --split.fraction 0.5 --training.steps 6000", "", ""),
    Trial("furuta2024", "--task.p 37 --split.fraction 0.5 --task.operation multiply --training.steps 4000", "", ""),
    Trial("gromov2023", "--task.p 47 --model.d_mlp 240 --optimizer.lr 10000 --training.steps 4000", "", ""),
    Trial("zhong2023", "--training.steps 3000", "", ""),
    Trial("devon2024", "--task.p 37 --split.fraction 0.7 --training.steps 6000", "", ""),
    Trial("oocl2024", "--task.p 31 --training.steps 8000 --checkpoints.every 1000", "", ""),
    Trial(
        "miml2025",
        "--task.p 23 --split.fraction 0.8 --optimizer.weight_decay 1 --model.d_model 64 --model.d_mlp 256 --training.steps 6000",
        "",
        "",
    ),
)


def main(folder: Path) -> None:
    """Trains, analyses, writes."""
    for trial in TRIALS:
        _train(trial, folder / trial.preset)
        mechgrok(["analyze", str(folder / trial.preset)])
    (ROOT / "docs" / "presets.md").write_text(page(folder))


def _train(trial: Trial, run: Path) -> None:
    words = trial.command.split()[1:]
    status = mechgrok(["train", "--resume", str(run)] if run.exists() else [*words, "--out", str(run)])
    if status:
        raise SystemExit(status)


def page(folder: Path) -> str:
    """The table, and under it what each source says."""
    head = ["| preset | flags | train rows | memorised | generalised | last step, accuracy train / test |", "|---|---|---|---|---|---|"]
    notes = [f"- **{trial.preset}**: {trial.says} {trial.verdict}" for trial in TRIALS]
    return "\n".join([*_introduction(), *head, *(_row(trial, folder / trial.preset) for trial in TRIALS), "", *notes, ""])


def _introduction() -> list[str]:
    return [
        "# The presets on small tables",
        "",
        "Made by `python docs/presets.py`: one run of each, one seed. Memorised and generalised are the first steps at which train and",
        "test accuracy are at least .99, and stay so for three readings (`grok-times`); a dash where that never came.",
        "",
    ]


def _row(trial: Trial, folder: Path) -> str:
    run = open_run(folder)
    found = analyze(run, [GrokTimes()], nulls=0)["grok-times"]
    assert isinstance(found, Result), found
    quoted = [found.headline[key] for key in ("memorised", "generalised")]
    last = run.metrics[run.metrics["step"] == run.metrics["step"].max()].set_index("split")["accuracy"]
    rows = "" if run.is_train is None else f"{run.is_train.sum()} of {len(run.is_train)}"
    times = [f"{step:.0f}" if isinstance(step, int | float) else "-" for step in quoted]
    end = f"{run.metrics['step'].max()}, {last['train']:.3f} / {last['test']:.3f}"
    return f"| `{trial.preset}` | `{trial.flags}` | {rows} | {' | '.join(times)} | {end} |"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "checkpoints" / "presets")
