"""Modules that import TransformerLens; a folder of their own, so that finding the models imports none of them."""
