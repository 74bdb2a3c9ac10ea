"""Programs read from networks whose function is known, run as a reader would run them: by a Python that has nothing of ours."""

from __future__ import annotations

import ast
import json
import math
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from handmade_runs import Product, Waves, handmade_run, waves_of
from made_runs import make_run
from usual_reading import RELU, usual_reading

from mechgrok.errors import UserError
from mechgrok.extraction import Extraction, extract
from mechgrok.extraction.extraction import extract_snapshot
from mechgrok.extraction.phases import formula
from mechgrok.extraction.report_lines import agrees
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.models.architecture import Architecture
from mechgrok.runs.grid import Grid
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.locks.locking import locked
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.charts import chart
from mechgrok.tasks.expression import Expression
from mechgrok.tasks.k_wise import KWise
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.task import Task

WAVES: Waves = {2: (8.0, 0.3), 5: (6.0, -0.2), 6: (4.0, 0.0)}
"""6 is p // 2 for both moduli; for p = 12 it has no sine, so no angle."""


class Told(Snapshot):
    """A snapshot that is told its logits (n, p)."""

    def __init__(self, task: Task, logits: np.ndarray, train: np.ndarray | None = None) -> None:
        sizes = {"d_model": 1, "heads": 1, "d_head": 1, "d_mlp": 1, "d_vocab": task.vocabulary, "d_vocab_out": task.classes, "n_ctx": 3}
        shape = Architecture(layers=1, **sizes, activation="relu", normalization=None, attn_only=True)
        super().__init__(Grid.of(task, train), shape, {}, 0)
        self._told = torch.from_numpy(logits)

    @property
    def _forward(self) -> dict[str, torch.Tensor]:
        return {"logits": self._told}


def told(task: Task, logits: np.ndarray, train: np.ndarray | None = None, **measure: Any) -> Extraction:
    return extract_snapshot(Told(task, logits, train), KeyFrequencies(**measure), "told")


def cosines(task: Task, waves: Waves) -> np.ndarray:
    return waves_of(task.phase()[:, None] - np.arange(task.numbers), task.numbers, waves)


def train_rows(n: int) -> np.ndarray:
    return np.random.default_rng(3).random(n) < 0.3


def ask(program: Path, code: str) -> Any:
    """What an isolated Python without any package says to an expression that may use the program's names."""
    script = f"import runpy, json; globals().update(runpy.run_path({str(program)!r})); print(json.dumps({code}))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(params=[12, 13])
def planted(request, tmp_path: Path) -> Extraction:
    return extract(open_run(handmade_run(tmp_path / "planted", request.param, WAVES)))


class TestPlanted:
    """A transformer made by hand with logits sum_k A cos(w_k (a + b - c) + delta)."""

    def test_the_waves_are_found(self, planted: Extraction) -> None:
        assert planted.program.phase == "a + b"
        found = {wave.frequency: (wave.amplitude, wave.angle) for wave in planted.program.waves}
        assert set(found) == set(WAVES)
        for k, expected in WAVES.items():
            assert found[k] == pytest.approx(expected, abs=1e-5)

    def test_it_is_the_whole_network(self, planted: Extraction) -> None:
        p, facts = planted.program.order, planted.fidelity
        assert facts["same_answer"] == facts["rows"] == p * p
        assert facts["explained"] == pytest.approx(1, abs=1e-9)
        assert facts["second_answer"] == 1
        assert facts["program"]["loss"]["test"] == pytest.approx(facts["network"]["loss"]["test"], rel=1e-4)

    def test_the_certificate(self, planted: Extraction) -> None:
        """Nothing of the logits is off the profile, so Gamma is its margin and I is nothing."""
        p = planted.program.order
        profile = waves_of(-np.arange(p), p, WAVES)
        margin = profile[0] - profile[1:].max()
        assert planted.fidelity["certificate"]["gamma"] == pytest.approx(margin, abs=1e-6)
        assert planted.fidelity["certificate"]["imbalance"] == pytest.approx(0, abs=1e-6)
        assert planted.fidelity["certificate"]["holds"] is True
        assert planted.fidelity["program"]["margin"] == pytest.approx(margin, abs=1e-4)

    def test_the_program_does_what_the_report_says(self, planted: Extraction, tmp_path: Path) -> None:
        p, out = planted.program.order, tmp_path / "clock.py"
        planted.write(out)
        answers = ask(out, "[answer(a, b) for a in range(P) for b in range(P)]")
        a, b = np.divmod(np.arange(p * p), p)
        assert float(np.mean(np.array(answers) == (a + b) % p)) == planted.fidelity["program"]["accuracy"]["all"] == 1
        logits = ask(out, "[[[logit(a, b, c) for c in range(P)] for b in range(P)] for a in range(P)]")
        expected = waves_of((a + b)[:, None] - np.arange(p), p, WAVES)
        assert np.array(logits).reshape(p * p, p) == pytest.approx(expected, abs=1e-4)

    def test_how_many_numbers_it_holds(self, planted: Extraction) -> None:
        assert planted.fidelity["real_numbers"] == {12: 5, 13: 6}[planted.program.order]


