"""Fits the logits of a network by waves: key frequencies with an amplitude and an angle each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mechgrok.errors import UserError, unwritten
from mechgrok.extraction import phases
from mechgrok.extraction.fidelity import measure_fidelity
from mechgrok.extraction.program import Program, Wave
from mechgrok.extraction.python_source import python_source
from mechgrok.extraction.report_lines import header_lines, report_lines
from mechgrok.maths.harmonic import waves
from mechgrok.maths.symmetries import equivariance
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies, keys_of
from mechgrok.report.held import held
from mechgrok.runs import store
from mechgrok.runs.run import Run
from mechgrok.runs.snapshot import Snapshot

FOLDER = "extraction"
"""That of a run's programs, in its folder."""
DIGITS = 6
"""Significant digits of amplitudes and angles in the program; its fidelity is that of the rounded numbers."""


@dataclass(frozen=True)
class Extraction:
    """A program, and its fidelity to the network that it was extracted from; `mechgrok.extract` makes it.

    Attributes
    ----------
    run : str
        The name of the run.
    step : int
        The checkpoint.
    task : dict
        The config of the task.
    program : Program
        Its `waves` have a `frequency`, an `amplitude` and an `angle` (radians) each; `logits()` are those of every phase and class, and
        `margin` is the distance of the phase's logit from the next one.
    fidelity : dict
        Over the whole table: "agreement" (share of rows with the network's answer), "explained" (share of the variance of its logits),
        "program" and "network" (accuracy and loss by split), "certificate" and others.

    Examples
    --------
    >>> found = mechgrok.extract(run, keys=[1, 2])
    >>> found.fidelity["rows"], found.program.waves[0].frequency, "def " in found.source
    (121, 1, True)
    """

    run: str
    step: int
    task: dict[str, Any]
    program: Program
    fidelity: dict[str, Any]

    @property
    def source(self) -> str:
        """The text of the Python file."""
        return python_source(self.program, header_lines(self.run, self.step, self.program, self.fidelity))

    @property
    def summary(self) -> dict[str, Any]:
        """The extraction as JSON values."""
        program = {"phase": self.program.phase, "order": self.program.order, "waves": [asdict(wave) for wave in self.program.waves]}
        return {"run": self.run, "step": self.step, "task": self.task, "program": program, "fidelity": self.fidelity}

    def lines(self) -> list[str]:
        """The report of the command, line by line."""
        return report_lines(self.run, self.step, self.program, self.fidelity)

    def write(self, out: Path) -> Path:
        """Writes the program, and the summary beside it.

        Parameters
        ----------
        out : Path
            The Python file.

        Returns
        -------
        Path
            The path of the summary.

        Raises
        ------
        UserError
            If the name does not end in .py, or the file cannot be written.
        """
        if out.suffix != ".py":
            raise UserError(f"--out {out}: the program is Python, so its name must end in .py")
        summary = out.with_suffix(".report.json")
        try:
            # Program and summary are of one process. Another folder may be a run, whose lock is that of its training.
            with held(out.parent) if out.parent.name == FOLDER else nullcontext():
                store.write(out, self.source.encode())
                store.write(summary, (json.dumps(self.summary, indent=1, allow_nan=False) + "\n").encode())
        except (FileExistsError, NotADirectoryError):
            raise UserError(f"cannot write {out}: one of its folders is a file") from None
        except OSError as error:
            raise UserError(unwritten(error, error.filename or out)) from None
        return summary


def extract(run: Run, step: int | None = None, keys: Sequence[int] = ()) -> Extraction:
    """The function of a run's network as waves of its key frequencies.

    logit(a, b, c) = sum over k of A_k cos(w_k (phase - c) + delta_k). A_k and delta_k are the least-squares fit, computed from
    g(d) = mean over rows of L[row, phase + d] with L centred over c.

    Parameters
    ----------
    run : Run
    step : int, optional
        By default the last checkpoint.
    keys : sequence of int
        The frequencies; by default those with similarity above .05.

    Returns
    -------
    Extraction

    Raises
    ------
    UserError
        If the task has no cyclic group, a frequency does not exist, or the network has no key frequency.

    Examples
    --------
    >>> found = extract(run, keys=[1, 2])
    >>> [wave.frequency for wave in found.program.waves], found.program.real_numbers
    ([1, 2], 4)
    """
    measure = KeyFrequencies(rule="fixed", fixed=tuple(sorted(set(keys)))) if keys else KeyFrequencies()
    obstacle = measure.obstacle(run)
    if obstacle:
        raise UserError(f"{run.name} cannot be extracted: {_without_measure_options(obstacle)}")
    return extract_snapshot(run.snapshot(step), measure, run.name)


def extract_snapshot(snapshot: Snapshot, measure: KeyFrequencies, name: str) -> Extraction:
    """The function of a snapshot as waves of the frequencies that a measure finds in it."""
    view = measure.view(snapshot)
    norm, centred = view.logit_norms
    if not centred > 1e-12 * norm:
        raise UserError(f"the logits of {name} at step {snapshot.step} do not differ between classes, so there is nothing to extract")
    found = keys_of(measure.compute(view, {}))
    if not found:
        raise UserError(_nothing(snapshot, name))
    program = fit_program(view, found)
    return Extraction(name, snapshot.step, snapshot.grid.task.model_dump(), program, measure_fidelity(program, snapshot, view))


def fit_program(view: Snapshot, keys: Sequence[int]) -> Program:
    """The least-squares waves of given frequencies in a snapshot's logits."""
    grid = view.grid
    g = equivariance.profile(view.phase_sums, grid.counts)
    parts = tuple(Wave(k, *map(_rounded, waves.amplitude_and_angle(g, k))) for k in keys)
    return Program(grid.chart, grid.task.numbers, phases.formula(grid), phases.names(grid), parts)


def _without_measure_options(obstacle: str) -> str:
    """An obstacle without its last clause where that advises the measure's option `basis`, which an extraction does not have."""
    reason, _, advice = obstacle.rpartition("; ")
    return reason if "basis=" in advice else obstacle


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}") + 0.0


def _nothing(snapshot: Snapshot, name: str) -> str:
    grid = snapshot.grid
    accuracy = float((snapshot.predictions == grid.labels).double().mean())
    reason = f"none has similarity above {KeyFrequencies().threshold:g} with its logits, and its accuracy over all rows is {accuracy:.3f}"
    return f"{name} has no key frequency at step {snapshot.step} ({reason}), so there is no circuit to extract; try a later --step"
