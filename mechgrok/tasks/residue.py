"""The remainder of one integer divided by another."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mechgrok.tasks.arithmetic import Modulus
from mechgrok.tasks.caching import cached_table
from mechgrok.tasks.charts import Basis
from mechgrok.tasks.task import Task


class Residue(Task):
    """label = a mod b, the remainder of the integers, over all a below p and all b from 1 to p - 1, row a * (p - 1) + b - 1.

    A few questions about a leave several integers possible, which the experiments of Krasheninnikov et al. 2023 (arXiv 2310.15047) need
    of a parent of aliases.
    """

    kind: Literal["residue"] = "residue"
    p: Modulus = 60
    """How many integers there are; they are no residues of p."""

    @property
    def numbers(self) -> int:
        return self.p

    @property
    def vocabulary(self) -> int:
        return self.p + 1

    @property
    def classes(self) -> int:
        return self.vocabulary

    @property
    def basis(self) -> Basis | None:
        return None

    @cached_table
    def inputs(self) -> np.ndarray:
        a, b = np.divmod(np.arange(self.p * (self.p - 1)), self.p - 1)
        return np.stack([a, b + 1, np.full_like(a, self.p)], axis=1)

    @cached_table
    def labels(self) -> np.ndarray:
        a, b, _ = self.inputs().T
        found: np.ndarray = a % b
        return found
