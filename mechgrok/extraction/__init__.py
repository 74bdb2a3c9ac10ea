"""Extraction of a network's function as a sum of a few waves."""

from mechgrok.extraction.extraction import Extraction, extract

__all__ = ["Extraction", "extract"]
