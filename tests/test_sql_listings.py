"""Lists and counts of tickets in SQL: any scope, and how a database goes about them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_core.adapters.sql import listings, statements
from helpdesk_core.adapters.sql.statements import Statements, statements_for
from helpdesk_core.adapters.sql.tables import tables_for
from helpdesk_core.entities import Role, Team, Ticket, User, UserKind, Visibility
from helpdesk_core.ports import Position, TicketFilter
from helpdesk_core.visibility import scope_for
from helpdesk_core.visibility.scopes import (
    AllOf,
    AnyOf,
    AssignedTo,
    CompanyIs,
    Everything,
    FollowsTeam,
    FollowsTicket,
    LevelIn,
    Nothing,
    Scope,
    select,
)
from sql_stores import empty, fill, on_each_store, repository
from sql_things import MONDAY, USERS, filters, worlds

_whose = st.sampled_from([*(user.id for user in USERS), "nobody", 7])
_leaves: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([Everything(), Nothing()]),
    st.frozensets(st.sampled_from(Visibility)).map(LevelIn),
    st.sampled_from(["", "North", "South"]).map(CompanyIs),
    *(_whose.map(kind) for kind in (FollowsTicket, FollowsTeam, AssignedTo)),
)
scopes = st.recursive(
    _leaves,
    lambda parts: st.builds(
        lambda kind, some: kind(tuple(some)),
        st.sampled_from([AnyOf, AllOf]),
        st.lists(parts, max_size=3),
    ),
    max_leaves=6,
)


@on_each_store
@settings(max_examples=150)
@given(worlds(), scopes, filters)
def test_any_scope_means_in_sql_what_it_means(
    store: str, world: tuple[list[Team], list[Ticket]], scope: Scope, query: TicketFilter
) -> None:
    """V13: however a scope is put together, lists and counts are the tickets that it matches."""
    teams, tickets = world
    repo = empty(store)
    fill(repo, teams, tickets)
    inside = select(scope, tickets, {team.id: team for team in teams})
    with repo.reading() as session:
        stages = {stage.id: stage for stage in session.stages()}
        asked = [t for t in inside if query.matches(t, stages[t.stage_id])]
        assert {ticket.id for ticket in session.find(scope, query)} == {t.id for t in asked}
        assert session.count(scope, query) == len(asked)
        by_stage = session.count_by_stage(scope, query)
        assert by_stage == {
            id: sum(ticket.stage_id == id for ticket in asked)
            for id in {ticket.stage_id for ticket in asked}
        }


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Statements:
    """Statements that remember three questions."""
    monkeypatch.setattr(statements, "_REMEMBERED", 3)
    return Statements(tables_for(str, "helpdesk_"), "sqlite")


def test_a_question_is_built_once_for_all_users(few: Statements) -> None:
    """V13: two users of a kind are asked for by one statement, with other ids."""
    ada, bob = (User(id=id, name=id, kind=UserKind.INTERNAL) for id in ("ada", "bob"))
    first, second = (listings.count(few, scope_for(user), TicketFilter()) for user in (ada, bob))
    assert first[0] is second[0]
    assert (first[1], second[1]) == ({"who_0": "ada"}, {"who_0": "bob"})


def test_what_was_asked_long_ago_is_forgotten(few: Statements) -> None:
    """V13: a host that asks everything only once does not fill the memory with statements."""
    for limit in range(10):
        statement, _ = listings.page(few, Everything(), TicketFilter(), None, limit, False)
        assert few.query(statement) is not None
    assert len(few._remembered) <= 3
    assert len(few._queries) <= 3


VIEWERS = {
    "administrator": User(id="adm", name="A", kind=UserKind.INTERNAL, roles={Role.ADMINISTRATOR}),
    "internal": User(id="ada", name="A", kind=UserKind.INTERNAL),
    "portal": User(id="eve", name="E", kind=UserKind.PORTAL),
}


def _plan(ask: Any, user: User, *how: Any, query: TicketFilter = TicketFilter()) -> str:  # noqa: B008
    """How SQLite goes about it."""
    known = statements_for(str, "helpdesk_", "sqlite")
    statement, values = ask(known, scope_for(user), query, *how)
    asked = known.query(statement)
    assert asked is not None
    with repository() as repo, repo._engine.connect() as connection:
        values = tuple(asked.values([values]))
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.text}", values)
        return "\n".join(row[-1] for row in rows)


@pytest.mark.parametrize("after", [None, Position(MONDAY, "T-1")])
@pytest.mark.parametrize("viewer", ["administrator", "internal"])
def test_a_page_is_found_in_its_order(viewer: str, after: Position | None) -> None:
    """T8, V13: a page is walked to in its order; all tickets are not sorted to show a few."""
    plan = _plan(listings.page, VIEWERS[viewer], after, 50, True)
    assert "USING INDEX ix_helpdesk_tickets_created_at_id" in plan
    assert "TEMP B-TREE" not in plan


def test_a_customers_page_begins_with_what_they_follow() -> None:
    """V3, V13: of a customer's page only tickets that the customer follows are looked at."""
    plan = _plan(listings.page, VIEWERS["portal"], None, 50, True)
    assert "SEARCH helpdesk_tickets USING INDEX sqlite_autoindex_helpdesk_tickets_1 (id=?)" in plan


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_count_reads_no_ticket_that_is_not_followed(viewer: str) -> None:
    """T2, V13: whole teams are counted by an index alone, and others by what the user follows."""
    plan = _plan(listings.count, VIEWERS[viewer])
    read = [line for line in plan.splitlines() if line.split()[1] == "helpdesk_tickets"]
    ways = ("COVERING INDEX ix_helpdesk_tickets_counted", "autoindex_helpdesk_tickets_1 (id=?)")
    assert read
    assert all(any(way in line for way in ways) for line in read), plan


@pytest.mark.parametrize("viewer", VIEWERS)
def test_what_rests_is_looked_for_in_its_stages(viewer: str) -> None:
    """G13: of a million tickets those in the stages listed are looked at, by indexes alone."""
    one = TicketFilter(team_ids=frozenset({"it"}), stage_ids=frozenset({"waiting"}))
    plan = _plan(listings.inactive, VIEWERS[viewer], MONDAY, 100, query=one)
    read = [line for line in plan.splitlines() if line.startswith(("SEARCH", "SCAN"))]
    assert not any(
        "SCAN helpdesk_tickets" in line or "SCAN helpdesk_events" in line for line in read
    )
    events = [line for line in read if "helpdesk_events " in line]
    assert len(events) == 2
    assert all("ix_helpdesk_events_ticket_id_sequence (ticket_id=?)" in line for line in events)
    if viewer != "portal":  # who begins with what they follow
        assert any("ix_helpdesk_tickets_counted (team_id=? AND stage_id=?" in line for line in read)
