"""The memory that is free, read from files made by hand, and what does not fit into it."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from mechgrok import memory
from mechgrok.errors import UserError


def system(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


MACHINE = {"proc/meminfo": "MemTotal: 24000 kB\nMemAvailable: 9000 kB\n"}
VERSION_2 = {
    "proc/self/cgroup": "0::/user/job\n",
    "sys/fs/cgroup/user/memory.max": "5000000\n",
    "sys/fs/cgroup/user/memory.current": "2000000\n",
    "sys/fs/cgroup/user/memory.stat": "anon 1\ninactive_file 500000\n",
    "sys/fs/cgroup/user/job/memory.max": "max\n",
    "sys/fs/cgroup/user/job/memory.current": "2000000\n",
}
VERSION_1 = {
    "proc/self/cgroup": "4:cpu,memory:/docker/abc\n3:cpuset:/\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "4000000\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "1000000\n",
    "sys/fs/cgroup/memory/memory.stat": "inactive_file 7\ntotal_inactive_file 200000\n",
}


@pytest.mark.parametrize(
    ("files", "free"),
    [
        (MACHINE, 9000 * 1024),
        (MACHINE | VERSION_2, 5_000_000 - 2_000_000 + 500_000),
        (MACHINE | VERSION_1, 4_000_000 - 1_000_000 + 200_000),
        (MACHINE | VERSION_1 | {"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 9000 * 1024),
        ({}, None),
    ],
    ids=["machine", "group above, version 2", "path of the host, version 1", "no limit", "nothing is known"],
)
def test_the_least_of_machine_and_groups_is_free(tmp_path: Path, files: dict[str, str], free: int | None) -> None:
    assert memory.available(system(tmp_path, files)) == free


def test_a_limit_of_the_address_space_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10**7, 10**7))
    root = system(tmp_path, MACHINE | {"proc/self/statm": "1000 500 1 1 0 1 0\n"})
    assert memory.available(root) == 10**7 - 1000 * resource.getpagesize()


def test_what_fits_is_let_through_and_what_does_not_is_one_line() -> None:
    memory.require(94, "this", "take less", free=100)
    memory.require(10**30, "this", "take less", free=memory.available(Path("/nowhere")) or 2 * 10**30)
    with pytest.raises(UserError) as error:
        memory.require(14.7e9, "an update", "training.batch 900 fits", free=2_000_000_000)
    assert str(error.value) == "an update needs 14.7 GB of memory, and 2.0 GB are free; training.batch 900 fits"


@pytest.mark.parametrize(
    ("error", "ran_out"),
    [
        (MemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 512000000000 bytes"), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
    ],
)
def test_exceptions_that_say_that_there_was_no_memory(error: Exception, ran_out: bool) -> None:
    assert memory.ran_out(error) is ran_out
