"""Measures modulo 3001 on a network built by hand, against the closed form.

`python benchmarks/large_hand_built.py [clock] [sums]`; sums: the measures that one pass serves, alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from own_process import FROM_SUMS, MEASURES, ROOT, measured, taken
from torch import Tensor

if TYPE_CHECKING:
    from mechgrok.engine.outcomes import Outcomes
    from mechgrok.verification.hand_built import HandBuiltNetwork

CLOCK = {5: 10.0, 711: 8.0, 1200: 6.0}
HAND_BUILT = (
    "sys.path.insert(0, sys.argv[1]); import large_hand_built; large_hand_built.compare_with_the_clock(int(sys.argv[2]), sys.argv[3:])"
)


def main(*parts: str) -> None:
    """Runs the parts."""
    every = {"clock": clock, "sums": sums}
    for part in parts or ["clock"]:
        every[part]()


def clock(measures: Sequence[str] = MEASURES) -> None:
    """The hand-built network modulo 3001."""
    print(f"clock modulo 3001: {taken(*measured(HAND_BUILT, str(ROOT / 'benchmarks'), '3001', *measures))}", flush=True)


def sums() -> None:
    """The same under the measures that one pass serves."""
    clock(FROM_SUMS)


def compare_with_the_clock(p: int, measures: Sequence[str]) -> None:
    """Prints measures of the network whose logits are sum_k A_k cos w_k(a + b - c) beside the closed form, and the differences."""
    from mechgrok.engine.analyze import analyze
    from mechgrok.verification.hand_built import temporary_run

    with temporary_run(thin_clock(p)) as run:
        found = analyze(run, measures, nulls=0)
    for quantity, value, expected in closed_forms(p, found):
        print(f"{quantity:<40}{value:<22.12g}{expected:<22.12g}{abs(value - expected):.1e}")


def thin_clock(p: int) -> HandBuiltNetwork:
    """The clock of the zoo with a residual stream of cos and sin w_k(a + b) in place of p logits, which W_U turns into them."""
    from mechgrok.tasks.modular import Modular
    from mechgrok.verification.circuit import circle
    from mechgrok.verification.hand_built import HandBuiltNetwork
    from mechgrok.verification.zoo.clock import clock as circuit

    made, waves = circuit(p, CLOCK), torch.cat([circle(p, k) for k in CLOCK], dim=1)
    first, size = 3 + 3 * made.features.shape[1], waves.shape[1]

    def weights() -> dict[str, Tensor]:
        found = {name: _narrowed(tensor, first + p, first + size) for name, tensor in made.weights().items()}
        found["blocks.0.mlp.W_out"][:, first:] = made.out @ waves * 2 / p
        found["unembed.W_U"][first:] = waves.T
        return found

    model = made.model.model_copy(update={"d_model": first + size})
    return HandBuiltNetwork("clock", "", Modular(p=p, loss_classes="numbers"), model, weights, {})


def _narrowed(tensor: Tensor, width: int, to: int) -> Tensor:
    """A tensor with only the first `to` dimensions of the residual stream, whose axes are those of length `width`."""
    for axis in [axis for axis, length in enumerate(tensor.shape) if length == width]:
        tensor = tensor.narrow(axis, 0, to)
    return tensor.clone()


def closed_forms(p: int, found: Outcomes) -> Iterator[tuple[str, float, float]]:
    """Quantities, their measured values and those of the closed form."""
    angle = 2 * torch.pi * torch.arange(p).double() / p
    profile = sum(size * torch.cos(k * angle) for k, size in CLOCK.items())
    norm = sum(size**2 for size in CLOCK.values()) ** 0.5
    loss = lambda logits: float(logits.logsumexp(0) - logits[0])  # noqa: E731
    yield "loss", found["loss"].headline["all"], loss(profile)
    yield "accuracy", found["loss"].headline["accuracy_all"], 1
    similarity = found["logit-cosines"].table.set_index("frequency")["similarity"]
    yield from ((f"similarity of k = {k}", similarity[k], size / norm) for k, size in CLOCK.items())
    yield "key frequencies", len(found["key-frequencies"].headline["frequencies"]), len(CLOCK)
    for measure in ("embedding-spectrum", "neuron-logit-spectrum"):
        yield f"{measure}, share of the keys", found[measure].headline["share_key"], 1
    if "equivariance" in found:
        yield "margin of the profile", found["equivariance"].headline["gamma"], float(profile[0] - profile[1:].max())
        yield "share that is not equivariant", found["equivariance"].headline["residual"], 0
    if "restricted-loss" in found:
        restricted = found["restricted-loss"].table.set_index("variant")["loss"]
        yield from ((f"restricted loss, {variant}", value, loss(profile)) for variant, value in restricted.items())
    if "excluded-loss" in found:
        excluded = found["excluded-loss"].table.set_index(["variant", "frequency"])["loss"]
        yield "excluded loss, all keys", excluded["2-D", 0], loss(torch.zeros(p).double())
        yield "excluded loss, k = 1", excluded["2-D", 1], loss(profile)
        for k, size in CLOCK.items():
            yield f"excluded loss, k = {k}", excluded["2-D", k], loss(profile - size * torch.cos(k * angle))


if __name__ == "__main__":
    main(*sys.argv[1:])
