"""Which labels are changed before training."""

from __future__ import annotations

from mechgrok.config import Part


class Corruption(Part):
    """A rule that changes labels."""
