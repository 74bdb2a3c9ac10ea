"""State dicts of TransformerLens' HookedTransformer, whichever library wrote them (safetensors too)."""

from __future__ import annotations

from mechgrok.runs.importing import parameters
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import Importer, WeightsFile
from mechgrok.runs.importing.inference.architecture import assumptions


class HookedTransformer(Importer):
    """The weights of one network of TransformerLens (https://github.com/TransformerLensOrg/TransformerLens), and nothing else."""

    name = "hooked-transformer"
    describe = "a state dict of a TransformerLens HookedTransformer: W_O (head, d_head, d_model)"

    def recognises(self, file: WeightsFile) -> frozenset[str]:
        """A dict of weights by their names, with a W_O of three axes."""
        output = parameters.attention_output(file.data)
        return frozenset({parameters.THREE_AXES} if output is not None and output.ndim == 3 else ())

    def convert(self, file: WeightsFile) -> Foreign:
        """One snapshot without a step."""
        weights, notes = parameters.complete(file.data)
        return Foreign(self.name, {None: weights}, notes=notes + assumptions(weights, {}))
