"""A session: what it asks, and what it writes, remembers and looks over beside."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from helpdesk_core.adapters.django import models, outbox
from helpdesk_core.adapters.django.asking import Asking, limited
from helpdesk_core.adapters.django.fields import is_id
from helpdesk_core.adapters.django.rows import (
    CODEC,
    event_row,
    known_ids,
    outbox_row,
    recorded,
    things,
    words_text,
)
from helpdesk_core.adapters.django.signals import tell_after_commit
from helpdesk_core.entities import (
    REMOVED,
    Attachment,
    Id,
    Message,
    ReceivedMail,
    Ticket,
    TimeEntry,
)
from helpdesk_core.errors import ConflictError
from helpdesk_core.events import Event
from helpdesk_core.plans import Change
from helpdesk_core.ports import (
    DeliveryStatus,
    Miscount,
    Misworded,
    Notification,
    Recorded,
    Remembered,
    Wording,
    WrongFigures,
)
from helpdesk_core.search import opening_text

#: Keys read at once; and texts looked for by the database, which for more than that gives all.
_PAGE = 500
_NAMED = 5  # tickets that are named of all whose words are wrong
_DONE = (DeliveryStatus.SENT.value, DeliveryStatus.SKIPPED.value)


class DjangoSession(Asking):
    """A unit of work over one connection; `helpdesk_core.ports.Session` says what calls mean."""

    # --- writing ---------------------------------------------------------------------------------

    def apply(self, changes: Iterable[Change]) -> None:
        self._writer.apply(changes)

    def publish(self, events: Iterable[Event], notifications: Iterable[Notification]) -> None:
        self._work.must_write()
        happened = list(events)
        entries = [outbox_row(notification) for notification in notifications]
        if happened:
            rows = self._work.rows(models.RecordedEvent)
            rows.bulk_create([event_row(event) for event in happened])
        if entries:
            self._work.rows(models.OutboxEntry).bulk_create(entries)
        tell_after_commit(happened, self._work.using)

    # --- history and outbox ----------------------------------------------------------------------

    def history(
        self,
        ticket_ids: Collection[Id],
        *,
        after: int = 0,
        limit: int | None = None,
        at: datetime | None = None,
    ) -> Sequence[Recorded]:
        rows = self._work.among(models.RecordedEvent, "ticket_id", known_ids(ticket_ids))
        rows = rows.filter(sequence__gt=after)
        if at is not None:
            rows = rows.filter(at=at)
        return recorded(limited(rows.order_by("sequence"), limit))

    def take(self, now: datetime, until: datetime, limit: int) -> Sequence[Notification]:
        return outbox.take(self._work, now, until, limit)

    def take_digest(self, now: datetime, until: datetime) -> Sequence[Notification]:
        return outbox.take_digest(self._work, now, until)

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
        return outbox.settle(self._work, key, status, values | more, lent_until, was)

    def outbox(
        self,
        *,
        status: DeliveryStatus | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Notification]:
        return outbox.listed(self._work, status, after, limit)

    def purge(self, before: datetime) -> int:
        self._work.must_write()
        entries = self._work.rows(models.OutboxEntry)
        old = (
            entries.filter(status__in=_DONE, created_at__lt=before),
            self._work.rows(models.IdempotencyKey).filter(at__lt=before),
        )
        return sum(rows.delete()[0] for rows in old)

    # --- idempotency -----------------------------------------------------------------------------

    def recall(self, key: str) -> Remembered | None:
        if self._work.locks:  # who comes with the same key waits here, and is then told the result
            with self._work.usable().cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        kept = self._work.rows(models.IdempotencyKey).filter(key=key).first()
        return None if kept is None else _remembered(kept)

    def remember(self, key: str, remembered: Remembered, at: datetime) -> None:
        self._work.must_write()
        result = CODEC.dumps(remembered.result, Any)
        row = models.IdempotencyKey(key=key, digest=remembered.digest, result=result, at=at)
        self._work.rows(models.IdempotencyKey).bulk_create([row])

    # --- removing for legal reasons --------------------------------------------------------------

    def written_by(
        self, user_id: Id
    ) -> Sequence[Ticket | Message | Attachment | TimeEntry | ReceivedMail]:
        if not is_id(user_id):
            return []
        theirs = Q(opener_id=user_id) | Q(customer_id=user_id)
        found: list[Any] = self._tickets(self._work.rows(models.Ticket).filter(theirs))
        kinds: list[tuple[type, Any, str]] = [
            (Message, models.Message, "author_id"),
            (Attachment, models.Attachment, "author_id"),
            (TimeEntry, models.TimeEntry, "user_id"),
            (ReceivedMail, models.ReceivedMail, "sender_id"),
        ]
        for kind, model, who in kinds:
            found += things(kind, self._work.rows(model).filter(**{who: user_id}))
        return found

    def remembered(self, holding: Collection[Id]) -> Iterable[tuple[str, Remembered]]:
        return self._holding([json.dumps(str(one), ensure_ascii=False)[1:-1] for one in holding])

    def _holding(self, texts: Sequence[str]) -> Iterator[tuple[str, Remembered]]:
        wanted = Q()
        if len(texts) <= _PAGE:
            wanted = Q(pk__in=())
            for text in texts:
                wanted |= Q(result__contains=text)
        rows, last = self._work.rows(models.IdempotencyKey).filter(wanted).order_by("key"), ""
        while page := list(rows.filter(key__gt=last)[:_PAGE]):
            for kept in page:
                yield kept.key, _remembered(kept)
            last = page[-1].key

    def rewrite(
        self, notifications: Iterable[Notification], remembered: Mapping[str, Remembered]
    ) -> None:
        self._work.must_write()
        for one in notifications:
            said = {name: getattr(one.notice, name) for name in ("subject", "text", "html")}
            rows = self._work.rows(models.OutboxEntry).filter(key=one.key)
            _must_be_one(rows.update(status=one.status.value, **said))
        for key, kept in remembered.items():
            rows = self._work.rows(models.IdempotencyKey).filter(key=key)
            _must_be_one(rows.update(result=CODEC.dumps(kept.result, Any)))

    # --- operations ------------------------------------------------------------------------------

    def recount(self, *, mend: bool = False) -> Sequence[Miscount | WrongFigures]:
        if mend:
            self._work.must_write()
        return self._writer.counts.recount(mend=mend)

    def misworded(self, *, mend: bool = False) -> Sequence[Misworded]:
        """A text has its words in its own row: they can be stale, and nothing else."""
        if mend:
            self._work.must_write()
        number, named = 0, dict[Id, None]()
        for model, text in ((models.Ticket, _opening), (models.Message, _body)):
            for row, ticket_id, team_id in _texts(self._work.rows(model)):
                right = words_text(text(row))
                if row.words == right or (mend and not self._work.holds(team_id)):
                    continue
                number += 1
                if len(named) < _NAMED:
                    named[ticket_id] = None
                if mend:
                    self._work.rows(model).filter(pk=row.pk).update(words=right)
        if not number:
            return []
        return [Misworded(how=Wording.STALE, number=number, ticket_ids=tuple(named))]

    def dangling(self) -> Sequence[str]:
        """The database's own keys forbid it."""
        return []

    def attachment_ids(self, *, removed: bool = False) -> Collection[Id]:
        gone = Q(digest=REMOVED)
        rows = self._work.rows(models.Attachment).filter(gone if removed else ~gone)
        return set(rows.values_list("id", flat=True))


def _remembered(kept: Any) -> Remembered:
    return Remembered(kept.digest, CODEC.loads(kept.result, Any))


def _must_be_one(changed: int) -> None:
    if changed != 1:
        raise ConflictError("what is to be written over is not there")


def _opening(row: Any) -> str:
    return opening_text(row.subject, row.description)


def _body(row: Any) -> str:
    return str(row.body)


def _texts(rows: Any) -> Iterator[tuple[Any, Id, Id]]:
    """All rows that have words, some at a time, each with its ticket and its team."""
    of_ticket = rows.model is models.Ticket
    rows, last = rows.order_by("pk"), ""
    if not of_ticket:
        rows = rows.select_related("ticket").only("ticket__team_id", "body", "words", "ticket_id")
    more = True
    while more:
        page = list(rows.filter(pk__gt=last)[:_PAGE])
        for row in page:
            ticket = row if of_ticket else row.ticket
            yield row, ticket.pk, ticket.team_id
            last = row.pk
        more = len(page) == _PAGE
