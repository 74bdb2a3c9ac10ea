"""A network with more tokens: what it knew stays, what is new looks like a fresh one's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.architecture import Architecture
from mechgrok.models.forward import fast_forward
from mechgrok.models.hooks import hooked
from mechgrok.models.vocabulary import grow
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.run import Run, open_run

M, GROWN = 109, 222


@pytest.fixture(scope="module")
def published(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A network for a^2 + b^2 mod 109, two layers of attention."""
    out = tmp_path_factory.mktemp("grown") / "run"
    import_file(oracles / "oocl" / "ssq_109.pt", out, ImportOptions())
    return open_run(out)


def _logits(run: Run, weights: dict[str, Tensor], d_vocab: int) -> Tensor:
    shape = Architecture(2, 4, 128, 128, 512, d_vocab, d_vocab, 5, "relu", "LN", True)
    with torch.no_grad():
        return fast_forward.logits(weights, shape, fast_forward.Batch.of(torch.from_numpy(run.task.inputs())))


def _right(logits: Tensor, labels: Tensor) -> int:
    return int((logits.argmax(1) == labels).sum())


def test_the_published_network_before(published: Run) -> None:
    logits, labels = _logits(published, published.snapshot().parameters, M + 1), torch.from_numpy(published.task.labels())
    chances = logits.softmax(1)[torch.arange(M * M), labels]
    assert _right(logits, labels) == 11881
    assert -chances.log().mean().item() == pytest.approx(1.025e-5, rel=1e-3)
    assert chances.min().item() == pytest.approx(0.979, abs=5e-4)
    embedding = published.snapshot().embedding
    mirrored = torch.cosine_similarity(embedding, embedding[(-torch.arange(M)) % M], dim=1)
    assert mirrored.mean().item() == pytest.approx(0.974, abs=5e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_grown_published_network_is_right_for_every_pair(published: Run, seed: int) -> None:
    """Over the numbers, and over all 222 logits too: the new ones stay far below the right one everywhere."""
    labels, before = torch.from_numpy(published.task.labels()), published.snapshot().logits
    logits = _logits(published, grow(published.snapshot().parameters, GROWN, seed), GROWN)
    assert torch.allclose(logits[:, :M], before, rtol=0, atol=1e-11)
    assert _right(logits[:, :M], labels) == _right(logits, labels) == 11881
    right = logits[torch.arange(M * M), labels]
    assert (right - logits[:, M + 1 :].amax(1)).min() > 10


def _made(d_model: int = 64) -> dict[str, Tensor]:
    shape = Architecture(1, 2, d_model, 4, 8, 11, 10, 3, "relu", None, False)
    generator = torch.Generator().manual_seed(5)
    return {name: torch.randn(like.shape, generator=generator).half() for name, like in hooked.empty(shape).named_parameters()}


def test_old_tokens_keep_their_weights_and_new_ones_are_drawn_as_by_the_library() -> None:
    old, d_vocab = _made(), 2011
    new = grow(old, d_vocab, 7)
    assert (new["embed.W_E"].shape, new["unembed.W_U"].shape, new["unembed.b_U"].shape) == ((2011, 64), (64, 2011), (2011,))
    assert torch.equal(new["embed.W_E"][:11], old["embed.W_E"])
    assert torch.equal(new["unembed.W_U"][:, :10], old["unembed.W_U"])
    assert torch.equal(new["unembed.b_U"][:10], old["unembed.b_U"])
    assert not new["unembed.b_U"][10:].any()
    for drawn in (new["embed.W_E"][11:], new["unembed.W_U"][:, 10:]):
        assert drawn.dtype == torch.float16
        assert drawn.float().std().item() == pytest.approx(0.1, rel=0.01)
        assert abs(drawn.float().mean().item()) < 0.001
    assert all(new[name] is old[name] for name in old if name not in ("embed.W_E", "unembed.W_U", "unembed.b_U"))


def test_the_seed_decides_and_the_callers_random_numbers_do_not() -> None:
    old, before = _made(), torch.random.get_rng_state()
    first, again, other = (grow(old, 20, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    for name in ("embed.W_E", "unembed.W_U"):
        assert torch.equal(first[name], again[name])
        assert not torch.equal(first[name], other[name])


def test_a_network_without_output_bias_stays_without() -> None:
    old = {name: tensor for name, tensor in _made().items() if name != "unembed.b_U"}
    assert grow(old, 12, 0).keys() == old.keys()


def test_it_does_not_shrink() -> None:
    with pytest.raises(UserError, match="has 11 tokens or classes already; 10 would be fewer"):
        grow(_made(), 10, 0)
