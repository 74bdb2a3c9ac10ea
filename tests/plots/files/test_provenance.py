"""The provenance in files of figures, read with programs that are not ours."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from mechgrok.plots.files.export import write
from mechgrok.plots.files.gif import encoded
from mechgrok.plots.files.print_layout import layout_of
from mechgrok.plots.files.provenance import embedded, text_of, with_provenance

FOUND = {"results": [{"run": "Größe </script><b> & \"'", "measure": "gini", "step": 3, "stamp": "0123"}], "software": {"mechgrok": "1"}}


@pytest.fixture
def text() -> str:
    return text_of(with_provenance(go.Figure(), FOUND))


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), (1, 2, 3)).save(out, "PNG")
    return out.getvalue()


def test_it_is_json_without_umlauts(text: str) -> None:
    assert json.loads(text) == FOUND
    assert text.isascii()


def test_svg(text: str) -> None:
    plain = b'<svg xmlns="http://www.w3.org/2000/svg" width="1"><g id="x"/></svg>'
    tree = ElementTree.fromstring(embedded(plain, "svg", text))
    assert [each.tag.rpartition("}")[2] for each in tree] == ["metadata", "g"]
    assert json.loads(tree[0].text or "") == FOUND


def test_png_whose_picture_stays(text: str) -> None:
    plain = png()
    image = Image.open(io.BytesIO(embedded(plain, "png", text)))
    image.load()
    assert image.tobytes() == Image.open(io.BytesIO(plain)).tobytes()
    assert image.text["Software"] == "mechgrok"
    assert json.loads(image.text["Description"]) == FOUND


def test_pdf_whose_pages_stay(text: str) -> None:
    writer, plain = PdfWriter(), io.BytesIO()
    writer.add_blank_page(72, 36)
    writer.write(plain)
    found = PdfReader(io.BytesIO(embedded(plain.getvalue(), "pdf", text)))
    assert found.metadata is not None
    assert (found.metadata.creator, json.loads(found.metadata.subject or "")) == ("mechgrok", FOUND)
    assert [tuple(page.mediabox[2:]) for page in found.pages] == [(72, 36)]


def test_gif(text: str) -> None:
    assert json.loads(Image.open(io.BytesIO(encoded([png(), png()], text))).info["comment"]) == FOUND


def test_html_and_json(tmp_path: Path) -> None:
    contents: dict[str, str] = {}

    class Metas(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            values = dict(attrs)
            if tag == "meta" and values.get("name") == "mechgrok":
                contents["html"] = values["content"] or ""

    figure = with_provenance(go.Figure(), FOUND)
    write(figure, tmp_path / "x.html")
    write(figure, tmp_path / "x.json")
    page = (tmp_path / "x.html").read_text()
    Metas().feed(page)
    assert json.loads(contents["html"]) == FOUND
    assert "</script><b>" not in page
    assert json.loads((tmp_path / "x.json").read_text())["layout"]["meta"] == {"provenance": FOUND}


def test_it_stays_when_the_figure_gets_its_size_and_the_other_way_round() -> None:
    layout = layout_of("paper", "82mm", None, None)
    sized = layout.finish(with_provenance(go.Figure(), FOUND))
    assert sized.layout.meta == with_provenance(layout.finish(go.Figure()), FOUND).layout.meta
    assert sorted(sized.layout.meta) == ["inches", "provenance"]


@pytest.mark.parametrize("kind", ["svg", "pdf", "png", "html", "json"])
def test_a_figure_without_provenance_is_unchanged(kind: str) -> None:
    assert embedded(b"anything", kind, text_of(go.Figure())) == b"anything"
