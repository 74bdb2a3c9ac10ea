"""Losses against closed forms, finite differences, and a case where float32 would fail."""

from __future__ import annotations

import math

import pytest
import torch

from mechgrok.maths.landscape.losses import cross_entropy, mean_squared_error, per_example, per_label, stablemax_cross_entropy


def test_uniform_logits_cost_log_of_the_classes() -> None:
    labels = torch.tensor([0, 3, 6])
    assert cross_entropy(torch.full((3, 7), 2.5), labels).item() == pytest.approx(math.log(7), rel=1e-15)
    assert per_example(torch.zeros(3, 7), labels).tolist() == pytest.approx([math.log(7)] * 3, rel=1e-15)


def test_small_losses_of_float32_logits_are_resolved() -> None:
    """Two classes, difference d: the loss is log(1 + e^-d). At d = 20 float32 would give 0 or 1.2e-7."""
    logits = torch.tensor([[20.0, 0.0], [0.0, 22.0]])
    exact = [math.log1p(math.exp(-20)), math.log1p(math.exp(-22))]
    assert per_example(logits, torch.tensor([0, 1])).tolist() == pytest.approx(exact, rel=1e-6)
    assert cross_entropy(logits, torch.tensor([0, 1])).item() == pytest.approx(sum(exact) / 2, rel=1e-6)


def test_huge_losses_are_finite() -> None:
    logits = torch.tensor([[0.0, 1000.0]])
    assert cross_entropy(logits, torch.tensor([0])).item() == 1000
    assert per_example(logits, torch.tensor([0])).tolist() == [1000]


def test_mean_of_the_examples() -> None:
    logits = torch.randn(11, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(11) % 5
    assert cross_entropy(logits, labels).item() == pytest.approx(per_example(logits, labels).mean().item(), rel=1e-14)


def test_gradient_against_finite_differences() -> None:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 1, 2, 3, 3, 1])
    assert torch.autograd.gradcheck(lambda x: 3 * cross_entropy(x, labels), logits)
    assert torch.autograd.gradcheck(lambda x: per_example(x, labels), logits)


def test_gradient_at_the_label_does_not_cancel() -> None:
    """There it is p - 1 = -e^-20 / (1 + e^-20) / batch; rounding p to float32 before subtracting 1 would leave 0."""
    logits = torch.tensor([[20.0, 0.0]], requires_grad=True)
    cross_entropy(logits, torch.tensor([0])).backward()
    assert logits.grad is not None
    assert logits.grad[0].tolist() == pytest.approx([-math.exp(-20), math.exp(-20)], rel=1e-6)


def test_logits_are_left_alone() -> None:
    logits = torch.arange(6, dtype=torch.float64).view(2, 3).requires_grad_()
    cross_entropy(logits, torch.tensor([0, 1])).backward()
    assert logits.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_in_float32_on_request() -> None:
    loss = cross_entropy(torch.tensor([[20.0, 0.0]]), torch.tensor([0]), torch.float32)
    assert loss.dtype == torch.float32
    assert loss.item() == 0


def test_second_derivatives_are_refused_not_wrong() -> None:
    logits = torch.zeros(1, 2, requires_grad=True)
    with pytest.raises(RuntimeError, match="differentiated once"):
        torch.autograd.grad(cross_entropy(logits, torch.tensor([0])), logits, create_graph=True)


def test_the_loss_of_every_possible_label() -> None:
    """exp(-loss) are probabilities; a float32 log-softmax would lose the small losses (trap 1)."""
    logits = torch.tensor([[[20.0, 0.0], [0.0, 1000.0]]])
    found = per_label(logits)
    assert found.dtype == torch.float64
    assert found.shape == (1, 2, 2)
    assert found[0, 0].tolist() == pytest.approx([math.log1p(math.exp(-20)), 20 + math.log1p(math.exp(-20))], rel=1e-14)
    assert found[0, 1].tolist() == [1000, 0]
    assert (-torch.log_softmax(logits, -1)[0, 0, 0]).item() == 0


def test_every_label_and_the_label_are_the_same_loss() -> None:
    logits = 5 * torch.randn(9, 4, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(9) % 4
    by_hand = [sum(math.exp(x - row[label]) for x in row) for row, label in zip(logits.tolist(), labels.tolist(), strict=True)]
    assert per_label(logits)[torch.arange(9), labels].exp().tolist() == pytest.approx(by_hand, rel=1e-12)
    assert per_example(logits, labels).exp().tolist() == pytest.approx(by_hand, rel=1e-12)


def test_stablemax_of_whole_numbers() -> None:
    """s(3) = 4, s(-1) = 1/2, s(0) = 1, s(-3) = 1/4: the shares are 16, 2, 4 and 1 of 23."""
    logits = torch.tensor([[3.0, -1.0, 0.0, -3.0]] * 4)
    expected = sum(math.log(23 / part) for part in (16, 2, 4, 1)) / 4
    assert stablemax_cross_entropy(logits, torch.arange(4)).item() == pytest.approx(expected, rel=1e-15)


def test_stablemax_has_its_slope_at_zero_logits() -> None:
    """s'(0) = 1 from both sides, so the gradient is (1 / classes - onehot): a network whose last layer starts at zero can learn."""
    logits = torch.zeros(1, 4, requires_grad=True)
    stablemax_cross_entropy(logits, torch.tensor([2])).backward()
    assert logits.grad is not None
    assert logits.grad.tolist() == [[0.25, 0.25, -0.75, 0.25]]


def test_stablemaxs_gradient_against_finite_differences() -> None:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: stablemax_cross_entropy(x, torch.arange(6) % 4), logits)


def test_stablemax_neither_overflows_nor_absorbs() -> None:
    """s is linear above: at d the loss of two classes is log(1 + 1 / (d + 1)), where softmax in float32 gives 0 from d = 17 on."""
    found = stablemax_cross_entropy(torch.tensor([[1e30, 0.0]]), torch.tensor([1]), torch.float32)
    assert found.item() == pytest.approx(30 * math.log(10), rel=1e-6)
    assert stablemax_cross_entropy(torch.tensor([[1e6, 0.0]]), torch.tensor([0])).item() == pytest.approx(1e-6, rel=1e-5)


def test_squared_error_is_a_mean_over_rows_and_classes() -> None:
    """Rows (1, 2, 0) with label 1 and (0, 0, 3) with label 2: squares 1, 1, 0 and 0, 0, 4, over six entries."""
    logits = torch.tensor([[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]], requires_grad=True)
    found = mean_squared_error(logits, torch.tensor([1, 2]))
    assert found.item() == 1.0
    found.backward()
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, torch.tensor([[1 / 3, 1 / 3, 0], [0, 0, 2 / 3]]))


@pytest.mark.parametrize("loss", [stablemax_cross_entropy, mean_squared_error])
def test_other_losses_have_the_precision_that_is_asked_for(loss) -> None:
    logits, labels = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)), torch.arange(3)
    assert [loss(logits, labels, dtype).dtype for dtype in (torch.float32, torch.float64)] == [torch.float32, torch.float64]
    assert loss(logits, labels).item() == loss(logits.double(), labels).item()
