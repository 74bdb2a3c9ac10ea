"""What only TransformerLens 3 has: its HookedTransformer, which tests of files and configs of that version make."""

from __future__ import annotations

import pytest

from mechgrok.models.hooks.hooked import version

REASON = "TransformerLens 4 has no HookedTransformer"
only_3 = pytest.mark.skipif(version() > 3, reason=REASON)


def require_3() -> None:
    """Skips the test or fixture with TransformerLens 4."""
    if version() > 3:
        pytest.skip(REASON)
