"""Large tables: what training, analysis, report and figure take, and what a checkpoint costs beside the arithmetic that it needs.

`python benchmarks/large_tables.py PART ...` with any of these parts:
cost: the streaming measures of the default analysis on one random network of `nanda2023`, at p = 59, 113, 227, 499, 997; writes the table
and the figure of docs/large-tables.md.
precision: what products in float32 change, at p = 113.
nanda: p = 997, trained by batches, analysed, report, figure.
oocl: sums of squares modulo 3001, 2 000 steps of `oocl2024`, analysed, report, figure.
batches: an update of `oocl2024` modulo 3001 beside its bare matrix products and optimiser passes.
clock: values modulo 3001 on a network built by hand, against the closed form; sums: the same for the measures that one pass serves.
Every part runs in processes of its own, whose peak memory is the VmHWM that the system counts.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from torch import Tensor

if TYPE_CHECKING:
    from mechgrok.engine.outcomes import Outcomes
    from mechgrok.training.trainer import Trainer
    from mechgrok.verification.hand_built import HandBuiltNetwork

ROOT = Path(__file__).resolve().parents[1]
MODULI = (59, 113, 227, 499, 997)
FROM_SUMS = [
    "loss",
    "key-frequencies",
    "logit-cosines",
    "neuron-frequencies",
    "embedding-spectrum",
    "neuron-logit-spectrum",
    "gini",
    "weight-norms",
]
"""Measures of weights, and of what one pass adds up."""
MEASURES = [*FROM_SUMS, "equivariance", "restricted-loss", "excluded-loss"]
CLOCK = {5: 10.0, 711: 8.0, 1200: 6.0}
MEASURED = """
import sys, time
begin, processor = time.perf_counter(), time.process_time()
exec(sys.argv.pop(1))
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(time.perf_counter() - begin, time.process_time() - processor, peak / 1e6)
"""
COMMAND = "from mechgrok.cli import main; assert main(sys.argv[1:]) == 0"
CHECKPOINT = """
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import large_tables
large_tables.analyse(int(sys.argv[2]), Path(sys.argv[3]))
"""
UPDATES = "sys.path.insert(0, sys.argv[1]); import large_tables; large_tables.compare_updates()"
HAND_BUILT = "sys.path.insert(0, sys.argv[1]); import large_tables; large_tables.compare_with_the_clock(int(sys.argv[2]), sys.argv[3:])"


def main(*parts: str) -> None:
    """Runs the parts."""
    every = {"cost": cost, "precision": precision, "nanda": nanda, "oocl": oocl, "batches": batches, "clock": clock, "sums": sums}
    for part in parts or [name for name in every if name != "sums"]:
        every[part]()


def measured(code: str, *words: str) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak memory (GB) of a process of its own, whose other output is passed on."""
    process = subprocess.run([sys.executable, "-c", MEASURED, code, *words], capture_output=True, text=True, cwd=ROOT)
    *printed, last = process.stdout.splitlines() or [""]
    print("\n".join(printed), process.stderr, sep="", end="\n" if printed else "", flush=True)
    process.check_returncode()
    seconds, processor, peak = map(float, last.split())
    return seconds, processor, peak


def command(*words: str) -> None:
    """Runs a command of mechgrok, and prints what it took."""
    print(f"mechgrok {words[0]}: {_taken(*measured(COMMAND, *words))}", flush=True)


def _taken(seconds: float, processor: float, peak: float) -> str:
    return f"{seconds:.0f} s, {processor:.0f} processor seconds, {peak:.2f} GB"


def nanda() -> None:
    """Addition modulo 997 by batches of a hundredth of the table: 100 steps, analysis of the last checkpoint, report, figure."""
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "nanda-997")
        sizes = ["--task.p", "997", "--training.batch", "10000", "--training.steps", "100", "--training.evaluate_rows", "10000"]
        command("train", "nanda2023", "--out", run, *sizes, "--checkpoints.every", "100", "--checkpoints.log_spaced", "0")
        command("analyze", run, "--steps", "last")
        command("report", run)
        command("figure", run, "loss", "--out", str(Path(folder) / "loss.svg"))


