"""State dicts of TransformerLens' HookedTransformer, whichever library wrote them, under any wrapping."""

from __future__ import annotations

from typing import Any

from mechgrok.runs.importing import parameters
from mechgrok.runs.importing.containers.contents import Contents
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import Importer, WeightsFile
from mechgrok.runs.importing.inference.architecture import assumptions

_CONFIG = ("act_fn", "normalization_type", "attention_dir", "positional_embedding_type", "use_attn_scale", "attn_scale")
"""Facts in the names of TransformerLens' config, which mean nothing else in the config of another program."""


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
        contents = Contents({None: file.data}) if _is_bare(file.data) else file.contents
        found = {step: parameters.complete(state) for step, state in contents.states.items()}
        parameters.require_same_shapes(weights for weights, _ in found.values())
        last = parameters.complete(contents.last)
        config = _config(contents)
        return Foreign(
            self.name,
            {step: weights for step, (weights, _) in found.items()},
            contents.recorded,
            contents.train_rows,
            contents.pairs,
            config,
            (*contents.notes, *last[1], *assumptions(last[0], config)),
            contents.accuracies,
            contents.undated,
            contents.in_epochs,
        )


def _is_bare(data: Any) -> bool:
    output = parameters.attention_output(data)
    return output is not None and output.ndim == 3


def _config(contents: Contents) -> dict[str, Any]:
    return {name: contents.facts[name] for name in _CONFIG if name in contents.facts}
