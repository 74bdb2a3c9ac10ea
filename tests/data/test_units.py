"""Splits by units, by count and from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mechgrok.data.splits.file import FromFile
from mechgrok.data.splits.numpy_shuffle import NumpyShuffle
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.data.splits.split import RandomSplit
from mechgrok.data.splits.torch_random_split import TorchRandomSplit
from mechgrok.data.splits.torch_randperm import TorchRandperm
from mechgrok.data.splits.torch_threshold import TorchThreshold
from mechgrok.errors import UserError
from mechgrok.tasks.k_wise import KWise
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular

RULES = [PythonShuffle, TorchRandperm, NumpyShuffle, TorchRandomSplit, TorchThreshold]


class Pairs:
    """A table of all pairs whose units are the first operands."""

    def units(self) -> np.ndarray:
        return 10 + np.repeat(np.arange(6), 6)

    def operands(self) -> np.ndarray:
        return np.stack(np.divmod(np.arange(36), 6), axis=1)


@pytest.mark.parametrize("rule", RULES)
class TestUnordered:
    def test_both_orders_lie_on_the_same_side(self, rule: type[RandomSplit]) -> None:
        mask = rule(unordered=True, seed=1).train_rows(Modular(p=12)).reshape(12, 12)
        assert (mask == mask.T).all()
        assert mask.any()
        assert not mask.all()
        plain = rule(seed=1).train_rows(Modular(p=12)).reshape(12, 12)
        assert (plain != plain.T).any()

    def test_the_rule_draws_among_the_unordered_pairs(self, rule: type[RandomSplit]) -> None:
        """In the order of a <= b, which is that of the table."""
        drawn = rule(seed=1).mask(12 * 13 // 2)
        mask = rule(unordered=True, seed=1).train_rows(Modular(p=12)).reshape(12, 12)
        assert mask[np.triu_indices(12)].tolist() == drawn.tolist()

    def test_all_orders_of_three(self, rule: type[RandomSplit]) -> None:
        mask = rule(unordered=True, seed=2).train_rows(KWise(p=4, terms=3)).reshape(4, 4, 4)
        assert all((mask == mask.transpose(axes)).all() for axes in [(1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0)])


def test_pairs_of_a_mixture_stay_together_in_both_orders() -> None:
    task = Mixture(p=7, operations=("add", "divide"))
    mask = PythonShuffle(unordered=True, fraction=0.5).train_rows(task)
    sides: dict[tuple[int, ...], set[bool]] = {}
    for pair, side in zip(np.sort(task.operands(), axis=1).tolist(), mask.tolist(), strict=True):
        sides.setdefault(tuple(pair), set()).add(side)
    assert all(len(found) == 1 for found in sides.values())
    assert len(sides) == 28


def test_units_that_meet_in_a_pair_become_one() -> None:
    """Every two first operands share a pair, so all of them are one unit."""
    assert len(set(PythonShuffle(unordered=True, fraction=1).train_rows(Pairs()))) == 1
    mask = PythonShuffle(fraction=0.5).train_rows(Pairs()).reshape(6, 6)
    assert mask.all(1).sum() == 3
    assert mask.any(1).sum() == 3


def test_a_count_takes_the_place_of_the_fraction() -> None:
    rule = PythonShuffle(count=7)
    assert (rule.fraction, int(rule.mask(49).sum())) == (None, 7)
    assert rule.mask(49).tolist() == PythonShuffle(fraction=7 / 49 + 1e-9).mask(49).tolist()
    assert PythonShuffle.model_validate_json(rule.model_dump_json()) == rule
    assert PythonShuffle(fraction=0.3, count=49).mask(49).all()


def test_a_size_is_needed_and_must_be_there() -> None:
    with pytest.raises(UserError, match="fraction None needs count"):
        PythonShuffle(fraction=None)
    with pytest.raises(UserError, match=r"split\.count 50 is more than the 49 rows of the table"):
        PythonShuffle(count=50).mask(49)
    with pytest.raises(UserError, match=r"split\.test_fraction 0\.99 of 20 rows leaves nothing to train on"):
        TorchThreshold(test_fraction=0.99).mask(20)


def written(folder: Path, text: str) -> FromFile:
    path = folder / "rows.txt"
    path.write_text(text)
    return FromFile(path=str(path))


def test_rows_of_a_text_file(tmp_path: Path) -> None:
    assert np.flatnonzero(written(tmp_path, "3\n0\n48\n").train_rows(Modular(p=7))).tolist() == [0, 3, 48]


def test_rows_of_an_array(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.array([5, 2], dtype=np.int32))
    assert np.flatnonzero(FromFile(path=str(tmp_path / "rows.npy")).mask(9)).tolist() == [2, 5]


def test_pairs_and_masks_are_rows_too(tmp_path: Path) -> None:
    """Divisions leave out rows with b = 0, so the row of (a, b) is 6 a + b - 1."""
    table = Modular(p=7, operation="divide")
    pairs, mask = np.array([[3, 1], [0, 6]]), np.zeros(42, dtype=bool)
    mask[[18, 5]] = True
    np.save(tmp_path / "pairs.npy", pairs)
    np.save(tmp_path / "mask.npy", mask)
    splits = [written(tmp_path, "3,1\n0 6\n"), *(FromFile(path=str(tmp_path / f"{name}.npy")) for name in ("pairs", "mask"))]
    assert [np.flatnonzero(split.train_rows(table)).tolist() for split in splits] == [[5, 18]] * 3
    with pytest.raises(UserError, match=r"no row of the table has the operands \(3, 0\)"):
        written(tmp_path, "3 0\n1 1\n").train_rows(table)
    with pytest.raises(UserError, match=r"mask\.npy is a mask of 42 rows, and the table has 49"):
        splits[2].train_rows(Modular(p=7))


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64])
def test_zeros_and_ones_for_all_rows_are_a_mask(kind: type, tmp_path: Path) -> None:
    mask = np.zeros(49, dtype=kind)
    mask[[3, 40]] = 1
    np.save(tmp_path / "mask.npy", mask)
    splits = [FromFile(path=str(tmp_path / "mask.npy")), written(tmp_path, "\n".join(str(int(each)) for each in mask))]
    assert [np.flatnonzero(split.train_rows(Modular(p=7))).tolist() for split in splits] == [[3, 40]] * 2


def test_two_row_numbers_are_no_mask(tmp_path: Path) -> None:
    assert np.flatnonzero(written(tmp_path, "1\n0").train_rows(Modular(p=7))).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n".join(["0"] * 49), "lists no row"),
        ("\n".join("01" * 24), "row 0 is listed 24 times; list each train row once, or write a mask of 49 numbers 0 and 1"),
        ("5\n3\n5", "row 5 is listed 2 times"),
        ("5 1\n3 1\n5 1", "lists a pair of operands twice"),
        ("49", "row 49 does not exist; the table has rows 0 to 48"),
        ("3 -1", "row -1 does not exist"),
        ("3\nfour", "is not a file of row numbers"),
        ("1.5", "is not a file of row numbers"),
        (" \n", "lists no row"),
    ],
)
def test_a_wrong_file_is_refused_in_a_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        written(tmp_path, text).train_rows(Modular(p=7))
    assert "\n" not in str(caught.value)
    assert "rows.txt" in str(caught.value)


@pytest.mark.parametrize("array", [np.zeros((2, 3), int), np.zeros((2, 2, 2), int), np.array([0.5]), np.array([{"a": 1}], dtype=object)])
def test_other_arrays_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "rows.npy", array, allow_pickle=True)
    with pytest.raises(UserError, match=r"rows\.npy is not a file of row numbers"):
        FromFile(path=str(tmp_path / "rows.npy")).mask(9)


def test_a_missing_file_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.txt cannot be read: No such file"):
        FromFile(path=str(tmp_path / "none.txt")).mask(9)
    with pytest.raises(UserError, match=r"split\.kind file needs split\.path"):
        FromFile().mask(9)


def test_a_number_beyond_64_bits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a file of row numbers"):
        written(tmp_path, f"0\n{10**30}\n").mask(9)


BYTES = "{b'descr': '<i8', 'fortran_order': False, 'shape': (1,), }"
"""A key of bytes cannot be sorted among texts."""


@pytest.mark.parametrize(
    "header", ["{'descr': '<i8', 'fortran_order': False, 'shape': (1000000000000,), }", "{'descr': '''", "", "(", BYTES]
)
def test_an_array_with_a_broken_header_is_refused_before_memory_is_taken(header: str, tmp_path: Path) -> None:
    text = header.encode().ljust(117) + b"\n"
    (tmp_path / "rows.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(8))
    with pytest.raises(UserError, match="is not a file of row numbers"):
        FromFile(path=str(tmp_path / "rows.npy")).mask(9)
