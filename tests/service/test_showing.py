"""What leaves the service: no ticket that is hidden is named, and outsiders read an allow-list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import attrs
import pytest

from desks import SETUP, Company
from helpdesk_core import (
    HelpdeskError,
    NotFoundError,
    RefusedError,
    Ticket,
    TicketFilter,
    Visibility,
)

#: The id of a ticket that must not be heard of.
HIDDEN = "HR-7"


def words(thing: Any) -> Iterator[str]:
    """Every text in a result, however deep."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, Enum):
        yield thing.name
    elif isinstance(thing, dict) or hasattr(thing, "items"):
        items = thing.items
        pairs = items() if callable(items) else [(None, item) for item in items]
        for key, value in pairs:
            yield from words(key)
            yield from words(value)
    elif isinstance(thing, tuple | list | set | frozenset):
        for part in thing:
            yield from words(part)
    elif attrs.has(type(thing)):
        for field in attrs.fields(type(thing)):
            yield from words(getattr(thing, field.name))


def told(call: Callable[[], Any]) -> str:
    """All that somebody is told by a call, its refusal included."""
    try:
        result = call()
    except HelpdeskError as error:
        parts = [str(error), *words(getattr(error, "decision", None))]
        return " ".join([*parts, *(str(r.parameters) for r in _reasons(error))])
    return " ".join(words(result))


def _reasons(error: HelpdeskError) -> Any:
    return error.decision.reasons if isinstance(error, RefusedError) else ()


def merge_into_hidden(company: Company) -> None:
    """Pat's ticket `mine` is a tombstone of one on a PRIVATE team, and another one is there."""
    company.open(HIDDEN_TEAM, id=HIDDEN, actor=SETUP)
    company.open("public", id="mine", actor=SETUP, customer_id="pat")
    company.open("public", id="other", actor=SETUP, customer_id="pat")
    company.desk.merge([HIDDEN, "mine"], master_id=HIDDEN, allow_cross_visibility=True, actor=SETUP)


HIDDEN_TEAM = "private"

#: Whatever can be done with a tombstone, by who sees it and not its root.
WITH_A_TOMBSTONE: dict[str, Callable[[Any, str], Any]] = {
    "ticket": lambda desk, who: desk.ticket("mine", actor=who),
    "tickets": lambda desk, who: desk.tickets(actor=who, query=TicketFilter(merged=None)),
    "resolve": lambda desk, who: desk.resolve("mine", actor=who),
    "history": lambda desk, who: desk.history("mine", actor=who),
    "access": lambda desk, who: desk.access("mine", actor=who),
    "messages": lambda desk, who: desk.messages("mine", actor=who),
    "attachments": lambda desk, who: desk.attachments("mine", actor=who),
    "time entries": lambda desk, who: desk.time_entries("mine", actor=who),
    "reply": lambda desk, who: desk.reply("mine", "hello", actor=who, idempotency_key="r"),
    "note": lambda desk, who: desk.note("mine", "hello", actor=who, idempotency_key="n"),
    "attach": lambda desk, who: desk.attach("mine", "x", b"x", actor=who, idempotency_key="a"),
    "reply on the root": lambda desk, who: desk.reply("mine", "hello", actor=who, to_root=True),
    "attach to the root": lambda desk, who: desk.attach("mine", "x", b"", actor=who, to_root=True),
    "merged tickets": lambda desk, who: desk.merged_tickets("mine", actor=who),
    "log time": lambda desk, who: desk.log_time("mine", 5, actor=who, idempotency_key="t"),
    "move": lambda desk, who: desk.move("mine", "solved", actor=who),
    "close": lambda desk, who: desk.close("mine", actor=who),
    "assign": lambda desk, who: desk.assign("mine", "bob", actor=who),
    "transfer": lambda desk, who: desk.transfer("mine", "company", actor=who),
    "change": lambda desk, who: desk.change_ticket("mine", priority=1, actor=who),
    "follow": lambda desk, who: desk.follow_ticket("mine", who, actor=who),
    "unfollow": lambda desk, who: desk.unfollow_ticket("mine", who, actor=who),
    "duplicates": lambda desk, who: desk.duplicates("mine", actor=who),
    "discard": lambda desk, who: desk.discard_duplicate("mine", "other", actor=who),
    "preview a merge": lambda desk, who: desk.preview_merge(["mine", "other"], actor=who),
    "merge": lambda desk, who: desk.merge(["mine", "other"], actor=who),
    "merge into it": lambda desk, who: desk.merge(["mine", "other"], master_id="mine", actor=who),
}


