"""Lists of numbers among arguments, whichever way they are separated, 3,9 or 3 9, and words behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LIST = re.compile(rf"(?=.*,){_NUMBER}(?:,{_NUMBER})*,?")


def other_forms(arguments: Sequence[str]) -> Iterator[list[str]]:
    """The arguments with the lists after flags in the other form: with blanks, with commas, or with the words behind them moved to the
    front (`--keys 3 9 RUN`); only forms that differ."""
    words = [piece for word in arguments for piece in (word.split("=", 1) if re.match(rf"--[\w.-]+={_NUMBER}", word) else [word])]
    forms = (_with_blanks(words), _with_commas(words), _words_first(_with_blanks(words)))
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


def _words_first(words: Sequence[str]) -> list[str]:
    """Words that follow a flag and its numbers, before all others."""
    moved: list[str] = []
    kept: list[str] = []
    for word in words:
        after_number = len(kept) > 1 and re.fullmatch(_NUMBER, kept[-1]) is not None and any(each.startswith("--") for each in kept)
        is_word = not word.startswith("-") and re.fullmatch(_NUMBER, word) is None
        (moved if is_word and after_number else kept).append(word)
    return [*moved, *kept]
