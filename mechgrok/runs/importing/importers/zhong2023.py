"""What Zhong et al. 2023 (arXiv 2306.17844) save beside the weights: config_X.json beside model_X.pt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mechgrok.errors import UserError
from mechgrok.runs.importing import parameters, records

_FIELD = "attn_coeff"
"""By this a config is known as one of theirs."""
_ACTIVATIONS = {"ReLU": "relu", "GeLU": "gelu"}


def joined(path: Path, data: Any) -> Any:
    """The `data` of a weights file, with the config that stands beside it under `config`; as it is where there is none of theirs.

    Raises UserError where there is a file of that name that cannot be read.
    """
    beside = path.with_name(f"config_{path.stem.removeprefix('model_')}.json")
    found = parameters.attention_output(data)
    if found is None or found.ndim != 2 or not path.stem.startswith("model_") or not beside.is_file():
        return data
    said = _json(beside)
    return {"model": data, "config": said} if _theirs(said) else data


def config(data: Any) -> dict[str, Any]:
    """What a config of theirs says of the network, in TransformerLens' words; empty for files without one.

    Their code masks no attention, whatever the config says of its direction. At the last position of one layer that is no difference,
    and with several layers it is. Raises UserError for networks that ours cannot be.
    """
    said = _config(data)
    if not said:
        return {}
    if said.get("n_layers", 1) != 1:
        raise UserError("their attention looks ahead, which makes no difference with one layer only; networks of more cannot be imported")
    if said.get("diff_vocab"):
        raise UserError("the config has diff_vocab, so a and b have tokens of their own; only networks with one set can be imported")
    activation = said.get("act_fn")
    known = {"n_heads": said.get("n_heads", -1), "d_model": said.get("d_model", -1), "normalization_type": None}
    return {**known, "act_fn": _ACTIVATIONS.get(str(activation), activation), "attention_coefficient": said[_FIELD]}


def updates(data: Any) -> int | None:
    """The updates after which the weights were saved: one an epoch, as in their code's full batches; None where that is not said."""
    said = _config(data)
    return said["epoch"] if _takes_full_batches(said) and records.is_step(said.get("epoch")) else None


def notes(data: Any) -> tuple[str, ...]:
    """What is to be told of a config of theirs."""
    found = config(data)
    if not found:
        return ()
    fraction = data["config"].get("frac")
    drawn = f"; it trained on a share of {fraction} of the pairs, drawn without a seed" if isinstance(fraction, float) else ""
    taken = "" if updates(data) is None else "; its number of epochs, of one full batch each, is taken for the step of the weights"
    return (f"from the config beside the file: attention coefficient {found['attention_coefficient']}{drawn}{taken}",)


def _takes_full_batches(said: Mapping[str, Any]) -> bool:
    size, p = said.get("batch_size"), said.get("C")
    return type(size) is int and type(p) is int and size >= p * p


def _config(data: Any) -> Mapping[str, Any]:
    """The config under `config` of a file's data; empty where there is none of theirs."""
    return _theirs(data.get("config")) if isinstance(data, dict) else {}


def _theirs(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, dict) and _FIELD in said else {}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        raise UserError(f"{path} stands beside the weights and is no JSON; mend it, or move it away") from None
