"""GIFs hold each picture in its colours, in order, and begin again."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageSequence

from mechgrok.plots.files.gif import PAUSE, REST, encoded

COLOURS = ((0, 114, 178), (213, 94, 0), (0, 158, 115))


def picture(colour: tuple[int, int, int]) -> bytes:
    """A square on white ground beside a scale of 200 greys."""
    pixels = np.full((90, 300, 3), 255, dtype=np.uint8)
    pixels[30:60, 30:60] = colour
    pixels[60:, 60:260] = np.arange(200)[None, :, None]
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_pictures_stand_in_order_with_a_white_ground_and_two_thirds_of_the_size():
    found = Image.open(io.BytesIO(encoded([picture(colour) for colour in COLOURS])))
    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(found)]
    assert found.info["loop"] == 0
    assert {frame.size for frame in frames} == {(200, 60)}
    assert {frame.getpixel((2, 2)) for frame in frames} == {(255, 255, 255)}
    centres = np.array([frame.getpixel((30, 30)) for frame in frames])
    assert np.abs(centres - COLOURS).max() <= 4
    assert [frame.info["duration"] for frame in ImageSequence.Iterator(found)] == [PAUSE, PAUSE, REST]
