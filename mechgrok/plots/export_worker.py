"""Draw figures in a browser: `python export_worker.py FOLDER BROWSER`, a process of its own so that it can be killed.

It is run by its path and imports nothing of mechgrok, so it starts fast wherever the package lies.
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
    """Chromium without network, in this process's own group: whoever kills the group kills the browser."""

    def get_cli(self) -> Sequence[str]:
        """The command with our flags."""
        return [*super().get_cli(), *OFFLINE]

    def get_popen_args(self) -> Mapping[str, Any]:
        """No session of its own."""
        return {**super().get_popen_args(), "start_new_session": False}


async def draw_all(folder: Path, browser: Path) -> None:
    """Draw each `<name>.<format>.json` of a folder to `<name>.<format>`; what fails is told in `<name>.<format>.error`."""
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
    """The figure in the format that its file's name says."""
    kind = Path(figure.stem).suffix[1:]
    image: bytes = await kaleido.calc_fig(json.loads(figure.read_text()), {"format": kind, "scale": PNG_SCALE if kind == "png" else 1})
    if not image.startswith(BEGINNINGS[kind]):
        raise RuntimeError(f"what came out is no {kind}, perhaps the figure is too large")
    return image


async def main() -> None:
    """Draw what the command line names, and end."""
    await draw_all(Path(sys.argv[1]), Path(sys.argv[2]))
    os._exit(0)  # asked to close, a browser may hang; whoever started this process kills it


if __name__ == "__main__":
    asyncio.run(main())
