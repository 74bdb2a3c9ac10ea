"""Writes checkpoints and states of a stack in a thread of its own, while the next updates are computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from mechgrok.runs import store
from mechgrok.training.recorder import Recorder
from mechgrok.training.stack.commit import TOGETHER, commit


@dataclass(frozen=True)
class Saved:
    """What is written of one run at a step."""

    recorder: Recorder
    keeps: bool
    """Whether its weights are kept as a checkpoint."""
    finished: bool


class Saver:
    """One thread that writes. A new write begins when the last one has ended."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def save(self, step: int, runs: Sequence[Saved], ready: Callable[[], None]) -> None:
        """Begins to write the states that the recorders' runs hold now, once they are `ready`, in the memory of the CPU."""
        self.wait()
        extents = [each.recorder.extents() for each in runs]
        self._last = self._thread.submit(_write, step, runs, extents, ready)

    def wait(self) -> None:
        """Returns when all is written. Raises what the thread raised."""
        if self._last is not None:
            self._last.result()
            self._last = None

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        """Ends the thread once all is written. Raises what it raised."""
        self._thread.shutdown()
        self.wait()


def _write(step: int, runs: Sequence[Saved], extents: Sequence[Mapping[str, str]], ready: Callable[[], None]) -> None:
    """Checkpoints first, so that a state never lacks its checkpoint."""
    ready()
    for each, extent in zip(runs, extents, strict=True):
        if each.keeps:
            each.recorder.keep_weights(step)
        notes = {"step": str(step), "finished": str(int(each.finished)), TOGETHER: str(len(runs))}
        each.recorder.write_state(store.NEXT_STATE, notes | dict(extent))
    commit([each.recorder.run for each in runs])


def copied(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Callable[[], None]]:
    """Copies in the memory of the CPU, and a function that returns when they are complete; a GPU makes them before its next updates."""
    devices = {tensor.device for tensor in tensors.values() if tensor.is_cuda}
    if not devices:
        return {name: tensor.clone() for name, tensor in tensors.items()}, lambda: None
    copies = {name: torch.empty_like(tensor, device="cpu", pin_memory=True) for name, tensor in tensors.items()}
    for name, tensor in tensors.items():
        copies[name].copy_(tensor, non_blocking=True)
    done = torch.cuda.Event()
    done.record(torch.cuda.current_stream(devices.pop()))
    return copies, done.synchronize
