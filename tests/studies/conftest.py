"""Fixtures of the tests of studies."""

from __future__ import annotations

from quick_flags import sources_read_once

__all__ = ["sources_read_once"]
