"""Several runs of one config with different seeds, trained together."""
