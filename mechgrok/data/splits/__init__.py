"""Splits: which rows of the table are trained on, one file each."""
