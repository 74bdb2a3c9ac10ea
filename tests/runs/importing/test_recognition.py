from __future__ import annotations

import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.runs.importing.recognition import importers, recognise


def test_every_importer_of_the_folder_is_found() -> None:
    found = importers()
    assert {importer.name for importer in found} == {"furuta2024", "nanda2023", "hooked-transformer", "transformer-lens-demo"}
    assert all("\n" not in importer.describe for importer in found)


@pytest.mark.parametrize(
    ("data", "contents"),
    [
        ({"weight": torch.zeros(2), 3: None}, "a dict of 2 with the keys 'weight', 3"),
        ({f"layer{i}": 0 for i in range(20)}, "'layer7', ..."),
        ([1, 2], "a list of 2"),
        (torch.zeros(2, 3), r"one tensor of shape \(2, 3\)"),
        (None, "a NoneType"),
        ({"model": None}, "'model'"),
        ({"model": torch.zeros(3)}, "'model'"),
        ({1: 2, "embed.W_E": torch.zeros(2, 2), "blocks.0.attn.W_O": torch.zeros(1, 2, 2)}, "a dict of 3"),
        ({"evil\nkey": 1}, r"'evil\\nkey'"),
    ],
)
def test_what_an_unknown_file_holds_and_what_is_accepted_is_said(data: object, contents: str) -> None:
    with pytest.raises(UserError, match=contents) as complaint:
        recognise(data)
    assert "Nanda et al. 2023" in str(complaint.value)
    assert "\n" not in str(complaint.value)
