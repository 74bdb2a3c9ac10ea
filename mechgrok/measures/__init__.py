"""Measures: one file each, in families by the question that they answer."""
