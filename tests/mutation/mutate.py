"""Mutation testing: do the tests notice a small mistake in a formula?

    python tests/mutation/mutate.py maths --results maths.jsonl
    python tests/mutation/mutate.py measures --sample 300 --results measures.jsonl

First the tests of the package run once, which shows the lines each test runs. Then each mutant of mutations.py gets a forked process
(torch and pytest are imported once, before) with the tests that run its line, the fastest first, up to the first failure and to
--patience seconds in all. Files of tests that run everything for every test (SLOW) are left out. So a survivor may still be killed by
a slower test: --again tries those once more, with SLOW, and more --patience if asked.
A mutant is killed by a failing test or by its limit of time. Each result is one line of JSON, written at once, and the last one of a
mutant counts; the same call again goes on where the last one stopped. --only FILE:LINE tries the mutants of one line; --budget stops
after so much processor time. The lines each test runs are kept beside the results; remove that file after a change to the tests.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import itertools
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import coverage
import hypothesis
import pytest
import torch
from mutations import Mutation, mutations

ROOT = Path(__file__).resolve().parents[2]
SLOW = {"measures": ["test_conformance.py", "test_kinds_of_runs.py"]}
QUIET = [*("-q", "-x", "--tb=no", "--no-header", "--assert=plain"), *("-p", "no:cacheprovider", "-p", "no:unraisableexception")]
WORKERS = 2
SPARE, SPARE_FOR_SLOW = 20.0, 400.0
WAITING = 10
KILLED = pytest.ExitCode.TESTS_FAILED
SURVIVED = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


@dataclass(eq=False)
class Contexts:
    """A pytest plugin: tells coverage which test runs (or which file, in a fixture of a whole file), and times it."""

    measured: coverage.Coverage
    seconds: dict[str, float]
    running: str = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self.running = item.nodeid
        self.measured.switch_context(item.nodeid)
        start = time.process_time()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - start
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, request: pytest.FixtureRequest) -> Generator[None, Any, Any]:
        self.measured.switch_context(request.node.nodeid)
        result = yield
        self.measured.switch_context(self.running)
        return result


@dataclass(frozen=True)
class Lines:
    """The tests (or files of tests) that run each line of each file, the seconds of each test, and what they import from elsewhere."""

    tests: dict[str, dict[str, list[str]]]
    seconds: dict[str, float]
    libraries: list[str]

    def of(self, path: Path, line: int, patience: float) -> list[str]:
        """The tests for a change in this line, the fastest first: those that run it (or else its file), and those named after the file."""
        found = self.tests.get(str(path), {})
        running = found.get(str(line)) or [test for tests in found.values() for test in tests]
        mirrored = path.relative_to(ROOT / "mechgrok").with_name(f"test_{path.stem}.py")
        wanted = tuple({*running, f"tests/{mirrored}::"})
        every = sorted((test for test in self.seconds if test.startswith(wanted)), key=self.seconds.__getitem__)
        spent = itertools.accumulate(self.seconds[test] for test in every)
        return [test for test, seconds in zip(every, spent, strict=True) if seconds < patience] or every[:1]


def watch(package: str, notes: Path) -> int:
    """Run the tests of a package once, under coverage, and note who runs what."""
    measured = coverage.Coverage(data_file=None, source=[str(ROOT / "mechgrok" / package)], config_file=False)
    plugin = Contexts(measured, {})
    left_out = [f"--ignore=tests/{package}/{name}" for name in SLOW.get(package, [])]
    measured.start()
    outcome = pytest.main([f"tests/{package}", *left_out, *QUIET], plugins=[plugin])
    measured.stop()
    found = measured.get_data()
    lines = {path: found.contexts_by_lineno(path) for path in found.measured_files()}
    named = {path: {line: [test for test in tests if test] for line, tests in of.items()} for path, of in lines.items()}
    notes.write_text(json.dumps({"tests": named, "seconds": plugin.seconds, "libraries": _libraries()}))
    return int(outcome)


def _libraries() -> list[str]:
    """The modules imported so far that are not the project's."""
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    return [name for name, file in files.items() if file and "site-packages" in file and not Path(file).is_relative_to(ROOT)]


def import_all(libraries: list[str]) -> None:
    """Import them here, once, so that no mutant has to."""
    for name in libraries:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.freeze()


def in_child(action: Callable[[], int], seconds: float) -> tuple[int, float]:
    """The exit status of an action in a forked process with so many seconds of processor time, and what it used."""
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (round(seconds), round(seconds) + 1))
        resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
        signal.alarm(WAITING * round(seconds))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            os._exit(action())
        finally:
            os._exit(1)
    _, status, used = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime


