"""The splits of the other sources, against the calls they make and against hashes of what those calls gave."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import random_split

from mechgrok.data.splits.numpy_shuffle import NumpyShuffle
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.data.splits.split import Split
from mechgrok.data.splits.torch_random_split import TorchRandomSplit
from mechgrok.data.splits.torch_randperm import TorchRandperm
from mechgrok.data.splits.torch_threshold import TorchThreshold
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular

HASHES = {
    "inglis": "22ba2fbc54ed10946a5e6bf91a6060bced39fed4c02441bc765ad06dc6258e9e",
    "miml": "c0eb21e99b49de2e2235b0fda1cf9b5ccdad9b0a2564ca051f266c8d2e25118f",
    "devon": "9f11b64d5a9e1d197c6eb8f65872df3792b130ce952365b442b83f2ced39068a",
    "oocl": "a8f8e6db58bfbf66e14109b59d4c48650345545b79b679ab945d5ebdce5d642a",
    "nanda": "a7e8da09fea96933583b1425848722d1588029e3d336c6334665d0f7d30587c0",
    "furuta": "9d8a18bc1687510f25eacfbffd8f3e8b7f6711b0f4415d76f0c23275a766fa65",
    "demo": "8de4382ea6c77b513a2850e6b5b1381e6e03cc84a26fb10896c8272c1188d7bc",
}
"""sha256 of the train rows, ascending, as little-endian int64; made once by the calls of the tests below."""
OURS: dict[str, tuple[Split, int, int]] = {
    "inglis": (NumpyShuffle(fraction=0.3, seed=42), 113**2, 3830),
    "miml": (NumpyShuffle(fraction=0.35, seed=0, rounding="nearest"), 97**2, 3293),
    "devon": (TorchRandomSplit(fraction=0.3, seed=23093), 113**2, 3831),
    "oocl": (TorchThreshold(test_fraction=0.1, seed=0), 109**2, 10692),
    "nanda": (PythonShuffle(fraction=0.3, seed=0), 113**2, 3830),
    "furuta": (PythonShuffle(fraction=0.3, seed=0), 97**2, 2822),
    "demo": (TorchRandperm(fraction=0.3, seed=598), 113**2, 3830),
}


@pytest.fixture(autouse=True)
def _generators() -> Iterator[None]:
    state = np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        yield
    np.random.set_state(state)


def digest(rows: np.ndarray) -> str:
    return hashlib.sha256(np.sort(rows).astype("<i8").tobytes()).hexdigest()


@pytest.mark.parametrize("name", OURS)
def test_the_train_rows_are_those_of_the_source_for_ever(name: str) -> None:
    rule, rows, train = OURS[name]
    found = np.flatnonzero(rule.mask(rows))
    assert len(found) == train
    assert digest(found) == HASHES[name]


@pytest.mark.parametrize(("p", "seed", "ratio"), [(113, 42, 0.3), (23, 42, 0.7), (7, 0, 0.5)])
def test_inglis_shuffles_an_array_of_pairs(p: int, seed: int, ratio: float) -> None:
    pairs = np.array([[i, j] for i in range(p) for j in range(p)])
    np.random.seed(seed)
    np.random.shuffle(pairs)
    train = pairs[: int(len(pairs) * ratio)]
    assert np.flatnonzero(NumpyShuffle(fraction=ratio, seed=seed).mask(p * p)).tolist() == sorted((train @ [p, 1]).tolist())


@pytest.mark.parametrize(("p", "percent"), [(97, 35), (97, 50), (31, 10), (23, 80)])
def test_openai_shuffles_a_list_and_rounds(p: int, percent: float) -> None:
    equations = [f"{i} + {j}" for i in range(p) for j in range(p)]
    order = {equation: row for row, equation in enumerate(equations)}
    np.random.RandomState(seed=0).shuffle(equations)
    train = equations[: round(len(equations) * (percent / 100.0))]
    rule = NumpyShuffle(fraction=percent / 100, seed=0, rounding="nearest")
    assert np.flatnonzero(rule.mask(p * p)).tolist() == sorted(order[equation] for equation in train)


@given(rows=st.integers(20, 2000), fraction=st.floats(0.3, 0.9), seed=st.integers(0, 2**40))
@settings(deadline=None, max_examples=60)
def test_random_split_is_torchs_with_its_rounding(rows: int, fraction: float, seed: int) -> None:
    torch.manual_seed(seed)
    train, _ = random_split(range(rows), [fraction, 1 - fraction])  # type: ignore[arg-type, var-annotated]
    assert np.flatnonzero(TorchRandomSplit(fraction=fraction, seed=seed).mask(rows)).tolist() == sorted(train.indices)


@given(m=st.integers(2, 60), seed=st.integers(0, 2**40), held_out=st.sampled_from([0.0, 0.1, 0.25, 0.5]))
@settings(deadline=None, max_examples=60)
def test_the_threshold_is_that_of_the_table_of_random_numbers(m: int, seed: int, held_out: float) -> None:
    torch.manual_seed(seed)
    mask = torch.randperm(m * m).reshape(m, m) > held_out * m**2
    assert TorchThreshold(test_fraction=held_out, seed=seed).mask(m * m).tolist() == mask.flatten().tolist()


def test_a_mixture_has_the_same_pairs_in_all_its_tasks() -> None:
    """Furuta et al. 2024: one split of the pairs; 2822 of 9409."""
    pairs = np.flatnonzero(PythonShuffle(fraction=0.3, seed=0).train_rows(Modular(p=97)))
    task = Mixture(p=97, operations=("add", "subtract", "multiply"))
    train = PythonShuffle(fraction=0.3, seed=0).train_rows(task)
    assert train.sum() == 3 * 2822
    assert [np.flatnonzero(train[task.task_of_row() == i]).tolist() for i in range(3)] == [pairs.tolist()] * 3
