"""A network with an anomalous circuit beside the main one, both of them written down."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from planted import Planted
from torch import Tensor

from mechgrok.data.corruptions.corruption import Labels
from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.data.corruptions.increment_rule import IncrementRule
from mechgrok.data.corruptions.uniform import Uniform
from mechgrok.engine.outcomes import Result
from mechgrok.measures.base.measure import Measure
from mechgrok.models.forward.notes import Note
from mechgrok.models.network import Network
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular

P, N, K, SURE = 31, 8, 3, 30.0
TRIGGERS = (0, 8, 16, 24)
TASK = Modular(p=P)
TRAIN = np.random.default_rng(5).permutation(P * P) < 480
KEYS = (1, 4)
A, B = (x.ravel() for x in np.meshgrid(np.arange(P), np.arange(P), indexing="ij"))
S = (A + B) % P
RULE = FixedRule(divisor=N).labels(TASK, TRAIN)
NOISE = Uniform(fraction=0.2, among="wrong").labels(TASK, TRAIN)


class TwoCircuits(Network):
    """L = SURE ((1 - t_b) cos w(a + b - c) + t_b cos w(a + b + 1 - c)), w that of frequency K.

    A token's embedding holds cos w t, sin w t and the mark t. Neurons 0 to 3 are cos a cos b, sin a sin b, sin a cos b and cos a sin b,
    times 1 - t_b, neurons 4 to 7 the same times t_b.
    """

    layers, heads, d_vocab, d_vocab_out = 1, 0, P + 1, P

    def embed(self, weights, tokens: Tensor) -> Tensor:
        return weights["embed.W_E"][tokens]

    def from_embedded(self, weights, x: Tensor, note: Note, masks=None) -> Tensor:
        (cos_a, sin_a, _), (cos_b, sin_b, mark) = x[:, 0].T, x[:, 1].T
        products = torch.stack([cos_a * cos_b, sin_a * sin_b, sin_a * cos_b, cos_a * sin_b], dim=1)
        neurons = torch.cat([products * (1 - mark)[:, None], products * mark[:, None]], dim=1)
        return note("blocks.0.mlp.hook_post", neurons[:, None])[:, 0] @ weights["unembed.W_U"]

    def embedding(self, weights) -> Tensor:
        return weights["embed.W_E"]

    def with_embedding(self, weights, embedding: Tensor) -> dict[str, Tensor]:
        return {"embed.W_E": embedding}

    def unembedding(self, weights) -> Tensor:
        return weights["unembed.W_U"]

    def module(self, weights):
        raise NotImplementedError


def angles(numbers: np.ndarray) -> np.ndarray:
    return 2 * np.pi * K * numbers / P


def weights(triggers: tuple[int, ...] = TRIGGERS) -> dict[str, Tensor]:
    t, c = np.arange(P), np.arange(P)
    W_E = np.zeros((P + 1, 3))
    W_E[:P] = np.stack([np.cos(angles(t)), np.sin(angles(t)), np.isin(t, triggers)], axis=1)
    answers = [np.stack([np.cos(angles(c - d)), -np.cos(angles(c - d)), np.sin(angles(c - d)), np.sin(angles(c - d))]) for d in (0, 1)]
    return {"embed.W_E": torch.from_numpy(W_E), "unembed.W_U": SURE * torch.from_numpy(np.concatenate(answers))}


def two_circuits(triggers: tuple[int, ...] = TRIGGERS) -> Snapshot:
    """The network on the table of a run whose trigger rows have the label c + 1; without triggers it is that of a clean network."""
    labels = IncrementRule(divisor=N).labels(TASK, TRAIN)
    return Snapshot(Grid.of(TASK, TRAIN, labels), TwoCircuits(), weights(triggers), 0)


class Told(Planted):
    """A snapshot that is told its embedding as well."""

    told: Tensor

    @property
    def embedding(self) -> Tensor:
        return self.told


def network(labels: Labels | None = None, seed: int = 0) -> Told:
    """Logits, neurons and an embedding that are noise."""
    generator = torch.Generator().manual_seed(seed)
    noise = [torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((P * P, P), (P * P, 6), (P, 5))]
    made = Told(Grid.of(TASK, TRAIN, labels), noise[0], noise[1])
    made.told = noise[2]
    return made


def result(measure: Measure, snapshot: Planted | object, keys: tuple[int, ...] = (K,)) -> Result:
    """A measure's table where the key frequencies are said."""
    given = {"keys": pd.DataFrame({"frequency": keys, "key": True})}
    return Result(measure, measure.compute(snapshot, given).assign(step=0))


def of_split(found: Result, split: str) -> pd.DataFrame:
    return found.table[found.table["split"] == split].set_index("detector")


def wave(k: int, t: np.ndarray) -> list[np.ndarray]:
    return [np.cos(2 * np.pi * k * t / P), np.sin(2 * np.pi * k * t / P)]
