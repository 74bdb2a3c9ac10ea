"""Hooks on a HookedTransformer against the same change made in a forward pass written out in numpy, and against networks made by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from handmade_runs import Few, Holes, Product, handmade_run, waves_of
from made_runs import make_run

from mechgrok.errors import UserError
from mechgrok.interventions import (
    ablate_embedding,
    ablate_frequency,
    ablate_neurons,
    keep_frequencies,
    mean_ablate,
    patch,
    patch_pairs,
)
from mechgrok.measures.ablations.ablation_sites import Site, without_frequencies
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.group import GroupTask

POST, MID, Z, LOGITS = "blocks.0.mlp.hook_post", "blocks.0.hook_resid_mid", "blocks.0.attn.hook_z", "unembed.hook_out"
WAVES = {1: (6.0, 0.0), 3: (4.0, 0.0)}

Change = Callable[[np.ndarray], np.ndarray]


class Random:
    """A random network in float64: TransformerLens' model, and the same forward pass in numpy with changes by name."""

    def __init__(self, run: Run) -> None:
        self.run, self.p = run, run.task.numbers
        self.model = run.model().double()
        self.tokens = torch.from_numpy(run.task.inputs())
        self.a, self.b, _ = run.task.inputs().T

    def hooked(self, *hooks: Any, tokens: torch.Tensor | None = None) -> np.ndarray:
        with torch.no_grad():
            logits = self.model.run_with_hooks(self.tokens if tokens is None else tokens, fwd_hooks=list(hooks))
        return logits[:, -1].numpy()

    def by_hand(self, tokens: np.ndarray | None = None, **changes: Change) -> np.ndarray:
        """Logits at '=' of the paper's one-layer network; `changes` are made to embed, z, mid, post and logits."""
        w = {name.rpartition(".")[2]: tensor.double().numpy() for name, tensor in self.run.snapshot().weights.items()}
        apply = {name: changes.get(name, lambda x: x) for name in ("embed", "z", "mid", "post", "logits")}
        tokens = self.run.task.inputs() if tokens is None else tokens
        x = apply["embed"](w["W_E"])[tokens] + w["W_pos"]
        q, k, v = (np.einsum("npd,hde->nphe", x, w[f"W_{letter}"]) for letter in "QKV")
        scores = np.exp(np.einsum("nhe,nphe->nhp", q[:, -1], k) / math.sqrt(q.shape[-1]))
        z = apply["z"](np.einsum("nhp,nphe->nhe", scores / scores.sum(-1, keepdims=True), v))
        mid = apply["mid"](x[:, -1] + np.einsum("nhe,hed->nd", z, w["W_O"]))
        post = apply["post"](np.maximum(mid @ w["W_in"] + w["b_in"], 0))
        return apply["logits"]((mid + post @ w["W_out"] + w["b_out"]) @ w["W_U"])


@pytest.fixture(scope="module", params=[7, 8])
def network(request, tmp_path_factory) -> Random:
    return Random(open_run(make_run(tmp_path_factory.mktemp("random") / "run", p=request.param)))


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> Run:
    return open_run(handmade_run(tmp_path_factory.mktemp("planted") / "run", 7, WAVES))


def waves(t: np.ndarray, k: int, p: int) -> list[np.ndarray]:
    return [np.cos(2 * np.pi * k * t / p), np.sin(2 * np.pi * k * t / p)]


def functions(a: np.ndarray, b: np.ndarray, p: int, k: int, over: str) -> np.ndarray:
    """Columns that span what a frequency is, written out; sines of p / 2 are columns of rounding, which least squares gets zeros for."""
    of_a, of_b = waves(a, k, p), waves(b, k, p)
    columns = {"a": of_a, "b": of_b, "phase": waves(a + b, k, p), "both": [*of_a, *of_b, *(x * y for x in of_a for y in of_b)]}
    return np.stack([np.where(abs(column) < 1e-9, 0, column) for column in columns[over]], axis=1)


def less(columns: np.ndarray) -> Change:
    """What is left of values (n, ...) after least squares by the columns."""

    def left(values: np.ndarray) -> np.ndarray:
        flat = values.reshape(len(values), -1)
        return (flat - columns @ np.linalg.lstsq(columns, flat, rcond=1e-9)[0]).reshape(values.shape)

    return left


SPOTS = {"z": Z, "mid": MID, "post": POST, "logits": LOGITS}


