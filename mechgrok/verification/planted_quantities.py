"""Closed forms of measures that no published number checks: each on a planted embedding, network, split or course of training."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from mechgrok.maths.harmonic import compatibility, fourier
from mechgrok.maths.landscape import responses
from mechgrok.maths.statistics import largest_cell, separation
from mechgrok.maths.symmetries import parallelograms
from mechgrok.measures.grokking.graduation_map import graduations
from mechgrok.measures.logits.certificate import Certificate
from mechgrok.measures.logits.symmetry_violation import SymmetryViolation
from mechgrok.measures.neurons.neuron_fates import NeuronFates
from mechgrok.runs.run import Run
from mechgrok.verification.check import EXACT, SHARE, Check


def checks(clock: Run) -> Iterator[Check]:
    """All checks; `clock` is the hand-built network whose logits are cosines of a + b - c."""
    yield from _embeddings_and_states()
    yield from _splits_and_courses()
    yield from _of_sampled_losses()
    yield from _of_cosines(clock)


def _embeddings_and_states() -> Iterator[Check]:
    line = torch.arange(13, dtype=torch.float64)[:, None]
    quadruples, found = parallelograms.counts(parallelograms.standardised(line), [0.01], modular=False)
    yield Check("tokens on a line: representation-quality of integer sums", 1.0, int(found[0]) / quadruples, SHARE)
    chords = [2 * math.cos(2 * math.pi * t / 13) for t in range(7)]
    equal = sum(abs(x - y) < 0.5 for i, x in enumerate(chords) for y in chords[:i]) / math.comb(7, 2)
    circle = torch.stack([torch.cos(fourier.angles(13, 1)), torch.sin(fourier.angles(13, 1))], dim=1)
    quadruples, found = parallelograms.counts(circle, [0.5], modular=True)
    yield Check("tokens on a circle: representation-quality up to .5", equal, int(found[0]) / quadruples, SHARE)
    pairs = torch.tensor([[0.0], [2.0], [5.0], [7.0]])
    between, within = separation.class_distances(pairs, torch.tensor([0, 0, 1, 1]))
    yield Check("two pairs: class-separation", 25.0, between / within, SHARE)
    corners = torch.cartesian_prod(*3 * [torch.tensor([-1.0, 1.0])])
    flat = torch.nn.functional.pad(corners, (0, 5))
    yield Check("three of eight directions: state-entropy", math.log(3) / math.log(8), separation.normalised_entropy(flat), SHARE)


def _splits_and_courses() -> Iterator[Check]:
    sums = torch.cartesian_prod(torch.arange(11), torch.arange(11)).sum(1) % 11
    yield Check("the whole table: split-compatibility", 0.0, float(compatibility.second_moments(sums, 11).max()), SHARE)
    yield Check("one phase: split-compatibility", 1.0, float(compatibility.second_moments(sums[sums == 3], 11).min()), SHARE)
    chance = (3 * 6 + 2 * 90 + 1 * 120) / 6**3
    yield Check("three dice: chance of frequency-synchronisation", chance, largest_cell.expected_largest(3, 6), SHARE)
    right = np.array([[0, 1, 1, 0, 1, 1, 1], [1, 1, 0, 1, 1, 0, 1]], dtype=bool).T
    yield Check("a row right from 40 on: graduation-map", [40.0], graduations(right, 10 * np.arange(7), 3)[:1].tolist(), EXACT)
    courses = {0: [0, 3, 3], 1: [2, 2, 3], 2: [2, 2, 0]}
    rows = [(10 * i, neuron, state, state > 0) for neuron, course in courses.items() for i, state in enumerate(course)]
    given = {"neurons": pd.DataFrame(rows, columns=["step", "neuron", "frequency", "specialised"])}
    fates = NeuronFates().headline(NeuronFates().compute(None, given))  # type: ignore[arg-type]
    expected = {"committed": 2, "switches": 1, "lost_frequencies": [2]}
    yield Check("three neurons: neuron-fates", expected, {name: fates[name] for name in expected}, EXACT)


def _of_sampled_losses() -> Iterator[Check]:
    valley = torch.tensor([[0.0, 2.0]], dtype=torch.float64) / 2
    found = float(responses.susceptibility(2 * valley, 2 * valley, 5 * valley, -float(3 * valley.mean())))
    yield Check("a valley of slopes 2 and 5: susceptibility", -2 * (5 - 2) / 4, found, SHARE)
    steps, slopes = torch.eye(2, dtype=torch.float64), torch.tensor([[3.0, 4.0], [3.0, 0.0]], dtype=torch.float64)
    losses = torch.cat([steps, -steps]) @ slopes.T
    yield Check("two planes: influence", 0.6, float(responses.correlations(losses, losses)[0, 1]), SHARE)


def _of_cosines(clock: Run) -> Iterator[Check]:
    snapshot = clock.snapshot()
    broken = SymmetryViolation().compute(snapshot, {}).set_index("law")["divergence"]
    yield Check("planted cosines: symmetry-violation", 0.0, float(broken.max()), SHARE)
    proved = Certificate().compute(snapshot, {})["certified"]
    yield Check("planted cosines: certificate", 1.0, float(proved.min()), SHARE)
