"""The provenance of a figure inside its file, where the format has a place for it.

svg: the element metadata. pdf: the entries Creator and Subject of its information. png: text chunks Software and Description (PNG
specification, 11.3). gif: its comment. html: a meta element. json: `layout.meta` of the figure, as it is.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from html import escape

import plotly.graph_objects as go

from mechgrok.plots.files.true_size import writer_of, written

PROVENANCE = "provenance"
"""The key in `layout.meta`."""
_SIGNATURE = 8
"""Bytes before the first chunk of a PNG file."""


def with_provenance(figure: go.Figure, found: Mapping[str, object]) -> go.Figure:
    """The figure, with its provenance in `layout.meta`."""
    figure.update_layout(meta={**(figure.layout.meta or {}), PROVENANCE: dict(found)})
    return figure


def text_of(figure: go.Figure) -> str:
    """The provenance of a figure as JSON in ASCII; empty where it has none."""
    found = (figure.layout.meta or {}).get(PROVENANCE)
    return json.dumps(found, sort_keys=True) if found else ""


def embedded(image: bytes, kind: str, text: str) -> bytes:
    """The file of a figure with its provenance; unchanged where there is none, and in formats that hold the figure itself."""
    return _PLACES[kind](image, text) if text and kind in _PLACES else image


def _svg(image: bytes, text: str) -> bytes:
    start = image.index(b">", image.index(b"<svg")) + 1
    return image[:start] + f"<metadata>{escape(text)}</metadata>".encode() + image[start:]


def _html(page: bytes, text: str) -> bytes:
    return page.replace(b"<head>", f'<head><meta name="mechgrok" content="{escape(text)}">'.encode(), 1)


def _png(image: bytes, text: str) -> bytes:
    """Text chunks behind the header, which is the first chunk and has a fixed size."""
    behind = _SIGNATURE + 12 + struct.unpack(">I", image[_SIGNATURE : _SIGNATURE + 4])[0]
    chunks = [_chunk(b"tEXt", name + b"\0" + content.encode()) for name, content in ((b"Software", "mechgrok"), (b"Description", text))]
    return image[:behind] + b"".join(chunks) + image[behind:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _pdf(image: bytes, text: str) -> bytes:
    writer = writer_of(image)
    writer.add_metadata({"/Creator": "mechgrok", "/Subject": text})
    return written(writer)


_PLACES: Mapping[str, Callable[[bytes, str], bytes]] = {"svg": _svg, "pdf": _pdf, "png": _png, "html": _html}
