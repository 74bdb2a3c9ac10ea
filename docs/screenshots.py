"""Pictures of a run's page for the docs: `python docs/screenshots.py RUN`, a run that was analysed, such as checkpoints/demo.

Each picture shows the beginning of the page in one setting of the reader: a desktop in light or dark colours, or a phone.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from mechgrok.plots.files.browser import required_browser

FIGURES = Path(__file__).parent / "figures"
SETTINGS = {"page": (1200, 1560, "light"), "page-dark": (1200, 1560, "dark"), "page-phone": (390, 1560, "light")}
"""Width and height in pixels, and the colours that the reader has asked for."""
COLOURS = 255


def main(run: Path) -> None:
    """Takes all pictures of the page of a run."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(required_browser()), args=["--no-sandbox"])
        for name, setting in SETTINGS.items():
            picture = shot(browser, run / "report" / "index.html", *setting)
            save(picture, FIGURES / f"{name}.png")
        browser.close()


def shot(browser: Any, page: Path, width: int, height: int, colours: str) -> bytes:
    """The top of a page as a PNG, with its figures drawn."""
    visit = browser.new_context(offline=True, viewport={"width": width, "height": height}, color_scheme=colours).new_page()
    visit.goto(page.resolve().as_uri())
    visit.locator("svg.main-svg").first.wait_for()
    visit.wait_for_timeout(1500)
    picture: bytes = visit.screenshot()
    return picture


def save(picture: bytes, place: Path) -> None:
    """Writes a picture with few colours, which makes a small file."""
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS).save(place, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
