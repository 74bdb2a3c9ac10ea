"""Learning rates over training, one file each."""
