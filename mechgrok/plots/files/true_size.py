"""Images at their size in print. PNG files need none of it: they have three pixels for each pixel of the design."""

from __future__ import annotations

import io
import logging
import re
from typing import TYPE_CHECKING

from mechgrok.plots.sheet import POINTS

if TYPE_CHECKING:
    from pypdf import PageObject, PdfWriter

_SIZE = re.compile(rb'(<svg[^>]*?) width="([\d.]+)" height="([\d.]+)"')


def resized(image: bytes, kind: str, inches: float | None) -> bytes:
    """The same image with a given width; its height and text follow.

    Parameters
    ----------
    image : bytes
        As the browser drew it.
    kind : str
        Its format: "svg", "pdf" or "png".
    inches : float or None
        The width; None for that of the design.

    Returns
    -------
    bytes

    Examples
    --------
    >>> from mechgrok.plots.files.true_size import resized
    >>> resized(b'<svg class="main-svg" width="380" height="190" viewBox="0 0 380 190">', "svg", 3.25)
    b'<svg class="main-svg" width="3.25in" height="1.625in" viewBox="0 0 380 190">'
    """
    if inches is None:
        return image
    if kind == "svg":
        return _SIZE.sub(lambda found: _svg(found, inches), image, count=1)
    return _pdf(image, inches) if kind == "pdf" else image


def _svg(found: re.Match[bytes], inches: float) -> bytes:
    height = inches * float(found[3]) / float(found[2])
    return b'%s width="%gin" height="%gin"' % (found[1], inches, height)


def _pdf(image: bytes, inches: float) -> bytes:
    writer = writer_of(image)
    for page in writer.pages:
        factor = inches * POINTS / float(page.mediabox.width)
        page.scale_by(factor)
        _scale_patterns(page, factor)
    return written(writer)


def writer_of(image: bytes) -> PdfWriter:
    """A PDF file that can be changed."""
    from pypdf import PdfReader, PdfWriter

    # Chromium counts the objects of its files one short, which pypdf warns of.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    return PdfWriter(PdfReader(io.BytesIO(image)))


def written(writer: PdfWriter) -> bytes:
    """The bytes of a changed PDF file."""
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _scale_patterns(page: PageObject, factor: float) -> None:
    """Colour gradients are placed in the page's own coordinates, which the scale of its content does not reach."""
    from pypdf.generic import ArrayObject, FloatObject, NameObject

    for reference in page["/Resources"].get_object().get("/Pattern", {}).values():  # type: ignore[union-attr]
        pattern = reference.get_object()
        matrix = pattern.get("/Matrix", [1, 0, 0, 1, 0, 0])
        pattern[NameObject("/Matrix")] = ArrayObject(FloatObject(float(entry) * factor) for entry in matrix)
