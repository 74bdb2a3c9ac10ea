"""Functions that several families of measures use."""
