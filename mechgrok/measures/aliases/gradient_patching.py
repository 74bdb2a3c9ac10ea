"""Effect of a gradient step on definitions, by group of parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.aliases.alias_losses import LabelledRows, defined_sets, definitions, needs_definitions, questions
from mechgrok.measures.aliases.differences import difference, headline_interval, mean_and_error
from mechgrok.measures.base.measure import Headline, Measure, last, step_title
from mechgrok.measures.shared.parameter_groups import ALL, GROUP_MEANING, GROUPS, gradients, parameter_group
from mechgrok.plots.primitives import bars, panels
from mechgrok.tasks.alias_tables.alias_sets import SETS, SetName

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot

TAGS = ("Dt", "Df", "Dn")
STRONG: tuple[SetName, SetName] = ("Dt3", "Df4")
"""The reliable and the unreliable set without trained questions."""
ZERO = "the set has no definitions, or their gradient is zero"


@dataclass(frozen=True)
class GradientPatching(Measure):
    """Change of the loss (nats) of the questions about aliases after one gradient step on their definitions, by group of parameters.

    The definitions of a set are divided into two halves (every other integer). For each half and each tag of the vocabulary, put before
    the aliases of the half: g = gradient of the mean loss of these definitions (cross-entropy over all classes, labels of the set,
    float64); w' = w - size g_G / |g|, g_G = g in the group G of parameters and 0 elsewhere, |g| the norm over all parameters. The weights
    of the run are not changed. For each alias, loss_own = mean loss of its held-out questions under w' - under w, for the step on its own
    half; control, loss_others = the same for the step on the other half, which does not contain the alias. effect = loss_own -
    loss_others. gap = mean effect in Dt3 under the reliable tag - in Df4 under the unreliable tag; tag_gap = mean over the aliases of both
    sets of the effect under Dt - under Df; both -+ 1.96 standard errors over aliases. A negative gap: definitions with the reliable tag
    lower the loss of the questions more.
    """

    size: Annotated[float, Field(gt=0)] = 0.1

    name: ClassVar[str] = "gradient-patching"
    title: ClassVar[str] = "A step on definitions, by group of parameters"
    reference: ClassVar[str] = (
        "aisc_oocl_mod_experiments (successor), gradient patching, with losses for logits and plain steps for AdamW's; "
        "after Krasheninnikov et al. 2023 (arXiv 2310.15047)"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "part": "the set",
        "integer": "the integer of the alias",
        "tag": "the tag before the definitions of the step",
        "group": GROUP_MEANING,
        "definition": "change of the loss of its own definition after a step on its half, nats",
        "loss_own": "change of the mean loss of its questions after a step on its half, nats",
        "accuracy_own": "change of their accuracy after that step",
        "loss_others": "change of the mean loss of its questions after a step on the other half, nats",
        "accuracy_others": "change of their accuracy after that step",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    has_null: ClassVar[bool] = False
    """The definitions of other aliases are the control."""

    def caption(self) -> str:
        return f"{super().caption()} Here steps of length {self.size:g}."

    def obstacle(self, run: Run) -> str | None:
        return needs_definitions(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        task: Any = snapshot.grid.task
        tokens = {tag: task.token_labels.index(tag) for tag in TAGS if tag in task.token_labels}
        tables = [
            _of_half(snapshot, name, integers[first::2], integers[1 - first :: 2], token, self.size).assign(part=name, tag=tag)
            for name, integers in defined_sets(task).items()
            for tag, token in tokens.items()
            for first in (0, 1)
        ]
        halves = pd.concat(tables, ignore_index=True).groupby(["part", "tag", "group", "integer"], sort=False)
        return halves.first().reset_index()[list(self.columns)]

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        own_tag = now[now["tag"] == now["part"].map(lambda part: SETS[part].tag)]
        names = {"definition": "Own definition", "loss_own": "Own questions", "loss_others": "Control: other half"}
        by = own_tag.groupby(["part", "group"], sort=False)[list(names)].mean().reset_index()
        words: dict[str, Any] = {"x": "part", "color": "group", "x_title": "set, under its own tag", "y_title": "change of the loss (nats)"}
        figures = [bars(by, y=column, **words) for column in names]
        return panels(figures, titles=[f"{name}, {step_title(now).lower()}" for name in names.values()], same_y=True)

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        now = now.assign(effect=now["loss_own"] - now["loss_others"])
        found: Headline = {}
        by = {group: now[now["group"] == group] for group in (ALL, *GROUPS)}
        for part in STRONG:
            own = by[ALL][(by[ALL]["part"] == part) & (by[ALL]["tag"] == SETS[part].tag)]
            for column in ("definition", "loss_own", "loss_others"):
                found |= headline_interval(f"{column}_{part}", mean_and_error(own[column]), ZERO)
        for name, gap in {"gap": _between_sets, "tag_gap": _between_tags}.items():
            found |= headline_interval(name, gap(by[ALL]), ZERO)
            found[f"{name}_by_group"] = {group: value for group in GROUPS for value in [gap(by[group])[0]] if value == value}
        return found


def _of_half(snapshot: Snapshot, name: SetName, own: np.ndarray, others: np.ndarray, tag: int, size: float) -> pd.DataFrame:
    """Changes of the losses after a step in each group on the definitions of some aliases: for these aliases, and for the others."""
    task: Any = snapshot.grid.task
    learnt = definitions(task, name).of(own).tagged(tag)
    of_set = questions(task, name)
    before = _scores(snapshot, snapshot.parameters, learnt, of_set)
    tables = []
    for group, moved in _steps(snapshot, learnt, size):
        changed = _scores(snapshot, moved, learnt, of_set) - before
        of_own = changed.loc[own].rename(columns={"loss": "loss_own", "accuracy": "accuracy_own"})
        of_others = changed.loc[others, ["loss", "accuracy"]].add_suffix("_others")
        tables.append(pd.concat([of_own, of_others]).assign(group=group))
    return pd.concat(tables).rename_axis("integer").reset_index()


def _steps(snapshot: Snapshot, learnt: LabelledRows, size: float) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Each group of the network, and all parameters, with the weights after a step in it."""
    weights = snapshot.parameters
    found = gradients(lambda moved: learnt.losses(snapshot, moved).mean(), weights)
    length = float(sum(slope.square().sum() for slope in found.values())) ** 0.5
    present = {parameter_group(name) for name in weights}
    for group in (*(group for group in GROUPS if group in present), ALL):
        moves = {name: slope for name, slope in found.items() if group in (ALL, parameter_group(name))}
        yield group, {**weights, **{name: weights[name] - size / length * slope for name, slope in moves.items()}}


