"""A team's settings in a browser: changes that are shown first, and when nobody is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
Opened = Callable[..., str]


def level(page: Page, to: str, back: bool = False) -> None:
    """Ask what another level would do to IT support."""
    page.goto("/teams/it")
    page.get_by_label("Another level").select_option(to)
    page.get_by_label("customers follow their own tickets again").set_checked(back)
    page.get_by_role("button", name="Preview the change").click()


def test_a_change_of_level_is_shown_and_done(visit: Visit, picture: Any) -> None:
    """V18: who would lose what is said before it is done, and it is done as it was shown."""
    page = visit("root")
    level(page, "private")
    assert page.inner_text("h1") == "IT support: company becomes private"
    told = page.inner_text("main ul")
    assert "Giulia Ferri" in told
    assert "every other employee who does not follow the team" in told
    picture(page, "visibility")
    visit("giulia", "/boards/team:it").locator("#board").wait_for()
    page.get_by_role("button", name="Do just this").click()
    page.locator("#said", has_text="The team is private now.").wait_for()
    gone = visit("giulia", "/boards/team:it")
    assert gone.inner_text("h1") == "There is no such page"
    level(page, "company")
    page.get_by_role("button", name="Do just this").click()
    page.locator("#said", has_text="The team is company now.").wait_for()


def test_what_moved_on_is_not_done(visit: Visit, opened: Opened) -> None:
    """V18: when it would do anything else by now, it is shown again and not done."""
    page = visit("root")
    level(page, "private")
    opened("The scanner is slow", by="sara", team="it")
    page.get_by_role("button", name="Do just this").click()
    page.locator("#said", has_text="What was shown is no longer what would be done").wait_for()
    assert page.inner_text("h1") == "IT support: company becomes private"
    page.goto("/teams/it")
    assert page.locator(".chip", has_text="company").count() == 1


def test_a_fold_is_shown_and_done(visit: Visit, opened: Opened, picture: Any) -> None:
    """G4: how many tickets a fold closes is said for each team, and then they are closed."""
    ticket_id = opened("The ink is too thick")
    page = visit("root", "/teams/care")
    page.get_by_role("link", name="Preview folding of Waiting for the customer").click()
    told = page.inner_text("main ul")
    assert "Customer care: it closes" in told
    page.goto("/teams/care")
    picture(page, "team")
    page.get_by_role("link", name="Preview folding of New").click()
    told = page.inner_text("main ul")
    assert "People and pay: it closes" in told
    picture(page, "fold")
    page.get_by_role("button", name="Do just this").click()
    page.locator("#said", has_text="The stage is changed").wait_for()
    customer = visit("eleni", f"/tickets/{ticket_id}")
    assert customer.inner_text(".chip") == "closed"
    page.get_by_role("link", name="Preview unfolding of New").click()
    page.get_by_role("button", name="Do just this").click()
    page.locator("#said", has_text="The stage is changed").wait_for()
    customer.reload()
    assert customer.inner_text(".chip") == "open"


def test_who_may_not_change_a_team(visit: Visit, desk: str) -> None:
    """T5: who has not the role is offered nothing, and asking all the same is a plain 403."""
    page = visit("marta", "/teams/care")
    assert page.get_by_text("Preview").count() == 0
    for path in ("/teams/care/visibility?to=private", "/teams/care/fold/new?folded=true"):
        assert page.context.request.get(path).status == 403
    answer = page.context.request.post(
        "/teams/care/fold/new", form={"folded": "true", "confirmed": "x"}, headers={"Origin": desk}
    )
    assert answer.status == 403
    assert "This is not for you" in answer.text()


def test_who_may_not_move_tickets(visit: Visit, opened: Opened, desk: str) -> None:
    """T5: a customer has no page to move from, and asking all the same is a plain 403."""
    ticket_id = opened("Ink for the winter")
    page = visit("eleni", f"/tickets/{ticket_id}/move")
    assert page.inner_text("h1") == "There is no such page"
    form = {"board": "all", "stage_id": "solved"}
    answer = page.context.request.post(
        f"/tickets/{ticket_id}/move", form=form, headers={"Origin": desk}
    )
    assert answer.status == 403
    page.goto(f"/tickets/{ticket_id}")
    assert page.inner_text(".chip") == "open"


def test_time_off_and_the_hours_nobody_covers(visit: Visit, picture: Any) -> None:
    """A13: a month says who is away, and when nobody of the team is there."""
    page = visit("ada", "/teams/it/time-off")
    picture(page, "time-off")
    days = {
        day.locator("h2").inner_text(): day.inner_text() for day in page.locator(".month li").all()
    }
    assert len(days) == 31
    assert "Away: Jonas Weber" in days["Wed 4"]
    assert "Nobody 0–9, 18:30–24" in days["Wed 4"]
    assert "Nobody 0–24" in days["Sun 8"]
    assert "Away: Ada Moretti" in days["Wed 25"]
    page.get_by_role("link", name="After").click()
    assert "April 2026" in page.inner_text("main")
    easter = page.locator(".month li", has_text="Mon 6")
    assert "Nobody 0–24" in easter.inner_text()
    assert "Piotr Zieliński" in easter.inner_text()
    assert "Fri 3 Apr 2026, 18:30 to Tue 7 Apr 2026, 09:00" in page.inner_text("main")


def test_nonsense_is_a_plain_page(visit: Visit) -> None:
    """What is no month, no level, no cursor or no page is said so, without any detail."""
    page = visit("root", "/nothing/here")
    assert page.inner_text("h1") == "There is no such page"
    for path, status in (
        ("/teams/it/visibility", 400),
        ("/teams/it/visibility?to=everybody", 400),
        ("/teams/it/time-off?month=never", 400),
        ("/teams/it/time-off?month=9999-12-01", 400),
        ("/boards/all/new?after=nonsense", 303),
        ("/boards/all/nothing?after=nonsense", 404),
        ("/boards/team:nothing", 404),
        ("/tickets/T-001/files/nothing", 404),
    ):
        answer = page.context.request.get(path, max_redirects=0)
        assert answer.status == status, path
        assert "Traceback" not in answer.text()


def test_headers_that_are_nonsense(visit: Visit, desk: str) -> None:
    """An address in a header that is none, or another's, is a no like any other."""
    page = visit("root")
    ask, post = page.context.request.get, page.context.request.post
    assert post("/sign-in", headers={"Origin": "http://[bad"}).status == 403
    bad = "/boards/all/new?after=nonsense"
    for referer, to in (
        ("http://[bad", "/"),
        ("", "/"),
        (f"{desk}/boards/all?text=ink", "/boards/all?text=ink"),
        (f"{desk}//elsewhere.example/", "/"),
    ):
        answer = ask(bad, headers={"Referer": referer}, max_redirects=0)
        assert (answer.status, answer.headers["location"]) == (303, to)
    page.goto("/boards/all")
    page.evaluate("location.href = '/boards/all/new?after=nonsense'")
    page.locator("#said", has_text="cursor").wait_for()
    assert page.inner_text("h1") == "All tickets"
    assert ask("/sign-in", headers={"Host": "elsewhere.example"}).status == 400
