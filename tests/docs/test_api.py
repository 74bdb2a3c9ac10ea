"""The reference page has every public name once, and renders docstrings faithfully."""

from __future__ import annotations

import api

import mechgrok


def test_every_public_name_has_one_place() -> None:
    named = [name for _, names in api.GROUPS.values() for name in names]
    assert sorted([*named, *api.MODULES, "__version__"]) == sorted(mechgrok.__all__)


def test_the_page_names_every_argument_of_every_function() -> None:
    import inspect

    page = api.page()
    for name in mechgrok.__all__:
        found = getattr(mechgrok, name)
        if inspect.isroutine(found):
            section = page.split(f"### `{name}`")[1].split("### `")[0]
            assert all(f"- `{argument}` (" in section for argument in inspect.signature(found).parameters), name


def test_sections_lists_and_examples() -> None:
    text = "One.\n\nTwo.\n\nParameters\n----------\nx : int\n    A number\n    of things.\n\nExamples\n--------\nSo:\n\n>>> 1 + 1\n2"
    expected = (
        "One.\n\nTwo.\n\n**Parameters**\n\n- `x` (int)\n  A number\n  of things.\n\n**Examples**\n\nSo:\n\n```python\n>>> 1 + 1\n2\n```"
    )
    assert api.markdown(text) == expected


def test_the_objects_that_functions_hand_out_have_their_methods() -> None:
    page = api.page()
    for name, methods in {"Snapshot": ("logits", "activation"), "LoopRecorder": ("__call__", "restore")}.items():
        section = page.split(f"### `{name}`")[1].split("### `")[0]
        assert all(f"- `{method}`: " in section for method in methods), name
