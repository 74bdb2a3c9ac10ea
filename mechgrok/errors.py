"""The one exception whose text is meant for the user's eyes."""


class UserError(Exception):
    """A wrong input, said in one line that tells what to do. The command line prints it and exits with 2."""


def nearest(word: str, known: list[str]) -> str:
    """The ending `; did you mean X?` for a misspelt `word`, or the list of what is known."""
    import difflib

    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(sorted(known)) or 'none'}"
