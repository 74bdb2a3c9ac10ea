"""How we look: one file a measure, and the engine that runs them."""
