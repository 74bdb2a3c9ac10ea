"""Whether an alias takes its integer's phases."""

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
from mechgrok.tasks.alias_rows import dealt
from mechgrok.tasks.aliases import Aliases
from mechgrok.tasks.integer_phases import integer_phases

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class AliasPhases(Measure):
    """Cosine between the phases of an alias and those of its integer, in the waves that carry the integers' embedding.

    The answer follows f(a) + f(b): f(n) = n modulo p for sums, n^2 for sums of squares (so n and -n have the same phases, as no
    question tells them apart), log n for products. Key frequencies: those that explain more of the variance of W_E[integers] than `above`
    times the mean over all k, or the best one. W_E[integers] = u_0 + sum_k u_k cos w_k f(n) + v_k sin w_k f(n) by least squares, and the
    alias' W_E[x] = u_0 + sum_k r_k (cos t_k u_k + sin t_k v_k) + rest. cosine_k = cos(t_k - w_k f(n)); power_k = r_k^2 (|u_k|^2 +
    |v_k|^2) / 2; cosine of an alias = sum_k power_k cosine_k / sum_k power_k. Control, others: the same with every integer of
    the set that has another phase; defined: with the integer that its definition names, right or wrong.
    """

    above: Annotated[float, Field(gt=0)] = 1.5

    name: ClassVar[str] = "alias-phases"
    title: ClassVar[str] = "Phases of aliases beside those of their integers"
    reference: ClassVar[str] = (
        "defined here, for the experiments after Krasheninnikov et al. 2023 (arXiv 2310.15047); waves as in Nanda et al. 2023, section 4.1"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "part": "the set",
        "integer": "whose alias it is",
        "frequency": "k, a key frequency of the integers' embedding",
        "power": "of the alias in that plane, squared units of the embedding",
        "cosine": "of the difference to the phase of its own integer",
        "others": "mean over the set's integers of another phase",
        "defined": "of the difference to the phase of the integer that is named by its definition; empty where there is none",
    }
    has_null: ClassVar[bool] = False
    """The other integers are what it is compared with."""

    def caption(self) -> str:
        return f"{super().caption()} Key frequencies: above {self.above:g} times the mean."

    def obstacle(self, run: Run) -> str | None:
        if not isinstance(run.task, Aliases):
            return NO_ALIASES
        return None if integer_phases(run.task) else f"the integers of {run.task.operation} modulo {run.task.p} have no phases"

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        task: Any = snapshot.grid.task
        phase, order = integer_phases(task) or (np.empty(0), 0)
        keys, places = _places(snapshot, phase, order, self.above)
        named = _named(task)
        tables = [_of_set(places, keys, phase, order, integers, named).assign(part=name) for name, integers in dealt(task).items()]
        return pd.concat(tables, ignore_index=True)[list(self.columns)]

    def plot(self, result: pd.DataFrame) -> go.Figure:
        means = _over_keys(result).groupby(["step", "part"], sort=False)[["cosine", "others", "defined"]].mean().reset_index()
        titles = {"cosine": "Own integer", "others": "Others of the set", "defined": "Named by the definition"}
        words: dict[str, Any] = {"x": "step", "color": "part", "x_title": "step", "y_title": "cosine of phases"}
        figures = [curves(means.dropna(subset=[column]), y=column, **words) for column in titles]
        figures = [figure.update_yaxes(range=[-1.05, 1.05], autorange=False) for figure in figures]
        return panels(figures, titles=list(titles.values()))

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        found: Headline = {"frequencies": sorted(set(now["frequency"].astype(int)))}
        for part, rows in _over_keys(now).groupby("part", sort=False):
            found |= headline_interval(f"cosine_{part}", mean_and_error(rows["cosine"]), "an embedding is zero, or there is one alias")
            others, _ = mean_and_error(rows["others"])
            found[f"others_{part}"] = others if others == others else Missing("the set holds no integer of another phase")
        return found


def _places(snapshot: Snapshot, phase: np.ndarray, order: int, above: float) -> tuple[list[int], Tensor]:
    """The key frequencies, and where every token lies in their planes (d_vocab, frequencies)."""
    import torch

    from mechgrok.maths.harmonic import embedding_phases

    whole = snapshot.architecture.embedding(snapshot.weights).double()
    known = torch.from_numpy(np.flatnonzero(phase >= 0))
    of_known = torch.from_numpy(phase)[known]
    shares = embedding_phases.energies(whole[known], of_known, order)
    keys = [int(k) + 1 for k in torch.nonzero(shares > above * shares.mean())[:, 0]] or [int(shares.argmax()) + 1]
    return keys, embedding_phases.coordinates(whole[known], of_known, order, keys, whole)


def _named(task: Aliases) -> dict[int, int]:
    """The integer that the definition of an integer's alias names."""
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
    """Mean over the second axis where `mask` holds; NaN where it never does."""
    count = mask.sum(1)
    return np.divide((values * mask).sum(1), count, out=np.full((len(values), values.shape[2]), np.nan), where=count > 0)


def _over_keys(result: pd.DataFrame) -> pd.DataFrame:
    """Each alias' cosines, the mean over its planes weighted by its power in them; NaN for one that is in none."""
    place = ["step", "part", "integer"]
    weighted = result[place].copy()
    for column in ("cosine", "others", "defined"):
        weighted[column] = result[column] * result["power"]
    summed = weighted.groupby(place, sort=False).sum(min_count=1)
    power = result.groupby(place, sort=False)["power"].sum()
    return summed.div(power.where(power > 0), axis=0).reset_index()
