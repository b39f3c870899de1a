"""Lists and counts of tickets in SQL: any scope, and how a database goes about them."""

from __future__ import annotations

import functools
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_core.adapters.sql import listings, searching, statements
from helpdesk_core.adapters.sql.statements import Statements, statements_for
from helpdesk_core.adapters.sql.tables import tables_for
from helpdesk_core.entities import FollowSource, Role, Team, Ticket, User, UserKind, Visibility
from helpdesk_core.ports import Position, Ranked, TicketFilter
from helpdesk_core.search import Wanted
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
from sql_stores import TEAMS, empty, fill, on_each_store, repository, ticket_of
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
        figures = {(one.team_id, one.stage_id): one for one in session.figures(scope, query)}
        assert figures.keys() == {(ticket.team_id, ticket.stage_id) for ticket in asked}
        for place, one in figures.items():
            there = [t for t in asked if (t.team_id, t.stage_id) == place]
            unassigned = sum(ticket.assignee_id is None for ticket in there)
            assert (one.tickets, one.unassigned) == (len(there), unassigned)
            assert one.waiting == sum(ticket.waiting for ticket in there)
        ranked = session.in_board_order(scope, query)
        assert ranked == sorted(asked, key=lambda ticket: (ticket.rank, ticket.id))


#: What is asked for where a page can only be walked.
walked = st.builds(
    TicketFilter, priority=st.none() | st.integers(0, 1), merged=st.sampled_from([False, None])
)


@on_each_store
@settings(max_examples=100)
@given(worlds(), scopes, walked, st.sampled_from([1, 2, 3, 200]), st.booleans())
def test_a_page_is_the_same_on_either_way(
    store: str,
    world: tuple[list[Team], list[Ticket]],
    scope: Scope,
    query: TicketFilter,
    many: int,
    newest_first: bool,
) -> None:
    """V13, T8: walked to where many are inside, looked up where few are, it shows the same."""
    repo = empty(store)
    fill(repo, *world)
    public, company = (LevelIn(frozenset({level})) for level in (*Visibility,)[:0:-1])
    scope = AnyOf((scope, public, AllOf((FollowsTicket("ada"), company))))
    with pytest.MonkeyPatch.context() as patch, repo.reading() as session:
        patch.setattr(listings, "_MANY", many)
        everything = session.find(scope, query, newest_first=newest_first)
        place, shown = None, []
        while page := session.find(scope, query, after=place, limit=2, newest_first=newest_first):
            shown += page
            place = Position(page[-1].created_at, page[-1].id)
        assert shown == everything


def test_who_sees_nothing_is_told_so_at_once() -> None:
    """V2, V13: where no team is open to somebody who follows nothing, no ticket is looked at."""
    steps = []
    nobody, follower = (User(id=id, name=id, kind=UserKind.INTERNAL) for id in ("nil", "ada"))
    teams = [attrs.evolve(TEAMS[0], visibility=Visibility.PRIVATE)]
    tickets = [ticket_of(f"T-{n}") for n in range(2000)]
    tickets.append(ticket_of("followed", followers={"ada": {FollowSource.CHOSEN}}))
    with repository() as repo:
        fill(repo, teams, tickets)
        with repo.reading() as session:
            session.find(scope_for(nobody), TicketFilter(), limit=50)
            raw = session._db._driver
            raw.set_progress_handler(lambda: steps.append(1), 100)  # of SQLite's machine
            assert session.find(scope_for(nobody), TicketFilter(), limit=50) == []
            (found,) = session.find(scope_for(follower), TicketFilter(), limit=50)
            raw.set_progress_handler(None, 0)
    assert found.id == "followed"
    assert len(steps) < 100


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


def test_a_search_is_built_once_for_all_words(few: Statements) -> None:
    """V13: two searches of a kind are one statement, whatever is searched for, with other words."""
    first, second = Wanted(whole={"ink", "né"}), Wanted(beginnings={"pr"})
    asked = [
        ask(few, scope_for(VIEWERS["internal"]), TicketFilter(), wanted, True, *place)
        for ask, place in ((searching.page, (None, 9)), (searching.count, ()))
        for wanted in (first, second)
    ]
    assert asked[0][0] is asked[1][0] is not asked[2][0] is asked[3][0]
    words = [values["wanted"] for _, values in asked]
    assert words == ['"ink" AND "né"', '"pr" *'] * 2
    assert all(few.query(statement) for statement, _ in asked)


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


