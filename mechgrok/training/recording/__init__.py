"""Runs that are recorded from a training loop of the user."""
