"""`scripts/transformer-lens-4` runs each test file that touches TransformerLens."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TOUCHES = re.compile(r"(import|from) (transformer_lens|mechgrok\.models\.hooks)\b|\.model\(|\bNotebookClient\b")


def _support() -> set[str]:
    """Modules of tests/support that touch TransformerLens, or import one that does."""
    texts = {path.stem: path.read_text() for path in (ROOT / "tests/support").glob("*.py")}
    found = {name for name, text in texts.items() if TOUCHES.search(text)}
    while more := {name for name, text in texts.items() if name not in found and _imports(text, found)}:
        found |= more
    return found


def _imports(text: str, modules: set[str]) -> bool:
    return any(re.search(rf"^\s*(from|import) {name}\b", text, re.M) for name in modules)


def test_every_file_that_touches_transformer_lens_runs_under_both_versions() -> None:
    script, support = (ROOT / "scripts/transformer-lens-4").read_text(), _support()
    places = re.findall(r"tests/\S+", script)
    files = [
        path for path in (ROOT / "tests").rglob("test_*.py") if TOUCHES.search(path.read_text()) or _imports(path.read_text(), support)
    ]
    assert len(files) > 30
    missed = [str(path.relative_to(ROOT)) for path in files if not any(path.is_relative_to(ROOT / place) for place in places)]
    assert not missed


def test_every_place_of_the_script_exists() -> None:
    places = re.findall(r"tests/\S+", (ROOT / "scripts/transformer-lens-4").read_text())
    assert all((ROOT / place).exists() for place in places)
