"""The families of measures: a folder each, in the order in which measures are listed, with the question that each family answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mechgrok.measures.base.measure import BaseMeasure

QUESTIONS: Mapping[str, str] = {
    "grokking": "Has it grokked, and when?",
    "frequencies": "Which frequencies, in the weights?",
    "neurons": "What do neurons and attention do?",
    "logits": "What are the logits made of?",
    "ablations": "Does it need what it was found to use?",
    "algorithms": "Clock or pizza?",
    "groups": "Groups beyond Z_p",
    "anomalies": "Corrupted labels: followed, found, removed?",
    "aliases": "Internalised from definitions?",
    "weights": "Weights, landscape, numbers",
    "sampling": "Losses of networks sampled around the weights",
    "other": "Measures defined outside mechgrok",
}
"""The question of each family by its name, in the order of the guide; `other` holds what is defined outside mechgrok."""

_HERE = __name__.rpartition(".")[0] + "."


def family(measure: type[BaseMeasure]) -> str:
    """The name of the family of a measure: the folder of its module, `other` outside mechgrok."""
    folder = measure.__module__.removeprefix(_HERE).partition(".")[0]
    return folder if measure.__module__.startswith(_HERE) and folder in QUESTIONS else "other"


def by_family(measures: Iterable[type[BaseMeasure]]) -> dict[str, list[type[BaseMeasure]]]:
    """Measures by family, in the order of QUESTIONS and within a family by name; without empty families."""
    ordered = sorted(measures, key=lambda measure: measure.name)
    found = {name: [measure for measure in ordered if family(measure) == name] for name in QUESTIONS}
    return {name: members for name, members in found.items() if members}