def oocl() -> None:
    """Sums of squares modulo 3001: training, analysis, report, figure."""
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "oocl-3001")
        sizes = ["--task.p", "3001", "--training.steps", "2000", "--training.evaluate_every", "500", "--training.evaluate_rows", "20000"]
        command("train", "oocl2024", "--out", run, *sizes)
        command("analyze", run, "--steps", "last")
        command("report", run)
        command("figure", run, "loss", "--out", str(Path(folder) / "loss.svg"))


def batches() -> None:
    """Updates of `oocl2024` modulo 3001."""
    print(f"updates modulo 3001: {_taken(*measured(UPDATES, str(ROOT / 'benchmarks')))}", flush=True)


def compare_updates(p: int = 3001, rounds: int = 30, in_a_row: int = 5) -> None:
    """Prints the medians of an update's processor time, of its bare products and optimiser passes, and of their ratio, on one thread.

    The products are those that three positions of 128 rows cannot do without, each with the two of its backward pass: keys and values of
    every position and queries of the last two in the first layer, of the last position in the second one, and the logits. The passes
    clip the gradients and take a step of the preset's AdamW.
    """
    from statistics import median

    from training_step import bare

    torch.set_num_threads(1)
    trainer = _trainer(p)
    rows, width, heads = 128, 128, 512
    tables = {"Q, first layer": rows + 1, "K, first layer": 2 * rows + 1, "V, first layer": 2 * rows + 1}
    tables |= {"Q": rows, "K": 3 * rows, "V": 3 * rows}
    products = {name: (count, width, heads) for name, count in tables.items()}
    products |= {"O, first layer": (3 * rows, heads, width), "O": (rows, heads, width), "logits": (rows, width, p + 1)}
    multiply, seconds = bare(products), []
    for _ in range(rounds + 2):
        times = [time.process_time()]
        for run in (lambda: trainer.update(1000), multiply, lambda: _passes(trainer)):
            for _ in range(in_a_row):
                run()
            times.append(time.process_time())
        seconds.append([(end - start) / in_a_row for start, end in itertools.pairwise(times)])
    update, product, step = (median(each) * 1e3 for each in zip(*seconds[2:], strict=True))
    ratio = median(update / (product + step) for update, product, step in seconds[2:])
    print(f"an update {update:.1f} ms, its products {product:.1f} ms, its optimiser passes {step:.1f} ms: ratio {ratio:.2f}")


def _passes(trainer: Trainer) -> None:
    torch.nn.utils.clip_grad_norm_(trainer.trained.values(), 1.0)
    trainer.optimizer.step()


def _trainer(p: int) -> Trainer:
    """Of `oocl2024` modulo p."""
    from mechgrok.config import Config
    from mechgrok.training.execution import Execution
    from mechgrok.training.presets import PRESETS
    from mechgrok.training.trainer import Trainer

    preset = PRESETS["oocl2024"].config.model_dump()
    config = Config.model_validate(preset | {"task": preset["task"] | {"p": p}})
    return Trainer(config, config.split.train_rows(config.task), Execution("cpu", 1, "fast").resolved())


def clock(measures: Sequence[str] = MEASURES) -> None:
    """The hand-built network modulo 3001."""
    print(f"clock modulo 3001: {_taken(*measured(HAND_BUILT, str(ROOT / 'benchmarks'), '3001', *measures))}", flush=True)


def sums() -> None:
    """The same under the measures that one pass serves."""
    clock(FROM_SUMS)


def compare_with_the_clock(p: int, measures: Sequence[str]) -> None:
    """Prints measures of the network whose logits are sum_k A_k cos w_k(a + b - c) beside the closed form, and the differences."""
    from mechgrok.engine.analyze import analyze
    from mechgrok.verification.hand_built import temporary_run

    with temporary_run(thin_clock(p)) as run:
        found = analyze(run, measures, nulls=0)
    for quantity, value, expected in closed_forms(p, found):
        print(f"{quantity:<40}{value:<22.12g}{expected:<22.12g}{abs(value - expected):.1e}")


