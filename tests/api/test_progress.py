"""Progress of a training run."""

from __future__ import annotations

from mechgrok.api.progress import summary
from mechgrok.training.evaluation.scores import Evaluation


def test_the_whole_splits_are_printed_and_no_subset() -> None:
    found = [Evaluation(split, 10, 0.5, 0.25) for split in ("train", "train-clean", "train-poisoned", "test", "test-trigger-rule")]
    assert summary(found) == "train 0.5 (25.0%)  test 0.5 (25.0%)"
