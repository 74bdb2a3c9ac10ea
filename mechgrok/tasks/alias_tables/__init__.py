"""The tables of the task `aliases`: its design, its sets, its rows, and what they determine."""
