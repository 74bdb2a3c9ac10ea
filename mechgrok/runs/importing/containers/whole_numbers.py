"""Whole numbers from 0 in a file."""

from __future__ import annotations

from typing import Any


def is_step(value: Any) -> bool:
    """Whether a file's number can be a number of updates."""
    return type(value) is int and 0 <= value < 2**40
