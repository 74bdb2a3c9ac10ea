"""The error of a file that does what no weights file needs."""

from __future__ import annotations


class RefusedError(Exception):
    """What the file would do that no weights file needs: the end of a sentence that begins with "it"."""
