from __future__ import annotations

import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.runs.importing import records


def test_the_first_record_of_a_list_is_where_the_format_has_it() -> None:
    found = records.read_records({"train_losses": [3, 2], "test_losses": [1.0], "test_accs": [0.5, 1.0]}, {"train": 0, "test": 1})
    assert [(each.name, each.values, each.first) for each in found.undated] == [
        ("train_losses", (3.0, 2.0), 0),
        ("test_losses", (1.0,), 1),
        ("test_accs", (0.5, 1.0), 0),
    ]


def test_steps_beside_the_lists_take_precedence() -> None:
    found = records.read_records({"train_losses": [3.0, 2.0], "epochs": [25, 50]}, {"train": 0, "test": 0})
    assert (found.losses, found.undated, found.in_epochs) == ({"train": {25: 3.0, 50: 2.0}}, (), True)


@pytest.mark.parametrize(("known", "updates"), [(None, None), (19, 20), (20, 20), (500, 500), (0, None)])
def test_epochs_count_from_0_where_each_has_a_record(known: int | None, updates: int | None) -> None:
    found = records.read_records({"train_losses": [1.0] * 20}, {"train": 0, "test": 0})
    assert records.updates_after(known, found) == updates


def test_losses_may_be_numbers_and_tensors() -> None:
    assert records.loss_list([1, 0.5, torch.tensor(0.25), torch.tensor([0.125])], "test_losses") == [1, 0.5, 0.25, 0.125]
    assert records.loss_list(torch.tensor([1.0, 0.5]), "test_losses") == [1, 0.5]


@pytest.mark.parametrize("values", [["words"], {"a": 1}, [None], [torch.zeros(2)], [1 << 2000]])
def test_other_things_are_no_losses(values: object) -> None:
    with pytest.raises(UserError, match="test_losses"):
        records.loss_list(values, "test_losses")
