"""The site is built without a broken link, and its pages load nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, ROOT / "docs" / "site.py", out], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.long
def test_every_page_of_the_repository_is_there(site: Path) -> None:
    pages = [path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md")]
    missing = [page for page in pages if not (site / page.with_suffix(".html")).is_file() and page.name != "README.md"]
    assert missing == []
    assert (site / "docs" / "measures" / "index.html").is_file()


@pytest.mark.long
def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loaded = re.compile(r'(?:<(?:script|img|iframe)[^>]* src|<link[^>]* href)="?(https?:|//)')
    assert [page.name for page in site.rglob("*.html") if loaded.search(page.read_text())] == []
