"""Ids in SVG files: plotly draws them at random, and a file is to have the same bytes each time that it is made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

_OF_FIGURE = re.compile(rb'id="topdefs-([0-9a-f]{6})"')
_OF_TRACE = re.compile(rb'class="(?:trace scatter trace|cb)([0-9a-f]{6})[" ]')


def steady(svg: bytes) -> bytes:
    """The same picture; its id is a digest of the picture, the ids of its traces are their numbers. Different pictures have different ids.

    Pictures inside the file, whose text may hold an id by chance, stay as they are.
    """
    found = _OF_FIGURE.search(svg)
    if found is None:
        return svg
    traces = {drawn: b"%06x" % number for number, drawn in enumerate(dict.fromkeys(_OF_TRACE.findall(svg)))}
    digest = hashlib.sha256(_replaced(svg, traces | {found[1]: b""})).hexdigest()[:6].encode()
    return _replaced(svg, traces | {found[1]: digest})


def _replaced(svg: bytes, by: Mapping[bytes, bytes]) -> bytes:
    return re.sub(rb'data:[^"\']*|' + b"|".join(by), lambda found: by.get(found[0], found[0]), svg)
