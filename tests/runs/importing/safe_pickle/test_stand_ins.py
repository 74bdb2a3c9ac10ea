"""Stand-ins for numbers, arrays and objects of foreign classes."""

from __future__ import annotations

import argparse
import enum
import io
import pickle
from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from transformer_lens_3 import only_3

from mechgrok.runs.importing.safe_pickle import legacy
from mechgrok.runs.importing.safe_pickle.arrays import NumberFormat, number
from mechgrok.runs.importing.safe_pickle.plain import plain
from mechgrok.runs.importing.safe_pickle.records import Record
from mechgrok.runs.importing.safe_pickle.refusal import RefusedError
from mechgrok.runs.importing.safe_pickle.stand_ins import call

PROTOCOLS = range(6)


class Kind(enum.Enum):
    """A member of an enumeration, as configs hold it."""

    ADD = "add"


@dataclass
class Settings:
    """A config object."""

    p: int = 13
    kind: Kind = Kind.ADD


class Named(dict[str, int]):
    """A dict with attributes, as easydict and others make."""


class Items(list[int]):
    """A list of a class of its own."""


class Slots:
    """An object without a dict."""

    __slots__ = ("p",)


def read(value: Any, protocol: int = 2) -> Any:
    return plain(legacy.read(io.BytesIO(pickle.dumps(value, protocol))))


@pytest.mark.parametrize("code", ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_number_is_the_one_that_numpy_stored(code: str, order: str) -> None:
    kind = np.dtype(order + code)
    stored = np.array(1 if code == "b1" else 100.25, kind)
    ours = NumberFormat(code)
    ours.__setstate__((3, kind.byteorder if kind.byteorder != "=" else "<", None, None, None, -1, -1, 0))
    found = number(ours, stored.tobytes())
    assert found == stored.item()
    assert type(found) is type(stored.item())


@pytest.mark.parametrize("data", [b"", b"1234567", b"123456789", None, bytearray(8), "\u1234" * 9])
def test_a_number_of_another_length_or_kind_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="numpy number"):
        number(NumberFormat("f8"), data)


@pytest.mark.parametrize("code", ["O", "V8", "S4", "U1", "c16", "f16", "M8", 8, None, ("f8",), [["a", "O"]], "f8,f8", "<" * 9 + "f8"])
def test_types_that_are_no_plain_numbers_are_refused(code: object) -> None:
    with pytest.raises(ValueError, match="plain number"):
        NumberFormat(code)


@pytest.mark.parametrize("state", [None, (), (3,), (3, "?"), (3, None), [3, "<"], (3, ["<"])])
def test_unknown_byte_orders_are_refused(state: object) -> None:
    with pytest.raises(ValueError, match="byte order"):
        NumberFormat("f8").__setstate__(state)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_data_comes_back_as_it_was(protocol: int) -> None:
    data = {"a": [1, -2, 3.5, None, True], (1, "x", 2.5): ("b", b"c"), 7: {"nested": OrderedDict(k=1)}, "big": 2**70, "text": "süß"}
    assert read(data, protocol) == {**data, 7: {"nested": {"k": 1}}}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)),
        np.array([True, False]),
        np.zeros((0, 3), "f4"),
    ],
    ids=["float", "big-endian by columns", "bool", "empty"],
)
def test_arrays_of_numpy_become_tensors(array: np.ndarray, protocol: int) -> None:
    found = read({"a": array}, protocol)["a"]
    assert found.shape == array.shape
    assert np.array_equal(found.numpy(), array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tensors_of_a_bare_pickle(protocol: int) -> None:
    weights = {"a": torch.randn(4, 3).T, "b": torch.nn.Parameter(torch.ones(2, dtype=torch.float64)), "c": torch.arange(3)}
    found = read(weights, protocol)
    assert all(torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype for name, tensor in weights.items())


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_objects_become_records_of_their_name_and_values(protocol: int) -> None:
    found = read(Settings(p=7), protocol)
    assert isinstance(found, Record)
    assert (found.name.rpartition(".")[2], found.fields["p"]) == ("Settings", 7)
    assert found.fields["kind"].arguments == ("add",)
    assert read(argparse.Namespace(lr=0.1), protocol).fields == {"lr": 0.1}
    assert read(SimpleNamespace(lr=0.1), protocol).fields == {"lr": 0.1}
    assert read(Path("/a/b"), protocol).name.endswith("PosixPath")


@pytest.mark.parametrize("protocol", range(2, 6))
def test_slots_are_values_too(protocol: int) -> None:
    made = Slots()
    made.p = 5
    assert read(made, protocol).fields == {"p": 5}


@pytest.mark.parametrize("protocol", range(2, 6))
def test_subclasses_of_dicts_and_lists_are_dicts_and_lists(protocol: int) -> None:
    named = Named(a=1)
    named.extra = 3  # type: ignore[attr-defined]
    assert read(named, protocol) == {"a": 1}
    assert read(Items([1, 2]), protocol) == [1, 2]
    assert read(defaultdict(list, a=[1]), protocol) == {"a": [1]}
    assert read(Counter("aab"), protocol).arguments == ({"a": 2, "b": 1},)


def test_a_member_of_an_enumeration_is_its_value_as_a_key() -> None:
    assert read({Kind.ADD: 1}) == {"add": 1}


def test_an_object_within_itself_ends() -> None:
    made: dict[str, Any] = {"p": 3}
    made["self"] = made
    assert read(made) == {"p": 3, "self": None}


@pytest.mark.parametrize("depth", [100, 5000])
def test_nesting_without_end_is_refused(depth: int) -> None:
    with pytest.raises(RefusedError, match="nests too deeply"):
        plain(legacy.read(io.BytesIO(b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b".")))


@only_3
def test_the_config_of_the_installed_library_is_a_dict() -> None:
    from transformer_lens import HookedTransformerConfig

    config = HookedTransformerConfig(n_layers=1, d_model=8, n_ctx=3, d_head=4, d_vocab=5, act_fn="relu", device="cpu")
    found = read(config)
    assert isinstance(found, dict)
    assert (found["n_ctx"], found["act_fn"], found["dtype"]) == (3, "relu", "torch.float32")


@pytest.mark.parametrize("device", ["cpu", "cuda:3", "meta"])
def test_a_device_is_its_name(device: str) -> None:
    assert read(torch.device(device)) == device


@pytest.mark.parametrize("parts", [(((1, 2), (1, 2)),), ("cuda", ([],)), ("c" * 33,), ("cuda", 2**40), ("cuda", 0, 0), (None,)])
def test_a_device_of_something_else_than_a_word_and_a_number_is_refused(parts: tuple[Any, ...]) -> None:
    """The text of tuples within tuples is exponentially longer than the file, where each holds the one before twice."""
    with pytest.raises(RefusedError, match="device of an unknown form"):
        call("torch.device", parts)
