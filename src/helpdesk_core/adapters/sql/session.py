"""A session: what it asks, and what it writes, remembers and looks over beside."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from helpdesk_core.adapters.sql import outbox, removing
from helpdesk_core.adapters.sql.asking import Asking, checked_limit, limited
from helpdesk_core.adapters.sql.rows import outbox_row
from helpdesk_core.adapters.sql.statements import ByIds
from helpdesk_core.adapters.sql.types import is_id
from helpdesk_core.adapters.sql.wording import Proofreader
from helpdesk_core.entities import (
    Attachment,
    Id,
    Message,
    ReceivedMail,
    System,
    Ticket,
    TimeEntry,
)
from helpdesk_core.events import Event
from helpdesk_core.plans import Change
from helpdesk_core.ports import (
    DeliveryStatus,
    Miscount,
    Misworded,
    Notification,
    Recorded,
    Remembered,
    WrongFigures,
)

_T = TypeVar("_T")


class SqlSession(Asking):
    """A unit of work over one connection; `helpdesk_core.ports.Session` says what calls mean."""

    # --- writing ---------------------------------------------------------------------------------

    def apply(self, changes: Iterable[Change]) -> None:
        self._around = None
        self._writer.apply(changes)

    def publish(self, events: Iterable[Event], notifications: Iterable[Notification]) -> None:
        self._db.must_write()
        self._db.insert("events", [self._event_row(event) for event in events])
        self._db.insert("outbox", [outbox_row(notification) for notification in notifications])

    def _event_row(self, event: Event) -> dict[str, Any]:
        by = event.by
        return {
            "ticket_id": event.ticket_id,
            "team_id": event.team_id,
            "name": event.name,
            "schema": event.schema,
            "at": event.at,
            "by_id": None if isinstance(by, System) else by,
            "by_system": by.reason if isinstance(by, System) else None,
            "internal": event.internal,
            "data": self._codec.event_data(event),
        }

    # --- history and outbox ----------------------------------------------------------------------

    def history(
        self,
        ticket_ids: Collection[Id],
        *,
        after: int = 0,
        limit: int | None = None,
        at: datetime | None = None,
    ) -> Sequence[Recorded]:
        statement = self._sql.history
        if at is not None:
            statement = statement.where(self._tables.events.c.at == at)
        rows = self._among(ByIds(limited(statement, limit)), ticket_ids, after=after)
        rows = sorted(rows, key=lambda row: row.sequence)[:limit]
        return [self._recorded(*row) for row in rows]

    def _recorded(
        self,
        sequence: int,
        ticket_id: Id | None,
        team_id: Id | None,
        name: str,
        schema: int,
        at: datetime,
        by_id: Id | None,
        by_system: str | None,
        data: str,
    ) -> Recorded:
        by = by_id if by_system is None else System(reason=by_system)
        event = self._codec.event(
            name, schema, data, at=at, by=by, ticket_id=ticket_id, team_id=team_id
        )
        return Recorded(sequence, event)

    def take(self, now: datetime, until: datetime, limit: int) -> Sequence[Notification]:
        return outbox.take(self._db, now, until, checked_limit(limit))

    def take_digest(self, now: datetime, until: datetime) -> Sequence[Notification]:
        return outbox.take_digest(self._db, now, until)

    def settle(
        self,
        key: str,
        status: DeliveryStatus,
        *,
        not_before: datetime | None = None,
        error: str | None = None,
        held_until: datetime | None = None,
        attempts: int | None = None,
        lent_until: datetime | None = None,
        was: DeliveryStatus | None = None,
    ) -> bool:
        values = {"not_before": not_before, "error": error, "held_until": held_until}
        more = {} if attempts is None else {"attempts": attempts}
        return outbox.settle(self._db, key, status, values | more, lent_until, was)

    def outbox(
        self,
        *,
        status: DeliveryStatus | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Notification]:
        checked = None if limit is None else checked_limit(limit)
        return outbox.listed(self._db, status, after, checked)

    def purge(self, before: datetime) -> int:
        self._db.must_write()
        return sum(
            self._db.changed(statement, {"before": before})
            for statement in (self._sql.purge_outbox, self._sql.purge_keys)
        )

    # --- idempotency -----------------------------------------------------------------------------

    def recall(self, key: str) -> Remembered | None:
        if self._db.waits_for_keys:
            self._db.rows(self._sql.wait_for_key, {"key": key})
        rows = self._db.rows(self._sql.recall, {"key": key})
        if not rows:
            return None
        return Remembered(rows[0].digest, self._codec.loads(rows[0].result, Any))

    def remember(self, key: str, remembered: Remembered, at: datetime) -> None:
        self._db.must_write()
        result = self._codec.dumps(remembered.result, Any)
        row = {"key": key, "digest": remembered.digest, "result": result, "at": at}
        self._db.insert("keys", [row])

    # --- removing for legal reasons --------------------------------------------------------------

    def written_by(
        self, user_id: Id
    ) -> Sequence[Ticket | Message | Attachment | TimeEntry | ReceivedMail]:
        if not is_id(user_id, self._codec.id_type):
            return []
        found: list[Any] = list(self.tickets(removing.tickets_of(self._db, user_id)).values())
        t = self._tables
        kinds: list[tuple[Any, sa.Table, str]] = [
            (Message, t.messages, "author_id"),
            (Attachment, t.attachments, "author_id"),
            (TimeEntry, t.time_entries, "user_id"),
            (ReceivedMail, t.mails, "sender_id"),
        ]
        for kind, table, who in kinds:
            rows = self._db.rows(sa.select(*table.c).where(table.c[who] == user_id))
            found += (self._made(kind, table, row) for row in rows)
        return found

    def remembered(self, holding: Collection[Id]) -> Iterable[tuple[str, Remembered]]:
        return removing.remembered(self._db, holding)

    def rewrite(
        self, notifications: Iterable[Notification], remembered: Mapping[str, Remembered]
    ) -> None:
        removing.rewrite(self._db, notifications, remembered)

    # --- operations ------------------------------------------------------------------------------

    def recount(self, *, mend: bool = False) -> Sequence[Miscount | WrongFigures]:
        if mend:
            self._db.must_write()
            self._around = None
        return self._writer.counts.recount(mend=mend)

    def misworded(self, *, mend: bool = False) -> Sequence[Misworded]:
        if mend:
            self._db.must_write()
        return Proofreader(self._db, mend=mend).found()

    def dangling(self) -> Sequence[str]:
        return [
            f"{table} {', '.join(map(repr, row))}"
            for table, statement in self._sql.dangling.items()
            for row in self._db.rows(statement)
        ]

    def attachment_ids(self, *, removed: bool = False) -> Collection[Id]:
        return removing.attachment_ids(self._db, removed=removed)
