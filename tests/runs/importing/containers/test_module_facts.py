"""Whole modules name their activation and their heads."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mechgrok.runs.importing.containers.facts import find_facts
from mechgrok.runs.importing.safe_pickle import loading


class Held(nn.Module):
    """Holds the function that it applies."""

    def __init__(self) -> None:
        super().__init__()
        self.activation, self.linear = F.silu, nn.Linear(2, 2)


ENCODER = nn.TransformerEncoderLayer(8, 2, 8, activation=nn.Tanh())


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (nn.Sequential(nn.Linear(2, 3), nn.GELU(), nn.Linear(3, 2)), {"activation": "gelu"}),
        (nn.Sequential(nn.LeakyReLU(), nn.MultiheadAttention(8, 4)), {"activation": "leakyrelu", "num_heads": 4}),
        (nn.Sequential(nn.GELU(), nn.ReLU()), {}),
        (Held(), {"activation": "silu"}),
        (ENCODER, {"activation": "tanh", "num_heads": 2}),
    ],
)
def test_facts_of_modules(module: nn.Module, expected: dict[str, object], tmp_path: Path) -> None:
    torch.save({"model": module}, tmp_path / "whole.pt")
    found = find_facts(loading.read(tmp_path / "whole.pt"))
    assert {name: found[name] for name in ("activation", "num_heads") if name in found} == expected


def test_a_config_comes_first(tmp_path: Path) -> None:
    torch.save({"config": {"activation": "relu"}, "model": nn.Sequential(nn.GELU())}, tmp_path / "whole.pt")
    assert find_facts(loading.read(tmp_path / "whole.pt"))["activation"] == "relu"
