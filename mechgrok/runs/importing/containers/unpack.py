"""A weights file as `Contents`."""

from __future__ import annotations

from typing import Any

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.contents import Contents
from mechgrok.runs.importing.containers.description import describe
from mechgrok.runs.importing.containers.facts import find_facts
from mechgrok.runs.importing.containers.recorded import find_recorded
from mechgrok.runs.importing.containers.rows import find_pairs, find_train_rows
from mechgrok.runs.importing.containers.states import find_states


def unpack(data: Any, config: Any = None) -> Contents:
    """The contents of `data`, as it was read from a file, with the `config` beside it.

    Raises UserError where it holds no weights, with what it holds.
    """
    found = find_states(data)
    if not found.states:
        raise UserError(f"the file holds no weights; it holds {describe(data)}")
    step = max((step for step in found.states if step is not None), default=None)
    losses, accuracies, notes = find_recorded(data, None if None in found.states else step)
    facts = find_facts(data if isinstance(data, dict) else {}, config if isinstance(config, dict) else {})
    return Contents(found.states, facts, losses, accuracies, find_train_rows(data), find_pairs(data), (*found.notes, *notes))
