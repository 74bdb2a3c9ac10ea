"""CONTRIBUTING.md names files, folders and classes that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
PROSE = re.sub(r"^```.*?^```$|^\|.*?$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
IN_BACKTICKS = re.findall(r"`([^`]+)`", PROSE)
PATHS = sorted({each for each in IN_BACKTICKS if re.fullmatch(r"(mechgrok|tests|docs)/[\w/.<>]*", each)})
CLASSES = sorted({each for each in IN_BACKTICKS if re.fullmatch(r"(?:[A-Z][a-z]+)+", each)})
OF_EXAMPLES_AND_LIBRARIES = {"HookedTransformer", "None"}


@pytest.mark.parametrize("path", PATHS)
def test_paths_exist(path: str) -> None:
    assert list(ROOT.glob(re.sub(r"<\w+>", "*", path)))


@pytest.mark.parametrize("name", sorted(set(CLASSES) - OF_EXAMPLES_AND_LIBRARIES))
def test_classes_exist(name: str) -> None:
    assert any(re.search(rf"^class {name}\b", path.read_text(), re.MULTILINE) for path in (ROOT / "mechgrok").rglob("*.py"))


def test_the_text_names_some() -> None:
    assert len(PATHS) > 15
    assert {"Split", "Probe", "Importer", "RunMeasure", "UserError"} <= set(CLASSES)
