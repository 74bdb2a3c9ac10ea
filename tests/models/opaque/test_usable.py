"""Modules that are no function of tokens and weights are refused or noted; modules that write in place change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from own_modules import NAMES, PlainTransformer
from torch import Tensor, nn

from mechgrok.errors import UserError
from mechgrok.models.forward.tables import Batch
from mechgrok.models.opaque.calling import unwrapped
from mechgrok.models.opaque.description import describe, held
from mechgrok.tasks.modular import Modular

P = 7
TASK = Modular(p=P)
TOKENS = torch.from_numpy(TASK.inputs())


class Around(nn.Module):
    """A module whose logits are changed by a function of tokens and logits."""

    def __init__(self, change: Callable[[Tensor, Tensor], Any]) -> None:
        super().__init__()
        self.inner, self.change = PlainTransformer(P), change

    def forward(self, tokens: Tensor) -> Any:
        return self.change(tokens, self.inner(tokens)[:, -1])


def on_meta() -> nn.Module:
    with torch.device("meta"):
        return PlainTransformer(P)


UNUSABLE: dict[str, tuple[Callable[[], Any], str]] = {
    "on the device meta": (on_meta, "^pos of the module is on the device meta"),
    "lazy": (lambda: nn.Sequential(nn.Embedding(8, 4), nn.Flatten(), nn.LazyLinear(7)), "^2.weight of the module has no shape yet"),
    "traced": (lambda: torch.jit.trace(PlainTransformer(P).eval(), TOKENS), "^a scripted or traced module takes no other weights"),
    "a class": (lambda: PlainTransformer, "^PlainTransformer is a class"),
    "random": (lambda: Around(lambda _, x: F.dropout(x, 0.5)), "^the module gives other logits at each call"),
    "complex": (lambda: Around(lambda _, x: x.to(torch.complex128)), "^the module returns complex128 values"),
    "bool": (lambda: Around(lambda _, x: x > 0), "^the module returns bool values"),
    "not a number": (lambda: Around(lambda t, x: x.where(t[:, :1] > 1, torch.nan)), r"NaN as a logit of row \[[01], \d, 7\]"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", UNUSABLE)
def test_what_cannot_be_measured_is_refused_in_a_line(kind: str) -> None:
    make, message = UNUSABLE[kind]
    with pytest.raises(UserError, match=message) as refused:
        describe(unwrapped(make()), TASK, None)
    assert "\n" not in str(refused.value)


def test_logits_that_depend_on_the_batch_are_noted() -> None:
    note = "the logits of a row depend on the other rows of its batch, so they are those of the whole table in one batch"
    assert describe(Around(lambda _, x: x - x.mean(0)), TASK, None).notes == (note,)
    assert describe(Around(lambda _, x: x - x.mean(1, keepdim=True)), TASK, None).notes == ()


def test_random_numbers_of_its_own_seed_are_no_obstacle() -> None:
    def noisy(_: Tensor, x: Tensor) -> Tensor:
        return x + torch.randn(7, generator=torch.Generator().manual_seed(0))

    assert describe(Around(noisy), TASK, None).notes == ()


class Writing(PlainTransformer):
    """Writes into its tokens, a parameter and a buffer."""

    def __init__(self) -> None:
        super().__init__(P)
        self.register_buffer("calls", torch.zeros(2))

    def forward(self, tokens: Tensor) -> Tensor:
        tokens[:, 0] = 3
        self.calls += 1
        self.pos.data.clamp_(-0.1, 0.1)
        return super().forward(tokens)


def test_a_module_that_writes_in_place_changes_neither_the_table_nor_itself() -> None:
    module, tokens = Writing(), TOKENS.clone()
    before = {name: each.clone() for name, each in module.state_dict().items()}
    found = describe(module, TASK, None).network
    weights = found.stored({name: each.double() for name, each in held(module)[0].items()})
    logits = found.logits(weights, Batch.of(tokens))
    assert torch.equal(tokens, TOKENS)
    assert all(torch.equal(before[name], each) for name, each in module.state_dict().items())
    with torch.no_grad():
        assert (logits - module.double().eval()(TOKENS.clone())[:, -1]).abs().max() < 1e-12


def test_an_activation_is_that_before_a_later_layer_writes_over_it() -> None:
    module = PlainTransformer(P)
    module.net[1] = nn.ReLU(inplace=True)
    found = describe(module, TASK, NAMES).network
    weights = found.stored({name: each.double() for name, each in held(module)[0].items()})
    _, kept = found.forward(weights, Batch.of(TOKENS), frozenset({"blocks.0.mlp.hook_pre", "blocks.0.mlp.hook_post"}))
    pre, post = kept["blocks.0.mlp.hook_pre"], kept["blocks.0.mlp.hook_post"]
    assert float(pre.min()) < 0
    assert torch.equal(pre.relu(), post)
