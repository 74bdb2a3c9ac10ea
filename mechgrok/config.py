"""The config tree: everything that decides a run, and nothing else. Device, threads and logging are not here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    create_model,
    model_validator,
)

from mechgrok.discovery import PartFolder, kinds
from mechgrok.errors import UserError, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PositiveInt = Annotated[int, Field(gt=0, le=10**9)]
NonNegativeInt = Annotated[int, Field(ge=0, lt=2**63)]
DecayRate = Annotated[float, Field(ge=0, lt=1)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]

PART_FOLDERS: dict[str, PartFolder] = {
    "task": "tasks",
    "split": "data.splits",
    "corruption": "data.corruptions",
    "model": "models",
    "optimizer": "training.optimizers",
    "gradient": "training.gradients",
    "schedule": "training.schedules",
}
"""The parts of the tree that a `kind` picks, and the folder that holds the kinds."""

DEFAULT_KINDS = {"corruption": "none", "optimizer": "adamw", "gradient": "none", "schedule": "linear-warmup"}
"""The kinds of the parts that need not be named."""


class Part(BaseModel):
    """One frozen node of the tree. Unknown and mistyped keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


P = TypeVar("P", bound=Part)


def _by_kind(part: str) -> BeforeValidator:
    """Turns `{"kind": name, ...}` into the class that the folder of a part holds under that name."""

    def choose(value: Any) -> Any:
        if isinstance(value, Part):
            return value
        known = kinds(PART_FOLDERS[part])
        if not isinstance(value, dict):
            raise ValueError(f'Input should be an object such as {{"kind": "{next(iter(known))}"}}')
        kind = value.get("kind", DEFAULT_KINDS.get(part))
        if kind not in known:
            raise ValueError(f"unknown kind {kind!r}{nearest(str(kind), list(known))}")
        return known[kind].model_validate(value)

    return BeforeValidator(choose)


def _default(part: str) -> Any:
    """The field of a part that need not be named; its classes lie in higher layers, so it is made when asked for."""
    return Field(default_factory=lambda: kinds(PART_FOLDERS[part])[DEFAULT_KINDS[part]]())


class Stop(Part):
    """When to stop before the last step. Rules are looked at whenever metrics are recorded; any of them suffices.

    A loss here is what is trained: the mean squared error where that is `training.loss`, without penalties.
    """

    test_loss_below: float | None = None
    """Stop once the test loss is below this."""
    train_loss_below: float | None = None
    """Stop once the loss over all train rows is below this."""
    accuracy: Annotated[float, Field(gt=0, le=1)] | None = None
    """Stop once the test accuracy has been at least this ..."""
    evaluations: PositiveInt = 3
    """... for so many evaluations in a row."""


def _known_probe(name: str) -> str:
    known = kinds("training.probes")
    if name not in known:
        raise ValueError(f"unknown probe {name!r}{nearest(name, list(known))}")
    return name


def _is_batch(value: Any) -> Any:
    most = 1 if isinstance(value, float) else 10**9
    if value not in ("full", "auto") and not (isinstance(value, int | float) and 0 < value <= most):
        raise ValueError("give full, auto, a number of rows, or a share of them above 0 and up to 1")
    return value


class Training(Part):
    """How long and on what to train."""

    steps: NonNegativeInt = 40_000
    """Optimiser steps."""
    batch: Annotated[Literal["full", "auto"] | int | float, BeforeValidator(_is_batch)] = "full"
    """Rows a step: the whole train split; so many; a share of it such as 0.1, rounded up; auto: half of it, at most 512."""
    sampling: Literal["shuffled", "fixed", "replacement"] = "shuffled"
    """Rows of a batch: every row once an epoch in an order drawn anew, or always in the table's; or each drawn from all at random."""
    switch_at: tuple[PositiveInt, ...] = ()
    """Of a task in stages, such as aliases: the step from which each stage but the first is trained on, with the same optimiser."""
    rehearsal: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Of a task in stages: the share of every batch that is drawn from the rows of no stage (for aliases: the original data)."""
    loss: Literal["cross-entropy", "stablemax", "mse"] = "cross-entropy"
    """At the position that is read: mean over the batch of cross-entropy, from softmax or StableMax (Prieto et al. 2025); mse: mean
    over batch and classes of the squared distance to one-hot labels. Of a mixture, the sum over its tasks of their means."""
    loss_dtype: Literal["float64", "float32"] = "float64"
    """Precision of the loss; a log-softmax in float32 quantises it at 1.2e-7 and makes spikes of its own."""
    lp_alpha: NonNegativeFloat = 0.0
    """Adds lp_alpha times the mean over parameter tensors of their lp norm to the loss that is trained."""
    lp: Annotated[float, Field(ge=1)] = 2.0
    """Which norm that is."""
    clip_norm: PositiveFloat | None = None
    """Scale gradients (all as one vector, after the gradient filter) down to at most this L2 norm."""
    weight_noise: NonNegativeFloat = 0.0
    """Standard deviation of normal noise on every trained weight, drawn anew for each training step and gone after its gradient."""
    init_scale: PositiveFloat = 1.0
    """Factor of all initial weights that are trained (Liu et al. 2022, arXiv 2210.01117)."""
    evaluate_every: PositiveInt = 20
    """Steps between two rows of metrics for each split."""
    probes: tuple[Annotated[str, AfterValidator(_known_probe)], ...] = ()
    """What to write of the updates at evaluated steps into probes.csv; mechgrok list probes names them."""
    stop: Stop = Stop()
    seed: NonNegativeInt = 0
    """Seed of the order of batches, of dropout and of weight noise."""

    @model_validator(mode="after")
    def _replacement_needs_a_batch(self) -> Self:
        if self.batch == "full" and self.sampling == "replacement":
            raise ValueError("sampling with replacement needs batches; set batch to a number or share of rows, or to auto")
        return self


class Checkpoints(Part):
    """Which steps are kept; the first and the last always are."""

    every: NonNegativeInt = 100
    """Keep every so many steps; 0 for none of these."""
    log_spaced: NonNegativeInt = 50
    """Keep about so many more, spaced logarithmically."""
    at: tuple[NonNegativeInt, ...] = ()
    """Keep these steps too."""


Group = Literal["embed", "unembed", "body", "all"]
"""embed: W_E; unembed: what knows the classes (W_U, b_U); body: everything between, positions included."""


class Parent(Part):
    """The checkpoint that a run started from, as it was then."""

    run: str
    """Name of the run's folder."""
    step: NonNegativeInt
    """Which checkpoint."""
    weights: str
    """Hash of its file."""


