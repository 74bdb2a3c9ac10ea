"""Tasks: one file a family of tables of inputs and labels."""
