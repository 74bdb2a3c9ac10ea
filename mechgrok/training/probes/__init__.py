"""Probes: numbers of single updates, recorded during training, one file each."""
