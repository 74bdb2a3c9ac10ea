"""collapse-site of a clock whose embedding, readout or biases are broken at some checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch
from made_runs import make_run
from torch import Tensor

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.runs import store
from mechgrok.runs.run import Run, open_run
from mechgrok.verification.hand_built import HandBuiltNetwork, temporary_run
from mechgrok.verification.zoo import clock

P, AMPLITUDES = 11, {2: 9.0, 5: 6.0}
TASK = clock.NETWORK.task.model_copy(update={"p": P})


def weights(amplitudes: dict[int, float] = AMPLITUDES) -> dict[str, Tensor]:
    return clock.clock(P, amplitudes).weights()


def other_embedding() -> dict[str, Tensor]:
    """Circles of other frequencies at the place of the ones that are read."""
    return weights() | {"embed.W_E": weights({1: 9.0, 3: 6.0})["embed.W_E"]}


def turned_readout() -> dict[str, Tensor]:
    return weights() | {"blocks.0.mlp.W_out": -weights()["blocks.0.mlp.W_out"]}


def drowned() -> dict[str, Tensor]:
    """The flag of the last position, which is the same in all rows, gives one class an advantage of 1000."""
    changed = weights()
    changed["unembed.W_U"][2, 0] = 1000
    return changed


Make = Callable[..., Run]


@pytest.fixture
def run_of() -> Iterator[Make]:
    with temporary_run(HandBuiltNetwork("clock", "", TASK, clock.clock(P, AMPLITUDES).model, weights, {})) as run:

        def make(*checkpoints: dict[str, Tensor]) -> Run:
            for index, each in enumerate(checkpoints):
                store.write_tensors(store.weights_path(run.path, 10 * index), {name: tensor.float() for name, tensor in each.items()})
            return open_run(run.path)

        yield make


def found(run: Run) -> Result:
    result = analyze(run, ["collapse-site"], nulls=0)["collapse-site"]
    assert isinstance(result, Result), result
    return result


@pytest.mark.parametrize(
    ("broken", "site", "jaccard", "isolated"),
    [(other_embedding, "representation", 0.0, None), (turned_readout, "readout", 1.0, 0.0), (drowned, "outside the circuit", 1.0, 1.0)],
)
def test_what_is_broken_is_named(run_of: Make, broken: Callable, site: str, jaccard: float, isolated: float | None) -> None:
    result = found(run_of(weights(), weights(), broken(), weights()))
    headline = result.headline
    assert (headline["collapsed"], headline["step"], headline["site"]) == (1, 20, site)
    assert [headline["jaccard"], headline["cosine"]] == pytest.approx([jaccard, jaccard], abs=1e-9)
    assert isolated is None or headline["isolated_accuracy"] == pytest.approx(isolated)
    table = result.table.set_index("step")
    assert table["reference"][[10, 20, 30]].tolist() == [0, 10, 10], "the collapsed checkpoint is no reference"
    assert table.loc[10, ["jaccard", "isolated_accuracy"]].tolist() == [1, 1], "the control"


def test_the_margin_of_the_isolated_circuit_is_that_of_its_cosines(run_of: Make) -> None:
    """sum A - max over d != 0 of sum A cos w_k d."""
    profile = sum(A * torch.cos(2 * torch.pi * k * torch.arange(P) / P) for k, A in AMPLITUDES.items())
    margin = float(profile[0] - profile[1:].max())
    table = found(run_of(weights(), drowned())).table
    assert table["isolated_margin"][1] == pytest.approx(margin, rel=1e-5)


def test_powers_are_compared_with_their_sizes() -> None:
    """Powers (1, 0, 1) and (1, 1, .08): the third is below a twentieth of the second sum."""
    from mechgrok.measures.grokking.collapse_site import _frequencies

    first, second = pd.Series({1: 1.0, 2: 0.0, 3: 1.0}), pd.Series({1: 1.0, 2: 1.0, 3: 0.08})
    compared = _frequencies(first, second)
    assert compared["jaccard"] == 1 / 3
    assert compared["cosine"] == pytest.approx(1.08 / (2 * 2.0064) ** 0.5)


def test_a_run_that_never_generalised_says_so(tmp_path: Path) -> None:
    result = found(open_run(make_run(tmp_path / "run")))
    assert result.missing["site"] == "no checkpoint has an accuracy of 0.95"
