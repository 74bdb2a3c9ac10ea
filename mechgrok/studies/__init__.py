"""Analyses over several runs: the table of a study and its claims."""
