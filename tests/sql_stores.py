"""Repositories over SQLite for tests, and what they are filled with."""

from __future__ import annotations

import functools
import threading
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

import postgres
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.adapters.sql.tables import tables_for
from helpdesk_core.entities import (
    Team,
    Ticket,
    Visibility,
)
from helpdesk_core.plans import (
    Add,
    Channel,
    Kind,
    Notice,
    NoticeKind,
    SetField,
)
from helpdesk_core.ports import (
    Notification,
)
from sql_things import (
    MONDAY,
    STAGES,
    USERS,
)

ID_TYPES = (str, int, UUID)


@contextmanager
def repository(id_type: type = str, url: Any = "sqlite:///:memory:", **options: Any) -> Any:
    """An opened repository, closed again."""
    with SqlRepository(url, id_type=id_type, **options) as opened:
        yield opened


@functools.cache
def _shared(id_type: type) -> SqlRepository:
    return SqlRepository("sqlite:///:memory:", id_type=id_type)


SQL_STORES = ("sqlite", "postgresql")
on_each_store = pytest.mark.parametrize("store", SQL_STORES)


@contextmanager
def opened(store: str, id_type: type = str) -> Any:
    """A repository without anything in it, on either database."""
    if store == "postgresql":
        yield postgres.empty(id_type)
        return
    with repository(id_type) as fresh:
        yield fresh


def empty(store: str, id_type: type = str) -> SqlRepository:
    """A repository without anything in it; examples share it, for making one takes a while."""
    if store == "postgresql":
        return postgres.empty(id_type)
    repo = _shared(id_type)
    with repo._engine.begin() as connection:
        for table in reversed(tables_for(id_type, "helpdesk_").metadata.sorted_tables):
            if not table.name.endswith("_meta"):
                connection.execute(sa.delete(table))
    return repo


TEAMS = [
    Team(id=id, name=id, visibility=Visibility.PUBLIC, stage_ids={"new", "doing", "solved"})
    for id in "xyz"
]


def ticket_of(id: Any = "T-1", **fields: Any) -> Ticket:
    """A ticket of team x."""
    values = {"team_id": "x", "stage_id": "new", "subject": "Ink", "created_at": MONDAY} | fields
    return Ticket(id=id, **values)


def setting(
    field: str, expected: Any, value: Any, *, id: str = "T-1", kind: Any = Kind.TICKET
) -> Any:
    """A change of one field."""
    return SetField(kind=kind, id=id, field=field, expected=expected, value=value)


def mail_of(n: int, **fields: Any) -> Notification:
    """A notification with everything in its notice."""
    notice = Notice(
        ticket_id="T-1",
        recipient_id="eve",
        channel=Channel.SMS,
        kind=NoticeKind.STAGE,
        message_id="m",
        stage_id="new",
        subject="Ink – né",
        text="Hello\n",
    )
    return Notification(key=f"key {n}", notice=notice, created_at=MONDAY, **fields)


def fill(repo: Any, teams: list[Team], tickets: list[Ticket]) -> None:
    """Put a small world into a repository."""
    with repo.writing() as session:
        session.apply([Add(thing) for thing in (*USERS, *STAGES, *teams, *tickets)])


def all_at_once(*calls: Any) -> None:
    """Run each in a thread of its own; none may raise."""
    failures: list[BaseException] = []

    def run(call: Any) -> None:
        try:
            call()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def is_no_index_of_words(name: str | None, kind: str, _: object) -> bool:
    """Whether Alembic should compare it: an index of words is the database's own, FTS5 or GIN."""
    found = str(name)
    if kind == "table":
        return "_fts" not in found
    return kind != "index" or not found.endswith(("texts_words", "tickets_words"))
