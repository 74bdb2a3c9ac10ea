"""Changes when the two operands are exchanged."""

from __future__ import annotations

from torch import Tensor


def asymmetry(values: Tensor) -> float:
    """|N(a, b) - N(b, a)| / |N| in Frobenius norms. Each pair is computed once.

    Parameters
    ----------
    values : Tensor (p, p, m)
        N.

    Returns
    -------
    float
        From 0 to 2; NaN for zeros.

    Examples
    --------
    A symmetric function, and an antisymmetric one.

    >>> asymmetry(torch.tensor([[[1.0], [2.0]], [[2.0], [5.0]]])), asymmetry(torch.tensor([[[0.0], [2.0]], [[-2.0], [0.0]]]))
    (0.0, 2.0)
    """
    differences = sum(_square(row[a + 1 :] - values[a + 1 :, a]) for a, row in enumerate(values))
    size = _square(values)
    return (2 * differences / size) ** 0.5 if size > 0 else float("nan")


def _square(values: Tensor) -> float:
    return float(values.flatten() @ values.flatten())
