"""What stands in for the few classes, other than torch's own, that published weight files hold: inert data of ours."""

from __future__ import annotations

import struct
from typing import Any

_CODES = {
    "f8": "d",
    "f4": "f",
    "f2": "e",
    "i8": "q",
    "i4": "i",
    "i2": "h",
    "i1": "b",
    "u8": "Q",
    "u4": "I",
    "u2": "H",
    "u1": "B",
    "b1": "?",
}
_ORDERS = {"<": "<", ">": ">", "|": "<"}


class Settings:
    """A config object: its fields as data, and nothing that its class would do."""

    __slots__ = ("fields",)

    def __new__(cls) -> Settings:
        """Without fields, until their state comes."""
        made = super().__new__(cls)
        made.fields = {}
        return made

    fields: dict[str, Any]

    def __setstate__(self, state: Any) -> None:
        if type(state) is not dict:
            raise ValueError("a config whose state is no dict")
        self.fields = state


class NumberFormat:
    """numpy's description of how one number is stored: its code, such as f8, and the order of its bytes."""

    __slots__ = ("code", "order")

    def __new__(cls, code: Any, align: Any = False, copy: Any = False) -> NumberFormat:
        """Takes what numpy passes; only the code matters."""
        if type(code) is not str or code not in _CODES:
            raise ValueError("a numpy type other than a plain number")
        made = super().__new__(cls)
        made.code, made.order = code, "<"
        return made

    code: str
    order: str

    def __setstate__(self, state: Any) -> None:
        if type(state) is not tuple or len(state) < 2 or type(state[1]) is not str or state[1] not in _ORDERS:
            raise ValueError("a numpy type in an unknown byte order")
        self.order = _ORDERS[state[1]]


def number(kind: Any, data: Any) -> float | int | bool:
    """One number from its bytes, instead of a numpy scalar."""
    if type(kind) is not NumberFormat or type(data) is not bytes:
        raise ValueError("a numpy number that is not stored as a format and bytes")
    layout = kind.order + _CODES[kind.code]
    if len(data) != struct.calcsize(layout):
        raise ValueError("a numpy number of the wrong length")
    value: float | int | bool = struct.unpack(layout, data)[0]
    return value


CONFIGS = (
    "transformer_lens.config.hooked_transformer_config.HookedTransformerConfig",
    "transformer_lens.config.HookedTransformerConfig.HookedTransformerConfig",
    "transformer_lens.HookedTransformerConfig.HookedTransformerConfig",
    "easy_transformer.EasyTransformerConfig.EasyTransformerConfig",
    "easy_transformer.EasyTransformer.EasyTransformerConfig",
)
"""Where TransformerLens and its predecessor kept their config over the years."""

SCALARS = ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar")
NUMBER_FORMAT = "numpy.dtype"


def table() -> dict[str, Any]:
    """What a file's name for a class or function is taken for."""
    return dict.fromkeys(CONFIGS, Settings) | dict.fromkeys(SCALARS, number) | {NUMBER_FORMAT: NumberFormat}
