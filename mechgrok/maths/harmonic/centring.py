"""Energy of logits under the centrings in use, and how much of it a sum of cosines explains.

A fraction of variance explained depends on the mean that is subtracted first: the same fit may explain most of the logits centred over
c, less of them centred over all entries, and have a negative fraction for logits that are not centred.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

CENTRINGS = ("raw", "global", "over c", "double")


@dataclass(frozen=True)
class Energies:
    """Sums of squares of logits L (n, c) under several centrings; a sum that is zero up to rounding is 0.

    Attributes
    ----------
    raw : float
        |L|^2
    of_mean : float
        |mean L|^2 over all entries
    around_mean : float
        |L - mean L|^2
    over_c : float
        |L - mean_c L|^2
    over_both : float
        |L - mean_c L - mean_n L + mean L|^2
    column_means : Tensor (c,)
        mean_n L - mean L

    Examples
    --------
    >>> found = Energies.of(torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=torch.float64))
    >>> found.raw, found.of_mean, found.around_mean
    (20.0, 16.0, 4.0)
    """

    raw: float
    of_mean: float
    around_mean: float
    over_c: float
    over_both: float
    column_means: Tensor

    @classmethod
    def of(cls, logits: Tensor) -> Energies:
        """The energies of logits.

        Parameters
        ----------
        logits : Tensor (n, c)

        Returns
        -------
        Energies
        """
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
    """Fraction of variance that M = sum_k <u_k, L> u_k explains, by centring, and the relative residual.

    The u_k are orthonormal and have no mean over c. raw: 1 - |L - M|^2 / |L - mean L|^2, for logits as they are; negative where their mean
    is large. global, over c, double: 1 - |Y - M|^2 / |Y|^2 with Y = L - mean L, L - mean_c L, L - mean_c L - mean_n L + mean L.
    residual: |L - M| / |L|.

    Parameters
    ----------
    energies : Energies
        Of L.
    coefficients : Tensor (k,)
        <u_k, L>.
    of_columns : Tensor (k,)
        <u_k, column means of L>; zero where the u_k have no mean over rows either.

    Returns
    -------
    dict of str to float
        By the names raw, global, over c, double and residual; NaN where the denominator is zero.

    Examples
    --------
    L is its mean 2 and one wave u = +-1/2, whose coefficient is 2: all of the variance, and 16 / 20 of the squares are left.

    >>> energies = Energies.of(torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=torch.float64))
    >>> found = explained(energies, torch.tensor([2.0]), torch.tensor([0.0]))
    >>> found["raw"], found["global"], round(found["residual"] ** 2, 9)
    (-3.0, 1.0, 0.8)
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
