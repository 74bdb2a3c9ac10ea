"""A weights file as `Contents`."""

from __future__ import annotations

from typing import Any

from mechgrok.errors import NoWeightsError
from mechgrok.runs.importing.containers.contents import Contents
from mechgrok.runs.importing.containers.description import describe
from mechgrok.runs.importing.containers.facts import find_facts
from mechgrok.runs.importing.containers.recorded import find_recorded
from mechgrok.runs.importing.containers.rows import find_pairs, find_train_rows
from mechgrok.runs.importing.containers.states import find_states
from mechgrok.runs.importing.containers.steps import InEpochs


def unpack(data: Any, config: Any = None) -> Contents:
    """The contents of `data`, as it was read from a file, with the `config` beside it.

    Raises NoWeightsError where it holds no weights, with what it holds.
    """
    found = find_states(data)
    if not found.states:
        raise NoWeightsError(f"the file holds no weights; it holds {describe(data)}")
    recorded = find_recorded(data)
    facts = find_facts(data if isinstance(data, dict) else {}, config if isinstance(config, dict) else {})
    return Contents(
        found.states,
        facts,
        recorded.losses,
        recorded.accuracies,
        recorded.undated,
        InEpochs(found.in_epochs, recorded.in_epochs),
        find_train_rows(data),
        find_pairs(data),
        (*found.notes, *recorded.notes),
    )
