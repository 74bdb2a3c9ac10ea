"""The command line. Each command is a module beside this one, imported only when it is called."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from mechgrok import memory
from mechgrok.errors import UserError, nearest, of_file, one_line

# The module `list` beside this one hides the builtin here once it is imported, so nothing in this file may call list().
COMMANDS = {
    "demo": "train modular addition until it groks, analyse every checkpoint, write the report",
    "train": "train a preset, or resume a run",
    "sweep": "train a preset over a grid of values and seeds, on the cores of this machine or on a cluster",
    "finetune": "train a preset from weights of another run, some of them frozen",
    "import": "make a run of a weights file that somebody published",
    "analyze": "compute measures over the checkpoints of runs, and write their reports",
    "report": "write a run's report again from its stored results",
    "figure": "write the figure of one or several measures, of a run or of several, as pdf, svg, png, gif, html or json",
    "compare": "write one page over several runs: curves, times, key frequencies, measures",
    "table": "one row a run, as csv, parquet, LaTeX or Markdown",
    "explain": "what a measure is, and all its variants side by side on a run",
    "study": "train the runs that an analysis compares, or write its table and claims",
    "audit": "check that the files of runs belong together, and compute recorded losses again from the checkpoints",
    "verify": "check the measures against published numbers, laws and hand-built networks",
    "extract": "write what a network computes as a short program of a few waves",
    "notebook": "list the notebooks, or copy one and open it",
    "list": "what there is: tasks, models, measures, presets, importers",
    "doctor": "versions, device, browser, and what would not work here",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; the exit status is 0, or 2 after a wrong input, or 130 after Ctrl-C."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        return _run(name, rest)
    except UserError as error:
        print(f"mechgrok: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read the output has gone; Python would complain once more when it closes the pipe itself.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"mechgrok: {one_line(of_file(error, name))}", file=sys.stderr)
        return 2
    except (MemoryError, RuntimeError) as error:
        if not memory.ran_out(error):
            raise
        print(f"mechgrok: the memory of this machine does not suffice ({str(error) or 'it ran out'})", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        # The text is given by mechgrok.cli.output.interruption where something may have been written.
        print(f"mechgrok: interrupted; {str(stop) or 'nothing was written'}", file=sys.stderr)
        return 130


def _run(name: str, rest: list[str]) -> int:
    if name in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if name == "--version":
        from importlib.metadata import version

        print(version("mechgrok"))
        return 0
    if name not in COMMANDS:
        raise UserError(f"there is no command {name}{nearest(name, [*COMMANDS])}")
    return _module("import_" if name == "import" else name).main(rest)


def _module(name: str) -> Any:
    """The module of a command. Ctrl-C waits for its import, the part of a second in which libraries in Rust would print a panic."""
    if not hasattr(signal, "pthread_sigmask"):
        return importlib.import_module(f"mechgrok.cli.{name}")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return importlib.import_module(f"mechgrok.cli.{name}")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        ["usage: mechgrok COMMAND ...", "", "How small networks grok.", "", *lines, "", "mechgrok COMMAND --help lists its options."]
    )
