"""Foreign weight files: read without running anything of theirs, recognised, and turned into HookedTransformer names."""
