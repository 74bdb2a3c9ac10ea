"""The parsers of mechgrok, each with samples that it reads and a function that reads a hostile variant."""

from __future__ import annotations

import io
import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hostile
import numpy as np
from made_runs import make_run
from mutated_files import altered, mutated_file
from safetensors.numpy import save
from valid_files import damaged_file, files

from mechgrok import config
from mechgrok.data.splits.file import FromFile
from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.engine.results import Results
from mechgrok.report.curves import curves
from mechgrok.report.facts import facts
from mechgrok.report.writing import write_report
from mechgrok.runs import store
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.logs.curves import read_curves
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.importing.safe_pickle import loading
from mechgrok.runs.run import Run, open_run
from mechgrok.studies import axes
from mechgrok.studies.comparing import compared
from mechgrok.studies.sweep_file import read_file
from mechgrok.tasks.expression import Expression
from mechgrok.tasks.table import Table

CONFIG = {
    "task": {
        "kind": "modular",
        "operation": "add",
        "p": 7,
        "layout": "a b =",
        "loss_classes": "vocab",
        "spare_tokens": 0,
        "domain": {"nonzero": False},
    },
    "split": {"kind": "python-shuffle", "fraction": 0.4, "seed": 0},
    "corruption": {"kind": "none"},
    "model": {"kind": "transformer", "layers": 1, "d_model": 8, "heads": 2, "d_mlp": 6, "seed": 0},
    "start": {"parent": {"run": "a", "step": 0, "weights": "b"}, "load": ["embed"], "freeze": []},
    "optimizer": {"kind": "adamw", "lr": 0.001},
    "training": {"steps": 20, "batch": "full", "evaluate_rows": 5, "stop": {"accuracy": 0.5}},
    "checkpoints": {"every": 10, "at": []},
}
LINEAGE = {"run": "a", "step": 0, "weights": "b", "config": CONFIG, "lineage": None}
RECORDS = [{"step": step, "train_loss": 1.0, "val_loss": 2.0, "val_acc": 0.5} for step in (0, 10, 20)]
EXECUTION = {"device": "cpu", "threads": 1, "imported": {"file": "a.pt", "notes": ["b"], "format": "c"}}
METRICS = "step,split,loss,accuracy\n0,train,2.0,0.1\n0,test,2.0,0.1\n10,train,0.1,1.0\n10,test,1.0,0.5\n"
TOML = 'preset = "demo"\nout = "a/b"\nseeds = "0-2"\n\n[grid]\noptimizer.weight_decay = [1, 2]\n\n[values]\ntask.p = 31\n'
TABLE = "a,b,label\n0,1,1\n1,one,0\n"
EXPRESSIONS = ("a**3 + 2*a*b", "a*b - c if odd(b) else a/b", "(a + b)**2")
LABELS = ("gini", "restricted-loss(keys=6,23,39)", "fourier-density(basis=additive)", "label-probability(by=kind)")


@dataclass(frozen=True)
class Parser:
    """A name, an input that is valid, hostile variants of it, and the reading of one."""

    name: str
    valid: Any
    variant: Callable[[random.Random], Any]
    read: Callable[[Any], object]
    whole: bool = False
    """Whether it is a whole import or report, which takes a hundred times as long as a parser."""

    def hostile(self, count: int, seed: int) -> Iterator[Any]:
        """Inputs."""
        draw = random.Random(seed)
        return (self.variant(draw) for _ in range(count))


def parsers(folder: Path) -> dict[str, Parser]:
    """All parsers by name, which use a folder for files."""
    return {parser.name: parser for parser in (*_of_run(make_run(folder / "run")), *_of_texts(), *_of_files(folder), *_whole(folder))}


def _of_run(run: Path) -> Iterator[Parser]:
    results = _results(run)
    weights = "weights/00000020.safetensors"
    yield _json("config of a run", CONFIG, _file(run, store.CONFIG, _everything))
    yield _json("execution of a run", EXECUTION, _file(run, store.EXECUTION, lambda at: facts(open_run(at))))
    yield _json("lineage of a run", LINEAGE, _file(run, store.LINEAGE, lambda at: open_run(at).lineage))
    yield _text("metrics", METRICS, _file(run, store.METRICS, _metrics))
    yield _bytes("split of a run", (run / store.SPLIT).read_bytes(), _file(run, store.SPLIT, lambda at: open_run(at).snapshot().losses))
    yield _bytes("checkpoint", (run / weights).read_bytes(), _file(run, weights, _logits))
    yield _bytes("results", (run / results).read_bytes(), _file(run, results, _stored))


