"""The unit of recorded accuracies: shares or per cent."""

from __future__ import annotations

import math
from collections.abc import Iterable

_MARGIN = 1e-6


def is_percent(readings: Iterable[tuple[float, float | None]]) -> tuple[bool, str]:
    """Whether accuracies are in per cent, and the evidence. `readings` are accuracies, each with its mean loss in nats if known.

    A value above 1 is in per cent. A row that is answered wrongly has a loss of at least ln 2, so accuracy >= 1 - loss / ln 2: a reading
    that contradicts this in per cent is a share. Accuracies that fit both are taken for shares.
    """
    pairs = [(accuracy, loss) for accuracy, loss in readings if math.isfinite(accuracy)]
    above = [accuracy for accuracy, _ in pairs if accuracy > 1 + _MARGIN]
    if above:
        return True, f"accuracies are in per cent, as {max(above):.4g} is more than 1"
    for accuracy, loss in pairs:
        least = 1 - loss / math.log(2) if loss is not None and math.isfinite(loss) else 0.0
        if accuracy / 100 < least - _MARGIN <= accuracy:
            right = f"at a loss of {loss:.3g} at least {100 * least:.4g} % of the rows are right"
            return False, f"accuracies are shares ({accuracy:.4g} is {100 * accuracy:.4g} %): {right}"
    return False, "accuracies are taken for shares, as none is above 1"
