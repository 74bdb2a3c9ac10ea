"""Twenty small files that can be imported, one of each kind, and damaged copies of them."""

from __future__ import annotations

import argparse
import io
import json
import pickle
import random
import zipfile
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
from importer_sample import sample_of
from mutated_files import altered, with_pickle
from plain_modules import Perceptron, Plain
from safetensors.torch import save
from torch import Tensor, nn

P = 5
AFTER = ("a", "b", P)
SIZES: dict[str, Any] = {"width": 8, "heads": 2, "neurons": 12}
RECORDS = [{"step": step, "train_loss": 1.5 / (step + 1), "val_loss": 2.0, "train_acc": 0.5, "val_acc": 0.25} for step in (0, 10, 20)]


def torch_file(data: Any, *, legacy: bool = False) -> bytes:
    """The bytes that torch.save writes."""
    made = io.BytesIO()
    torch.save(data, made, _use_new_zipfile_serialization=not legacy)
    return made.getvalue()


def _arrays(state: dict[str, Tensor], *, packed: bool = False) -> bytes:
    made = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(made, **{name.replace(".", "/"): tensor.numpy() for name, tensor in state.items()})
    return made.getvalue()


def _csv(records: list[dict[str, float]]) -> bytes:
    rows = [records[0].keys(), *(record.values() for record in records)]
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


@cache
def files() -> dict[str, bytes]:
    """Contents by name."""
    torch.manual_seed(0)
    plain, perceptron = Plain(AFTER, P, form="separate", **SIZES), Perceptron(P, (10,), d_emb=6)
    state, arrays = plain.state_dict(), {name: tensor.numpy() for name, tensor in perceptron.state_dict().items()}
    optimizer = torch.optim.AdamW(plain.parameters())
    around = {"optimizer_state_dict": optimizer.state_dict(), "config": argparse.Namespace(p=P, op="add"), "history": RECORDS}
    lightning = {"state_dict": {f"model.{name}": each for name, each in state.items()}, "global_step": 20, "hyper_parameters": {"p": P}}
    recurrent = nn.ModuleDict({"emb": nn.Embedding(P + 1, 6), "lstm": nn.LSTM(6, 8), "out": nn.Linear(8, P)})
    found = {
        "bare.pt": torch_file(state),
        "legacy.pt": torch_file(state, legacy=True),
        "around.pt": torch_file({"model_state_dict": state, "epoch": 3, ("add", 1): [1.0], **around}),
        "module.pt": torch_file({"model": plain}),
        "text.pkl": pickle.dumps({"params": arrays, "step": 20}, 0),
        "binary.pkl": pickle.dumps({"params": arrays, "step": np.int64(20)}, 4),
        "arrays.npz": _arrays(state),
        "packed.npz": _arrays(perceptron.state_dict(), packed=True),
        "tensors.safetensors": save({name: tensor.contiguous() for name, tensor in state.items()}),
        "epoch=2-step=20.ckpt": torch_file({**lightning, "callbacks": {}, "pytorch-lightning_version": "2.4.0"}),
        "steps.pt": torch_file({0: state, 10: state}),
        "epochs.pth": torch_file({"states": [state, state], "train_losses": [1.0, 0.5], "test_losses": [2.0, 1.0]}),
        "recurrent.bin": torch_file(recurrent.state_dict()),
        "half.pt": torch_file({name: tensor.bfloat16() for name, tensor in perceptron.state_dict().items()}),
        "one-hot.pt": torch_file({"net": nn.Sequential(nn.Linear(2 * P, 16), nn.ReLU(), nn.Linear(16, P)).state_dict()}),
    }
    for format in ("nanda2023", "hooked_transformer"):
        sample = sample_of(format)
        assert sample is not None
        found[f"{format}.pth"] = torch_file(sample.data)
    found["log.csv"], found["log.json"] = _csv(RECORDS), json.dumps(RECORDS).encode()
    return found | {"log.jsonl": "".join(json.dumps(record) + "\n" for record in RECORDS).encode()}


def damaged_file(draw: random.Random) -> tuple[str, bytes]:
    """The name and the content of a file: bytes flipped, cut off, taken from another file, or opcodes among those of a pickle."""
    whole = files()
    name, other = draw.choice(list(whole)), draw.choice(list(whole.values()))
    return name, _damaged(whole[name], other, draw)


def damaged(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents of `count` files."""
    draw = random.Random(seed)
    return (damaged_file(draw) for _ in range(count))


def _damaged(data: bytes, other: bytes, draw: random.Random) -> bytes:
    kind, at = draw.choice(("flip", "truncate", "splice", "bytes", "inner", "inner")), draw.randrange(len(data))
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
    if kind == "truncate":
        return data[:at]
    if kind == "splice":
        start = draw.randrange(len(other))
        piece = other[start : start + draw.choice((4, 30, 400))]
        return data[:at] + piece + data[at + draw.choice((0, len(piece))) :]
    inner = _inner(data) if kind == "inner" else None
    return altered(data, draw) if inner is None else with_pickle(altered(inner, draw), data)


def _inner(data: bytes) -> bytes | None:
    """The pickle of a zip file of torch."""
    if not data.startswith(b"PK"):
        return None
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return next((archive.read(name) for name in archive.namelist() if name.endswith("data.pkl")), None)
