"""The step loop of a stack."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import torch

from mechgrok.training import stopping
from mechgrok.training.evaluation.scores import Evaluation
from mechgrok.training.loop import Ending, Progress, interruptible
from mechgrok.training.recorder import Recorder
from mechgrok.training.stack.evaluation import StackEvaluator
from mechgrok.training.stack.member import Member
from mechgrok.training.stack.saving import Saved, Saver, copied
from mechgrok.training.stack.stack import Stack


@dataclass
class Trainee:
    """One run that is still trained: its member of the stack, its recorder, and its recorded evaluations, oldest first."""

    member: Member
    recorder: Recorder
    history: list[Evaluation] = field(default_factory=list)


class StackLoop:
    """Trains runs together until each has ended; a run that has ended is taken out of the stack."""

    def __init__(self, trainees: Sequence[Trainee], device: torch.device, progress: Progress) -> None:
        self.device, self.progress = device, progress
        self.endings: dict[Recorder, Ending] = {}
        self.diverged: dict[Recorder, int] = {}
        self._saver = Saver()
        self._enter(trainees)

    def _enter(self, trainees: Sequence[Trainee]) -> None:
        """Stacks these runs, from the states that they hold."""
        self.trainees = list(trainees)
        if trainees:
            self.stack = Stack([each.member for each in trainees], self.device)
            self.evaluator = StackEvaluator(self.stack)
            self._updates = 0

    def train(self, step: int | None) -> None:
        """Trains from a step, or from the start, until all runs have ended, or until Ctrl-C or SIGTERM; then every run's state is saved."""
        with self._saver, interruptible() as interrupted:
            step = self._began(step)
            while self.trainees:
                if interrupted():
                    self._interrupt(step)
                    return
                self._update(step)
                step += 1

    def _update(self, step: int) -> None:
        """One update of every run, and the records of the weights after it."""
        self.stack.update(step)
        self._updates += 1
        self.progress.at(step + 1)
        if self.trainees[0].recorder.steps.evaluates(step + 1):
            self._evaluate(step + 1)

    def _interrupt(self, step: int) -> None:
        """Saves all runs at a step between updates."""
        self._drop_diverged(step)
        self._save(step, {})
        self.endings |= {each.recorder: Ending(step, "interrupted", interrupted=True) for each in self.trainees}

    def _began(self, step: int | None) -> int:
        """Evaluates runs at their start; for others checks the rules, since a kill may have come between a rule and its final state."""
        if step is None:
            self._evaluate(0)
            return 0
        self._end(step, self._reasons(step), keeps=False)
        return step

    def _evaluate(self, step: int) -> None:
        """Records the metrics of a step, writes checkpoints where it has them, and takes the runs out that have ended."""
        self._drop_diverged(step)
        if not self.trainees:
            return
        found = self.evaluator.evaluate()
        self._drop({each.recorder: step for each, own in zip(self.trainees, found, strict=True) if not _finite(own)})
        kept = [own for own in found if _finite(own)]
        for each, evaluations in zip(self.trainees, kept, strict=True):
            each.recorder.record(step, evaluations)
            each.history += evaluations
        if kept:
            self.progress.recorded(step, _means(kept))
            self._end(step, self._reasons(step), keeps=self.trainees[0].recorder.steps.keeps(step))

    def _reasons(self, step: int) -> dict[Recorder, str]:
        """Why runs end at a step."""
        training = self.stack.config.training
        last = "that was the last step" if step >= training.steps else None
        found = {each.recorder: stopping.reason(training.stop, each.history) or last for each in self.trainees}
        return {recorder: reason for recorder, reason in found.items() if reason}

    def _end(self, step: int, reasons: Mapping[Recorder, str], keeps: bool) -> None:
        """Saves all runs where one has ended or the step has a checkpoint; goes on with those that have not ended."""
        if keeps or reasons:
            self._save(step, reasons, keeps)
        if reasons:
            self._saver.wait()
            self.endings |= {recorder: Ending(step, reason) for recorder, reason in reasons.items()}
            self._enter([each for each in self.trainees if each.recorder not in reasons])

    def _save(self, step: int, ended: Mapping[Recorder, str], keeps: bool = False) -> None:
        """Begins to write the states of all runs, with a checkpoint of those that keep one or have ended."""
        if not self.trainees:
            return
        self._saver.wait()
        ready = self._take()
        runs = [Saved(each.recorder, keeps or each.recorder in ended, each.recorder in ended) for each in self.trainees]
        self._saver.save(step, runs, ready)

    def _take(self) -> Callable[[], None]:
        """Hands each member its part of a copy of the stack; returns a function that returns when the copy is complete."""
        tensors, ready = copied(self.stack.tensors())
        for place, each in enumerate(self.trainees):
            each.member.take(tensors, place)
        return ready

    def _drop_diverged(self, step: int) -> None:
        """Takes out the runs with an update, since they were stacked, whose loss was not finite."""
        begin, counts = step - self._updates, self.stack.finite.counts().tolist()
        self._drop({each.recorder: begin + n for each, n in zip(self.trainees, counts, strict=True) if n < self._updates})

    def _drop(self, diverged: Mapping[Recorder, int]) -> None:
        """Takes out runs whose loss was not finite at some step. Their newest state stays in their folder."""
        if diverged:
            self.diverged |= diverged
            self._saver.wait()
            self._take()()
            self._enter([each for each in self.trainees if each.recorder not in diverged])


def _finite(evaluations: Sequence[Evaluation]) -> bool:
    return all(math.isfinite(each.loss) for each in evaluations)


def _means(found: Sequence[Sequence[Evaluation]]) -> list[Evaluation]:
    """The means over the runs of loss and accuracy on each split."""
    splits = zip(*found, strict=True)
    return [Evaluation(own[0].split, own[0].rows, fmean(each.loss for each in own), fmean(each.accuracy for each in own)) for own in splits]
