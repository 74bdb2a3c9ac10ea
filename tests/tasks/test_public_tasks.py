"""`mechgrok.tasks` has every kind of task that one can train on under the name of its class."""

from __future__ import annotations

import pytest

import mechgrok
from mechgrok.discovery import kinds


def test_every_kind_is_public() -> None:
    public = {getattr(mechgrok.tasks, name) for name in mechgrok.tasks.__all__}
    assert {kind for name, kind in kinds("tasks").items() if name != "unknown"} <= public


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Modulr"):
        _ = mechgrok.tasks.Modulr
