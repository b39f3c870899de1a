"""What merging and un-merging share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from helpdesk_core.duplicates import id_key
from helpdesk_core.entities import (
    Id,
    Ticket,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import (
    Who,
)
from helpdesk_core.plans import (
    Change,
    Kind,
    SetField,
)

#: Sets of the merged tickets that are united on the master (M6).
UNITED_FIELDS = ("tags", "links", "references")


def age(ticket: Ticket) -> tuple[datetime, tuple[str, Any]]:
    """What puts tickets in order of age (M4)."""
    return ticket.created_at, id_key(ticket.id)


def of(things: Mapping[Id, Any], id: Id, name: str) -> Any:
    """One of the things, or `InvalidValueError` that names what lacks it."""
    try:
        return things[id]
    except KeyError:
        raise InvalidValueError(name, f"must have {id!r}") from None


def about(ticket: Ticket, now: datetime, by: Who) -> dict[str, Any]:
    """What every event of a ticket says."""
    return {"at": now, "by": by, "ticket_id": ticket.id, "team_id": ticket.team_id}


def set_fields(ticket: Ticket, values: Mapping[str, Any]) -> list[Change]:
    """Changes to those of the fields that have another value now."""
    return [
        SetField(
            kind=Kind.TICKET,
            id=ticket.id,
            field=field,
            expected=getattr(ticket, field),
            value=value,
        )
        for field, value in values.items()
        if getattr(ticket, field) != value
    ]
