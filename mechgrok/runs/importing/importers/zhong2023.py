"""The format of Zhong et al. 2023 (arXiv 2306.17844): weights with a config that gives the attention coefficient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing import parameters
from mechgrok.runs.importing.containers.whole_numbers import is_step
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import Importer, WeightsFile
from mechgrok.runs.importing.importers.nanda2023 import convert_snapshots
from mechgrok.runs.importing.orientation import TWO_AXES

_COEFFICIENT = "attn_coeff"
_ACTIVATIONS = {"ReLU": "relu", "GeLU": "gelu"}


class Zhong2023(Importer):
    """`model_X.pt` in the orientation of Nanda et al. 2023, with `config_X.json` beside it, after Zhong et al. 2023 (arXiv 2306.17844).

    The config gives the activation, the attention coefficient and the number of epochs. It may stand under `config` in the file as well.
    Without a config the file is of the format of Nanda et al. 2023.
    """

    name = "zhong2023"
    describe = "model_X.pt of Zhong et al. 2023: W_O (d_model, head * d_head), with config_X.json (attn_coeff among its keys) beside it"

    def recognises(self, file: WeightsFile) -> frozenset[str]:
        """A dict of weights with a W_O of two axes, and a config with an attention coefficient."""
        output = parameters.attention_output(parameters.state_dict(file.data))
        if output is None or output.ndim != 2 or not _config(file):
            return frozenset()
        return frozenset({TWO_AXES, f"a config with {_COEFFICIENT}"})

    def convert(self, file: WeightsFile) -> Foreign:
        """The weights, at the step and with the activation and attention of the config."""
        config = _config(file)
        known, step = _network(config), _updates(config)
        return convert_snapshots(file.data, self.name, known, step, _notes(config, known["attention_coefficient"], step))


def _config(file: WeightsFile) -> Mapping[str, Any]:
    """The config in the file, or beside it for bare weights; empty where there is none with an attention coefficient."""
    if "model" in file.data:
        found = file.data.get("config")
    else:
        found = file.companion(f"config_{file.stem.removeprefix('model_')}.json") if file.stem.startswith("model_") else None
    return _of_plain_values(found) if isinstance(found, dict) and _COEFFICIENT in found else {}


def _of_plain_values(config: Mapping[Any, Any]) -> Mapping[str, Any]:
    """The config. Raises UserError where it holds a tensor, since no comparison with one is true or false."""
    tensors = [str(name) for name, value in config.items() if isinstance(value, Tensor)]
    if tensors:
        raise UserError(f"the config's {tensors[0]} is a tensor and has to be a number or a word; save it as one")
    return config


def _network(config: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a config about the network, in TransformerLens' names.

    Their code masks no attention, whatever the direction in the config. At the last position of one layer this makes no difference; with
    several layers it does. Raises UserError for networks that cannot be run here.
    """
    if config.get("n_layers", 1) != 1:
        raise UserError("their attention has no mask, which makes no difference with one layer only; networks of more cannot be imported")
    if config.get("diff_vocab"):
        raise UserError("the config has diff_vocab, so a and b have tokens of their own; only networks with one set can be imported")
    activation = config.get("act_fn")
    sizes = {"n_heads": config.get("n_heads", -1), "d_model": config.get("d_model", -1), "normalization_type": None}
    return {**sizes, "act_fn": _ACTIVATIONS.get(str(activation), activation), "attention_coefficient": config[_COEFFICIENT]}


def _updates(config: Mapping[str, Any]) -> int | None:
    """The updates before the weights were saved: one an epoch where an epoch is one full batch, else None."""
    return config["epoch"] if _takes_full_batches(config) and is_step(config.get("epoch")) else None


def _takes_full_batches(config: Mapping[str, Any]) -> bool:
    size, p = config.get("batch_size"), config.get("C")
    return type(size) is int and type(p) is int and size >= p * p


def _notes(config: Mapping[str, Any], coefficient: Any, step: int | None) -> tuple[str, ...]:
    fraction = config.get("frac")
    split = f"; it trained on a share of {fraction} of the pairs, drawn without a seed" if isinstance(fraction, float) else ""
    epochs = "" if step is None else "; its number of epochs, of one full batch each, is taken for the step of the weights"
    return (f"from the config beside the file: attention coefficient {coefficient}{split}{epochs}",)
