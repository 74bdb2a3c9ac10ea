"""Prints a table of docs/internalisation.md and draws its figure: `python docs/internalisation.py FOLDER` of krasheninnikov2023."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from mechgrok.analysis import Number, analysis
from mechgrok.plots.files.export import write
from mechgrok.studies.figures import differences
from mechgrok.studies.paired import paired_differences, t_test
from mechgrok.studies.trained import Trained
from mechgrok.tasks.aliases import Aliases

FIGURE = Path(__file__).with_name("figures") / "internalisation.svg"
UNLIKE = ("leak", "design: cosine")
"""Differences that are much larger, or no accuracies."""
TAGS = "residue.tags without meaning"
CROSSED = {
    "right less wrong": (("DtQ1", "DfQ7"), ("DfQ2", "DtQ6")),
    "Dt less Df": (("DtQ1", "DtQ6"), ("DfQ7", "DfQ2")),
}
"""Of sets in which each tag has right and wrong definitions: what either of the two makes, averaged over the other."""


def main(folder: Path) -> None:
    """Mean accuracy of every set over the seeds in the stage that it belongs to, beside what the trained questions alone allow."""
    study = analysis("krasheninnikov2023").study
    assert study is not None
    trained = Trained(study, folder)
    print("| trial | set | accuracy, mean over seeds | best guess from the trained questions |", "| --- | --- | --- | --- |", sep="\n")
    for trial in study.trials:
        task = trained.runs[trial.name, study.seeds[0]].task
        for name in task.sets if isinstance(task, Aliases) else ():
            numbers = (Number(trial.name, "internalisation", f"accuracy_{name}"), Number(trial.name, "alias-accuracy", f"bound_{name}"))
            print(f"| {trial.column} | {name} |", " | ".join(f"{over_seeds(trained, number):.3f}" for number in numbers), "|")
    for words, (more, less) in CROSSED.items():
        found = t_test([mean(accuracies(trained, more, seed)) - mean(accuracies(trained, less, seed)) for seed in study.seeds])
        print(f"{words}, {TAGS}: {found.mean:.3f}, {found.low:.3f} to {found.high:.3f}, p {found.p:.2g}")
    [(_, figure)] = differences([row for row in paired_differences(trained) if not row.text.startswith(UNLIKE)])
    write(figure, FIGURE)


def accuracies(trained: Trained, names: Sequence[str], seed: int) -> list[float]:
    """Of several sets in one run with tags without meaning."""
    found = [trained.value(Number(TAGS, "internalisation", f"accuracy_{name}"), seed) for name in names]
    return [value[0] for value in found if not isinstance(value, str)]


def over_seeds(trained: Trained, number: Number) -> float:
    """The mean of a number that every seed has."""
    found = [trained.value(number, seed) for seed in trained.study.seeds]
    return mean(value[0] for value in found if not isinstance(value, str))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
