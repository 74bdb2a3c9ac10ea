from __future__ import annotations

import pickle

import numpy as np
import pytest

from mechgrok.runs.importing.safe_pickle.stand_ins import NumberFormat, Settings, number, table


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


@pytest.mark.parametrize("data", [b"", b"1234567", b"123456789", "12345678", None, bytearray(8)])
def test_a_number_of_another_length_or_kind_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="numpy number"):
        number(NumberFormat("f8"), data)


@pytest.mark.parametrize("code", ["O", "V8", "S4", "U1", "c16", "f16", "M8", 8, None, ("f8",), [["a", "O"]], "f8,f8"])
def test_types_that_are_no_plain_numbers_are_refused(code: object) -> None:
    with pytest.raises(ValueError, match="plain number"):
        NumberFormat(code)


@pytest.mark.parametrize("state", [None, (), (3,), (3, "?"), (3, None), [3, "<"], (3, ["<"])])
def test_unknown_byte_orders_are_refused(state: object) -> None:
    with pytest.raises(ValueError, match="byte order"):
        NumberFormat("f8").__setstate__(state)


def test_a_config_keeps_its_fields_as_data_and_nothing_else() -> None:
    settings = Settings()
    settings.__setstate__({"__class__": int, "__dict__": {}, "n_ctx": 3})
    assert type(settings) is Settings
    assert settings.fields["n_ctx"] == 3
    assert not hasattr(settings, "n_ctx")
    with pytest.raises(ValueError, match="no dict"):
        settings.__setstate__(({}, {"fields": 1}))


def test_the_installed_library_and_numpy_use_names_of_the_table() -> None:
    from transformer_lens import HookedTransformerConfig

    assert f"{HookedTransformerConfig.__module__}.{HookedTransformerConfig.__qualname__}" in table()
    assert b"numpy._core.multiarray\nscalar" in pickle.dumps(np.float64(1), protocol=2)
    assert all(stand_in.__module__ == "mechgrok.runs.importing.safe_pickle.stand_ins" for stand_in in table().values())