@pytest.mark.parametrize("who", ["ann", "emp", "pat"])
def test_a_root_that_one_may_not_see_is_never_named(company: Company, who: str) -> None:
    """M7, M9, V14: nobody is told the id of a root that they may not see, by any call or error."""
    merge_into_hidden(company)
    company.desk.follow_ticket("other", "pat", actor=SETUP)
    for name, call in WITH_A_TOMBSTONE.items():
        if name == "unfollow":
            continue
        for turn in ("first", "again"):
            text = told(lambda call=call: call(company.desk, who))  # type: ignore[misc]
            assert HIDDEN not in text, (name, turn)
            assert "'private'" not in text, (name, turn)
    with pytest.raises(NotFoundError, match="root of ticket 'mine' not found"):
        company.desk.resolve("mine", actor=who)
    assert HIDDEN not in told(lambda: company.desk.unfollow_ticket("mine", who, actor=who))
    assert company.desk.ticket("mine", actor=SETUP).merged_into == HIDDEN


def test_who_may_see_the_root_is_told(company: Company) -> None:
    """M8, M9: who may see the root finds it from its tombstone, and by every result."""
    merge_into_hidden(company)
    company.desk.follow_ticket(HIDDEN, "ann", actor=SETUP)
    assert company.desk.ticket("mine", actor="ann").merged_into == HIDDEN
    assert company.desk.resolve("mine", actor="ann") == HIDDEN
    assert company.desk.log_time("mine", 5, actor="ann").ticket_id == HIDDEN
    [away] = [e for e in company.desk.history("mine", actor="ann") if e.name == "TicketMergedAway"]
    assert away.master_id == HIDDEN


def test_a_retry_through_a_tombstone_gives_the_first_result(company: Company) -> None:
    """T7, M7: a key gives the first result again to who sees the tombstone, the root or not."""
    merge_into_hidden(company)
    for call in (
        lambda: company.desk.log_time("mine", 5, actor="ann", idempotency_key="k"),
        lambda: company.desk.note("mine", "x", actor="ann", idempotency_key="k"),
        lambda: company.desk.reply("mine", "x", actor="ann", to_root=True, idempotency_key="k"),
    ):
        first = call()
        assert first.ticket_id == "mine"
        assert call() == first


def test_a_master_names_no_hidden_tombstone(company: Company) -> None:
    """M7, M11: a master's history and record name no merged ticket that one may not see."""
    company.open(HIDDEN_TEAM, id=HIDDEN, actor=SETUP, tags=["dismissal"])
    company.desk.follow_ticket(HIDDEN, "con", actor=SETUP)
    for id in ("mine", "two"):
        company.open("public", id=id, actor=SETUP)
    merge = company.desk.merge(
        ["mine", "two", HIDDEN], master_id="mine", allow_cross_visibility=True, actor=SETUP
    )
    [took] = [e for e in company.desk.history("mine", actor="ann") if e.name == "TicketsMerged"]
    assert (took.merged_ids, took.left_behind) == (("two",), ())
    assert HIDDEN not in told(lambda: company.desk.merge(["mine", "two"], actor="ann"))
    assert company.desk.merge(["mine", "two", HIDDEN], actor="root") == merge
    company.desk.unmerge(merge.id, actor=SETUP)
    assert HIDDEN not in told(lambda: company.desk.history("mine", actor="ann"))


def test_a_history_names_no_team_that_one_may_not_open(company: Company) -> None:
    """V14, V15: where a ticket was before is told to who may open that team."""
    ticket = company.open("private", id="T", customer_id="pat")
    company.desk.transfer("T", "public", actor=SETUP)
    for who, knows in (("root", True), ("ann", False), ("pat", False)):
        history = company.desk.history(ticket.id, actor=who)
        assert ("private" in words(history)) is knows, who


# --- outsiders -----------------------------------------------------------------------------------


def full(company: Company) -> Ticket:
    """Pat's ticket, with what colleagues made of it."""
    company.team("web", Visibility.PUBLIC, auto_assign=True, member_ids=["ann"])
    company.away("ann")
    ticket = company.open("web", id="T", actor="root", customer_id="pia", tags=["difficult"])
    for who in ("pat", "bob"):
        company.desk.follow_ticket("T", who, actor="root")
    return ticket


