"""Splits: which rows of the table are trained on."""
