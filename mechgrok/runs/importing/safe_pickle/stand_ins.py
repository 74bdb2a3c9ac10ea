"""The fixed list of functions that a pickle's calls are taken for: inert functions of ours.

A call of any other name becomes a `Record` of the name and its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mechgrok.runs.importing.safe_pickle.arrays import Array, NumberFormat, number
from mechgrok.runs.importing.safe_pickle.records import Name, Record
from mechgrok.runs.importing.safe_pickle.refusal import RefusedError
from mechgrok.runs.importing.safe_pickle.tensors import NAMED_DTYPES, Strided

CONFIGS = (
    "transformer_lens.config.hooked_transformer_config.HookedTransformerConfig",
    "transformer_lens.config.HookedTransformerConfig.HookedTransformerConfig",
    "transformer_lens.HookedTransformerConfig.HookedTransformerConfig",
    "easy_transformer.EasyTransformerConfig.EasyTransformerConfig",
    "easy_transformer.EasyTransformer.EasyTransformerConfig",
)
"""Where TransformerLens and its predecessor kept their config over the years: read as a dict of its fields."""
_KEY_BITS = 60
"""Of a whole number as a key: longer ones may all have one hash, so that a dict of them takes quadratic time."""
_KEY_LENGTH = 1000
_LONGEST_PART = 32
"""Letters of the kind of a device, bits of its number."""


def call(name: str, arguments: tuple[Any, ...]) -> Any:
    """The object that stands for the result of calling `name`, which is never imported."""
    stand_in = _FIXED.get(name)
    return Record(name, arguments) if stand_in is None else stand_in(*arguments)


def _ordered(*arguments: Any) -> dict[Any, Any] | Record:
    return Record("collections.OrderedDict", arguments) if arguments else {}


def require_key(key: Any, depth: int = 2) -> Any:
    """A key of a dict: a word, a number, a record, a tensor as the state of an optimiser has them, or a short tuple of such keys.

    Raises RefusedError for others, and for long ones.
    """
    if type(key) is tuple and depth and len(key) <= 16:
        return tuple(require_key(each, depth - 1) for each in key)
    if (type(key) is int and key.bit_length() > _KEY_BITS) or (type(key) in (str, bytes) and len(key) > _KEY_LENGTH):
        raise RefusedError("has keys of an absurd length")
    if key is None or type(key) in (bool, int, float, str, bytes, Record, Name, Strided):
        return key
    raise RefusedError("has keys other than words, numbers and tuples of them")


def _bytes(data: Any = b"") -> bytes:
    """Empty bytes are written as a call before protocol 3, and a bytearray as one of its bytes."""
    if type(data) is not bytes:
        raise RefusedError("has bytes of an unknown form")
    return data


def _with_dtype(storage: Any, offset: Any, shape: Any, strides: Any, requires_grad: Any, hooks: Any, dtype: Any, *more: Any) -> Strided:
    made = Strided(storage, offset, shape, strides)
    if type(dtype) is not Name or dtype.text not in NAMED_DTYPES:
        raise RefusedError("has a tensor of an unknown type")
    made.dtype = NAMED_DTYPES[dtype.text]
    return made


def _from_type(function: Any, kind: Any, arguments: Any, state: Any) -> Any:
    """A tensor with attributes, or of a subclass."""
    if type(function) is not Name or type(arguments) is not tuple:
        raise RefusedError("has a tensor of an unknown form")
    return call(function.text, arguments)


def _first(value: Any, *others: Any) -> Any:
    return value


def _reconstructor(kind: Any, base: Any = None, state: Any = None) -> Record:
    return Record(kind.text if type(kind) is Name else "object", () if state is None else (state,))


def _format(*arguments: Any) -> NumberFormat | Record:
    try:
        return NumberFormat(*arguments)
    except ValueError:
        return Record("numpy.dtype", arguments)


def _number(kind: Any, data: Any = b"") -> Any:
    return Record("numpy.scalar", (data,)) if type(kind) is Record else number(kind, data)


def _device(kind: Any, *index: Any) -> str:
    """cpu or cuda:0. Only words and numbers become text: that of nested tuples may be exponentially longer than they are in the file."""
    parts = (kind, *index)
    if len(parts) > 2 or any(type(part) not in (str, int) or _length(part) > _LONGEST_PART for part in parts):
        raise RefusedError("has a device of an unknown form")
    return ":".join(map(str, parts))


def _length(part: str | int) -> int:
    return len(part) if isinstance(part, str) else part.bit_length()


_FIXED: Mapping[str, Callable[..., Any]] = {
    "collections.OrderedDict": _ordered,
    "torch._utils._rebuild_tensor": Strided,
    "torch._utils._rebuild_tensor_v2": Strided,
    "torch._utils._rebuild_tensor_v3": _with_dtype,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch.nn.parameter.Parameter": _first,
    "torch._tensor._rebuild_from_type_v2": _from_type,
    "torch.device": _device,
    "torch.Size": lambda lengths=(): lengths,
    **dict.fromkeys(("builtins.bytes", "__builtin__.bytes", "builtins.bytearray", "__builtin__.bytearray"), _bytes),
    "numpy.dtype": _format,
    **dict.fromkeys(("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"), _number),
    **dict.fromkeys(("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"), lambda *arguments: Array()),
    **dict.fromkeys(("numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"), Array),
    **dict.fromkeys(("copyreg._reconstructor", "copy_reg._reconstructor"), _reconstructor),
}
