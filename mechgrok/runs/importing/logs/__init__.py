"""Runs without checkpoints, imported from logs of training curves."""
