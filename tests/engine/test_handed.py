"""What can be analysed: a folder, a run, several runs, a module, a function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from own_modules import NAMES, PlainTransformer, Softened
from quick_measures import QUICK

import mechgrok
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular

P = 7
TASK = Modular(p=P)
IS_TRAIN = np.arange(P * P) % 3 > 0


@pytest.fixture(scope="module")
def hooked() -> Any:
    made = Transformer(d_model=16, heads=2, d_mlp=24, seed=3).build(TASK)
    for number, parameter in enumerate(made.parameters()):
        torch.nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(number))
    return made


def flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{key}.")
        else:
            yield before + key, value


@pytest.mark.long
def test_a_module_has_the_numbers_of_the_same_network_that_mechgrok_computes(hooked: Any) -> None:
    """Two routes: the weights of a HookedTransformer in our forward pass, and the module called, with its own activations.

    The nulls are two routes as well: permuted weights against permuted tokens and classes.
    """
    known = mechgrok.analyze(hooked, task=TASK, is_train=IS_TRAIN, nulls=3)
    called = mechgrok.analyze(hooked, task=TASK, is_train=IS_TRAIN, nulls=3, names={"embed.W_E": "embed.W_E"})
    assert list(known) == list(called)
    assert compared(known, called) > 300


def compared(known: mechgrok.Outcomes, called: mechgrok.Outcomes) -> int:
    """The numbers of both, which agree."""
    count = 0
    for label, ours in known.items():
        theirs = called[label]
        assert type(ours) is type(theirs), label
        if not isinstance(ours, mechgrok.Result) or not isinstance(theirs, mechgrok.Result):
            continue
        for whose, values in (("headline", (ours.headline, theirs.headline)), ("null", (ours.null, theirs.null))):
            for (key, one), (_, other) in zip(flat(values[0]), flat(values[1]), strict=True):
                wanted = one if not isinstance(one, float) else pytest.approx(one, rel=1e-6, abs=1e-9)
                assert other == wanted, (label, whose, key)
                count += 1
    return count


def test_what_names_do_not_give_is_not_applicable_and_names_it() -> None:
    outcomes = mechgrok.analyze(Softened(P), ["loss", "gini", "neuron-frequencies", "attention-fit"], task=TASK, nulls=0)
    assert isinstance(outcomes["loss"], mechgrok.Result)
    for label, name in (("gini", "embed.W_E"), ("neuron-frequencies", "mlp.hook_post"), ("attention-fit", "attn.hook_pattern")):
        found = outcomes[label]
        assert isinstance(found, mechgrok.NotApplicable)
        assert name in found.reason


@pytest.mark.long
def test_no_measure_fails_on_a_module() -> None:
    from mechgrok.engine.registry import measures

    every = [QUICK.get(name, name) for name in measures()]
    for names in (None, NAMES):
        outcomes = mechgrok.analyze(Softened(P), every, task=TASK, names=names, is_train=IS_TRAIN, nulls=1)
        assert {label: found.reason for label, found in outcomes.items() if isinstance(found, mechgrok.Failure)} == {}
    assert sum(isinstance(found, mechgrok.Result) for found in outcomes.values()) >= 50


def test_a_recognised_module_has_the_numbers_that_it_has_with_names() -> None:
    """Two routes: its weights in our forward pass, and the module called, with its own activations."""
    labels = ["loss", "gini", "neuron-frequencies", "attention-fit", "neuron-logit-spectrum", "restricted-loss"]
    module = PlainTransformer(P)
    by_itself = mechgrok.analyze(module, labels, task=TASK, is_train=IS_TRAIN, nulls=2)
    assert by_itself.notes == (
        "no names were needed: the module computes the same as the model transformer, heads 2, activation relu, normalization None",
    )
    named = mechgrok.analyze(module, labels, task=TASK, is_train=IS_TRAIN, nulls=2, names=NAMES)
    assert named.notes == ()
    assert compared(by_itself, named) > 60


def test_a_function_with_batch_and_class_axes_alone() -> None:
    def adds(tokens: torch.Tensor) -> torch.Tensor:
        return 20.0 * torch.nn.functional.one_hot((tokens[:, 0] + tokens[:, 1]) % P, P)

    outcomes = mechgrok.analyze(adds, ["loss", "key-frequencies", "weight-norms"], task=TASK, nulls=0)
    loss = outcomes["loss"]
    assert isinstance(loss, mechgrok.Result)
    assert loss.headline["accuracy_all"] == 1
    assert loss.headline["all"] == pytest.approx(np.log1p((P - 1) * np.exp(-20.0)), rel=1e-9)
    assert loss.missing["train"]
    assert not [label for label, found in outcomes.items() if isinstance(found, mechgrok.Failure)]


def test_a_spare_token_is_noted_under_the_outcomes() -> None:
    outcomes = mechgrok.analyze(Softened(P + 1), ["weight-norms"], task=TASK, nulls=0)
    assert outcomes.notes == ("tok_emb has 9 tokens and the task 8; no row holds the last 1 of the module",)
    assert repr(outcomes).endswith(f"\nnote: {outcomes.notes[0]}")
    assert f"<li>note: {outcomes.notes[0]}</li>" in outcomes._repr_html_()


def test_the_loss_of_a_module_by_hand() -> None:
    module = PlainTransformer(P).eval()
    with torch.no_grad():
        logits = module(torch.from_numpy(TASK.inputs()))[:, -1].double()
    by_row = torch.nn.functional.cross_entropy(logits, torch.from_numpy(TASK.labels()), reduction="none").numpy()
    found = mechgrok.analyze(module, ["loss"], task=TASK, is_train=IS_TRAIN, nulls=0)["loss"]
    assert isinstance(found, mechgrok.Result)
    for key, rows in (("all", slice(None)), ("train", IS_TRAIN), ("test", ~IS_TRAIN)):
        assert found.headline[key] == pytest.approx(by_row[rows].mean(), rel=1e-6)


def test_a_path_and_several_runs(folder: Path) -> None:
    one = mechgrok.analyze(str(folder), ["weight-norms"], nulls=0)
    several = mechgrok.analyze([folder, mechgrok.open_run(folder)], ["weight-norms"], nulls=0)
    assert list(several) == [str(folder)]
    assert several[str(folder)]["weight-norms"].headline == one["weight-norms"].headline  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("x", "more", "message"),
    [
        (PlainTransformer(P), {}, "a module needs its task"),
        (PlainTransformer(P), {"task": "modular"}, "a module needs its task, not str: give task="),
        (PlainTransformer(P), {"task": TASK, "is_train": np.zeros((5, 3), int)}, r"is_train has shape \(5, 3\); give a mask"),
        (3, {"task": TASK}, "int is no module and no function"),
        (PlainTransformer(P), {"task": TASK, "is_train": [0, 49]}, "the table has rows 0 to 48"),
        (PlainTransformer(P), {"task": TASK, "is_train": np.ones(5, bool)}, "a mask of the table's 49 rows"),
        (PlainTransformer(P), {"task": TASK, "is_train": [[0, 1], [2]]}, "is_train is no array"),
        ([PlainTransformer(P)], {}, "PlainTransformer is neither"),
        (PlainTransformer(P), {"task": TASK, "names": ["embed.W_E"]}, "names is list; give a mapping"),
        (PlainTransformer(P), {"task": TASK, "names": {"embed.W_E": torch.zeros(8, 16)}}, "names: embed.W_E is Tensor; give its path"),
        (PlainTransformer(P), {"task": TASK, "names": {0: "tok_emb.weight"}}, "names: 0 is int"),
        (PlainTransformer(P), {"task": TASK, "steps": [3]}, "^a network in memory has no steps; leave steps away"),
        (PlainTransformer(P), {"task": TASK, "nulls": -1}, "nulls is -1"),
        (PlainTransformer(P), {"task": TASK, "nulls": "ten"}, "nulls is 'ten'"),
    ],
)
def test_wrong_inputs_are_refused_in_a_line(x: Any, more: dict[str, Any], message: str) -> None:
    with pytest.raises(mechgrok.UserError, match=message) as caught:
        mechgrok.analyze(x, ["loss"], **more)
    assert "\n" not in str(caught.value)


def test_steps_of_a_run_are_several(folder: Path) -> None:
    with pytest.raises(mechgrok.UserError, match="steps 0: write all, last, or steps such as 0,100"):
        mechgrok.analyze(folder, ["loss"], steps=0)  # type: ignore[call-overload]


def test_what_belongs_to_a_network_in_memory_is_refused_on_a_run(folder: Path) -> None:
    with pytest.raises(mechgrok.UserError, match="task belongs to a network in memory"):
        mechgrok.analyze(folder, ["loss"], task=TASK)


def test_the_module_is_as_before_when_a_measure_fails() -> None:
    def broken(snapshot: Any) -> float:
        raise ZeroDivisionError

    module = PlainTransformer(P).train()
    outcomes = mechgrok.analyze(module, [broken, "neuron-frequencies"], task=TASK, names=NAMES, nulls=0)
    assert isinstance(outcomes["broken"], mechgrok.Failure)
    assert module.training
    assert all(each.training for each in module.modules())
    assert not [each for each in module.modules() if each._forward_hooks or each._forward_pre_hooks]


def adds(tokens: torch.Tensor) -> torch.Tensor:
    return 5.0 * torch.nn.functional.one_hot((tokens[:, 0] + tokens[:, 1]) % 7, 7)


def test_two_functions_of_one_name_are_refused() -> None:
    with pytest.raises(mechgrok.UserError, match="two measures are called lambda"):
        mechgrok.analyze(adds, [lambda _: 1.0, lambda _: 2.0], task=Modular(p=7), nulls=0)


def test_a_function_does_not_take_the_name_of_a_measure() -> None:
    def gini(_: Any) -> float:
        return 42.0

    with pytest.raises(mechgrok.UserError, match="the function gini has the name of a measure"):
        mechgrok.analyze(adds, [gini], task=Modular(p=7), nulls=0)


def test_a_table_of_a_function_has_no_column_of_steps() -> None:
    def table(_: Any) -> pd.DataFrame:
        return pd.DataFrame({"step": [1], "value": [2.0]})

    found = mechgrok.analyze(adds, [table], task=Modular(p=7), nulls=0)["table"]
    assert isinstance(found, mechgrok.Failure)
    assert "the column step is that of the checkpoint" in found.reason


def test_a_network_that_has_diverged_has_no_numbers() -> None:
    """A sum leaves NaN out, and the largest of NaN is the first."""
    module = torch.nn.Sequential(torch.nn.Embedding(7, 4), torch.nn.Flatten(), torch.nn.Linear(8, 7))
    torch.nn.init.constant_(module[2].weight, float("nan"))
    found = mechgrok.analyze(module, ["weight-norms", "loss", "logit-cosines"], task=Modular(p=7, layout="a b"), nulls=0)
    for outcome in found.values():
        assert isinstance(outcome, mechgrok.NotApplicable)
        assert outcome.reason == "2.weight is not finite at step 0; choose checkpoints from before the training diverged"
