"""Reads foreign weight files and logs, recognises them, and writes them as runs."""
