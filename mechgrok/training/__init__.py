"""The step loop, what it writes, and what it can take up again."""
