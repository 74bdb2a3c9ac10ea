"""Lists of numbers among arguments, whichever way they are separated: 3,9 or 3 9."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LIST = re.compile(rf"(?=.*,){_NUMBER}(?:,{_NUMBER})*,?")


def other_forms(arguments: Sequence[str]) -> Iterator[list[str]]:
    """The arguments with the lists after flags in the other form: first with blanks, then with commas; only forms that differ."""
    words = [piece for word in arguments for piece in (word.split("=", 1) if re.match(rf"--[\w.-]+={_NUMBER}", word) else [word])]
    forms = (_with_blanks(words), _with_commas(words))
    yield from (form for form in forms if form not in (words, list(arguments)))


def _with_blanks(words: Sequence[str]) -> list[str]:
    return [piece for word in words for piece in (word.rstrip(",").split(",") if _LIST.fullmatch(word) else [word])]


def _with_commas(words: Sequence[str]) -> list[str]:
    """Numbers after a flag and its number joined by commas."""
    joined: list[str] = []
    flagged = False
    for word in words:
        number = re.fullmatch(rf"(?:{_NUMBER},?)+", word) is not None
        if number and flagged and len(joined) > 1 and not joined[-1].startswith("--"):
            joined[-1] = f"{joined[-1].rstrip(',')},{word.rstrip(',')}"
            continue
        joined.append(word)
        flagged = word.startswith("--") or (flagged and number)
    return joined