class TestReportedFigures:
    """Of a network that answers some rows wrongly: what is said is what the written file gives, counted again by hand."""

    TASK = Modular(p=13)

    @pytest.fixture
    def spoilt(self) -> Extraction:
        logits = cosines(self.TASK, {3: (9.0, 0.1), 4: (5.0, 0.0)})
        logits[[5, 20, 21], [0, 1, 2]] += 50
        return told(self.TASK, logits, train_rows(169))

    def test_agreement_counts_the_network_s_own_answers(self, spoilt: Extraction) -> None:
        wrong = sum(int(label != said) for label, said in zip(self.TASK.labels()[[5, 20, 21]], [0, 1, 2], strict=True))
        assert wrong == 3
        assert spoilt.fidelity["same_answer"] == 166
        assert spoilt.fidelity["agreement"] == pytest.approx(166 / 169)
        assert spoilt.fidelity["network"]["accuracy"]["all"] == pytest.approx(166 / 169)
        assert spoilt.fidelity["program"]["accuracy"]["all"] == 1

    def test_errors_of_the_network_are_counted_and_no_disagreement(self, spoilt: Extraction) -> None:
        verdict = "It agrees on 166 of the 166 rows that the network answers rightly; the network errs on the other 3"
        assert any(line.startswith(verdict) for line in spoilt.lines())
        assert agrees(spoilt.fidelity)
        assert "DOES NOT AGREE" not in spoilt.source

    def test_a_few_rows_off_the_profile_undo_the_certificate(self, spoilt: Extraction) -> None:
        assert spoilt.fidelity["certificate"]["holds"] is False
        assert spoilt.fidelity["certificate"]["imbalance"] > 40

    def test_losses_and_explained_share_by_hand(self, spoilt: Extraction, tmp_path: Path) -> None:
        spoilt.write(tmp_path / "clock.py")
        program = np.array(ask(tmp_path / "clock.py", "[[logit(n // P, n % P, c) for c in range(P)] for n in range(P * P)]"))
        train, labels = train_rows(169), self.TASK.labels()
        loss = np.log(np.exp(program).sum(1)) - program[np.arange(169), labels]
        found = spoilt.fidelity["program"]["loss"]
        assert [found["all"], found["train"], found["test"]] == pytest.approx([loss.mean(), loss[train].mean(), loss[~train].mean()])
        logits = cosines(self.TASK, {3: (9.0, 0.1), 4: (5.0, 0.0)})
        logits[[5, 20, 21], [0, 1, 2]] += 50
        centred = logits - logits.mean(1, keepdims=True)
        assert spoilt.fidelity["explained"] == pytest.approx(1 - ((centred - program) ** 2).sum() / (centred**2).sum(), rel=1e-9)

    def test_an_unknown_split_is_none(self) -> None:
        facts = told(self.TASK, cosines(self.TASK, {3: (9.0, 0.1)})).fidelity
        assert facts["program"]["loss"]["train"] is None
        assert facts["program"]["accuracy"]["test"] is None
        assert math.isfinite(facts["program"]["loss"]["all"])


