"""Families of 2-D Fourier modes of the logits: their shares, and the loss of keeping or removing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.logits.mode_controls import ALONE, RANDOMISED, RELOCATED, WITH_CONSTANT, WITHOUT, ModeControls
from mechgrok.measures.shared.obstacles import needs_all_pairs
from mechgrok.plots.primitives import bars, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

LOSS = "cross-entropy, all rows (nats)"
SHORT = {"constant": "const", "a alone": "a", "b alone": "b", "sum": "a + b", "difference": "a \N{MINUS SIGN} b"}


@dataclass(frozen=True)
class FourierFamilies(InBasis):
    """Share of the logits (centred over c) by family of 2-D Fourier modes over (a, b), and the loss (nats) of keeping or removing each.

    Modes exp i(w_k a + w_l b): constant (0, 0), a alone (k, 0), b alone (0, l), sum (k, k), difference (k, -k), other; (p/2, p/2) is in
    sum. share = |part|^2 / |L - mean_c L|^2. Interventions: the family alone; with the constant family (the mean of each class); without
    the family. Controls: uniformly random sets of as many products of real basis rows, without the constant, with the same interventions.
    For sum and difference, with s = a + b or a - b: frequencies relocated, the coefficients of cos and sin w_k s are moved to another
    frequency by a random cycle through all frequencies; phases randomised, w_k s becomes w_k s + theta_k, theta_k uniform, which keeps
    the powers. Everything else is unchanged; both are means over as many draws as there are random sets.
    """

    name: ClassVar[str] = "fourier-families"
    title: ClassVar[str] = "Families of Fourier modes of the logits"
    reference: ClassVar[str] = "after Nanda et al. 2023 (arXiv 2301.05217), sections 4.2 and 4.4; random-mode controls are this project's"
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "family": "constant, a alone, b alone, sum, difference or other",
        "modes": "number of its real modes; p^2 over all families",
        "share": "share of the energy of the logits centred over c; empty where these are zero",
        "intervention": "alone, with constant, without, frequencies relocated, or phases randomised",
        "split": "all, train or test rows of the table",
        "rows": "number of rows",
        "loss": "mean cross-entropy, nats; empty without rows, and for one frequency, which cannot be relocated",
        "accuracy": "share of rows whose largest logit is the label's",
        "null_mean": "mean loss of the same intervention with random modes, nats; empty for the last two interventions",
        "null_min": "smallest loss with random modes, nats",
        "null_max": "largest loss with random modes, nats",
        "z": "(loss - null_mean) / standard deviation over the random sets; empty where fewer than two differ",
    }

    controls: Annotated[int, Field(ge=1)] = 4

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import families

        centred = snapshot.logits - snapshot.logits.mean(1, keepdim=True)
        found, sizes = families.parts(centred), families.sizes(snapshot.p)
        rest = centred - sum(part.values for part in found.values())
        shares = families.shares(found, rest)
        work = ModeControls(snapshot, centred, found["constant"].table, self.controls)
        tables = [work.against_random(part.values, sizes[name]).assign(family=name) for name, part in found.items()]
        tables.append(work.against_random(rest, sizes["other"]).assign(family="other"))
        tables += [work.scrambled(found[name]).assign(family=name) for name in ("sum", "difference")]
        table = pd.concat(tables, ignore_index=True)
        return table.assign(modes=table["family"].map(sizes), share=table["family"].map(shares))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result[result["split"] == "all"]).replace({"family": SHORT})
        share = bars(now[now["intervention"] == ALONE], x="family", y="share", x_title="family", y_title="share of the logits")
        kept, dropped = (_beside_random(now[now["intervention"] == name]) for name in (WITH_CONSTANT, WITHOUT))
        drawn = [share, _losses(kept), _losses(dropped)]
        titles = [step_title(now), "Kept, with the constant", "Removed"]
        scrambled = now[now["intervention"].isin([RELOCATED, RANDOMISED])]
        largest = scrambled.sort_values("share", ascending=False, kind="stable")["family"].iloc[0]
        changed = now[(now["family"] == largest) & now["intervention"].isin([WITHOUT, RELOCATED, RANDOMISED])]
        words = {WITHOUT: "removed", RELOCATED: "relocated", RANDOMISED: "randomised"}
        renamed = changed.assign(family=changed["intervention"].map(words))
        drawn.append(bars(renamed, x="family", y="loss", x_title=f"intervention on {largest}", y_title=LOSS))
        return panels(drawn, titles=[*titles, "Removed or scrambled"], columns=2)

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result[result["split"] == "all"]).set_index(["family", "intervention"])
        found = {f"share_{name.replace(' ', '_')}": now["share"][name, ALONE] for name in now.index.unique("family")}
        words = {WITH_CONSTANT: "with_constant", WITHOUT: "without", RELOCATED: "relocated", RANDOMISED: "randomised"}
        found |= {f"{name}_{word}": now["loss"][name, which] for name in ("sum", "difference") for which, word in words.items()}
        found |= {f"random_{words[which]}": now["null_mean"]["sum", which] for which in (WITH_CONSTANT, WITHOUT)}
        return {name: _number_or_reason(name, float(value)) for name, value in found.items()}


def _losses(table: pd.DataFrame) -> go.Figure:
    return bars(table, x="family", y="loss", color="which", log_y=True, x_title="family", y_title=LOSS)


def _beside_random(now: pd.DataFrame) -> pd.DataFrame:
    """Loss of each family, and mean loss of as many random modes, as rows of one table."""
    drawn = {"this family": "loss", "random modes": "null_mean"}
    return pd.concat([now.assign(which=which, loss=now[column]) for which, column in drawn.items()])


def _number_or_reason(name: str, value: float) -> float | Missing:
    if value == value:
        return value
    return Missing("the logits are constant over c" if name.startswith("share") else "the group has only one frequency")
