"""What a checkpoint costs over p beside the arithmetic that it needs, and what float32 products change.

`python benchmarks/checkpoint_cost.py [cost] [precision]`; cost: the streaming measures of the default analysis on one random network of
`nanda2023`, at p = 59, 113, 227, 499, 997; writes the table and the figure of docs/large-tables.md. precision: at p = 113.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from own_process import MEASURES, ROOT, measured

if TYPE_CHECKING:
    from mechgrok.engine.outcomes import Outcomes

MODULI = (59, 113, 227, 499, 997)
CHECKPOINT = """
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import checkpoint_cost
checkpoint_cost.analyse(int(sys.argv[2]), Path(sys.argv[3]))
"""


def main(*parts: str) -> None:
    """Runs the parts."""
    every = {"cost": cost, "precision": precision}
    for part in parts or every:
        every[part]()


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