class TestOtherTasks:
    @pytest.mark.parametrize(("operation", "phase"), [("subtract", "a - b"), ("add-squares", "a * a + b * b")])
    def test_the_phase_is_a_formula(self, operation: Any, phase: str, tmp_path: Path) -> None:
        task = Modular(p=11, operation=operation)
        found = told(task, cosines(task, {2: (6.0, 0.0), 3: (7.0, 0.2)}))
        assert found.program.phase == phase
        found.write(tmp_path / "clock.py")
        assert ask(tmp_path / "clock.py", "[answer(a, b) for a in range(P) for b in range(P)]") == task.labels().tolist()

    def test_products_take_logarithms(self, tmp_path: Path) -> None:
        task = Product(p=11)
        logs = np.full(11, -1)
        logs[[pow(2, i, 11) for i in range(10)]] = np.arange(10)
        a, b, _ = task.inputs().T
        logits = waves_of((logs[a] + logs[b])[:, None] - logs, 10, {1: (5.0, 0.0), 3: (8.0, 0.4), 5: (2.0, 0.0)})
        logits[:, 0] = -20
        found = told(task, logits)
        assert (found.fidelity["rows"], found.fidelity["same_answer"], found.fidelity["rows_outside"]) == (100, 100, 21)
        assert [wave.frequency for wave in found.program.waves] == [1, 3, 5]
        found.write(tmp_path / "clock.py")
        products = [a * b % 11 for a in range(1, 11) for b in range(1, 11)]
        assert ask(tmp_path / "clock.py", "[answer(a, b) for a in range(1, P) for b in range(1, P)]") == products
        logits_of = np.array(
            ask(tmp_path / "clock.py", "[[logit(a, b, c) for c in range(1, P)] for a in range(1, P) for b in range(1, P)]")
        )
        assert logits_of == pytest.approx(logits[(a > 0) & (b > 0), 1:], abs=1e-4)

    def test_the_network_s_answer_may_be_0_where_the_program_has_no_0(self) -> None:
        task = Product(p=7)
        logs = np.array([-1, 0, 2, 1, 4, 5, 3])
        a, b, _ = task.inputs().T
        logits = waves_of((logs[a] + logs[b])[:, None] - logs, 6, {1: (5.0, 0.0), 2: (8.0, 0.0)})
        logits[:, 0] = 99
        found = told(task, logits)
        assert (found.fidelity["same_answer"], found.fidelity["network"]["accuracy"]["all"]) == (0, 0)

    def test_0_has_no_logarithm(self, tmp_path: Path) -> None:
        task = Product(p=7)
        logs = np.array([-1, 0, 2, 1, 4, 5, 3])
        a, b, _ = task.inputs().T
        told(task, waves_of((logs[a] + logs[b])[:, None] - logs, 6, {1: (5.0, 0.0)})).write(tmp_path / "clock.py")
        with pytest.raises(AssertionError, match="0 has no logarithm"):
            ask(tmp_path / "clock.py", "answer(0, 3)")

    @pytest.mark.parametrize(
        ("task", "phase"),
        [
            (Expression(p=7, expression="a^3 + a*b"), "a ** 3 + a * b"),
            (Expression(p=5, expression="a*b + c"), "a1 * a2 + a3"),
            (KWise(p=5, terms=3), "a1 + a2 + a3"),
            (Modular(p=7, operation="divide"), "log(a) - log(b)"),
        ],
        ids=["cube", "three", "sum", "quotient"],
    )
    def test_formulas_of_other_tasks(self, task: Task, phase: str) -> None:
        grid = Grid.of(task, None)
        view = grid.in_chart(chart("multiplicative", 7)) if task.basis == "multiplicative" else grid  # type: ignore[arg-type]
        assert formula(view) == phase

    def test_mixtures_and_parities_have_no_formula(self) -> None:
        for task in (Mixture(p=5), Modular(p=5, operation="add-or-multiply")):
            with pytest.raises(UserError, match="no formula known here"):
                formula(Grid.of(task, None))

    def test_labels_that_no_formula_gives(self) -> None:
        class Scrambled(Modular):
            def labels(self) -> np.ndarray:
                return np.random.default_rng(0).permutation(super().labels())

        task = Scrambled(p=7)
        with pytest.raises(UserError, match="no formula known here gives the labels"):
            told(task, cosines(task, {2: (6.0, 0.0)}))


