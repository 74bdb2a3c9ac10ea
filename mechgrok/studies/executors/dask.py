"""The workers of a Dask scheduler that runs already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from distributed import Client

from mechgrok.errors import UserError
from mechgrok.studies.executors import Resources

SECONDS = 10
"""For the scheduler to answer."""


def require(resources: Resources) -> None:
    """Raises UserError where no scheduler answers at the address."""
    if not resources.address:
        raise UserError("the executor dask needs the address of a scheduler, as in --scheduler tcp://127.0.0.1:8786")
    with _client(resources.address):
        pass


@contextmanager
def opened(resources: Resources) -> Iterator[Any]:
    """The executor of a client. A cell whose worker is killed is given to another worker by the scheduler."""
    with _client(resources.address) as client:
        yield client.get_executor(pure=False)


def _client(address: str) -> Client:
    try:
        return Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"no Dask scheduler answers at {address} ({reason}); start one with: dask scheduler") from None
