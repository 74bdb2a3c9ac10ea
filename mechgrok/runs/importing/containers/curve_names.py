"""Which split and quantity the name of a recorded curve means."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Split = Literal["train", "test"]
Quantity = Literal["loss", "accuracy"]

SPLITS: dict[str, Split] = {
    **dict.fromkeys(("train", "training", "trn", "tr"), "train"),  # type: ignore[dict-item]
    **dict.fromkeys(("test", "testing", "tst", "val", "valid", "validation", "eval", "evaluation", "dev", "heldout", "te"), "test"),
}
_QUANTITIES: dict[str, Quantity] = {
    **dict.fromkeys(("loss", "losses", "ce", "nll", "xent", "crossentropy", "celoss"), "loss"),  # type: ignore[dict-item]
    **dict.fromkeys(("acc", "accs", "accuracy", "accuracies", "accu"), "accuracy"),
}
_NEUTRAL = {
    *("metrics", "metric", "history", "hist", "logs", "log", "curve", "curves", "results", "stats", "record", "records", "list", "values"),
    *("mean", "avg", "average", "set", "final", "last", "epoch", "full", "cross", "entropy", "all", "per", "pct", "percent", "data", "out"),
    *("trajectory", "recorded", "current"),
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class Curve(NamedTuple):
    """A recorded curve; the split is None where the name holds none."""

    split: Split | None
    quantity: Quantity


def words_of(name: str) -> list[str]:
    """The words of a name in lower case, apart by signs or capitals."""
    return [word.lower() for word in _WORD.findall(name.replace("held_out", "heldout"))]


def identify(name: str) -> Curve | None:
    """The curve that a name such as `train_loss`, `valLoss`, `acc/test` or `metrics.train.accuracies` means; None for other names.

    Names with other words (`best_val_acc`, `train_loss_excluded`, `grad_loss`) are other quantities.
    """
    words = words_of(name)
    splits = {SPLITS[word] for word in words if word in SPLITS}
    quantities = {_QUANTITIES[word] for word in words if word in _QUANTITIES}
    if {"cross", "entropy"} <= set(words):
        quantities.add("loss")
    known = SPLITS.keys() | _QUANTITIES.keys() | _NEUTRAL
    if len(quantities) != 1 or len(splits) > 1 or any(word not in known for word in words):
        return None
    return Curve(next(iter(splits), None), quantities.pop())
