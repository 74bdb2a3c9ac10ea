"""Recognises networks of other people's code by the names and shapes of their parameters."""
