"""The outbox: what is due is lent to one worker at a time, and of a ticket in order (N1).

On PostgreSQL whoever lends messages of a ticket holds the ticket's row meanwhile, and a second
one passes by: the question is asked anew once the row is held, so both never see the same state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from helpdesk_core.adapters.django import models
from helpdesk_core.adapters.django.asking import limited
from helpdesk_core.adapters.django.rows import notifications
from helpdesk_core.adapters.django.transactions import Work
from helpdesk_core.errors import ConflictError
from helpdesk_core.ports import DeliveryStatus, Notification

_PENDING, _HELD = DeliveryStatus.PENDING.value, DeliveryStatus.HELD.value


def take(work: Work, now: datetime, until: datetime, limit: int) -> Sequence[Notification]:
    """Lend what is due; see `helpdesk_core.ports.Session.take`."""
    work.must_write()
    due = _due(work, now)
    if work.locks:
        held = due.select_related("ticket")
        held = held.select_for_update(of=("ticket",), no_key=True, skip_locked=True)
        ids = {entry.ticket_id for entry in limited(held, limit)}
        due = due & work.among(models.OutboxEntry, "ticket_id", ids)
    return _lent(work, limited(due, limit), until)


def take_digest(work: Work, now: datetime, until: datetime) -> Sequence[Notification]:
    """Lend all of one digest."""
    work.must_write()
    first = _first_of_a_digest(work, now)
    if work.locks:
        first = first.select_for_update(skip_locked=True)
    entry = first.first()
    if entry is None:
        return []
    same = {name: getattr(entry, name) for name in ("recipient_id", "channel", "held_until")}
    group = work.rows(models.OutboxEntry).filter(status=_HELD, **same)
    return _lent(work, group.order_by("sequence"), until)


def settle(
    work: Work,
    key: str,
    status: DeliveryStatus,
    values: dict[str, Any],
    lent_until: datetime | None,
    was: DeliveryStatus | None,
) -> bool:
    """Put down what became of one, if it is what it was; see `helpdesk_core.ports.Session`."""
    work.must_write()
    rows = work.rows(models.OutboxEntry).filter(key=key)
    if lent_until is not None:
        rows = rows.filter(not_before=lent_until, status__in=(_PENDING, _HELD))
    if was is not None:
        rows = rows.filter(status=was.value)
    if rows.update(status=status.value, **values):
        return True
    if lent_until is None and was is None:
        raise ConflictError(f"there is no notification {key!r}")
    return False


def listed(
    work: Work, status: DeliveryStatus | None, after: str | None, limit: int | None
) -> Sequence[Notification]:
    """What is in it, oldest first."""
    rows = work.rows(models.OutboxEntry).order_by("sequence")
    if status is not None:
        rows = rows.filter(status=status.value)
    if after is not None:
        mark = work.rows(models.OutboxEntry).filter(key=after).values("sequence")
        rows = rows.filter(sequence__gt=mark)
    return notifications(limited(rows, limit))


def _lent(work: Work, entries: Iterable[Any], until: datetime) -> list[Notification]:
    taken = sorted(entries, key=lambda entry: entry.sequence)
    lending = work.among(models.OutboxEntry, "key", [entry.key for entry in taken])
    lending.update(attempts=F("attempts") + 1, not_before=until)
    for entry in taken:
        entry.attempts += 1
    return notifications(taken, not_before=until)


def _may_be_tried(now: datetime) -> Q:
    return Q(not_before__isnull=True) | Q(not_before__lte=now)


def _due(work: Work, now: datetime) -> Any:
    """What may be sent now: nothing of its ticket is in the way."""
    to_the_same = Q(recipient_id=OuterRef("recipient_id"), channel=OuterRef("channel"))
    in_hand = Q(attempts__gt=0, error__isnull=True, not_before__gt=now)
    in_the_way = models.OutboxEntry.objects.filter(
        to_the_same | in_hand,
        ticket_id=OuterRef("ticket_id"),
        sequence__lt=OuterRef("sequence"),
        status=_PENDING,
    )
    rows = work.rows(models.OutboxEntry).filter(_may_be_tried(now), status=_PENDING)
    return rows.filter(~Exists(in_the_way)).order_by("sequence")


def _first_of_a_digest(work: Work, now: datetime) -> Any:
    """The first message of a digest that is due: who holds it has all of the digest."""
    in_the_way = models.OutboxEntry.objects.filter(
        # one before it, or one that somebody has, or that waits to be tried again
        Q(sequence__lt=OuterRef("sequence")) | Q(not_before__gt=now),
        recipient_id=OuterRef("recipient_id"),
        channel=OuterRef("channel"),
        held_until=OuterRef("held_until"),
        status=_HELD,
    )
    rows = work.rows(models.OutboxEntry).filter(
        _may_be_tried(now), status=_HELD, held_until__lte=now
    )
    return rows.filter(~Exists(in_the_way)).order_by("sequence")
