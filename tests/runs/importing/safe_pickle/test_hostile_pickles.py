"""Hostile pickles, put together opcode by opcode. Those that could run code would make the file `flag`."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Callable
from functools import reduce
from pathlib import Path

import pytest
from torch.serialization import MAGIC_NUMBER, PROTOCOL_VERSION

from mechgrok.errors import UserError
from mechgrok.runs.importing.safe_pickle import loading
from mechgrok.runs.importing.safe_pickle.records import Record

Payload = Callable[[Path], bytes]
START, STOP = b"\x80\x02", b"."


def word(text: str) -> bytes:
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def stacked(module: str, attribute: str) -> bytes:
    return word(module) + word(attribute) + b"\x93"


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + b"(" + b"".join(arguments) + b"tR"


def big(value: int) -> bytes:
    data = value.to_bytes(9, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def touch(flag: Path) -> bytes:
    return word(f"touch {flag}")


def code(flag: Path) -> bytes:
    return word(f"open({str(flag)!r}, 'w')")


SYSTEM, EVAL, EXEC = name("posix", "system"), name("builtins", "eval"), name("builtins", "exec")
GETATTR, IMPORT = name("builtins", "getattr"), name("builtins", "__import__")
CONFIG = name("transformer_lens.HookedTransformerConfig", "HookedTransformerConfig")
FORMAT, SCALAR = name("numpy", "dtype"), name("numpy.core.multiarray", "scalar")
REBUILD, STORAGE, ORDERED = name("torch._utils", "_rebuild_tensor_v2"), name("torch", "FloatStorage"), name("collections", "OrderedDict")
ENCODE = name("_codecs", "encode")
F8 = call(FORMAT, word("f8"), b"\x89", b"\x88")

RUNS_CODE: dict[str, Payload] = {
    "posix.system": lambda flag: call(SYSTEM, touch(flag)),
    "os.system": lambda flag: call(name("os", "system"), touch(flag)),
    "stack global": lambda flag: call(stacked("os", "system"), touch(flag)),
    "subprocess": lambda flag: call(name("subprocess", "getoutput"), touch(flag)),
    "eval": lambda flag: call(EVAL, code(flag)),
    "exec": lambda flag: call(EXEC, code(flag)),
    "python 2 name": lambda flag: call(name("__builtin__", "eval"), code(flag)),
    "import and getattr": lambda flag: call(call(GETATTR, call(IMPORT, word("os")), word("system")), touch(flag)),
    "dotted name": lambda flag: call(b"\x80\x04" + stacked("os", "path.os.system"), touch(flag)),
    "operator": lambda flag: call(call(name("operator", "methodcaller"), word("system"), touch(flag)), call(IMPORT, word("os"))),
    "partial": lambda flag: call(call(name("functools", "partial"), SYSTEM, touch(flag))),
    "map": lambda flag: call(name("builtins", "list"), call(name("builtins", "map"), SYSTEM, b"(" + touch(flag) + b"t")),
    "inst": lambda flag: b"(" + touch(flag) + b"iposix\nsystem\n",
    "obj": lambda flag: b"(" + SYSTEM + touch(flag) + b"o",
    "new object": lambda flag: name("subprocess", "Popen") + b"(" + touch(flag) + b"t\x81" + b"0" + call(SYSTEM, touch(flag)),
    "new object ex": lambda flag: call(SYSTEM, touch(flag)) + name("builtins", "dict") + b")}\x92",
    "extension registry": lambda flag: (
        call(name("copyreg", "add_extension"), word("posix"), word("system"), b"K\x01") + call(b"\x82\x01", touch(flag))
    ),
    "in a list in a dict": lambda flag: b"}" + word("model") + b"]" + call(SYSTEM, touch(flag)) + b"as",
    "as a key": lambda flag: b"}" + call(SYSTEM, touch(flag)) + b"Ns",
    "from the memo": lambda flag: SYSTEM + b"q\x010" + call(b"h\x01", touch(flag)),
    "memo overwritten": lambda flag: ORDERED + b"q\x010" + SYSTEM + b"q\x010" + call(b"h\x01", touch(flag)),
    "long memo": lambda flag: SYSTEM + b"r\x00\x00\x01\x000" + call(b"j\x00\x00\x01\x00", touch(flag)),
    "after the good part": lambda flag: call(ORDERED) + b"0" + call(SYSTEM, touch(flag)),
    "state of a config": lambda flag: CONFIG + b")\x81}" + word("act_fn") + call(SYSTEM, touch(flag)) + b"sb",
    "code module": lambda flag: call(name("timeit", "timeit"), code(flag)),
    "runpy": lambda flag: call(name("runpy", "_run_code"), code(flag), b"}"),
    "torch's own runner": lambda flag: call(name("torch.utils.collect_env", "run"), touch(flag)),
}
"""Payloads that run code under Python's own unpickler, or would."""