#: What ANALYZE finds of a million tickets: the third figure of `merged_into` is that of so many
#: masters.
STATISTICS = {
    "helpdesk_tickets_of_team_in_column": "1000000 16667 4167 1 1",
    "helpdesk_tickets_created_at_id": "1000000 1 1",
    "helpdesk_tickets_merged_into": "20283 1",
    "helpdesk_tickets_assignee_id": "1000000 1993",
    "helpdesk_tickets_in_column": "1000000 250000 1 1",
}


def _analyzed(connection: Any) -> None:
    """As if there were a million tickets, and SQLite had looked at them."""
    run = connection.exec_driver_sql
    run("ANALYZE")
    run("DELETE FROM sqlite_stat1")
    for index, figures in STATISTICS.items():
        row = ("helpdesk_tickets", f"ix_{index}", figures)
        run("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", row)
    run("ANALYZE sqlite_schema")


def _plan(
    ask: Any,
    user: User,
    *how: Any,
    query: TicketFilter = TicketFilter(),  # noqa: B008
    analyzed: bool = False,
) -> str:
    """How SQLite goes about it."""
    known = statements_for(str, "helpdesk_", "sqlite")
    statement, values = ask(known, scope_for(user), query, *how)
    asked = known.query(statement)
    assert asked is not None
    with repository() as repo, repo._engine.connect() as connection:
        if analyzed:
            _analyzed(connection)
        values = tuple(asked.values([values]))
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.text}", values)
        return "\n".join(row[-1] for row in rows)


@pytest.mark.parametrize("analyzed", [False, True], ids=["", "analyzed"])
@pytest.mark.parametrize("after", [None, Position(MONDAY, "T-1")])
@pytest.mark.parametrize("viewer", ["administrator", "internal"])
def test_a_page_is_found_in_its_order(viewer: str, after: Position | None, analyzed: bool) -> None:
    """T8, V13: a page is walked to in its order; all tickets are not sorted to show a few."""
    plan = _plan(listings.page, VIEWERS[viewer], after, 50, True, analyzed=analyzed)
    assert "USING INDEX ix_helpdesk_tickets_created_at_id" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("analyzed", [False, True], ids=["", "analyzed"])
def test_a_page_of_few_begins_with_their_ids(analyzed: bool) -> None:
    """V13: of who sees few tickets only those are looked at; many are counted by indexes alone."""
    few = functools.partial(listings.page, few=True)
    plan = _plan(few, VIEWERS["internal"], None, 50, True, analyzed=analyzed)
    assert "SEARCH helpdesk_tickets USING INDEX sqlite_autoindex_helpdesk_tickets_1 (id=?)" in plan
    assert "SCAN helpdesk_tickets" not in plan
    plan = _plan(listings.many, VIEWERS["internal"], 50, analyzed=analyzed)
    read = [line for line in plan.splitlines() if "helpdesk_ticket" in line]
    assert len(read) == 3
    assert all("USING COVERING INDEX" in line for line in read)


def test_a_customers_page_begins_with_what_they_follow() -> None:
    """V3, V13: of a customer's page only tickets that the customer follows are looked at."""
    plan = _plan(listings.page, VIEWERS["portal"], None, 50, True)
    assert "SEARCH helpdesk_tickets USING INDEX sqlite_autoindex_helpdesk_tickets_1 (id=?)" in plan


def _read(plan: str) -> list[str]:
    """How tickets are looked at."""
    return [line for line in plan.splitlines() if line.split()[1] == "helpdesk_tickets"]


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_count_reads_no_ticket_that_is_not_followed(viewer: str) -> None:
    """T2, V13: of whole teams what is kept is added up, and others are what the user follows."""
    plan = _plan(listings.count, VIEWERS[viewer])
    assert ("helpdesk_stage_counts" in plan) is (viewer != "portal")
    assert all("autoindex_helpdesk_tickets_1 (id=?)" in line for line in _read(plan)), plan