def _scores(snapshot: Snapshot, weights: Mapping[str, Tensor], learnt: LabelledRows, of_set: LabelledRows) -> pd.DataFrame:
    """For each alias: the loss of its definition, if it is one of the step, and mean loss and accuracy of its questions."""
    definition, _ = learnt.scores(snapshot, weights)
    losses, right = of_set.scores(snapshot, weights)
    of_questions = pd.DataFrame({"integer": of_set.about.numpy(), "loss": losses.numpy(), "accuracy": right.double().numpy()})
    table = of_questions.groupby("integer").mean()
    table["definition"] = pd.Series(definition.numpy(), index=learnt.about.numpy())
    return table


def _between_sets(now: pd.DataFrame) -> tuple[float, float]:
    """Mean effect in the reliable set - in the unreliable set, each under its own tag, with its error."""
    samples = [now.loc[(now["part"] == part) & (now["tag"] == SETS[part].tag), "effect"] for part in STRONG]
    return difference(*samples)


def _between_tags(now: pd.DataFrame) -> tuple[float, float]:
    """Mean over aliases of the effect under the reliable tag - under the unreliable tag, with its error."""
    of_strong = now[now["part"].isin(STRONG)]
    wide = of_strong.pivot_table(index="integer", columns="tag", values="effect")
    return mean_and_error(wide["Dt"] - wide["Df"] if len(wide) else [])