class TestRefusals:
    TASK = Modular(p=13)

    def memorised(self, waves: Waves) -> np.ndarray:
        """The train rows have their labels on top, over a trace of waves."""
        logits, train = cosines(self.TASK, waves), train_rows(169)
        logits[train, self.TASK.labels()[train]] += 9
        logits[~train, (self.TASK.labels()[~train] + 4) % 13] += 9
        return logits

    def test_a_trace_of_waves_is_no_account_of_a_memoriser(self) -> None:
        """The program itself answers everything rightly, as any sum of waves does: what counts is that the network does not."""
        found = told(self.TASK, self.memorised({2: (0.6, 0.0), 3: (0.6, 0.0)}), train_rows(169), rule="fixed", fixed=(2, 3))
        assert found.fidelity["program"]["accuracy"]["all"] == 1
        assert found.fidelity["agreement"] == pytest.approx(train_rows(169).mean())
        assert any("DOES NOT AGREE" in line for line in found.lines())
        assert "DOES NOT AGREE" in found.source

    def test_a_memoriser_of_nearly_the_whole_table_does_not_agree_either(self) -> None:
        """It answers .94 of the table rightly, and none of its test rows."""
        train = np.random.default_rng(3).random(169) < 0.94
        logits = cosines(self.TASK, {2: (0.6, 0.0), 3: (0.6, 0.0)})
        logits[np.arange(169), (self.TASK.labels() + np.where(train, 0, 4)) % 13] += 9
        found = told(self.TASK, logits, train, rule="fixed", fixed=(2, 3))
        assert found.fidelity["network"]["accuracy"]["all"] > 0.9
        assert not agrees(found.fidelity)
        assert any(f"answers {train.sum()} of 169 rows rightly, the most that a program can share" in line for line in found.lines())

    def test_an_agreeing_one_does_not_say_so(self, planted: Extraction) -> None:
        assert "DOES NOT AGREE" not in planted.source

    def test_a_random_network_has_no_key_frequency(self, tmp_path: Path) -> None:
        run = open_run(make_run(tmp_path / "random", p=31))
        with pytest.raises(UserError, match=r"random has no key frequency at step 20 .* accuracy over all rows is 0\.\d+\)") as refusal:
            extract(run)
        assert "\n" not in str(refusal.value)

    @pytest.mark.parametrize("keys", [(), (1, 2)])
    def test_a_network_without_logits(self, tmp_path: Path, keys: tuple[int, ...]) -> None:
        run = open_run(make_run(tmp_path / "zero", scale=0.0))
        with pytest.raises(UserError, match="do not differ between classes"):
            extract(run, keys=keys)

    def test_a_network_of_nan(self) -> None:
        with pytest.raises(UserError, match="do not differ between classes"):
            told(self.TASK, np.full((169, 13), np.nan), rule="fixed", fixed=(1,))

    def test_frequencies_that_do_not_exist(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="frequency 4 does not exist modulo 7; use 1 to 3"):
            extract(open_run(make_run(tmp_path / "run")), keys=[4])

    def test_a_refusal_advises_no_option_of_a_measure(self, tmp_path: Path) -> None:
        run = open_run(make_run(tmp_path / "run", task=Modular(p=9, operation="multiply")))
        with pytest.raises(UserError, match=r"^run cannot be extracted: the multiplicative basis needs a prime above 2, and p = 9$"):
            extract(run)


class TestFrequenciesOfOnesOwn:
    def test_only_these_are_used_each_once(self, tmp_path: Path) -> None:
        found = extract(open_run(handmade_run(tmp_path / "planted", 13, WAVES)), keys=[5, 2, 5])
        assert [wave.frequency for wave in found.program.waves] == [2, 5]
        energy = {k: A**2 for k, (A, _) in WAVES.items()}
        assert found.fidelity["explained"] == pytest.approx((energy[2] + energy[5]) / sum(energy.values()), abs=1e-6)


