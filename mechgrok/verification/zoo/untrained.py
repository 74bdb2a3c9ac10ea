"""A network before training, in which there is nothing to be found."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.verification.hand_built import HandBuiltNetwork

TASK = Modular(p=53, loss_classes="numbers")
MODEL = Transformer()


def _weights() -> Mapping[str, Tensor]:
    return {name: parameter.detach() for name, parameter in MODEL.build(TASK).named_parameters()}


NETWORK = HandBuiltNetwork(
    "untrained", "random weights: no frequency, no algorithm", TASK, MODEL, _weights, {"frequencies": set(), "certified": False}
)
