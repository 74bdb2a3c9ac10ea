"""Sparsity, spread, dimension, detection and intervals."""
