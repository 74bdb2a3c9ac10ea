"""Tables of many steps in one file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechgrok.engine.tables import Stored, Tables

STAMP = {"measure": "M()", "source": "abc", "software": {"torch": "2"}, "given": {}}
TABLES = {
    0: pd.DataFrame({"key": [1, 2], "value": [0.1, np.nan], "name": ["a", "b"]}),
    10: pd.DataFrame({"key": [3], "value": [None], "name": [None]}),
    20: pd.DataFrame({"key": [1.5], "value": [2.0], "name": ["c"]}),
    30: pd.DataFrame({"key": pd.Series(dtype=int), "value": pd.Series(dtype=float), "name": pd.Series(dtype=object)}),
}
"""Integers beside floats, columns that hold nothing, no rows."""


def stamp(**own: object) -> str:
    return json.dumps(STAMP | own, sort_keys=True)


def kept(tables: dict[int, pd.DataFrame], path: Path) -> Tables:
    path.write_bytes(Tables({step: Stored.of(table, stamp(run=str(step))) for step, table in tables.items()}).content())
    return Tables.read(path)


def test_every_table_comes_back_in_its_own_types(tmp_path: Path) -> None:
    found = kept(TABLES, tmp_path / "tables.parquet")
    assert list(found.by_step) == list(TABLES)
    for step, table in TABLES.items():
        pd.testing.assert_frame_equal(found.by_step[step].table(), table, check_exact=True)
        assert found.by_step[step].stamp == stamp(run=str(step))


@settings(deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 10**6),
        st.lists(st.tuples(st.integers(-(2**40), 2**40), st.floats(allow_nan=False), st.text(max_size=3)), max_size=4),
        min_size=1,
        max_size=6,
    )
)
@pytest.mark.long
def test_any_rows_come_back(tmp_path_factory: pytest.TempPathFactory, rows: dict[int, list[tuple[int, float, str]]]) -> None:
    types = {"number": "int64", "value": "float64", "text": "str"}
    tables = {step: pd.DataFrame(each, columns=list(types)).astype(types) for step, each in rows.items()}
    found = kept(tables, tmp_path_factory.mktemp("any") / "tables.parquet")
    for step, table in tables.items():
        pd.testing.assert_frame_equal(found.by_step[step].table(), table, check_exact=True)


def test_over_steps_is_pandas_concatenation(tmp_path: Path) -> None:
    found = kept(TABLES, tmp_path / "tables.parquet").over([0, 20])
    expected = pd.concat([TABLES[step].assign(step=step) for step in (0, 20)], ignore_index=True)
    pd.testing.assert_frame_equal(found, expected)


def test_tables_with_columns_of_other_types_replace_the_old_ones(tmp_path: Path) -> None:
    """A measure whose column was a word and is a number in the next version."""
    path = tmp_path / "tables.parquet"
    old = kept({0: pd.DataFrame({"value": ["x"]}), 10: pd.DataFrame({"value": ["y"]})}, path)
    path.write_bytes(old.with_({10: Stored.of(pd.DataFrame({"value": [1.0]}), stamp())}).content())
    assert list(Tables.read(path).by_step) == [10]
    path.write_bytes(old.with_({0: Stored.of(pd.DataFrame({"value": [1.0]}), stamp())}).content())
    assert list(Tables.read(path).by_step) == [0], "the new one stays, also where an old one is of a later step"


def test_the_shared_part_of_stamps_is_stored_once(tmp_path: Path) -> None:
    path = tmp_path / "tables.parquet"
    kept(dict.fromkeys(range(50), TABLES[0]), path)
    assert pq.read_schema(path).metadata[b"mechgrok"].count(b"abc") == 1


@pytest.mark.parametrize("content", [b"", b"PAR1", b"\x00" * 99])
def test_a_broken_file_holds_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tables.parquet").write_bytes(content)
    assert Tables.read(tmp_path / "tables.parquet").by_step == {}
