"""Weights files of every container, changed at random: bytes, opcodes, lengths, and pieces of hostile pickles."""

from __future__ import annotations

import argparse
import enum
import io
import os
import pickle
import random
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

FLAG = "ran"
"""The file that a command of a hostile file would make in the working folder."""
PROTOCOLS = (0, 2, 4, 5)
"""Of pickles."""
_ENDINGS = {"safetensors": ".safetensors", "npz": ".npz", "packed": ".npz", "bare": ".pkl"}


class Kind(enum.Enum):
    """A member of an enumeration."""

    ADD = "add"


class Command:
    """Runs a command where it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {FLAG}",)


def checkpoint() -> dict[str, Any]:
    """Weights, an optimiser, objects of several kinds, records, tuple keys, and a command."""
    module = torch.nn.Sequential(torch.nn.Embedding(5, 4), torch.nn.Linear(4, 3))
    optimizer = torch.optim.AdamW(module.parameters())
    module(torch.arange(3)).sum().backward()
    optimizer.step()
    return {
        "model_state_dict": module.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "config": argparse.Namespace(p=5, kind=Kind.ADD, path=Path("a/b")),
        "history": [{"step": 0, "train_loss": 1.5}, {"step": 10, "train_loss": np.float64(0.5)}],
        ("add", 1): defaultdict(list, a=[np.arange(4.0)]),
        "command": Command(),
        "module": module,
    }


def with_pickle(pickled: bytes, source: bytes) -> bytes:
    """A zip file of torch with another pickle, whose checksums are right."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, pickled if entry.endswith("data.pkl") else old.read(entry))
    return made.getvalue()


def altered(data: bytes, draw: random.Random) -> bytes:
    """Some bytes replaced, repeated, cut, or followed by opcodes."""
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        at, length = draw.randrange(len(changed) + 1), draw.choice((1, 1, 1, 2, 4, 9, 40))
        kind = draw.choice(("byte", "byte", "opcodes", "repeat", "cut", "length"))
        if kind == "byte" and at < len(changed):
            changed[at] = draw.randrange(256)
        elif kind == "opcodes":
            changed[at:at] = bytes(draw.choice(b"()].}aesubRtQ\x81\x85\x86\x87\x92\x93\x94hq0N2Kc") for _ in range(length))
        elif kind == "repeat":
            changed[at:at] = changed[max(0, at - length) : at] * draw.randint(1, 30)
        elif kind == "cut":
            del changed[at : at + length]
        elif kind == "length":
            changed[at : at + 4] = draw.choice((b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0"))
    return bytes(changed)


@cache
def _sources() -> dict[str, bytes]:
    """Whole files by kind, and the pickle inside the zip file."""
    data, arrays = checkpoint(), {"a/weight": np.arange(6.0).reshape(2, 3), "b/bias": np.arange(3, dtype=">f4"), "step": np.array(3)}
    zipped, legacy, npz, packed = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    torch.save(data, zipped)
    torch.save({key: item for key, item in data.items() if key != "module"}, legacy, _use_new_zipfile_serialization=False)
    np.savez(npz, **arrays)  # type: ignore[arg-type]
    np.savez_compressed(packed, **arrays)  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(zipped.getvalue())) as archive:
        inner = next(archive.read(name) for name in archive.namelist() if name.endswith("data.pkl"))
    bare = {f"bare {each}": pickle.dumps({**data, "model_state_dict": OrderedDict(w=np.ones(3))}, each) for each in PROTOCOLS}
    whole = {"zip": zipped.getvalue(), "legacy": legacy.getvalue(), "npz": npz.getvalue(), "packed": packed.getvalue()}
    return {"inner": inner, **whole, **bare, "safetensors": save({"w": torch.ones(2, 2)})}


def mutated_file(draw: random.Random) -> tuple[str, bytes]:
    """The ending and the content of a file."""
    sources = _sources()
    kind = draw.choice(("inner", "inner", "zip", "legacy", "bare", "bare", "npz", "packed", "safetensors"))
    source = sources[f"bare {draw.choice(PROTOCOLS)}" if kind == "bare" else kind]
    content = altered(source, draw)
    return _ENDINGS.get(kind, ".pt"), with_pickle(content, sources["zip"]) if kind == "inner" else content


def mutated(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Endings and contents of `count` files."""
    draw = random.Random(seed)
    return (mutated_file(draw) for _ in range(count))
