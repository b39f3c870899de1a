"""Every list page by page: nothing twice, nothing left out, nothing betrayed (T8)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desks import MONDAY, SETUP, STORES, Company, repository_for
from helpdesk_core import (
    Helpdesk,
    InvalidValueError,
    NotFoundError,
    NotifierError,
    Visibility,
    every,
)
from helpdesk_core.ports import IncomingEmail
from helpdesk_core.service.pages import Cursors

#: Every list of the service: called with a desk, who looks, and what a page is asked by.
LISTS: dict[str, Callable[..., Any]] = {
    "tickets": lambda d, a, **o: d.tickets(actor=a, **o),
    "tickets, newest first": lambda d, a, **o: d.tickets(actor=a, newest_first=True, **o),
    "messages": lambda d, a, **o: d.messages("one", actor=a, **o),
    "attachments": lambda d, a, **o: d.attachments("one", actor=a, **o),
    "time entries": lambda d, a, **o: d.time_entries("one", actor=a, **o),
    "history": lambda d, a, **o: d.history("one", actor=a, **o),
    "merged tickets": lambda d, a, **o: d.merged_tickets("one", actor=a, **o),
    "teams": lambda d, a, **o: d.teams(actor=a, **o),
    "mails": lambda d, a, **o: d.mails("one", actor=a, **o),
    "dead letters": lambda d, a, **o: d.dead_letters(actor=SETUP, **o),
}
_THREAD = "<ticket.s.one@helpdesk.invalid>"
PEOPLE = ("ann", "pat", "root", SETUP)
ACTS = ("reply", "note", "attach", "time", "priority", "open", "team", "private", "merge",
        "mail")  # fmt: skip


def _company(store: str, folder: Path) -> Company:
    company = Company(repository_for(store, folder), folder)
    company.open("public", id="one", customer_id="pat")
    return company


def _play(company: Company, act: str, minutes: int) -> None:
    """Add a row or some; the clock may stand still, or go back."""
    desk = company.desk
    company.clock.set(max(MONDAY + timedelta(hours=1), company.clock.now()))
    company.clock.advance(timedelta(minutes=minutes))
    if act == "reply":
        desk.reply("one", "Hello", actor="ann", to_root=True)
    elif act == "note":
        desk.note("one", "Inside", actor="ann")
    elif act == "attach":
        desk.attach("one", "a", b"a", actor="ann", internal=minutes > 0)
    elif act == "time":
        desk.log_time("one", 5, actor="ann")
    elif act == "priority":
        now = desk.ticket("one", actor=SETUP).priority
        desk.change_ticket("one", actor="ann", priority=(now + 1) % 4)
    elif act == "mail":
        mail = IncomingEmail(
            sender="pat@example.com", subject="Ink", text="x", references=[_THREAD]
        )
        desk.receive(mail, "public", verified=True, actor=SETUP)
    elif act == "team":
        desk.create_team("T", Visibility.COMPANY, actor=SETUP, stage_ids=["new"])
    elif act == "private":
        desk.open_ticket("private", "Hidden", actor=SETUP)
    else:
        ticket = desk.open_ticket("public", "More", actor=SETUP)
        desk.reply(ticket.id, "Hello there", actor="ann")
        if act == "merge":
            desk.merge(["one", ticket.id], master_id="one", actor="root")


acts = st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from([-7, 0, 0, 3])), max_size=9)


@pytest.mark.parametrize("store", STORES)
def test_pages_are_the_whole_list(store: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """T8, M6, M7, V15: with any limit, while rows are added, each row of the start comes once."""

    @settings(
        max_examples=60 if store == "memory" else 12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        before=acts,
        added=acts,
        limit=st.integers(1, 4),
        name=st.sampled_from(sorted(LISTS)),
        who=st.sampled_from(PEOPLE),
    )
    def check(before: Any, added: Any, limit: int, name: str, who: Any) -> None:
        company = _company(store, tmp_path_factory.mktemp("desk"))
        for act, minutes in before:
            _play(company, act, minutes)
        ask = LISTS[name]
        whole = ask(company.desk, who, limit=500)
        assert whole.next is None
        page = ask(company.desk, who, limit=limit)
        shown, pages, waiting = [*page], 1, list(added)
        while page.next is not None:
            if waiting:
                _play(company, *waiting.pop())
            page = ask(company.desk, who, limit=limit, after=page.next)
            shown += page
            pages += 1
            assert len(page) <= limit
        ids = [_id(one) for one in shown]
        of_the_start = [_id(one) for one in whole]
        if name == "history":  # an event that comes in later may be the same as one of the start
            rest = iter(ids)
            assert all(any(one == event for one in rest) for event in of_the_start)
        else:
            assert [id for id in ids if id in of_the_start] == of_the_start
            assert len(ids) == len(set(ids))
        if not added:
            assert pages == max(1, -(-len(whole) // limit)), "and no page is empty"

    check()


def _id(one: Any) -> Any:
    return one if not hasattr(one, "id") else one.id


def test_a_history_whose_clock_goes_back(tmp_path: Path) -> None:
    """T8: events that were recorded later and say an earlier moment come once, in their order."""
    company = _company("memory", tmp_path)
    for minutes in (5, -5, 0, 5, -5, 0, 0, 5):
        company.clock.advance(timedelta(minutes=minutes))
        company.desk.log_time("one", 1, actor="ann")
        company.desk.reply("one", "Hello", actor="ann")
    whole = company.desk.history("one", actor="ann", limit=500)
    assert len({event.at for event in whole}) < len(whole) / 2
    for who in ("ann", "pat"):
        wanted = list(company.desk.history("one", actor=who, limit=500))
        for limit in range(1, 5):
            assert list(every(company.desk.history, "one", actor=who, limit=limit)) == wanted


# --- what is no cursor ---------------------------------------------------------------------------


def _filled(tmp_path: Path) -> Company:
    company = _company("memory", tmp_path)
    for act in (
        "reply",
        "attach",
        "attach",
        "time",
        "time",
        "merge",
        "merge",
        "reply",
        "open",
        "team",
        "mail",
        "mail",
    ):
        _play(company, act, 0)
    now = company.clock.now()
    company.desk._notifier = Shut()
    while company.desk.deliver().failed:
        company.clock.advance(timedelta(days=1))
    company.clock.set(now)
    return company


class Shut:
    """Sends nothing."""

    def send(self, message: Any) -> None:
        raise NotifierError("shut")


def _written(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize("name", LISTS)
def test_what_is_no_cursor_is_refused_by_name(name: str, tmp_path: Path) -> None:
    """T8: no text but a cursor of this very list begins a page; each list refuses it alike."""
    company = _filled(tmp_path)
    ask = LISTS[name]
    cursor = ask(company.desk, "ann", limit=1).next
    assert isinstance(cursor, str)
    question, at, kind, id = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    others = {
        other: LISTS[other](company.desk, "ann", limit=1).next for other in LISTS if other != name
    }
    wrong = [
        "", "é", "=", "x", cursor[:-1], cursor + "=", cursor + " ", cursor[1:], 7, b"x", ("x",),
        *others.values(), _written(), _written(question), _written(question, at, "x", id),
        _written(question, "Monday", kind, id), _written(question, 7, kind, id),
        _written(question, "2026-01-05T09:00:00", kind, id), _written(question, at, kind, [id]),
        _written(question, at, "i", "1_0"), _written(question, at, "u", "1"),
        _written("0" * 12, at, kind, id), _written([question], at, kind, id), "W" * 10_000,
        base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("="),
    ]  # fmt: skip
    for one in wrong:
        with pytest.raises(InvalidValueError) as refused:
            ask(company.desk, "ann", limit=1, after=one)
        assert (refused.value.field, str(refused.value)) == (
            "after",
            "after is not a cursor of this list",
        ), one
    assert ask(company.desk, "ann", limit=1, after=cursor).items


def test_a_cursor_of_another_ticket_is_none(tmp_path: Path) -> None:
    """T8: what is asked is part of a cursor: the ticket, the filter, which end comes first."""
    company = _filled(tmp_path)
    company.open("public", id="two")
    company.desk.reply("two", "a", actor="ann")
    company.desk.reply("two", "b", actor="ann")
    cursor = company.desk.messages("two", actor="ann", limit=1).next
    with pytest.raises(InvalidValueError, match="after is not a cursor"):
        company.desk.messages("one", actor="ann", after=cursor)
    for other in ("absent", "hidden"):
        cursors = Cursors.of("messages", ticket_id=other)
        with pytest.raises(NotFoundError):
            company.desk.messages(other, actor="ann", after=cursors.after(MONDAY, "m"))


@pytest.mark.parametrize("limit", [0, -1, 501, True, "7", 2.0, None])
@pytest.mark.parametrize("name", LISTS)
def test_a_page_has_a_limit(name: str, limit: Any, tmp_path: Path) -> None:
    """T8: a page of nothing, or of more than 500, is refused by name."""
    company = _company("memory", tmp_path)
    with pytest.raises(InvalidValueError) as refused:
        LISTS[name](company.desk, "ann", limit=limit)
    assert refused.value.field == "limit"


def test_a_forged_cursor_finds_nothing_out(tmp_path: Path) -> None:
    """T8, V14: a cursor made of a hidden team's id, or a moment without events, is none."""
    company = _company("memory", tmp_path)
    company.team("hidden", Visibility.PRIVATE)
    for id in ("hidden", "absent"):
        with pytest.raises(InvalidValueError, match="after is not a cursor"):
            company.desk.teams(actor="ann", after=Cursors.of("teams").after(None, id))
    cursors = Cursors.of("history", ticket_id="one")
    for at, n in ((MONDAY, 1), (company.clock.now(), 0), (company.clock.now(), 99)):
        with pytest.raises(InvalidValueError, match="after is not a cursor"):
            company.desk.history("one", actor="ann", after=cursors.after(at, n))


