"""A script of 40 lines gets its report by the lines of the README or of the guide, and by nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import torch
import torch.nn.functional as F
from torch import nn

p, steps = 7, 30
x = torch.cartesian_prod(torch.arange(p), torch.arange(p))
y = (x[:, 0] * x[:, 1]) % p
torch.manual_seed(0)
is_train = torch.rand(len(x)) < 0.7


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok_emb = nn.Embedding(p, 16)
        self.fc1, self.act, self.fc2 = nn.Linear(32, 24), nn.ReLU(), nn.Linear(24, p)

    def forward(self, tokens):
        return self.fc2(self.act(self.fc1(self.tok_emb(tokens).flatten(1))))


model = Net()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
"""
UPDATE = """
        loss = F.cross_entropy(model(x[is_train]), y[is_train])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""


@pytest.mark.parametrize(("page", "most"), [("README.md", 5), ("docs/guides/own-network.md", 8)])
def test_the_lines_of_a_page_make_a_report(page: str, most: int, tmp_path: Path) -> None:
    section = (ROOT / page).read_text().split("# Your own network")[1]
    lines = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert lines
    own = [line for line in lines[1].splitlines() if line.strip() and "..." not in line and "for step" not in line]
    assert len(own) <= most
    (tmp_path / "script.py").write_text(SCRIPT + lines[1].replace("        ...  # your update\n", UPDATE.lstrip("\n")))
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "checkpoints/mine/report/index.html"
    found = json.loads((tmp_path / "checkpoints/mine/report/summary.json").read_text())["measures"]
    assert all(found[name]["status"] == "ok" for name in ("loss", "gini", "key-frequencies", "neuron-frequencies", "restricted-loss"))
    assert not [name for name, entry in found.items() if entry["status"] == "failed"]
