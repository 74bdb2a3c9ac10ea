"""The memory that this process can still take, and the refusal of what does not fit into it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

from mechgrok.errors import UserError

GB = 10**9
SHARE = 0.95
"""Of the free memory; the rest is left to other processes, which may grow."""
_ROOT = Path("/")
_UNLIMITED = 2**60


def available(root: Path = _ROOT) -> int | None:
    """Bytes that are free: of the machine, of the control groups of this process, of its address space; None where nothing says so.

    Pages of files, which the system drops when it needs memory, count as free.
    """
    found = [*_of_machine(root), *_of_groups(root), *_of_address_space(root)]
    return min(found, default=None)


def lacking(needed: float, what: str, remedy: str, free: int | None = None) -> str | None:
    """Why `what` cannot be done, where it needs more bytes than are `free`, by default those of this machine; else None.

    `remedy` says what would fit.
    """
    there = available() if free is None else free
    if there is None or needed <= SHARE * there:
        return None
    return f"{what} needs {shown(needed)} of memory, and {shown(there)} are free; {remedy}"


def require(needed: float, what: str, remedy: str, free: int | None = None) -> None:
    """Raises UserError where something is `lacking`."""
    if reason := lacking(needed, what, remedy, free):
        raise UserError(reason)


def ran_out(error: BaseException) -> bool:
    """Whether an exception says that there was no memory for an array: Python's, or that of torch, which is a RuntimeError."""
    return isinstance(error, MemoryError) or "can't allocate memory" in str(error) or "out of memory" in str(error)


def shown(size: float) -> str:
    """A number of bytes as people read it: `14.7 GB`."""
    for unit, name in ((10**15, "PB"), (10**12, "TB"), (GB, "GB"), (10**6, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return "less than 1 MB"


def _of_machine(root: Path) -> Iterator[int]:
    fields = _fields(root / "proc/meminfo")
    if "MemAvailable:" in fields:
        yield fields["MemAvailable:"] * 1024


def _of_groups(root: Path) -> Iterator[int]:
    """What the limit of each control group leaves, of version 2 and of version 1."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            names = ("memory.max", "memory.current", "inactive_file")
            yield from _left(root / "sys/fs/cgroup", path, *names)
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _left(root / "sys/fs/cgroup/memory", path, *names)


def _left(mount: Path, path: str, limit: str, used: str, files: str) -> Iterator[int]:
    """Of a group and of those that it lies in; inside a container its path may lead nowhere, and then the mount is its group."""
    group = mount / path.lstrip("/")
    for folder in [mount, *(each for each in (group, *group.parents) if mount in each.parents)]:
        most, now = _text(folder / limit).strip(), _text(folder / used).strip()
        if most.isdigit() and now.isdigit() and int(most) < _UNLIMITED:
            yield max(0, int(most) - int(now) + _fields(folder / "memory.stat").get(files, 0))


def _of_address_space(root: Path) -> Iterator[int]:
    """What `ulimit -v` leaves."""
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    pages = _text(root / "proc/self/statm").split()
    if most != resource.RLIM_INFINITY and pages:
        yield max(0, most - int(pages[0]) * resource.getpagesize())


def _fields(path: Path) -> dict[str, int]:
    """The numbers of a file with a name and a number in each line."""
    words = [line.split() for line in _text(path).splitlines()]
    return {line[0]: int(line[1]) for line in words if len(line) > 1 and line[1].isdigit()}


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
