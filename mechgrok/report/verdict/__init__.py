"""What happened in a run, in a few sentences: the verdict."""

from mechgrok.report.verdict.sentences import verdict

__all__ = ["verdict"]
