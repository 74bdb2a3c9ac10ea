"""Facts about a network that whole modules in a file give: the activation, and the heads of attention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mechgrok.runs.importing.safe_pickle.records import Record

_ACTIVATIONS = ("relu", "gelu", "silu", "tanh", "sigmoid", "leakyrelu", "elu", "celu", "selu", "mish", "softplus")
_HOMES = ("torch.nn.modules.activation.", "torch._C._nn.", "torch.nn.functional.")
_FIELDS = ("act", "activation", "nonlinearity", "act_fn", "activation_fn")
_HEADS = "num_heads"
_DEPTH = 12


def facts_of_modules(data: Any) -> dict[str, Any]:
    """`activation` and `num_heads` where all modules in the file agree on one."""
    modules = list(_modules(data, 0))
    activations = {name for module in modules for name in _activations(module)}
    heads = {module.fields[_HEADS] for module in modules if type(module.fields.get(_HEADS)) is int}
    facts = {"activation": activations, _HEADS: heads}
    return {name: next(iter(values)) for name, values in facts.items() if len(values) == 1}


def _modules(node: Any, depth: int) -> Iterator[Record]:
    """Every module in a tree, outer before inner ones."""
    if depth > _DEPTH:
        return
    if isinstance(node, Record) and isinstance(inner := node.fields.get("_modules"), dict):
        yield node
        node = inner
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list | tuple) else ():
        yield from _modules(item, depth + 1)


def _activations(module: Record) -> Iterator[str]:
    """The activation that a module is, or has under a usual name as a function of torch."""
    functions = [module.fields[name] for name in _FIELDS if isinstance(module.fields.get(name), str)]
    for name in (module.name, *functions):
        home = next((home for home in _HOMES if name.startswith(home)), None)
        if home is not None and name.removeprefix(home).lower() in _ACTIVATIONS:
            yield name.removeprefix(home).lower()
