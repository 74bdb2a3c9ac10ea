"""`mechgrok.train` and `mechgrok.finetune`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, overload

from mechgrok.api import several
from mechgrok.api.default_folder import as_name, default_folder
from mechgrok.api.progress import Log, watching
from mechgrok.api.settings import SEEDED, changed, preset, seeded
from mechgrok.config import Config, Group
from mechgrok.errors import UserError
from mechgrok.runs.run import Run, open_run
from mechgrok.training import finetuning, launch
from mechgrok.training.execution import Execution
from mechgrok.training.finetuning import Origin


@overload
def train(
    config: str | Config | Run | Path,
    out: str | Path | None = None,
    *,
    seed: int | None = None,
    seeds: None = None,
    device: str = "auto",
    threads: int = 0,
    log: Log = "auto",
    **values: Any,
) -> Run: ...
@overload
def train(
    config: str | Config,
    out: str | Path | None = None,
    *,
    seeds: Iterable[int],
    device: str = "auto",
    threads: int = 0,
    log: Log = "auto",
    **values: Any,
) -> list[Run]: ...
def train(
    config: str | Config | Run | Path,
    out: str | Path | None = None,
    *,
    seed: int | None = None,
    seeds: Iterable[int] | None = None,
    device: str = "auto",
    threads: int = 0,
    log: Log = "auto",
    **values: Any,
) -> Run | list[Run]:
    """Train a preset or a config, or go on with a run.

    Parameters
    ----------
    config : str, Config, Run or Path
        The name of a preset (see `presets`), a config, or a run that is resumed, as an object or as the path of its folder.
    out : str or Path, optional
        The folder of the run; by default one in checkpoints/ that is named after the preset.
    seed : int, optional
        The seed of the initial weights, the split and the batches together; values such as "split.seed" set one of them.
    seeds : iterable of int, optional
        Train a run for each of these seeds, in `out`/seed-3, several at a time; the runs are returned as a list.
    device : str
        "cpu", "cuda", "cuda:1", ...; "auto" for a GPU if there is one.
    threads : int
        CPU threads; 0 for the number that is fastest now, one or as many as there are cores.
    log : {"auto", "live", "lines", "quiet"}
        A progress bar, lines, or nothing; "auto": a bar on a terminal and in a notebook, else lines.
    values : Any
        Values of the config by their path, the flag of the command line: `**{"task.p": 59}`.

    Returns
    -------
    Run, or list of Run
        The run, trained to its end; with `seeds` one for each.

    Raises
    ------
    UserError
        For an unknown preset or value, and for a folder that exists.

    Examples
    --------
    >>> tiny = {"task.p": 5, "model.d_model": 8, "model.heads": 1, "model.d_mlp": 8, "training.steps": 3}
    >>> mechgrok.train("demo", "trained", log="quiet", **tiny).last_step
    3
    """
    if isinstance(config, Run | Path):
        if values or out is not None or seed is not None or seeds is not None:
            raise UserError("a run that is resumed keeps its folder and configuration; give no out, no seed and no values")
        return _to_the_end(config if isinstance(config, Run) else open_run(config), log)
    if seeds is not None:
        if seed is not None:
            raise UserError("seed and seeds exclude each other; give one of them")
        return _several(config, out, several.checked(seeds), Execution(device, threads), log, values)
    chosen, usual = _chosen(config, values, seed)
    folder = Path(out) if out is not None else _default(config, chosen, usual)
    with _process_as_before():
        return _to_the_end(launch.begin(chosen, folder, Execution(device, threads)), log)


def _several(
    config: str | Config, out: str | Path | None, seeds: Sequence[int], execution: Execution, log: Log, values: Mapping[str, Any]
) -> list[Run]:
    """A run for each seed, trained to its end."""
    chosen, usual = _chosen(config, dict(values))
    kept = [part for part in SEEDED if f"{part}.seed" in values]
    name = config if isinstance(config, str) else "run"
    folder = Path(out) if out is not None else default_folder(name, chosen, usual, several.as_text(seeds))
    with _process_as_before():
        runs = several.begin(several.configs(chosen, seeds, kept), folder, execution)
        endings = several.to_the_end(runs, log)
    if len(endings) < len(runs) or any(ending.interrupted for ending in endings.values()):
        raise KeyboardInterrupt(f"interrupted; go on with: mechgrok train --resume {folder}")
    return several.runs_in(folder)


def finetune(
    config: str | Config,
    parent: str | Path | Run,
    out: str | Path | None = None,
    *,
    load: Sequence[Group] | Group,
    freeze: Sequence[Group] | Group = (),
    step: int | None = None,
    device: str = "auto",
    threads: int = 0,
    log: Log = "auto",
    **values: Any,
) -> Run:
    """Train a preset or a config from weights of another run.

    Parameters
    ----------
    config : str or Config
        The name of a preset, or a config.
    parent : str, Path or Run
        The run to start from.
    out : str or Path, optional
        The folder of the new run; by default one in checkpoints/.
    load : str or sequence of str
        The weights that are taken from the parent: "embed", "unembed", "body" or "all".
    freeze : str or sequence of str
        The weights that are never changed.
    step : int, optional
        The checkpoint of the parent; by default its last.
    device : str
        As for `train`.
    threads : int
        As for `train`.
    log : {"auto", "live", "lines", "quiet"}
        As for `train`.
    values : Any
        Values of the config by their path.

    Returns
    -------
    Run
        The run, trained to its end.

    Raises
    ------
    UserError
        Where the weights do not fit, for an unknown preset or value, and for a folder that exists.

    Examples
    --------
    >>> tiny = {"task.p": 11, "model.d_model": 8, "model.heads": 2, "model.d_mlp": 6, "training.steps": 2}
    >>> child = mechgrok.finetune("demo", run, "child", load="embed", freeze="embed", log="quiet", **tiny)
    >>> bool((child.trajectory("embed.W_E") == run.trajectory("embed.W_E")[-1]).all())
    True
    """
    groups = {"start.load": _groups(load), "start.freeze": _groups(freeze)}
    chosen, usual = _chosen(config, values | groups)
    run = parent if isinstance(parent, Run) else open_run(parent)
    origin = Origin.at(run, step)
    folder = Path(out) if out is not None else from_parent(_default(config, chosen, usual), origin)
    with _process_as_before():
        made = finetuning.begin(chosen, origin, folder, Execution(device, threads))
        for note in notes(chosen, origin) if log != "quiet" else ():
            print(f"note: {note}")
        return _to_the_end(made, log)


def from_parent(folder: Path, origin: Origin) -> Path:
    """The default folder of a run that starts from another one."""
    return folder.with_name(f"{folder.name}-from-{as_name(origin.run.name)}")


def notes(config: Config, origin: Origin) -> Iterator[str]:
    """What may surprise in a run that starts from another one: weights that are drawn from the same seed, and tokens never trained."""
    loaded, parent = set(config.start.load), origin.run
    complete = "all" in loaded or {"embed", "body", "unembed"} <= loaded
    if not complete and "device" in parent.execution and getattr(parent.config.model, "seed", None) == config.model.seed:
        yield f"{parent.name} has model.seed {config.model.seed} too: what is not loaded is drawn as it was there; give another"
    if {"embed", "all"} & loaded and (unknown := finetuning.untrained_tokens(config, origin)):
        yield f"{parent.name} has {', '.join(map(repr, unknown))} in no row: what is loaded of it was drawn and has only decayed"


def _groups(named: Sequence[Group] | Group) -> tuple[str, ...]:
    return (named,) if isinstance(named, str) else tuple(named)


def _chosen(config: str | Config, values: dict[str, Any], seed: int | None = None) -> tuple[Config, Config]:
    """The config with the values, and without them."""
    usual = preset(config) if isinstance(config, str) else config
    return changed(usual if seed is None else seeded(usual, seed), values), usual


def _default(config: str | Config, chosen: Config, usual: Config) -> Path:
    return default_folder(config if isinstance(config, str) else "run", chosen, usual)


def _to_the_end(run: Run, log: Log) -> Run:
    """The run, trained until its last step or its stopping rule. Ctrl-C ends it after a step, with its state saved."""
    with watching(run.config.training.steps, log) as progress:
        ending = launch.resume(run, progress)
    if ending.interrupted:
        raise KeyboardInterrupt(f"interrupted at step {ending.step}; go on with mechgrok.train(Path({str(run.path)!r}))")
    return open_run(run.path)


@contextmanager
def _process_as_before() -> Iterator[None]:
    """Puts the threads and the determinism of this process back, which training sets for its numbers."""
    import torch

    threads, exact = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(exact)