class Start(Part):
    """Where the weights come from, and which of them stay as they are.

    embed is W_E, unembed what knows the classes (W_U, b_U), body everything between them with positions, all is everything.
    """

    parent: Parent | None = None
    """The checkpoint that some weights were taken from; mechgrok finetune sets it."""
    load: tuple[Group, ...] = ()
    """Which weights are the parent's (mechgrok finetune); the others are drawn as model.init says."""
    freeze: tuple[Group, ...] = ()
    """Which weights are never changed: no gradient, no decay, no noise. Without a parent these stay random."""


class Config(Part):
    """A run, decided."""

    task: Annotated[SerializeAsAny[Any], _by_kind("task")]
    split: Annotated[SerializeAsAny[Any], _by_kind("split")]
    corruption: Annotated[SerializeAsAny[Any], _by_kind("corruption")] = _default("corruption")
    model: Annotated[SerializeAsAny[Any], _by_kind("model")]
    start: Start = Start()
    optimizer: Annotated[SerializeAsAny[Any], _by_kind("optimizer")] = _default("optimizer")
    gradient: Annotated[SerializeAsAny[Any], _by_kind("gradient")] = _default("gradient")
    schedule: Annotated[SerializeAsAny[Any], _by_kind("schedule")] = _default("schedule")
    training: Training = Training()
    checkpoints: Checkpoints = Checkpoints()

    def typed(self) -> type[Config]:
        """The tree with the parts that a `kind` picked as declared types, so that flags can be made of it."""
        chosen = {name: (type(getattr(self, name)), getattr(self, name)) for name in PART_FOLDERS}
        return create_model("Config", __base__=Config, __doc__=Config.__doc__, **chosen)  # type: ignore[call-overload]


def read(text: str, source: str) -> Config:
    """The config in a JSON `text`; `source` is named in the error. Raises UserError."""
    try:
        return Config.model_validate_json(text)
    except ValidationError as error:
        raise UserError(f"{source}: {describe_problem(error, Config)}") from None


def make(part: type[P], **values: Any) -> P:
    """A part with these values. Raises UserError where they do not fit."""
    try:
        return part(**values)
    except ValidationError as error:
        raise UserError(describe_problem(error, part)) from None


def describe_problem(error: ValidationError, part: type[BaseModel], prefix: str = "") -> str:
    """The first thing that `error` has against a `part`, in one line with its path (after `prefix`) and the nearest known key."""
    problems = error.errors()
    path = _path(problems[0])
    where = ".".join(filter(None, [prefix, *path]))
    if problems[0]["type"] == "extra_forbidden":
        return f"unknown key {where}{nearest(path[-1], _siblings(part, path))}"
    said = dict.fromkeys(each["msg"].removeprefix("Value error, ") for each in problems if _path(each) == path)
    return f"{where}: {', or '.join(said)}" if where else next(iter(said))


def _path(problem: ErrorDetails) -> list[str]:
    """The keys and indices that lead to a problem, without the names that pydantic gives to the members of a union."""
    unknown = problem["type"] == "extra_forbidden"
    return [str(step) for step in problem["loc"] if unknown or isinstance(step, int) or step.isidentifier()]


def _siblings(part: type[BaseModel], path: list[str]) -> list[str]:
    """The keys that stand where the last one of `path` does; under a `kind`, those of all kinds."""
    if part is Config and path[0] in PART_FOLDERS and len(path) == 2:
        return sorted({name for kind in kinds(PART_FOLDERS[path[0]]).values() for name in kind.model_fields})
    for step in path[:-1]:
        inner = part.model_fields[step].annotation if step in part.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        part = inner
    return list(part.model_fields)
