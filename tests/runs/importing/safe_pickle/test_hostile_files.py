from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.recognition import recognise
from mechgrok.runs.importing.safe_pickle import loading


class Registered:
    """A class that somebody else has declared safe for torch.load, and is not."""

    def __init__(self, flag: Path) -> None:
        self.flag = str(flag)

    def __setstate__(self, state: dict[str, str]) -> None:
        Path(state["flag"]).touch()


class Command:
    """Runs a command where it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("true",)


def _refused(path: Path) -> str:
    with pytest.raises(UserError) as complaint:
        loading.read(path)
    message = str(complaint.value)
    assert str(path) in message
    assert message.isprintable(), message
    assert len(message) < 800
    return message


def test_what_others_declared_safe_is_not_safe_here(tmp_path: Path) -> None:
    flag, path = tmp_path / "flag", tmp_path / "weights.pt"
    torch.save({"model": Registered(flag)}, path)
    with torch.serialization.safe_globals([(Registered, f"{__name__}.Registered")]):
        torch.load(path, weights_only=True)
        assert flag.exists()
        flag.unlink()
        loading.read(path)
        assert not flag.exists()


def test_the_message_names_what_the_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"model": Command()}, path)
    with pytest.raises(UserError, match=f"holds no weights; it holds .*'model' .an object of the class '{os.name}.system'"):
        WeightsFile(loading.read(path), path).contents


def test_compressed_archives_are_refused_before_they_are_inflated(small: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(small, tmp_path / "stored.pt")
    with zipfile.ZipFile(tmp_path / "stored.pt") as stored, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as deflated:
        for entry in stored.namelist():
            deflated.writestr(entry, stored.read(entry))
    assert "compressed" in _refused(path)


def test_torchscript_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.jit.script(torch.nn.Linear(2, 2)).save(path)
    assert "TorchScript" in _refused(path)


def test_a_whole_module_is_its_weights(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.LayerNorm(3))
    torch.save(module, path)
    found = WeightsFile(loading.read(path), path).contents.last
    assert found.keys() == module.state_dict().keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in module.state_dict().items())


@pytest.mark.parametrize(
    "contents", [b"", b"a,b\n1,2\n", b"<html>", b"\x00" * 1000, b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"\x80\x02."]
)
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_files_of_something_else(contents: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(contents)
    _refused(path)


def test_there_is_no_file_here(tmp_path: Path) -> None:
    assert "there is no" in _refused(tmp_path / "none.pt")
    assert "not a file" in _refused(tmp_path)
    _refused(tmp_path / ("long" * 80))
    os.mkfifo(tmp_path / "pipe.pt")
    assert "not a file" in _refused(tmp_path / "pipe.pt")


def _write(small: dict[str, Tensor], path: Path, kind: str) -> bytes:
    if kind == "safetensors":
        save_file(small, path)
    else:
        torch.save(small, path, _use_new_zipfile_serialization=kind == "zip")
    return path.read_bytes()


@pytest.mark.parametrize(("kind", "suffix"), [("zip", ".pt"), ("legacy", ".pt"), ("safetensors", ".safetensors")])
def test_a_file_that_breaks_off_anywhere_is_refused(kind: str, suffix: str, small: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    whole = _write(small, path, kind)
    assert recognise(WeightsFile(loading.read(path))).name == "hooked-transformer"
    for length in [*range(0, len(whole), 50), len(whole) - 1]:
        path.write_bytes(whole[:length])
        _refused(path)


@pytest.mark.parametrize("kind", ["zip", "legacy"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(data=st.data())
def test_a_file_with_changed_bytes_is_read_or_refused(kind: str, small: dict[str, Tensor], tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "weights.pt"
    changed = bytearray(_write(small, path, kind))
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(changed)
    with contextlib.suppress(UserError):
        file = WeightsFile(loading.read(path), path)
        recognise(file).convert(file)
