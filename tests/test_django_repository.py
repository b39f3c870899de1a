"""What is Django's own about `DjangoRepository`: signals, a host's transaction, what goes wrong."""

from __future__ import annotations

import doctest
import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
import pytest

pytest.importorskip("django")

from django.core.management import call_command
from django.db import connections, transaction
from django.test import override_settings

import django_stores
from desks import MONDAY, Company
from helpdesk_core import (
    ConflictError,
    InvalidValueError,
    NotFoundError,
    RepositoryError,
    RetryableError,
)
from helpdesk_core.adapters.django import models
from helpdesk_core.adapters.django.rows import MODEL_OF
from helpdesk_core.adapters.django.signals import event_recorded
from helpdesk_core.entities import FollowSource, Message, Ticket
from helpdesk_core.events import CreditGiven, MessagePosted, TicketOpened
from helpdesk_core.plans import (
    Add,
    AddFollow,
    DeleteStage,
    GiveCredit,
    Kind,
    MarkUndone,
    RemoveFollow,
    SetField,
)
from helpdesk_core.ports import ALL_CLAIMS, Miscount, Misworded, Remembered, TicketFilter, Wording
from helpdesk_core.search import wanted
from helpdesk_core.testing.racing import all_at_once
from helpdesk_core.testing.worlds import plain_world
from helpdesk_core.visibility.scopes import AssignedTo, Everything, FollowsTicket, Scope

WORLD = plain_world(str, ALL_CLAIMS, None)
TICKET, TEAM = WORLD.tickets[0], WORLD.teams[0]
PRIORITY = SetField.of(Kind.TICKET, TICKET, "priority", 3)
MODULES = ("fields", "rows", "repository")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A repository without anything in it, on either database."""
    if request.param == "sqlite":
        repository = django_stores.on_sqlite(tmp_path / "desk.sqlite")
    else:
        repository = django_stores.on_postgres()
    yield repository
    repository.close()


@pytest.fixture
def filled(store: Any) -> Any:
    """The same with the small world of the kit in it."""
    with store.writing() as session:
        session.apply(WORLD.changes)
    return store


@contextmanager
def listening(**to: Any) -> Iterator[list[Any]]:
    """The events that are told meanwhile."""
    told: list[Any] = []

    def hear(sender: type, event: Any, **_: Any) -> None:
        assert sender is type(event)
        told.append(event)

    event_recorded.connect(hear, weak=False, **to)
    try:
        yield told
    finally:
        event_recorded.disconnect(hear, **to)


def priority(repository: Any) -> int:
    """The priority of the ticket as it is committed, or as this transaction sees it."""
    with repository.reading() as session:
        found: int = session.tickets([TICKET.id])[TICKET.id].priority
        return found


# --- signals -------------------------------------------------------------------------------------


def test_what_happened_is_told_after_the_commit(store: Any, tmp_path: Path) -> None:
    """N1: each event is told once, when its change is committed, and what is undone never is."""
    company = Company(store, tmp_path)
    opened = TicketOpened(at=MONDAY, ticket_id="T-1", stage_id="new")
    with listening() as told:
        with store.writing() as session:
            session.publish([opened], [])
            assert told == []
        assert told == [opened]
        with suppress(ZeroDivisionError), store.writing() as session:
            session.publish([opened], [])
            raise ZeroDivisionError
        assert told == [opened]
    with listening(sender=MessagePosted) as told:
        ticket = company.open(actor="ann")
        company.desk.reply(ticket.id, "Soon", actor="ann")
        with pytest.raises(NotFoundError):
            company.desk.reply("nowhere", "Soon", actor="ann")
    assert [(event.name, event.ticket_id) for event in told] == [("MessagePosted", ticket.id)]


def test_in_a_hosts_transaction_it_is_told_when_that_is_committed(
    store: Any, tmp_path: Path
) -> None:
    """N1: the host's commit tells; its rollback, and that of a savepoint in it, tells nothing."""
    desk = Company(store, tmp_path).desk
    with listening(sender=TicketOpened) as told:
        with suppress(ZeroDivisionError), transaction.atomic(using=store.alias):
            desk.open_ticket("company", "Ink", actor="ann", id="T-1")
            raise ZeroDivisionError
        with transaction.atomic(using=store.alias):
            desk.open_ticket("company", "Ink", actor="ann", id="T-2")
            with suppress(ZeroDivisionError), transaction.atomic(using=store.alias):
                desk.open_ticket("company", "Ink", actor="ann", id="T-3")
                raise ZeroDivisionError
            assert told == []
    assert [event.ticket_id for event in told] == ["T-2"]
    assert [ticket.id for ticket in desk.tickets(actor="ann").items] == ["T-2"]
    assert desk.check() == ()


