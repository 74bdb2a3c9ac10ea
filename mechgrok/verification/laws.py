"""Identities that hold for every network, and closed forms for planted networks; they need no published file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch

from mechgrok.maths.harmonic import fourier
from mechgrok.maths.landscape import losses
from mechgrok.measures.frequencies.embedding_spectrum import EmbeddingSpectrum
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies, logit_similarity
from mechgrok.runs.run import Run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.training.presets import PRESETS
from mechgrok.verification import planted_circuits, planted_quantities
from mechgrok.verification.check import EXACT, NATS, SHARE, Check, Tolerance
from mechgrok.verification.hand_built import temporary_run
from mechgrok.verification.source import headline_checks, within
from mechgrok.verification.zoo import clock, untrained

ROUNDING = Tolerance(relative=1e-9)


def checks() -> Iterator[Check]:
    """All checks."""
    yield from _published_initialisation()
    with temporary_run(clock.NETWORK) as run:
        yield from _planted(run)
        yield from planted_quantities.checks(run)
        yield from planted_circuits.checks(run)
    with temporary_run(untrained.NETWORK) as run:
        yield from _parseval(run.snapshot())
        yield from _renaming(run)


def _published_initialisation() -> Iterator[Check]:
    """The first train loss of Nanda et al. 2023, seed 0."""
    preset = PRESETS["nanda2023"].config
    model = preset.model.build(preset.task)
    rows = torch.from_numpy(preset.split.train_rows(preset.task))
    inputs, labels = torch.from_numpy(preset.task.inputs())[rows], torch.from_numpy(preset.task.labels())[rows]
    with torch.no_grad():
        loss = losses.cross_entropy(model(inputs)[:, -1], labels)
    yield Check("published initialisation, seed 0: first train loss", 4.764052391052246, float(loss), Tolerance(relative=1e-6))


def _planted(run: Run) -> Iterator[Check]:
    """L = sum_k A_k cos w_k(a + b - c): all its quantities have closed forms."""
    p, amplitudes = run.task.numbers, clock.AMPLITUDES
    profile = sum(size * torch.cos(fourier.angles(p, k)) for k, size in amplitudes.items())
    loss = float(torch.logsumexp(torch.as_tensor(profile), 0)) - sum(amplitudes.values())
    norm = math.sqrt(sum(size**2 for size in amplitudes.values()))
    similarity = {str(k): size / norm for k, size in amplitudes.items()}
    radii = clock.radii(amplitudes).values()
    sparse = {"norms": _gini([r for r in radii for _ in range(2)], p - 1), "powers": _gini([r**2 for r in radii], p // 2)}
    known = {
        "loss": within(NATS, {"all": loss}),
        "logit-cosines": within(SHARE, {"explained": 1.0, "similarity": similarity}),
        "restricted-loss": within(NATS, {"all": loss, "all_cube": loss}),
        "excluded-loss": within(NATS, {"all": math.log(p), "all_cube": math.log(p)}),
        "gini": within(SHARE, {f"W_E_{variant}": value for variant, value in sparse.items()}),
        "key-frequencies": within(EXACT, {"frequencies": sorted(amplitudes)}),
    }
    for check in headline_checks(run, known):
        yield Check(f"planted cosines: {check.quantity}", check.expected, check.got, check.tolerance)


def _gini(values: list[float], among: int) -> float:
    """Gini coefficient of a few values, in ascending order, among zeros: mean absolute difference over twice the mean."""
    pairs = sum(abs(x - y) for x in values for y in values) + 2 * (among - len(values)) * sum(values)
    return pairs / (2 * among * sum(values))


def _parseval(snapshot: Snapshot) -> Iterator[Check]:
    """Powers of all components add up to the squared norm; energies by frequency and the rest to the variance."""
    keys: Mapping[str, object] = {"keys": KeyFrequencies(rule="fixed", fixed=(1,)).compute(snapshot, {})}
    spectrum = EmbeddingSpectrum(keys=(1,)).compute(snapshot, keys)  # type: ignore[arg-type]
    yield Check("Parseval: W_E", float(snapshot.embedding.square().sum()), float(spectrum["power"].sum()), ROUNDING)
    total = (snapshot.neurons - snapshot.neurons.mean(0)).square().sum()
    yield Check("Parseval: variance of the neurons", float(total), float(snapshot.neuron_power[1].sum()), ROUNDING)


def _renaming(run: Run) -> Iterator[Check]:
    """Tokens multiplied by a unit u: a component at frequency k moves to k / u."""
    snapshot, p, unit = run.snapshot(), run.task.numbers, 2
    order = (unit * torch.arange(p)) % p
    weights = {
        "embed.W_E": torch.cat([snapshot.weights["embed.W_E"][order], snapshot.weights["embed.W_E"][p:]]),
        "unembed.W_U": snapshot.weights["unembed.W_U"][:, order],
    }
    before, after = logit_similarity(snapshot), logit_similarity(snapshot.with_weights(weights))
    for k in (1, 7):
        moved = min(unit * k % p, p - unit * k % p)
        yield Check(f"renaming by {unit}: similarity {k} moves to {moved}", float(before[k - 1]), float(after[moved - 1]), ROUNDING)
