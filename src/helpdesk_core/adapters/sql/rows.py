"""From rows to values and back, where a value is not just the columns of its row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from helpdesk_core.entities import Id
from helpdesk_core.plans import Merge, Notice
from helpdesk_core.ports import Notification

_NOTICE = tuple(field.name for field in attrs.fields(Notice))


def grouped(pairs: Iterable[Any]) -> dict[Id, list[Any]]:
    """The second of each pair, by the first."""
    groups: dict[Id, list[Any]] = {}
    for of, item in pairs:
        groups.setdefault(of, []).append(item)
    return groups


def merge_of(row: Any) -> Merge:
    """The record of a merge."""
    fields = dict(row._mapping)
    del fields["sequence"]
    return Merge(**fields)


def outbox_row(notification: Notification) -> dict[str, Any]:
    """A notification as a row of the outbox."""
    notice = notification.notice
    return {
        **{name: getattr(notice, name) for name in _NOTICE},
        "key": notification.key,
        "created_at": notification.created_at,
        "attempts": notification.attempts,
        "status": notification.status,
        "not_before": notification.not_before,
    }


def notification_of(row: Any, **other: Any) -> Notification:
    """The notification in a row of the outbox, with `other` values in place of its own."""
    fields = {
        "key": row.key,
        "created_at": row.created_at,
        "attempts": row.attempts,
        "status": row.status,
        "not_before": row.not_before,
    } | other
    notice = Notice(**{name: getattr(row, name) for name in _NOTICE})
    return Notification(notice=notice, **fields)
