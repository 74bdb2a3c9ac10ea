"""The content security policy of a page with figures."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL)


def policy(scripts: Iterable[str]) -> str:
    """No network, no form, no frame, and no script but those given, which are named by their hashes.

    A script in a text that somebody forgot to escape is not run.
    """
    hashes = " ".join(f"'sha256-{_hash(text)}'" for text in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def guarded(page: str) -> str:
    """A page with the policy that allows the scripts that it has now, and no network, form or frame.

    A script that stands in the page by mistake is allowed, too; only `policy` with known scripts keeps such a one out.
    """
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(_SCRIPT.findall(page))}">'
    return page.replace("<head>", f"<head>{meta}", 1)


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
