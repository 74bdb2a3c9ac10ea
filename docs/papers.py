"""Writes the tables and figures of docs/papers/NAME.md: `python docs/papers.py NAME [FOLDER]`.

NAME is an analysis with a study, FOLDER holds its runs, by default checkpoints/NAME. Text above the mark is written by hand and kept.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pictures

import mechgrok
from mechgrok.analysis import Study, analysis
from mechgrok.report.markdown import grid
from mechgrok.studies import page, table
from mechgrok.studies.paired import paired_differences
from mechgrok.studies.trained import Trained

FOLDER = Path(__file__).with_name("papers")
WIDE, NARROW = "6.75in", "3.25in"
MARK = "<!-- What follows is made by docs/papers.py -->"
FIGURES = {
    "nanda2023": {
        "figure 2": ("mainline", ["loss:a", "loss:b"]),
        "figure 3": ("continued", ["embedding-spectrum", "neuron-logit-spectrum"]),
        "figure 4": ("continued", ["activation-map", "activation-map(site=neurons)", "spectrum-2d"]),
        "figure 5": ("continued", ["neuron-frequencies", "neuron-logit-components"]),
        "figure 6": ("continued", ["frequency-ablation"]),
        "figure 7": ("mainline", ["excluded-loss", "restricted-loss", "gini", "weight-norms"]),
    },
}
"""Of an analysis: the figures of the paper, each with the trial and the measures that draw it."""


def main(name: str, folder: Path) -> None:
    """Writes the page of an analysis, and the figures that changed."""
    place = FOLDER / f"{name}.md"
    trained = Trained(_study(name), folder)
    text, _, _ = place.read_text().partition(MARK)
    place.write_text("\n\n".join([text.strip(), MARK, *sections(trained), *_drawn(name, trained)]) + "\n")


def sections(trained: Trained) -> list[str]:
    """The claims with their verdicts, the steps to grok where the study is about them, and the differences over seeds."""
    lines = page.claim_lines(trained)
    steps = ["## Steps to grok", table.markdown(trained)] if trained.study.compares_times else []
    return ["## Claims", counted([line.verdict for line in lines]), claims(lines), *steps, *_differences(trained)]


def counted(verdicts: Sequence[str]) -> str:
    """How many claims have each verdict, in a sentence."""
    found = ", ".join(f"{verdict} {count}" for verdict, count in Counter(verdicts).most_common())
    return f"{len(verdicts)} claims: {found}."


def claims(lines: Sequence[page.Line]) -> str:
    """A row for each claim: the published number, the range, the numbers of the seeds and of the control."""
    body = [[each.text, each.source, each.range, ", ".join(each.values), ", ".join(each.controls), each.verdict] for each in lines]
    return grid(["claim", "published", "range", "here", "control", "verdict"], body)


def _differences(trained: Trained) -> list[str]:
    body = [[row.text, ", ".join(row.differences), row.mean, row.interval, row.p, row.corrected] for row in paired_differences(trained)]
    head = ["difference", "by seed", "mean", "95 % interval", "p (t-test)", "p, corrected (Holm)"]
    return ["## Differences over seeds", grid(head, body)] if body else []


def _drawn(name: str, trained: Trained) -> list[str]:
    """Draws the figures of the paper from the runs of the first seed; gives them as Markdown."""
    figures, text = {}, []
    for title, (trial, measures) in FIGURES.get(name, {}).items():
        place = FOLDER / "figures" / f"{name}-{title.replace(' ', '-')}.png"
        run = trained.runs[trial, trained.study.seeds[0]]
        width = WIDE if len(measures) > 1 else NARROW
        figures[place] = mechgrok.figure(run, measures, columns=2, width=width, phases=trial == "mainline")
        text += [f"### {title.capitalize()}", f"![{title}: {', '.join(measures)}](figures/{place.name})"]
    pictures.update(figures)
    return ["## Figures of the paper", *text] if text else []


def _study(name: str) -> Study:
    found = analysis(name).study
    assert found is not None
    return found


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else Path("checkpoints") / sys.argv[1])