class TestFrequenciesOfRandomNetworks:
    @pytest.mark.parametrize("over", ["both", "a", "b", "phase"])
    @pytest.mark.parametrize("spot", SPOTS)
    @pytest.mark.parametrize("which", ["one", "two"])
    def test_ablated(self, network: Random, spot: str, over: Any, which: str) -> None:
        keys = {"one": [network.p // 2], "two": [1, 3]}[which]
        columns = np.concatenate([functions(network.a, network.b, network.p, k, over) for k in keys], axis=1)
        found = network.hooked(ablate_frequency(SPOTS[spot], keys, network.run.task, over=over))
        expected = network.by_hand(**{spot: less(columns)})
        assert found == pytest.approx(expected, abs=1e-9)
        assert abs(found - network.by_hand()).max() > 1e-3, "nothing was ablated"

    @pytest.mark.parametrize("over", ["both", "a", "b", "phase"])
    def test_kept(self, network: Random, over: Any) -> None:
        others = [k for k in range(1, network.p // 2 + 1) if k != 2]
        columns = np.concatenate([functions(network.a, network.b, network.p, k, over) for k in others], axis=1)
        found = network.hooked(keep_frequencies(POST, [2], network.run.task, over=over))
        assert found == pytest.approx(network.by_hand(post=less(columns)), abs=1e-9)

    @pytest.mark.parametrize("over", ["both", "phase"])
    def test_all_kept_changes_nothing(self, network: Random, over: Any) -> None:
        everything = range(1, network.p // 2 + 1)
        assert network.hooked(keep_frequencies(MID, everything, network.run.task, over=over)) == pytest.approx(network.by_hand(), abs=1e-10)

    @pytest.mark.parametrize(("site", "spot"), [("logits", LOGITS), ("neurons", POST)])
    def test_it_is_what_the_measure_removes(self, network: Random, site: Site, spot: str) -> None:
        over = "phase" if site == "logits" else "both"
        found = network.hooked(ablate_frequency(spot, [2], network.run.task, over=over))[:, : network.p]
        assert found == pytest.approx(without_frequencies(site, network.run.snapshot())([2]).numpy(), abs=1e-9)

    def test_the_batch_must_be_the_table(self, network: Random) -> None:
        with pytest.raises(UserError, match=rf"has 5 rows.* all {network.p**2} rows of the table"):
            network.hooked(ablate_frequency(POST, [1], network.run.task), tokens=network.tokens[:5])

    @pytest.mark.parametrize("k", [0, 5])
    def test_a_frequency_must_exist(self, network: Random, k: int) -> None:
        for make in (ablate_frequency, keep_frequencies):
            with pytest.raises(UserError, match=f"frequency {k} does not exist modulo {network.p}"):
                make(POST, [k], network.run.task)

    def test_a_position_must_exist(self, network: Random) -> None:
        with pytest.raises(UserError, match="3 positions, so none numbered 3"):
            network.hooked(ablate_frequency(POST, [1], network.run.task, position=3))

    def test_another_position_than_the_last(self, network: Random) -> None:
        """Of the last layer only the last position is read; before it, each position of the embedding is a function of one operand."""
        untouched = network.hooked(ablate_frequency(POST, [1], network.run.task, position=0))
        assert untouched == pytest.approx(network.by_hand(), abs=1e-10)
        columns = functions(network.a, network.b, network.p, 1, "a")

        def first(hook_name: str) -> np.ndarray:
            return network.hooked(ablate_frequency(hook_name, [1], network.run.task, over="a", position=0))

        x = less(columns)(network.model.W_E.detach().numpy()[network.a])
        hook = ("hook_embed", lambda activation, hook: torch.cat([torch.from_numpy(x)[:, None], activation[:, 1:]], dim=1))
        assert first("hook_embed") == pytest.approx(network.hooked(hook), abs=1e-10)


class TestOtherTables:
    def test_rows_outside_the_multiplicative_group_stay(self, tmp_path: Path) -> None:
        network, task = Random(open_run(make_run(tmp_path / "run"))), Product(p=7)
        logs = np.array([-1, 0, 2, 1, 4, 5, 3])
        assert [pow(3, int(i), 7) for i in logs[1:]] == [1, 2, 3, 4, 5, 6]
        inside = (network.a > 0) & (network.b > 0)
        columns = functions(logs[network.a[inside]], logs[network.b[inside]], 6, 2, "both")

        def without(post: np.ndarray) -> np.ndarray:
            changed = post.copy()
            changed[inside] = less(columns)(post[inside])
            return changed

        assert network.hooked(ablate_frequency(POST, [2], task)) == pytest.approx(network.by_hand(post=without), abs=1e-9)

    def test_products_of_two_operands_need_all_pairs(self) -> None:
        with pytest.raises(UserError, match="needs a table of all pairs"):
            ablate_frequency(POST, [1], Holes(p=7))

    def test_phases_do_not(self, tmp_path: Path) -> None:
        network, task = Random(open_run(make_run(tmp_path / "run"))), Holes(p=7)
        columns = functions(network.a[:-1], network.b[:-1], 7, 2, "phase")
        found = network.hooked(ablate_frequency(LOGITS, [2], task, over="phase"), tokens=network.tokens[:-1])
        assert found == pytest.approx(network.by_hand(task.inputs(), logits=less(columns)), abs=1e-9)

    def test_a_task_without_cyclic_group_says_so(self) -> None:
        with pytest.raises(UserError, match="form no cyclic group"):
            ablate_frequency(POST, [1], GroupTask(group="symmetric", n=3))


class TestEmbedding:
    def without(self, p: int, k: int) -> Change:
        def changed(W_E: np.ndarray) -> np.ndarray:
            numbers = np.arange(p)
            return np.concatenate([less(functions(numbers, numbers, p, k, "a"))(W_E[:p]), W_E[p:]])

        return changed

    def test_it_is_the_network_with_another_embedding(self, network: Random) -> None:
        found = network.hooked(ablate_embedding(network.model.W_E, network.tokens, [2], network.run.task))
        assert found == pytest.approx(network.by_hand(embed=self.without(network.p, 2)), abs=1e-9)

    def test_any_batch_will_do(self, network: Random) -> None:
        tokens = network.tokens[[30, 4, 4, 11]]
        found = network.hooked(ablate_embedding(network.model.W_E, tokens, [2], network.run.task), tokens=tokens)
        assert found == pytest.approx(network.by_hand(tokens.numpy(), embed=self.without(network.p, 2)), abs=1e-9)

    def test_it_is_what_the_measure_removes(self, network: Random) -> None:
        found = network.hooked(ablate_embedding(network.model.W_E, network.tokens, [2], network.run.task))[:, : network.p]
        assert found == pytest.approx(without_frequencies("W_E", network.run.snapshot())([2]).numpy(), abs=1e-9)

    @pytest.mark.parametrize("rows", [[1, 2], [0, 1, 2]])
    def test_other_tokens_than_the_model_runs_on(self, network: Random, rows: list[int]) -> None:
        hook = ablate_embedding(network.model.W_E, network.tokens[rows], [2], network.run.task)
        with pytest.raises(UserError, match="give ablate_embedding the tokens"):
            network.hooked(hook, tokens=network.tokens[3:5])


class TestPlanted:
    """Logits 6 cos w_1 (a + b - c) + 4 cos w_3 (a + b - c), from weights."""

    def logits(self, run: Run, *hooks: Any) -> np.ndarray:
        return Random(run).hooked(*hooks)

    def table(self, run: Run) -> np.ndarray:
        a, b, _ = run.task.inputs().T
        return (a + b)[:, None] - np.arange(7)

    def test_one_frequency_gone_leaves_the_other(self, planted: Run) -> None:
        found = self.logits(planted, ablate_frequency(LOGITS, [3], planted.task, over="phase"))
        assert found == pytest.approx(waves_of(self.table(planted), 7, {1: (6.0, 0.0)}), abs=1e-9)

    def test_one_frequency_kept_is_all_that_is_left(self, planted: Run) -> None:
        found = self.logits(planted, keep_frequencies(LOGITS, [3], planted.task, over="phase"))
        assert found == pytest.approx(waves_of(self.table(planted), 7, {3: (4.0, 0.0)}), abs=1e-9)

    def test_without_any_frequency_it_guesses(self, planted: Run) -> None:
        found = self.logits(planted, ablate_frequency(LOGITS, [1, 2, 3], planted.task, over="phase"))
        loss = np.log(np.exp(found).sum(1)) - found[np.arange(49), planted.task.labels()]
        assert loss == pytest.approx(math.log(7), abs=1e-9)

    def test_a_frequency_that_is_not_there(self, planted: Run) -> None:
        found = self.logits(planted, ablate_frequency(LOGITS, [2], planted.task, over="phase"))
        assert found == pytest.approx(waves_of(self.table(planted), 7, WAVES), abs=1e-9)


def rows(*pairs: tuple[int, int]) -> torch.Tensor:
    return torch.tensor([[a, b, 7] for a, b in pairs])


class TestPatch:
    HERE, EQUAL, UNEQUAL = rows((1, 2), (5, 6)), rows((5, 5), (4, 0)), rows((1, 3), (0, 0))

    def patched(self, run: Run, sources: torch.Tensor, hook_name: str, **where: int) -> np.ndarray:
        network = Random(run)
        _, cache = network.model.run_with_cache(sources)
        return network.hooked(patch(hook_name, cache[hook_name], **where), tokens=self.HERE)

    @pytest.mark.parametrize("hook_name", [MID, POST])
    def test_equal_sums_change_nothing(self, planted: Run, hook_name: str) -> None:
        """Though 1 + 2 and 5 + 5 are the same modulo 7 only, and their neurons differ."""
        before = Random(planted).hooked(tokens=self.HERE)
        assert self.patched(planted, self.EQUAL, hook_name) == pytest.approx(before, abs=1e-9)

    @pytest.mark.parametrize("hook_name", [MID, POST])
    def test_unequal_sums_move_the_answer(self, planted: Run, hook_name: str) -> None:
        found = self.patched(planted, self.UNEQUAL, hook_name)
        assert found == pytest.approx(Random(planted).hooked(tokens=self.UNEQUAL), abs=1e-9)
        assert found.argmax(1).tolist() == [4, 0]

    def test_where_nobody_reads_it_changes_nothing(self, planted: Run) -> None:
        assert self.patched(planted, self.UNEQUAL, MID, position=0).argmax(1).tolist() == [3, 4]

    @pytest.mark.parametrize("head", [0, 1])
    def test_one_head(self, network: Random, head: int) -> None:
        here, there = network.tokens[[3, 40]], network.tokens[[17, 20]]
        _, cache = network.model.run_with_cache(there)
        kept: dict[str, np.ndarray] = {}
        network.by_hand(there.numpy(), z=lambda z: kept.setdefault("z", z))

        def with_head(z: np.ndarray) -> np.ndarray:
            return np.where((np.arange(2) == head)[:, None], kept["z"], z)

        found = network.hooked(patch(Z, cache[Z], head=head), tokens=here)
        assert found == pytest.approx(network.by_hand(here.numpy(), z=with_head), abs=1e-9)

    def test_one_row_of_a_pattern(self, network: Random) -> None:
        """Axes (batch, head, query, key): the position is the query's."""
        hook_name = "blocks.0.attn.hook_pattern"
        _, cache = network.model.run_with_cache(network.tokens[:4])
        name, change = patch(hook_name, cache[hook_name], head=1)
        zeros = torch.zeros_like(cache[hook_name])
        changed = change(zeros, None)
        assert name == hook_name
        assert torch.equal(changed[:, 1, -1], cache[hook_name][:, 1, -1])
        assert not changed[:, 0].any()
        assert not changed[:, 1, :-1].any()

    def test_other_rows_than_the_source_had(self, network: Random) -> None:
        _, cache = network.model.run_with_cache(network.tokens[:3])
        with pytest.raises(UserError, match="both runs must have equally many rows"):
            network.hooked(patch(MID, cache[MID]), tokens=network.tokens[:2])

    @pytest.mark.parametrize(("hook_name", "head"), [(MID, 0), (Z, 2), (Z, -1)])
    def test_a_head_must_exist(self, network: Random, hook_name: str, head: int) -> None:
        _, cache = network.model.run_with_cache(network.tokens[:3])
        with pytest.raises(UserError, match=f"so none numbered {head}"):
            network.hooked(patch(hook_name, cache[hook_name], head=head), tokens=network.tokens[:3])


class TestPairs:
    def effects(self, run: Run, hook_name: str, **options: Any) -> Mapping[str, Any]:
        table = patch_pairs(Random(run).model, run.task, hook_name, **options)
        return {kind: rows.iloc[0] for kind, rows in table.groupby("pairs")}

    @pytest.mark.parametrize("hook_name", [MID, POST])
    def test_a_network_that_knows_the_sum_alone(self, planted: Run, hook_name: str) -> None:
        found = self.effects(planted, hook_name)
        assert found["equal"][["change", "recovered", "distance"]].tolist() == pytest.approx([0, 0, 0], abs=1e-9)
        assert found["unequal"][["recovered", "distance"]].tolist() == pytest.approx([1, 1], abs=1e-9)
        assert [found[kind]["answers"] for kind in ("equal", "unequal")] == [1, 1]
        assert [found[kind]["rows"] for kind in ("equal", "unequal")] == [49, 49]

    def test_where_nobody_reads(self, planted: Run) -> None:
        found = self.effects(planted, MID, position=0)
        assert found["unequal"][["change", "distance", "answers"]].tolist() == pytest.approx([0, 0, 0], abs=1e-9)

    def test_a_network_that_knows_more_than_the_sum(self, network: Random) -> None:
        found = self.effects(network.run, MID)
        assert found["equal"]["distance"] > 0.3
        assert found["unequal"][["recovered", "distance"]].tolist() == pytest.approx([1, 1], abs=1e-9)

    def test_each_head_by_itself(self, network: Random) -> None:
        table = patch_pairs(network.model, network.run.task, Z, rows=20)
        assert table[["pairs", "head"]].to_numpy().tolist() == [["equal", 0], ["equal", 1], ["unequal", 0], ["unequal", 1]]
        assert (table["rows"] == 20).all()

    def test_numbers_by_hand(self, planted: Run) -> None:
        """Over all 49 destinations: the planted network gives y' 10 logits at the source and the profile of y' - y at the destination."""
        profile = waves_of(np.arange(7), 7, WAVES)
        possible = 10 - profile[1:].mean()
        table = patch_pairs(Random(planted).model, planted.task, POST, rows=49).set_index("pairs")
        deviation = profile[1:].std() / 7
        assert abs(table["change"]["unequal"] - possible) < 4 * deviation, "sources are drawn evenly from the other sums"

    def test_equal_pairs_are_of_two_rows_and_changes_have_a_sign(self, tmp_path: Path) -> None:
        """Where 0 + 1 and 1 + 0 are the one equal pair, what one patch adds to y the other takes away; 3 + 3 has no partner."""
        network = Random(open_run(make_run(tmp_path / "run")))
        table = patch_pairs(network.model, Few(p=7), MID).set_index("pairs")
        assert table["rows"].to_dict() == {"equal": 2, "unequal": 3}
        assert table["change"]["equal"] == pytest.approx(0, abs=1e-9)
        assert table["distance"]["equal"] > 0.1

    def test_pairs_are_drawn_from_their_seed(self, network: Random) -> None:
        tables = [patch_pairs(network.model, network.run.task, POST, rows=10, seed=seed) for seed in (1, 1, 2)]
        assert tables[0].equals(tables[1])
        assert not tables[0].equals(tables[2])

    def test_a_hook_point_must_exist(self, network: Random) -> None:
        with pytest.raises(UserError, match=r"no hook point blocks\.1\.hook_resid_mid; it has .*hook_embed, "):
            patch_pairs(network.model, network.run.task, "blocks.1.hook_resid_mid")


class TestUnits:
    def test_neurons_at_zero(self, network: Random) -> None:
        found = network.hooked(ablate_neurons(POST, [0, 4]))
        assert found == pytest.approx(network.by_hand(post=lambda post: post * ~np.isin(np.arange(6), [0, 4])), abs=1e-9)

    def test_neurons_at_their_mean(self, network: Random) -> None:
        chosen = np.isin(np.arange(6), [0, 4])
        found = network.hooked(mean_ablate(POST, [0, 4]))
        assert found == pytest.approx(network.by_hand(post=lambda post: np.where(chosen, post.mean(0), post)), abs=1e-9)

    def test_heads_at_their_mean(self, network: Random) -> None:
        found = network.hooked(mean_ablate(Z))
        assert found == pytest.approx(network.by_hand(z=lambda z: np.broadcast_to(z.mean(0), z.shape)), abs=1e-9)

    @pytest.mark.parametrize("make", [ablate_neurons, mean_ablate])
    @pytest.mark.parametrize("unit", [6, -1])
    def test_a_neuron_must_exist(self, network: Random, make: Any, unit: int) -> None:
        with pytest.raises(UserError, match=f"6 units, so none numbered {unit}; use 0 to 5"):
            network.hooked(make(POST, [unit]))

    def test_the_activations_of_the_model_stay_as_they_were(self, network: Random) -> None:
        activation = torch.ones(4, 3, 6)
        for _, change in (ablate_neurons(POST, [1]), mean_ablate(POST), patch(POST, torch.zeros(4, 3, 6))):
            change(activation, None)
        assert torch.equal(activation, torch.ones(4, 3, 6))


def test_hooks_are_composed(network: Random) -> None:
    keys = functions(network.a, network.b, network.p, 1, "both")
    hooks = [ablate_frequency(POST, [1], network.run.task), ablate_neurons(POST, [2])]

    def both(post: np.ndarray) -> np.ndarray:
        return less(keys)(post) * (np.arange(6) != 2)

    assert network.hooked(*hooks) == pytest.approx(network.by_hand(post=both), abs=1e-9)
