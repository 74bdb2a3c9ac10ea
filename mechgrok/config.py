"""The config tree: every setting that determines the numbers of a run. Device, threads and logging are not part of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

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

from mechgrok.discovery import PartFolder, kinds, kinds_with
from mechgrok.errors import InvalidValueError, UserError, close_names, nearest

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _ModelMetaclass
    from pydantic_core import ErrorDetails
else:
    _ModelMetaclass = type(BaseModel)

_FEW = 8
"""Words that a message lists."""
PositiveInt = Annotated[int, Field(gt=0, le=10**9)]
Depth = Annotated[int, Field(gt=0, le=1000)]
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
"""The parts of the tree that are chosen by a `kind`, and the folder that holds the kinds of each."""

DEFAULT_KINDS = {"corruption": "none", "optimizer": "adamw", "gradient": "none", "schedule": "linear-warmup"}
"""The default kinds."""


class _Checked(_ModelMetaclass):
    """The class of parts: a part that is made in Python is refused in one line, as one that is read from JSON."""

    def __call__(self, *values: Any, **named: Any) -> Any:
        part = cast("type[BaseModel]", self)
        if values and part.__init__ is BaseModel.__init__:
            first = next((name for name in part.model_fields if name != "kind"), "...")
            raise InvalidValueError(f"{part.__name__} takes its values by name: {part.__name__}({first}=...)")
        if not part.__pydantic_complete__:
            # Names in annotations of a class that was defined elsewhere than in a module are those of the caller.
            part.model_rebuild(raise_errors=False, _parent_namespace_depth=3)
        try:
            return super().__call__(*values, **named)
        except ValidationError as error:
            raise InvalidValueError(describe_problem(error, part)) from None


class Part(BaseModel, metaclass=_Checked):
    """A frozen node of the config tree. Unknown keys and values of a wrong type raise InvalidValueError, a UserError."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


WITHOUT_SOURCE = {"use_attribute_docstrings": False}
"""For classes made by `create_model`, which have no source: looking for it searches all frames of the stack."""


def _by_kind(part: str) -> BeforeValidator:
    """A validator that turns `{"kind": name, ...}` into an instance of that kind of a part."""

    def choose(value: Any) -> Any:
        if isinstance(value, Part):
            return value
        known = kinds(PART_FOLDERS[part])
        if not isinstance(value, dict):
            raise ValueError(f'Input should be an object such as {{"kind": "{next(iter(known))}"}}')
        kind = value.get("kind", DEFAULT_KINDS.get(part))
        if not isinstance(kind, str) or kind not in known:
            raise ValueError(f"unknown kind {kind!r}{nearest(str(kind), list(known))}")
        return known[kind].model_validate(value)

    return BeforeValidator(choose)


def _default(part: str) -> Any:
    """The field of a part with a default kind. The classes lie in higher layers, so the default is imported only when it is needed."""
    return Field(default_factory=lambda: kinds(PART_FOLDERS[part])[DEFAULT_KINDS[part]]())


class Stop(Part):
    """When to stop before the last step. The rules are checked whenever metrics are recorded; training stops when any of them holds.

    A loss in these rules is the loss that is minimised (`training.loss`), without penalties.
    """

    test_loss_below: float | None = None
    """Stop once the test loss is below this."""
    train_loss_below: float | None = None
    """Stop once the loss over all train rows is below this."""
    accuracy: Annotated[float, Field(gt=0, le=1)] | None = None
    """Stop once the test accuracy has been at least this for `evaluations` evaluations in a row."""
    evaluations: PositiveInt = 3
    """Number of evaluations in a row that the rule on the accuracy needs."""


def _known_probe(name: str) -> str:
    known = kinds("training.probes")
    if name not in known:
        raise ValueError(f"unknown probe {name!r}{nearest(name, list(known))}")
    return name