def test_who_is_told_may_use_the_desk(store: Any, tmp_path: Path) -> None:
    """N1: a receiver makes use-cases of its own, and one that raises hinders nobody."""
    desk = Company(store, tmp_path).desk

    def broken(**_: Any) -> None:
        raise ZeroDivisionError

    def note(event: Any, **_: Any) -> None:
        desk.note(event.ticket_id, "Seen", actor="ann")

    for receiver in (broken, note):
        event_recorded.connect(receiver, sender=TicketOpened)
    try:
        desk.open_ticket("company", "Ink", actor="ann", id="T-1")
    finally:
        for receiver in (broken, note):
            event_recorded.disconnect(receiver, sender=TicketOpened)
    assert [message.body for message in desk.messages("T-1", actor="ann").items] == ["Seen"]


# --- a host's transaction ------------------------------------------------------------------------


def test_a_use_case_that_fails_leaves_the_hosts_rows(filled: Any) -> None:
    """N1, M10: what raises has changed nothing of ours, and the host goes on and commits."""
    with transaction.atomic(using=filled.alias):
        models.Stage.objects.using(filled.alias).filter(pk=WORLD.stages[0].id).update(name="Ours")
        with pytest.raises(ConflictError):
            _write(filled, PRIORITY, PRIORITY)
        with pytest.raises(ZeroDivisionError), filled.reading() as session:
            raise ZeroDivisionError
        assert priority(filled) == 0
    with filled.reading() as session:
        assert session.stages()[0].name == "Ours"
        assert session.tickets([TICKET.id])[TICKET.id].priority == 0


def test_another_isolation_level_is_refused(filled: Any) -> None:
    """A17: a lock is worth nothing where the state that is seen is older than it."""
    if connections[filled.alias].vendor == "sqlite":
        with transaction.atomic(using=filled.alias):
            assert models.Ticket.objects.using(filled.alias).count() == 3
            thread = threading.Thread(target=_write, args=[filled])
            thread.start()
            thread.join()
            with pytest.raises(RetryableError, match="busy"), filled.writing():
                pass
        return
    with transaction.atomic(using=filled.alias):
        with connections[filled.alias].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        with pytest.raises(RepositoryError, match="SERIALIZABLE, READ COMMITTED is"):
            _write(filled)
    assert priority(filled) == 0


def _write(repository: Any, *changes: Any) -> None:
    """Make each change by a call of its own."""
    with repository.writing() as session:
        for change in changes or (PRIORITY,):
            session.apply([change])


# --- what cannot be done -------------------------------------------------------------------------


def test_a_session_is_used_as_it_is_meant_to_be(filled: Any) -> None:
    """N1: one at a time, by its own thread, until it ends, and reading changes nothing."""
    with filled.writing() as session:
        with pytest.raises(RepositoryError, match="one unit of work at a time"), filled.reading():
            pass
        [failure] = all_at_once(session.stages)
        assert "belongs to the thread" in str(failure)
    with pytest.raises(RepositoryError, match="has ended"):
        session.stages()
    with pytest.raises(RepositoryError, match="has ended"):
        session.apply([])
    with filled.reading() as session:
        for change in (
            lambda: session.apply([PRIORITY]),
            lambda: session.publish([], []),
            lambda: session.lock([], []),
            lambda: session.purge(MONDAY),
            lambda: session.recount(mend=True),
            lambda: session.misworded(mend=True),
            lambda: session.rewrite([], {}),
        ):
            with pytest.raises(RepositoryError, match="changes nothing"):
                change()


def test_a_failure_that_is_passed_over_is_told_at_the_end(filled: Any) -> None:
    """N1: a transaction that failed is not taken for one that was committed."""
    with filled.writing() as session:
        session.remember("key", Remembered("digest", 1), MONDAY)

    def pass_over() -> None:
        with filled.writing() as session:
            session.apply([PRIORITY])
            with suppress(Exception):
                session.remember("key", Remembered("digest", 2), MONDAY)

    with pytest.raises(RepositoryError, match="has failed"):
        pass_over()
    assert priority(filled) == 0


