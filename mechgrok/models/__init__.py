"""Networks: kinds of the config, their functions of weights, their initial weights and modules with hook points."""
