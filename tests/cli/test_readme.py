"""The commands of README and guides can be given: what they train, finetune, study or draw, as the flags read it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mechgrok.analysis import analysis
from mechgrok.cli import figure, flags, sweep
from mechgrok.cli.arguments.study_plan import planned_config
from mechgrok.engine import registry

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md")))


def commands() -> list[list[str]]:
    """Every word of every command in their blocks, variables put in as a shell does."""
    return [words for page in PAGES for words in commands_of(page.read_text())]


def commands_of(text: str) -> list[list[str]]:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text.replace("\\\n", ""), re.MULTILINE | re.DOTALL)
    lines = [line for language, block in blocks if not language for line in block.splitlines()]
    named = dict(re.findall(r"^([A-Z]+)=[\"'](.*)[\"']$", "\n".join(lines), re.MULTILINE))
    filled = [re.sub(r"\$([A-Z]+)", lambda found: named[found[1]], line) for line in lines]
    return [shlex.split(each, comments=True) for line in filled for each in line.split("&&") if each.strip().startswith("mechgrok ")]


FIGURES = [words for words in commands() if words[1] == "figure"]
TRAINED = [words for words in commands() if words[1] in ("train", "finetune") and not words[2].startswith("-")]


@pytest.mark.parametrize("words", TRAINED, ids=" ".join)
def test_what_it_trains_can_be_trained(words: list[str]) -> None:
    assert planned_config(words[1:]).training.steps > 0


def test_it_finetunes_from_what_it_has_trained() -> None:
    made = [words[words.index("--out") + 1] for words in commands() if "--out" in words]
    parents = [words[words.index("--from") + 1] for words in commands() if "--from" in words]
    assert parents
    assert set(parents) <= set(made)


def test_its_studies_are_there() -> None:
    studies = [words[3] for words in commands() if words[1] == "study"]
    assert studies
    assert all(analysis(name).study for name in studies)


@pytest.mark.parametrize(
    "words", [words for words in commands() if words[1:3] != ["sweep", "status"] and words[1] == "sweep"], ids=" ".join
)
def test_its_sweeps_can_be_planned(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(sweep.parsed(words[2:])[1].configs) == 6


@pytest.mark.parametrize("words", FIGURES, ids=" ".join)
def test_its_figures_name_measures_and_formats_that_there_are(words: list[str]) -> None:
    asked = flags.parse(figure.Draw, words[2:], "figure")
    assert figure._checked(asked) == asked.out
    labels = figure._listed(asked.panels) or [asked.measure]
    assert [registry.parse(label.partition(":")[0]).label for label in labels] == labels
