"""Which rows of the table are trained on, and which labels are changed."""
