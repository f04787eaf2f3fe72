"""A real Chromium for tests, and axe's rules in it.

Needs the packages playwright and axe-playwright-python, and a Chromium: the system's, or ``playwright install chromium``.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from talkcycle.web.rates import Rates
from web_office import WebOffice

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FREE = {"by_address": Rates(most=100_000, per=1), "by_link": Rates(most=100_000, per=1)}
PHONE: Any = {"width": 390, "height": 844}
DESK: Any = {"width": 1280, "height": 900}
WIDE: Any = {"width": 860, "height": 900}
"""For pictures: a desk without its margins."""
PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
COLOURS = 96
"""In a picture: the pages have few, and a file with few is a quarter as large."""
LANGUAGES = ("sv", "en", "nb", "da", "fi")


@contextmanager
def a_browser() -> "Iterator[Browser]":
    """Skips the test where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    found = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    with playwright.sync_playwright() as engine:
        try:
            browser = engine.chromium.launch(executable_path=found, args=["--no-sandbox", "--lang=en-US"])
        except playwright.Error as error:
            pytest.skip(f"no Chromium starts here: {error}")
        yield browser
        browser.close()


def reading(office: WebOffice, language: str) -> None:
    """Everybody reads *language* from now on."""
    with office.store.write() as session:
        session.links.connection.exec_driver_sql("UPDATE people SET data = json_set(data, '$.language', ?)", (language,))


def violations(page: "Page") -> list[str]:
    """What axe objects to."""
    from axe_playwright_python.base import AXE_SCRIPT  # noqa: PLC0415

    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


def unfold(page: "Page") -> None:
    """Open whatever is folded."""
    page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")


def unchecked(page: "Page") -> None:
    """Let every form be sent as it is: by a browser that does not look at it first."""
    page.locator("form").evaluate_all("all => all.forEach(each => each.noValidate = true)")


def picture(
    browser: "Browser",
    name: str,
    address: str,
    size: Any,
    *,
    scheme: Any = "light",
    whole: bool = True,
    do: "Callable[[Page], object] | None" = None,
) -> None:
    """Write the picture *name* of the documentation.

    Args:
        do: Done on the page before.
        whole: All of it, not only what is seen at first.
    """
    image = pytest.importorskip("PIL.Image", reason="Pillow makes the pictures small")
    context = browser.new_context(color_scheme=scheme, viewport=size, device_scale_factor=2)
    page, path = context.new_page(), PICTURES / f"{name}.png"
    page.goto(address)
    if do is not None:
        do(page)
    page.screenshot(path=path, full_page=whole)
    context.close()
    with image.open(path) as drawn:
        few = drawn.convert("RGB").quantize(COLOURS, dither=image.Dither.NONE)
    few.save(path, optimize=True)
