"""The outbox: what is due is lent to one worker at a time, and of a ticket in order (N1).

On PostgreSQL whoever lends messages of a ticket holds the ticket's row meanwhile, and a second
one passes by: the question is asked anew once the row is held, so both never see the same state.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.rows import notification_of
from helpdesk_core.adapters.sql.tables import Tables
from helpdesk_core.errors import ConflictError
from helpdesk_core.ports import DeliveryStatus, Notification


def take(db: Connection, now: datetime, until: datetime, limit: int) -> Sequence[Notification]:
    """Lend what is due; see `helpdesk_core.ports.Session.take`."""
    db.must_write()
    due, asked = _due(db.tables), {"now": now, "limit": limit}
    if db.statements.postgresql:
        held = db.rows(_hold_tickets(db.tables), asked)
        due = due.where(db.tables.outbox.c.ticket_id.in_({row.ticket_id for row in held}))
    return _lent(db, db.rows(due, asked), until)


def take_digest(db: Connection, now: datetime, until: datetime) -> Sequence[Notification]:
    """Lend all of one digest."""
    db.must_write()
    first = db.rows(_first_of_a_digest(db.tables), {"now": now})
    if not first:
        return []
    outbox = db.tables.outbox.c
    group = (
        sa.select(db.tables.outbox)
        .where(
            _status(outbox, DeliveryStatus.HELD),
            *(
                outbox[name] == getattr(first[0], name)
                for name in ("recipient_id", "channel", "held_until")
            ),
        )
        .order_by(outbox.sequence)
    )
    return _lent(db, db.rows(group), until)


def settle(
    db: Connection,
    key: str,
    status: DeliveryStatus,
    values: dict[str, Any],
    lent_until: datetime | None,
    was: DeliveryStatus | None,
) -> bool:
    """Put down what became of one, if it is what it was; see `helpdesk_core.ports.Session`."""
    db.must_write()
    statement = _settle(db.tables, *sorted(values))
    outbox, asked = db.tables.outbox.c, {"of": key, "to": status, **values}
    if lent_until is not None:
        lent = [DeliveryStatus.PENDING, DeliveryStatus.HELD]
        statement = statement.where(outbox.not_before == lent_until, outbox.status.in_(lent))
    if was is not None:
        statement = statement.where(outbox.status == was)
    if db.changed(statement, asked):
        return True
    if lent_until is None and was is None:
        raise ConflictError(f"there is no notification {key!r}")
    return False


def listed(
    db: Connection, status: DeliveryStatus | None, after: str | None, limit: int | None
) -> Sequence[Notification]:
    """What is in it, oldest first."""
    outbox = db.tables.outbox
    statement = sa.select(outbox).order_by(outbox.c.sequence)
    if status is not None:
        statement = statement.where(_status(outbox.c, status))
    if after is not None:
        mark = sa.select(outbox.c.sequence).where(outbox.c.key == after).scalar_subquery()
        statement = statement.where(outbox.c.sequence > mark)
    return [notification_of(row) for row in db.rows(statement.limit(limit))]


def _lent(db: Connection, rows: Iterable[Any], until: datetime) -> list[Notification]:
    rows = sorted(rows, key=lambda row: row.sequence)
    db.many(_lend(db.tables), [{"of": row.sequence, "until": until} for row in rows])
    return [notification_of(row, attempts=row.attempts + 1, not_before=until) for row in rows]


# --- statements ----------------------------------------------------------------------------------


def _status(outbox: Any, status: DeliveryStatus) -> sa.ColumnElement[bool]:
    # Written out: an index of some of the rows is used where the database reads which.
    return outbox.status == sa.literal_column(f"'{status.value}'")  # type: ignore[no-any-return]


def _now(outbox: Any) -> sa.BindParameter[Any]:
    return sa.bindparam("now", type_=outbox.not_before.type)


def _may_be_tried(outbox: Any) -> sa.ColumnElement[bool]:
    return sa.or_(outbox.not_before.is_(None), outbox.not_before <= _now(outbox))


@functools.cache
def _due(tables: Tables) -> sa.Select[Any]:
    """What may be sent now: nothing of its ticket is in the way."""
    one, other = tables.outbox.c, tables.outbox.alias("earlier").c
    in_the_way = sa.exists().where(
        other.ticket_id == one.ticket_id,
        other.sequence < one.sequence,
        _status(other, DeliveryStatus.PENDING),
        sa.or_(
            sa.and_(other.recipient_id == one.recipient_id, other.channel == one.channel),
            sa.and_(other.attempts > 0, other.error.is_(None), other.not_before > _now(one)),
        ),
    )
    return (
        sa.select(tables.outbox)
        .where(_status(one, DeliveryStatus.PENDING), _may_be_tried(one), ~in_the_way)
        .order_by(one.sequence)
        .limit(sa.bindparam("limit", type_=sa.Integer()))
    )


@functools.cache
def _hold_tickets(tables: Tables) -> sa.Select[Any]:
    """The tickets of what is due, but for those that somebody else holds."""
    tickets, outbox = tables.tickets, tables.outbox
    return (
        _due(tables)
        .with_only_columns(outbox.c.ticket_id)
        .join_from(outbox, tickets, tickets.c.id == outbox.c.ticket_id)
        .with_for_update(of=tickets, key_share=True, skip_locked=True)
    )


@functools.cache
def _first_of_a_digest(tables: Tables) -> sa.Select[Any]:
    """The first message of a digest that is due: who holds it has all of the digest."""
    one, other = tables.outbox.c, tables.outbox.alias("earlier").c
    in_the_way = sa.exists().where(
        other.recipient_id == one.recipient_id,
        other.channel == one.channel,
        other.held_until == one.held_until,
        _status(other, DeliveryStatus.HELD),
        # one before it, or one that somebody has, or that waits to be tried again
        sa.or_(other.sequence < one.sequence, other.not_before > _now(one)),
    )
    return (
        sa.select(tables.outbox)
        .where(
            _status(one, DeliveryStatus.HELD),
            one.held_until <= _now(one),
            _may_be_tried(one),
            ~in_the_way,
        )
        .order_by(one.sequence)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


@functools.cache
def _lend(tables: Tables) -> sa.Update:
    outbox = tables.outbox.c
    return (
        sa.update(tables.outbox)
        .where(outbox.sequence == sa.bindparam("of"))
        .values(
            attempts=outbox.attempts + 1,
            not_before=sa.bindparam("until", type_=outbox.not_before.type),
        )
    )


@functools.cache
def _settle(tables: Tables, *names: str) -> sa.Update:
    outbox = tables.outbox.c
    values = {name: sa.bindparam(name, type_=outbox[name].type) for name in names}
    return (
        sa.update(tables.outbox)
        .where(outbox.key == sa.bindparam("of"))
        .values({"status": sa.bindparam("to", type_=outbox.status.type), **values})
    )
