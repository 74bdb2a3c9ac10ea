"""The values of configs that differ."""

from __future__ import annotations

from mechgrok.report.varying import varying


def config(decay: float, seed: int, split_seed: int | None = None) -> dict:
    return {"optimizer": {"kind": "adamw", "weight_decay": decay}, "model": {"seed": seed}, "split": {"seed": split_seed or seed}, "at": []}


def test_seeds_that_vary_together_are_one_column() -> None:
    found = varying([config(1.0, 3), config(2.0, 3), config(1.0, 4)])
    assert found == {"optimizer.weight_decay": [1.0, 2.0, 1.0], "seed": [3, 3, 4]}
    assert list(found)[-1] == "seed"


def test_seeds_that_vary_apart_keep_their_paths() -> None:
    assert list(varying([config(1.0, 3, 5), config(1.0, 4, 6)])) == ["model.seed", "split.seed"]
    assert varying([config(1.0, 3, 5), config(1.0, 4, 5)]) == {"model.seed": [3, 4]}


def test_a_value_that_one_kind_lacks_is_none() -> None:
    other = config(1.0, 3) | {"optimizer": {"kind": "sgd", "momentum": 0.9}}
    found = varying([config(1.0, 3), other])
    expected = {"optimizer.kind": ["adamw", "sgd"], "optimizer.weight_decay": [1.0, None], "optimizer.momentum": [None, 0.9]}
    assert found == expected


def test_runs_of_one_config_differ_in_nothing() -> None:
    assert varying([config(1.0, 3)] * 2) == {}
    assert varying([]) == {}
