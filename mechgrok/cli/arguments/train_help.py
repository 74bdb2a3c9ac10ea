"""The short help of a preset: the flags that most people set, with the values that it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mechgrok.config import Config

OF_RUN: Mapping[str, str] = {
    "--out RUN": "the folder of the run; by default one in checkpoints/",
    "--seed 3": "the seed of initial weights, split and batches together",
    "--seeds 0-31": "a run for each of these seeds, several at a time, in one folder",
    "--resume RUN": "goes on with a run (without a preset)",
    "--device D": "cpu, cuda, cuda:1, ...; by default a GPU if there is one",
    "--log L": "live, lines, quiet or wandb",
}
OF_CONFIG: Mapping[str, str] = {
    "task.p": "the modulus",
    "task.operation": "what is learnt, such as add, subtract, multiply, divide or a^2+b",
    "split.fraction": "the share of the table that is trained on",
    "model.layers": "blocks",
    "model.heads": "attention heads of a block",
    "model.d_model": "width of the residual stream",
    "model.d_mlp": "neurons of a block",
    "optimizer.lr": "learning rate",
    "optimizer.weight_decay": "weight decay",
    "training.steps": "updates of the weights",
    "training.batch": "rows of an update, or full",
    "checkpoints.every": "steps between checkpoints",
}


def short_help(name: str, about: str, config: Config) -> str:
    """The help of the preset of that name."""
    lines = [
        f"usage: mechgrok train {name} [--FLAG VALUE ...]",
        "",
        about,
        "",
        *_aligned(OF_RUN),
        "",
        "values of the config that are often set, as this preset has them:",
        *_aligned(dict(_of_config(config.model_dump()))),
        "",
        f"All flags: mechgrok train {name} --help-all, with --model.kind mlp, for example, those of that kind (mechgrok list).",
    ]
    return "\n".join(lines)


def _of_config(values: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The flags that the config has."""
    for path, text in OF_CONFIG.items():
        part, _, key = path.partition(".")
        if values[part].get(key) is not None:
            yield f"--{path} {values[part][key]}", text


def _aligned(lines: Mapping[str, str]) -> list[str]:
    width = max(map(len, lines))
    return [f"  {flag:<{width}}  {text}" for flag, text in lines.items()]
