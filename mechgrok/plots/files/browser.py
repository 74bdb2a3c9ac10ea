"""The browser that converts figures into pdf, svg and png: its path, and the child process that runs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from mechgrok.errors import UserError

NAMES = ("chromium", "chromium-browser", "google-chrome")
WORKER = Path(__file__).with_name("export_worker.py")


def find_browser() -> Path | None:
    """The browser that BROWSER_PATH names, else the first Chromium or Chrome on PATH; None if there is none."""
    wanted = os.environ.get("BROWSER_PATH")
    found = (shutil.which(name) for name in ([wanted] if wanted else NAMES))
    return next((Path(path).absolute() for path in found if path), None)


def required_browser() -> Path:
    """The path of the browser, as from `find_browser`. Raises UserError, with how to install one, where there is none."""
    found = find_browser()
    if found is None and (wanted := os.environ.get("BROWSER_PATH")):
        raise UserError(f"BROWSER_PATH={wanted} is not a program; set it to a Chromium or Chrome, or unset it")
    if found is None:
        raise UserError(
            "pdf, svg and png figures need a browser: run `apt-get install chromium`, or set BROWSER_PATH to a Chromium or Chrome; "
            "html and json need none"
        )
    return found


def draw(folder: Path, timeout: float) -> None:
    """Turn each `<name>.<format>.json` in a folder into `<name>.<format>`; the worker and its browser are gone afterwards.

    Gives up, with a `UserError`, once `timeout` seconds pass in which no figure is finished.
    """
    command = [sys.executable, str(WORKER), str(folder), str(required_browser())]
    scratch = folder / "scratch"
    scratch.mkdir()
    with (folder / "stderr").open("wb") as errors:
        worker = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env={**os.environ, "TMPDIR": str(scratch)},
            start_new_session=True,
        )
    try:
        _await(worker, folder, timeout)
    finally:
        _kill(worker)


def _await(worker: subprocess.Popen[bytes], folder: Path, timeout: float) -> None:
    finished = -1
    while finished < (finished := len(list(folder.glob("*.done")))):
        try:
            worker.wait(timeout)
            return
        except subprocess.TimeoutExpired:
            continue
    raise UserError(f"the browser did not draw a figure in {timeout:g} s and was stopped; try again, set BROWSER_PATH, or write html")


def _kill(worker: subprocess.Popen[bytes]) -> None:
    """Kill the worker's whole process group, to which the browser belongs, even if the worker itself has ended."""
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
