"""The short help of a preset."""

from __future__ import annotations

import pytest

from mechgrok.cli import main
from mechgrok.cli.arguments.train_help import OF_CONFIG, short_help
from mechgrok.training.presets import PRESETS


def test_it_fits_a_screen_and_shows_the_values_of_the_preset(call) -> None:
    status, out, _ = call("train", "nanda2023", "--help")
    assert status == 0
    assert len(out.splitlines()) <= 30
    assert "--task.p 113 " in out
    assert "--optimizer.weight_decay 1.0 " in out
    assert "--help-all" in out


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_flag_belongs_to_the_config_of_the_preset(name: str) -> None:
    config = PRESETS[name].config
    flags = [line.split()[:2] for line in short_help(name, "about", config).splitlines() if line.startswith("  --")]
    shown = [(flag, value) for flag, value in flags if "." in flag]
    assert shown
    for flag, value in shown:
        part, key = flag.removeprefix("--").split(".")
        assert str(getattr(getattr(config, part), key)) == value


def test_every_path_is_there_in_some_preset() -> None:
    configs = [PRESETS[name].config.model_dump() for name in PRESETS]
    assert all(any(path.split(".")[1] in config[path.split(".")[0]] for config in configs) for path in OF_CONFIG)


def test_all_flags_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", "nanda2023", "--help-all"])
    out = capsys.readouterr().out
    assert not stop.value.code
    assert len(out.splitlines()) > 100
    assert "--optimizer.betas" in out
