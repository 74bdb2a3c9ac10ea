from __future__ import annotations

import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.runs.importing import records


@pytest.mark.parametrize(("updates", "every"), [(50_000, 10), (25_000, 1), (1001, 100), (7, 3), (1, 1)])
def test_the_interval_that_made_the_records_is_found(updates: int, every: int) -> None:
    made = len([epoch for epoch in range(updates) if epoch % every == 0])
    found = records.record_interval(made, updates)
    assert found is not None
    assert len(range(0, updates, found)) == made
    assert every != 10 or found == 10


def test_no_interval_gives_99_records_of_100() -> None:
    assert records.record_interval(99, 100) is None
    assert records.record_interval(0, 100) is None


def test_a_list_that_fits_no_interval_is_left_out_and_said() -> None:
    found = records.read_losses({"train_losses": [1.0] * 100, "test_losses": [1.0] * 99}, {"train": 0, "test": 0})
    assert list(found.by_step) == ["train"]
    assert "test_losses" in found.notes[0]


def test_losses_may_be_numbers_and_tensors() -> None:
    assert records.loss_list([1, 0.5, torch.tensor(0.25), torch.tensor([0.125])], "test_losses") == [1, 0.5, 0.25, 0.125]
    assert records.loss_list(torch.tensor([1.0, 0.5]), "test_losses") == [1, 0.5]


@pytest.mark.parametrize("values", [["words"], {"a": 1}, [None], [torch.zeros(2)], [1 << 2000]])
def test_other_things_are_no_losses(values: object) -> None:
    with pytest.raises(UserError, match="test_losses"):
        records.loss_list(values, "test_losses")
