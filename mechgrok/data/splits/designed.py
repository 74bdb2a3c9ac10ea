"""What the design of a task says is trained on."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mechgrok.data.splits.split import Split, Table
from mechgrok.errors import UserError


class Designed(Split):
    """The rows that the task itself says are trained on: for aliases, whose design decides which questions are held out."""

    kind: Literal["designed"] = "designed"
    leak: tuple[str, ...] = ()
    """Parts of the table, such as DtQ1, whose held-out rows are trained on all the same: a planted leak, which measures have to find."""

    def mask(self, rows: int) -> np.ndarray:
        raise UserError("split.kind designed needs a task that says which rows are trained on, such as aliases; choose another split")

    def train_rows(self, table: Table) -> np.ndarray:
        trained = table.trained_rows()
        if trained is None:
            return self.mask(len(table.units()))
        return trained | np.isin(table.part_of_row(), [self._number(name, table) for name in self.leak])

    def _number(self, name: str, table: Table) -> int:
        if name not in table.part_names:
            raise UserError(f"split.leak {name}: the task has the parts {', '.join(table.part_names)}")
        return table.part_names.index(name)
