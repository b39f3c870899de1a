"""The SQL repository asks by the same rules as the policies, and changes all or nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.assignment import Workload
from helpdesk_core.entities import (
    FollowSource,
    Message,
    Team,
    Ticket,
    User,
    Visibility,
)
from helpdesk_core.errors import (
    ConflictError,
    InvalidValueError,
    RepositoryError,
)
from helpdesk_core.events import TicketClosed
from helpdesk_core.plans import (
    Add,
    AddFollow,
    DeleteStage,
    Discard,
    Kind,
    MarkUndone,
    Merge,
    RecordMerge,
    RemoveFollow,
    SetField,
)
from helpdesk_core.ports import (
    DeliveryStatus,
    Miscount,
    Position,
    Ranked,
    Remembered,
    TicketFilter,
)
from helpdesk_core.visibility import can_view, scope_for
from helpdesk_core.visibility.scopes import AllOf, AnyOf, Everything, FollowsTicket
from sql_stores import (
    TEAMS,
    empty,
    fill,
    mail_of,
    on_each_store,
    opened,
    repository,
    setting,
    ticket_of,
)
from sql_things import (
    MONDAY,
    STAGES,
    USERS,
    filters,
    flags,
    steps,
    worlds,
)

pytestmark = on_each_store

# --- the same rules, asked in SQL -----------------------------------------------------------------


@settings(max_examples=60)
@given(worlds(), flags)
def test_a_list_is_what_the_check_allows(
    store: str, world: tuple[list[Team], list[Ticket]], company_scope: bool
) -> None:
    """V13, T1: for every user, what SQL finds in the scope is what can_view allows one by one."""
    teams, tickets = world
    by_id = {team.id: team for team in teams}
    everything = TicketFilter(merged=None)
    repo = empty(store)
    fill(repo, teams, tickets)
    with repo.reading() as session:
        for user in USERS:
            scope = scope_for(user, company_scope=company_scope)
            found = session.find(scope, everything)
            assert {ticket.id for ticket in found} == {
                ticket.id
                for ticket in tickets
                if can_view(
                    user, ticket, by_id[ticket.team_id], company_scope=company_scope
                ).allowed
            }
            assert session.count(scope, everything) == len(found)


@settings(max_examples=100)
@given(worlds(), filters, st.sampled_from(USERS), flags, st.integers(0, 3))
def test_sql_answers_as_memory_does(
    store: str,
    world: tuple[list[Team], list[Ticket]],
    query: TicketFilter,
    user: User,
    newest_first: bool,
    limit: int,
) -> None:
    """V13, T8: lists, pages and counts are those of the plain reading of scope and filter."""
    memory = MemoryRepository()
    scope = scope_for(user)
    repo = empty(store)
    for store in (repo, memory):
        fill(store, *world)
    with repo.reading() as sql, memory.reading() as plain:
        found = sql.find(scope, query, newest_first=newest_first)
        assert found == plain.find(scope, query, newest_first=newest_first)
        assert set(sql.figures(scope, query)) == set(plain.figures(scope, query))
        ranked = sql.in_board_order(scope, query)
        assert ranked == plain.in_board_order(scope, query)
        for spot in (None, *(Ranked(ticket.rank, ticket.id) for ticket in ranked)):
            part = sql.in_board_order(scope, query, after=spot, limit=limit)
            assert part == plain.in_board_order(scope, query, after=spot, limit=limit)
        assert sql.count(scope, query) == len(found)
        for place in (None, *(Position(ticket.created_at, ticket.id) for ticket in found)):
            page = {"after": place, "limit": limit, "newest_first": newest_first}
            assert sql.find(scope, query, **page) == plain.find(scope, query, **page)
        ids = [f"T-{n}" for n in range(7)]
        for team_id in (None, *"xyz"):
            assert sql.workloads(team_id) == plain.workloads(team_id)
        assert sql.teams() == plain.teams()
        assert list(sql.teams(["z", "?", "x"])) == ["z", "x"]
        assert sql.stages() == plain.stages()
        assert sql.eligible_users() == plain.eligible_users()
        assert {k: set(v) for k, v in sql.merged_children(ids).items()} == {
            k: set(v) for k, v in plain.merged_children(ids).items()
        }


def _carry_out(store: Any, given_steps: list[Any]) -> list[str]:
    """Take the steps, each batch in a session; which of them were conflicts."""
    refused = []
    for step in given_steps:
        try:
            with store.writing() as session:
                session.apply([_change(session, step)] if isinstance(step, tuple) else [step])
        except ConflictError:
            refused.append(repr(step))
    return refused


def _change(session: Any, step: tuple[Kind, Any, str, Any]) -> SetField:
    kind, id, field, value = step
    if kind is Kind.TICKET:
        thing = session.tickets([id]).get(id)
    else:
        thing = next(stage for stage in session.stages() if stage.id == id)
    expected = None if thing is None else getattr(thing, field)
    return SetField(kind=kind, id=id, field=field, expected=expected, value=value)


@settings(max_examples=100)
@given(worlds(), steps(), flags)
def test_kept_counts_are_those_of_a_recount(
    store: str, world: tuple[list[Team], list[Ticket]], taken: list[Any], together: bool
) -> None:
    """A7, G4, M8: after any changes the kept counts are those of a recount, and memory's."""
    tickets = world[1]
    known = {ticket.id for ticket in tickets}
    taken = [
        step
        for step in taken
        if not isinstance(step, tuple) or step[2] != "merged_into" or step[3] in known | {None}
    ]
    memory = MemoryRepository()
    repo = empty(store)
    for store in (repo, memory):
        fill(store, *world)
    if together:
        _in_one_go(repo, memory, taken)
    else:
        assert _carry_out(repo, taken) == _carry_out(memory, taken)
    with repo.reading() as sql, memory.reading() as plain:
        assert sql.recount() == []
        for team_id in (None, *"xyz"):
            assert sql.workloads(team_id) == plain.workloads(team_id)
        assert sql.tickets(sorted(known)) == plain.tickets(sorted(known))


