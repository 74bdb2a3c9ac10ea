"""Networks that are known by calling them: a torch module or a function of the user, and where in it weights and activations are."""
