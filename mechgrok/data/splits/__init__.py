"""Splits: rules that choose the train rows of the table, one file each."""