def install(path: Path, mutation: Mutation) -> None:
    """Let the import of this file give the changed module."""
    plain = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, name: str) -> CodeType | None:
        return compile(mutation.tree, str(path), "exec") if Path(self.path) == path else plain(self, name)

    setattr(SourceFileLoader, "get_code", get_code)


def tried(path: Path, mutation: Mutation, lines: Lines, asked: argparse.Namespace) -> dict[str, Any]:
    """What becomes of one mutant."""
    slow = [f"tests/{asked.package}/{name}" for name in SLOW.get(asked.package, [])] if asked.again else []
    tests = lines.of(path, mutation.line, asked.patience)

    def run() -> int:
        install(path, mutation)
        return int(pytest.main([*QUIET, *tests, *slow]))

    limit = (SPARE_FOR_SLOW if slow else SPARE) + 2 * sum(lines.seconds[test] for test in tests)
    status, used = in_child(run, limit) if tests or slow else (int(pytest.ExitCode.NO_TESTS_COLLECTED), 0.0)
    place = {"file": str(path.relative_to(ROOT)), "line": mutation.line, "before": mutation.before, "after": mutation.after}
    return place | {"survived": status in SURVIVED, "status": status, "tests": len(tests), "seconds": round(used, 2)}


def chosen(package: str, sample: int, only: str) -> list[tuple[int, Path, Mutation]]:
    """The numbered mutants of a package, in random order (the same each time); all of them, or a sample, or those of one line."""
    files = sorted((ROOT / "mechgrok" / package).rglob("*.py"))
    every = [(path, mutation) for path in files for mutation in mutations(path.read_text())]
    numbered = [(number, *one) for number, one in enumerate(every)]
    if only:
        return [one for one in numbered if f"{one[1].name}:{one[2].line}" == only]
    random.Random(0).shuffle(numbered)
    return numbered[: sample or None]


def work(mutants: list[tuple[int, Path, Mutation]], lines: Lines, asked: argparse.Namespace) -> None:
    """Try these mutants one after the other, as long as the budget lasts."""
    budget = asked.budget / WORKERS
    for number, path, mutation in mutants:
        if budget < 0:
            return
        result = {"number": number} | tried(path, mutation, lines, asked)
        budget -= result["seconds"]
        with asked.results.open("a") as file:
            file.write(json.dumps(result) + "\n")


def share_out(mutants: list[tuple[int, Path, Mutation]], lines: Lines, asked: argparse.Namespace) -> None:
    """Let the workers try the mutants."""
    children = []
    for worker in range(WORKERS):
        children.append(os.fork())
        if not children[-1]:
            work(mutants[worker::WORKERS], lines, asked)
            os._exit(0)
    for child in children:
        os.waitpid(child, 0)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", choices=["maths", "measures"])
    parser.add_argument("--sample", type=int, default=0, help="so many mutants, drawn with a fixed seed; 0: all")
    parser.add_argument("--only", default="", help="FILE:LINE, such as fourier.py:38")
    parser.add_argument("--budget", type=float, default=1200.0, help="seconds of processor time")
    parser.add_argument("--patience", type=float, default=6.0, help="seconds of tests for one mutant")
    parser.add_argument("--again", action="store_true", help="try those once more that survived or ran out of time")
    parser.add_argument("--results", type=Path, required=True, help="a file of JSON lines, added to")
    return parser.parse_args()


def found(results: Path) -> dict[int, dict[str, Any]]:
    """What is known of each mutant."""
    every = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    return {result["number"]: result for result in every}


def main() -> None:
    """Watch the tests, then try the mutants; the totals go to the screen."""
    asked = arguments()
    asked.results = asked.results.resolve()
    notes = asked.results.with_suffix(".lines.json")
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, str(ROOT))
    torch.set_num_threads(1)
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutants", derandomize=True, deadline=None, phases=phases)
    hypothesis.settings.load_profile("mutants")
    if not notes.exists() and in_child(lambda: watch(asked.package, notes), 600)[0]:
        notes.unlink(missing_ok=True)
        raise SystemExit("the tests fail before any change")
    done = {number for number, result in found(asked.results).items() if not (asked.again and result["status"] != KILLED)}
    left = [one for one in chosen(asked.package, asked.sample, asked.only) if one[0] not in done]
    lines = Lines(**json.loads(notes.read_text()))
    import_all(lines.libraries)
    share_out(left, lines, asked)
    statuses = Counter("survived" if result["survived"] else result["status"] for result in found(asked.results).values())
    print(f"{statuses.total()} mutants, {statuses['survived']} survived, {statuses[-signal.SIGXCPU]} ran out of time")


if __name__ == "__main__":
    main()
