"""The architecture, task and split of a foreign network, inferred from its weights, its recorded losses and the import options."""
