"""Labels as they are."""

from __future__ import annotations

from typing import Literal

from mechgrok.data.corruptions.corruption import Corruption


class Clean(Corruption):
    """No label is changed."""

    kind: Literal["none"] = "none"
