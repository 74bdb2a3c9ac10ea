"""frequency-ablation on planted networks, against published numbers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from by_hand import mean_loss, some_train
from made_runs import make_run
from planted import Planted, cosine_logits, handmade_snapshot, measured, table

from mechgrok.measures.ablations.frequency_ablation import FrequencyAblation
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot

AMPLITUDES = {2: 8.0, 5: 6.0, 6: 4.0}

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("p", [12, 13])
class TestFrequencyAblationOfTheHandmadeTransformer:
    """Real weights whose logits are sum A_k cos w_k (a + b - c): what is left after a removal is known."""

    @pytest.fixture
    def snapshot(self, p: int) -> Snapshot:
        return handmade_snapshot(p, AMPLITUDES, some_train(p))

    @pytest.mark.parametrize("site", ["logits", "W_L", "neurons"])
    def test_the_loss_is_that_of_the_other_frequencies(self, snapshot: Snapshot, p: int, site) -> None:
        rows = measured(FrequencyAblation(site=site), snapshot).table.set_index(["removed", "frequency", "split"])["loss"]
        left = {("one key", k): {m: A for m, A in AMPLITUDES.items() if m != k} for k in AMPLITUDES}
        left |= {("nothing", 0): AMPLITUDES, ("all keys", 0): {}, ("all non-keys", 0): AMPLITUDES}
        for (removed, k), amplitudes in left.items():
            logits = cosine_logits(snapshot.grid, {1: 0.0, **amplitudes})
            for split, mask in snapshot.grid.subsets.items():
                assert rows[removed, k, split] == pytest.approx(mean_loss(snapshot.grid, logits, mask), rel=1e-7)

    def test_without_any_wave_in_the_embedding_all_rows_answer_alike(self, snapshot: Snapshot, p: int) -> None:
        """Every token embeds as the mean number, so that S = p - 1 on every row."""
        every = tuple(range(1, p // 2 + 1))
        rows = measured(FrequencyAblation(site="W_E", keys=every), snapshot).table.set_index(["removed", "split"])["loss"]
        profile = sum(A * np.cos(2 * np.pi * (k * np.arange(p) % p) / p) for k, A in AMPLITUDES.items())
        assert rows["all keys", "all"] == pytest.approx(np.log(np.exp(profile).sum()), rel=1e-7)
        assert rows["all non-keys", "all"] == pytest.approx(rows["nothing", "all"], rel=1e-9)

    @pytest.mark.parametrize("site", ["logits", "W_L", "neurons", "W_E"])
    def test_the_weights_are_left_alone(self, snapshot: Snapshot, p: int, site) -> None:
        before = {name: tensor.clone() for name, tensor in snapshot.weights.items()}
        measured(FrequencyAblation(site=site), snapshot)
        assert all(torch.equal(before[name], tensor) for name, tensor in snapshot.weights.items())

    def test_what_passes_beside_the_neurons_stays(self, snapshot: Snapshot, p: int) -> None:
        """A bias on the logits with a wave over c: it belongs to W_L for whoever takes the waves out of all logits."""
        bias = 3 * torch.cos(2 * math.pi * (2 * torch.arange(p) % p).double() / p)
        biased = Snapshot(snapshot.grid, snapshot.architecture, {**snapshot.weights, "unembed.b_U": bias}, 0)
        rows = measured(FrequencyAblation(site="W_L", keys=(2, 5, 6)), biased).table.set_index(["removed", "split"])["loss"]
        assert rows["all keys", "all"] == pytest.approx(float(bias.logsumexp(0) - bias.mean()), rel=1e-7)
        assert rows["all keys", "all"] != pytest.approx(math.log(p), rel=1e-2)


@pytest.mark.parametrize("p", [7, 8])
def test_neurons_and_their_map_are_ablated_as_their_definitions_say(tmp_path: Path, p: int) -> None:
    """A random network: neurons changed one by one through a complex transform, W_L by an explicit projection."""
    snapshot = open_run(make_run(tmp_path / "run", p=p)).snapshot()
    spectrum = np.fft.fft2(snapshot.neurons.view(p, p, -1).numpy(), axes=(0, 1))
    for k in (2, p - 2):
        spectrum[k, [0, 2, p - 2]] = spectrum[0, k] = 0
    changed = torch.from_numpy(np.fft.ifft2(spectrum, axes=(0, 1)).real.reshape(p * p, -1))
    angle = 2 * math.pi * (2 * torch.arange(p)).double() / p
    waves = torch.stack([angle.cos(), angle.sin()]) * math.sqrt(2 / p)
    W_L = snapshot.neuron_logit_map
    expected = {
        "neurons": snapshot.logits_with_neurons(changed),
        "W_L": snapshot.logits - snapshot.neurons @ W_L @ waves.T @ waves,
    }
    losses = {}
    for site, logits in expected.items():
        rows = measured(FrequencyAblation(site=site, keys=(2,)), snapshot).table.set_index(["removed", "split"])["loss"]
        losses[site] = rows["all keys", "all"]
        assert losses[site] == pytest.approx(mean_loss(snapshot.grid, logits), rel=1e-9)
    losses["logits"] = measured(FrequencyAblation(keys=(2,)), snapshot).headline["effect_all_keys"]
    assert len({round(loss, 3) for loss in losses.values()}) == 3, "three interventions, three answers"


class TestControlsOfFrequencyAblation:
    def test_random_sets_are_of_non_keys_and_of_the_same_size(self) -> None:
        """Four frequencies are no keys; the strongest of them sets the largest effect."""
        grid = table(13)
        weak = {1: 0.3, 3: 0.05, 4: 0.0, 5: 0.0}
        logits = cosine_logits(grid, {2: 9.0, 6: 7.0, **weak})
        found = measured(FrequencyAblation(controls=100, keys=(2, 6)), Planted(grid, logits))
        rows = found.table[found.table["split"] == "all"].set_index(["removed", "frequency"])
        base = mean_loss(grid, logits)
        rise = {k: mean_loss(grid, cosine_logits(grid, {2: 9.0, 6: 7.0, **weak, k: 0.0})) - base for k in weak}
        single = rows.loc[("one key", 2)]
        assert (single["controls"], single["null_max"]) == (4, pytest.approx(max(rise.values()), rel=1e-8))
        mean, deviation = np.mean(list(rise.values())), np.std(list(rise.values()), ddof=1)
        assert single["null_mean"] == pytest.approx(mean, rel=1e-8)
        assert single["z"] == pytest.approx((single["effect"] - mean) / deviation, rel=1e-6)
        assert rows.loc[("all keys", 0), "controls"] == math.comb(4, 2)
        both = mean_loss(grid, cosine_logits(grid, {2: 9.0, 6: 7.0})) - base
        assert found.headline["null_max"] == pytest.approx(both, rel=1e-8)
        assert found.headline["effect_all_keys"] == pytest.approx(mean_loss(grid, cosine_logits(grid, weak)) - base, rel=1e-10)

    def test_too_few_non_keys(self) -> None:
        grid = table(7)
        found = measured(FrequencyAblation(keys=(1, 2)), Planted(grid, cosine_logits(grid, {1: 4.0, 2: 4.0})))
        assert found.headline["null_mean"] is None
        assert "too few non-key" in found.missing["z"]
        rows = found.table.set_index(["removed", "frequency", "split"])
        assert rows["controls"]["all keys", 0, "all"] == 0
        assert rows["controls"]["one key", 1, "all"] == 1

    def test_no_keys(self) -> None:
        found = measured(FrequencyAblation(), Planted(table(7), torch.zeros(49, 7, dtype=torch.float64)))
        assert "no key" in found.missing["effect_all_keys"]
        assert found.headline["effect_all_non_keys"] == pytest.approx(0, abs=1e-12)


def test_an_attention_only_network_cannot_lose_neurons(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", attn_only=True))
    reasons = {site: FrequencyAblation(site=site, keys=(1,)).obstacle(run) for site in ("logits", "W_L", "neurons", "W_E")}
    assert {site: reason is None for site, reason in reasons.items()} == {"logits": True, "W_L": False, "neurons": False, "W_E": True}
    assert "no MLP" in (reasons["neurons"] or "")


class TestLowPrecision:
    def test_frequencies_removed_from_the_logits(self, nanda) -> None:
        rows = nanda["frequency-ablation"].table.set_index(["removed", "frequency", "split"])["loss"]
        assert rows["all keys", 0, "all"] == pytest.approx(18.72137, rel=1e-4)
        assert rows["all keys", 0, "train"] == pytest.approx(18.4849542, rel=1e-4)
        single = {3: 0.3537767, 6: 1.0588978, 23: 8.1494801, 39: 0.9394347}
        assert {k: rows["one key", k, "train"] for k in single} == pytest.approx(single, rel=1e-4)

    def test_random_frequencies_do_nothing_of_the_kind(self, nanda) -> None:
        found = nanda["frequency-ablation"].headline
        assert found["null_max"] < 1e-3 * found["effect_all_keys"]
        assert found["effect_all_non_keys"] < 0.1


class TestC113:
    """The split is in no file of the authors'; with `torch.manual_seed(1); torch.randperm` and .3 their train and test losses come out."""

    def test_frequencies_removed_from_the_logits(self, chughtai_split) -> None:
        rows = chughtai_split["frequency-ablation"].table.set_index(["removed", "frequency", "split"])["loss"]
        assert rows["all keys", 0, "all"] == pytest.approx(9.347174, rel=1e-4)
