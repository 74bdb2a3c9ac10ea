"""Sentences on the course of training: memorisation, generalisation, collapses."""

from __future__ import annotations

from collections.abc import Iterator

from mechgrok.report.numbers import show
from mechgrok.report.verdict.findings import Findings, Sentence, percent, times_word

DELAYED = 2
"""Generalisation is delayed, as in grokking, where it takes at least so many times as many steps as memorisation."""
LEARNT = 0.99
"""Accuracy from which rows are learnt, that of grok-times."""
PART = 0.1
"""Test accuracy above that of guessing from which a network has generalised in part."""
_BOTH = ("loss", "grok-times")


def course(found: Findings) -> Iterator[Sentence]:
    """When the run memorised and generalised, what it answers at the end, and whether it collapsed."""
    if _diverged(found):
        yield Sentence(f"Its loss at step {found.step} is not a number: training diverged.", ("loss",))
        return
    text = _learning(found)
    if text:
        rule = ("trigger-metrics",) if found.value("trigger-metrics", "rule") is not None else ()
        yield Sentence(text, tuple(label for label in (*_BOTH, *rule) if found.has(label)))
    yield from _collapses(found)
    if text and not found.has("loss"):
        yield Sentence("The run holds curves and no network, so nothing is known of its circuit.", ("grok-times",))


def generalised(found: Findings) -> bool:
    """Whether the network answers at least nine tenths of the test rows, or of all rows where the split is unknown."""
    share = found.value("loss", "accuracy_all") if found.test_accuracy is None else found.test_accuracy
    return share is not None and share >= 0.9


def _diverged(found: Findings) -> bool:
    return any(found.reason("loss", key).startswith("the value is") for key in ("train", "test", "all"))


def _learning(found: Findings) -> str:
    """The sentence on memorisation and generalisation; empty where neither is known."""
    memorised, generalised_at = (found.value("grok-times", key) for key in ("memorised", "generalised"))
    train, test, every = (found.value("loss", f"accuracy_{split}") for split in ("train", "test", "all"))
    if found.has("loss") and found.run.get("checkpoints") == 1 and memorised is None and train is not None and test is not None:
        answers = f"At step {found.step} it answers {percent(train)} of its train rows and {percent(test)} of its test rows rightly"
        return f"{answers}; with one checkpoint, when it learnt is unknown."
    if found.has("loss") and train is None and every is not None:
        return _of_all_rows(found, every)
    if found.has("loss") and train is not None and test is None:
        learnt = f"It learnt its train rows by step {show(memorised)}" if memorised is not None else _not_learnt(found)
        return f"{learnt}; it has no test rows."
    return _both(found, memorised, generalised_at)


def _of_all_rows(found: Findings, every: float) -> str:
    """Of a network whose train rows are unknown: its accuracy over all rows, and when it learnt by the accuracies recorded beside it."""
    answers = f"it answers {percent(every)} of all rows rightly"
    course = " and ".join(filter(None, (_recorded(found, "memorised", "by"), _recorded(found, "generalised", "at"))))
    if not course:
        return f"At step {found.step} {answers}; its train rows are unknown, so when it memorised and generalised is, too."
    return f"By its recorded accuracies it {course}; at step {found.step} {answers}."


def _recorded(found: Findings, verb: str, preposition: str) -> str:
    """When a run memorised or generalised, or that it had not; empty where that is unknown."""
    step = found.value("grok-times", verb)
    if step is not None:
        return f"{verb} {preposition} step {show(step)}"
    return f"had not {verb}" if found.reason("grok-times", verb).startswith("not reached") else ""


def _both(found: Findings, memorised: int | None, generalised_at: int | None) -> str:
    if memorised is None and generalised_at is None:
        return _without_times(found) if found.has("loss") else ""
    if memorised is None:
        return f"It generalised at step {show(generalised_at)}{_at_end(found)} without learning all train rows{_train(found)}."
    if generalised_at is None:
        return f"It memorised by step {show(memorised)} and had {_part(found)} at step {found.step}{_with_guessing(found)}."
    text = f"It memorised by step {show(memorised)} and generalised at step {show(generalised_at)}{_at_end(found)}"
    if generalised_at < DELAYED * memorised:
        return f"{text}: less than twice as late, so it did not grok."
    return f"{text}."


def _without_times(found: Findings) -> str:
    """The accuracies alone: nothing was learnt, or the times are unknown."""
    train = found.value("loss", "accuracy_train")
    if train is not None and (train >= LEARNT or not found.has("grok-times")):
        return f"When it learnt is unknown; at step {found.step} it has {_accuracies(found)}."
    return f"{_not_learnt(found)} ({_accuracies(found)})."


def _not_learnt(found: Findings) -> str:
    return f"It had not learnt its train rows at step {found.step}"


def _accuracies(found: Findings) -> str:
    train = found.value("loss", "accuracy_train")
    known = [f"train accuracy {percent(train)}" if train is not None else "", found.tested, *_guessing(found)]
    return ", ".join(filter(None, known))


def _part(found: Findings) -> str:
    """In part: more than guessing, and more than a network that knows only its train rows and their mirrored pairs."""
    if not _beats_guessing(found):
        return "not generalised"
    test, guessing = found.test_accuracy or 0, found.guessing or 0
    if test >= LEARNT:
        return "generalised"
    given_away = found.mirrored + (1 - found.mirrored) * guessing
    return "generalised in part" if test > given_away + PART else "not generalised"


def _beats_guessing(found: Findings) -> bool:
    return found.test_accuracy is not None and found.test_accuracy > (found.guessing or 0) + PART


def _with_guessing(found: Findings) -> str:
    """Test accuracy beside that of guessing, and the share of mirrored rows where only they can explain what is above."""
    if not found.tested:
        return ""
    known = [found.tested, *_guessing(found)]
    if _beats_guessing(found) and _part(found) == "not generalised":
        known.append(f"{percent(found.mirrored)} of the test rows (a, b) have their (b, a) in train")
    return f" ({', '.join(known)})"


def _guessing(found: Findings) -> list[str]:
    return [] if found.guessing is None else [f"by guessing {percent(found.guessing)}"]


def _at_end(found: Findings) -> str:
    return f" ({found.tested} at step {found.step})" if found.tested else ""


def _train(found: Findings) -> str:
    train = found.value("loss", "accuracy_train")
    return "" if train is None else f" (train accuracy {percent(train)})"


def _collapses(found: Findings) -> Iterator[Sentence]:
    count, lowest = (found.value("post-grok-stability", key) for key in ("collapses", "lowest_test"))
    if count and lowest is not None:
        recovered = "had not recovered at the end" if found.value("post-grok-stability", "unrecovered") else "recovered"
        text = f"Afterwards its test accuracy collapsed {times_word(count)}, to {percent(lowest)} at the lowest, and {recovered}."
        yield Sentence(text, ("post-grok-stability",))
