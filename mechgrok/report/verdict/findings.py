"""The numbers of a summary that sentences are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mechgrok.report.numbers import show

_WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
_GAP = "\u202f"


@dataclass(frozen=True)
class Sentence:
    """A sentence of the verdict, and the labels of the measures that it rests on."""

    text: str
    measures: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """A summary (`summarise`), as far as sentences need it."""

    summary: Mapping[str, Any]

    @property
    def run(self) -> Mapping[str, Any]:
        """The facts of the run."""
        facts: Mapping[str, Any] = self.summary["run"]
        return facts

    @property
    def step(self) -> str:
        """The last checkpoint that was measured, as text."""
        return show(self.summary["step"])

    @property
    def guessing(self) -> float | None:
        """The accuracy of guessing; None where it is unknown."""
        share = self.run.get("guessing")
        return share if isinstance(share, float) else None

    @property
    def mirrored(self) -> float:
        """The share of test rows whose answer a train row with the same operands in another order gives away; 0 where it is unknown."""
        share = self.run.get("mirrored")
        return share if isinstance(share, float) else 0.0

    @property
    def test_accuracy(self) -> float | None:
        """The accuracy on test rows; where an anomalous rule gives some of them another label, on the others."""
        clean = self._without_trigger
        found: float | None = self.value("loss", "accuracy_test") if clean is None else clean
        return found

    @property
    def tested(self) -> str:
        """The accuracy on test rows, as text; empty where it is unknown."""
        if self.test_accuracy is None:
            return ""
        share = percent(self.test_accuracy)
        return f"test accuracy {share}" if self._without_trigger is None else f"accuracy {share} on test rows without the trigger"

    @property
    def _without_trigger(self) -> float | None:
        clean: float | None = self.value("trigger-metrics", "clean_test")
        return clean if self.value("trigger-metrics", "rule") is not None else None

    def has(self, label: str) -> bool:
        """Whether the measure has a result."""
        return bool(self.summary["measures"].get(label, {}).get("status") == "ok")

    def value(self, label: str, key: str) -> Any:
        """A number of a headline; None where it is missing."""
        return self.summary["measures"][label]["headline"].get(key) if self.has(label) else None

    def reason(self, label: str, key: str) -> str:
        """Why a number of a headline is missing; empty where that is not known."""
        return str(self.summary["measures"].get(label, {}).get("missing", {}).get(key, ""))

    def deviations(self, label: str, key: str) -> float | None:
        """The distance of a number from the mean of its null, in standard deviations; None without a null."""
        null = self.summary["measures"].get(label, {}).get("null") or {}
        found: float | None = null.get(key, {}).get("z")
        return found


def percent(share: float) -> str:
    """A share as text with three digits, 97.6 %; one below 1 is never shown as 100 %."""
    texts = (f"{100 * share:.{digits}g}" for digits in (3, 5))
    text = next((each for each in texts if share == 1 or each != "100"), "more than 99.999")
    return f"{text}{_GAP}%"


def number_word(count: int) -> str:
    """A number at the beginning of a sentence."""
    return _WORDS[count] if count < len(_WORDS) else str(count)


def times_word(count: int) -> str:
    """Once, twice, or so many times."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
