"""A plain function of a snapshot as a measure."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mechgrok.errors import UserError
from mechgrok.measures.base.measure import Headline, Measure, last

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class FunctionMeasure(Measure):
    """Base class of the measures that `measure` makes: `function` is called with the snapshot of each checkpoint."""

    title: ClassVar[str] = "A function"
    reference: ClassVar[str] = "defined by the user"
    columns: ClassVar[Mapping[str, str]] = {}
    any_columns: ClassVar[bool] = True
    function: ClassVar[Callable[[Any], Any]]

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        return _table(type(self).function(snapshot))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        from mechgrok.plots.primitives import curves

        shown = _numeric(result)
        if not shown:
            raise UserError(f"{self.name} gives no numbers to draw")
        over_steps = result["step"].is_unique
        drawn = result if over_steps else last(result)
        x = drawn["step"] if over_steps else range(len(drawn))
        long = pd.concat([pd.DataFrame({"x": x, "quantity": name, "value": drawn[name]}) for name in shown])
        return curves(long, x="x", y="value", color="quantity", x_title="step" if over_steps else "row of the table", y_title=self.title)

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        if len(now) != 1:
            return {"rows": len(now)}
        values = now.drop(columns="step").iloc[0].to_dict()
        return {str(key): value.tolist() if hasattr(value, "tolist") else value for key, value in values.items()}


def measure(function: Callable[[Snapshot], Any]) -> Measure:
    """A function of a snapshot as a measure; also a decorator.

    Parameters
    ----------
    function : callable
        From a snapshot to a number, to a mapping from names to numbers, or to a DataFrame.

    Returns
    -------
    Measure
        Named like the function. A number is the column `value` of its table, a mapping one row with its keys as columns.

    Raises
    ------
    UserError
        If it is no function.

    Examples
    --------
    >>> @mechgrok.measure
    ... def largest_logit(snapshot):
    ...     return float(snapshot.logits.max())
    >>> found = mechgrok.analyze(run, [largest_logit], nulls=0)["largest-logit"]
    >>> list(found.table.columns), found.series("value").index.tolist()
    (['value', 'step'], [0, 20])
    """
    if not callable(function) or isinstance(function, type):
        raise UserError(f"{function!r} is no measure; give a function of a snapshot, a measure, or its label such as 'gini'")
    name = getattr(function, "__name__", type(function).__name__).strip("<>_").replace("_", "-")
    members = {
        "__doc__": getattr(function, "__doc__", None) or f"The function {name}, defined by the user.",
        "__module__": getattr(function, "__module__", "__main__"),
        "__qualname__": f"measure({getattr(function, '__qualname__', name)})",
        "name": name,
        "title": name.replace("-", " "),
        "function": staticmethod(function),
    }
    made: type[FunctionMeasure] = type(f"measure({name})", (FunctionMeasure,), members)
    return made()


def _table(value: Any) -> pd.DataFrame:
    if isinstance(value, pd.DataFrame):
        if "step" in value:
            raise TypeError("the column step is that of the checkpoint, which is added; give the column of the function another name")
        return value
    if isinstance(value, Mapping):
        return pd.DataFrame([{str(key): _plain(each) for key, each in value.items()}])
    return pd.DataFrame({"value": [_plain(value)]})


def _plain(value: Any) -> Any:
    """A number as Python has it, out of a tensor or array of one element. Raises TypeError for anything else but words."""
    number = value.item() if hasattr(value, "item") else value
    if not isinstance(number, numbers.Real | str):
        raise TypeError(f"a measure gives a number, a mapping of numbers or a DataFrame, not {type(value).__name__}")
    return number


def _numeric(result: pd.DataFrame) -> list[str]:
    return [name for name in result.columns if name != "step" and pd.api.types.is_numeric_dtype(result[name])]
