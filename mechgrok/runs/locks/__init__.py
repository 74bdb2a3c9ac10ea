"""Locks against a second process that writes to the same folder."""
