"""Boards in a browser: dragging, moving with the keyboard, folding for oneself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Visit = Callable[..., "Page"]
Opened = Callable[..., str]


def card(page: Page, ticket_id: str) -> Locator:
    """The card of a ticket on a board."""
    return page.locator(f'.card[data-id="{ticket_id}"]')


def column_of(page: Page, ticket_id: str) -> str | None:
    """The id of the stage in whose column the ticket is."""
    return card(page, ticket_id).locator("xpath=..").get_attribute("data-stage")


def drag(page: Page, ticket_id: str, to: Locator, at: str) -> None:
    """Drag a card with the mouse, to the top or the end of something."""
    card(page, ticket_id).scroll_into_view_if_needed()
    start, end = card(page, ticket_id).bounding_box(), to.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 60, start["y"] + 8)
    page.mouse.down()
    y = end["y"] + (4 if at == "top" else end["height"] - 4)
    for step in range(1, 11):
        x = start["x"] + 60 + (end["x"] + 60 - start["x"] - 60) * step / 10
        page.mouse.move(x, start["y"] + 8 + (y - start["y"] - 8) * step / 10)
    page.mouse.move(end["x"] + 62, y)
    with page.expect_response(lambda answer: "/boards/" in answer.url):
        page.mouse.up()


def test_a_card_is_dragged_to_another_column(visit: Visit, opened: Opened, picture: Any) -> None:
    """G12: a ticket that is dropped into another column is there for everybody."""
    ticket_id = opened("The nib of my pen is bent")
    page = visit("lucia", "/boards/team:care?text=")
    picture(page, "board")
    drag(page, ticket_id, page.locator('[data-stage="working"] .card').first, "top")
    page.locator("#said", has_text=f"{ticket_id} is in In progress now.").wait_for()
    assert column_of(page, ticket_id) == "working"
    page.reload()
    assert column_of(page, ticket_id) == "working"
    first = visit("marta", "/boards/team:care").locator('[data-stage="working"] .card').first
    assert first.get_attribute("data-id") == ticket_id


def test_a_card_is_dragged_within_its_column(visit: Visit, opened: Opened) -> None:
    """G12: a ticket that is dropped above another stands there, and the others stay."""
    ids = [opened(f"Cartridge {n} is empty") for n in range(3)]
    page = visit("lucia", "/boards/team:care")
    drag(page, ids[2], card(page, ids[0]), "top")
    page.locator("#said", has_text=ids[2]).wait_for()
    found = [one.get_attribute("data-id") for one in page.locator('[data-stage="new"] .card').all()]
    assert [id for id in found if id in ids] == [ids[2], ids[0], ids[1]]


def test_a_card_is_moved_with_the_keyboard_alone(visit: Visit, opened: Opened) -> None:
    """G5: *Move to…* offers the stages, and afterwards the focus is where it was."""
    ticket_id = opened("My order came twice")
    page = visit("lucia", "/boards/team:care")
    reach(page, f"move-{ticket_id}")
    page.keyboard.press("Enter")
    page.locator("dialog[open] h1", has_text=f"Move {ticket_id}").wait_for()
    stages = page.locator("dialog form").first.get_by_role("button").all_inner_texts()
    assert stages == ["In progress", "Waiting for the customer", "Solved closes it", *stages[3:]]
    assert stages[3:] == ["Cancelled closes it"]
    while page.evaluate("document.activeElement.innerText") != "Waiting for the customer":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#said", has_text=f"{ticket_id} is in Waiting for the customer now.").wait_for()
    assert column_of(page, ticket_id) == "asked"
    assert page.evaluate("document.activeElement.id") == f"move-{ticket_id}"
    assert page.locator("dialog[open]").count() == 0


def reach(page: Page, id: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(200):
        if page.evaluate("document.activeElement.id") == id:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{id} cannot be reached")


def test_a_place_is_chosen_with_the_keyboard(visit: Visit, opened: Opened) -> None:
    """G12: within its column, too, a card is put below another one without a mouse."""
    first, second, third = (opened(f"Bottle {n} of five leaks") for n in range(3))
    page = visit("lucia", "/boards/team:care")
    reach(page, f"move-{first}")
    page.keyboard.press("Enter")
    place = page.locator("dialog select")
    place.focus()
    while place.input_value() != second:
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#said", has_text=first).wait_for()
    found = [one.get_attribute("data-id") for one in page.locator('[data-stage="new"] .card').all()]
    assert [id for id in found if id in (first, second, third)] == [second, first, third]


def test_escape_leaves_everything_in_its_place(visit: Visit, opened: Opened) -> None:
    """The dialog is left by Escape, and the focus goes back."""
    ticket_id = opened("Do you make green ink?")
    page = visit("lucia", "/boards/team:care")
    reach(page, f"move-{ticket_id}")
    page.keyboard.press("Enter")
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == f"move-{ticket_id}"
    assert column_of(page, ticket_id) == "new"


def test_moving_works_without_any_script(visit: Visit, opened: Opened) -> None:
    """Where no script runs, *Move to…* is a page."""
    ticket_id = opened("Invoice wanted")
    page = visit("lucia", "/boards/team:care", java_script_enabled=False)
    page.locator(f"#move-{ticket_id}").click()
    page.get_by_role("button", name="In progress").click()
    assert page.locator("#said").inner_text() == f"{ticket_id} is in In progress now."


def test_a_drop_beside_what_has_gone_is_refused(visit: Visit, opened: Opened) -> None:
    """G12: when somebody moved the neighbour meanwhile, the board says so and is shown anew."""
    upper, lower = opened("The parcel is wet"), opened("The parcel is lost")
    page, other = visit("lucia", "/boards/team:care"), visit("marta", f"/tickets/{upper}/move")
    other.get_by_role("button", name="Solved").click()
    other.wait_for_url("**/boards/*")
    drag(page, lower, card(page, upper), "top")
    page.locator("#said", has_text="The column is another than the one that was seen").wait_for()
    assert card(page, upper).count() == 0
    assert column_of(page, lower) == "new"


def test_a_column_is_folded_for_oneself(visit: Visit) -> None:
    """G2: who folds a column, or opens a folded one, changes nothing for others or for tickets."""
    page, other = visit("lucia", "/boards/team:care"), visit("marta", "/boards/team:care")
    for stage, before, after in (("working", "Fold", "Open"), ("solved", "Open", "Fold")):
        button = page.locator(f"#fold-{stage}")
        assert button.inner_text().startswith(before)
        reach(page, f"fold-{stage}")
        page.keyboard.press("Enter")
        page.locator(f"#fold-{stage}", has_text=after).wait_for()
        assert page.evaluate("document.activeElement.id") == f"fold-{stage}"
        page.reload()
        assert page.locator(f"#fold-{stage}").inner_text().startswith(after)
        assert page.locator(f'[data-stage="{stage}"]').count() == (after == "Fold")
        other.reload()
        assert other.locator(f"#fold-{stage}").inner_text().startswith(before)
        page.locator(f"#fold-{stage}").click()
        page.locator(f"#fold-{stage}", has_text=before).wait_for()


def test_a_long_column_goes_on(visit: Visit) -> None:
    """T8: the rest of a column comes when it is asked for, and each ticket once."""
    page = visit("lucia", "/boards/team:care")
    column = page.locator('section:has([data-stage="working"])')
    count = int(column.locator("header b").inner_text().split()[0])
    assert count > 20
    while (more := column.get_by_text("More of In progress")).count():
        before = column.locator(".card").count()
        more.click()
        column.locator(".card").nth(before).wait_for()
    ids = [one.get_attribute("data-id") for one in column.locator(".card").all()]
    assert len(ids) == len(set(ids)) == count


def test_my_tickets_and_words(visit: Visit) -> None:
    """G12: *My tickets* are those that one has, and a board shows only what has the words."""
    page = visit("lucia", "/boards/mine")
    names = [one.inner_text() for one in page.locator(".card small").all()]
    assert names
    assert all("Lucía Romero" in name for name in names)
    page.goto("/boards/all")
    page.get_by_label("Only with these words").fill("printer")
    page.get_by_role("button", name="Show").click()
    subjects = [one.inner_text().lower() for one in page.locator(".card > a").all()]
    assert subjects
    assert all("printer" in subject for subject in subjects)