def test_a_cursor_says_what_was_shown_alone(tmp_path: Path) -> None:
    """T8, M7, V15: a cursor holds moment and id of the last thing shown, and no other's."""
    company = _company("memory", tmp_path)
    desk = company.desk
    shown = [desk.reply("one", "a", actor="pat")]
    company.clock.advance(timedelta(minutes=1))
    desk.note("one", "inside", actor="ann")
    company.clock.advance(timedelta(minutes=1))
    shown.append(desk.reply("one", "b", actor="pat"))
    cursor = desk.messages("one", actor="pat", limit=1).next
    assert cursor is not None
    *_, at, _, id = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    assert (at, id) == (shown[0].at.isoformat(), shown[0].id)
    assert list(desk.messages("one", actor="pat", limit=1, after=cursor)) == shown[1:]


def test_a_merge_between_two_pages(tmp_path: Path) -> None:
    """T8, M6: what a merge brings before the cursor stays away, and what comes after it comes."""
    company = _company("memory", tmp_path)
    desk = company.desk
    company.open("public", id="two", customer_id="pat")
    first = [desk.reply("one", f"{n}", actor="ann") for n in range(2)]
    other = desk.reply("two", "between", actor="ann")
    page = desk.messages("one", actor="pat", limit=1)
    desk.merge(["one", "two"], master_id="one", actor="root")
    rest = list(every(desk.messages, "one", actor="pat", limit=1))
    assert {m.id for m in rest} == {*(m.id for m in first), other.id}
    later = desk.messages("one", actor="pat", after=page.next)
    assert [m.id for m in (*page, *later)] == [m.id for m in rest]


