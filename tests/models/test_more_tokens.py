"""A published network with more tokens: old weights by their labels, new rows and columns drawn; its predictions stay."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from usual_reading import usual_reading

from mechgrok.models.architecture import Architecture
from mechgrok.models.forward import fast_forward
from mechgrok.models.transplant import Donor, transplant
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.run import Run, open_run

M, GROWN = 109, 222


@pytest.fixture(scope="module")
def published(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A network for a^2 + b^2 mod 109, two layers of attention."""
    out = tmp_path_factory.mktemp("grown") / "run"
    import_file(oracles / "oocl" / "ssq_109.pt", out, ImportOptions(reading=usual_reading("a b 109", "normalization=LN")))
    return open_run(out)


def _logits(run: Run, weights: dict[str, Tensor], d_vocab: int) -> Tensor:
    shape = Architecture(2, 4, 128, 128, 512, d_vocab, d_vocab, 5, "relu", "LN", True)
    with torch.no_grad():
        return fast_forward.logits(weights, shape, fast_forward.Batch.of(torch.from_numpy(run.task.inputs())))


def _right(logits: Tensor, labels: Tensor) -> int:
    return int((logits.argmax(1) == labels).sum())


@pytest.mark.long
def test_the_published_network_before(published: Run) -> None:
    logits, labels = _logits(published, published.snapshot().parameters, M + 1), torch.from_numpy(published.task.labels())
    chances = logits.softmax(1)[torch.arange(M * M), labels]
    assert _right(logits, labels) == 11881
    assert -chances.log().mean().item() == pytest.approx(1.025e-5, rel=1e-3)
    assert chances.min().item() == pytest.approx(0.979, abs=5e-4)
    embedding = published.snapshot().embedding
    mirrored = torch.cosine_similarity(embedding, embedding[(-torch.arange(M)) % M], dim=1)
    assert mirrored.mean().item() == pytest.approx(0.974, abs=5e-4)


def _grown(run: Run, seed: int) -> dict[str, Tensor]:
    """With tokens that no row holds behind the old ones."""
    task, snapshot = run.task.model_copy(update={"spare_tokens": GROWN - M - 1}), run.snapshot()
    model = run.config.model.model_copy(update={"seed": seed})
    fresh = {name: tensor.double() for name, tensor in model.initial(task).items()}
    parent = Donor("parent", run.task, snapshot.architecture, snapshot.parameters)
    return transplant(fresh, model.architecture(task), task, parent, ["all"])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.long
def test_the_grown_published_network_is_right_for_every_pair(published: Run, seed: int) -> None:
    """Over the numbers, and over all 222 logits too: the new ones stay far below the right one everywhere."""
    labels, before = torch.from_numpy(published.task.labels()), published.snapshot().logits
    weights, old = _grown(published, seed), published.snapshot().parameters
    logits = _logits(published, weights, GROWN)
    assert torch.equal(weights["embed.W_E"][: M + 1], old["embed.W_E"])
    assert torch.allclose(logits[:, :M], before, rtol=0, atol=1e-11)
    assert _right(logits[:, :M], labels) == _right(logits, labels) == 11881
    right = logits[torch.arange(M * M), labels]
    assert (right - logits[:, M + 1 :].amax(1)).min() > 10


@pytest.mark.long
def test_the_seed_decides_what_is_drawn_for_new_tokens(published: Run) -> None:
    first, again, other = (_grown(published, seed) for seed in (1, 1, 2))
    for name, new in (("embed.W_E", (slice(M + 1, None),)), ("unembed.W_U", (slice(None), slice(M + 1, None)))):
        assert torch.equal(first[name], again[name])
        assert not torch.equal(first[name][new], other[name][new])