def _is_batch(value: Any) -> Any:
    most = 1 if isinstance(value, float) else 10**9
    if value not in ("full", "auto") and not (isinstance(value, int | float) and 0 < value <= most):
        raise ValueError("give full, auto, a number of rows, or a share of them above 0 and at most 1")
    return value


class Training(Part):
    """Length of training, batches, loss and evaluation."""

    steps: NonNegativeInt = 40_000
    """Optimiser steps."""
    batch: Annotated[Literal["full", "auto"] | int | float, BeforeValidator(_is_batch)] = "full"
    """Rows in each step. full: the whole train split; a number of rows; a share of the split such as 0.1, rounded up; auto: half of it, at
    most 512."""
    sampling: Literal["shuffled", "fixed", "replacement"] = "shuffled"
    """Rows of a batch. shuffled: each row once an epoch, in a new random order; fixed: in the order of the table; replacement: drawn at
    random with replacement."""
    switch_at: tuple[PositiveInt, ...] = ()
    """Of a task in stages, such as aliases: the first step of each stage after the first. The optimiser state is kept."""
    rehearsal: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Of a task in stages: the share of every batch that is drawn from the rows of no stage (for aliases: the original data)."""
    loss: Literal["cross-entropy", "stablemax", "mse"] = "cross-entropy"
    """Loss at the position that is read. cross-entropy and stablemax: mean over the batch of cross-entropy, from softmax or StableMax
    (Prieto et al. 2025); mse: mean over batch and classes of the squared distance to one-hot labels. Of a mixture: the sum over its tasks
    of their means."""
    loss_dtype: Literal["float64", "float32"] = "float64"
    """Precision of the loss. In float32, the log-softmax is quantised at 1.2e-7, which causes loss spikes."""
    lp_alpha: NonNegativeFloat = 0.0
    """Weight of a penalty: lp_alpha times the mean over parameter tensors of their lp norm is added to the loss."""
    lp: Annotated[float, Field(ge=1)] = 2.0
    """Order p of that norm."""
    clip_norm: PositiveFloat | None = None
    """Largest L2 norm of the gradient of all parameters as one vector; larger ones are scaled down, after the gradient filter."""
    weight_noise: NonNegativeFloat = 0.0
    """Standard deviation of normal noise on every trained weight, drawn for each step, and removed after its gradient is computed."""
    init_scale: PositiveFloat = 1.0
    """Factor of the initial weights of all trained parameters (Liu et al. 2022, arXiv 2210.01117)."""
    evaluate_every: PositiveInt = 20
    """Steps between two evaluations, each of which writes a row of metrics for each split."""
    evaluate_rows: PositiveInt | None = None
    """Rows of each split that an evaluation uses, drawn once at random from the seed; by default all rows. metrics.csv then has standard
    errors."""
    probes: tuple[Annotated[str, AfterValidator(_known_probe)], ...] = ()
    """Probes of the updates at evaluated steps, written to probes.csv; mechgrok list probes names them."""
    stop: Stop = Stop()
    seed: NonNegativeInt = 0
    """Seed of the order of batches, of dropout, of weight noise and of the rows of `evaluate_rows`."""

    @model_validator(mode="after")
    def _replacement_needs_a_batch(self) -> Self:
        if self.batch == "full" and self.sampling == "replacement":
            raise ValueError("sampling with replacement needs batches; set batch to a number or share of rows, or to auto")
        return self


class Checkpoints(Part):
    """The steps whose weights are kept. The first and the last step always are."""

    every: NonNegativeInt = 100
    """Keep the weights every so many steps; 0 for no such checkpoints."""
    log_spaced: Annotated[int, Field(ge=0, le=100_000)] = 50
    """Keep about this number of further steps, spaced logarithmically."""
    at: tuple[NonNegativeInt, ...] = ()
    """Further steps to keep."""


Group = Literal["embed", "unembed", "body", "all"]
"""embed: W_E; unembed: W_U and b_U; body: everything between, positions included; all: everything."""


class Parent(Part):
    """The checkpoint that a run started from."""

    run: str
    """Name of the run's folder."""
    step: NonNegativeInt
    """Step of the checkpoint."""
    weights: str
    """Hash of the checkpoint's file when the run began."""