def test_what_django_cannot_keep_as_it_is_is_refused(filled: Any) -> None:
    """N1, V3: local times, another kind of database, and ids of another type are refused."""
    with override_settings(USE_TZ=False), pytest.raises(RepositoryError, match="USE_TZ"):
        _write(filled)
    connection = connections[filled.alias]
    vendor, type(connection).vendor = connection.vendor, "oracle"
    try:
        with pytest.raises(RepositoryError, match="oracle is not supported"):
            _write(filled)
    finally:
        type(connection).vendor = vendor
    for change in (
        Add(attrs.evolve(TICKET, id=7)),
        SetField.of(Kind.TICKET, TICKET, "assignee_id", 7),
        SetField.of(Kind.TICKET, attrs.evolve(TICKET, id=7), "priority", 3),
        SetField.of(Kind.TICKET, attrs.evolve(TICKET, id=7), "tags", frozenset({"ink"})),
        Add(attrs.evolve(TEAM, id="other", stage_ids={7})),
        AddFollow(kind=Kind.TICKET, id=TICKET.id, user_id=7, source=FollowSource.CHOSEN),
        RemoveFollow(kind=Kind.TICKET, id=7, user_id="u", source=FollowSource.CHOSEN),
        GiveCredit(team_id=TEAM.id, member_id=7, tickets=1),
        DeleteStage(stage_id=7),
        MarkUndone(merge_id=7, at=MONDAY),
    ):
        with pytest.raises(InvalidValueError, match="must be of type str"):
            _write(filled, change)
    event = TicketOpened(at=MONDAY, ticket_id=7, stage_id="new")
    with pytest.raises(InvalidValueError, match="must be of type str"), filled.writing() as s:
        s.publish([event], [])
    with filled.reading() as session:
        for scope in (AssignedTo(1), FollowsTicket(1)):
            assert session.count(scope, TicketFilter()) == 0
        assert session.count(Everything(), TicketFilter(assignee_id=1)) == 0
        assert not session.mails_of(1, MONDAY)
        assert not session.written_by(1)
        assert session.merge(1) is session.catching_up(1) is None
        assert not session.workloads(1)
        with pytest.raises(RepositoryError, match="cannot be asked for"):
            session.count(_Odd(), TicketFilter())


class _Odd:
    def in_team(self, team: Any) -> bool:
        return True

    def matches(self, ticket: Any, team: Any) -> bool:
        return True


def test_what_another_program_spoiled_is_not_guessed_at(filled: Any) -> None:
    """V17: a level, a priority or a JSON that nobody knows is an error, and nobody is let in."""
    for model, column, value in (
        (models.Team, "visibility", "everybody"),
        (models.Ticket, "priority", 9),
        (models.Ticket, "links", "{"),
    ):
        rows = model.objects.using(filled.alias)
        before = dict(rows.values_list("pk", column))
        rows.update(**{column: value})
        ask = (lambda s: s.teams()) if model is models.Team else (lambda s: s.tickets([TICKET.id]))
        with pytest.raises(RepositoryError), filled.reading() as session:
            ask(session)
        for pk, was in before.items():
            rows.filter(pk=pk).update(**{column: was})


def test_who_waits_too_long_is_told_to_try_again(filled: Any) -> None:
    """A17: a lock that is not to be had in time is a `RetryableError`, and nothing is changed."""
    connections[filled.alias].close()
    options = connections.databases[filled.alias]["OPTIONS"]
    connections.databases[filled.alias]["OPTIONS"] = (
        {**options, "timeout": 0.1} if "timeout" in options else options
    )
    filled._busy_timeout = 0.1
    raised: list[BaseException] = []

    def other() -> None:
        try:
            with filled.writing() as session:
                session.lock([TEAM.id], [])
        except BaseException as error:
            raised.append(error)

    with filled.writing() as session:
        session.lock([TEAM.id], [])
        thread = threading.Thread(target=other, daemon=True)
        thread.start()
        thread.join(30)
        assert not thread.is_alive(), "it waits for ever"
    assert [type(error) for error in raised] == [RetryableError]
    connections[filled.alias].close()


def test_a_connection_that_is_lost_is_said_to_be() -> None:
    """N1: a server that ends the connection, or is not there, has changed nothing: try again."""
    repository = django_stores.on_postgres()
    with repository.writing() as session:
        session.apply(WORLD.changes)

    def be_ended() -> None:
        with repository.writing() as session:
            session.apply([PRIORITY])
            with connections[repository.alias].cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(RetryableError, match="cannot be reached, nothing was changed"):
        be_ended()
    repository.close()
    assert priority(repository) == 0
    repository.close()
    database = {**connections.databases[repository.alias], "HOST": "127.0.0.1", "PORT": "1"}
    nowhere = django_stores.Repository(django_stores.known_as(**database))
    with pytest.raises(RetryableError, match="cannot be reached"), nowhere.reading():
        pass


