"""What every task, split, corruption and model is held to by existing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from mechgrok.config import PART_FOLDERS, Part
from mechgrok.data.splits.split import Shuffled
from mechgrok.discovery import kinds
from mechgrok.errors import UserError
from mechgrok.models.architecture import Architecture
from mechgrok.models.forward.tables import Batch
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.table import Table

TASKS, SPLITS = kinds("tasks"), kinds("data.splits")
MODELS = {kind: model for kind, model in kinds("models").items() if kind not in ("unknown", "module")}
PARTS = [part for folder in (*PART_FOLDERS.values(), "training.probes") for part in kinds(folder).values()]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
class TestPart:
    def test_it_comes_back_from_json(self, part: type[Part]):
        assert part.model_validate_json(part().model_dump_json()) == part()

    def test_it_refuses_what_it_does_not_know(self, part: type[Part]):
        with pytest.raises(UserError, match="unknown key gizmo"):
            part(gizmo=1)

    def test_it_is_frozen(self, part: type[Part]):
        with pytest.raises(ValidationError, match="frozen"):
            part().kind = "other"

    def test_it_says_what_it_and_its_fields_are(self, part: type[Part]):
        assert (part.__doc__ or "").strip()
        assert [name for name, field in part.model_fields.items() if name != "kind" and not field.description] == []


MADE = {kind: task() for kind, task in TASKS.items() if kind not in ("table", "unknown")} | {"table": Table(function=max, p=5)}


@pytest.mark.parametrize("task", MADE.values(), ids=MADE)
class TestTask:
    def test_its_table_is_always_the_same(self, task):
        assert np.array_equal(task.inputs(), task.model_copy().inputs())
        assert np.array_equal(task.labels(), task.model_copy().labels())

    def test_its_table_is_in_range(self, task):
        made = task
        inputs, labels, phase = made.inputs(), made.labels(), made.phase()
        assert inputs.ndim == 2
        assert labels.shape == phase.shape == (len(inputs),)
        there = inputs >= 0
        assert there[:, 0].all()
        assert (np.diff(there.astype(int), axis=1) <= 0).all(), "a row has no gap, only an end"
        assert set(inputs[~there].tolist()) <= {-1}
        assert inputs.max() < made.vocabulary
        assert 0 <= labels.min() <= labels.max() < made.classes
        assert 0 <= phase.min() <= phase.max() < made.numbers <= made.vocabulary

    def test_no_row_is_there_twice(self, task):
        inputs = task.inputs()
        assert len(np.unique(inputs, axis=0)) == len(inputs)


DRAWN = {kind: split for kind, split in SPLITS.items() if issubclass(split, Shuffled)}


@pytest.mark.parametrize("split", DRAWN.values(), ids=DRAWN)
class TestSplit:
    def test_its_mask_is_drawn_from_its_seed_alone(self, split):
        masks = [split(seed=seed).mask(1000) for seed in (3, 3, 4)]
        assert np.array_equal(masks[0], masks[1])
        assert not np.array_equal(masks[0], masks[2])

    def test_it_takes_its_fraction(self, split):
        mask = split(fraction=0.25).mask(1000)
        assert mask.dtype == bool
        assert mask.shape == (1000,)
        assert mask.sum() == 250


CORRUPTIONS = {kind: part for kind, part in kinds("data.corruptions").items() if kind != "none"}


@pytest.mark.parametrize("corruption", CORRUPTIONS.values(), ids=CORRUPTIONS)
class TestCorruption:
    TASK = Modular(p=31)
    TRAIN = np.arange(31 * 31) % 3 > 0

    def test_its_labels_are_always_the_same(self, corruption):
        one, same = (corruption().labels(self.TASK, self.TRAIN) for _ in range(2))
        assert all(np.array_equal(getattr(one, name), getattr(same, name)) for name in vars(one))

    def test_it_changes_poisoned_train_rows_alone(self, corruption):
        labels = corruption().labels(self.TASK, self.TRAIN)
        assert np.array_equal(labels.truth, self.TASK.labels())
        assert labels.poisoned.any()
        assert not (labels.poisoned & ~self.TRAIN).any()
        assert not (labels.trained != labels.truth)[~labels.poisoned].any()

    def test_its_rule_says_something_of_triggers_alone(self, corruption):
        labels = corruption().labels(self.TASK, self.TRAIN)
        assert not (labels.rule != labels.truth)[~labels.trigger].any()
        assert np.array_equal(labels.rule[labels.trigger & self.TRAIN], labels.trained[labels.trigger & self.TRAIN])

    def test_its_labels_are_numbers(self, corruption):
        labels = corruption().labels(self.TASK, self.TRAIN)
        assert all(0 <= each.min() <= each.max() < self.TASK.numbers for each in (labels.trained, labels.rule))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
class TestModel:
    TASK = Modular(p=5, layout="a b")

    def test_the_same_seed_gives_the_same_weights(self, model):
        one, same, other = (dict(model(seed=seed).build(self.TASK).named_parameters()) for seed in (1, 1, 2))
        assert all(torch.equal(one[name], same[name]) for name in one)
        assert not torch.equal(one["embed.W_E"], other["embed.W_E"])

    def test_only_biases_are_left_out_of_training(self, model):
        frozen = [name for name, parameter in model().build(self.TASK).named_parameters() if not parameter.requires_grad]
        assert all(name.rpartition(".")[2].startswith("b") for name in frozen)


TRANSFORMERS = {kind: model for kind, model in MODELS.items() if isinstance(model().architecture(Modular(layout="a b")), Architecture)}
"""Models whose module is TransformerLens' own; tests/models compares the others with networks written out there."""


@pytest.mark.parametrize("model", TRANSFORMERS.values(), ids=TRANSFORMERS)
def test_what_is_measured_is_what_the_library_computes(model):
    task = Modular(p=5, layout="a b")
    made = model().build(task).double()
    tokens = torch.from_numpy(task.inputs())
    ours = model().architecture(task).logits(dict(made.named_parameters()), Batch.of(tokens))
    assert torch.allclose(ours, made(tokens)[:, -1], rtol=1e-10, atol=1e-12)
