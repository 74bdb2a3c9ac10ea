"""Training: the step loop, its records, and the continuation of interrupted runs."""
