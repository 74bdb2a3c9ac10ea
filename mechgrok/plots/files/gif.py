"""Pictures of one size as an animated GIF."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

PAUSE, REST = 120, 2000
"""Milliseconds of a picture, and of the last one."""
REDUCED = 2 / 3
"""Of the three pixels that a PNG has for each pixel of the design, two remain."""


def encoded(pictures: Sequence[bytes], comment: str = "") -> bytes:
    """The PNG files as one GIF, which begins again after its last picture, with a comment in the file."""
    first, *others = _in_one_palette([_reduced(picture) for picture in pictures])
    out = io.BytesIO()
    times = [*[PAUSE] * len(others), REST]
    noted = {"comment": comment.encode()} if comment else {}
    first.save(out, "GIF", save_all=True, append_images=others, duration=times, loop=0, optimize=True, **noted)
    return out.getvalue()


def _reduced(picture: bytes) -> Image.Image:
    from PIL import Image

    found = Image.open(io.BytesIO(picture)).convert("RGB")
    return found.resize((round(REDUCED * found.width), round(REDUCED * found.height)), Image.Resampling.LANCZOS)


def _in_one_palette(pictures: Sequence[Image.Image]) -> list[Image.Image]:
    """All of them in 256 colours, chosen for all together, so that nothing flickers and the ground stays white."""
    from PIL import Image

    width, height = pictures[0].size
    whole = Image.new("RGB", (width, height * len(pictures)))
    for index, picture in enumerate(pictures):
        whole.paste(picture, (0, index * height))
    reduced = whole.quantize(256, dither=Image.Dither.NONE)
    return [reduced.crop((0, index * height, width, (index + 1) * height)) for index in range(len(pictures))]
