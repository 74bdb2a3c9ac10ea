"""State dicts of TransformerLens' HookedTransformer, whichever library wrote them (safetensors too)."""

from __future__ import annotations

from typing import Any

from mechgrok.runs.importing import parameters
from mechgrok.runs.importing.foreign import Foreign, Importer
from mechgrok.runs.importing.inference.architecture import assumptions


class HookedTransformer(Importer):
    """One network's weights, without a word on how they came about."""

    name = "hooked-transformer"
    describe = "a state dict of a TransformerLens HookedTransformer: W_O (head, d_head, d_model)"

    def recognises(self, data: Any) -> bool:
        """A dict of weights by their names, with a W_O of three axes."""
        found = parameters.attention_output(data)
        return found is not None and found.ndim == 3

    def convert(self, data: Any) -> Foreign:
        """One snapshot without a step."""
        weights, notes = parameters.complete(data)
        return Foreign(self.name, {None: weights}, notes=notes + assumptions(weights, {}))
