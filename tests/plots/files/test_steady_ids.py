"""Ids follow from the picture alone."""

from __future__ import annotations

from mechgrok.plots.files.steady_ids import steady


def drawn(figure: str, trace: str, text: str = "loss") -> bytes:
    inner = '<image href="data:image/png;base64,aabb11cc"/>'
    line = f'<g class="trace scatter trace{trace}"/><g class="cb{trace} colorbar" clip-path="url(#clip{figure}xy)"/>'
    return f'<svg><defs id="topdefs-{figure}"/>{inner}{line}<text>{text}</text></svg>'.encode()


def number(svg: bytes) -> bytes:
    return svg.split(b"topdefs-")[1][:6]


def test_the_drawn_ids_do_not_matter_and_the_picture_does() -> None:
    first, second = steady(drawn("aabb11", "ffffff")), steady(drawn("0123ef", "aa0000"))
    assert first == second
    assert b"base64,aabb11cc" in first, "a picture inside was changed"
    assert number(steady(drawn("aabb11", "ffffff", "gini"))) != number(first)


def test_a_reference_still_leads_to_its_id() -> None:
    found = steady(drawn("aabb11", "ffffff"))
    assert number(found) != b"aabb11"
    assert b"url(#clip%sxy)" % number(found) in found
    assert b'trace000000"' in found
    assert b'"cb000000 ' in found


def test_other_files_stay() -> None:
    assert steady(b"<svg/>") == b"<svg/>"
