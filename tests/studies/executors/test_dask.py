"""The executor of a Dask scheduler refuses an address without one."""

from __future__ import annotations

import pytest

from mechgrok.errors import UserError
from mechgrok.studies import executors
from mechgrok.studies.executors import Resources, dask


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "the executor dask needs the address of a scheduler, as in --scheduler tcp://127.0.0.1:8786"),
        ("tcp://127.0.0.1:1", r"no Dask scheduler answers at tcp://127.0.0.1:1 \(.*\); start one with: dask scheduler"),
        ("nonsense://x", r"no Dask scheduler answers at nonsense://x \(.*\); start one"),
    ],
)
def test_it_needs_the_address_of_a_scheduler(address: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "SECONDS", 0.3)
    with pytest.raises(UserError, match=said) as refused:
        executors.check("dask", Resources(address=address))
    assert "\n" not in str(refused.value)
