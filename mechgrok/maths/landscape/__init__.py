"""Losses, and how they change around a point in parameter space."""
