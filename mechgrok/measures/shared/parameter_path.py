"""The course of a parameter over training."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.run import Run


def path_of_parameter(run: Run, name: str) -> Tensor:
    """One parameter at every checkpoint; one file is open at a time, to save memory.

    Parameters
    ----------
    run : Run
    name : str
        TransformerLens name.

    Returns
    -------
    Tensor (step, ...)
        Float32.

    Examples
    --------
    >>> from mechgrok.measures.shared.parameter_path import path_of_parameter
    >>> path_of_parameter(run, "embed.W_E").shape
    torch.Size([2, 12, 8])
    """
    import torch

    from mechgrok.runs.lazy_weights import LazyWeights

    path = torch.empty(len(run.steps), *run.snapshot().weights[name].shape)
    for row, step in zip(path, run.steps, strict=True):
        row.copy_(LazyWeights(run.weights_path(step))[name])
    return path
