"""The description of a program, in its own header and on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mechgrok.extraction.program import Program

AGREES = 0.99
"""Share of rows with the network's answer below which a program is no account of it."""
LEARNT = 0.9
"""Accuracy, on all, train and test rows, below which a network's right rows say nothing of how it answers: a program of the rule has all of
them, and a network that has memorised its train rows has these."""


def header_lines(run: str, step: int, program: Program, facts: Mapping[str, Any]) -> list[str]:
    """The docstring of the program."""
    return [
        f"What the network of {run} computes at step {step}, as {len(program.waves)} waves found by mechgrok extract.",
        "",
        f"The logit of c is the sum of A cos(2 pi k (phase - c) / {program.order} + delta) over the waves; the answer has the largest.",
        *_findings(program, facts),
    ]


def report_lines(run: str, step: int, program: Program, facts: Mapping[str, Any]) -> list[str]:
    """The report of the command."""
    waves = [f"  k = {wave.frequency:<4} A = {wave.amplitude:<10g} delta = {wave.angle:g}" for wave in program.waves]
    title = f"{run}, step {step}: logit(c) = sum of A cos(2 pi k (phase - c) / {program.order} + delta), phase = {program.phase}"
    return [title, *waves, *_findings(program, facts)]


def agrees(facts: Mapping[str, Any]) -> bool:
    """Whether the program gives the network's answers: on all rows, or on those that a network which has learnt the rule answers rightly.

    A program is a function of the phase, and so is the label; a network's wrong answers are no such function.
    """
    return bool(facts["agreement"] >= AGREES) or _agrees_where_right(facts)


def _agrees_where_right(facts: Mapping[str, Any]) -> bool:
    known = [accuracy for accuracy in facts["network"]["accuracy"].values() if accuracy is not None]
    return bool(min(known) >= LEARNT and facts["same_where_right"] >= AGREES * facts["right_rows"])


def _findings(program: Program, facts: Mapping[str, Any]) -> list[str]:
    findings = [
        f"It gives the network's answer on {facts['same_answer']} of {facts['rows']} rows{_outside(facts)}.",
        f"The network's second choice is the program's second or third on {facts['second_answer']:.1%} of the rows;",
        f"the program explains {facts['explained']:.1%} of the network's logits (centred over c).",
        f"It holds {program.real_numbers} real numbers and {len(program.waves)} frequencies, the network {facts['parameters']} parameters.",
        *(f"{who.capitalize()}: {_scores(facts[who])}." for who in ("program", "network")),
        *_margin(facts["program"]["margin"]),
        _certificate(facts["certificate"]),
    ]
    return [*_verdict(facts), *findings]


def _verdict(facts: Mapping[str, Any]) -> list[str]:
    """Nothing where the program gives nearly all answers."""
    if facts["agreement"] >= AGREES:
        return []
    right, wrong = facts["right_rows"], facts["rows"] - facts["right_rows"]
    if agrees(facts):
        same = f"{facts['same_where_right']} of the {right} rows that the network answers rightly"
        return [f"It agrees on {same}; the network errs on the other {wrong}, which no function of the phase alone reproduces."]
    limit = f" The network answers {right} of {right + wrong} rows rightly, the most that a program can share." if wrong else ""
    return [f"IT DOES NOT AGREE: the waves are in the network, but they are not what it answers by.{limit}"]


def _outside(facts: Mapping[str, Any]) -> str:
    return f"; {facts['rows_outside']} rows with a 0 are outside its group" if facts["rows_outside"] else ""


def _scores(scores: Mapping[str, Any]) -> str:
    known = [split for split, value in scores["loss"].items() if value is not None]
    accuracy = ", ".join(f"{split} {scores['accuracy'][split]:.6g}" for split in known)
    loss = ", ".join(f"{split} {scores['loss'][split]:.4g}" for split in known)
    return f"accuracy {accuracy}; loss {loss} nats"


def _margin(margin: float) -> list[str]:
    return [f"On every row the program's largest logit is that of the phase, by {margin:.4g}."] if margin > 0 else []


def _certificate(found: Mapping[str, Any]) -> str:
    sizes = f"Gamma = {found['gamma']:.4g}, I = {found['imbalance']:.4g}"
    if found["holds"]:
        return f"The weights certify accuracy 1 of the network on every row: {sizes}, Gamma > I."
    return f"The weights give no certificate of the network's accuracy: {sizes}, Gamma is not above I."