class Start(Part):
    """Source of the initial weights, and the weights that are not trained.

    Groups of weights: embed is W_E, unembed is W_U and b_U, body is everything between them with positions, all is everything.
    """

    parent: Parent | None = None
    """The checkpoint that some weights were taken from; mechgrok finetune sets it."""
    load: tuple[Group, ...] = ()
    """Groups of weights that are taken from the parent (mechgrok finetune); the others are drawn by model.init."""
    freeze: tuple[Group, ...] = ()
    """Groups of weights that are never changed: no gradient, no decay, no noise. Without a parent they stay random."""


class Config(Part):
    """The complete configuration of a run."""

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
        """A subclass whose fields have the chosen kinds as their types, so that command line flags can be generated from it."""
        chosen = {name: (type(getattr(self, name)), getattr(self, name)) for name in PART_FOLDERS}
        options: dict[str, Any] = {"__base__": Config, "__doc__": Config.__doc__, "__cls_kwargs__": WITHOUT_SOURCE}
        found: type[Config] = create_model("Config", **options, **chosen)  # type: ignore[call-overload]
        return found


def read(text: str, source: str) -> Config:
    """The config in a JSON `text`. Raises UserError, with the name of the `source`, if it is not valid."""
    try:
        return Config.model_validate_json(text)
    except ValidationError as error:
        raise UserError(f"{source}: {describe_problem(error, Config)}") from None


def describe_problem(error: ValidationError, part: type[BaseModel], prefix: str = "") -> str:
    """The first problem of a validation `error` of a `part`, in one line with its path (after `prefix`) and the nearest known key."""
    problems = error.errors()
    path = _path(problems[0])
    where = ".".join(filter(None, [prefix, *path]))
    if problems[0]["type"] == "extra_forbidden":
        others = _kinds_with(part, path)
        hint = f"; it is a key of {path[0]}.kind {' or '.join(others)}" if others else nearest(path[-1], _siblings(part, path))
        return f"unknown key {where}{hint}"
    messages = dict.fromkeys(_message(each) for each in problems if _path(each) == path)
    return f"{where}: {', or '.join(messages)}" if where else next(iter(messages))


def _message(problem: ErrorDetails) -> str:
    """The message of a problem; where many words are possible, that nearest to a misspelt one instead of all."""
    given, words = problem["input"], re.findall(r"'([^']*)'", problem.get("ctx", {}).get("expected", ""))
    if problem["type"] == "literal_error" and isinstance(given, str) and len(words) > _FEW and close_names(given, words):
        return f"{given!r} is unknown{nearest(given, words)}"
    return problem["msg"].removeprefix("Value error, ")


def _path(problem: ErrorDetails) -> list[str]:
    """The keys and indices of a problem, without the names that pydantic gives to the members of a union."""
    unknown = problem["type"] == "extra_forbidden"
    return [str(step) for step in problem["loc"] if unknown or isinstance(step, int) or step.isidentifier()]


def _kinds_with(part: type[BaseModel], path: list[str]) -> list[str]:
    """The kinds of a part that have the last key of `path`."""
    return kinds_with(PART_FOLDERS[path[0]], path[1]) if part is Config and len(path) == 2 and path[0] in PART_FOLDERS else []


def _siblings(part: type[BaseModel], path: list[str]) -> list[str]:
    """The known keys beside the last one of `path`; in a part with kinds, those of all kinds."""
    if part is Config and path[0] in PART_FOLDERS and len(path) == 2:
        return sorted({name for kind in kinds(PART_FOLDERS[path[0]]).values() for name in kind.model_fields})
    for step in path[:-1]:
        inner = part.model_fields[step].annotation if step in part.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        part = inner
    return list(part.model_fields)
