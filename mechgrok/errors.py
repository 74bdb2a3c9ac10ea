"""Errors that users read."""

import errno

LONGEST = 1000
"""Characters of a message. Files from elsewhere are quoted in messages, and may hold texts of any length."""
_END = 300
"""Of these, the characters that are kept of the end, where the remedy stands."""


def one_line(text: str) -> str:
    """A text for a terminal: in one line, of bounded length, with characters that control the terminal written as their codes."""
    line = "".join(letter if letter.isprintable() else " " if letter.isspace() else ascii(letter)[1:-1] for letter in text)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - _END - 5]} ... {line[-_END:]}"


_REMEDIES = {
    errno.ENOSPC: "make room on its disk",
    errno.EDQUOT: "make room in your quota",
    errno.EIO: "check its disk",
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "make it writable, or choose another folder"),
}


def of_file(error: OSError, name: str) -> str:
    """A failure of the system in one line: the file, else `name`, the reason, and the remedy where it is known."""
    return f"{error.filename or name}: {_reason(error)}"


def unwritten(error: OSError, place: object) -> str:
    """That a file or folder cannot be written, with the reason, and the remedy where it is known."""
    return f"{place} cannot be written: {_reason(error)}"


def _reason(error: OSError) -> str:
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{error.strerror or error}" + (f"; {remedy}, then repeat the command" if remedy else "")


class UserError(Exception):
    """An invalid input. The message is one line that names the input and the remedy; the command line prints it and exits with code 2.

    Parameters
    ----------
    message : object
        Its text is made one line of at most 1000 characters, since it may quote a file from elsewhere.

    Examples
    --------
    >>> mechgrok.open_run("nowhere")
    Traceback (most recent call last):
        ...
    mechgrok.errors.UserError: ...nowhere...
    """

    def __init__(self, message: object = "") -> None:
        super().__init__(one_line(str(message)))


class InvalidValueError(UserError, ValueError):
    """A value that a part of the config does not take; a ValueError too, so that a part inside of another one is refused with its path."""


class UnavailableError(UserError):
    """A quantity that a network of the user does not hand out. The message names what would; measures are then not applicable."""


class NoWeightsError(UserError):
    """A file that is read and holds no weights; it may hold curves."""


def require(obstacle: str | None) -> None:
    """Raises UnavailableError where there is an obstacle."""
    if obstacle:
        raise UnavailableError(obstacle)


def nearest(word: str, known: list[str], listing: str = "") -> str:
    """The ending `; did you mean X?` for a misspelt `word`; else the command that lists what is known, or the names themselves."""
    if found := close_names(word, known):
        return f"; did you mean {' or '.join(found)}?"
    return f"; see {listing}" if listing else f"; known: {', '.join(sorted(known)) or 'none'}"


def close_names(word: str, known: list[str]) -> list[str]:
    """Names spelt nearly so, else the longest one within the word, else one spelt similarly, else names that the word is a part of."""
    from difflib import get_close_matches

    within = sorted((name for name in known if len(name) > 2 and name in word), key=len)[-1:]
    around = [name for name in known if len(word) > 2 and word in name][:3]
    return get_close_matches(word, known, 1, cutoff=0.85) or within or get_close_matches(word, known, 1) or around
