"""What changes when the two operands change places."""

from __future__ import annotations

from torch import Tensor


def asymmetry(values: Tensor) -> float:
    """|N(a, b) - N(b, a)| / |N| for N (p, p, m), Frobenius norms; from 0 to 2, NaN for zeros. Each pair is looked at once."""
    differences = sum(_square(row[a + 1 :] - values[a + 1 :, a]) for a, row in enumerate(values))
    size = _square(values)
    return (2 * differences / size) ** 0.5 if size > 0 else float("nan")


def _square(values: Tensor) -> float:
    return float(values.flatten() @ values.flatten())
