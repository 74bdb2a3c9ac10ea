"""Pure functions from tensors to tensors: no files, no config, no plotting."""
