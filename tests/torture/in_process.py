"""Commands whose training is done by this process: processes of their own would import torch anew for each kill."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from small_study import SMALL as TWO_SEEDS

from mechgrok import analysis
from mechgrok.cli import flags, main, train
from mechgrok.processes.pool import Heard
from mechgrok.studies.executors import local
from mechgrok.training.stack import pool

assert TWO_SEEDS.study is not None
SMALL = replace(TWO_SEEDS, study=replace(TWO_SEEDS.study, seeds=(0,)))


class OneThread(ThreadPoolExecutor):
    """A pool with the interface of `Processes` that is a thread of this process."""

    def __init__(self, count: int = 0) -> None:
        super().__init__(1)

    def follow(self, call: Callable[[], Any], begin: Callable[[int], Heard]) -> Future[Any]:
        """The call, which reports to nobody."""
        return self.submit(call)

    def interrupt(self) -> None:
        """Cancels calls that wait."""
        self.shutdown(wait=False, cancel_futures=True)


_known: dict[Any, Any] = {}


def _once(parse: Callable[..., Any], key: Callable[..., tuple[Any, ...]]) -> Callable[..., Any]:
    """A function of words that computes each result once, so that kills fall on what a command does and not on the reading of its flags."""

    def parsed(*given: Any, **named: Any) -> Any:
        words = key(*given)
        if words not in _known:
            _known[words] = parse(*given, **named)
        return _known[words]

    return parsed


def command(words: list[str]) -> int:
    """The command, with the pools in this process, flags that are read once, and the small study."""
    known = analysis.analyses() | {SMALL.name: SMALL}
    with (
        mock.patch.object(local, "Processes", OneThread),
        mock.patch.object(pool, "Processes", OneThread),
        mock.patch.object(flags, "_parsed", _once(flags._parsed, lambda target, words, name, default: (name, *words))),
        mock.patch.object(train, "options", _once(train.options, lambda name, text, preset, words, more: ("options", name, *words))),
        mock.patch.object(analysis, "analyses", return_value=known),
    ):
        return main(words)


def train_study(folder: Path) -> None:
    """The runs of the small study, in the folder `runs`."""
    with chdir(folder):
        assert command(["study", "train", SMALL.name, "--out", "runs", "--log", "quiet"]) == 0
