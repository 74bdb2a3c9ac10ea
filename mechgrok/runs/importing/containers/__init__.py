"""The contents of a foreign file, whatever wraps them: raw weights by step, facts, recorded losses and accuracies, and rows."""
