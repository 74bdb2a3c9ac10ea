"""`import mechgrok`: a few names, each imported when it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mechgrok


@pytest.mark.parametrize("name", mechgrok.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(mechgrok, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = mechgrok.nonsense


def test_importing_it_imports_nothing_else() -> None:
    code = "import sys, mechgrok; assert not {'torch', 'pandas', 'numpy', 'pydantic', 'transformer_lens'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_are_listed() -> None:
    assert set(dir(mechgrok)) == set(mechgrok.__all__)
