"""mechgrok verify."""

from __future__ import annotations

from pathlib import Path

import pytest

from mechgrok.cli import main
from mechgrok.verification import laws, scoring, source
from mechgrok.verification.check import Check


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two checks instead of all, and no folder named by the environment."""
    monkeypatch.delenv("MECHGROK_ORACLES", raising=False)
    monkeypatch.setattr(laws, "checks", lambda: iter([Check("a law", 1.5, 1.5)]))
    monkeypatch.setattr(scoring, "scores", lambda: iter(()))


@pytest.mark.usefixtures("few")
class TestVerify:
    def test_all_that_holds_exits_0(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["verify"]) == 0
        said = capsys.readouterr().out
        assert "a law" in said
        assert "1 of 1 hold; no published files" in said

    def test_a_miss_exits_1_and_is_marked(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr(laws, "checks", lambda: iter([Check("a law", 1.5, 1.5), Check("another", 405, 404)]))
        assert main(["verify"]) == 1
        marked = [line for line in capsys.readouterr().out.splitlines() if line.endswith("MISSED")]
        assert len(marked) == 1
        assert marked[0].split()[:4] == ["another", "405", "404", "1"]

    def test_a_folder_that_is_not_there_is_one_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["verify", "--oracles", str(tmp_path / "none")]) == 2
        assert capsys.readouterr().err.count("\n") == 1

    @pytest.mark.parametrize("flag", [[], ["--oracles"]])
    def test_the_folder_is_given_with_or_without_a_flag(self, flag: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["verify", *flag, str(tmp_path)]) == 0
        assert str(tmp_path) in capsys.readouterr().out

    def test_files_are_looked_for_and_said_to_be_absent(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["verify", "--oracles", str(tmp_path)]) == 0
        said = capsys.readouterr().out
        assert all(f"{each.file}: not in" in said for each in source.sources())

    def test_the_environment_names_the_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MECHGROK_ORACLES", str(tmp_path / "none"))
        assert main(["verify"]) == 2

    def test_a_folder_that_was_found_counts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").write_text("numbers")
        wrong = source.Source("mine", "file", "me", lambda path: [Check(path.name, "numbers", path.read_text()), Check("it", 1, 2)])
        monkeypatch.setattr(source, "sources", lambda: [wrong])
        assert main(["verify", "--oracles", str(tmp_path)]) == 1
