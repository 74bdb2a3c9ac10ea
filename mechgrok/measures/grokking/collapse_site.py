"""Whether a collapse of accuracy lies in the embedding, in the readout, or outside the circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, Missing, RunMeasure
from mechgrok.measures.frequencies.embedding_spectrum import EmbeddingSpectrum
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies, keys_of
from mechgrok.measures.grokking.loss import Loss
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

SOUND = 0.95
"""Least accuracy of a checkpoint that has not collapsed, as in post-grok-stability."""
DOMINANT = 0.05
"""Least share of the embedding's power of a dominant frequency."""
KEPT = 0.5
"""Least Jaccard index at which the dominant frequencies count as kept."""
NUMBERS = ("jaccard", "cosine", "isolated_accuracy", "isolated_margin")


@dataclass(frozen=True)
class CollapseSite(RunMeasure):
    """Each checkpoint beside the last one before it that was accurate: frequencies of the embedding, and the circuit of that one alone.

    reference = the last earlier checkpoint with test accuracy >= .95 (of all rows where there are no test rows); collapsed: below .95 after
    such a one. jaccard = |K and K_ref| / |K or K_ref|, K the frequencies with at least 5 % of the power of W_E (its constant left out);
    cosine of the two power spectra. Isolated circuit: L'[:, c] = P L[:, c], P the projection on cos and sin w_k(phase), k the key
    frequencies of the reference by logit similarity; its accuracy, and its mean margin L'[label] - max of the others, over all rows. site
    of the deepest collapse: representation if jaccard < .5; else readout if the isolated circuit is right on fewer than 95 % of the rows;
    else outside the circuit. All thresholds are choices made here; checkpoints that did not collapse are the control.
    """

    name: ClassVar[str] = "collapse-site"
    title: ClassVar[str] = "Collapses: representation or readout"
    reference: ClassVar[str] = "after arXiv 2608.07436 (2026): Jaccard index, cosine of powers, margin of the isolated circuit"
    cost: ClassVar = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "step": "step of a checkpoint",
        "reference": "step of the last accurate checkpoint before it; empty where there is none, as are the next columns",
        "accuracy": "share of the test rows that are right; of all rows without test rows",
        "collapsed": "whether it is less accurate than .95 after an accurate one",
        "jaccard": "Jaccard index of the dominant frequencies of both embeddings; empty for a constant embedding",
        "cosine": "cosine of the powers of both embeddings, from 0 to 1; empty for a constant embedding",
        "isolated_accuracy": "share of all rows that the key frequencies of the reference answer rightly; empty without key frequencies",
        "isolated_margin": "mean margin of these logits; empty without key frequencies",
    }

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"loss": Loss(), "spectrum": EmbeddingSpectrum(), "keys": KeyFrequencies()}

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        accuracy, powers = _accuracy(given["loss"]), _powers(given["spectrum"])
        rows: list[dict[str, Any]] = []
        reference: int | None = None
        for step, value in zip(accuracy.index.tolist(), accuracy.tolist(), strict=True):
            row: dict[str, Any] = {"step": step, "accuracy": value, "collapsed": reference is not None and value < SOUND}
            if reference is not None:
                keys = keys_of(given["keys"][given["keys"]["step"] == reference])
                row |= {"reference": reference, **_frequencies(powers[step], powers[reference]), **_isolated(run, step, keys)}
            rows.append(row)
            reference = step if value >= SOUND else reference
        return pd.DataFrame(rows).reindex(columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shown = [_curves(result, {"accuracy": "the network", "isolated_accuracy": "isolated circuit"}, "accuracy")]
        compared = result.dropna(subset=["jaccard"])
        if len(compared):
            shown.append(_curves(compared, {"jaccard": "Jaccard index", "cosine": "cosine of powers"}, "agreement with the reference"))
        return panels(shown, titles=["Accuracy", "Embedding"][: len(shown)]) if len(shown) > 1 else shown[0]

    def headline(self, result: pd.DataFrame) -> Headline:
        collapsed = result[result["collapsed"]]
        if collapsed.empty:
            never = (result["accuracy"] < SOUND).all()
            why = f"no checkpoint has an accuracy of {SOUND:g}" if never else f"no checkpoint after an accurate one is below {SOUND:g}"
            return {"collapsed": 0, **dict.fromkeys(("step", "site", *NUMBERS), Missing(why))}
        deepest = collapsed.iloc[int(collapsed["accuracy"].argmin())]
        unknown = Missing("the embedding is constant or the reference has no key frequency")
        numbers = {name: unknown if pd.isna(deepest[name]) else float(deepest[name]) for name in NUMBERS}
        return {"collapsed": len(collapsed), "step": int(deepest["step"]), "site": _site(deepest) or unknown, **numbers}


def _accuracy(loss: pd.DataFrame) -> pd.Series[Any]:
    """Accuracy by step: of the test rows, or of all without these."""
    by_split = loss.pivot(index="step", columns="split", values="accuracy")
    test = by_split["test"] if "test" in by_split else by_split["all"]
    return test.fillna(by_split["all"]).sort_index()


def _powers(spectrum: pd.DataFrame) -> pd.DataFrame:
    """Power of each frequency above 0 (frequency, step)."""
    return spectrum[spectrum["frequency"] > 0].pivot(index="frequency", columns="step", values="power")


def _frequencies(now: pd.Series[Any], reference: pd.Series[Any]) -> dict[str, float]:
    """Jaccard index and cosine of two power spectra."""
    if not (now.sum() > 0 and reference.sum() > 0):
        return {}
    K, before = ({k for k, share in (powers / powers.sum()).items() if share >= DOMINANT} for powers in (now, reference))
    x, y = (powers.to_numpy(dtype=float) for powers in (now, reference))
    cosine = x @ y / ((x @ x) * (y @ y)) ** 0.5
    return {"jaccard": len(K & before) / len(K | before) if K | before else 1.0, "cosine": float(cosine)}


def _isolated(run: Run, step: int, keys: list[int]) -> dict[str, float]:
    """Accuracy and mean margin, over all rows, of the part of the logits in some frequencies of the phase."""
    import torch

    from mechgrok.maths.harmonic import cosines

    if not keys:
        return {}
    snapshot = KeyFrequencies().view(run.snapshot(step))
    grid = snapshot.grid
    kept = cosines.phase_part(snapshot.phase_sums, grid.counts, keys)
    pairs, counts = torch.stack([grid.phase, grid.labels], dim=1).unique(dim=0, return_counts=True)
    logits, label = kept[pairs[:, 0]], pairs[:, 1:]
    margins = logits.gather(1, label)[:, 0] - logits.scatter(1, label, -torch.inf).amax(1)
    shares = counts.double() / counts.sum()
    return {"isolated_accuracy": float(shares[margins > 0].sum()), "isolated_margin": float(shares @ margins)}


def _curves(result: pd.DataFrame, named: Mapping[str, str], y_title: str) -> go.Figure:
    long = result.rename(columns=dict(named)).melt("step", list(named.values()), var_name="of", value_name="value").dropna()
    return curves(long, x="step", y="value", color="of", x_title="step", y_title=y_title)


def _site(row: pd.Series[Any]) -> str | None:
    """Where a collapse lies; None where it cannot be told."""
    if pd.isna(row["jaccard"]) or pd.isna(row["isolated_accuracy"]):
        return None
    if row["jaccard"] < KEPT:
        return "representation"
    return "readout" if row["isolated_accuracy"] < SOUND else "outside the circuit"
