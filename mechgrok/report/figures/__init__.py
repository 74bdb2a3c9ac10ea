"""Figures of the page: which come first, how they are drawn, and what their slider shows."""
