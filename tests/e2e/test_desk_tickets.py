"""A ticket in a browser: what is said on it, who follows and sees it, what it is the same as."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
Opened = Callable[..., str]


def say(page: Page, text: str, button: str = "Send the reply", file: Path | None = None) -> None:
    """Write something on a ticket."""
    page.locator("textarea").fill(text)
    if file is not None:
        page.get_by_label("A file").set_input_files(file)
    page.get_by_role("button", name=button).click()
    page.locator(".body", has_text=text).wait_for()


def test_whoever_is_chosen_is_signed_in(visit: Visit, picture: Any) -> None:
    """Employees begin with the teams, customers with their requests, and nobody with a password."""
    page = visit(None)
    assert page.url.endswith("/sign-in")
    assert "there are no passwords" in page.inner_text("main")
    assert page.locator("input").count() == 0
    picture(page, "sign-in")
    page.get_by_role("button", name="Lucía Romero").click()
    assert page.inner_text("h1") == "Teams"
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Diego Navarro").click()
    assert page.inner_text("h1") == "Your requests"
    page.get_by_role("button", name="Sign out").click()
    page.goto("/boards/all")
    assert page.url.endswith("/sign-in")


def test_a_cookie_that_was_changed_is_nobody(visit: Visit, desk: str) -> None:
    """Who one is stands in a signed cookie, which cannot be written by oneself."""
    page = visit("eleni")
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    body, dot, rest = cookie["value"].partition(".")
    changed = {"name": cookie["name"], "value": f"{body[:-4]}AAAA{dot}{rest}", "url": desk}
    page.context.add_cookies([changed])  # type: ignore[list-item]
    page.goto("/")
    assert page.url.endswith("/sign-in")


def test_a_form_of_another_site_is_not_heard(visit: Visit, opened: Opened, desk: str) -> None:
    """A post from elsewhere, or from nobody says where, changes nothing."""
    ticket_id = opened("Which paper is best?")
    page = visit("lucia")
    for origin in ("http://elsewhere.example", "null", ""):
        headers = {"Origin": origin} if origin else {}
        answer = page.context.request.post(
            f"/tickets/{ticket_id}/say", form={"body": "From elsewhere"}, headers=headers
        )
        assert answer.status == 403
    page.goto(f"/tickets/{ticket_id}")
    assert "From elsewhere" not in page.content()
    heard = {"Origin": desk}
    page.context.request.post(
        f"/tickets/{ticket_id}/say", form={"body": "From here"}, headers=heard
    )
    page.reload()
    assert "From here" in page.content()


def test_a_conversation(visit: Visit, tmp_path: Path, picture: Any) -> None:
    """V15: a reply and its file reach the customer; a note and its file do not."""
    outside = visit("eleni", "/tickets/new")
    outside.get_by_label("Subject").fill("The ink is dry")
    outside.get_by_label("What is it about?").fill("Since Monday, all of it.")
    outside.get_by_role("button", name="Open the ticket").click()
    outside.locator("#said", has_text="Your ticket is open.").wait_for()
    inside = visit("lucia", outside.url)
    for name in ("quote.txt", "margin.txt"):
        (tmp_path / name).write_text(f"this is {name}")
    say(inside, "We send you new ink.", file=tmp_path / "quote.txt")
    say(inside, "It was our fault.", "Write an internal note", tmp_path / "margin.txt")
    picture(inside, "ticket")
    assert inside.locator(".internal").inner_text().count("It was our fault.") == 1
    outside.goto("/")
    outside.get_by_role("link", name="The ink is dry").click()
    picture(outside, "customer")
    content = outside.content()
    assert "We send you new ink." in content
    assert "fault" not in content
    assert "margin" not in content
    with outside.expect_download() as download:
        outside.get_by_role("link", name="quote.txt").click()
    assert download.value.path().read_text() == "this is quote.txt"
    hidden = inside.get_by_role("link", name="margin.txt").get_attribute("href")
    assert outside.context.request.get(str(hidden)).status == 404
    say(outside, "Thank you.")
    inside.reload()
    assert inside.locator("article", has_text="Thank you.").inner_text().startswith("Ελένη")


def test_what_is_refused_stays_in_the_form(visit: Visit) -> None:
    """What the library cannot accept is said beside the form, and what was typed is still there."""
    page = visit("eleni", "/tickets/new")
    page.get_by_label("Subject").fill("x" * 600)
    page.get_by_label("What is it about?").fill("A long story.")
    page.get_by_role("button", name="Open the ticket").click()
    page.locator("#said", has_text="Subject must have at most 500 characters").wait_for()
    assert page.get_by_label("What is it about?").input_value() == "A long story."
    page.goto("/search?text=!")
    assert "Text must have a word in it" in page.inner_text("#said")


def test_followers(visit: Visit, opened: Opened) -> None:
    """V17: who is added follows, and it is said whether they see it; an end is one button."""
    ticket_id = opened("A cap for my pen")
    page = visit("lucia", f"/tickets/{ticket_id}")
    page.get_by_label("Who is to follow").select_option("bruno")
    page.get_by_role("button", name="Follow", exact=True).click()
    page.locator("#said", has_text="Bruno Sala follows. Can they see the ticket? No.").wait_for()
    page.get_by_role("button", name="End the follow of Bruno Sala").click()
    page.locator("#said", has_text="Bruno Sala follows no longer.").wait_for()
    assert page.get_by_role("button", name="End the follow of Bruno Sala").count() == 0


def test_why_was_this_assigned_to_her(visit: Visit, picture: Any) -> None:
    """A20: it is said why somebody has a ticket, and from when she is there, with names."""
    page = visit("giulia", "/tickets/T-AHEAD")
    page.get_by_text("Why was this assigned to Giulia Ferri?").press("Enter")
    told = page.locator("#why p").inner_text()
    assert "who had the fewest open tickets was taken: 6." in told
    assert "Available from Tue 10 Mar 2026, 09:00." in told
    assert "giulia" not in told


def test_who_can_see_this(visit: Visit, opened: Opened, picture: Any) -> None:
    """V19: for everybody it is said whether they see it, and what would have to change."""
    ticket_id = opened("The blotter has a stain")
    page = visit("lucia", f"/tickets/{ticket_id}")
    page.get_by_text("Who can see this?").press("Enter")
    rows = page.locator("#who li")
    rows.first.wait_for()
    told = {row.locator("b").first.inner_text(): row.inner_text() for row in rows.all()}
    assert len(told) == 26
    assert "sees it The user follows the ticket." in told["Ελένη Γεωργίου"]
    assert "does not" in told["Diego Navarro"]
    assert "The user must follow the ticket." in told["Diego Navarro"]
    assert "A contact has no login" in told["Bruno Sala"]
    picture(page, "who")
    agent = visit("marta", f"/tickets/{ticket_id}/who")
    assert "What somebody may do" in agent.inner_text("main")
    assert agent.locator("main li").count() == 0


def test_duplicates_show_while_somebody_types(visit: Visit, opened: Opened, picture: Any) -> None:
    """M3: who types what is there already is shown it; a customer is shown nothing (M11)."""
    ticket_id = opened("The violet fountain pen leaks", "It leaks on every page.", by="greta")
    page = visit("lucia", "/tickets/new")
    page.get_by_label("Team").select_option("care")
    page.get_by_label("Subject").press_sequentially("The violet fountain pen leaks")
    page.locator("#alike a", has_text="violet").wait_for()
    assert ticket_id in page.inner_text("#alike")
    picture(page, "new")
    page.get_by_label("Subject").fill("Zebra")
    page.locator("#alike section").wait_for(state="detached")
    outside = visit("eleni", "/tickets/new")
    form = {"team_id": "care", "subject": "The violet fountain pen leaks"}
    origin = {"Origin": outside.evaluate("location.origin")}
    answer = outside.context.request.post("/tickets/alike", form=form, headers=origin)
    assert answer.ok
    assert "violet" not in answer.text()
    assert outside.locator("#alike[hx-post]").count() == 0


def test_a_merge_is_shown_done_and_undone(visit: Visit, opened: Opened, picture: Any) -> None:
    """M15: the preview says what stays; M14: un-merging brings back what was there."""
    first = opened("The blue cap is broken", "It fell.", by="greta")
    second = opened("The blue cap is broken again", "It fell once more.", by="oliver")
    page = visit("lucia", f"/tickets/{first}")
    page.get_by_role("link", name=f"Preview a merge with {second}").click()
    shown = page.inner_text("main")
    assert f"{first} takes in {second}" in shown
    assert "Customer stays “Greta Schulz”" in shown
    assert "Oliver Hughes goes on following the merged ticket alone" in shown
    picture(page, "merge")
    page.get_by_role("button", name="Merge them").click()
    page.locator("#said", has_text=f"Merged: {second}.").wait_for()
    assert "It fell once more." in page.inner_text("main")
    page.goto(f"/tickets/{second}")
    assert f"It was merged into {first}." in page.inner_text("main")
    outside = visit("oliver", f"/tickets/{second}")
    assert first not in outside.content()
    assert "Greta" not in outside.content()
    page.goto(f"/tickets/{first}")
    page.get_by_role("button", name="Undo the merge").click()
    page.locator("#said", has_text="The merge is undone.").wait_for()
    assert page.get_by_role("button", name="Undo the merge").count() == 0
    page.goto(f"/tickets/{second}")
    assert "It was merged into" not in page.inner_text("main")


def test_a_merge_across_levels_is_asked_for(visit: Visit, opened: Opened) -> None:
    """M7: tickets whose teams are seen by different people are merged only when that is said."""
    public = opened("The lamp flickers", by="greta")
    company = opened("The lamp flickers here too", by="sara", team="it")
    page = visit("lucia", f"/tickets/{public}/merge?other={company}")
    assert "different visibility" in page.inner_text("main")
    assert page.get_by_role("button", name="Merge them").count() == 0
    page.get_by_label("merge all the same").check()
    page.get_by_role("button", name="Show it so").click()
    page.get_by_role("button", name="Merge them").click()
    page.locator("#said", has_text="Merged:").wait_for()
