"""Loss without frequencies, compared with as many random ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.ablations.ablation_sites import Site, Without, without_frequencies
from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.shared.evaluate import against_controls, evaluate
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_linear_readout
from mechgrok.plots.primitives import bars, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

NOTHING, ONE, ALL, OTHERS = "nothing", "one key", "all keys", "all non-keys"
SHORT = {ALL: "keys", OTHERS: "others"}
CONTROL = ("null_mean", "null_max", "z")


@dataclass(frozen=True)
class FrequencyAblation(Keyed):
    """Cross-entropy (nats) and accuracy without one key frequency, all of them, or all others, compared with random non-key frequencies.

    effect = loss - loss with nothing removed, nats. K: the frequencies that are removed. Four sites, which give different effects:
    logits, L' = L - P_K L, P_K the projection of each output on cos and sin w_k(phase), as in the 2-D excluded loss;
    W_L, W_L' = W_L - W_L F_K^T F_K, F_K the cosine and sine rows along c, W_L = W_out W_U;
    neurons, from every neuron of the last layer, as a function of (a, b), the 2-D Fourier block {1, cos k, sin k}^2 less the constant;
    W_E, W_E' = W_E - F_K^T F_K W_E, F_K along the number tokens, and a new forward pass.
    At W_L and neurons, paths to the logits that bypass the last layer's neurons are unchanged. No mean is corrected. Controls: random
    sets of as many non-key frequencies, drawn with a fixed seed; equal sets are counted once.
    """

    name: ClassVar[str] = "frequency-ablation"
    title: ClassVar[str] = "Ablation of frequencies"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), sections 4.4 and 5.1, appendix on other seeds"
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "removed": "nothing, one key, all keys or all non-keys",
        "frequency": "k of the single key frequency that is removed; 0 otherwise",
        "split": "all, train or test rows of the table",
        "rows": "number of rows",
        "loss": "mean cross-entropy, nats; empty without rows",
        "accuracy": "share of rows whose largest logit is the label's; empty without rows",
        "effect": "loss - loss with nothing removed, nats",
        "controls": "number of random sets of non-key frequencies; 0 for nothing, for all non-keys, and where there are too few",
        "null_mean": "mean effect of the random sets, nats; empty without controls",
        "null_max": "largest effect of the random sets, nats; empty without controls",
        "z": "(effect - null_mean) / standard deviation over the random sets; empty where fewer than two differ",
    }

    site: Site = "logits"
    controls: Annotated[int, Field(ge=0)] = 8

    def caption(self) -> str:
        return f"{super().caption()} Removed from: {self.site}."

    def obstacle(self, run: Run) -> str | None:
        no_readout = needs_linear_readout(run) if self.site in ("W_L", "neurons") else None
        no_square = needs_all_pairs(run, self.basis_in(run.task)) if self.site == "neurons" else None
        return super().obstacle(run) or no_readout or no_square

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        keys = key_set(given)
        others = [k for k in range(1, snapshot.p // 2 + 1) if k not in keys]
        without = without_frequencies(self.site, snapshot)
        base = evaluate(snapshot.grid, snapshot.logits)
        sets = {(NOTHING, 0): [], **{(ONE, k): [k] for k in keys}, (ALL, 0): keys, (OTHERS, 0): others}
        sizes = {1, len(keys)} if keys else set()
        nulls = {size: _effects(snapshot, without, _random_sets(others, size, self.controls), base) for size in sizes}
        return pd.concat(
            [
                _with_controls(_effect(snapshot, without, removed, base), nulls.get(len(removed)) if name in (ONE, ALL) else None).assign(
                    removed=name, frequency=k
                )
                for (name, k), removed in sets.items()
                if name != ALL or keys
            ],
            ignore_index=True,
        )

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result[result["split"] == "all"])
        effects, where = now[now["removed"].isin([ONE, ALL, OTHERS])], f"removed from {self.site}"
        named = effects.assign(
            what=[f"k={k}" if k else SHORT[name] for name, k in zip(effects["removed"], effects["frequency"], strict=True)]
        )
        drawn = {"these": "effect", "as many at random": "null_max"}
        long = pd.concat([named.assign(which=which, nats=named[column]) for which, column in drawn.items()])
        shown = bars(long, x="what", y="nats", color="which", log_y=True, x_title=where, y_title="rise of loss, if any (nats)")
        by_split = last(result[result["removed"].isin([NOTHING, ALL, OTHERS]) & (result["rows"] > 0)])
        losses = bars(by_split, x="removed", y="loss", color="split", log_y=True, x_title=where, y_title="cross-entropy (nats)")
        return panels([shown, losses], titles=[f"{step_title(now)}, all rows", "Loss by split"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result[result["split"] == "all"])
        rows = {str(name): row for name, row in zip(now["removed"], now.to_dict("records"), strict=True)}
        kept = {"loss": rows[NOTHING]["loss"], "effect_all_non_keys": rows[OTHERS]["effect"]}
        if ALL not in rows:
            return kept | dict.fromkeys(("effect_all_keys", *CONTROL), Missing("the network has no key frequency"))
        of_all = rows[ALL]
        reason = "all controls have the same effect" if of_all["controls"] else "too few non-key frequencies exist for a control"
        control = {name: Missing(reason) if pd.isna(of_all[name]) else of_all[name] for name in CONTROL}
        return kept | {"effect_all_keys": of_all["effect"]} | control


def _random_sets(others: Sequence[int], size: int, controls: int) -> list[list[int]]:
    """Distinct random sets of non-key frequencies, at most `controls`; none where there are too few frequencies."""
    import numpy as np

    if len(others) < size:
        return []
    generator = np.random.default_rng(0)
    drawn = [tuple(sorted(generator.choice(others, size, replace=False).tolist())) for _ in range(controls)]
    return [list(each) for each in dict.fromkeys(drawn)]


def _effect(snapshot: Snapshot, without: Without, removed: Sequence[int], base: pd.DataFrame) -> pd.DataFrame:
    table = evaluate(snapshot.grid, without(removed)) if removed else base
    return table.assign(effect=table["loss"] - base["loss"])


def _effects(snapshot: Snapshot, without: Without, sets: Sequence[Sequence[int]], base: pd.DataFrame) -> pd.DataFrame:
    """Effect of every set (rows) on every split (columns)."""
    return pd.DataFrame([_effect(snapshot, without, each, base)["effect"].tolist() for each in sets], columns=base["split"], dtype=float)


def _with_controls(table: pd.DataFrame, null: pd.DataFrame | None) -> pd.DataFrame:
    drawn = pd.DataFrame(columns=table["split"], dtype=float) if null is None else null
    against = [against_controls(effect, drawn[split]) for split, effect in zip(table["split"], table["effect"], strict=True)]
    return table.assign(controls=len(drawn), **pd.DataFrame(against)[list(CONTROL)])
