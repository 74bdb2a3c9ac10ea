"""offset-errors on planted networks; and its figure."""

from __future__ import annotations

import pandas as pd
import pytest
import torch
from answering import THIRD, P, answers
from planted import Planted, measured, table

from mechgrok.measures.grokking.offset_errors import OffsetErrors
from mechgrok.runs.snapshot import Grid

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def test_no_empty_panel_where_no_row_is_wrong():
    counts = pd.DataFrame({"step": [0, 0, 9, 9], "split": "all", "offset": [1, 2, 1, 2], "count": [3, 4, 0, 0]})
    figure = OffsetErrors().plot(counts)
    assert [list(trace.y) for trace in figure.data] == [[7, 0]]
    assert figure.layout.title.text == "Step 9: no row is wrong"


class TestOffsetErrors:
    def test_which_way(self) -> None:
        grid = table(P, train=THIRD)
        offset = torch.zeros(49, dtype=torch.long)
        offset[:8], offset[8:10] = 3, 5
        found = measured(OffsetErrors(), Planted(grid, answers(grid, 2.0, offset)))
        counts = found.table[found.table["split"] == "all"].set_index("offset")["count"].to_dict()
        assert counts == {1: 0, 2: 0, 3: 8, 4: 0, 5: 2, 6: 0}
        in_train = int(THIRD[:10].sum())
        assert found.headline == {
            "wrong_all": 10,
            "wrong_train": in_train,
            "wrong_test": 10 - in_train,
            "most_frequent": 3,
            "share_of_most_frequent": 0.8,
        }

    def test_all_right_and_split_unknown(self) -> None:
        grid = table(P)
        found = measured(OffsetErrors(), Planted(grid, answers(grid, 2.0)))
        assert found.headline["wrong_all"] == 0
        assert found.missing["most_frequent"] == "no row is wrong"
        assert "unknown" in found.missing["wrong_train"]

    def test_in_the_multiplicative_basis_offsets_are_ratios(self) -> None:
        """a b over the units modulo 7: answers of 3 a b are off by the discrete logarithm of 3, the root itself: 1."""
        grid = table(P)
        labels = grid.operands[:, 0] * grid.operands[:, 1] % P
        units = grid.in_chart(OffsetErrors(basis="multiplicative").view(Planted(grid, answers(grid, 1.0))).grid.chart)
        logits = torch.nn.functional.one_hot(3 * labels[units.rows] % P, P).double()[:, torch.from_numpy(units.chart.tokens)]
        log = {token: i for i, token in enumerate(units.chart.tokens.tolist())}
        as_products = Grid(
            units.task,
            units.chart,
            units.rows,
            units.operands,
            torch.tensor([log[y] for y in labels[units.rows].tolist()]),
            units.phase,
            units.subsets,
        )
        found = measured(OffsetErrors(), Planted(as_products, logits))
        assert (found.headline["most_frequent"], found.headline["wrong_all"]) == (1, 36)
