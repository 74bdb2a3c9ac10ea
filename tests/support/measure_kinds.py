"""Measures that do not apply to the usual made-up run, so that tests over all measures leave them to others."""

OF_GROUPS = {"character-cosines", "coset-concentration", "irrep-restricted-loss", "irrep-shares"}
"""Of tasks on a group, which have runs of their own in test_group_conformance."""
OF_ALIASES = {"alias-accuracy", "alias-alignment", "alias-phases", "gradient-alignment", "gradient-patching", "internalisation"}
ELSEWHERE = OF_GROUPS | OF_ALIASES | {"anomaly-removal", "corrupted-loss", "task-loss", "trigger-metrics"}
"""And of runs with corrupted labels, which have runs of their own in tests/measures/anomalies, and of mixtures and aliases, in
test_task_conformance."""
