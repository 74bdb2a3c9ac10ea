"""The split that the design of a task defines."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

import numpy as np

from mechgrok.data.splits.split import Split, TaskTable
from mechgrok.errors import UserError


@runtime_checkable
class DesignedTable(TaskTable, Protocol):
    """The methods of a task that defines its own split."""

    @property
    def part_names(self) -> tuple[str, ...]: ...
    def part_of_row(self) -> np.ndarray: ...
    def trained_rows(self) -> np.ndarray: ...


class Designed(Split):
    """The rows that the task's design trains on. For aliases, the design decides which questions are held out."""

    kind: Literal["designed"] = "designed"
    leak: tuple[str, ...] = ()
    """Parts of the table, such as DtQ1, whose held-out rows are trained on too: a planted leak, for tests of leak detection."""

    def mask(self, rows: int) -> np.ndarray:
        raise UserError("split.kind designed needs a task that fixes its train rows, such as aliases; choose another split")

    def train_rows(self, table: TaskTable) -> np.ndarray:
        if not isinstance(table, DesignedTable):
            return self.mask(len(table.units()))
        leaked = np.isin(table.part_of_row(), [self._number(name, table) for name in self.leak])
        return table.trained_rows() | leaked

    def _number(self, name: str, table: DesignedTable) -> int:
        if name not in table.part_names:
            raise UserError(f"split.leak {name}: the task has the parts {', '.join(table.part_names)}")
        return table.part_names.index(name)
