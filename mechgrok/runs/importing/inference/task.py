"""The task that a foreign network's tokens, and the rows that its file lists, allow; its operation is found later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.architecture import Architecture
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.tasks.domain import Domain
from mechgrok.tasks.layouts import FURUTA
from mechgrok.tasks.modular import Modular


def infer_task(foreign: Foreign, architecture: Architecture, p: int | None) -> Modular:
    """The task modulo `p`, by default what the sizes allow. Raises UserError where they do not allow it."""
    if architecture.positions == "none":
        return _between(foreign, architecture, p)
    if architecture.n_ctx < 2:
        raise UserError(f"the file's network reads {architecture.n_ctx} token a row; only rows a b = and a b can be imported")
    layout, signs = ("a b", 0) if architecture.n_ctx == 2 else ("a b =", 1)
    modulus = architecture.d_vocab - signs if p is None else p
    if architecture.d_vocab != modulus + signs or architecture.d_vocab_out not in (modulus, modulus + signs):
        fitting = f"{modulus + 1}, '=' among them, and {modulus} or {modulus + 1}" if signs else f"{modulus} each"
        raise _unfit(architecture, modulus, fitting, None if p is None else architecture.d_vocab - signs)
    return Modular(p=modulus, layout=layout, loss_classes="vocab" if architecture.d_vocab_out == modulus + signs else "numbers")


def _between(foreign: Foreign, architecture: Architecture, p: int | None) -> Modular:
    """Rows a, operator or '=', b, after Furuta et al. 2024; tokens beyond the five signs are spare."""
    most = architecture.d_vocab - len(FURUTA)
    modulus = most if p is None else p
    if modulus > most or architecture.d_vocab_out != architecture.d_vocab:
        raise _unfit(architecture, modulus, f"at least {modulus + len(FURUTA)} each, = + - * / among them", None if p is None else most)
    return Modular(p=modulus, layout="a = b", spare_tokens=most - modulus, **_domain(foreign.pairs, architecture.d_vocab, modulus))


def _unfit(architecture: Architecture, p: int, fitting: str, hint: int | None) -> UserError:
    sizes = f"the file's network has {architecture.d_vocab} tokens and {architecture.d_vocab_out} classes"
    return UserError(f"{sizes}; modulo {p} they would be {fitting}" + ("" if hint is None else f"; did you mean --p {hint}?"))


def _domain(pairs: Mapping[str, Tensor], tokens: int, p: int) -> dict[str, Any]:
    """Which rows of the table the file lists, train and test together."""
    if not pairs:
        return {}
    listed = torch.cat(list(pairs.values()))
    if not len(listed) or int(listed.max()) >= tokens:
        raise UserError(
            f"the file's train_data and test_data are no pairs of its {tokens} tokens; it is not the format that was recognised"
        )
    listed = listed[(listed < p).all(1)]
    return {"domain": Domain(nonzero=bool((listed > 0).all()), ascending=bool((listed[:, 0] <= listed[:, 1]).all()))}
