"""The options of an import that name every choice of a HookedTransformer file, so that no reading is searched for."""

from __future__ import annotations

USUAL = ("read=last", "mask=causal", "attention_scale=1/sqrt(d_head)", "eps=1e-05")
RELU = ("activation=relu", "normalization=None")


def usual_reading(row: str, *others: str) -> tuple[str, ...]:
    """Those of the library's defaults with this `row`, such as "a b 11", and `others`."""
    return (f"row={row}", *USUAL, *others)
