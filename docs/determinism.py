"""Measures which runs have the same bytes, and writes the table of docs/determinism.md: `python docs/determinism.py [STEPS]`.

Each run is trained by a process of its own, so that nothing is shared but the files of the package.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mechgrok.report.markdown import grid
from mechgrok.runs import store

PAGE = Path(__file__).with_name("determinism.md")
MARK = "<!-- What follows is made by docs/determinism.py -->"
STEPS = 30
SAME = "the same bytes"
_UNCOUNTED = ("execution.json",)
"""Holds the options by which the two sides differ."""

Flags = tuple[str, ...]
ONE: Flags = ("--threads", "1")
TWO: Flags = ("--threads", "2")
SMALL: Flags = ("--task.p", "13", "--model.d_model", "32", "--model.d_mlp", "32")
"""So small that seeds are stacked."""
PLAIN: Flags = (*ONE, "--forward", "plain")
STACK: Flags = (*SMALL, "--seeds", "0-3")
VERSION_4 = str(Path(sys.prefix, "transformer-lens-4"))
"""Where scripts/transformer-lens-4 installs it."""
EVERY: Flags = ("--training.evaluate_every", "10", "--checkpoints.every", "10", "--log", "quiet")


@dataclass(frozen=True)
class Row:
    """Two runs that are compared: flags of `mechgrok train demo`, and which runs of these are compared."""

    name: str
    left: Flags
    right: Flags
    parts: tuple[str, str] = ("", "")
    """Folders of runs in the folders that were trained."""
    library: str = ""
    """A folder with another version of TransformerLens, which the right one uses."""


ROWS = (
    Row("trained twice, one thread", ONE, ONE),
    Row("trained twice, two threads", TWO, TWO),
    Row("one thread, and two threads", ONE, TWO),
    Row("fast forward pass, and that of HookedTransformer", ONE, PLAIN),
    Row("seeds 0 to 3 as a stack, twice", STACK, STACK, ("seed-1", "seed-1")),
    Row("seed 1 in a stack, and alone", STACK, (*SMALL, *ONE, "--seed", "1"), ("seed-1", "")),
    Row("TransformerLens 3.9 and 4.3", ONE, ONE, library=VERSION_4),
    Row("TransformerLens 3.9 and 4.3, the forward pass of its module", PLAIN, PLAIN, library=VERSION_4),
    Row("TransformerLens 3.9 and 4.3, seeds 0 to 3 as a stack", STACK, STACK, ("seed-1", "seed-1"), VERSION_4),
)


def main(steps: int) -> None:
    """Trains and compares, and writes the page."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [[row.name, compared(*_pair(row, steps, Path(folder)))] for row in ROWS]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("mechgrok", "torch", "numpy"))
    where = f"{platform.system()} on {platform.machine()}, Python {platform.python_version()}, {versions}"
    text, _, _ = PAGE.read_text().partition(MARK)
    table = grid(["two runs", "their files"], lines)
    PAGE.write_text(f"{text}{MARK}\n\nThe preset `demo` for {steps} steps; {where}.\n\n{table}\n")


def _pair(row: Row, steps: int, folder: Path) -> tuple[Path, Path]:
    """Two runs: where both have the same flags, trained twice. What was trained for another row is used again."""
    libraries = ("", row.library)
    again = [number * (row.left == row.right and not row.library) for number in (0, 1)]
    sides = zip((row.left, row.right), libraries, again, strict=True)
    left, right = (_trained(flags, library, number, steps, folder) for flags, library, number in sides)
    return left / row.parts[0], right / row.parts[1]


def _trained(flags: Flags, library: str, number: int, steps: int, folder: Path) -> Path:
    """The run, or the runs, of these flags."""
    made = folder / " ".join(["_".join(flags), Path(library).name, str(number)])
    if not made.exists():
        print(made.name, file=sys.stderr)
        _mechgrok(library, "train", "demo", "--training.steps", str(steps), *EVERY, *flags, "--out", str(made))
    return made


def _mechgrok(library: str, *words: str) -> None:
    """The command, with another version of TransformerLens where a folder is given."""
    if library and not Path(library).is_dir():
        raise SystemExit(f"there is no {library}; scripts/transformer-lens-4 installs it")
    path = os.pathsep.join(filter(None, [library, os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, "PYTHONPATH": path}
    subprocess.run([sys.executable, "-m", "mechgrok", *words], check=True, stdout=subprocess.DEVNULL, env=environment)


def compared(left: Path, right: Path) -> str:
    """That all files of two folders are the same, else the largest difference of a weight, relative to the largest weight of its name."""
    names = [{path.relative_to(each) for path in each.rglob("*") if path.is_file()} for each in (left, right)]
    if names[0] != names[1]:
        return f"other files: {', '.join(sorted(map(str, names[0] ^ names[1])))}"
    counted = sorted(name for name in names[0] if name.name not in _UNCOUNTED)
    other = [name for name in counted if (left / name).read_bytes() != (right / name).read_bytes()]
    if not other:
        return SAME
    weights = [name for name in other if name.parts[0] == store.WEIGHTS]
    if not weights:
        return f"the same weights; other bytes in {', '.join(map(str, other))}"
    return f"weights differ by {max(difference(left / name, right / name) for name in weights):.1e} of the largest"


def difference(left: Path, right: Path) -> float:
    """The largest difference of two checkpoints, in each parameter relative to its largest weight."""
    ours, theirs = (store.read_tensors(path)[0] for path in (left, right))
    return max(float((ours[name] - theirs[name]).abs().max() / ours[name].abs().max().clamp(min=1e-30)) for name in ours)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else STEPS)
