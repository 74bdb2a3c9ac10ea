"""Whether named parameters are what their names say: moved near the module's weights, each changes its own part of the network alone.

A row of W_E changes the rows with its token, a column of W_U its logit, a column of W_in its neuron, a head of W_Q its own pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import EllipsisType

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.forward.tables import Batch
from mechgrok.models.opaque.module_network import W_E, ModuleNetwork
from mechgrok.models.opaque.noise import noisy
from mechgrok.models.opaque.places import is_activation
from mechgrok.models.weights import Weights

_ROUNDING, _SINGLE = 1e-9, 1e-4
"""The largest change that may be rounding, relative to the largest value: in double precision, and in another."""
_OF_SCORES = ("W_Q", "W_K", "b_Q", "b_K")
"""Without effect where attention is constant (Zhong et al. 2023); b_K is always, since the softmax takes no shift."""
_EVERY_OTHER = slice(0, None, 2)
Part = int | slice | EllipsisType | tuple[int | slice | EllipsisType, ...]


@dataclass(frozen=True, eq=False)
class Evidence:
    """The named parameters of a module, at weights near its own, on some rows."""

    network: ModuleNetwork
    held: Weights
    """The parameters of the module."""
    tokens: Tensor

    def unconfirmed(self, names: Mapping[str, str]) -> list[str]:
        """The names of which no more could be seen than that they move the logits. Raises UserError for one that is wrong."""
        named = [name for name in names if name in self.network.places and not is_activation(name)]
        if not named or not self._can_be_moved():
            return named
        return [name for name in named if not self._is_confirmed(name)]

    def notes(self, names: Mapping[str, str]) -> Iterator[str]:
        """The names that moving them could not confirm. Raises UserError for a wrong one."""
        if left := self.unconfirmed(names):
            yield f"names: moving them could not confirm {', '.join(left)}"

    def _can_be_moved(self) -> bool:
        """Whether the module takes other weights, and gives finite logits."""
        try:
            return bool(self.before["logits"].isfinite().all())
        except Exception:
            return False

    def _is_confirmed(self, name: str) -> bool:
        leaf = name.rpartition(".")[2]
        if not self.moves(name, "logits"):
            if leaf in _OF_SCORES:
                return False
            raise self.wrong(name, "has no effect on the logits")
        return leaf in _CHECKS and _CHECKS[leaf](self, name)

    def wrong(self, name: str, finding: str) -> UserError:
        """The refusal of a name."""
        return UserError(f"names: {name}: {self.network.places[name].path} {finding}; name another parameter, or leave it away")

    @cached_property
    def weights(self) -> dict[str, Tensor]:
        """The weights near those of the module."""
        return self.network.stored(noisy(self.held, 0))

    @cached_property
    def before(self) -> dict[str, Tensor]:
        """The logits, and the neurons and patterns that are named."""
        return self._at(self.weights)

    def _at(self, weights: Weights) -> dict[str, Tensor]:
        keep = frozenset(name for name in self.network.places if name.endswith(("hook_post", "hook_pattern")))
        with torch.no_grad():
            logits, kept = self.network.forward(weights, Batch.of(self.tokens), keep)
        return {"logits": logits, **kept}

    def changes(self, name: str, part: Part = ...) -> dict[str, Tensor]:
        """The changes of logits and activations by moving a part of a parameter, zero where they are rounding."""
        stored = self.network.tied_to(name)
        turned = stored != name  # Of tied embeddings W_U is stored as W_E.
        tensor = self.weights[stored].T if turned else self.weights[stored]
        found = moved(tensor, part)
        return self.changed({stored: found.T if turned else found})

    def moves(self, name: str, value: str, part: Part = ...) -> bool:
        """Whether a part of a parameter moves logits or an activation, here or at small random weights, where few units are dead."""
        smaller = Evidence(self.network, {each: torch.zeros_like(tensor) for each, tensor in self.held.items()}, self.tokens)
        return bool(self.changes(name, part)[value].any() or smaller.changes(name, part)[value].any())

    def changed(self, replaced: Weights) -> dict[str, Tensor]:
        """The same by other weights."""
        after = self._at({**self.weights, **replaced})
        assert self.network.caller is not None
        share = _ROUNDING if self.network.caller.dtype is None else _SINGLE
        differences = {name: after[name] - value for name, value in self.before.items()}
        return {name: each.where(each.abs() > share * self.before[name].abs().max(), 0) for name, each in differences.items()}

    def differ(self, change: Tensor) -> Tensor:
        """The rows in which some logits change by different amounts, as log probabilities all change by one more (rows,)."""
        apart = change - change[:, :1] if change.shape[1] > 1 else change
        return apart.abs().amax(1) > _SINGLE * self.before["logits"].abs().max()

    def beside(self, name: str, leaf: str) -> str | None:
        """The activation of the block of a parameter, if it is named."""
        found = f"{name.rsplit('.', 1)[0]}.{leaf}"
        return found if found in self.before else None


def moved(tensor: Tensor, part: Part) -> Tensor:
    """A tensor with a part of it moved at random."""
    found = tensor.clone()
    found[part] += torch.randn(found[part].shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(found)
    return found


def _row_of_token(evidence: Evidence, name: str) -> bool:
    tokens, network = evidence.tokens, evidence.network
    mixed = [t for t in tokens.unique().tolist() if 0 < int((tokens == t).any(1).sum()) < len(tokens)]
    if not mixed:
        return False
    token = mixed[0]
    replaced = network.with_embedding(evidence.weights, moved(network.embedding(evidence.weights), token))
    change = evidence.changed(replaced)["logits"]
    # A tied unembedding moves the logit of the token in all rows.
    rows = evidence.differ(change[:, torch.arange(change.shape[1]) != token])
    holding = (tokens == token).any(1)
    if (rows & ~holding).any():
        raise evidence.wrong(name, f"changes rows without token {token} by its row {token}, so it is no embedding of tokens")
    if not rows.any() and change[~holding].any() and not _is_tied(evidence, name):
        raise evidence.wrong(name, f"changes the logit of class {token} by its row {token}, so it is no embedding of tokens")
    return bool(rows.any())


def _column_of_class(evidence: Evidence, name: str) -> bool:
    """Of a tied unembedding on the rows without the token of the class, whose embedding moves as well."""
    tied, first = _is_tied(evidence, name), int(evidence.tokens.min())
    rows = ~(evidence.tokens == first).any(1) if tied else slice(None)
    change = evidence.changes(name, (..., first))["logits"][rows]
    others = change[:, torch.arange(change.shape[1]) != first]
    if not len(others) or others.shape[1] < 2:
        return False
    if evidence.differ(others).any():
        raise evidence.wrong(name, f"changes other logits than that of class {first} by its column {first}")
    return bool(change.any())


def _neuron(evidence: Evidence, name: str) -> bool:
    neurons = evidence.beside(name, "hook_post")
    if neurons is None:
        return False
    have, count = evidence.weights[name].shape[-1], evidence.before[neurons].shape[-1]
    if have != count:
        raise evidence.wrong(name, f"has {have} neurons, and {neurons} has {count}")
    if evidence.changes(name, (..., _EVERY_OTHER))[neurons][:, 1::2].any():
        raise evidence.wrong(name, f"moves other neurons of {neurons} than its own")
    if not evidence.moves(name, neurons):
        raise evidence.wrong(name, f"moves no neuron of {neurons}")
    return True


def _head(evidence: Evidence, name: str) -> bool:
    pattern = evidence.beside(name, "hook_pattern")
    if pattern is None or evidence.tokens.shape[1] < 2:
        return False
    have, count = evidence.weights[name].shape[0], evidence.before[pattern].shape[1]
    if have != count:
        raise evidence.wrong(name, f"has {have} heads, and {pattern} has {count}")
    if evidence.changes(name, 0)[pattern][:, 1:].any():
        raise evidence.wrong(name, f"moves other heads of {pattern} than its own")
    if not evidence.moves(name, pattern):
        raise evidence.wrong(name, f"moves no head of {pattern}")
    return True


def _behind(leaf: str) -> Callable[[Evidence, str], bool]:
    def check(evidence: Evidence, name: str) -> bool:
        before = evidence.beside(name, leaf)
        if before is not None and evidence.changes(name)[before].any():
            raise evidence.wrong(name, f"moves {before}, which lies before it")
        facts, last = evidence.network.facts, evidence.network.layers - 1
        return facts.linear and facts.readout == "W_out" and name == f"blocks.{last}.mlp.W_out"

    return check


def _positions(evidence: Evidence, name: str) -> bool:
    have, length = len(evidence.weights[name]), evidence.tokens.shape[1]
    if have < length:
        raise evidence.wrong(name, f"has {have} positions, and the rows {length}")
    if have > length:
        if evidence.changes(name, slice(length, None))["logits"].any():
            raise evidence.wrong(name, f"changes rows of {length} tokens by the positions behind them")
        return True
    weights, places = evidence.weights, evidence.network.places
    if W_E not in weights or evidence.network.facts.positions > 1 or weights[W_E].shape[-1] != weights[name].shape[-1]:
        return False
    step = moved(torch.zeros_like(weights[name][0]), ...)
    one, other = (evidence.changed({each: weights[each] + step})["logits"] for each in (name, W_E))
    return places[W_E].path != places[name].path and bool((one - other).norm() <= _SINGLE * other.norm())


def _is_tied(evidence: Evidence, name: str) -> bool:
    """Whether the parameter has several names in the module."""
    assert evidence.network.caller is not None
    path, module = evidence.network.places[name].path, evidence.network.caller.module
    return sum(each is module.get_parameter(path) for _, each in module.named_parameters(remove_duplicate=False)) > 1


_CHECKS: Mapping[str, Callable[[Evidence, str], bool]] = {
    "W_E": _row_of_token,
    "W_pos": _positions,
    **dict.fromkeys(("W_U", "b_U"), _column_of_class),
    **dict.fromkeys(("W_in", "b_in"), _neuron),
    **dict.fromkeys(("W_Q", "W_K", "b_Q"), _head),
    **dict.fromkeys(("W_out", "b_out"), _behind("hook_post")),
    **dict.fromkeys(("W_V", "b_V", "W_O", "b_O"), _behind("hook_pattern")),
}
