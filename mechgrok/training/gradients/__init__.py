"""Filters of gradients before the optimiser, one file each."""
