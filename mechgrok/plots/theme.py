"""The style of every figure: white ground, thin axes, colours for colour-blind readers, Unicode text and no MathJax."""

from __future__ import annotations

from functools import cache

import plotly.graph_objects as go

from mechgrok.plots import sheet

INK = "#262626"
GREY = "#bdbdbd"
ACCENT = "#D55E00"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette (2008, "Color Universal Design") without its yellow, which is lost on white."""
SEQUENTIAL = "Viridis"
DIVERGING = "RdBu_r"
WIDTH, HEIGHT = 460, 320
"""Size in CSS pixels (1/96 inch): at the 3.3 inch of a journal's column the text is still 6.7 pt."""
MARGIN = {"l": 60, "r": 24, "t": 40, "b": 50}
LEGEND = {"orientation": "h", "x": 0, "xanchor": "left", "yanchor": "top", "font": {"size": 12}, "title": {"text": ""}}
"""A row below the x axis."""
LEGEND_ROW = 24
SYMBOL = 44
"""Pixels of a legend's entry beside its name."""
EN_SPACE = "\u2002"
"""Follows each number of a colour bar, so that the title does not touch the widest one."""
FONT = "Liberation Sans, Arial, Helvetica, DejaVu Sans, sans-serif"


def _axis() -> dict[str, object]:
    return {
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "linewidth": 1,
        "linecolor": INK,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": INK,
        "nticks": 6,
        "exponentformat": "power",
        "minexponent": 5,
        "separatethousands": True,
        "tickfont": {"size": 12},
        "title": {"standoff": 8, "font": {"size": 13}},
        "automargin": True,
    }


@cache
def template() -> go.layout.Template:
    """The style as a template of plotly; made at the first figure, since it takes a tenth of a second."""
    colourbar: dict[str, object] = {"thickness": 10, "outlinewidth": 0, "ticks": "outside", "ticklen": 3, "nticks": 6}
    colourbar |= {"ticksuffix": EN_SPACE, "separatethousands": True, "exponentformat": "power", "minexponent": 5}
    colourbar |= {"tickfont": {"size": 11}, "title": {"side": "right", "font": {"size": 12}}}
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": INK},
            "title": {"x": 0.02, "xanchor": "left", "y": 1, "yanchor": "top", "pad": {"t": 12}, "font": {"size": 14}},
            "paper_bgcolor": "white",
            "plot_bgcolor": "white",
            "colorway": COLOURS,
            "separators": ".\u2009",
            "margin": MARGIN,
            "xaxis": _axis(),
            "yaxis": _axis(),
            "legend": LEGEND,
            "barmode": "group",
            "bargap": 0.1,
            "bargroupgap": 0,
            "hovermode": "closest",
        },
        data={
            "heatmap": [{"type": "heatmap", "colorbar": colourbar}],
            "scatter": [{"type": "scatter", "marker": {"size": 6, "colorbar": colourbar}}],
        },
    )


def canvas(title: str) -> go.Figure:
    """An empty figure in this style; plotly's default template is neither used nor changed."""
    return go.Figure(layout={"template": template(), "width": width(), "height": HEIGHT, "margin": MARGIN, "title": {"text": title}})


def width() -> int:
    """The width in pixels of a figure of one panel."""
    return sheet.current().width or WIDTH


def grow(figure: go.Figure, *, top: int = 0, bottom: int = 0) -> None:
    """Add pixels above or below the plot, whose own size stays."""
    margin = figure.layout.margin
    figure.update_layout(height=figure.layout.height + top + bottom, margin={"t": margin.t + top, "b": margin.b + bottom})


def make_room_for_legend(figure: go.Figure, labels: int = 0) -> None:
    """Place the legend, if there is one, below the x axis; the figure grows by its rows and by `labels`, the extra height of the axis."""
    grow(figure, bottom=labels)
    names = [trace.name for trace in figure.data if trace.showlegend]
    if not names:
        return
    in_a_row = max(1, (width() - MARGIN["l"] - MARGIN["r"]) // legend_width(max(names, key=len)))
    figure.update_layout(legend={"y": -(MARGIN["b"] + labels) / (HEIGHT - MARGIN["t"] - MARGIN["b"])})
    grow(figure, bottom=LEGEND_ROW * -(-len(names) // in_a_row))


def legend_width(name: str) -> int:
    """The approximate width of a legend entry in pixels."""
    return SYMBOL + 6 * len(name)


def palette(index: int) -> dict[str, str]:
    """Colour and dash of the line with this number; beyond the palette's end the colours repeat with another dash."""
    dashes = ("solid", "dash", "dot", "dashdot")
    return {"color": COLOURS[index % len(COLOURS)], "dash": dashes[index // len(COLOURS) % len(dashes)]}
