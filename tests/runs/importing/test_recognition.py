"""Which importer reads a file, and what the error of a file that none reads contains."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import Importer, WeightsFile
from mechgrok.runs.importing.recognition import importers, recognise


@pytest.mark.parametrize(
    ("data", "contents"),
    [
        ({f"layer{i}": 0 for i in range(20)}, "a dict of 20 with the keys .*'layer7', ..."),
        ([1, 2], "a list of 2"),
        (torch.zeros(2, 3), r"a tensor of shape \(2, 3\)"),
        (None, "a NoneType"),
        ({"model": None}, "'model'"),
        ({"optimizer": {"state": {0: {"exp_avg": torch.zeros(3, 3)}}, "param_groups": []}}, "'optimizer' .a dict of 2"),
        ({"evil\nkey": 1}, r"'evil\\nkey'"),
        ({"runs": {(1, "add"): {"records": [{"step": 1}]}}}, r"'runs' .a dict of 1 with the keys \(1, 'add'\) .*'records'"),
    ],
)
def test_a_file_without_weights_is_refused_with_what_it_holds(data: object, contents: str) -> None:
    with pytest.raises(UserError, match=f"holds no weights; it holds .*{contents}") as error:
        recognise(WeightsFile(data))
    assert "\n" not in str(error.value)


def test_the_error_of_an_unknown_network_gives_its_names_and_the_accepted_formats() -> None:
    with pytest.raises(UserError, match=r"a dict of 2 with the keys 'weight', 3, and weights by the names 'weight'") as error:
        recognise(WeightsFile({"weight": torch.zeros(2), 3: None}))
    assert all(importer.describe in str(error.value) for importer in importers())
    assert "\n" not in str(error.value)


class Claiming(Importer):
    """Recognises every file by given features."""

    def __init__(self, name: str, *features: str) -> None:
        self.name = name  # type: ignore[misc]
        self.describe = name  # type: ignore[misc]
        self.features = frozenset(features)

    def recognises(self, file: WeightsFile) -> frozenset[str]:
        return self.features

    def convert(self, file: WeightsFile) -> Foreign:
        raise NotImplementedError


PLAIN, SPECIAL, OTHER, SILENT = Claiming("plain", "a"), Claiming("special", "a", "b"), Claiming("other", "c"), Claiming("silent")
BOTH = Claiming("both", "a", "b", "c")


@pytest.mark.parametrize(
    ("known", "name"),
    [
        ((PLAIN, SILENT), "plain"),
        ((PLAIN, SPECIAL), "special"),
        ((SPECIAL, SILENT, PLAIN), "special"),
        ((PLAIN, SPECIAL, OTHER, BOTH), "both"),
    ],
)
def test_the_importer_whose_features_contain_those_of_the_others_reads_the_file(known: Sequence[Importer], name: str) -> None:
    assert recognise(WeightsFile({}), known).name == name
    assert recognise(WeightsFile({}), known[::-1]).name == name


@pytest.mark.parametrize("known", [(PLAIN, SPECIAL, OTHER), (OTHER, SPECIAL)])
def test_importers_of_which_none_is_more_specific_are_both_named(known: Sequence[Importer]) -> None:
    with pytest.raises(UserError, match=r"^2 importers recognise this file, none more specifically than the others: ") as error:
        recognise(WeightsFile({}), known)
    assert "special by a, b" in str(error.value)
    assert "other by c" in str(error.value)
    assert "plain" not in str(error.value)


def test_equal_features_are_ambiguous() -> None:
    with pytest.raises(UserError, match=r"plain by a; twin by a$"):
        recognise(WeightsFile({}), (PLAIN, Claiming("twin", "a")))
