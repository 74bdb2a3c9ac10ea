"""Builds the documentation as a site: `python docs/site.py FOLDER`. Pages load nothing from elsewhere; a broken link fails the build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", "LICENSE", "docs")
LINKED = ("analyses", "benchmarks", "mechgrok", "notebooks", "tests", "scripts", "Makefile", "pyproject.toml", "constraints.txt")
"""Files that pages link to."""
UNWANTED = shutil.ignore_patterns("__pycache__", ".*", "checkpoints", "*.pyc")


def stage(folder: Path) -> None:
    """Copies the pages and what they link to, as they lie in the repository."""
    for name in (*PAGES, *LINKED):
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, folder / name, ignore=UNWANTED)
        elif place.exists():
            shutil.copy(place, folder / name)


def build(out: Path) -> None:
    """Builds the site into a folder. Raises CalledProcessError where a page or an anchor that is linked does not exist."""
    with tempfile.TemporaryDirectory() as name:
        pages = Path(name) / "pages"
        pages.mkdir()
        stage(pages)
        config = Path(name) / "mkdocs.yml"
        config.write_text(f"docs_dir: {pages}\nsite_dir: {out.resolve()}\n" + (ROOT / "docs" / "site.yml").read_text())
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--config-file", str(config)]
        subprocess.run(command, check=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})


if __name__ == "__main__":
    build(Path(sys.argv[1]))
