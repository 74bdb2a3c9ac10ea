"""Whether the files of a run belong together: checkpoints, metrics, split, lineage, results, leftovers."""
