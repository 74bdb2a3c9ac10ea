"""Tables are computed once for tasks with equal fields, and nobody can change what others get."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mechgrok.tasks.caching import Recent, cached_table
from mechgrok.tasks.domain import Domain
from mechgrok.tasks.modular import Modular


class Counted(Modular):
    kind: Literal["counted"] = "counted"  # type: ignore[assignment]
    weights: tuple[int, ...] | list[int] = ()
    """Hashable or not."""

    @cached_table
    def labels(self) -> np.ndarray:
        CALLS.append(self)
        return super().labels()


CALLS: list[Counted] = []


def test_a_table_is_made_once(monkeypatch) -> None:
    made, rows = [], Domain.rows
    monkeypatch.setattr(Domain, "rows", lambda self, p, operands: made.append(p) or rows(self, p, operands))
    task = Modular(p=53, operation="a^3+2b")
    for each in (task, Modular(p=53, operation="a^3+2b"), Modular.model_validate_json(task.model_dump_json())):
        assert len(each.inputs()) == len(each.labels()) == len(each.operands()) == len(each.phase()) == 53**2
    assert made == [53]


def test_other_fields_and_other_classes_have_their_own() -> None:
    assert Modular(p=7).labels().tolist() != Modular(p=7, operation="subtract").labels().tolist()
    CALLS.clear()
    assert Counted(p=7).labels().tolist() == Modular(p=7).labels().tolist()
    assert Counted(p=7, weights=(1,)).labels().tolist() == Modular(p=7).labels().tolist()
    assert len(CALLS) == 2


def test_what_a_caller_changes_stays_with_the_caller() -> None:
    task = Modular(p=7)
    task.labels()[:] = 0
    task.operands()[:] = 0
    assert task.labels().sum() > 0
    assert task.operands().sum() > 0


def test_fields_that_cannot_be_hashed_are_computed_each_time() -> None:
    CALLS.clear()
    task = Counted(p=7, weights=[1])
    assert task.labels().tolist() == task.labels().tolist() == Modular(p=7).labels().tolist()
    assert len(CALLS) == 2


def test_memory_is_bounded_and_the_last_used_stay() -> None:
    recent, made = Recent(most_bytes=2 * 80), []

    def get(key: str, length: int = 10) -> None:
        recent.get(key, lambda: made.append(key) or np.zeros(length))

    for key in ("a", "b", "a", "c", "a", "b"):
        get(key)
    assert made == ["a", "b", "c", "b"]
    get("large", 21)
    get("large", 21)
    get("b")
    assert made[-2:] == ["large", "large"]
