"""Which measure tells first that a run will generalise: readings before the test accuracy moves, judged over many runs."""
