"""Random numbers after a seed: those of torch, whichever threads draw at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch

from mechgrok.models.init.seeded import seeded


def drawn(seed: int) -> list[torch.Tensor]:
    with seeded(seed):
        return [torch.randn(1000) for _ in range(50)]


def test_threads_do_not_share_a_sequence() -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(drawn, [0, 1, 2, 3] * 4))
    for seed, tensors in zip([0, 1, 2, 3] * 4, found, strict=True):
        generator = torch.Generator().manual_seed(seed)
        assert all(torch.equal(each, torch.randn(1000, generator=generator)) for each in tensors)


def test_the_global_generator_stays_as_it_was() -> None:
    before = torch.get_rng_state()
    drawn(3)
    assert torch.equal(torch.get_rng_state(), before)
