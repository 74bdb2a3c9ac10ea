"""The engine: runs measures over checkpoints, stores their results, compares them with a null."""
