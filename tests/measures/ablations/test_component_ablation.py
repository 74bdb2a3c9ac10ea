"""component-ablation on planted networks, against published numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from planted import Planted, cosine_logits, measured, table
from planted_pairs import cosine, operands
from torch import Tensor

from mechgrok.measures.ablations.component_ablation import ComponentAblation
from mechgrok.measures.ablations.restricted_loss import RestrictedLoss


class TestComponentAblation:
    """Logits made of five known parts, each of which one of the sets holds or none does."""

    p = 13

    def parts(self) -> dict[str, Tensor]:
        p, (a, b) = self.p, operands(self.p)
        noise = torch.randn(5, p, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        return {
            "phase": cosine_logits(table(p), {3: 3.0, 6: 2.0}) + 0.5 * cosine(p, 6, a + b + 1)[:, None] * noise[0],
            "products": cosine(p, 3, a - b)[:, None] * noise[1],
            "blocks": cosine(p, 6, a)[:, None] * noise[2],
            "other": cosine(p, 2, a + b)[:, None] * noise[3] + (cosine(p, 3, a) * cosine(p, 6, b))[:, None] * noise[3],
            "constant": noise[4].expand(p * p, p),
        }

    def loss(self, grid, *names: str) -> dict[str, tuple[float, float]]:
        """Loss and accuracy on every split of the sum of some parts, by the definition."""
        logits = sum(self.parts()[name] for name in names).numpy()
        labels = grid.labels.numpy()
        per_row = np.log(np.exp(logits).sum(1)) - logits[np.arange(len(labels)), labels]
        right = logits.argmax(1) == labels
        return {split: (per_row[mask].mean(), right[mask].mean()) for split, mask in ((s, m.numpy()) for s, m in grid.subsets.items())}

    def test_each_set_keeps_and_removes_what_it_holds(self) -> None:
        grid = table(self.p, train=np.arange(169) % 3 == 0)
        snapshot = Planted(grid, sum(self.parts().values()))
        found = measured(ComponentAblation(keys=(3, 6)), snapshot)
        sets = {"phase": ["phase"], "products": ["phase", "products"], "blocks": ["phase", "products", "blocks"]}
        expected = {("none", "unablated"): self.loss(grid, *self.parts())}
        for name, kept in sets.items():
            expected |= {
                (name, "only"): self.loss(grid, *kept),
                (name, "only with the constant"): self.loss(grid, *kept, "constant"),
                (name, "without"): self.loss(grid, *set(self.parts()) - set(kept)),
            }
        assert len(found.table) == 3 * len(expected)
        for row in found.table.itertuples():
            loss, accuracy = expected[row.components, row.variant][row.split]
            assert row.loss == pytest.approx(loss, rel=1e-9)
            assert row.accuracy == pytest.approx(accuracy, abs=1e-12)
        assert {
            f"{name}_count": 4 * size for name, size in (("phase", 1), ("products", 2), ("blocks", 4))
        }.items() <= found.headline.items()
        assert found.headline["blocks_only"] == pytest.approx(expected["blocks", "only"]["all"][0], rel=1e-9)
        assert found.headline["unablated"] == pytest.approx(snapshot.losses.mean().item(), rel=1e-12)

    def test_half_of_p_has_no_sine(self) -> None:
        found = measured(ComponentAblation(keys=(5, 6)), Planted(table(12), cosine_logits(table(12), {5: 3.0, 6: 2.0}))).headline
        assert [found[f"{name}_count"] for name in ("phase", "products", "blocks")] == [3, 5, 11]
        assert found["products_only"] == pytest.approx(found["unablated"], rel=1e-9)

    def test_the_phase_is_the_restricted_loss(self) -> None:
        """Also where the phase is no sum, a^2 + b^2."""
        grid = table(7, "add-squares")
        logits = torch.randn(49, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        found = measured(ComponentAblation(keys=(1, 3)), Planted(grid, logits)).headline
        restricted = measured(RestrictedLoss(keys=(1, 3)), Planted(grid, logits)).headline
        assert found["phase_only_with_the_constant"] == pytest.approx(restricted["all"], rel=1e-10)
        assert found["phase_only"] == pytest.approx(restricted["all_uncorrected"], rel=1e-10)

    def test_without_keys_nothing_is_kept(self) -> None:
        found = measured(ComponentAblation(keys=()), Planted(table(7), cosine_logits(table(7), {2: 3.0}))).headline
        assert found["blocks_only"] == pytest.approx(np.log(7), rel=1e-12)
        assert found["blocks_without"] == pytest.approx(found["unablated"], rel=1e-12)


@pytest.mark.long
def test_the_components_of_the_phase(nanda, chughtai) -> None:
    """The restricted loss with and without the mean, and the excluded loss."""
    names = ("phase_only_with_the_constant", "phase_only", "phase_without")
    for found, expected in ((nanda, (3.64294e-3, 9.17558, 18.72137)), (chughtai, (5.568347e-8, 3.564482e-7, 9.347174))):
        headline = found["component-ablation"].headline
        assert [headline[name] for name in names] == [pytest.approx(loss, rel=1e-4) for loss in expected]
        assert headline["blocks_count"] == 8 * headline["phase_count"] / 2
