"""Licences of all dependencies: each is known, and none is one that would bind a user of mechgrok."""

from __future__ import annotations

from email.message import Message

import pytest

from mechgrok.cli import main
from mechgrok.cli.output.licences import licence, licences


def test_each_dependency_has_a_known_licence_and_none_asks_for_the_same_licence() -> None:
    """MPL 2.0 binds files, LGPL a library; GPL and AGPL would bind the program that uses it."""
    found = {name: text for name, (_, text) in licences().items()}
    assert {"mechgrok", "torch", "transformer-lens", "jinja2", "markupsafe"} <= set(found)
    assert found["mechgrok"] == "MIT"
    assert [name for name, text in found.items() if text == "unknown"] == []
    assert [
        name for name, text in found.items() if "GPL" in text.replace("LGPL", "") or "General Public" in text.replace("Lesser General", "")
    ] == []


def test_what_only_an_extra_needs_is_left_out() -> None:
    assert not {"ruff", "pytest", "devinterp"} & set(licences())


def test_the_command_prints_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--licences"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(licences())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([("License-Expression", "MIT"), ("License", "BSD"), ("Classifier", "License :: OSI Approved :: ISC License (ISCL)")], "MIT"),
        (
            [("Classifier", "License :: OSI Approved :: MIT License"), ("Classifier", "License :: OSI Approved :: BSD License")],
            "MIT License or BSD License",
        ),
        ([("License", "The MIT License\n\nCopyright ...")], "The MIT License"),
        ([("Classifier", "Topic :: Science")], "unknown"),
    ],
)
def test_the_most_exact_statement_counts(fields: list[tuple[str, str]], expected: str) -> None:
    class Metadata(Message):
        def __getitem__(self, name: str) -> str | None:
            return self.get(name)

    metadata = Metadata()
    for name, value in fields:
        metadata.add_header(name, value)
    assert licence(metadata) == expected
