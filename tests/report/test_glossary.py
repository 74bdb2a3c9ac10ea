"""Terms with explanations."""

from __future__ import annotations

import re

from markupsafe import escape

from mechgrok.report.glossary import TERMS, explained, term


def test_the_first_use_of_a_term_is_explained_and_all_else_escaped() -> None:
    found = str(explained("Restricted loss < restricted loss & key frequencies"))
    assert found.count("<dfn") == 2
    assert found.startswith(
        f'<dfn tabindex="0">Restricted loss<span role="tooltip">{escape(TERMS["restricted loss"])}</span></dfn> &lt; restricted loss &amp; '
    )


def test_a_part_of_a_word_is_no_term() -> None:
    assert str(explained("annulled, nullity, sizes")) == "annulled, nullity, sizes"


def test_every_term_can_be_reached_by_keyboard() -> None:
    assert all(re.fullmatch(r'<dfn tabindex="0">.*</dfn>', str(term(word))) for word in TERMS)