def _in_one_go(repo: Any, memory: Any, taken: list[Any]) -> None:
    """Find out by memory which changes are right one after the other; make them all at once."""
    right = []
    with memory.writing() as session:
        for step in taken:
            change = _change(session, step) if isinstance(step, tuple) else step
            try:
                session.apply([change])
            except ConflictError:
                continue
            right.append(change)
    with repo.writing() as session:
        session.apply(right)


def test_a_recount_sees_a_wrong_count(store: str) -> None:
    """A7: a count that was changed by hand is told by team and member."""
    with opened(store) as repo:
        ticket = ticket_of(assignee_id="ada")
        fill(repo, TEAMS, [ticket])
        with repo._engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE {repo._tables.prefix}workloads SET open = 5")
        with repo.reading() as session:
            wrong = Miscount(
                team_id="x", member_id="ada", kept_total=1, kept_open=5, total=1, open=1
            )
            assert session.recount() == [wrong]
            with pytest.raises(RepositoryError, match="a reading session changes nothing"):
                session.recount(mend=True)
        with repo.writing() as session:
            session.lock(["y"], [])
            mended = session.recount(mend=True)
            assert mended == ([] if store == "postgresql" else [wrong]), "of what is held"
        with repo.writing() as session:
            session.lock(["x"], [])
            assert session.recount(mend=True) == ([wrong] if store == "postgresql" else [])
            assert session.recount() == []
        with repo.reading() as session:
            assert session.recount() == []
            assert session.workloads("x")["ada"].open == 1


def test_a_scope_that_sql_does_not_know_is_refused(store: str) -> None:
    """V13, V17: a scope of another kind is refused, and ids of another type match nothing."""
    with opened(store) as repo, repo.reading() as session:
        with pytest.raises(RepositoryError, match="cannot be asked for"):
            session.find(object(), TicketFilter())
        for scope in (AnyOf(()), FollowsTicket(7), AllOf((Everything(), FollowsTicket(7)))):
            assert session.count(scope, TicketFilter()) == 0
        assert session.count(Everything(), TicketFilter(assignee_id=7, team_ids={7})) == 0
        with pytest.raises(InvalidValueError, match="limit"):
            session.find(Everything(), TicketFilter(), limit=-1)


