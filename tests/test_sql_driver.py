"""What is run by the driver itself, what is left for later, and what is read by one question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

import postgres
from desks import SETUP, Company
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.adapters.sql.connection import DriverConnection
from helpdesk_core.adapters.sql.postgresql import PostgresqlConnection
from helpdesk_core.entities import FollowSource, Team, User
from helpdesk_core.errors import ConflictError, RepositoryError
from helpdesk_core.events import TicketMoved
from helpdesk_core.plans import Add, AddFollow, Kind, NoteAssignment
from sql_stores import (
    ID_TYPES,
    TEAMS,
    empty,
    fill,
    mail_of,
    on_each_store,
    opened,
    setting,
    ticket_of,
)
from sql_things import MONDAY, Things


@contextmanager
def _sent(kind: type[DriverConnection] = PostgresqlConnection) -> Iterator[list[str]]:
    """The statements that the driver is given meanwhile."""
    texts: list[str] = []
    send = kind._send

    def noted(self: Any, text: str, values: Any, many: bool) -> Any:
        texts.append(text)
        return send(self, text, values, many)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "_send", noted)
        yield texts


# --- by one question -----------------------------------------------------------------------------


@on_each_store
@pytest.mark.parametrize("id_type", ID_TYPES)
def test_one_question_says_what_single_ones_say(store: str, id_type: type) -> None:
    """A17, A18: what a writer knows of the team that it holds is what is asked one by one."""
    things = Things(id_type)

    @settings(max_examples=40)
    @given(
        team=things.teams,
        stages=st.lists(things.stages, max_size=3, unique_by=lambda stage: stage.id),
        users=st.lists(things.users, max_size=4, unique_by=lambda user: user.id),
        number=st.integers(1, 2**40),
    )
    def check(team: Team, stages: list[Any], users: list[User], number: int) -> None:
        team = attrs.evolve(team, stage_ids={stage.id for stage in stages})
        noted = [NoteAssignment(team_id=team.id, member_id=u.id, sequence=number) for u in users]
        ids = [user.id for user in users]
        repo = empty(store, id_type)
        with repo.writing() as session:
            session.apply([*map(Add, [*users, *stages, team]), *noted])

        def said(session: Any) -> Any:
            return (
                session.teams([team.id]),
                list(session.stages()),
                list(session.eligible_users()),
                session.users(ids),
                session.workloads(team.id),
            )

        with repo.writing() as session:
            session.lock([team.id], [])
            with _sent(type(session._db)) as texts:
                held = said(session)
            assert not team.auto_assign or len(texts) <= 1  # users who are not eligible
        with repo.reading() as session:
            assert held == said(session)
            assert held[0] == {team.id: team}
            assert held[3] == {user.id: user for user in users}

    check()


@on_each_store
def test_what_was_changed_is_asked_again(store: str) -> None:
    """A17: what was known of a team that is held is not believed after a change."""
    with opened(store) as repo:
        fill(repo, TEAMS, [])
        with repo.writing() as session:
            session.lock(["x"], [])
            assert session.teams(["x"])["x"].auto_assign is False
            session.apply(
                [
                    setting("auto_assign", False, True, id="x", kind=Kind.TEAM),
                    setting("name", "New", "Now", id="new", kind=Kind.STAGE),
                    setting("active", True, False, id="ada", kind=Kind.USER),
                    Add(ticket_of(assignee_id="bob")),
                ]
            )
            assert session.teams(["x"])["x"].auto_assign is True
            assert session.stages()[0].name == "Now"
            assert [user.id for user in session.eligible_users()] == ["bob"]
            assert session.users(["ada"])["ada"].active is False
            assert session.workloads("x")["bob"].total == 1


@on_each_store
def test_a_ticket_that_was_added_is_as_it_is_stored(store: str) -> None:
    """T7: a writer that added a ticket is told how it is, whatever was changed of it since."""
    follow = AddFollow(kind=Kind.TICKET, id="T-1", user_id="eve", source=FollowSource.CHOSEN)
    whole = ticket_of(tags={"b"}, followers={"ada": {FollowSource.ASSIGNED}}, assignee_id="ada")
    for changes in (
        [],
        [setting("assignee_id", "ada", "bob")],
        [setting("priority", 0, 2), follow],
        [follow],
        [follow, setting("tags", {"b"}, {"c"})],
    ):
        with opened(store) as repo:
            fill(repo, TEAMS, [])
            with repo.writing() as session:
                session.apply([Add(whole), Add(ticket_of("T-2")), *changes[:1]])
                session.apply(changes[1:])
                told = session.tickets(["T-2", "T-1"])
            with repo.reading() as session:
                assert told == session.tickets(["T-2", "T-1"])
                assert len(told) == 2


# --- for later -----------------------------------------------------------------------------------


def test_opening_a_ticket_is_three_statements_while_the_team_is_held(tmp_path: Any) -> None:
    """A17: the lock, one question, and all that is written at once, so that others wait little."""
    company = Company(postgres.empty(), tmp_path)
    company.team("quick", company.desk.team("public", actor=SETUP).visibility, auto_assign=True)
    company.open("quick")
    with _sent() as texts:
        ticket = company.open("quick")
    assert [text.split()[0] for text in texts] == ["SELECT", "SELECT", "WITH"]
    assert ticket == company.desk.ticket(ticket.id, actor="root")
    assert company.desk.check() == ()


def test_a_conflict_over_what_was_left_for_later_is_told(url: str) -> None:
    """N1, T7: at the latest at the end of its block a conflict is raised, by name, all undone."""
    with SqlRepository(url) as repo:
        fill(repo, TEAMS, [ticket_of()])
        event = TicketMoved(at=MONDAY, ticket_id="T-1", from_stage_id="a", to_stage_id="b")
        with pytest.raises(ConflictError, match=_CONFLICT), repo.writing() as session:
            _write(session, [Add(ticket_of(assignee_id="ada"))], [event])
        with repo.writing() as session:
            session.publish([], [mail_of(1)])
        with pytest.raises(RepositoryError), repo.writing() as session:
            _go_on_after_a_conflict(session)
        with repo.reading() as session:
            assert list(session.tickets(["T-1", "T-2"])) == ["T-1"]
            assert session.history(["T-1"]) == []
            assert len(session.outbox()) == 1
            assert session.recount() == []


_CONFLICT = r"^Ticket 'T-1' cannot be added: the database holds otherwise"


def _write(session: Any, changes: list[Any], events: list[Any]) -> None:
    session.apply(changes)
    session.publish(events, [mail_of(1)])


def _go_on_after_a_conflict(session: Any) -> None:
    """Overlook what was raised: what follows must not seem to be done."""
    session.apply([Add(ticket_of("T-2"))])
    with pytest.raises(ConflictError):
        session.apply([Add(ticket_of("T-1")), setting("priority", 0, 1, id="T-3")])
    session.publish([], [mail_of(1)])
    with pytest.raises(ConflictError):
        session.outbox()


def test_a_transaction_that_failed_is_never_taken_for_done(url: str) -> None:
    """N1: who overlooks an error of the database is told at the end that nothing was changed."""
    with SqlRepository(url) as repo:
        fill(repo, TEAMS, [])
        with (
            pytest.raises(RepositoryError, match="has failed: nothing was changed"),
            repo.writing() as session,
        ):
            _overlook(session)
        with repo.reading() as session:
            assert session.tickets(["T-1"]) == {}


def _overlook(session: Any) -> None:
    session.apply([Add(ticket_of())])
    with pytest.raises(RepositoryError, match="division by zero"):
        session._db.rows(sa.text("SELECT 1 / 0"))


def test_many_rows_are_as_good_as_a_few(url: str) -> None:
    """N1: as many as fit in one statement, one more, and several times the same table."""
    mails = [mail_of(n) for n in range(45)]
    with SqlRepository(url) as repo:
        for part in (mails[:20], mails[20:41], mails[41:]):
            with repo.writing() as session:
                session.publish([], part[:2])
                session.publish([], part[2:])
        with repo.reading() as session:
            assert session.outbox() == mails


def test_a_reader_leaves_what_was_prepared(url: str) -> None:
    """A17: statements stay prepared from one transaction to the next, also when a reader raises."""
    prepared = sa.text("SELECT count(*) FROM pg_prepared_statements")
    with SqlRepository(url, pool={"pool_size": 1, "max_overflow": 0}) as repo:
        for n in range(8):
            try:
                with repo.reading() as session:
                    session.stages()
                    assert n < 7 or session._db.rows(prepared)[0][0] > 0
                    raise ZeroDivisionError
            except ZeroDivisionError:
                pass


@pytest.fixture
def url() -> str:
    """An empty database of PostgreSQL."""
    return postgres.new_database()
