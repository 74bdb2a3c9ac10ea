"""Phases of aliases relative to those of their integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.aliases.alias_accuracy import NO_ALIASES
from mechgrok.measures.aliases.differences import headline_interval, mean_and_error
from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.plots.primitives import curves, panels
from mechgrok.tasks.alias_tables.alias_rows import dealt
from mechgrok.tasks.alias_tables.integer_phases import integer_phases
from mechgrok.tasks.aliases import Aliases

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class AliasPhases(Measure):
    """Cosine of the difference between the phases of an alias and of its integer, in the key frequencies of the integers' embedding.

    The label is a function of f(a) + f(b): f(n) = n modulo p for sums; n^2 for sums of squares, where n and -n have equal phases; log n for
    products. Key frequencies: those that explain more than `above` times the mean over k of the variance of W_E[integers], or the best
    one. Least squares: W_E[n] = u_0 + sum_k u_k cos w_k f(n) + v_k sin w_k f(n) over the integers; for an alias x, W_E[x] = u_0 + sum_k r_k
    (cos t_k u_k + sin t_k v_k) + residual. cosine_k = cos(t_k - w_k f(n)); power_k = r_k^2 (|u_k|^2 + |v_k|^2) / 2; cosine of an alias =
    sum_k power_k cosine_k / sum_k power_k. Control, others: the same with all integers of the set that have another phase. defined: the
    same with the integer in its definition, right or wrong.
    """

    above: Annotated[float, Field(gt=0)] = 1.5

    name: ClassVar[str] = "alias-phases"
    title: ClassVar[str] = "Phases of aliases beside those of their integers"
    reference: ClassVar[str] = (
        "defined here, for the experiments after Krasheninnikov et al. 2023 (arXiv 2310.15047); waves as in Nanda et al. 2023, section 4.1"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "part": "the set",
        "integer": "the integer of the alias",
        "frequency": "k, a key frequency of the integers' embedding",
        "power": "power of the alias on that frequency, squared units of the embedding",
        "cosine": "cosine of the phase difference to its own integer",
        "others": "mean cosine of the phase difference to the integers of the set with another phase",
        "defined": "cosine of the phase difference to the integer in its definition; empty without a definition",
    }
    has_null: ClassVar[bool] = False
    """The other integers are the control."""

    def caption(self) -> str:
        return f"{super().caption()} Key frequencies: above {self.above:g} times the mean."

    def obstacle(self, run: Run) -> str | None:
        if not isinstance(run.task, Aliases):
            return NO_ALIASES
        return None if integer_phases(run.task) else f"the integers of {run.task.operation} modulo {run.task.p} have no phases"

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        task: Any = snapshot.grid.task
        phase, order = integer_phases(task) or (np.empty(0), 0)
        keys, places = _coordinates(snapshot, phase, order, self.above)
        named = _defined_integers(task)
        tables = [_of_set(places, keys, phase, order, integers, named).assign(part=name) for name, integers in dealt(task).items()]
        return pd.concat(tables, ignore_index=True)[list(self.columns)]

    def plot(self, result: pd.DataFrame) -> go.Figure:
        means = _over_keys(result).groupby(["step", "part"], sort=False)[["cosine", "others", "defined"]].mean().reset_index()
        titles = {"cosine": "Own integer", "others": "Others of the set", "defined": "Integer in the definition"}
        words: dict[str, Any] = {"x": "step", "color": "part", "x_title": "step", "y_title": "cosine of phases"}
        figures = [curves(means.dropna(subset=[column]), y=column, **words) for column in titles]
        figures = [figure.update_yaxes(range=[-1.05, 1.05], autorange=False) for figure in figures]
        return panels(figures, titles=list(titles.values()))

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        found: Headline = {"frequencies": sorted(set(now["frequency"].astype(int)))}
        for part, rows in _over_keys(now).groupby("part", sort=False):
            reason = "an embedding is zero, or the set has one alias"
            found |= headline_interval(f"cosine_{part}", mean_and_error(rows["cosine"]), reason, limit=1)
            others, _ = mean_and_error(rows["others"])
            found[f"others_{part}"] = others if others == others else Missing("the set has no integer with another phase")
        return found


def _coordinates(snapshot: Snapshot, phase: np.ndarray, order: int, above: float) -> tuple[list[int], Tensor]:
    """The key frequencies, and the complex coordinates of every token on them (d_vocab, frequencies)."""
    import torch

    from mechgrok.maths.harmonic import embedding_phases

    embedding = snapshot.architecture.embedding(snapshot.weights).double()
    known = torch.from_numpy(np.flatnonzero(phase >= 0))
    of_known = torch.from_numpy(phase)[known]
    shares = embedding_phases.energies(embedding[known], of_known, order)
    keys = [int(k) + 1 for k in torch.nonzero(shares > above * shares.mean())[:, 0]] or [int(shares.argmax()) + 1]
    return keys, embedding_phases.coordinates(embedding[known], of_known, order, keys, embedding)


def _defined_integers(task: Aliases) -> dict[int, int]:
    """The integer in the definition of each alias, by the integer of the alias."""
    are = np.char.endswith(np.array(task.part_names), "-definitions")[task.part_of_row()]
    return dict(zip(task.integer_of_row()[are].tolist(), task.answers()[are].tolist(), strict=True))


def _of_set(places: Tensor, keys: list[int], phase: np.ndarray, order: int, integers: np.ndarray, named: Mapping[int, int]) -> pd.DataFrame:
    """A row for each alias of the set whose integer has a phase, and each key frequency."""
    import torch

    from mechgrok.maths.harmonic import embedding_phases

    known = integers[phase[integers] >= 0]
    turned = embedding_phases.angles(keys, torch.from_numpy(phase), order).numpy()
    found = places[len(phase) + 1 + known].numpy()
    cosines = np.cos(np.angle(found)[:, None, :] - turned[known][None, :, :])  # alias, integer, key
    other = (phase[known][:, None] != phase[known][None, :])[:, :, None]
    defined = np.array([phase[named[n]] >= 0 if n in named else False for n in known.tolist()])
    meant = turned[[named.get(n, n) for n in known.tolist()]]
    columns = {
        "power": np.abs(found) ** 2,
        "cosine": np.cos(np.angle(found) - turned[known]),
        "others": _mean_where(cosines, other),
        "defined": np.where(defined[:, None], np.cos(np.angle(found) - meant), np.nan),
    }
    table = pd.DataFrame({name: values.ravel() for name, values in columns.items()})
    return table.assign(integer=np.repeat(known, len(keys)), frequency=np.tile(keys, len(known)))


def _mean_where(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Mean over the second axis where `mask` is true; NaN where it is true nowhere."""
    count = mask.sum(1)
    return np.divide((values * mask).sum(1), count, out=np.full((len(values), values.shape[2]), np.nan), where=count > 0)


def _over_keys(result: pd.DataFrame) -> pd.DataFrame:
    """The cosines of each alias, as means over frequencies weighted by its power; NaN for an alias without power."""
    place = ["step", "part", "integer"]
    weighted = result[place].copy()
    for column in ("cosine", "others", "defined"):
        weighted[column] = result[column] * result["power"]
    summed = weighted.groupby(place, sort=False).sum(min_count=1)
    power = result.groupby(place, sort=False)["power"].sum()
    return summed.div(power.where(power > 0), axis=0).reset_index()
