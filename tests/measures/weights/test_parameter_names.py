"""Short names of parameters, and bars by parameter."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from mechgrok.measures.weights.parameter_names import by_parameter, short

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("blocks.0.attn.W_Q", "W_Q 0"),
        ("blocks.1.mlp.b_in", "b_in 1"),
        ("blocks.0.ln2.w", "ln2.w 0"),
        ("embed.W_E", "W_E"),
        ("ln_final.w", "ln_final.w"),
    ],
)
def test_short_names_keep_what_tells_parameters_apart(name: str, expected: str) -> None:
    assert short(name) == expected


def test_only_parameters_with_a_number_have_a_bar() -> None:
    rows = pd.DataFrame({"parameter": ["embed.W_E", "blocks.0.mlp.b_in", "unembed.W_U"], "norm": [1.0, math.nan, 2.0]})
    figure = by_parameter(rows, "norm", y_title="norm")
    assert list(figure.layout.xaxis.tickvals) == ["W_E", "W_U"]
    assert [list(trace.x) for trace in figure.data] == [["W_E", "W_U"]]
