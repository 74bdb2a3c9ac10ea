"""Checks of the measures against known values: published numbers, laws, and networks built by hand."""
