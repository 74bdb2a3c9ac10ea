"""How strongly logits follow the labels of an operation: a statistic that neither sharpening nor flattening changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from mechgrok.tasks.charts import is_prime
from mechgrok.tasks.formula import parse
from mechgrok.tasks.operations import FORMULAS


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of several operations at some pairs of numbers modulo p."""

    operations: tuple[str, ...]
    labels: Tensor
    """(operation, row); 0 where there is none."""
    defined: Tensor
    """(operation, row)."""
    classes: Tensor
    """(operation, class): how often each class is a label."""


@lru_cache(maxsize=200)
def possible(p: int, operations: tuple[str, ...] = tuple(FORMULAS)) -> tuple[str, ...]:
    """Those of the operations that exist modulo p."""
    return tuple(name for name in operations if is_prime(p) or not parse(FORMULAS[name]).divides)


def labels_at(operands: np.ndarray, p: int, operations: Sequence[str]) -> Labels:
    """The labels at pairs of numbers (n, 2)."""
    found = [parse(FORMULAS[name]).at(operands, p) for name in operations]
    labels = torch.from_numpy(np.stack([np.where(defined, values, 0) for values, defined in found]))
    defined = torch.from_numpy(np.stack([defined for _, defined in found]))
    counts = torch.zeros(len(found), p, dtype=torch.float32).scatter_add_(1, labels, defined.float())
    return Labels(tuple(operations), labels, defined, counts)


def signal(logits: Tensor, found: Labels) -> tuple[float, str, float]:
    """The largest z over operations, the operation, and the share of rows with its label.

    z is the sum over rows of the label's logit, the logits being centred over classes and over rows and of length 1 in each row, in units
    of its deviation where logits and labels are independent.
    """
    centred = logits - logits.mean(1, keepdim=True)
    centred = centred - centred.mean(0)
    unit = centred / centred.norm(dim=1, keepdim=True).clamp_min(1e-30)
    at_label = unit.T.expand(len(found.labels), -1, -1).gather(1, found.labels[:, None, :])[:, 0]
    total = (at_label * found.defined).sum(1)
    z = total / (found.defined.sum(1) / max(logits.shape[1] - 1, 1)).sqrt()
    best = int(torch.nan_to_num(z, nan=-1.0).argmax())
    right = ((logits.argmax(1) == found.labels[best]) & found.defined[best]).float().mean()
    return float(torch.nan_to_num(z, nan=-1.0)[best]), found.operations[best], float(right)
