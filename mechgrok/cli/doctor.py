"""mechgrok doctor."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mechgrok.cli import flags

NEEDED = ("torch", "transformer-lens", "einops", "numpy", "pandas", "pyarrow", "plotly", "safetensors", "pydantic", "tyro", "jinja2")
"""Distributions without which commands break."""


@dataclass(frozen=True)
class Finding:
    """The result of one check."""

    what: str
    found: str
    problem: str = ""
    """What will not work, and what to do about it."""
    essential: bool = True
    """Whether the problem keeps the main job from being done."""


@dataclass(frozen=True)
class Doctor:
    """Lists versions, device and browser, and what will not work and why; the exit status is 1 if training or analysis will not."""

    licences: bool = False
    """List the licences of mechgrok and of all packages that it needs instead, as they declare them."""


def main(arguments: list[str]) -> int:
    """Runs every check and prints the findings."""
    asked: Doctor = flags.parse(Doctor, arguments, "doctor")
    if asked.licences:
        return _print_licences()
    findings = [finding for look in LOOKS for finding in look()]
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        print(f"{'--' if finding.problem else 'ok'}  {finding.what:<{width}}  {finding.found}")
    problems = [finding for finding in findings if finding.problem]
    for finding in problems:
        print(f"\n{finding.what}: {finding.problem}")
    print("\neverything works here" if not problems else "")
    return 1 if any(finding.essential for finding in problems) else 0


def _print_licences() -> int:
    from mechgrok.cli.output.licences import licences

    found = licences()
    width = max(map(len, found))
    for name, (version, licence) in found.items():
        print(f"{name:<{width}}  {version:<12}  {licence}")
    return 0


def _versions() -> Iterator[Finding]:
    yield Finding("python", platform.python_version())
    yield _distribution("mechgrok", "pip install mechgrok, or pip install -e . in a checkout", essential=False)
    for name in NEEDED:
        yield _distribution(name, f"pip install {name}", essential=True)
    yield _distribution("kaleido", "pdf, svg and png figures need it: pip install kaleido", essential=False)


def _distribution(name: str, remedy: str, *, essential: bool) -> Finding:
    """A distribution's version, which is looked up without importing it."""
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "not installed", remedy, essential)
    return Finding(name, version, essential=essential)


def _device() -> Iterator[Finding]:
    try:
        import torch
    except (ImportError, OSError) as error:
        yield Finding("torch", "cannot be imported", f"{error}; pip install torch")
        return

    from mechgrok.training.fastest_threads import fastest_threads

    yield Finding("CPU", f"{torch.get_num_threads()} threads on {os.cpu_count()} cores; products are fastest now with {fastest_threads()}")
    yield _subnormals()
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none that torch can use; training runs on the CPU"
    yield Finding("GPU", gpu)


def _subnormals() -> Finding:
    from mechgrok.models import subnormals

    with subnormals.flushed() as flushed:
        pass
    problem = "" if flushed else "this processor keeps them; networks that have memorised train several times as slowly"
    return Finding("subnormal numbers", "flushed in training" if flushed else "kept", problem, essential=False)


def _browser() -> Iterator[Finding]:
    from mechgrok.errors import UserError
    from mechgrok.plots.files.browser import required_browser

    try:
        path = required_browser()
    except UserError as error:
        yield Finding("browser", "none", str(error), essential=False)
        return
    yield Finding("browser", f"{path} ({_browser_version(path)})")


def _browser_version(path: Path) -> str:
    try:
        printed = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return "does not start"
    numbers = re.search(r"[\d.]+", printed)
    return numbers[0] if numbers else "version unknown"


def _files() -> Iterator[Finding]:
    for what, folder in {"this folder": Path.cwd(), "temporary files": Path(tempfile.gettempdir())}.items():
        writable = os.access(folder, os.W_OK)
        problem = "" if writable else f"{folder} cannot be written; change to a folder of yours, or set TMPDIR"
        yield Finding(what, "can be written" if writable else "cannot be written", problem)


def _analyses() -> Iterator[Finding]:
    from mechgrok.analysis import DEFAULT, analyses

    problem = "" if DEFAULT in analyses() else "the files of analyses/ are not here; install mechgrok again"
    yield Finding("analyses", ", ".join(analyses()) or "none", problem)


LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (_versions, _device, _browser, _files, _analyses)