@pytest.mark.parametrize("after", [None, Ranked("4ifzg5Iz3I4MAXDnV", "T-1")])
@pytest.mark.parametrize("viewer", ["administrator", "internal"])
@pytest.mark.parametrize(
    ("query", "index"),
    [
        (TicketFilter(stage_ids=frozenset({"new"})), "ix_helpdesk_tickets_in_column"),
        (
            TicketFilter(team_ids=frozenset({"x"}), stage_ids=frozenset({"new"})),
            "ix_helpdesk_tickets_of_team_in_column",
        ),
    ],
    ids=["all", "team"],
)
@pytest.mark.parametrize("analyzed", [False, True], ids=["", "analyzed"])
def test_a_column_is_walked_in_its_order(
    query: TicketFilter, index: str, viewer: str, after: Ranked | None, analyzed: bool
) -> None:
    """G12, T8: a page of a column is walked to; the column is not sorted to show a part of it."""
    how = (after, 50, False, listings.IN_COLUMN)
    plan = _plan(listings.page, VIEWERS[viewer], *how, query=query, analyzed=analyzed)
    assert any(f"USING INDEX {index} " in line for line in _read(plan)), plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("analyzed", [False, True], ids=["", "analyzed"])
def test_what_rests_is_looked_for_in_its_stages(viewer: str, analyzed: bool) -> None:
    """G13: of a million tickets those in the stages listed are looked at, by indexes alone."""
    one = TicketFilter(team_ids=frozenset({"it"}), stage_ids=frozenset({"waiting"}))
    how = (MONDAY, 100)
    plan = _plan(listings.inactive, VIEWERS[viewer], *how, query=one, analyzed=analyzed)
    read = [line for line in plan.splitlines() if line.startswith(("SEARCH", "SCAN"))]
    assert not any(
        "SCAN helpdesk_tickets" in line or "SCAN helpdesk_events" in line for line in read
    )
    events = [line for line in read if "helpdesk_events " in line]
    assert len(events) == 2
    ways = ("_sequence (ticket_id=?)", "_at_sequence (ticket_id=? AND at>?)")  # latest; any later
    assert all(f"ix_helpdesk_events_ticket_id{w}" in e for w, e in zip(ways, events, strict=True))
    if viewer != "portal":  # who begins with what they follow
        way = "ix_helpdesk_tickets_of_team_in_column (team_id=? AND stage_id=?"
        assert any(way in line for line in read)


def _how_history_is_read(store: str, **asked: Any) -> str:
    """How a database goes about the history of one ticket; PostgreSQL is shown a long one."""
    repo = empty(store)
    with repo.reading() as session:
        texts: list[tuple[str, Any]] = []
        run: Any = session._db._connection

        def note(conn: Any, cursor: Any, text: str, values: Any, *_: Any) -> None:
            texts.append((text, values))

        sa.event.listen(run, "before_cursor_execute", note)
        session.history(["T-1"], **asked)
        sa.event.remove(run, "before_cursor_execute", note)
        ((text, values),) = texts
        if store == "sqlite":
            return "\n".join(
                r[-1] for r in run.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            )
    with repo._engine.connect() as connection:  # what is said to it here is never committed
        events = repo._tables.events.name
        run = connection.exec_driver_sql
        run(
            f"INSERT INTO {events} (ticket_id, name, schema, at, internal, data) "
            "SELECT CASE WHEN n %% 200 = 0 THEN 'T-1' ELSE 'T-' || n END, 'TicketMoved', 1, "
            "timestamptz '2026-01-05' + n * interval '1 second', false, '{}' "
            "FROM generate_series(1, 20000) AS n"
        )
        run(f"ANALYZE {events}")
        return "\n".join(row[0] for row in run(f"EXPLAIN {text}", values))


@on_each_store
def test_a_page_of_a_history_is_read_from_its_place(store: str) -> None:
    """T6, T8: the events after a place are read in order, and no other one of the ticket is."""
    plan = _how_history_is_read(store, after=7, limit=51)
    assert "events_ticket_id_sequence" in plan
    if store == "sqlite":
        assert "(ticket_id=? AND sequence>?)" in plan
        assert "B-TREE" not in plan
    else:
        assert "Sort" not in plan
        assert "Filter" not in plan


@on_each_store
def test_events_of_one_moment_are_found_by_it(store: str) -> None:
    """T6, T8: a cursor's place is found by its moment, however much else happened to the ticket."""
    plan = _how_history_is_read(store, at=MONDAY)
    assert "events_ticket_id_at_sequence" in plan
    if store == "sqlite":
        assert "(ticket_id=? AND at=? AND sequence>?)" in plan
        assert "B-TREE" not in plan
    else:
        assert "Sort" not in plan
        assert "Filter" not in plan
