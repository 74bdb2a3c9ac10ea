"""State dicts of plain PyTorch networks."""

from __future__ import annotations

import torch
from importer_sample import Sample
from plain_modules import Plain


def sample() -> Sample:
    """A small transformer with random weights; its options are the conventional ones."""
    torch.manual_seed(0)
    model = Plain(("a", "b", 7), 7, width=8, heads=4, neurons=12)
    with torch.no_grad():
        logits = model.double()(model.inputs())
    state = {name: tensor.float() for name, tensor in model.state_dict().items()}
    without = frozenset({"pos_emb", "head.weight", "ln_f.weight", "ln_f.bias"})  # a network without one of these is another kind
    biases = frozenset(name for name in state if name.endswith("bias")) - without
    return Sample(state, model.inputs(), logits, biases=biases, ignored=without, extra="blocks.0.attn.extra")
