"""The published numbers, recomputed from the files of their authors as `mechgrok verify` does."""

from __future__ import annotations

from pathlib import Path

import pytest

from mechgrok.verification.source import Source, sources

pytestmark = pytest.mark.long


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.name)
def test_every_published_number_comes_out(source: Source, oracles: Path) -> None:
    if not (oracles / source.file).is_file():
        pytest.skip(f"{source.file} is not there")
    missed = [
        f"{check.quantity}: {check.expected} expected, {check.got} found"
        for check in source.checks(oracles / source.file)
        if not check.holds
    ]
    assert missed == []
