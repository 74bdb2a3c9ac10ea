"""The policy of a page names its scripts by their hashes."""

from __future__ import annotations

import base64
import hashlib

from mechgrok.plots.files.policy import guarded, policy


def sha(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_scripts_of_a_page_are_allowed_and_no_others() -> None:
    page = guarded("<html><head><meta charset='utf-8'></head><script type='text/javascript'>a()</script><div/><script>b()</script></html>")
    head = page.split("<meta charset")[0]
    assert f"script-src 'sha256-{sha('a()')}' 'sha256-{sha('b()')}';" in head
    assert head.startswith('<html><head><meta http-equiv="Content-Security-Policy"')


def test_nothing_is_loaded_from_a_network() -> None:
    assert "http" not in policy(["a()"])
    assert policy(["a()"]).startswith("default-src 'none';")
