"""Closed forms of measures of gradients, neurons and collapses: each on a network built by hand."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pandas as pd
import torch

from mechgrok.maths.harmonic import fourier
from mechgrok.maths.landscape.commutator import commutator
from mechgrok.maths.statistics import tails
from mechgrok.measures.frequencies.circulant_deviation import CirculantDeviation
from mechgrok.measures.frequencies.embedding_spectrum import EmbeddingSpectrum
from mechgrok.measures.frequencies.gradient_outer_product import GradientOuterProduct
from mechgrok.measures.frequencies.gradient_spectrum import GradientSpectrum
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.measures.grokking.collapse_site import CollapseSite
from mechgrok.measures.neurons.approximate_cosets import ApproximateCosets
from mechgrok.measures.neurons.phase_alignment import PhaseAlignment
from mechgrok.measures.shared.parameter_groups import gradients
from mechgrok.measures.weights import tangent_kernel
from mechgrok.measures.weights.circuit_efficiency import CircuitEfficiency
from mechgrok.measures.weights.train_loss import train_loss
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import Run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular
from mechgrok.verification.check import EXACT, NATS, SHARE, Check, Tolerance
from mechgrok.verification.zoo.clock import AMPLITUDES


def checks(clock: Run) -> Iterator[Check]:
    """All checks; `clock` is the hand-built network whose logits are cosines of a + b - c."""
    snapshot = clock.snapshot()
    yield from _outer_products(snapshot)
    yield _gradients(snapshot)
    yield _collapse(clock)
    yield _steps()
    yield _efficiency(snapshot)
    pareto = (1 - torch.arange(1000, dtype=torch.float64) / 1000) ** -1.0
    yield Check("quantiles of a power law: heavy-tails", 2.0, tails.power_law(pareto)[0], Tolerance(absolute=0.01))
    yield from _gromov()


def _outer_products(snapshot: Snapshot) -> Iterator[Check]:
    """Each frequency contributes p / 2 A^2 cos w(i - j) to the block of a and a."""
    outer = GradientOuterProduct().compute(snapshot, {})
    diagonal = outer.loc[(outer["block"] == "aa") & (outer["i"] == outer["j"]), "value"]
    known = snapshot.p / 2 * sum(size**2 for size in AMPLITUDES.values())
    yield Check("planted cosines: gradient-outer-product", known, float(diagonal.mean()), NATS)
    deviation = CirculantDeviation().compute(snapshot, {"last": outer})["deviation"]
    yield Check("planted cosines: circulant-deviation", 0.0, float(deviation.max()), SHARE)


def _gradients(snapshot: Snapshot) -> Check:
    """At the embedding the powers are those of the gradient of W_E."""
    G = gradients(train_loss(snapshot), snapshot.parameters)["embed.W_E"][snapshot.tokens]
    found = GradientSpectrum().compute(snapshot, {}).query("site == 'embedding'")["power"].sum()
    return Check("planted cosines: gradient-spectrum", float((G - G.mean(0)).square().sum()), float(found), NATS)


def _collapse(clock: Run) -> Check:
    """The output turned round: the frequencies stay, and the circuit alone is wrong."""
    sound = clock.snapshot()
    name = "blocks.0.mlp.W_out"
    steps = {0: sound, 1: sound.with_weights({name: -sound.weights[name]})}
    run = SimpleNamespace(snapshot=steps.__getitem__)
    keys = KeyFrequencies().compute(sound, {})
    spectrum = EmbeddingSpectrum().compute(sound, {"keys": keys})
    given = {name: pd.concat([table.assign(step=step) for step in steps]) for name, table in {"keys": keys, "spectrum": spectrum}.items()}
    given["loss"] = pd.DataFrame({"step": [0, 1], "split": "all", "accuracy": [1.0, 0.0]})
    found = CollapseSite().headline(CollapseSite().compute(run, given))  # type: ignore[arg-type]
    expected = {"site": "readout", "jaccard": 1.0, "isolated_accuracy": 0.0}
    return Check("an output turned round: collapse-site", expected, {name: found[name] for name in expected}, EXACT)


def _gromov() -> Iterator[Check]:
    """The closed-form network: single waves of each operand, whose output phases are the sums of the input phases."""
    task = Modular(p=13, layout="a b")
    model = QuadraticMLP(d_mlp=24, init="analytic")
    snapshot = Snapshot(Grid.of(task, None), model.architecture(task), model.initial(task), 0)
    found = PhaseAlignment().headline(PhaseAlignment().compute(snapshot, {}).assign(step=0))
    yield Check("Gromov's closed form: phase-alignment", 1.0, found["alignment"], SHARE)
    yield _kernel(snapshot)
    cosets = ApproximateCosets().compute(snapshot, {})
    yield Check("Gromov's closed form: approximate-cosets", 2.0, float((cosets["simple"] + cosets["one_arc"]).min()), SHARE)


def _kernel(snapshot: Snapshot) -> Check:
    """Of logits s sum_j V_j z_j^2, z = U[a] + U'[b]: K = s^2 ((p - 1) |z^2|^2 + 8 sum_j z_j^2 |V_j - mean|^2) for a row with itself."""
    weights, p = snapshot.parameters, snapshot.p
    V = weights["blocks.0.mlp.W_out"]
    z = weights["embed.W_E"][:, 1].sum(0)
    size = (V - V.mean(1, keepdim=True)).square().sum(1)
    known = ((p - 1) * z.pow(4).sum() + 8 * (z.square() * size).sum()) / (2 * p * len(z)) ** 2
    found = tangent_kernel.kernel(snapshot, torch.tensor([p + 1]))
    return Check("Gromov's closed form: tangent-kernel", float(known), float(found), NATS)


def _steps() -> Check:
    """Of parabolas with the Hessians 1 and 3 and minima at 0 and 1, in one dimension at 2: |3 * 2 - 1 * 3| / (2 * 3)."""
    point = torch.tensor([2.0], dtype=torch.float64)
    _, defect = commutator(lambda w: w.square().sum() / 2, lambda w: 3 * (w - 1).square().sum() / 2, point, 1e-3)
    return Check("two parabolas: commutator-defect", 0.5, defect, SHARE)


def _efficiency(snapshot: Snapshot) -> Check:
    """Without steps the margin at the network's norm is its own: sum A - max over d != 0 of sum A cos w_k d."""
    profile = sum(size * torch.cos(fourier.angles(snapshot.p, k)) for k, size in AMPLITUDES.items())
    assert isinstance(profile, torch.Tensor)
    run = SimpleNamespace(snapshot=lambda step=0: snapshot, steps=[0], grid=snapshot.grid)
    found = CircuitEfficiency(steps_of_copies=0).compute(run, {}).query("circuit == 'generalising'")["margin"]  # type: ignore[arg-type]
    return Check("planted cosines: circuit-efficiency", float(profile[0] - profile[1:].max()), float(found.mean()), NATS)
