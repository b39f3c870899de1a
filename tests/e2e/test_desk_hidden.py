"""What somebody may not know is nowhere: in no page, no source, no search and no count."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
Opened = Callable[..., str]


def test_a_customer_sees_nothing_that_is_hidden(visit: Visit, opened: Opened) -> None:
    """V15, V3: a portal user's pages, their source, search and counts hold nothing from inside."""
    before = visit("anna").inner_text("#counts")
    mine = opened("Parcel wanted", "Where is my parcel?", by="anna")
    theirs = opened("Parcel of a stranger", "Zanzibar", by="diego")
    inside = visit("lucia", f"/tickets/{mine}")
    inside.locator("textarea").fill("Xylophone: she is a difficult one.")
    inside.get_by_role("button", name="Write an internal note").click()
    inside.locator(".internal").wait_for()
    inside.get_by_label("Who is to follow").select_option("franco")
    inside.get_by_role("button", name="Follow", exact=True).click()
    inside.locator("#said", has_text="Franco Galli follows.").wait_for()

    page = visit("anna")
    hidden = ("Xylophone", "difficult", "Zanzibar", "stranger", theirs, "Franco", "franco")
    stages = ("In progress", "Waiting for the customer", "Solved", "Cancelled")
    for path in ("/", f"/tickets/{mine}", "/tickets/new", "/search?text=parcel"):
        page.goto(path)
        source = page.context.request.get(path).text()
        for secret in (*hidden, *stages, "History", "Who can see", "IT support", "People and pay"):
            assert secret not in page.content(), (path, secret)
            assert secret not in source, (path, secret)
    opened_before, closed = (int(word) for word in before.split() if word.isdigit())
    page.goto("/")
    assert page.inner_text("#counts") == f"{opened_before + 1} open, {closed} closed"
    for words, number in (("xylophone", 0), ("zanzibar", 0), ("parcel wanted", 1)):
        page.goto(f"/search?text={words}")
        assert page.inner_text("#counts").split()[0] == str(number), words


@pytest.mark.parametrize("who", ["anna", "sam"])
def test_hidden_and_absent_look_alike(visit: Visit, opened: Opened, who: str) -> None:
    """V14: what somebody may not see answers to the letter as what is not there."""
    secret = opened("Of pay", by="sara", team="hr")
    page = visit(who)
    ask = page.context.request.get
    for path in ("/tickets/{}", "/tickets/{}/move", "/tickets/{}/who", "/tickets/{}/files/1",
                 "/tickets/{}/merge?other=T-001", "/teams/{}", "/boards/team:{}",
                 "/teams/{}/time-off"):  # fmt: skip
        there = "hr" if "team" in path else secret
        one, other = ask(path.format(there)), ask(path.format("absent"))
        assert (one.status, one.text()) == (other.status, other.text()), path
        assert one.status == 404


def test_a_customer_opens_no_team(visit: Visit) -> None:
    """V3: pages of teams and boards, also of the one that a customer writes to, are not there."""
    page = visit("anna")
    for path in ("/teams/care", "/teams/care/time-off", "/boards/team:care", "/boards/all",
                 "/boards/mine", "/boards/all/solved?after=x"):  # fmt: skip
        assert page.context.request.get(path).status == 404
    page.goto("/tickets/new")
    assert page.get_by_label("Team").inner_text() == "Customer care"


def test_counts_and_search_of_an_employee(visit: Visit, opened: Opened) -> None:
    """V13: on the dashboard, a board and in a search, a PRIVATE team counts only what is seen."""
    opened("Quizzical question of pay", by="tom", team="hr")
    page = visit("sam")
    assert "People and pay" not in page.content()
    page.goto("/search?text=quizzical")
    assert page.inner_text("#counts").startswith("0 ")
    page.goto("/boards/all?text=quizzical")
    assert page.locator(".card").count() == 0
    member = visit("giulia", "/search?text=quizzical")
    assert member.inner_text("#counts").startswith("1 ")


def test_a_contact_can_do_nothing(visit: Visit, desk: str) -> None:
    """V4: a contact has no login; who signs one in all the same sees nothing."""
    page = visit("bruno")
    assert "0 open, 0 closed" in page.content()
    form = {"team_id": "care", "subject": "From a contact"}
    answer = page.context.request.post("/tickets/new", form=form, headers={"Origin": desk})
    assert answer.status == 404
