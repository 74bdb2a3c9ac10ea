"""Reads foreign pickles without running anything of theirs."""
