"""Each page, in light and dark, on a telephone and on a desk: nothing overflows, all can read it.

The pictures are kept in the folder that ``SCREENSHOTS`` names, if it does.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import Scene
from tests.browser.gallery import PAGES

# WCAG 2.2, level AA, and what else axe holds to be good.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALLEST_TARGET = 44
_TARGETS = """() => [...document.querySelectorAll("a, button, input:not([type=hidden])")]
    .filter(each => each.checkVisibility())
    .map(each => [each.outerHTML, each.getBoundingClientRect().height])"""


@dataclass(frozen=True)
class Look:
    """What was measured of a page in one window."""

    width: int
    content_width: int
    headings: int
    title: str
    targets: list[tuple[str, float]]
    checks: int
    violations: list[tuple[str, str]]


@pytest.fixture(scope="module")
def seen() -> dict[tuple[str, str, int], Look]:
    return {}


@pytest.fixture(params=[360, 1280], ids=str)
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=PAGES)
def look(
    request: pytest.FixtureRequest,
    scheme: str,
    width: int,
    seen: dict[tuple[str, str, int], Look],
    open_browser: Callable[..., BrowserContext],
    scene: Scene,
    axe: str,
    tmp_path: Path,
) -> Look:
    """Each window is opened once for all tests."""
    key = (request.param, scheme, width)
    if key not in seen:
        viewport = {"width": width, "height": 800}
        page = open_browser(color_scheme=scheme, viewport=viewport).new_page()
        PAGES[request.param](page, scene)
        folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
        page.screenshot(path=folder / f"{request.param}-{width}-{scheme}.png", full_page=True)
        seen[key] = _measure(page, width, axe)
    return seen[key]


def _measure(page: Page, width: int, axe: str) -> Look:
    content_width = page.evaluate("document.documentElement.scrollWidth")
    targets = page.evaluate(_TARGETS)
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("tags => axe.run({runOnly: tags})", TAGS)
    return Look(
        width=width,
        content_width=content_width,
        headings=page.locator("h1").count(),
        title=page.title(),
        targets=targets,
        checks=len(found["passes"]),
        violations=[(each["id"], each["nodes"][0]["html"]) for each in found["violations"]],
    )


def test_nothing_is_wider_than_the_window(look):
    """WCAG 2.2, 1.4.10."""
    assert look.content_width <= look.width


def test_axe_finds_nothing(look):
    assert look.checks > 10
    assert look.violations == []


def test_what_is_pressed_is_large_enough(look):
    """44 pixels (WCAG 2.2, 2.5.5)."""
    assert look.targets
    assert [html for html, height in look.targets if height < SMALLEST_TARGET] == []


def test_a_page_has_one_heading_and_a_title(look):
    assert look.headings == 1
    assert look.title.endswith("Authserver")
    assert len(look.title) > len("Authserver") + 3
