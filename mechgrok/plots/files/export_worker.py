"""Draw figures in a browser: `python export_worker.py FOLDER BROWSER`, in a separate process that can be killed.

It is run by its path and imports nothing of mechgrok, so it starts fast.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly
from choreographer.browsers.chromium import Chromium
from kaleido import Kaleido

PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
OFFLINE = (
    "--disable-background-networking",
    "--disable-client-side-phishing-detection",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-features=OptimizationHints,MediaRouter,Translate,DnsOverHttps",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pings",
)
"""No host name can be resolved, so nothing is fetched."""
PNG_SCALE = 3
BEGINNINGS = {"pdf": b"%PDF", "svg": b"<svg", "png": b"\x89PNG"}


class OfflineChromium(Chromium):
    """Chromium without network, in the process group of this process, so that killing the group also kills the browser."""

    def get_cli(self) -> Sequence[str]:
        """The command with our flags."""
        return [*super().get_cli(), *OFFLINE]

    def get_popen_args(self) -> Mapping[str, Any]:
        """Arguments that keep the browser in this process's session."""
        return {**super().get_popen_args(), "start_new_session": False}


async def draw_all(folder: Path, browser: Path) -> None:
    """Draw each `<name>.<format>.json` of a folder to `<name>.<format>`; an error is written to `<name>.<format>.error`."""
    kaleido = Kaleido(plotlyjs=PLOTLY_JS, mathjax=False, timeout=None, path=browser, browser_cls=OfflineChromium)
    await kaleido.open()
    for figure in sorted(folder.glob("*.*.json")):
        target = figure.with_suffix("")
        try:
            target.write_bytes(await draw(kaleido, figure))
        except Exception as error:
            target.with_name(target.name + ".error").write_text(str(error))
        target.with_name(target.name + ".done").touch()


async def draw(kaleido: Kaleido, figure: Path) -> bytes:
    """The image of a figure, in the format of its file's name."""
    kind = Path(figure.stem).suffix[1:]
    image: bytes = await kaleido.calc_fig(json.loads(figure.read_text()), {"format": kind, "scale": PNG_SCALE if kind == "png" else 1})
    if not image.startswith(BEGINNINGS[kind]):
        raise RuntimeError(f"the browser returned no {kind}; the figure may be too large")
    return image


async def main() -> None:
    """Draw the figures of the folder on the command line, and end the process."""
    await draw_all(Path(sys.argv[1]), Path(sys.argv[2]))
    os._exit(0)  # a browser may hang when it is closed; the parent process kills it


if __name__ == "__main__":
    asyncio.run(main())
