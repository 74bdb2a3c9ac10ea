"""Commands in processes of their own, forked from one that has imported what they need: the imports of each would take seconds."""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing.process import BaseProcess

from mechgrok.cli import main

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["mechgrok.training.launch", "mechgrok.api.progress", "mechgrok.models.hooks.hooked", "tyro", "transformer_lens"]
)


def start(*words: object) -> BaseProcess:
    """`mechgrok WORDS` in a process that can be killed."""
    process = _CONTEXT.Process(target=_command, args=tuple(map(str, words)))
    process.start()
    return process


def status(*words: object) -> int | None:
    """The exit status of `mechgrok WORDS`."""
    process = start(*words)
    process.join()
    return process.exitcode


def _command(*words: str) -> None:
    sys.exit(main(list(words)))
