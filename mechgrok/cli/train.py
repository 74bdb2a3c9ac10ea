"""mechgrok train."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from mechgrok.api import settings
from mechgrok.api.default_folder import default_folder
from mechgrok.cli import flags
from mechgrok.cli.output.interruption import interruptible
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.api import progress
    from mechgrok.config import Config
    from mechgrok.runs.run import Run
    from mechgrok.training.loop import Progress

Log = Literal["auto", "live", "lines", "quiet", "wandb"]

USAGE = """usage: mechgrok train PRESET [--out RUN] [--task.p 59 ...] [--seed 3 | --seeds 0-31]
                      [--device D] [--threads N] [--forward fast|plain] [--log live|lines|quiet|wandb]
       mechgrok train --resume RUN [--log live|lines|quiet|wandb]

Trains a preset until its last step or its stopping rule. Every value of the config is a flag by its path; mechgrok train PRESET --help
shows those that are often set, --help-all all of them. --seeds 0-31 trains a run for each seed, several at a time, in OUT/seed-0, ... A run
that was interrupted or killed goes on with --resume exactly as if it had not been; so do several, by their folder.

presets:"""

SEED = "The seed of the initial weights, the split and the batches together; model.seed, split.seed and training.seed set one of them."


SEEDS = "Train a run for each of these seeds, such as 0-31 or 0,3,5-7, in a folder of runs; several at a time."


def main(arguments: list[str]) -> int:
    """Trains a preset, or resumes a run."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, *preset_lines(), sep="\n")
        return 0
    name, *rest = preset_first(arguments)
    if name.partition("=")[0] in ("--resume", "--log"):
        return flags.call(_resume, arguments, "train")
    return _begin(name, rest)


def preset_first(arguments: list[str]) -> list[str]:
    """The arguments with a preset that stands behind flags before them."""
    from mechgrok.training.presets import PRESETS

    at = [i for i, word in enumerate(arguments) if word in PRESETS]
    if not at or not arguments[0].startswith("-") or "--resume" in arguments:
        return arguments
    return [arguments[at[-1]], *arguments[: at[-1]], *arguments[at[-1] + 1 :]]


def preset_lines() -> list[str]:
    """A line for each preset."""
    from mechgrok.training.presets import PRESETS

    return [f"  {name:<22}{preset.about}" for name, preset in PRESETS.items()]


def _begin(name: str, arguments: list[str]) -> int:
    _refuse_resume(arguments)
    if arguments in (["-h"], ["--help"]):
        return _print_help(name)
    options = parsed(name, ["--help" if word == "--help-all" else word for word in arguments])
    config = chosen(options)

    if options.seeds is not None:
        return _begin_several(name, config, options, arguments)

    from mechgrok.training import launch

    need_package(options.log)
    run = launch.begin(config, options.out or default_folder(name, config, preset(name, [])), options.execution)
    return train(run, options.log)


def _print_help(name: str) -> int:
    from mechgrok.cli.arguments.train_help import short_help
    from mechgrok.training.presets import PRESETS

    config = preset(name, ["--help"])
    print(short_help(name, PRESETS[name].about, config))
    return 0


def _refuse_resume(arguments: Sequence[str]) -> None:
    words = [piece for argument in arguments for piece in argument.split("=", 1)]
    if "--resume" in words:
        run = [*words[words.index("--resume") + 1 :], "RUN"][0]
        raise UserError(f"--resume takes no preset, since a run keeps its configuration; give: mechgrok train --resume {run}")


def preset(name: str, flags: Sequence[str]) -> Config:
    """The preset of that name. Raises UserError, which for a flag proposes one of the `flags`."""
    return settings.preset(name, list(flags) if name.startswith("-") else None)


def need_package(log: Log) -> None:
    """Raises UserError where a way to log needs a package that is not here, before anything is written."""
    if log == "wandb":
        from mechgrok.cli import wandb_copy

        wandb_copy.package()


def _resume(resume: Path, log: Log = "auto") -> int:
    """Goes on with a run from its newest state.

    Args:
        resume: The run's folder, or that of several runs.
        log: live: a progress bar; lines: a line now and then; quiet: nothing; by default live on a terminal, else lines; wandb: so too,
            and metrics are copied to Weights & Biases, off line unless WANDB_MODE=online.
    """
    from mechgrok.api import several
    from mechgrok.runs.run import open_run

    if runs := several.runs_in(resume):
        return _train_several(resume, runs, log)
    return train(open_run(resume), log)


def train(run: Run, log: Log = "auto") -> int:
    """Trains a run to its end and prints how it ended; the exit status is 130 after Ctrl-C."""
    from mechgrok.api.progress import watching
    from mechgrok.training import launch

    if run.is_train is not None and run.is_train.all():
        print("note: all rows are train rows: there is no test set, no test accuracy, and no rule to stop by them")
    mode = "auto" if log == "wandb" else log
    with interruptible(lambda: _kept(run)), watching(run.config.training.steps, mode) as shown, _copied(run, log, shown) as progress:
        ending = launch.resume(run, progress)
    if ending.interrupted:
        print(f"interrupted at step {ending.step}; go on with: mechgrok train --resume {run.path}")
        return 130
    print(f"stopped at step {ending.step}: {ending.reason}. Next: mechgrok analyze {run.path}")
    return 0


