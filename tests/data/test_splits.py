"""Splits against the calls that the published code makes."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mechgrok.config import Config
from mechgrok.data.splits import torch_randperm
from mechgrok.data.splits.imported import Given, Unknown
from mechgrok.data.splits.numpy_shuffle import NumpyShuffle
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.data.splits.split import Shuffled
from mechgrok.data.splits.torch_random_split import TorchRandomSplit
from mechgrok.data.splits.torch_randperm import TorchRandperm
from mechgrok.data.splits.torch_threshold import TorchThreshold
from mechgrok.errors import UserError
from mechgrok.tasks.modular import Modular


def published_triples(p: int, seed: int, fraction: float) -> set[tuple[int, int, int]]:
    """The train set of Nanda et al. 2023: the triples themselves are shuffled, by the module's own generator."""
    state = random.getstate()
    triples = [(i, j, p) for i in range(p) for j in range(p)]
    random.seed(seed)
    random.shuffle(triples)
    random.setstate(state)
    return set(triples[: int(fraction * len(triples))])


def rows(rule: Shuffled, p: int) -> set[tuple[int, int, int]]:
    return set(map(tuple, Modular(p=p).inputs()[rule.mask(p * p)].tolist()))


@pytest.mark.parametrize(("p", "seed", "fraction"), [(113, 0, 0.3), (113, 1, 0.3), (113, 5, 0.9), (59, 7, 0.8), (12, 3, 0.5)])
def test_python_shuffle_is_that_of_the_paper(p: int, seed: int, fraction: float) -> None:
    assert rows(PythonShuffle(seed=seed, fraction=fraction), p) == published_triples(p, seed, fraction)


def test_the_papers_split_has_3830_train_rows() -> None:
    """Trap 8: no other rule, seed or order of the table gives the same rows."""
    mask = PythonShuffle(fraction=0.3, seed=0).mask(113**2)
    assert (mask.dtype, mask.shape, int(mask.sum())) == (bool, (12769,), 3830)
    others = [PythonShuffle(seed=1), TorchRandperm(seed=0), TorchRandperm(seed=598)]
    assert all((other.mask(113**2) != mask).any() for other in others)
    transposed = mask.reshape(113, 113).T.ravel()
    assert (transposed != mask).any()


@pytest.mark.parametrize(("p", "seed"), [(113, 598), (113, 0), (59, 42), (7, 2**32 + 5), (5, 2**40)])
def test_torch_randperm_is_torchs(p: int, seed: int) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        expected = torch.randperm(p * p)
    assert TorchRandperm(seed=seed).order(p * p) == expected.tolist()


def test_the_demos_split() -> None:
    """TransformerLens' grokking demo: manual_seed(598), the first int(.3 * 113^2) of randperm are train."""
    torch_state = torch.get_rng_state()
    torch.manual_seed(598)
    expected = torch.randperm(113**2)[:3830]
    torch.set_rng_state(torch_state)
    mask = TorchRandperm(fraction=0.3, seed=598).mask(113**2)
    assert np.flatnonzero(mask).tolist() == sorted(expected.tolist())


def test_torch_randperm_some_swaps_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = TorchRandperm(seed=3).order(200)
    monkeypatch.setattr(torch_randperm, "_AT_ONCE", 7)
    assert TorchRandperm(seed=3).order(200) == whole


@given(rows=st.integers(1, 700), seed=st.integers(0, 2**33))
@settings(deadline=None, max_examples=80)
def test_torch_randperm_for_any_number_of_rows(rows: int, seed: int) -> None:
    assert TorchRandperm(seed=seed).order(rows) == torch.randperm(rows, generator=torch.Generator().manual_seed(seed)).tolist()


RULES = [PythonShuffle, TorchRandperm, NumpyShuffle, TorchRandomSplit]


@pytest.mark.parametrize("rule", [*RULES, TorchThreshold])
def test_generators_of_the_caller_are_left_alone(rule: type[Shuffled]) -> None:
    before = random.getstate(), torch.get_rng_state(), np.random.get_state()[1].tolist()
    rule(seed=3).mask(49)
    assert random.getstate() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])
    assert np.random.get_state()[1].tolist() == before[2]


@given(rows=st.integers(1, 400), fraction=st.floats(0.01, 1), seed=st.integers(0, 50), rule=st.sampled_from([PythonShuffle, TorchRandperm]))
@settings(deadline=None, max_examples=60)
def test_the_size_is_rounded_down(rows: int, fraction: float, seed: int, rule: type[Shuffled]) -> None:
    if int(fraction * rows) == 0:
        with pytest.raises(UserError, match="nothing to train on"):
            rule(fraction=fraction, seed=seed).mask(rows)
    else:
        assert int(rule(fraction=fraction, seed=seed).mask(rows).sum()) == int(fraction * rows)


@pytest.mark.parametrize("rule", RULES)
def test_everything_may_be_trained_on(rule: type[Shuffled]) -> None:
    assert rule(fraction=1).mask(25).all()


@pytest.mark.parametrize("rule", [PythonShuffle, TorchRandperm, NumpyShuffle])
@pytest.mark.parametrize("rows", [7, 49, 12769])
def test_the_fraction_that_the_error_names_is_enough(rule: type[Shuffled], rows: int) -> None:
    with pytest.raises(UserError) as caught:
        rule(fraction=0.1 / rows).mask(rows)
    named = float(str(caught.value).rsplit(" ", 1)[1])
    assert rule(fraction=named).mask(rows).any()


@pytest.mark.parametrize(
    ("values", "where"),
    [({"fraction": 0}, "fraction"), ({"fraction": 1.01}, "fraction"), ({"seed": -1}, "seed"), ({"sed": 1}, "did you mean seed")],
)
def test_wrong_fields_are_refused_by_name(values: dict[str, float], where: str) -> None:
    with pytest.raises(UserError, match=where):
        PythonShuffle(**values)


@pytest.mark.parametrize("rule", [Given(), Unknown()])
def test_what_belongs_to_imported_runs_draws_nothing(rule: Given | Unknown) -> None:
    with pytest.raises(UserError, match=f"split.kind {rule.kind} belongs to imported runs"):
        rule.mask(49)


@pytest.mark.parametrize(
    "kind", ["python-shuffle", "numpy-shuffle", "torch-randperm", "torch-random-split", "torch-threshold", "file", "given", "unknown"]
)
def test_the_kind_picks_the_rule(kind: str) -> None:
    config = Config.model_validate({"task": {"kind": "modular"}, "split": {"kind": kind}, "model": {"kind": "transformer"}})
    assert config.split.kind == kind
    assert Config.model_validate_json(config.model_dump_json()).split == config.split
