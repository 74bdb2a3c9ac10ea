"""Measures of a notebook: a number is used again only while all that it depends on is the same."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from mechgrok.engine import contents
from mechgrok.engine.analyze import analyze
from mechgrok.engine.sources import Sources
from mechgrok.runs.run import open_run

IMPORTS = """
from __future__ import annotations
from dataclasses import dataclass
import numpy as np, pandas as pd, torch
from mechgrok import Measure
"""
CELL = """
@dataclass(frozen=True)
class Typed(Measure):
    '''A measure that is typed in.'''
    name = "typed"
    title = "Typed in"
    reference = "nobody"
    columns = {"value": "a number"}
    power: int = 1
    def compute(self, snapshot, given):
        return pd.DataFrame({"value": [float(BODY) ** self.power]})
    def plot(self, result):
        return None
    def headline(self, result):
        return {"value": float(result["value"].iloc[-1])}
"""


class Notebook:
    """Cells that are run one after the other in one namespace, and run again after a change; `restart` begins a new kernel."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.restart()

    def restart(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.run(IMPORTS)

    def run(self, cell: str) -> None:
        exec(compile(cell, "<cell>", "exec"), self.names)

    def value(self) -> float:
        found = analyze(open_run(self.folder), [self.names["Typed"]()], steps="last", nulls=0)["typed"]
        return found.headline["value"]  # type: ignore[union-attr]

    @property
    def stored(self) -> list[float]:
        """When the stored tables were written."""
        return [path.stat().st_mtime_ns for path in (self.folder / "results").rglob("*.parquet")]


@pytest.fixture
def notebook(folder: Path) -> Notebook:
    return Notebook(folder)


def cell(body: str) -> str:
    return CELL.replace("BODY", body)


CHANGES = {
    "helper": ("helper()", "def helper(): return VALUE"),
    "helper of a helper": ("outer()", "def outer(): return inner()\ndef inner(): return VALUE"),
    "global": ("SCALE", "SCALE = VALUE"),
    "global in a comprehension": ("sum(SCALE for _ in range(1))", "SCALE = VALUE"),
    "closure": ("helper()", "def make(x):\n    def helper(): return x\n    return helper\nhelper = make(VALUE)"),
    "default": ("helper()", "def helper(x=VALUE): return x"),
    "keyword default": ("helper()", "def helper(*, x=VALUE): return x"),
    "lambda": ("helper()", "helper = lambda: VALUE"),
    "partial": ("helper()", "import functools\nhelper = functools.partial(float, VALUE)"),
    "method of a class": ("Helper().get()", "class Helper:\n    def get(self): return VALUE"),
    "attribute of a class": ("Helper.x", "class Helper:\n    x = VALUE"),
    "base class": ("Helper().get()", "class Base:\n    def get(self): return VALUE\nclass Helper(Base): pass"),
    "attribute of an instance": ("h.x", "class Helper: pass\nh = Helper()\nh.x = VALUE"),
    "list": ("numbers[1]", "numbers = [0, VALUE]"),
    "dictionary": ("numbers['a'][0]", "numbers = {'a': (VALUE,)}"),
    "set": ("max(numbers)", "numbers = {0, VALUE}"),
    "array": ("numbers.sum()", "numbers = np.array([0.0, VALUE])"),
    "tensor": ("numbers.sum()", "numbers = torch.tensor([0.0, VALUE])"),
    "table": ("numbers['a'].sum()", "numbers = pd.DataFrame({'a': [0.0, VALUE], 'b': ['x', 'y']})"),
    "decorated": ("helper()", "import functools\n@functools.lru_cache\ndef helper(): return VALUE"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_of_what_it_reaches_gives_the_new_number(notebook: Notebook, kind: str) -> None:
    body, reached = CHANGES[kind]
    notebook.run(cell(body))
    notebook.run(reached.replace("VALUE", "2"))
    assert notebook.value() == 2
    first = notebook.stored
    assert len(first) == 1
    assert notebook.value() == 2
    assert notebook.stored == first, "unchanged, so it is used again"
    notebook.run(reached.replace("VALUE", "3"))
    assert notebook.value() == 3


@pytest.mark.parametrize("kind", CHANGES)
def test_the_same_cells_in_a_new_kernel_use_the_stored_number(notebook: Notebook, kind: str) -> None:
    body, reached = CHANGES[kind]
    for _ in range(2):
        notebook.restart()
        notebook.run(cell(body))
        notebook.run("# run again\n" + "\n" * len(notebook.stored) + reached.replace("VALUE", "2"))
        assert notebook.value() == 2
        before = notebook.stored
    assert notebook.stored == before


def test_another_compute_and_another_attribute_give_the_new_number(notebook: Notebook) -> None:
    for body, value in (("1 + 1", 2), ("3", 3), ("self.factor", 4)):
        notebook.run(cell(body).replace("power: int = 1", "power: int = 1\n    factor = 4"))
        assert notebook.value() == value
    notebook.run(cell("self.factor").replace("power: int = 1", "power: int = 1\n    factor = 5"))
    assert notebook.value() == 5


UNSEEN = {
    "a generator of random numbers": ("rng.random() * 0 + tick()", "rng = np.random.default_rng(0)"),
    "an open file": ("tick() + 0 * len(file.name)", "file = open('/dev/null')"),
    "a function that opens a file": ("tick() + len(open('/dev/null').read())", ""),
    "evaluated text": ("tick() + eval('0')", ""),
    "an object of C": ("tick() if lock else 0", "import threading\nlock = threading.Lock()"),
    "an iterator": ("next(numbers)", "import itertools\nnumbers = itertools.count(1)"),
    "a name that comes later": ("later() if 'later' in globals() else tick()", ""),
}


@pytest.mark.parametrize("kind", UNSEEN)
def test_what_cannot_be_hashed_is_computed_anew_and_not_stored(notebook: Notebook, kind: str) -> None:
    body, reached = UNSEEN[kind]
    notebook.run("ticks = []\ndef tick():\n    ticks.append(0)\n    return len(ticks)")
    notebook.run(cell(body))
    notebook.run(reached)
    assert [notebook.value() for _ in range(2)] == [1, 2]
    assert not (notebook.folder / "results" / "typed").exists()


def test_of_an_unstored_measure_every_checkpoint_is_in_the_table(notebook: Notebook) -> None:
    notebook.run(cell("snapshot.step + 0 * rng.random()"))
    notebook.run("rng = np.random.default_rng(0)")
    found = analyze(open_run(notebook.folder), [notebook.names["Typed"]()], nulls=2)["typed"]
    assert found.table.to_numpy().tolist() == [[0, 0], [10, 10], [20, 20]]  # type: ignore[union-attr]
    assert set(found.null) == {"value"}  # type: ignore[union-attr]
    assert not list(notebook.folder.rglob("nulls.json"))


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes a module beside the notebook and imports it anew."""
    monkeypatch.syspath_prepend(tmp_path)
    written = list[str]()

    def write(name: str, text: str, *, load: bool = True) -> None:
        (tmp_path / f"{name}.py").write_text(text)
        written.append(name)
        if load:
            sys.modules.pop(name, None)

    yield write
    for name in written:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("importing", "body"), [("import lying", "lying.f()"), ("from lying import f", "f()")])
def test_a_module_beside_the_notebook_counts_by_its_source(notebook: Notebook, beside: Any, importing: str, body: str) -> None:
    beside("lying_below", "def g():\n    return 2\n")
    beside("lying", "from lying_below import g\ndef f():\n    return g()\n")
    notebook.run(f"{importing}\n{cell(body)}")
    assert notebook.value() == 2
    stored = notebook.stored
    assert notebook.value() == 2
    assert notebook.stored == stored
    beside("lying_below", "def g():\n    return 30\n")
    beside("lying", "from lying_below import g\ndef f():\n    return g()\n")
    notebook.restart()
    notebook.run(f"{importing}\n{cell(body)}")
    assert notebook.value() == 30


def test_a_module_that_was_edited_and_not_imported_again_is_not_stored_under_its_new_source(notebook: Notebook, beside: Any) -> None:
    beside("lying", "def f():\n    return 2\n")
    notebook.run(f"import lying\n{cell('lying.f()')}")
    beside("lying", "def f():\n    return 30\n", load=False)
    assert notebook.value() == 2
    assert not notebook.stored
    sys.modules.pop("lying")
    notebook.run(f"import lying\n{cell('lying.f()')}")
    assert notebook.value() == 30


def test_a_docstring_or_a_line_above_changes_nothing() -> None:
    def hashed(text: str) -> str | None:
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(text, names)
        return contents.digest([names["f"]], Sources())

    plain = hashed("def f(x):\n    'one'\n    return x")
    assert plain == hashed("\n\n# more\ndef f(x):\n    'another'\n    return x")
    assert plain != hashed("def f(x):\n    'one'\n    return x + 1")
    assert None not in (plain, hashed("def f(x): return f(x - 1) if x else 0"))
