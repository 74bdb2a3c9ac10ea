"""Sorts the words after a command into runs, folders of runs and measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.runs import store


@dataclass(frozen=True)
class Words:
    """The words by what they name."""

    runs: tuple[Path, ...]
    measures: tuple[str, ...]
    index: Path | None
    """Where the index over several runs goes; None for a single run that was named itself."""


def sort_words(words: Sequence[str]) -> Words:
    """Takes folders for runs or folders of runs, other words for measures. Raises UserError for a word that is neither, or no run."""
    folders = [Path(word) for word in words if _is_folder(word)]
    measures = [_measure(word) for word in words if not _is_folder(word)]
    if not folders:
        raise UserError("name a run, or a folder of runs")
    runs = list(dict.fromkeys(run for folder in folders for run in _runs(folder)))
    return Words(tuple(runs), tuple(measures), _index(folders, runs))


def only_runs(words: Sequence[str]) -> Words:
    """The runs that the words name. Raises UserError for a word that is no folder."""
    for word in words:
        if not _is_folder(word):
            raise UserError(f"there is no folder {word}; give runs, or a folder of runs")
    return sort_words(words)


def written_to(words: Words, results: Path | None) -> Words:
    """The words, with the index over several runs in the folder of `--results`. Raises UserError where two runs have one name there."""
    if results is None:
        return words
    names = [path.resolve().name for path in words.runs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError(f"--results {results}: two of the runs are called {twice[0]}; give them one after the other, each its own folder")
    return replace(words, index=words.index and results / "index.html")


def _is_folder(word: str) -> bool:
    """A folder that is or holds a run, or that can mean nothing else."""
    if not word.strip():
        raise UserError("one of the words is empty; give runs, folders of runs, and measures")
    path = Path(word)
    return path.is_dir() and (_is_run(path) or any(_inside(path)) or not _is_measure(word))


def _is_measure(word: str) -> bool:
    from mechgrok.engine.registry import measures

    return word.partition("(")[0].strip() in measures()


def _measure(word: str) -> str:
    from mechgrok.engine.registry import nearest_measure, parse

    name = word.partition("(")[0]
    if not _is_measure(word) and ("/" in name or "." in name):
        raise UserError(f"there is no folder {word}; give runs, folders of runs, and measures")
    if word.replace(",", "").isdecimal():
        raise UserError(f"{word} is neither a folder nor a measure; several steps are separated by commas: --steps 10,20")
    if not _is_measure(word):
        raise UserError(f"{word} is neither a folder nor a measure{nearest_measure(name)}")
    return parse(word).label


def _runs(folder: Path) -> list[Path]:
    return [folder] if _is_run(folder) else _inside(folder) or [folder]


def _is_run(folder: Path) -> bool:
    return (folder / store.CONFIG).is_file()


def _inside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _is_run(path) and not path.name.startswith("."))


def _index(folders: Sequence[Path], runs: Sequence[Path]) -> Path | None:
    if len(folders) == 1:
        return None if folders[0] in runs else folders[0] / "index.html"
    return Path("mechgrok-report", "index.html") if len(runs) > 1 else None
