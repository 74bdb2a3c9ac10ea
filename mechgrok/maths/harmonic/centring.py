"""Energy of logits under the centrings in use, and how much of it a sum of cosines explains.

The fraction of variance explained says little until it is said around what: one and the same fit may explain most of the logits
centred over c, less of them centred over everything, and a negative fraction where the fit is held against logits as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

CENTRINGS = ("raw", "global", "over c", "double")


@dataclass(frozen=True)
class Energies:
    """Sums of squares of logits L (n, c). What vanishes up to rounding is zero."""

    raw: float
    """|L|^2"""
    of_mean: float
    """|mean L|^2 over all entries"""
    around_mean: float
    """|L - mean L|^2"""
    over_c: float
    """|L - mean_c L|^2"""
    over_both: float
    """|L - mean_c L - mean_n L + mean L|^2"""
    column_means: Tensor
    """mean_n L - mean L (c,)"""

    @classmethod
    def of(cls, logits: Tensor) -> Energies:
        """Of logits (n, c)."""
        row_means = logits.mean(1, keepdim=True)
        centred = logits - row_means
        column_means = centred.mean(0)
        mean = row_means.mean()
        of_mean, over_c = logits.numel() * mean.square(), centred.square_().sum()
        around_mean = over_c + logits.shape[1] * (row_means - mean).square().sum()
        raw = of_mean + around_mean
        over_both = over_c - len(logits) * column_means.square().sum()
        floors = {"around_mean": 1e-24 * raw, "over_c": 1e-24 * raw, "over_both": 1e-13 * over_c + 1e-24 * raw}
        found = {"around_mean": around_mean, "over_c": over_c, "over_both": over_both}
        kept = {name: float(energy) if energy > floors[name] else 0.0 for name, energy in found.items()}
        return cls(raw=float(raw), of_mean=float(of_mean), column_means=column_means, **kept)


def explained(energies: Energies, coefficients: Tensor, of_columns: Tensor) -> dict[str, float]:
    """Fraction of variance explained, by centring, and `residual`, of M = sum_k <u_k, L> u_k with orthonormal u_k without mean over c.

    coefficients (k,): <u_k, L>; of_columns (k,): <u_k, column means of L>, which are zero where the u_k have no mean over rows either.
    raw: 1 - |L - M|^2 / |L - mean L|^2, the fit held against logits as they are, and negative where their mean is large.
    global, over c, double: 1 - |Y - M|^2 / |Y|^2 with Y = L - mean L, L - mean_c L, L - mean_c L - mean_n L + mean L.
    residual: |L - M| / |L|. NaN where the denominator is zero.
    """
    fitted, on_columns = float(coefficients.square().sum()), float(coefficients @ of_columns)
    gains = {
        "raw": (fitted - energies.of_mean, energies.around_mean),
        "global": (fitted, energies.around_mean),
        "over c": (fitted, energies.over_c),
        "double": (fitted - 2 * on_columns, energies.over_both),
    }
    shares = {name: _ratio(gain, energy) for name, (gain, energy) in gains.items()}
    return shares | {"residual": max(0.0, 1 - _ratio(fitted, energies.raw)) ** 0.5 if energies.raw else float("nan")}


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
