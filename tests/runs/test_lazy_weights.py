"""Checkpoints that are not of the run's network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_runs import make_run, write_weights
from safetensors.numpy import load_file, save_file

from mechgrok.errors import UserError
from mechgrok.runs.run import open_run


def test_a_checkpoint_of_another_modulus_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", p=7, steps=(0, 10))
    write_weights(run, 10, p=11)
    with pytest.raises(UserError, match=r"00000010.safetensors: embed.W_E has the shape \(12, 8\), and this run's network \(8, 8\)"):
        open_run(run).snapshot(10)
    assert open_run(run).snapshot(0).logits.shape == (49, 7)


@pytest.mark.parametrize("name", ["embed.W_E", "blocks.0.attn.W_V", "pos_embed.W_pos", "blocks.0.mlp.W_in", "unembed.W_U"])
def test_a_checkpoint_without_a_matrix_is_refused(name: str, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", steps=(0,))
    path = run / "weights" / "00000000.safetensors"
    save_file({each: values for each, values in load_file(path).items() if each != name}, path)
    with pytest.raises(UserError, match=rf"^{path} has no {name}, so it is not of this run's network; restore it from a copy$"):
        open_run(run).snapshot()


def test_absent_biases_are_zero(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", steps=(0,)))
    zeros = make_run(tmp_path / "zeros", steps=(0,), extra={"unembed.b_U": np.zeros(8, np.float32)})
    assert run.snapshot().logits.equal(open_run(zeros).snapshot().logits)
