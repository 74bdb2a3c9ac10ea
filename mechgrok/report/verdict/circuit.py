"""Sentences on the circuit of a network that has generalised: frequencies or representations, clock or pizza, program."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from mechgrok.report.numbers import show
from mechgrok.report.verdict.course import generalised
from mechgrok.report.verdict.findings import Findings, Sentence, number_word, percent

MOST = 0.5
"""The share of the logits (of their variance over c) from which frequencies explain them."""
LITTLE = 0.1
"""The share of the logits up to which they explain nothing of what a network does."""
FEW = 1 / 8
"""Of p, a quarter of all frequencies: with more of them the restricted logits of a test row are means over the train rows of its sum."""
ABOVE_NULL = 3.0
"""Standard deviations above networks with renamed tokens."""
_FREQUENCIES = ("key-frequencies", "logit-cosines", "restricted-loss", "excluded-loss")
_REPRESENTATIONS = ("character-cosines", "irrep-restricted-loss")
_ALGORITHMS = {
    "clock": "By its gradient symmetricity and distance irrelevance it is a clock, not a pizza (Zhong et al. 2023).",
    "pizza": "By its gradient symmetricity and distance irrelevance it is a pizza, not a clock (Zhong et al. 2023).",
    "undecided": "By its gradient symmetricity and distance irrelevance it is neither a clock nor a pizza (Zhong et al. 2023).",
}


def circuit(found: Findings) -> Iterator[Sentence]:
    """Of a network that has not generalised, only whether a circuit is forming or absent: its spectra are mostly those of a table."""
    if not generalised(found):
        yield from _forming(found)
        return
    yield from _frequencies(found)
    yield from _representations(found)
    label = found.value("clock-pizza", "label")
    if label in _ALGORITHMS:
        yield Sentence(_ALGORITHMS[label], ("clock-pizza",))


def _forming(found: Findings) -> Iterator[Sentence]:
    """Where the key frequencies alone answer test rows far better than guessing and than the whole network, or explain hardly anything."""
    keys, alone, test = (found.value(*each) for each in (("key-frequencies", "frequencies"), ("restricted-loss", "test"), ("loss", "test")))
    if not keys or alone is None or test is None or found.guessing is None:
        return
    if len(keys) * found.guessing <= FEW and alone < min(test, -math.log(found.guessing)) / 2:
        losses = (
            f"loss of its key frequencies ({', '.join(map(str, keys))}) alone is {show(alone, 3)} nats, that of the network {show(test, 3)}"
        )
        yield Sentence(f"A circuit is forming: on test rows the {losses}.", ("key-frequencies", "restricted-loss", "loss"))
    elif (explained := found.value("logit-cosines", "explained_key")) is not None and explained < LITTLE:
        share = f"its key frequencies ({', '.join(map(str, keys))}) explain {percent(explained)} of its logits"
        yield Sentence(f"It has no circuit of a few frequencies: {share}.", ("key-frequencies", "logit-cosines"))


def program(found: Findings) -> Iterator[Sentence]:
    """Of the program that `mechgrok extract` wrote."""
    known = found.summary.get("program")
    if known and known["step"] == found.summary["step"]:
        rows = f"{show(known['same_answer'])} of {show(known['rows'])} rows"
        yield Sentence(f"The program extracted from it gives its answer on {rows}.", ())


def _frequencies(found: Findings) -> Iterator[Sentence]:
    keys, explained = found.value("key-frequencies", "frequencies"), found.value("logit-cosines", "explained_key")
    if keys is None or explained is None:
        return
    if not keys:
        yield Sentence("No frequency stands out in its logits.", ("key-frequencies",))
        return
    listed, share = ", ".join(map(str, keys)), percent(explained)
    beyond = found.deviations("logit-cosines", "explained_key")
    if explained < MOST:
        text = (
            f"Its key frequencies ({listed}) explain only {share} of its logits, so another circuit, or none of frequencies, does the work."
        )
    elif beyond is not None and beyond < ABOVE_NULL:
        text = f"Its key frequencies ({listed}) explain {share} of its logits, no more than those of networks with renamed tokens."
    else:
        losses = (found.value("excluded-loss", "all"), found.value("restricted-loss", "all"))
        text = _explained(_noun(found, len(keys)), keys, explained, losses)
    yield Sentence(text, tuple(label for label in _FREQUENCIES if found.has(label)))


def _representations(found: Findings) -> Iterator[Sentence]:
    names, explained = found.value("character-cosines", "similarity"), found.value("character-cosines", "explained_key")
    if names and explained is not None and explained >= MOST:
        noun = "irreducible representation" + ("s" if len(names) > 1 else "")
        losses = (found.value("irrep-restricted-loss", "excluded_all"), found.value("irrep-restricted-loss", "all"))
        measures = tuple(label for label in _REPRESENTATIONS if found.has(label))
        yield Sentence(_explained(noun, list(names), explained, losses), measures)


def _noun(found: Findings, count: int) -> str:
    noun = "frequency" if count == 1 else "frequencies"
    return f"{noun} of the multiplicative group" if found.run.get("basis") == "multiplicative" else noun


def _explained(noun: str, names: Sequence[Any], explained: float, losses: tuple[float | None, float | None]) -> str:
    """Names of the parts, their share, and the losses without and with them alone, in nats."""
    without, alone = losses
    verb, them = ("explains", "it") if len(names) == 1 else ("explain", "them")
    text = f"{number_word(len(names))} {noun} ({', '.join(map(str, names))}) {verb} {percent(explained)} of its logits"
    if without is None or alone is None:
        return f"{text}."
    return f"{text}; without {them} the loss is {show(without, 3)} nats, with {them} alone {show(alone, 3)}."