ODD: dict[str, Payload] = {
    "code as storage id": lambda flag: call(SYSTEM, touch(flag)) + b"Q",
    "code in a storage id": lambda flag: b"(" + word("storage") + SYSTEM + word("0") + word("cpu") + b"K\x01tQ",
    "text storage id": lambda flag: b"Pposix.system\n",
    "module as storage": lambda flag: b"(" + word("module") + SYSTEM + word("/etc/passwd") + word("x") + b"tQ",
    "unknown extension": lambda flag: call(b"\x82\x01", touch(flag)),
    "setstate by build": lambda flag: CONFIG + b")\x81}" + word("__setstate__") + SYSTEM + b"sb" + touch(flag) + b"b",
    "build on a name": lambda flag: CONFIG + b"}" + word("__new__") + b"Nsb",
    "build with slots": lambda flag: CONFIG + b")\x81" + b"}}" + word("fields") + b"Ns\x86b",
    "build on an ordered dict": lambda flag: call(ORDERED) + b"}" + word("items") + SYSTEM + b"sb",
    "config with arguments": lambda flag: CONFIG + b"(" + touch(flag) + b"t\x81",
    "config called": lambda flag: call(CONFIG, touch(flag)),
    "numpy fromfile": lambda flag: call(name("numpy", "fromfile"), word("/etc/passwd")),
    "numpy load": lambda flag: call(name("numpy", "load"), word(str(flag)), b"N", b"\x88"),
    "numpy array of objects": lambda flag: call(
        name("numpy.core.multiarray", "_reconstruct"), name("numpy", "ndarray"), b"K\x00\x85", word("O")
    ),
    "scalar of objects": lambda flag: call(SCALAR, call(FORMAT, word("O8"), b"\x89", b"\x88"), touch(flag)),
    "scalar without format": lambda flag: call(SCALAR, b"N", touch(flag)),
    "scalar without bytes": lambda flag: call(SCALAR, F8, big(2**40)),
    "scalar of a huge number": lambda flag: call(SCALAR, F8, big(2**62)),
    "scalar with no arguments": lambda flag: call(SCALAR),
    "format of a record": lambda flag: call(FORMAT, b"]" + b"(" + word("a") + word("O") + b"ta"),
    "format as itself": lambda flag: call(FORMAT, FORMAT),
    "format of a huge text": lambda flag: call(FORMAT, word("V" + "9" * 10_000)),
    "state of a format": lambda flag: F8 + b"(K\x03" + word("!") + b"tb",
    "huge bytearray": lambda flag: call(name("builtins", "bytearray"), big(2**45)),
    "huge tensor": lambda flag: call(name("torch", "FloatTensor"), big(2**45)),
    "huge expansion": lambda flag: call(REBUILD, call(REBUILD), b"K\x00", big(2**40) + b"\x85", b"K\x00\x85", b"\x89", call(ORDERED)),
    "huge storage": lambda flag: b"(" + word("storage") + STORAGE + word("0") + word("cpu") + big(2**60) + b"tQ",
    "negative storage": lambda flag: b"(" + word("storage") + STORAGE + word("0") + word("cpu") + big(-(2**60)) + b"tQ",
    "huge text": lambda flag: b"X\xff\xff\xff\xffshort",
    "huge long text": lambda flag: b"\x8d" + struct.pack("<Q", 2**62) + b"short",
    "file reader": lambda flag: call(name("builtins", "open"), word("/etc/passwd")),
    "storage from a file": lambda flag: call(name("torch", "UntypedStorage.from_file"), word("/etc/passwd"), b"\x89", b"K\x10"),
    "torch.load": lambda flag: call(name("torch", "load"), word(str(flag))),
    "torch.hub": lambda flag: call(name("torch.hub", "load"), word("a/b"), word("c")),
    "jit": lambda flag: call(name("torch.jit", "load"), word(str(flag))),
    "wrapper subclass": lambda flag: call(name("torch._utils", "_rebuild_wrapper_subclass"), ORDERED, word("torch.float32")),
    "rebuild from a type": lambda flag: call(
        name("torch._tensor", "_rebuild_from_type_v2"), SYSTEM, ORDERED, b"(" + touch(flag) + b"t", b"}"
    ),
    "deep tuples": lambda flag: b")" + b"\x85" * 200_000,
    "deep tuples as a key": lambda flag: b"})" + b"\x85" * 200_000 + b"Ns",
    "doubled tuples as a key": lambda flag: b"})" + b"q\x00h\x00\x86" * 60 + b"Ns",
    "doubled tuples in a storage id": lambda flag: b")" + b"q\x00h\x00\x86" * 60 + word("storage") + b"\x86Q",
    "deep lists": lambda flag: b"]" * 200_000 + b"a" * 199_999,
    "doubled lists": lambda flag: b"]" + b"q\x00]h\x00ah\x00a" * 200,
    "list in itself": lambda flag: b"]q\x00h\x00a",
    "dict in itself": lambda flag: b"}q\x00" + word("a") + b"h\x00s",
    "list as a key": lambda flag: b"}]Ns",
    "huge number as a key": lambda flag: b"}" + big(2**60) + b"Ns",
    "huge word as a key": lambda flag: b"}" + word("a" * 1001) + b"Ns",
    "huge bytes as a key": lambda flag: b"}" + b"B" + struct.pack("<I", 1001) + bytes(1001) + b"Ns",
    "huge number in a tuple as a key": lambda flag: b"}" + big(2**60) + b"\x85Ns",
    "member of a huge number as a key": lambda flag: b"}" + call(name("m", "Kind"), big(2**60)) + b"Ns",
    "many tuples as keys": lambda flag: b"}" + b"".join(b"J" + struct.pack("<i", at) + b"\x85Ns" for at in range(4097)),
    "many states": lambda flag: name("m", "C") + b")\x81" + b"}b" * 5,
    "nothing recalled": lambda flag: b"h\x07",
    "nothing on the stack": lambda flag: b"R",
    "no mark": lambda flag: b"t",
    "a name left over": lambda flag: STORAGE,
    "another set": lambda flag: b"\x8f",
    "out of band": lambda flag: b"\x97",
    "frames": lambda flag: b"\x95" + struct.pack("<Q", 1 << 60),
    "strange protocol": lambda flag: b"\x80\xff",
    "name in no text": lambda flag: b"c\xff\xfe\n\xff\n",
    "name in terminal codes": lambda flag: call(name("os\x1b[2J", "sys\rtem")),
    "endless name": lambda flag: name("a" * 100_000, "b"),
    "twice as long each time": lambda flag: reduce(lambda inner, _: call(ENCODE, inner, word("hex")), range(60), word("a" * 64)),
}
"""Payloads that no loader should run, or that would exhaust, crash or confuse one."""


