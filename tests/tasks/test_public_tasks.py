"""`mechgrok.tasks` has every kind of task under the name of its class."""

from __future__ import annotations

import pytest

import mechgrok
from mechgrok.discovery import kinds


def test_every_kind_is_public() -> None:
    public = {getattr(mechgrok.tasks, name) for name in mechgrok.tasks.__all__}
    assert set(kinds("tasks").values()) <= public


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Modulr"):
        _ = mechgrok.tasks.Modulr
