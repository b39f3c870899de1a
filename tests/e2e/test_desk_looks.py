"""How the pages look to everybody: narrow and wide, light and dark, with axe, with the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
Opened = Callable[..., str]

INSIDE = (
    "/",
    "/boards/team:care",
    "/boards/all",
    "/tickets/new",
    "/search?text=printer",
    "/teams/care",
    "/teams/care/visibility?to=private",
    "/teams/care/fold/working?folded=true",
    "/teams/it/time-off",
    "/tickets/T-AHEAD",
    "/tickets/T-AHEAD/who",
    "/tickets/T-001/move",
    "/nothing/here",
)
OUTSIDE = ("/", "/tickets/new", "/search?text=fattura")


def test_the_host_is_small() -> None:
    """The example is less than 800 lines of Python, for the library does the work."""
    files = (Path(__file__).parents[2] / "examples" / "desk").glob("*.py")
    assert sum(len(file.read_text().splitlines()) for file in files) < 800


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_axe_finds_nothing(
    visit: Visit, opened: Opened, picture: Any, scheme: str
) -> None:
    """Nothing scrolls sideways, and axe finds nothing serious or critical, contrast included."""
    from axe_playwright_python.sync_playwright import Axe

    ticket_id = opened("A word as long as Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 2)
    wrong = []

    def look(page: Page, path: str) -> None:
        page.goto(path)
        for width in (360, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            found = Axe().run(page).response["violations"]
            bad = [one["id"] for one in found if one["impact"] in ("serious", "critical")]
            if wide > 0 or bad:
                wrong.append((path, width, wide, bad))
            if (path, width, scheme) in PICTURES:
                picture(page, PICTURES[path, width, scheme])

    look(visit(None, "/sign-in", scheme=scheme), "/sign-in")
    inside = visit("root", scheme=scheme)
    for path in (*INSIDE, f"/tickets/{ticket_id}", f"/tickets/{ticket_id}/merge?other=T-250"):
        look(inside, path)
    outside = visit("eleni", scheme=scheme)
    for path in (*OUTSIDE, f"/tickets/{ticket_id}"):
        look(outside, path)
    assert wrong == []


PICTURES = {
    ("/boards/team:care", 360, "light"): "board-narrow",
    ("/boards/all", 1440, "dark"): "board-dark",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_is_for_everybody(visit: Visit, scheme: str) -> None:
    """The open dialog of *Move to…* fits, too, and axe finds nothing."""
    from axe_playwright_python.sync_playwright import Axe

    page = visit("lucia", "/boards/team:care", 360, scheme)
    page.locator(".card button").first.click()
    page.locator("dialog[open] h1").wait_for()
    box = page.locator("dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert Axe().run(page).response["violations"] == []


def test_the_keyboard_is_led_past_the_head(visit: Visit) -> None:
    """The first Tab offers a way to the content, and what has the focus is seen to have it."""
    page = visit("lucia", "/boards/mine")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "To the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = page.evaluate("document.activeElement.closest('main') !== null")
    style = "getComputedStyle(document.activeElement).outlineStyle"
    assert inside
    assert page.evaluate(style) == "solid"


def test_a_ticket_is_written_on_with_the_keyboard(visit: Visit, opened: Opened) -> None:
    """A reply is written and sent with keys alone."""
    ticket_id = opened("Blue or black?")
    page = visit("lucia", f"/tickets/{ticket_id}")
    press_to(page, "document.activeElement.tagName === 'TEXTAREA'")
    page.keyboard.type("Written with keys.")
    press_to(page, "document.activeElement.innerText === 'Send the reply'")
    page.keyboard.press("Enter")
    page.locator(".body", has_text="Written with keys.").wait_for()


def press_to(page: Page, there: str) -> None:
    """Press Tab until this is so."""
    for _ in range(100):
        if page.evaluate(there):
            return
        page.keyboard.press("Tab")
    raise AssertionError(there)
