"""token-map on planted networks; and its figure."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch
from planted import measured
from planted_tensors import P, embedding

from mechgrok.measures.frequencies.token_map import TokenMap
from mechgrok.runs.snapshot import Snapshot

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def test_tokens_in_one_place_are_labelled_once():
    places = pd.DataFrame({"step": 0, "token": range(4), "first": [0, 0.001, 1, 1], "second": [0, 0, 0, 1.0], "first_share": np.nan})
    figure = TokenMap().plot(places.assign(second_share=np.nan))
    assert list(figure.data[0].text) == ["0", "", "2", "3"]


class TestTokenMap:
    @pytest.fixture
    def circles(self) -> Snapshot:
        """Circles of radius 4 and 2 in four of six dimensions: 4/5 and 1/5 of the variance, half on each axis."""
        angles = 2 * math.pi * torch.arange(P).double() / P
        flat = [r * f(k * angles) for k, r in ((1, 4), (5, 2)) for f in (torch.cos, torch.sin)]
        return embedding(torch.stack([*flat, torch.full((P,), 9.0), torch.zeros(P)], dim=1))

    def test_principal_axes(self, circles: Snapshot) -> None:
        found = measured(TokenMap(), circles)
        assert found.headline == pytest.approx({"first_share": 0.4, "second_share": 0.4}, rel=1e-12)
        assert np.hypot(found.table["first"], found.table["second"]).tolist() == pytest.approx([4] * P, rel=1e-12)
        assert found.table["token"].tolist() == list(range(P))
        assert "40.0%" in found.figure().layout.xaxis.title.text

    def test_the_first_axis_is_the_longer_one(self) -> None:
        angle = 2 * math.pi * torch.arange(P).double() / P
        found = measured(TokenMap(), embedding(torch.stack([torch.cos(angle), 3 * torch.sin(angle)], dim=1)))
        assert found.headline == pytest.approx({"first_share": 0.9, "second_share": 0.1}, rel=1e-12)
        assert found.table["first"].abs().max() == pytest.approx(3 * math.sin(2 * math.pi * 3 / P), rel=1e-12)

    def test_tsne_keeps_the_circle_and_claims_no_share(self, circles: Snapshot) -> None:
        found = measured(TokenMap(method="tsne"), circles)
        assert found.headline == {"first_share": None, "second_share": None}
        assert "t-SNE" in found.missing["first_share"]
        places = found.table[["first", "second"]].to_numpy()
        steps = np.linalg.norm(places - np.roll(places, 1, axis=0), axis=1)
        assert steps.max() < 0.5 * np.linalg.norm(places[:, None] - places, axis=2).max()

    def test_one_embedding_for_all(self) -> None:
        assert "same embedding" in measured(TokenMap(), embedding(torch.ones(7, 3))).missing["first_share"]
