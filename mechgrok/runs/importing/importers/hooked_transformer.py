"""State dicts of TransformerLens' HookedTransformer, whichever library wrote them, under any wrapping."""

from __future__ import annotations

from typing import Any

from mechgrok.runs.importing import parameters
from mechgrok.runs.importing.containers.contents import Contents
from mechgrok.runs.importing.containers.facts import find_facts
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import CONFIG, Importer, WeightsFile
from mechgrok.runs.importing.networks import library_config
from mechgrok.runs.importing.networks.hooked import HookedNetwork


class HookedTransformer(Importer):
    """The weights of one network of TransformerLens (https://github.com/TransformerLensOrg/TransformerLens), at one or several steps.

    They may lie under any key, beside optimisers, configs and records, and with the prefixes of wrapped modules.
    """

    name = "hooked-transformer"
    describe = "a state dict of a TransformerLens HookedTransformer: W_O (head, d_head, d_model), bare or in a checkpoint"

    def recognises(self, file: WeightsFile) -> frozenset[str]:
        """A dict of weights by their names, with a W_O of three axes."""
        wrapped = not _is_bare(file.data) and file.holds_weights and _is_bare(dict(file.contents.last))
        return frozenset({parameters.THREE_AXES} if wrapped or _is_bare(file.data) else ())

    def convert(self, file: WeightsFile) -> Foreign:
        """All snapshots with their steps, and what the file records."""
        contents = Contents({None: file.data}, find_facts(file.companion(CONFIG))) if _is_bare(file.data) else file.contents
        found = {step: parameters.complete(state) for step, state in contents.states.items()}
        parameters.require_same_shapes(weights for weights, _ in found.values())
        last = parameters.complete(contents.last)
        return Foreign(
            self.name,
            {step: weights for step, (weights, _) in found.items()},
            contents.recorded,
            contents.train_rows,
            contents.pairs,
            notes=(*contents.notes, *last[1]),
            accuracies=contents.accuracies,
            undated=contents.undated,
            in_epochs=contents.in_epochs,
            facts=contents.facts,
            structure=HookedNetwork.of(last[0], contents.last, library_config.of_facts(contents.facts)),
        )


def _is_bare(data: Any) -> bool:
    output = parameters.attention_output(data)
    return output is not None and output.ndim == 3
