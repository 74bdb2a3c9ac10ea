"""Images at their size in print."""

from __future__ import annotations

import io

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject

from mechgrok.plots.files.true_size import resized


def pdf_with_gradient() -> bytes:
    """A page of 100 by 50 points with a pattern whose matrix is shifted by (30, 20)."""
    writer = PdfWriter()
    page = writer.add_blank_page(width=100, height=50)
    matrix = ArrayObject(FloatObject(entry) for entry in (1, 0, 0, 1, 30, 20))
    pattern = DictionaryObject({NameObject("/PatternType"): FloatObject(2), NameObject("/Matrix"): matrix})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Pattern"): DictionaryObject({NameObject("/P0"): pattern})})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_page_has_its_width_and_keeps_its_shape_and_gradients_follow() -> None:
    (page,) = PdfReader(io.BytesIO(resized(pdf_with_gradient(), "pdf", 3.25))).pages
    assert [float(length) for length in page.mediabox[2:]] == [234, 117]
    pattern = page["/Resources"]["/Pattern"]["/P0"].get_object()  # type: ignore[index]
    assert [float(entry) for entry in pattern["/Matrix"]] == [2.34, 0, 0, 2.34, 70.2, 46.8]


def test_a_png_stays_as_it_is() -> None:
    assert resized(b"\x89PNG", "png", 3.25) == b"\x89PNG"
