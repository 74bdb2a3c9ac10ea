"""A process that says of itself that it is the kernel of a notebook."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest


def pretend_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
