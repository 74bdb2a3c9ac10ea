"""Flags of a preset that make it train in a second."""

from __future__ import annotations

import shlex

TINY = shlex.split(
    "--task.p 7 --model.d_model 16 --model.heads 2 --model.d_mlp 24 --training.steps 20 --checkpoints.log_spaced 0 --threads 1"
)
QUIET = ("--log", "quiet")
