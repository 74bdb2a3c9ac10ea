"""Files that hold the same objects and numbers again and again, so that a reader would need far more time and memory than the file."""

from __future__ import annotations

import io
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.curves import as_floats
from mechgrok.runs.importing.safe_pickle import legacy, loading, npz
from mechgrok.runs.importing.safe_pickle.plain import plain
from mechgrok.runs.importing.safe_pickle.records import Name
from mechgrok.runs.importing.safe_pickle.refusal import RefusedError
from mechgrok.runs.importing.safe_pickle.tensors import Storage, Strided


def read(value: Any) -> Any:
    return plain(legacy.read(io.BytesIO(pickle.dumps(value, 2))))


def test_the_same_objects_again_and_again_are_refused() -> None:
    """Fifty lists of two references each hold 2^50 parts for whoever walks through them."""
    inner: list[Any] = [1]
    for _ in range(50):
        inner = [inner, inner]
    with pytest.raises(RefusedError, match="again and again"):
        read(inner)


@pytest.mark.parametrize(
    "value", [list(range(300)), [[1] * 30 for _ in range(10)], {at: at for at in range(300)}], ids=["list", "lists", "dict"]
)
def test_an_object_that_is_held_a_thousand_times_is_refused(value: Any) -> None:
    """It takes two bytes of the file each time, and 300 objects of the work of a reader."""
    assert read([value] * 300)[299] == value
    with pytest.raises(RefusedError, match="same objects again and again"):
        read([value] * 1000)


def many(held: int, times: int) -> list[torch.Tensor]:
    stored = torch.arange(float(held))
    return [stored.view(-1) for _ in range(times)]


@pytest.mark.parametrize("form", ["views", "one tensor", "arrays", "numbers of one"])
def test_numbers_that_are_held_again_and_again_are_refused(form: str) -> None:
    """A reader may copy each tensor; those of weights that are tied are held a few times."""
    shared = np.arange(2.0**14)
    made: dict[str, Callable[[int], Any]] = {
        "views": lambda times: many(2**14, times),
        "one tensor": lambda times: [torch.ones(2**14)] * times,
        "arrays": lambda times: [shared] * times,
        "numbers of one": lambda times: torch.ones(1).expand(times, 2**14),
    }
    assert len(saved(made[form](200))) == 200
    with pytest.raises(UserError, match="same numbers again and again"):
        saved(made[form](300))


def saved(value: Any) -> Any:
    """What is read of a file of torch."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.pt"
        torch.save(value, path)
        return loading.read(path)


def test_storages_that_are_not_read_count_for_nothing() -> None:
    """An empty tensor may name a storage of any length."""
    storage = Storage(("storage", Name("torch.FloatStorage"), "0", "cpu", 2**40))
    small = Storage(("storage", Name("torch.FloatStorage"), "1", "cpu", 1))
    small.read = lambda: bytes(4)
    with pytest.raises(RefusedError, match="same numbers again and again"):
        plain([Strided(storage, 0, (0,), (1,)), Strided(small, 0, (2**23,), (0,))])


@pytest.mark.parametrize("form", ["pt", "numpy", "npz", "safetensors"])
def test_a_tensor_without_elements_whose_list_would_be_long_is_refused(form: str, tmp_path: Path) -> None:
    """The list of a tensor (2^30, 0) has 2^30 empty lists."""
    for shape in ((3, 0), (2**21, 0)):
        path = tmp_path / f"data.{form.replace('numpy', 'pt')}"
        save: dict[str, Callable[[], Any]] = {
            "pt": lambda shape=shape, path=path: torch.save(torch.empty(shape), path),
            "numpy": lambda shape=shape, path=path: torch.save([np.empty(shape)], path),
            "npz": lambda shape=shape, path=path: np.savez(path, a=np.empty(shape)),
            "safetensors": lambda shape=shape, path=path: save_file({"a": torch.empty(shape)}, path),
        }
        save[form]()
        if shape[0] == 3:
            assert loading.read(path) is not None
        else:
            with pytest.raises(UserError, match="without elements and of an absurd shape"):
                loading.read(path)


def test_arrays_that_inflate_to_more_than_a_quarter_of_a_gigabyte_are_refused() -> None:
    """By the sizes that the file declares, before it is inflated."""
    archive: Any = SimpleNamespace(infolist=lambda: [SimpleNamespace(file_size=2**27), SimpleNamespace(file_size=2**27 + 1)])
    with pytest.raises(RefusedError, match="declares arrays of more than 268435456 bytes"):
        npz.read(archive, 1000)


def test_a_vector_that_is_longer_than_any_curve_is_no_curve() -> None:
    assert as_floats(torch.ones(1).expand(2**22 + 1)) is None
    assert as_floats(torch.ones(3)) == [1.0, 1.0, 1.0]
    assert as_floats(torch.ones(3, dtype=torch.complex64)) is None


def test_numbers_of_few_bits_are_read_as_floats(tmp_path: Path) -> None:
    """torch has few functions of them; it cannot state whether they are finite."""
    save_file({"a": torch.tensor([0.5, 2.0]).to(torch.float8_e4m3fn), "b": torch.ones(1).half()}, tmp_path / "data.safetensors")
    found = loading.read(tmp_path / "data.safetensors")
    assert found["a"].dtype is torch.float32
    assert found["a"].tolist() == [0.5, 2.0]
    assert found["b"].dtype is torch.float16