def _of_texts() -> Iterator[Parser]:
    yield _json("config", CONFIG, lambda text: config.read(_decoded(text), "config.json"))
    yield _text("expression", EXPRESSIONS, _expression)
    yield _text("measure", LABELS, lambda text: registry.parse(_decoded(text)))
    yield _text("grid", "optimizer.weight_decay=1,2", lambda text: axes.axis(_decoded(text)))


def _of_files(folder: Path) -> Iterator[Parser]:
    yield _text("sweep", TOML, _file(folder, "sweep.toml", lambda at: read_file(at / "sweep.toml")))
    yield _text("table", TABLE, _file(folder, "rows.csv", lambda at: Table(file=str(at / "rows.csv"))))
    yield _text("split file", "0\n1\n5\n", _file(folder, "rows.txt", lambda at: FromFile(path=str(at / "rows.txt")).mask(49)))
    yield _bytes("split array", _array(), _file(folder, "rows.npy", lambda at: FromFile(path=str(at / "rows.npy")).mask(49)))
    yield _text("log csv", METRICS, _file(folder, "log.csv", lambda at: read_curves(at / "log.csv")))
    yield _json("log json", RECORDS, _file(folder, "log.json", lambda at: read_curves(at / "log.json")))
    valid = (".safetensors", save({"w": np.ones((2, 2), np.float32)}))
    yield Parser("weights", valid, mutated_file, lambda each: _weights(folder, *each))


def _whole(folder: Path) -> Iterator[Parser]:
    run = make_run(folder / "reported")
    _results(run)
    write_report(open_run(run), {})
    summary = json.loads((run / "report" / "summary.json").read_text())
    report = _file(run, "report/summary.json", lambda at: write_report(open_run(at), {}))
    yield Parser("report", json.dumps(summary).encode(), lambda draw: hostile.json_text(summary, draw), report, whole=True)
    yield Parser("import", next(iter(files().items())), damaged_file, lambda each: _imported(folder, *each), whole=True)


def _json(name: str, sample: Any, read: Callable[[bytes], object]) -> Parser:
    return Parser(name, json.dumps(sample).encode(), lambda draw: hostile.json_text(sample, draw), read)


def _text(name: str, samples: str | tuple[str, ...], read: Callable[[bytes], object]) -> Parser:
    some = (samples,) if isinstance(samples, str) else samples
    return Parser(name, some[0].encode(), lambda draw: hostile.text(draw.choice(some), draw), read)


def _bytes(name: str, sample: bytes, read: Callable[[bytes], object]) -> Parser:
    return Parser(name, sample, lambda draw: altered(sample, draw), read)


def _file(folder: Path, name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Writes a file, reads, and restores the file where there was one."""
    before = (folder / name).read_bytes() if (folder / name).is_file() else None

    def write_and_read(content: bytes) -> object:
        (folder / name).write_bytes(content)
        try:
            return read(folder)
        finally:
            if before is None:
                (folder / name).unlink()
            else:
                (folder / name).write_bytes(before)

    return write_and_read


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _everything(folder: Path) -> None:
    """All that is computed from a run's config."""
    run = open_run(folder)
    facts(run)
    compared.read([folder])
    run._repr_html_()
    _ = run.snapshot().logits


def _metrics(folder: Path) -> None:
    curves(folder)
    run = Run(folder)
    _ = run.metrics["loss"].sum()
    run._repr_html_()


def _logits(folder: Path) -> object:
    return open_run(folder).snapshot(20).logits


def _results(run: Path) -> str:
    """The path of the results of a measure, in the folder of the run."""
    analyze(open_run(run), ["gini"], nulls=0)
    return str(next(run.glob("results/*/*/tables.parquet")).relative_to(run))


def _stored(folder: Path) -> None:
    results, measure = Results(folder), registry.parse("gini")
    steps = results.steps(measure)
    results.over(measure, steps)
    for step in steps:
        results.read(measure, step)


def _expression(text: bytes) -> object:
    task = Expression(expression=_decoded(text), p=5)
    return task.labels() if task.most_rows < 10_000 else None


def _array() -> bytes:
    made = io.BytesIO()
    np.save(made, np.arange(7))
    return made.getvalue()


def _weights(folder: Path, ending: str, content: bytes) -> None:
    path = (folder / "weights").with_suffix(ending)
    path.write_bytes(content)
    try:
        assert WeightsFile(loading.read(path), path).contents is not None
    finally:
        path.unlink()


def _imported(folder: Path, name: str, content: bytes) -> None:
    """A whole import, and the facts of the run."""
    at = folder / "foreign"
    shutil.rmtree(at, ignore_errors=True)
    at.mkdir()
    (at / name).write_bytes(content)
    import_file(at / name, at / "run", ImportOptions())
    facts(open_run(at / "run"))