def thin_clock(p: int) -> HandBuiltNetwork:
    """The clock of the zoo with a residual stream of cos and sin w_k(a + b) in place of p logits, which W_U turns into them."""
    from mechgrok.tasks.modular import Modular
    from mechgrok.verification.circuit import circle
    from mechgrok.verification.hand_built import HandBuiltNetwork
    from mechgrok.verification.zoo.clock import clock as circuit

    made, waves = circuit(p, CLOCK), torch.cat([circle(p, k) for k in CLOCK], dim=1)
    first, size = 3 + 3 * made.features.shape[1], waves.shape[1]

    def weights() -> dict[str, Tensor]:
        found = {name: _narrowed(tensor, first + p, first + size) for name, tensor in made.weights().items()}
        found["blocks.0.mlp.W_out"][:, first:] = made.out @ waves * 2 / p
        found["unembed.W_U"][first:] = waves.T
        return found

    model = made.model.model_copy(update={"d_model": first + size})
    return HandBuiltNetwork("clock", "", Modular(p=p, loss_classes="numbers"), model, weights, {})


def _narrowed(tensor: Tensor, width: int, to: int) -> Tensor:
    """A tensor with only the first `to` dimensions of the residual stream, whose axes are those of length `width`."""
    for axis in [axis for axis, length in enumerate(tensor.shape) if length == width]:
        tensor = tensor.narrow(axis, 0, to)
    return tensor.clone()


def closed_forms(p: int, found: Outcomes) -> Iterator[tuple[str, float, float]]:
    """Quantities, their measured values and those of the closed form."""
    angle = 2 * torch.pi * torch.arange(p).double() / p
    profile = sum(size * torch.cos(k * angle) for k, size in CLOCK.items())
    norm = sum(size**2 for size in CLOCK.values()) ** 0.5
    loss = lambda logits: float(logits.logsumexp(0) - logits[0])  # noqa: E731
    yield "loss", found["loss"].headline["all"], loss(profile)
    yield "accuracy", found["loss"].headline["accuracy_all"], 1
    similarity = found["logit-cosines"].table.set_index("frequency")["similarity"]
    yield from ((f"similarity of k = {k}", similarity[k], size / norm) for k, size in CLOCK.items())
    yield "key frequencies", len(found["key-frequencies"].headline["frequencies"]), len(CLOCK)
    for measure in ("embedding-spectrum", "neuron-logit-spectrum"):
        yield f"{measure}, share of the keys", found[measure].headline["share_key"], 1
    if "equivariance" in found:
        yield "margin of the profile", found["equivariance"].headline["gamma"], float(profile[0] - profile[1:].max())
        yield "share that is not equivariant", found["equivariance"].headline["residual"], 0
    if "restricted-loss" in found:
        restricted = found["restricted-loss"].table.set_index("variant")["loss"]
        yield from ((f"restricted loss, {variant}", value, loss(profile)) for variant, value in restricted.items())
    if "excluded-loss" in found:
        excluded = found["excluded-loss"].table.set_index(["variant", "frequency"])["loss"]
        yield "excluded loss, all keys", excluded["2-D", 0], loss(torch.zeros(p).double())
        yield "excluded loss, k = 1", excluded["2-D", 1], loss(profile)
        for k, size in CLOCK.items():
            yield f"excluded loss, k = {k}", excluded["2-D", k], loss(profile - size * torch.cos(k * angle))


def cost() -> None:
    """One checkpoint at each p beside the products that its measures need, on one thread, since others count as they wait."""
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    rows = []
    for p in MODULI:
        with tempfile.TemporaryDirectory() as folder:
            _, processor, peak = measured(CHECKPOINT, str(ROOT / "benchmarks"), str(p), folder)
        products, bare = arithmetic(p)
        rows.append((p, p * p, peak, processor, products / 1e12, bare))
        print(f"p = {p}: {processor:.1f} processor seconds, {peak:.2f} GB; {products:.1e} products, bare {bare:.2f}", flush=True)
    write_page(pd.DataFrame(rows, columns=["p", "rows", "peak", "seconds", "products", "bare"]))


def precision(p: int = 113) -> None:
    """Prints what float32 products change in each column: in shares and similarities, and in others over their largest number."""
    from mechgrok.runs import large

    large.MOST_LOGITS = 0
    found = []
    for large.EXACT_UP_TO in (p, 0):
        with tempfile.TemporaryDirectory() as folder:
            found.append(analyse(p, Path(folder)))
    for name in MEASURES:
        exact, rounded = (outcomes[name].table.select_dtypes("float") for outcomes in found)
        errors = (exact - rounded).abs().max() / exact.abs().max().clip(lower=1)
        print(f"{name:<30}{', '.join(f'{column} {error:.1e}' for column, error in errors.items())}")


