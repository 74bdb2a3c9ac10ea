"""Files of plain networks with a tensor missing, or of another shape: read as another network, or refused in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import torch
from plain_modules import Perceptron, Plain
from torch import Tensor, nn

from mechgrok.errors import UserError
from mechgrok.models.embedding_mlp import EmbeddingMLP
from mechgrok.models.lstm import LSTM
from mechgrok.models.mlp import MLP
from mechgrok.models.model import Model
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.models.transformer import Transformer
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.inference.reading import read_network
from mechgrok.runs.importing.inference.search import Search
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.importing.recognition import recognise
from mechgrok.tasks.modular import Modular

P = 5
AFTER, WITHOUT = ("a", "b", P), ("a", "b")
SIZES: dict[str, Any] = {"width": 8, "heads": 2, "neurons": 12}
State = dict[str, Tensor]


def recurrent(layers: int, *, embedded: bool) -> State:
    """An LSTM of torch on tokens a, b, =, and its head."""
    parts = {"lstm": nn.LSTM(6 if embedded else P + 1, 8, layers), "out": nn.Linear(8, P)}
    return nn.ModuleDict(({"emb": nn.Embedding(P + 1, 6)} if embedded else {}) | parts).state_dict()


def ours(model: Model, layout: Any = "a b") -> State:
    return model.initial(Modular(p=P, layout=layout))


KINDS: dict[str, Callable[[], Mapping[str, Tensor]]] = {
    "fused": lambda: Plain(AFTER, P, form="blocks", **SIZES).state_dict(),
    "fused without a mask": lambda: Plain(WITHOUT, P, form="heads", causal=False, **SIZES).state_dict(),
    "separate": lambda: Plain(AFTER, P, form="separate", norm=nn.RMSNorm, tied=True, **SIZES).state_dict(),
    "by head": lambda: Plain(AFTER, P, form="by head", norm=None, **SIZES).state_dict(),
    "two layers": lambda: Plain(AFTER, P, layers=2, post=True, final=False, **SIZES).state_dict(),
    "gated, rotary, grouped": lambda: Plain(AFTER, P, form="separate", gate="three", groups=1, rotary="halves", **SIZES).state_dict(),
    "gated, side by side": lambda: Plain(AFTER, P, gate="halves", **SIZES).state_dict(),
    "perceptron": lambda: Perceptron(P, (10, 12), d_emb=6).state_dict(),
    "perceptron on sums": lambda: Perceptron(P, (10,), d_emb=6, added=True).state_dict(),
    "one-hot": lambda: nn.Sequential(nn.Linear(2 * P, 16), nn.ReLU(), nn.Linear(16, P)).state_dict(),
    "one-hot without biases": lambda: nn.Sequential(nn.Linear(2 * P, 16, bias=False), nn.ReLU(), nn.Linear(16, P, bias=False)).state_dict(),
    "lstm": lambda: recurrent(1, embedded=True),
    "lstm of two layers": lambda: recurrent(2, embedded=False),
    "our perceptron": lambda: ours(EmbeddingMLP(d_emb=6, widths=(8, 9))),
    "our perceptron side by side": lambda: ours(
        EmbeddingMLP(d_emb=6, widths=(8,), separate=True, no_unembedding=True, combine="concatenate")
    ),
    "our one-hot": lambda: ours(MLP(widths=(8, 9))),
    "our quadratic": lambda: ours(QuadraticMLP(d_mlp=8)),
    "our lstm": lambda: ours(LSTM(hidden=8, stacked=2)),
    "hooked": lambda: ours(Transformer(d_model=8, heads=2, d_head=4, d_mlp=12, normalization="LN"), "a b ="),
}
QUICK = {"perceptron", "one-hot", "our quadratic"}
CHANGES: dict[str, Callable[[Tensor], Tensor | None]] = {
    "missing": lambda tensor: None,
    "transposed": lambda tensor: tensor.transpose(0, -1),
    "shorter": lambda tensor: tensor[:-1],
    "longer": lambda tensor: torch.cat([tensor, tensor[:1]]),
    "narrower": lambda tensor: tensor[..., :-1],
    "empty": lambda tensor: tensor[:0],
    "empty at the end": lambda tensor: tensor[..., :0],
    "one number": lambda tensor: tensor.flatten()[:1],
    "a number": lambda tensor: tensor.sum(),
    "flat": lambda tensor: tensor.flatten(),
    "an axis more": lambda tensor: tensor[None],
    "whole numbers": lambda tensor: tensor.long(),
    "not finite": lambda tensor: tensor / 0,
}


@pytest.fixture
def conventional(monkeypatch: pytest.MonkeyPatch) -> None:
    """One reading of each file, which decides whether the shapes fit."""
    monkeypatch.setattr(Search, "run", lambda search: search._try([search.conventional]))
    monkeypatch.setattr(Search, "neighbours", lambda search, reading: [])


def read(state: Mapping[str, Tensor]) -> None:
    """Everything that depends on the shapes in a file."""
    file = WeightsFile(dict(state))
    foreign = recognise(file).convert(file)
    found = read_network(foreign, ImportOptions())
    found.converted(foreign.snapshots)


def damaged(state: Mapping[str, Tensor]) -> Iterator[tuple[str, State]]:
    """The state dict with each tensor changed in turn."""
    for name, tensor in state.items():
        for change, apply in CHANGES.items():
            changed = apply(tensor)
            others = {other: each for other, each in state.items() if other != name}
            yield f"{name} {change}", others if changed is None else others | {name: changed.contiguous()}


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=() if kind in QUICK else pytest.mark.long) for kind in KINDS])
def test_a_damaged_tensor_is_refused_in_one_line_or_makes_another_network(kind: str, conventional: None) -> None:
    torch.manual_seed(0)
    state = KINDS[kind]()
    read(state)
    refused = {}
    for damage, changed in damaged(state):
        try:
            read(changed)
        except UserError as error:
            refused[damage] = str(error)
        except Exception as error:
            raise AssertionError(damage) from error
    assert all(message and "\n" not in message for message in refused.values())
    assert refused.keys() >= {damage for damage, _ in damaged(state) if damage.endswith("not finite")}


def test_snapshots_of_other_sizes_and_without_finite_values_are_refused() -> None:
    torch.manual_seed(0)
    first, last = (Perceptron(P, (10,), d_emb=6).state_dict() for _ in range(2))
    read({"states": [first, last]})
    for change, message in {"shorter": "of different sizes", "not finite": "values that are not finite"}.items():
        broken = {name: CHANGES[change](tensor) for name, tensor in first.items()}
        with pytest.raises(UserError, match=message):
            read({"checkpoints": {0: broken, 5: broken}, "model": last, "step": 9})