@pytest.mark.parametrize("id", [7, -7, "T-7", 'é \\"', UUID(int=7), UUID(int=2**128 - 7)], ids=repr)
def test_a_cursor_keeps_every_kind_of_id(id: Any) -> None:
    """T8: an id comes back as what it was: 7, "7" and a UUID are three things."""
    cursors = Cursors.of("x")
    found = cursors.position(cursors.after(MONDAY, id))
    assert found is not None
    assert (found.created_at, type(found.id), found.id) == (MONDAY, type(id), id)


def test_a_cursor_with_an_id_of_another_type(tmp_path: Path) -> None:
    """T8: where ids are texts, a cursor that was made of a number is no cursor, and no accident."""
    for store in ("sqlite", "memory"):
        company = _company(store, tmp_path)
        at = company.desk.reply("one", "Hello", actor="ann").at
        cursors = Cursors.of("messages", ticket_id="one")
        for id in (7, UUID(int=7)):
            with pytest.raises(InvalidValueError, match="after is not a cursor"):
                company.desk.messages("one", actor="ann", after=cursors.after(at, id))


def test_every_list_is_paged() -> None:
    """T8: what the service gives as a list is a page, or is bounded by what it is."""
    bounded = {
        "stages",  # a team's pipeline
        "allowed_moves",  # some of it
        "duplicates",  # the best few, by `limit`
        "duplicates_of_new",  # the same
        "duplicate_groups",  # tickets put together, of one scope
        "assign_waiting",  # at most `limit` that were assigned
        "dashboard",  # a line for each team
        "check",  # the operator's, for nobody's screen
        "coverage",  # the gaps of a week or so
        "hand_over",  # the tickets of one absent person
    }
    lists = {
        name
        for name in dir(Helpdesk)
        if name[0] != "_" and "tuple[" in str(getattr(Helpdesk, name).__annotations__["return"])
    }
    assert lists <= bounded
    pages = {
        name
        for name in dir(Helpdesk)
        if name[0] != "_" and "Page[" in str(getattr(Helpdesk, name).__annotations__["return"])
    }
    assert {name.partition(",")[0].replace(" ", "_") for name in LISTS} == pages