def outside(ticket: Ticket) -> None:
    """Nothing of it is for the inside."""
    assert set(ticket.followers) <= {"pat"}
    assert ticket.tags == ticket.references == ticket.links == frozenset()
    assert ticket.available_from is None
    assert not ticket.waiting
    assert {ticket.opener_id, ticket.customer_id} <= {"pat", None}


def test_every_ticket_that_an_outsider_gets_is_an_outsiders(company: Company) -> None:
    """V15, V14, M7: whichever way a portal user gets a ticket, it shows an allow-list."""
    inside = full(company)
    assert inside.available_from is not None
    desk = company.desk
    mine = desk.open_ticket("web", "Mine", actor="pat", tags=["x"], idempotency_key="k")
    found = [
        desk.ticket("T", actor="pat"),
        *desk.tickets(actor="pat").items,
        *(t for column in desk.board(actor="pat").columns for t in column.tickets),
        *(t for column in desk.my_board(actor="pat").columns for t in column.tickets),
        mine,
        desk.open_ticket("web", "Mine", actor="pat", tags=["x"], idempotency_key="k"),
        desk.close(mine.id, actor="pat"),
    ]
    assert len(found) == 8
    for ticket in found:
        outside(ticket)
    assert (mine.opener_id, mine.customer_id, set(mine.followers)) == ("pat", "pat", {"pat"})
    assert desk.ticket("T", actor="ann").tags == {"difficult"}
    assert desk.ticket(mine.id, actor="ann").tags == {"x"}


def test_a_host_that_trusts_outsiders_more_shows_them_no_more(company: Company) -> None:
    """V15, T5: what a portal user may change by a host's own table comes back by the list too."""
    full(company)
    desk = company.desk
    desk._permissions = {use_case: {"portal"} for use_case in desk._permissions}
    for call in (
        lambda key: desk.change_ticket("T", priority=1, actor="pat", idempotency_key=key),
        lambda key: desk.assign("T", "bob", actor="pat", idempotency_key=key),
        lambda key: desk.move("T", "working", actor="pat", idempotency_key=key),
    ):
        for _ in range(2):
            outside(call("k"))


def test_an_outsiders_board_has_bare_stages(company: Company) -> None:
    """V15, G12: on a portal user's board a column has its name, and no template or description."""
    full(company)
    [new] = [c.stage for c in company.desk.board(actor="pat").columns if c.stage.id == "new"]
    assert (new.name, new.email_template, new.description) == ("New", None, "")
    [new] = [c.stage for c in company.desk.board(actor="ann").columns if c.stage.id == "new"]
    assert new.email_template is not None


@pytest.mark.parametrize(
    "asked", [{"tag": "difficult"}, {"waiting": False}, {"customer_id": "pia"}]
)
def test_outsiders_ask_of_nothing_that_they_are_not_shown(company: Company, asked: Any) -> None:
    """V15: a count or a list is no way to find out what a portal user is not shown."""
    full(company)
    query = TicketFilter(**asked)
    for call in (company.desk.count, company.desk.tickets, company.desk.duplicate_groups):
        with pytest.raises(RefusedError) as caught:
            call(actor="pat", query=query)
        assert caught.value.code == "visibility.refused.inside_only"
        call(actor="ann", query=query)
    mine = TicketFilter(customer_id="pat", closed=False, priority=0, assignee_id="ann")
    assert company.desk.count(actor="pat", query=mine) == 0


def test_what_is_alike_is_not_for_outsiders(company: Company) -> None:
    """V15, M2: the shares of a rating tell of tags and customers, so portal users see none."""
    full(company)
    company.open("web", id="U", actor="pat", subject="No ink")
    assert company.desk.duplicates("T", actor="pat") == ()
    assert company.desk.duplicate_groups(actor="pat") == ()
    assert [match.ticket_id for match in company.desk.duplicates("T", actor="ann")] == ["U"]
    assert len(company.desk.duplicate_groups(actor="ann")) == 1


def test_the_similarity_store_is_told_all(company: Company) -> None:
    """M1, T7: what is compared is the ticket as it is, not as shown outside, and told once."""
    told_of: list[Ticket] = []

    class Store:
        def update(self, ticket: Ticket) -> None:
            told_of.append(ticket)

    company.desk._similarity = Store()  # type: ignore[assignment]
    for _ in range(2):
        company.desk.open_ticket("public", "x", actor="pat", tags=["t"], idempotency_key="k")
    assert [ticket.tags for ticket in told_of] == [{"t"}]
