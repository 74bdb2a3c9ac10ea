"""The reference page of what there is in Python, made from docstrings; docs/build.py writes it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from typing import Any

import mechgrok
from mechgrok import tasks
from mechgrok.config import Part

GROUPS: dict[str, tuple[str, Sequence[str]]] = {
    "Networks and runs": ("Where an analysis begins.", ("open_run", "Run", "Snapshot", "record", "LoopRecorder", "import_run")),
    "Measures": ("What is computed.", ("analyze", "measure", "explain", "Explanation", "Measure", "RunMeasure", "Headline", "Missing")),
    "Several runs": ("What is stored of them, side by side.", ("compare", "Comparison")),
    "Outcomes": ("What became of a measure.", ("Outcomes", "Result", "NotApplicable", "Failure", "write_report", "figure", "write_figure")),
    "Training": ("Networks of mechgrok's own.", ("train", "sweep", "finetune", "presets", "ready_run")),
    "Programs and checks": ("", ("extract", "Extraction", "audit", "verify", "UserError")),
}
"""Every public name, in reading order; a test compares them with `mechgrok.__all__`."""
MODULES = ("tasks", "measures")
HEAD = """# Python

Every name below is one of `mechgrok`. It is imported when it is first used, so `import mechgrok` costs nothing. The commands of the
command line call the same functions. Measures are classes of `mechgrok.measures`, such as `mechgrok.measures.Gini()`;
[measures/](measures/README.md) describes each.
"""


def page() -> str:
    """The page in Markdown."""
    parts = [HEAD.strip()]
    for title, (text, names) in GROUPS.items():
        parts += [f"## {title}", *([text] if text else []), *(_entry(name) for name in names)]
    return "\n\n".join([*parts, "## Tasks", *_tasks()]) + "\n"


def _entry(name: str) -> str:
    found = getattr(mechgrok, name)
    if not (inspect.isroutine(found) or inspect.isclass(found)):
        return f"### `{name}`\n\n{_beneath(name)}"
    shown = found if inspect.isroutine(found) else None
    signature = f"```python\nmechgrok.{name}{_signature(shown)}\n```\n\n" if shown else ""
    return f"### `{name}`\n\n{signature}{markdown(inspect.getdoc(found) or '')}{_methods(found) if inspect.isclass(found) else ''}"


def _beneath(name: str) -> str:
    """The text below the definition of a name that is no class and no function."""
    home = inspect.getsource(inspect.getmodule(mechgrok.Measure.__mro__[1]))  # type: ignore[arg-type]
    found = re.search(rf'^{name} = .*\n"""(.*?)"""', home, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[1]


def _signature(function: Any) -> str:
    return re.sub(r"'([^']*)'(?=[,:\s)=]|$)", r"\1", str(inspect.signature(function)).replace("mechgrok.", ""))


def _methods(found: type) -> str:
    """The public methods and properties of a class, one line each."""
    lines = [
        f"- `{name}`: {_first_line(member)}"
        for name, member in inspect.getmembers_static(found)
        if (name == "__call__" or not name.startswith("_")) and _is_own(found, name) and _first_line(member)
    ]
    return "\n\n**Methods and properties**\n\n" + "\n".join(lines) if lines else ""


def _is_own(found: type, name: str) -> bool:
    """Whether a class of mechgrok defines a name."""
    return any(name in vars(base) and base.__module__.startswith("mechgrok") for base in found.__mro__)


def _first_line(member: Any) -> str:
    inner = getattr(member, "__func__", None) or member
    described = isinstance(inner, property) or inspect.isfunction(inner) or hasattr(inner, "attrname")
    return " ".join((inspect.getdoc(inner) or "").split("\n\n")[0].split()) if described else ""


def markdown(docstring: str) -> str:
    """A docstring in NumPy style as Markdown: sections in bold, entries as lists, examples as code."""
    pieces = re.split(r"^(\w[\w ]*)\n-{3,}\n", docstring, flags=re.MULTILINE)
    sections = zip(pieces[1::2], pieces[2::2], strict=True)
    return "\n\n".join([_prose(pieces[0]), *(f"**{title}**\n\n{_section(title, text)}" for title, text in sections)]).strip()


def _section(title: str, text: str) -> str:
    return _prose(text) if title == "Examples" else "\n".join(_entries(text))


def _prose(text: str) -> str:
    """Paragraphs; those with examples as code."""
    blocks = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(f"```python\n{block}\n```" if block.startswith(">>>") else block for block in blocks)


def _entries(text: str) -> Iterator[str]:
    for line in text.strip().splitlines():
        if line.strip() and not line.startswith(" "):
            name, _, kind = line.partition(" : ")
            yield f"- `{name}`" + (f" ({kind})" if kind else "")
        elif line.strip():
            yield f"  {line.strip()}"


def _tasks() -> Iterator[str]:
    for name in tasks.__all__:
        found = getattr(tasks, name)
        fields = [
            f"- `{field}` (default `{info.default!r}`): {' '.join((info.description or '').split())}"
            for field, info in (found.model_fields if inspect.isclass(found) and issubclass(found, Part) else {}).items()
            if field != "kind"
        ]
        yield "\n\n".join([f"### `tasks.{name}`", markdown(inspect.getdoc(found) or ""), *(["\n".join(fields)] if fields else [])])