def bare(pickled: bytes) -> bytes:
    return START + pickled + STOP


def legacy(pickled: bytes) -> bytes:
    head = b"".join(pickle.dumps(part, 2) for part in (MAGIC_NUMBER, PROTOCOL_VERSION, {"little_endian": True}))
    return head + bare(pickled) + pickle.dumps([], 2)


def zipped(pickled: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for entry, data in (("data.pkl", bare(pickled)), ("byteorder", b"little"), ("data/0", bytes(16)), ("version", b"3\n")):
            archive.writestr(f"archive/{entry}", data)
    return file.getvalue()


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {"bare": bare, "legacy": legacy, "zip": zipped}


def _read_or_refused(path: Path) -> None:
    """The file is read as inert data, or refused in one line."""
    try:
        loading.read(path)
    except UserError as complaint:
        message = str(complaint)
        assert str(path) in message
        assert message.isprintable(), message
        assert len(message) < 500


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=list(CONTAINERS))
@pytest.mark.parametrize("payload", (RUNS_CODE | ODD).values(), ids=list(RUNS_CODE | ODD))
def test_nothing_of_a_hostile_file_is_run(payload: Payload, container: Callable[[bytes], bytes], tmp_path: Path) -> None:
    flag, path = tmp_path / "flag", tmp_path / "weights.pt"
    path.write_bytes(container(payload(flag)))
    _read_or_refused(path)
    assert not flag.exists()


@pytest.mark.parametrize("payload", ["posix.system", "eval", "import and getattr", "inst", "obj", "from the memo", "as a key"])
def test_the_payloads_are_live(payload: str, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    pickled = bare(RUNS_CODE[payload](flag))
    pickle.loads(pickled)
    assert flag.exists()


def test_a_call_is_a_record_of_its_name_and_arguments(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(zipped(call(SYSTEM, word("true"))))
    found = loading.read(path)
    assert isinstance(found, Record)
    assert (found.name, found.arguments) == ("posix.system", ("true",))


@pytest.mark.parametrize("key", [big(2**60 - 1), big(-(2**59)), word("a" * 1000), big(3) + word("b") + b"\x86"])
def test_keys_of_usual_lengths_are_read(key: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(zipped(b"}" + key + b"Ns"))
    assert len(loading.read(path)) == 1


_REFUSED = (
    *("huge text", "huge long text", "huge storage", "negative storage", "huge expansion", "code as storage id", "module as storage"),
    *("deep tuples", "deep lists", "deep tuples as a key", "doubled tuples as a key", "doubled lists", "list as a key", "text storage id"),
    *("huge number as a key", "huge word as a key", "huge bytes as a key", "huge number in a tuple as a key"),
    *("member of a huge number as a key", "many tuples as keys", "many states"),
    *("nothing recalled", "nothing on the stack", "no mark", "unknown extension", "out of band", "twice as long each time"),
)


@pytest.mark.parametrize("payload", _REFUSED)
def test_what_would_exhaust_or_confuse_a_reader_is_refused(payload: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(zipped(ODD[payload](tmp_path / "flag")))
    with pytest.raises(UserError):
        loading.read(path)
