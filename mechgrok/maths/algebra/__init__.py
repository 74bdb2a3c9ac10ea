"""Finite groups, their representations, characters and cosets."""
