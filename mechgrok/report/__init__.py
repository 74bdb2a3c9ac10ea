"""What we found: one self-contained page and one JSON summary a run, and an index over several. Nothing here computes; nothing needs torch."""

from mechgrok.report.writing import Report, write_report

__all__ = ["Report", "write_report"]