def _begin_several(name: str, config: Config, options: Any, arguments: Sequence[str]) -> int:
    """Trains a run for each of the seeds in the options."""
    from mechgrok.api import several

    if options.seed is not None:
        raise UserError("--seed and --seeds exclude each other; leave --seed away")
    _shown(options.log)
    seeds = several.seeds_in(options.seeds)
    folder = options.out or default_folder(name, config, preset(name, []), several.as_text(seeds))
    flags = {argument.partition("=")[0] for argument in arguments}
    kept = [part for part in settings.SEEDED if f"--{part}.seed" in flags]
    return _train_several(folder, several.begin(several.configs(config, seeds, kept), folder, options.execution), options.log)


def _train_several(folder: Path, runs: Sequence[Run], log: Log) -> int:
    """Trains the runs of a folder to their ends and prints how each ended; the exit status is 130 after Ctrl-C."""
    from mechgrok.api import several

    shown = _shown(log)
    with interruptible(lambda: f"go on with: mechgrok train --resume {folder}"):
        endings = several.to_the_end(runs, shown)
    for run, ending in ((run, endings[run.path]) for run in runs if run.path in endings):
        print(f"{run.name}: {'' if ending.interrupted else 'stopped '}at step {ending.step}: {ending.reason}")
    if len(endings) < len(runs) or any(each.interrupted for each in endings.values()):
        print(f"interrupted; go on with: mechgrok train --resume {folder}")
        return 130
    print(f"Next: mechgrok analyze {folder}")
    return 0


def _shown(log: Log) -> progress.Log:
    """How the progress of several runs is shown. Raises UserError for wandb."""
    if log == "wandb":
        raise UserError("--log wandb copies one run at a time; train the seeds without it, or one by one with --seed")
    return log


def _kept(run: Run) -> str:
    """What a run that was interrupted outside of its steps can go on from."""
    from mechgrok.training.recorder import saved_step

    step = saved_step(run.path)
    kept = f"{run.path} has no trained step yet" if step is None else f"{run.path} is kept up to step {step}"
    return f"{kept}; go on with: mechgrok train --resume {run.path}"


@contextmanager
def _copied(run: Run, log: Log, shown: Progress) -> Iterator[Progress]:
    """The display of the run, with a copy to Weights & Biases for --log wandb."""
    if log != "wandb":
        yield shown
        return
    from mechgrok.api.progress import Both
    from mechgrok.cli.wandb_copy import copying

    with copying(run) as copy:
        yield Both(shown, copy)


OTHER_KINDS = "The parts have other kinds too (mechgrok list); with --model.kind mlp, for example, this help shows the flags of that kind."


def parsed(name: str, arguments: list[str]) -> Any:
    """The options of the command for the preset of that name, as the arguments set them."""
    import tyro

    more = {"seeds": (Annotated[str | None, tyro.conf.arg(metavar="N-M", help=SEEDS)], None)}
    return options(f"train {name}", f"Trains the preset {name}. {OTHER_KINDS}", preset(name, ["--resume"]), arguments, more)


def options(command: str, text: str, preset: Config, arguments: list[str], more: Mapping[str, Any]) -> Any:
    """The preset's typed config with the options of a command beside it, `more` of them than those of train, as the arguments set them."""
    import tyro
    from pydantic import create_model

    from mechgrok.config import WITHOUT_SOURCE
    from mechgrok.training.execution import Execution

    config = _with_seed(with_kinds(preset, arguments), arguments)
    extra: dict[str, Any] = {
        "seed": (Annotated[int | None, tyro.conf.arg(help=SEED)], None),
        "out": (Annotated[Path | None, tyro.conf.arg(help="The run's folder; by default one in checkpoints/.")], None),
        "log": (Log, "auto"),
        "execution": (Annotated[Execution, tyro.conf.arg(name="")], Execution()),
        **more,
    }
    model = create_model("Options", __base__=config.typed(), __doc__=text, __cls_kwargs__=WITHOUT_SOURCE, **extra)
    # The kinds that were named belong to the way to the help, which shows the flags of these.
    kinds = "".join(f" --{part}.kind {kind}" for part, kind in _kinds(arguments).items())
    return flags.parse(model, arguments, command + kinds, default=model(**dict(config)))


def chosen(options: Any) -> Config:
    """The config among the options."""
    from mechgrok.config import Config

    return Config(**{field: getattr(options, field) for field in Config.model_fields})


def with_kinds(config: Config, arguments: list[str]) -> Config:
    """The config with the kinds that the arguments name (`--split.kind torch-randperm`), keeping the values that both kinds take."""
    return settings.with_kinds(config, _kinds(arguments))


def _with_seed(config: Config, arguments: list[str]) -> Config:
    """The config with the seed of `--seed`; flags of single seeds are read after it, and so come before it."""
    words = [piece for argument in arguments for piece in argument.split("=", 1)]
    given = [value for flag, value in pairwise(words) if flag == "--seed"]
    if not all(value.isdecimal() for value in given):
        raise UserError(f"--seed {given[-1]}: give a whole number, 0 or more")
    return settings.seeded(config, int(given[-1])) if given else config


def _kinds(arguments: list[str]) -> dict[str, str]:
    """The kinds that the arguments name, by part."""
    from mechgrok.config import PART_FOLDERS

    words = [piece for argument in arguments for piece in argument.split("=", 1)]
    return {flag[2:-5]: value for flag, value in pairwise(words) if flag.endswith(".kind") and flag[2:-5] in PART_FOLDERS}