def analyse(p: int, folder: Path) -> Outcomes:
    """The outcomes of a random network of `nanda2023` modulo p."""
    from mechgrok.config import Config
    from mechgrok.engine.analyze import analyze
    from mechgrok.runs import store
    from mechgrok.runs.creation import create
    from mechgrok.runs.run import open_run
    from mechgrok.training.presets import PRESETS

    preset = PRESETS["nanda2023"].config
    config = Config.model_validate(preset.model_dump() | {"task": preset.task.model_dump() | {"p": p}})
    shapes, draw = config.model.architecture(config.task).shapes, torch.Generator().manual_seed(p)
    weights = {name: torch.randn(shape, generator=draw) / shape[0] ** 0.5 for name, shape in shapes.items()}
    mask = torch.from_numpy(config.split.train_rows(config.task).astype("uint8"))
    files = [
        (str(store.weights_path(Path(), 0)), store.tensor_bytes(weights)),
        (store.SPLIT, store.tensor_bytes({"is_train": mask})),
        (store.METRICS, b"step,split,loss,accuracy\n"),
        (store.EXECUTION, b"{}"),
        (store.CONFIG, config.model_dump_json(indent=1).encode()),
    ]
    create(folder / "run", iter(files))
    return analyze(open_run(folder / "run"), MEASURES, nulls=0)


def arithmetic(p: int, d_model: int = 128, d_mlp: int = 512) -> tuple[float, float]:
    """Multiplications that the measures need on p^2 rows, and processor seconds for a line of them as bare products, times p.

    Four passes of logits from the neurons (the shared sums, equivariance, restricted and excluded loss), the transform of the neurons over
    b, and the product of excluded loss for p // 2 frequencies.
    """
    neurons, readout, wave, parts = (torch.randn(shape, dtype=torch.float64) for shape in ((p, d_mlp), (d_mlp, p), (p, p), (p, p // 2)))
    straight, through = d_mlp * p, d_model * (d_mlp + p)
    products = p * (4 * p * (d_model * d_mlp + min(straight, through)) + p * p * d_mlp + p * p * (p // 2))
    stream, into, out = (torch.randn(shape, dtype=torch.float64) for shape in ((p, d_model), (d_model, d_mlp), (d_model, p)))

    def line() -> None:
        for _ in range(4):
            stream @ into
            _ = neurons @ readout if straight < through else (neurons @ into.T) @ out
        wave @ neurons
        wave @ parts

    line()
    begin, count = time.process_time(), max(3, 2000 // p)
    for _ in range(count):
        line()
    return products, (time.process_time() - begin) / count * p


def write_page(table: pd.DataFrame) -> None:
    """Writes the table and the figure of the page."""
    from mechgrok.plots.files.export import write
    from mechgrok.plots.primitives import curves

    titles = ["p", "rows", "peak memory (GB)", "processor seconds", "multiplications (10^12)", "bare products (s)", "ratio"]
    shown = [
        [str(row.p), f"{row.rows:,}", f"{row.peak:.2f}", f"{row.seconds:.1f}", f"{row.products:.2g}", f"{row.bare:.2f}", _ratio(row)]
        for row in table.itertuples()
    ]
    lines = [f"| {' | '.join(cells)} |" for cells in (titles, ["-"] * len(titles), *shown)]
    page = ROOT / "docs" / "large-tables.md"
    before, _, rest = page.read_text().partition("<!-- cost -->\n")
    _, _, after = rest.partition("<!-- end -->")
    page.write_text("\n".join([f"{before}<!-- cost -->", *lines, f"<!-- end -->{after}"]))
    long = table.rename(columns={"seconds": "a checkpoint", "bare": "bare products"}).melt("p", ["a checkpoint", "bare products"])
    figure = curves(long, x="p", y="value", color="variable", log_x=True, log_y=True, x_title="p", y_title="processor seconds")
    write(figure, ROOT / "docs" / "figures" / "large-tables.svg")


def _ratio(row: Any) -> str:
    return f"{row.seconds / row.bare:.1f}"


if __name__ == "__main__":
    main(*sys.argv[1:])
