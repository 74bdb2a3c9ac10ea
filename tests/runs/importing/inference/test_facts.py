"""What stands beside the weights, for networks by other names than those of TransformerLens."""

from __future__ import annotations

from typing import Any

import pytest

from mechgrok.errors import UserError
from mechgrok.runs.importing.inference.facts import narrowed

CHOICES = {"activation": ("relu", "gelu", "gelu_new", "silu"), "eps": (None, 1e-5), "mask": ("causal", "bidirectional")}


@pytest.mark.parametrize("word", ["ReLU", "nn.ReLU", "relu"])
def test_an_activation_is_known_by_other_spellings_in_a_config_of_the_library(word: str) -> None:
    assert narrowed(CHOICES, {"attention_dir": "bidirectional", "act_fn": word})["activation"] == ("relu",)


def test_an_activation_that_no_network_here_has_is_refused_in_a_config_of_the_library() -> None:
    with pytest.raises(UserError, match="the file's activation is 'solu_ln'; networks with relu, "):
        narrowed(CHOICES, {"attention_dir": "causal", "act_fn": "solu_ln"})


def test_an_unknown_word_of_another_program_leaves_the_evidence_to_decide() -> None:
    assert narrowed(CHOICES, {"n_ctx": 3, "act_fn": "own"}) == CHOICES


@pytest.mark.parametrize(("eps", "kept"), [(1e-3, (1e-3,)), ("x", CHOICES["eps"]), (-1.0, CHOICES["eps"]), (float("nan"), CHOICES["eps"])])
def test_eps_in_a_config_of_the_library_is_that_of_the_norms(eps: Any, kept: tuple[Any, ...]) -> None:
    assert narrowed(CHOICES, {"attention_dir": "causal", "eps": eps})["eps"] == kept


def test_eps_of_another_program_may_be_that_of_the_optimiser() -> None:
    assert narrowed(CHOICES, {"eps": 1e-8})["eps"] == CHOICES["eps"]


def test_the_direction_of_attention_is_that_of_the_config() -> None:
    assert narrowed(CHOICES, {"normalization_type": "LN", "attention_dir": "bidirectional"})["mask"] == ("bidirectional",)
