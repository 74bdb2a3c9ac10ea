"""A task whose modulus or tokens are not those of the module is refused or noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from own_modules import PlainTransformer
from torch import Tensor, nn

from mechgrok.errors import UserError
from mechgrok.models.opaque.fit import Fit
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.table import Table


def adds(p: int, classes: int) -> nn.Module:
    """a + b modulo p without an error, of any tokens."""
    return Called(lambda tokens: F.one_hot((tokens[:, 0] + tokens[:, 1]) % p, classes).double())


class Called(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, tokens: Tensor) -> Tensor:
        return self.function(tokens)


@pytest.mark.parametrize("layout", ["a b =", "a b"])
@pytest.mark.parametrize(("p", "classes"), [(6, 7), (6, 8), (8, 8)])
def test_a_modulus_that_is_off_by_one_is_refused_with_the_right_one(p: int, classes: int, layout: str) -> None:
    with pytest.raises(UserError, match=f"with p={p}, layout='{layout}', and 100% with p=7, layout='{layout}'; give p=7"):
        Fit.of(adds(7, classes), Modular(p=p, layout=layout)).require_modulus()


def test_the_share_of_right_rows_is_that_of_equal_sums() -> None:
    """Modulo 7 and 8 the sums below 7 are equal: 28 of 64."""
    with pytest.raises(UserError, match="answers 44% of the rows"):
        Fit.of(adds(7, 8), Modular(p=8)).require_modulus()


@pytest.mark.parametrize(
    "task",
    [
        Modular(p=7),
        Modular(p=7, operation="subtract"),
        Modular(p=6, operation="multiply"),
        Table(rows=[[0, 1, 2], [1, 1, 2]], labels=[1, 0]),
    ],
)
def test_what_is_not_known_better_is_left_as_it_is(task: Any) -> None:
    """The right modulus, another operation, and a network that has learnt nothing."""
    Fit.of(adds(7, 8), Modular(p=7)).require_modulus()
    Fit.of(PlainTransformer(8), task).require_modulus()


def test_a_network_in_the_middle_of_its_training_is_left_as_it_is() -> None:
    """Right on the first rows, a third of the table."""

    def half(tokens: Tensor) -> Tensor:
        return F.one_hot(torch.where(tokens[:, 0] < 3, tokens[:, 0] + tokens[:, 1], 0 * tokens[:, 0]) % 9, 9).double()

    Fit.of(Called(half), Modular(p=9)).require_modulus()


def test_spare_classes_and_tokens_are_noted_with_their_numbers() -> None:
    notes = list(Fit.of(PlainTransformer(9), Modular(p=7, loss_classes="numbers")).notes())
    assert notes == [
        "the module has 9 classes and the task 7; no measure uses the last 2 of the module",
        "tok_emb has 10 tokens and the task 8; no row holds the last 2 of the module",
    ]
    assert list(Fit.of(PlainTransformer(7), Modular(p=7)).notes()) == []
    assert list(Fit.of(adds(7, 8), Modular(p=7)).notes()) == []


def test_an_embedding_of_positions_has_no_tokens() -> None:
    class Positioned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right, self.places = nn.Embedding(9, 4), nn.Embedding(8, 4), nn.Embedding(64, 4)
            self.head = nn.Linear(4, 7)

        def forward(self, tokens: Tensor) -> Tensor:
            summed = self.left(tokens[:, 0]) + self.right(tokens[:, 1]) + self.places(torch.arange(3)).sum(0)
            return self.head(summed)

    notes = list(Fit.of(Positioned(), Modular(p=7)).notes())
    assert notes == ["left has 9 tokens and the task 8; no row holds the last 1 of the module"]
