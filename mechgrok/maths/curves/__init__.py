"""Curves over training: thresholds, change points, episodes, paths through parameter space."""
