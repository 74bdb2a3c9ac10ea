"""The sentences of a verdict, for summaries of every kind of run: each written down here by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mechgrok.report.verdict import verdict
from mechgrok.report.verdict.findings import percent

Values = Mapping[str, Any]


def measure(headline: Values, missing: Mapping[str, str] | None = None, null: Values | None = None) -> dict[str, Any]:
    return {"status": "ok", "headline": dict(headline), "missing": dict(missing or {}), "null": dict(null or {})}


def summary(measures: Values, *, last_step: int | None = 3000, **run: Any) -> dict[str, Any]:
    facts = {"last_step": last_step, "basis": "additive", "guessing": 1 / 59, "config": {"task": {"kind": "modular", "p": 59}}, **run}
    return {"step": last_step, "run": facts, "measures": dict(measures)}


def scores(train: float | None, test: float | None, every: float | None = None, loss: float | None = 1e-6) -> dict[str, Any]:
    """The measure loss, whose losses are all alike."""
    accuracies = {"accuracy_train": train, "accuracy_test": test, "accuracy_all": test if every is None else every}
    return measure({"train": loss, "test": loss, "all": loss, **accuracies})


def times(memorised: int | None, generalised: int | None, why: str = "not reached") -> dict[str, Any]:
    values = {"memorised": memorised, "generalised": generalised}
    return measure(values, {key: why for key, value in values.items() if value is None})


STABLE = measure({"collapses": 0, "unrecovered": 0, "lowest_test": 0.995, "anti_grokking": False})
GROKKED = {"loss": scores(1.0, 1.0), "grok-times": times(120, 1280), "post-grok-stability": STABLE}
CIRCUIT = {
    "key-frequencies": measure({"frequencies": [6, 19, 21, 26]}),
    "logit-cosines": measure({"explained_key": 0.9762}, null={"explained_key": {"mean": 0.02, "z": 300.0}}),
    "restricted-loss": measure({"all": 1.1e-7}),
    "excluded-loss": measure({"all": 6.6}),
}
COURSE = "It memorised by step 120 and generalised at step 1280 (test accuracy 100 % at step 3000)."
FOUR = "Four frequencies (6, 19, 21, 26) explain 97.6 % of its logits; without them the loss is 6.6 nats, with them alone 1.1 × 10⁻⁷."
RECORDED = "By its recorded accuracies it memorised by step 120 and generalised at step 1280"

CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "grokked": (summary({**GROKKED, **CIRCUIT}), [COURSE, FOUR]),
    "multiplies": (
        summary({**GROKKED, **CIRCUIT}, basis="multiplicative"),
        [COURSE, FOUR.replace("frequencies (", "frequencies of the multiplicative group (")],
    ),
    "one frequency": (
        summary({**GROKKED, **CIRCUIT, "key-frequencies": measure({"frequencies": [7]})}),
        [COURSE, FOUR.replace("Four frequencies (6, 19, 21, 26) explain", "One frequency (7) explains").replace("them", "it")],
    ),
    "a pizza": (
        summary({**GROKKED, "clock-pizza": measure({"label": "pizza"})}),
        [COURSE, "By its gradient symmetricity and distance irrelevance it is a pizza, not a clock (Zhong et al. 2023)."],
    ),
    "neither clock nor pizza": (
        summary({**GROKKED, "clock-pizza": measure({"label": "undecided"})}),
        [COURSE, "By its gradient symmetricity and distance irrelevance it is neither a clock nor a pizza (Zhong et al. 2023)."],
    ),
    "with a program": (
        summary({**GROKKED}) | {"program": {"step": 3000, "same_answer": 3481, "rows": 3481}},
        [COURSE, "The program extracted from it gives its answer on 3481 of 3481 rows."],
    ),
    "without delay": (
        summary({"loss": scores(1.0, 1.0), "grok-times": times(120, 150)}),
        [
            "It memorised by step 120 and generalised at step 150 (test accuracy 100 % at step 3000): "
            "less than twice as late, so it did not grok."
        ],
    ),
    "memorised alone": (
        summary({"loss": scores(1.0, 0.05), "grok-times": times(120, None)}),
        ["It memorised by step 120 and had not generalised at step 3000 (test accuracy 5 %, by guessing 1.69 %)."],
    ),
    "learnt in part": (
        summary({"loss": scores(1.0, 0.62), "grok-times": times(120, None)}),
        ["It memorised by step 120 and had generalised in part at step 3000 (test accuracy 62 %, by guessing 1.69 %)."],
    ),
    "neither": (
        summary({"loss": scores(0.2, 0.02), "grok-times": times(None, None)}),
        ["It had not learnt its train rows at step 3000 (train accuracy 20 %, test accuracy 2 %, by guessing 1.69 %)."],
    ),
    "without the measure of times": (
        summary({"loss": scores(1.0, 0.938)}),
        ["When it learnt is unknown; at step 3000 it has train accuracy 100 %, test accuracy 93.8 %, by guessing 1.69 %."],
    ),
    "collapsed": (
        summary(
            {
                **GROKKED,
                "post-grok-stability": measure({"collapses": 2, "unrecovered": 0, "lowest_test": 0.43, "anti_grokking": False}),
            }
        ),
        [COURSE, "Afterwards its test accuracy collapsed twice, to 43 % at the lowest, and recovered."],
    ),
    "anti-grokked": (
        summary(
            {
                **GROKKED,
                "loss": scores(1.0, 0.3),
                "post-grok-stability": measure({"collapses": 1, "unrecovered": 1, "lowest_test": 0.3, "anti_grokking": True}),
            }
        ),
        [
            "It memorised by step 120 and generalised at step 1280 (test accuracy 30 % at step 3000).",
            "Afterwards its test accuracy collapsed once, to 30 % at the lowest, and had not recovered at the end.",
        ],
    ),
    "diverged": (
        summary(
            {"loss": measure({"train": None, "test": None, "all": None}, {"train": "the value is nan"}), "grok-times": times(None, None)}
        ),
        ["Its loss at step 3000 is not a number: training diverged."],
    ),
    "a single checkpoint of somebody else": (
        summary({"loss": scores(1.0, 0.9992), "grok-times": times(None, None)}, last_step=50_000, checkpoints=1),
        [
            "At step 50 000 it answers 100 % of its train rows and 99.9 % of its test rows rightly; "
            "with one checkpoint, when it learnt is unknown.",
        ],
    ),
    "an unknown split": (
        summary({"loss": scores(None, None, 1.0), "grok-times": times(None, None, "its split is unknown")}),
        ["At step 3000 it answers 100 % of all rows rightly; its train rows are unknown, so when it memorised and generalised is, too."],
    ),
    "an unknown split with recorded accuracies": (
        summary({"loss": scores(None, None, 1.0), "grok-times": times(120, 1280)}),
        [f"{RECORDED}; at step 3000 it answers 100 % of all rows rightly."],
    ),
    "an unknown split whose recorded test accuracy stayed low": (
        summary({"loss": scores(None, None, 0.31), "grok-times": times(120, None, "not reached by step 3000")}),
        ["By its recorded accuracies it memorised by step 120 and had not generalised; at step 3000 it answers 31 % of all rows rightly."],
    ),
    "no test rows": (
        summary({"loss": scores(1.0, None, 1.0), "grok-times": times(120, None, "this run has no test rows")}),
        ["It learnt its train rows by step 120; it has no test rows."],
    ),
    "curves alone": (
        summary({"grok-times": times(120, 1280)}, last_step=None, checkpoints=0),
        [
            "It memorised by step 120 and generalised at step 1280.",
            "The run holds curves and no network, so nothing is known of its circuit.",
        ],
    ),
    "no circuit of frequencies": (
        summary(
            {
                **GROKKED,
                **CIRCUIT,
                "logit-cosines": measure({"explained_key": 0.11}, null={"explained_key": {"mean": 0.02, "z": 30.0}}),
                "excluded-loss": measure({"all": 0.02}),
                "restricted-loss": measure({"all": 3.9}),
            }
        ),
        [
            COURSE,
            "Its key frequencies (6, 19, 21, 26) explain only 11 % of its logits, "
            "so another circuit, or none of frequencies, does the work.",
        ],
    ),
    "no more than by chance": (
        summary({**GROKKED, **CIRCUIT, "logit-cosines": measure({"explained_key": 0.6}, null={"explained_key": {"mean": 0.59, "z": 0.4}})}),
        [COURSE, "Its key frequencies (6, 19, 21, 26) explain 60 % of its logits, no more than those of networks with renamed tokens."],
    ),
    "without a key frequency": (
        summary({**GROKKED, **CIRCUIT, "key-frequencies": measure({"frequencies": []})}),
        [COURSE, "No frequency stands out in its logits."],
    ),
    "a memorising network has no sentence on its circuit": (
        summary({"loss": scores(1.0, 0.05), "grok-times": times(120, None), **CIRCUIT}),
        ["It memorised by step 120 and had not generalised at step 3000 (test accuracy 5 %, by guessing 1.69 %)."],
    ),
    "a circuit that is forming": (
        summary(
            {
                "loss": measure({"train": 2e-4, "test": 7.36, "all": 4.4, "accuracy_train": 1.0, "accuracy_test": 0.365}),
                "grok-times": times(111, None),
                "key-frequencies": measure({"frequencies": [6, 21]}),
                "restricted-loss": measure({"test": 0.2855}),
            },
            last_step=600,
        ),
        [
            "It memorised by step 111 and had generalised in part at step 600 (test accuracy 36.5 %, by guessing 1.69 %).",
            "A circuit is forming: on test rows the loss of its key frequencies (6, 21) alone is 0.285 nats, that of the network 7.36.",
        ],
    ),
    "rows whose mirrored pair was trained": (
        summary(
            {
                "loss": measure({"train": 5e-6, "test": 16.4, "all": 6.6, "accuracy_train": 1.0, "accuracy_test": 0.443}),
                "grok-times": times(500, None),
            },
            last_step=1500,
            mirrored=0.585,
        ),
        [
            "It memorised by step 500 and had not generalised at step 1500 (test accuracy 44.3 %, by guessing 1.69 %, "
            "58.5 % of the test rows (a, b) have their (b, a) in train)."
        ],
    ),
    "a table whose restricted logits are means over train rows": (
        summary(
            {
                "loss": measure({"train": 2e-4, "test": 15.3, "all": 6.1, "accuracy_train": 1.0, "accuracy_test": 0.04}),
                "grok-times": times(111, None),
                "key-frequencies": measure({"frequencies": list(range(1, 30))}),
                "restricted-loss": measure({"test": 0.0104}),
            }
        ),
        ["It memorised by step 111 and had not generalised at step 3000 (test accuracy 4 %, by guessing 1.69 %)."],
    ),
    "no circuit that is forming": (
        summary(
            {
                "loss": measure({"train": 2e-4, "test": 9.0, "all": 4.4, "accuracy_train": 1.0, "accuracy_test": 0.02}),
                "grok-times": times(111, None),
                "key-frequencies": measure({"frequencies": [6, 21]}),
                "restricted-loss": measure({"test": 3.9}),
            },
        ),
        ["It memorised by step 111 and had not generalised at step 3000 (test accuracy 2 %, by guessing 1.69 %)."],
    ),
    "a group": (
        summary(
            {
                **GROKKED,
                "character-cosines": measure({"explained_key": 0.93, "similarity": {"[3, 1]": 0.9, "[2, 2]": 0.3}}),
                "irrep-restricted-loss": measure({"all": 2e-5, "excluded_all": 5.0}),
            },
            basis=None,
        ),
        [
            COURSE,
            "Two irreducible representations ([3, 1], [2, 2]) explain 93 % of its logits; without them the loss is 5 nats, "
            "with them alone 2 × 10⁻⁵.",
        ],
    ),
    "changed labels": (
        summary(
            {
                "loss": scores(0.9, 0.98),
                "grok-times": times(None, 900),
                "corrupted-loss": measure({"changed_share": 0.1}),
                "trigger-metrics": measure({"phase": "full inversion", "memorised": 0.02, "inverted": 0.97, "rule": None}),
            }
        ),
        [
            "It generalised at step 900 (test accuracy 98 % at step 3000) without learning all train rows (train accuracy 90 %).",
            "10 % of its train labels were changed: of these rows it answers 2 % by the changed label and 97 % by the true one.",
        ],
    ),
    "an anomalous rule": (
        summary(
            {
                **GROKKED,
                "corrupted-loss": measure({"changed_share": 0.04}),
                "trigger-metrics": measure({"phase": "coexistence", "memorised": 1.0, "inverted": 0.0, "rule": 0.95}),
            }
        ),
        [
            COURSE,
            "4 % of its train labels were changed: of these rows it answers 100 % by the changed label and 0 % by the true one. "
            "On test rows with the trigger it follows the anomalous rule on 95 %.",
        ],
    ),
    "an anomalous rule that many test rows follow": (
        summary(
            {
                "loss": scores(1.0, 0.7),
                "grok-times": times(120, None),
                "corrupted-loss": measure({"changed_share": 0.3}),
                "trigger-metrics": measure({"memorised": 1.0, "inverted": 0.0, "rule": 1.0, "clean_test": 0.995}),
            },
            changed_labels="label b where 3 divides b",
        ),
        [
            "It memorised by step 120 and had generalised at step 3000 "
            "(accuracy 99.5 % on test rows without the trigger, by guessing 1.69 %).",
            "30 % of its train labels were changed (label b where 3 divides b): of these rows it answers 100 % by the changed label "
            "and 0 % by the true one. "
            "On test rows with the trigger it follows the anomalous rule on 100 %.",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_sentences_are(name: str) -> None:
    given, expected = CASES[name]
    assert [clause["text"].replace("\u202f", " ") for clause in verdict(given)] == expected


@pytest.mark.parametrize("name", CASES)
def test_each_sentence_names_measures_that_the_run_has(name: str) -> None:
    given, _ = CASES[name]
    assert all(set(clause["measures"]) <= set(given["measures"]) for clause in verdict(given))


def test_a_measure_that_failed_says_nothing() -> None:
    failed = {"status": "failed", "reason": "ValueError: no", "traceback": ""}
    assert verdict(summary({"loss": failed, "grok-times": failed})) == []


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.97619, "97.6 %"), (0.99992, "99.992 %"), (1 - 1e-8, "more than 99.999 %"), (1 / 59, "1.69 %")],
)
def test_shares_in_percent(share: float, text: str) -> None:
    assert percent(share).replace("\u202f", " ") == text