# --- changes and transactions --------------------------------------------------------------------


CONFLICTS = {
    "another value": [setting("priority", 1, 2)],
    "nothing expected": [setting("assignee_id", None, "bob")],
    "something expected": [setting("customer_id", "eve", "bob")],
    "another set": [setting("tags", frozenset({"a"}), frozenset())],
    "another stage set": [
        setting("stage_ids", frozenset({"new"}), frozenset(), id="x", kind=Kind.TEAM)
    ],
    "an unknown ticket": [setting("priority", 0, 1, id="T-9")],
    "an unknown ticket's place": [setting("stage_id", "new", "solved", id="T-9")],
    "an unknown user": [setting("active", True, False, id="T-9", kind=Kind.USER)],
    "a follow of an unknown ticket": [
        AddFollow(kind=Kind.TICKET, id="T-9", user_id="eve", source=FollowSource.CHOSEN)
    ],
    "the end of a follow of an unknown team": [
        RemoveFollow(kind=Kind.TEAM, id="T-9", user_id="eve", source=FollowSource.CHOSEN)
    ],
    "a ticket that is there": [Add(ticket_of("T-2")), Add(ticket_of("T-1"))],
    "a ticket of an unknown team": [Add(ticket_of("T-2", team_id="?"))],
    "a note on an unknown ticket": [Add(Message(id=1, ticket_id="T-9", body="", at=MONDAY))],
    "a stage with tickets": [DeleteStage(stage_id="new")],
    "an unknown stage": [DeleteStage(stage_id="?")],
    "an unknown merge": [MarkUndone(merge_id="?", at=MONDAY)],
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_what_is_not_as_expected_is_a_conflict_and_changes_nothing(store: str, name: str) -> None:
    """T7, G10, M10: a change that does not fit is a conflict, and none of its batch is made."""
    changes = [setting("subject", "Ink", "Toner"), *CONFLICTS[name]]
    changes = [
        attrs.evolve(change, thing=attrs.evolve(change.thing, id="m"))
        if isinstance(change, Add) and isinstance(change.thing, Message)
        else change
        for change in changes
    ]
    ticket = ticket_of(assignee_id="ada", tags={"b"}, followers={"eve": {FollowSource.CHOSEN}})
    with opened(store) as repo:
        fill(repo, TEAMS, [ticket])
        with repo.writing() as session:
            session.apply([setting("waiting", False, True)])
            with pytest.raises(ConflictError):
                session.apply(changes)
            session.apply([setting("assignee_id", "ada", "bob")])
        with repo.reading() as session:
            assert session.tickets(["T-1", "T-2"]) == {
                "T-1": attrs.evolve(ticket, waiting=True, assignee_id="bob")
            }
            assert set(session.teams()["x"].stage_ids) == {"new", "doing", "solved"}
            assert session.recount() == []


def test_a_field_may_change_more_than_once_in_a_batch(store: str) -> None:
    """A7, T7: each change meets what the one before it left, in its field and in the counts."""
    with opened(store) as repo:
        fill(repo, TEAMS, [ticket_of()])
        with repo.writing() as session:
            session.apply(
                [
                    setting("assignee_id", None, "ada"),
                    setting("assignee_id", "ada", "bob"),
                    setting("tags", frozenset(), frozenset({"a"})),
                    setting("assignee_id", "bob", "kim"),
                    setting("stage_id", "new", "solved"),
                ]
            )
        with repo.reading() as session:
            assert session.tickets(["T-1"])["T-1"].tags == {"a"}
            assert session.workloads("x") == {"kim": Workload(member_id="kim", total=1)}
            assert session.recount() == []


def test_locking_tells_which_teams_are_held(store: str) -> None:
    """A17: the teams of the tickets are held too; ids that name nothing hold nothing."""
    with opened(store) as repo:
        fill(repo, TEAMS, [ticket_of(), ticket_of("T-2", team_id="y")])
        with repo.writing() as session:
            assert session.lock(["z"], ["T-2", "T-9", 7]) == {"y", "z"}
            assert session.lock([], []) == set()


def test_misuse_is_refused_by_name(store: str) -> None:
    """T7: unknown fields, ids of another type, naive moments and late calls are named."""
    follow = {"id": "T-1", "user_id": "eve", "source": FollowSource.CHOSEN}
    with opened(store) as repo:
        fill(repo, TEAMS, [ticket_of()])
        for changes, problem in (
            (
                [setting("number", 1, 2, id="x", kind=Kind.TEAM)],
                "field of a team cannot be 'number'",
            ),
            ([setting("followers", {}, {})], "field of a ticket cannot be 'followers'"),
            (
                [setting("closed_at", None, MONDAY.replace(tzinfo=None))],
                "a moment must be a datetime with",
            ),
            ([setting("assignee_id", None, 7)], "id must be of type str here, is int"),
            ([AddFollow(kind=Kind.STAGE, **follow)], "kind of a follow cannot be 'stage'"),
            ([setting("visibility", 1, 2, id="x", kind=Kind.TEAM)], "Visibility cannot be"),
            ([Add(object())], "a change of type Add is not known"),
        ):
            refused = pytest.raises((InvalidValueError, RepositoryError), match=problem)
            with refused, repo.writing() as session:
                session.apply(changes)
        with repo.reading() as session:
            for write in (
                lambda: session.apply([]),
                lambda: session.publish([], []),
                lambda: session.lock([], []),
                lambda: session.take(MONDAY, MONDAY, 1),
                lambda: session.purge(MONDAY),
            ):
                with pytest.raises(RepositoryError, match="a reading session changes nothing"):
                    write()
            assert session.tickets([True, 1]) == {}
        with pytest.raises(RepositoryError, match="the session has ended"):
            session.tickets(["T-1"])
    with opened(store, int) as repo, repo.reading() as session:
        assert session.users(["1", True]) == {}
        assert session.workloads("1") == {}
        assert session.merge("1") is None


def test_what_raises_leaves_nothing(store: str) -> None:
    """N1: a writing block that raises leaves neither changes nor events nor notifications."""
    with opened(store) as repo:
        with pytest.raises(ZeroDivisionError), repo.writing() as session:
            _write_everywhere_and_fail(session)
        with repo.reading() as session:
            assert session.teams() == {}
            assert session.tickets(["T-1"]) == {}
            assert session.workloads("x") == {}
            assert session.history(["T-1"]) == []
            assert session.outbox() == []
            assert session.recall("key") is None


def test_an_interrupt_is_not_hidden(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N1: Ctrl-C in the middle of a statement comes out as such, and leaves nothing."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    on_file = repository(url=f"sqlite:///{tmp_path / 'desk.sqlite'}")
    with on_file if store == "sqlite" else opened(store) as repo:
        with monkeypatch.context() as patch:
            patch.setattr(repo._transactions.connection, "_send", interrupt)
            with pytest.raises(KeyboardInterrupt), repo.writing() as session:
                session.apply([Add(STAGES[0])])
        with repo.reading() as session:
            assert session.stages() == []


def _write_everywhere_and_fail(session: Any) -> None:
    session.apply([Add(thing) for thing in (*STAGES, *TEAMS, ticket_of(assignee_id="ada"))])
    session.publish([TicketClosed(at=MONDAY, ticket_id="T-1", stage_id="s")], [mail_of(1)])
    session.remember("key", Remembered("digest", 1), MONDAY)
    raise ZeroDivisionError


def test_a_stage_may_be_named_before_it_is_there_but_not_for_ever(store: str) -> None:
    """G5, G10: a team may name a stage that the same transaction adds, and no other one."""
    team = Team(id="x", name="x", visibility=Visibility.PUBLIC, stage_ids={"new"})
    with opened(store) as repo:
        with pytest.raises(ConflictError), repo.writing() as session:
            session.apply([Add(team)])
        with repo.writing() as session:
            session.apply([Add(team), Add(STAGES[0])])
        with pytest.raises(ConflictError, match="in use"), repo.writing() as session:
            session.apply([DeleteStage(stage_id="new")])
        gone = setting("stage_ids", frozenset({"new"}), frozenset(), id="x", kind=Kind.TEAM)
        with repo.writing() as session:
            session.apply([gone, DeleteStage(stage_id="new")])
        with repo.reading() as session:
            assert list(session.stages()) == []


def test_merges_and_discards_are_found_by_any_of_their_tickets(store: str) -> None:
    """M5, M14: a merge is undone once, and a pair discarded again has its new fingerprints."""
    merges = [
        Merge(id=id, master_id="a", merged_ids=("b", "c"), at=MONDAY, changes=())
        for id in ("second", "first")
    ]
    pairs = [
        Discard(first_id="a", second_id="b", first_fingerprint=mark, second_fingerprint="2")
        for mark in "01"
    ]
    with opened(store) as repo:
        with repo.writing() as session:
            session.apply([RecordMerge(merge=merge) for merge in merges])
            session.apply(pairs)
        with repo.writing() as session:
            session.apply([MarkUndone(merge_id="first", at=MONDAY)])
            with pytest.raises(ConflictError):
                session.apply([MarkUndone(merge_id="first", at=MONDAY)])
        with repo.reading() as session:
            undone = attrs.evolve(merges[1], undone_at=MONDAY)
            assert session.merges(["b", "a"]) == [merges[0], undone]
            assert session.merges(["z"]) == []
            assert session.discards(["b", "a"]) == session.discards(["b"]) == [pairs[1]]


# --- the outbox ----------------------------------------------------------------------------------


def test_the_outbox_gives_each_notification_to_one_at_a_time(store: str) -> None:
    """N1: what was taken is given to nobody else before the time agreed, and purged when sent."""
    later, hour = MONDAY + timedelta(minutes=5), timedelta(hours=1)
    mails = [mail_of(1), mail_of(2, not_before=MONDAY + hour), mail_of(3, attempts=2), mail_of(4)]
    mails = [
        attrs.evolve(mail, notice=attrs.evolve(mail.notice, ticket_id=f"T-{n}"))
        for n, mail in enumerate(mails)
    ]
    with opened(store) as repo:
        fill(repo, TEAMS, [ticket_of(f"T-{n}") for n in range(4)])
        with repo.writing() as session:
            session.publish([], mails)
        with repo.reading() as session:
            assert session.outbox() == mails
        with repo.writing() as session:
            taken = session.take(MONDAY, later, 2)
            assert taken == [
                attrs.evolve(mails[0], attempts=1, not_before=later),
                attrs.evolve(mails[2], attempts=3, not_before=later),
            ]
            assert [mail.key for mail in session.take(MONDAY, later, 9)] == ["key 4"]
            assert session.take(MONDAY, later, 9) == []
            assert len(session.take(later, later, 9)) == 3
            session.settle("key 1", DeliveryStatus.SENT)
            session.settle("key 3", DeliveryStatus.DEAD)
            session.settle("key 4", DeliveryStatus.PENDING, not_before=later + hour)
            with pytest.raises(ConflictError):
                session.settle("key 9", DeliveryStatus.SENT)
            session.remember("key", Remembered("digest", 1), MONDAY)
            assert session.purge(MONDAY) == 0
            assert session.purge(later) == 2
            assert session.recall("key") is None
        with pytest.raises(ConflictError), repo.writing() as session:
            session.publish([], [mails[1]])
        with repo.reading() as session:
            dead = session.outbox(status=DeliveryStatus.DEAD)
            assert [(mail.key, mail.not_before) for mail in dead] == [("key 3", None)]
            assert [mail.key for mail in session.outbox()] == ["key 2", "key 3", "key 4"]
