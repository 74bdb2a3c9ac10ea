"""mechgrok notebook."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from mechgrok.cli import flags
from mechgrok.errors import UserError

RUN = "MECHGROK_RUN"
"""The variable that names the run which notebooks read."""


def main(arguments: list[str]) -> int:
    """Lists the notebooks, or copies one and opens it."""
    return flags.call(_notebook, arguments, "notebook")


def _notebook(number: int | None = None, /, out: Path = Path(), open: bool = True) -> int:
    """Copies a notebook and opens it in JupyterLab; without a number, lists all. A copy that is there is kept and opened.

    Args:
        number: The number of the notebook.
        out: The folder of the copy.
        open: Whether it is opened.
    """
    known = notebooks()
    if number is None:
        print(*(f"{each:>2}  {_title(path)}" for each, path in known.items()), sep="\n")
        return 0
    if number not in known:
        raise UserError(f"there is no notebook {number}; mechgrok notebook lists 1 to {max(known)}")
    copy = _copied(known[number], out)
    print(copy)
    return _opened(copy) if open else 0


def notebooks() -> dict[int, Path]:
    """Every notebook by its number."""
    return {int(path.name[:2]): path for path in sorted(_folder().glob("[0-9][0-9]_*.ipynb"))}


def _folder() -> Path:
    """Inside the installed package, or beside it in a source checkout."""
    package = Path(__file__).parents[1]
    shipped = package / "_notebooks"
    return shipped if shipped.is_dir() else package.parent / "notebooks"


def _title(path: Path) -> str:
    first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"]
    found = re.match(r"# (.*)", "".join(first))
    return found[1] if found else path.stem


def _copied(source: Path, folder: Path) -> Path:
    copy = folder / source.name
    if not copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)
    return copy


def _opened(copy: Path) -> int:
    """JupyterLab with the demo's run of this folder, unless the variable names another; it ends when the user ends it."""
    jupyter = shutil.which("jupyter-lab")
    if jupyter is None:
        raise UserError(f'{copy} is there, but JupyterLab is not: pip install "mechgrok[notebooks]", then jupyter lab {copy}')
    run = os.environ.get(RUN, str(Path("checkpoints", "demo").absolute()))
    return subprocess.call([jupyter, str(copy)], env={**os.environ, RUN: run})
