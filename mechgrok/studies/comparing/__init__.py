"""Several runs side by side, from what is stored of them: a table, figures, a page. No weights are read and nothing is recomputed."""
