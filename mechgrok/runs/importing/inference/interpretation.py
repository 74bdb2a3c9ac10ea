"""A network under one reading: its task, its config and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.forward.notes import unseen
from mechgrok.models.forward.tables import Batch
from mechgrok.models.model import Model
from mechgrok.models.network import Network
from mechgrok.runs.importing.inference.rows import Row
from mechgrok.runs.importing.networks.structure import ALL, Reading, State, Structure
from mechgrok.tasks.modular import Modular


@lru_cache(maxsize=2000)
def _task(row: Row, words: tuple[str, ...], tokens: int, classes: str) -> Modular:
    specials = [int(word) for word in words if word.isdecimal()]
    first = max(specials, default=row.p - 1) + 1
    layout: dict[str, Any] = {"row": " ".join(words)}
    if words == ("a", "b", str(row.p)):
        layout = {"layout": "a b ="}
    elif words == ("a", "b"):
        layout = {"layout": "a b"}
    return Modular(p=row.p, **layout, loss_classes="vocab" if classes == ALL else "numbers", spare_tokens=tokens - first)


@dataclass(frozen=True, eq=False)
class Interpretation:
    """A structure with a value for each option that the file leaves open."""

    structure: Structure
    reading: Reading

    @property
    def read_position(self) -> int:
        """The position whose output is read, counted in the row as it was written."""
        length, read = len(self.reading["row"].words), self.reading["read"]
        return int(read) if str(read).isdecimal() else length - 1

    @cached_property
    def order(self) -> list[int]:
        """The positions of the row, the one that is read moved to the end."""
        length = len(self.reading["row"].words)
        return [i for i in range(length) if i != self.read_position] + [self.read_position]

    @property
    def task(self) -> Modular:
        """Addition on rows of this kind."""
        row = self.reading["row"]
        return _task(row, tuple(row.words[i] for i in self.order), self.structure.tokens, self.reading["classes"])

    @cached_property
    def model(self) -> Model:
        """The config of the network."""
        return self.structure.model(self.reading)

    @cached_property
    def network(self) -> Network:
        """The function of given weights."""
        return self.model.architecture(self.task)

    def weights(self, state: State) -> dict[str, Tensor]:
        """A state dict of the file by our names, with the classes of the task and the read position at the end of the row."""
        found = self._with_all_classes(state)
        return found | {name: found[name][..., : self.task.classes] for name in self.structure.output_names if name in found}

    def _with_all_classes(self, state: State) -> dict[str, Tensor]:
        found = self.structure.weights(state, self.reading)
        if "pos_embed.W_pos" in found and self.order != sorted(self.order):
            positions = found["pos_embed.W_pos"].clone()
            positions[: len(self.order)] = found["pos_embed.W_pos"][self.order]
            found["pos_embed.W_pos"] = positions
        self._require_shapes(found)
        return found

    def _require_shapes(self, weights: Mapping[str, Tensor]) -> None:
        """Raises UserError for parameters that are not those of this network, with all classes of the file."""
        every, outputs = self.structure.outputs, self.structure.output_names
        wanted = {name: (*shape[:-1], every) if name in outputs else shape for name, shape in self.network.shapes.items()}
        for name in {**wanted, **weights}:
            shape, found = wanted.get(name), tuple(weights[name].shape) if name in weights else None
            if found != shape:
                needed = f"has the shape {shape}" if shape else "has no such part"
                given = f"in the file it is {found}" if found else "the file lacks it"
                raise UserError(f"{name}: a network of the other parameters {needed}, and {given}; they do not belong together")

    def logits(self, state: State, tokens: Tensor) -> Tensor:
        """Logits (rows, classes) of all classes, those of the numbers first, in the dtype of the state."""
        weights, network = self._with_all_classes(state), self.network
        return network.from_embedded(weights, network.embed(weights, tokens), unseen)

    def logits_of_many(self, state: State, tokens: Tensor) -> Tensor:
        """The same for many rows, with what they share computed once."""
        return self.network.logits(self._with_all_classes(state), Batch.of(tokens))