class TestFile:
    def test_it_imports_nothing_but_math_and_holds_no_table(self, tmp_path: Path) -> None:
        """As many literals modulo 13 as modulo 29."""
        literals = []
        for p in (13, 29):
            tree = ast.parse(extract(open_run(handmade_run(tmp_path / str(p), p, WAVES))).source)
            imports = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
            assert imports == ["math"]
            assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
            literals.append([node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and not isinstance(node.value, str)])
        assert len(literals[0]) == len(literals[1]) < 20

    def test_a_wicked_name_stays_inside_the_docstring(self, tmp_path: Path) -> None:
        name = 'w\\x"""\nimport os; x = """\u00e9\\'
        found = extract(open_run(handmade_run(tmp_path / name, 7, {2: (5.0, 0.0)})))
        found.write(tmp_path / "clock.py")
        assert ask(tmp_path / "clock.py", "answer(5, 6)") == 4
        assert name in (ast.get_docstring(ast.parse(found.source), clean=False) or "")
        assert len([node for node in ast.parse(found.source).body if isinstance(node, ast.Import)]) == 1

    def test_no_path_is_in_it(self, planted: Extraction, tmp_path: Path) -> None:
        assert str(tmp_path) not in planted.source + json.dumps(planted.summary)
        assert "planted" in planted.source

    def test_the_header_has_the_figures(self, planted: Extraction) -> None:
        header = ast.get_docstring(ast.parse(planted.source)) or ""
        assert f"on {planted.fidelity['rows']} of {planted.fidelity['rows']} rows" in header
        assert "step 40" in header
        assert "Gamma > I" in header


@pytest.mark.long
def test_low_precision(oracles: Path, tmp_path: Path) -> None:
    """Key frequencies, similarities and accuracy as published weights give them (it has 7 rows of 12 769 wrong, the program none)."""
    import_file(
        oracles / "nanda2023" / "low_precision_mod_addition.pth",
        tmp_path / "R",
        ImportOptions(fraction=0.3, split="python-shuffle", split_seed=1, reading=usual_reading("a b 113", *RELU)),
    )
    found = extract(open_run(tmp_path / "R"))
    similarity = {3: 0.113244, 6: 0.249809, 23: 0.588648, 39: 0.223639}
    waves = {wave.frequency: wave.amplitude * math.cos(wave.angle) for wave in found.program.waves}
    assert set(waves) == set(similarity)
    assert {k: height / waves[23] for k, height in waves.items()} == pytest.approx(
        {k: value / similarity[23] for k, value in similarity.items()}, rel=2e-5
    )
    assert (found.fidelity["rows"], found.fidelity["same_answer"]) == (12769, 12762)
    assert found.fidelity["program"]["accuracy"] == {"all": 1, "train": 1, "test": 1}
    assert 0.4717491 < found.fidelity["explained"] < 0.48
    assert found.fidelity["network"]["loss"]["all"] == pytest.approx(2.88806e-3, rel=1e-4)
    assert found.fidelity["certificate"]["holds"] is False
    found.write(tmp_path / "clock.py")
    assert ask(tmp_path / "clock.py", "[answer(a, b) for a in (0, 57, 112) for b in range(P)]") == [
        (a + b) % 113 for a in (0, 57, 112) for b in range(113)
    ]


def test_two_processes_that_write_one_program_wait_for_each_other(tmp_path: Path) -> None:
    found = extract(open_run(handmade_run(tmp_path / "run", 7, {2: (8.0, 0.3)})))
    out = tmp_path / "run" / "extraction" / "clock.py"
    out.parent.mkdir()
    with locked(out.parent, "is being written"):
        writer = threading.Thread(target=found.write, args=(out,))
        writer.start()
        writer.join(0.1)
        assert list(out.parent.glob("clock*")) == []
    writer.join()
    assert sorted(path.name for path in out.parent.iterdir()) == ["clock.py", "clock.report.json"]


def test_a_program_is_written_into_the_folder_of_a_run_while_it_is_trained(tmp_path: Path) -> None:
    found = extract(open_run(handmade_run(tmp_path / "run", 7, {2: (8.0, 0.3)})))
    with locked(tmp_path / "run"):
        found.write(tmp_path / "run" / "clock.py")
    assert (tmp_path / "run" / "clock.report.json").is_file()
