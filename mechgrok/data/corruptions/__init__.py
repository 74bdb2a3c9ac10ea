"""Corruptions: which labels are changed before training, one file each."""
