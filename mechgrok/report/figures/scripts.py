"""The scripts of a page, and the policy by which a browser runs them and no other."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from markupsafe import Markup

from mechgrok.plots.files import policy as policies

_OWN = ("figures.js", "slider.js")


@cache
def library() -> Markup:
    """plotly.js with cartesian traces alone, which are all that the figures have: 1.5 MB instead of 4.8."""
    return Markup(files("mechgrok.report").joinpath("vendored", "plotly-cartesian.min.js").read_text(encoding="utf-8"))


@cache
def script() -> Markup:
    """The script that runs plotly.js, draws figures and moves the slider."""
    folder = files("mechgrok.report").joinpath("templates")
    return Markup("\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in _OWN))


@cache
def policy() -> str:
    """The content security policy of a page."""
    return policies.policy((library(), script()))
