"""What we found: a page and a JSON summary for each run, and an index over several. Nothing here computes, nothing needs torch."""

from mechgrok.report.writing import Report, write_report

__all__ = ["Report", "write_report"]
