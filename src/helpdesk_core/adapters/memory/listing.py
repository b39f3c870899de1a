"""Lists in memory: what is asked for of a table, in its order, after a place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from helpdesk_core.entities import Id, ReceivedMail, Ticket
from helpdesk_core.ports import Position

_T = TypeVar("_T")


def those(table: Mapping[Id, _T], ids: Collection[Id]) -> dict[Id, _T]:
    return {id: table[id] for id in dict.fromkeys(ids) if id in table}


def in_column(ticket: Ticket) -> tuple[str, Any]:
    return ticket.rank, ticket.id


def listed(
    tickets: Iterable[Ticket], after: Position | None, limit: int | None, newest_first: bool
) -> list[Ticket]:
    found = sorted(tickets, key=lambda ticket: ticket.place, reverse=newest_first)
    if after is not None:
        mark = (after.created_at, after.id)
        found = [t for t in found if (t.place < mark if newest_first else t.place > mark)]
    return found[:limit]


def by_time(mails: Iterable[ReceivedMail]) -> list[ReceivedMail]:
    return sorted(mails, key=lambda mail: (mail.at, mail.id))


def of_tickets(
    table: Mapping[Id, Any], ticket_ids: Collection[Id], after: Position | None
) -> list[Any]:
    wanted = set(ticket_ids)
    rows = [row for row in table.values() if row.ticket_id in wanted]
    if after is not None:
        mark: tuple[datetime, Any] = (after.created_at, after.id)
        rows = [row for row in rows if (row.at, row.id) > mark]
    return sorted(rows, key=lambda row: (row.at, row.id))
