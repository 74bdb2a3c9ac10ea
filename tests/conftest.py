"""What the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# The same examples every time where nobody is there to look at new ones.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")
# As on the command line: the tests share the cores with one another.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def oracles() -> Path:
    """The folder of published weights; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("MECHGROK_ORACLES", ROOT.parent / "shared" / "oracles"))
    if not folder.is_dir():
        pytest.skip(f"no published weights at {folder}; set MECHGROK_ORACLES")
    return folder