# --- however many, and mended --------------------------------------------------------------------


def test_any_number_of_ids_is_one_question(filled: Any) -> None:
    """V13, T8: hundreds of tickets are found, locked and read with all that hangs on them."""
    many = [attrs.evolve(TICKET, id=f"many {n:04}", tags={"ink"}) for n in range(700)]
    said = [Message(id=f"on {t.id}", ticket_id=t.id, body="Hi", at=MONDAY) for t in many]
    with filled.writing() as session:
        session.apply([Add(thing) for thing in (*many, *said)])
    ids = [ticket.id for ticket in many]
    with filled.writing() as session:
        assert session.lock([], ids) == {TICKET.team_id}
        assert list(session.tickets(ids).values()) == many
    with filled.reading() as session:
        assert list(session.messages(ids)) == said
        assert len(session.find(Everything(), TicketFilter(tag="ink"))) == 700
        assert list(session.tickets([*ids, "absent"])) == ids


def test_ids_are_ordered_by_their_letters_alone(filled: Any) -> None:
    """T8: pages go by the code points of ids, whatever the server's language."""
    ids = sorted(["a", "B", "b", "é", "z", "Z", "-", "a b", "ab", "_"])
    with filled.writing() as session:
        session.apply([Add(attrs.evolve(TICKET, id=id, priority=2)) for id in ids])
    with filled.reading() as session:
        found = session.find(Everything(), TicketFilter(priority=2))
    assert [ticket.id for ticket in found] == ids
    connection = connections[filled.alias]
    if connection.vendor == "postgresql":  # whose own order may be that of the letters, or not
        asked = "SELECT column_name, collation_name FROM information_schema.columns"
        with connection.cursor() as cursor:
            cursor.execute(f"{asked} WHERE table_name = 'helpdesk_core_ticket'")
            known = dict(cursor.fetchall())
        assert {known[name] for name in ("id", "team_id", "merged_into_id", "rank")} == {"C"}


def test_counts_and_words_are_set_right(filled: Any) -> None:
    """A7, A8, V13: what another program left wrong is found, mended where held, and then right."""
    user = WORLD.users[0].id
    message = Message(id="m", ticket_id=TICKET.id, body="Okapi", at=MONDAY)
    credit = CreditGiven(at=MONDAY, team_id=TEAM.id, member_id=user, tickets=2)
    with filled.writing() as session:
        session.lock([TEAM.id], [TICKET.id])
        session.apply([Add(message), SetField.of(Kind.TICKET, TICKET, "assignee_id", user)])
        session.publish([credit], [])
        assert session.misworded() == []
    models.Message.objects.using(filled.alias).update(words=" quagga ")
    wrong = [
        Miscount(
            team_id=TEAM.id,
            member_id=user,
            kept_total=1,
            kept_open=1,
            kept_credit=0,
            total=1,
            open=1,
            credit=2,
        )
    ]
    stale = [Misworded(how=Wording.STALE, number=1, ticket_ids=(TICKET.id,))]
    for held in ([], [TEAM.id]):
        with filled.writing() as session:
            session.lock(held, [])
            alone = connections[filled.alias].vendor == "sqlite"
            if not held and alone:
                continue
            assert list(session.recount(mend=True)) == (wrong if held else [])
            assert list(session.misworded(mend=True)) == (stale if held else [])
    with filled.reading() as session:
        assert session.recount() == [] == session.misworded()
        assert session.workloads(TEAM.id)[user].credit == 2
        scope: Scope = Everything()
        assert session.count_found(scope, TicketFilter(), wanted("okapi"), internal=True) == 1


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name: str) -> None:
    """T4: what the docstrings show is what happens; Django must be set up before they can be."""
    call_command("migrate", database="default", verbosity=0)
    module = importlib.import_module(f"helpdesk_core.adapters.django.{name}")
    assert doctest.testmod(module).failed == 0
    connections["default"].close()


def test_each_kind_of_thing_has_a_table() -> None:
    """T4: the models are those of one app, by a label that is no other package's."""
    assert {model._meta.app_label for model in MODEL_OF.values()} == {"helpdesk_core"}
    assert MODEL_OF[Ticket]._meta.db_table == "helpdesk_core_ticket"
