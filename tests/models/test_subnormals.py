"""Subnormal numbers as zeros, in all of torch's threads."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from mechgrok.models.subnormals import flush, flushed

SMALLEST_NORMAL = torch.finfo(torch.float32).tiny


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    """Two threads, the flag as by default."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    flush(False)
    yield
    flush(False)
    torch.set_num_threads(threads)


def halves() -> set[bytes]:
    """The bytes of the halves of the smallest normal number, computed by all threads."""
    numbers = (torch.full((2**20,), SMALLEST_NORMAL) * 0.5).view(torch.int32).unique()
    return {struct.pack("<i", number) for number in numbers.tolist()}


def test_by_default_halves_of_the_smallest_normal_number_are_kept() -> None:
    assert halves() == {struct.pack("<f", SMALLEST_NORMAL / 2)}


def test_threads_that_were_started_before_flush_too() -> None:
    assert len(halves()) == 1
    assert flush()
    assert halves() == {bytes(4)}


def test_threads_that_keep_them_again() -> None:
    flush()
    halves()
    assert not flush(False)
    assert halves() == {struct.pack("<f", SMALLEST_NORMAL / 2)}


def test_a_pool_of_python_inherits_the_setting() -> None:
    with flushed(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(halves).result() == {bytes(4)}
    assert halves() == {struct.pack("<f", SMALLEST_NORMAL / 2)}


def test_normal_numbers_are_what_they_were() -> None:
    numbers = torch.rand(1000, generator=torch.Generator().manual_seed(0)) + 0.5
    before = (numbers.sqrt() * 1e-37).clone()
    with flushed():
        assert torch.equal(numbers.sqrt() * 1e-37, before)
