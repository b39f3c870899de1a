"""The outbox in memory: what is due is lent to one worker at a time, of a ticket in order (N1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from helpdesk_core.adapters.memory.state import State
from helpdesk_core.entities import Id
from helpdesk_core.errors import ConflictError
from helpdesk_core.ports import DeliveryStatus, Notification


def take(state: State, now: datetime, until: datetime, limit: int) -> Sequence[Notification]:
    """Lend what is due; see `helpdesk_core.ports.Session.take`."""
    earlier: defaultdict[Id, list[Notification]] = defaultdict(list)
    due: list[Notification] = []
    for one in state.outbox.values():
        if one.status is not DeliveryStatus.PENDING:
            continue
        before = earlier[one.notice.ticket_id]
        if _is_due(one, now) and not any(_is_in_the_way(it, one, now) for it in before):
            due.append(one)
        before.append(one)
    return lent(state, due[:limit], until)


def take_digest(state: State, now: datetime, until: datetime) -> Sequence[Notification]:
    """Lend all of one digest."""
    groups: defaultdict[Any, list[Notification]] = defaultdict(list)
    for one in state.outbox.values():
        if one.status is DeliveryStatus.HELD:
            notice = one.notice
            groups[notice.recipient_id, notice.channel, one.held_until].append(one)
    for (*_, moment), group in groups.items():
        if moment <= now and all(_is_due(one, now) for one in group):
            return lent(state, group, until)
    return []


def settle(
    state: State,
    key: str,
    status: DeliveryStatus,
    values: Mapping[str, Any],
    lent_until: datetime | None,
    was: DeliveryStatus | None,
) -> bool:
    """Put down what became of one, if it is what it was."""
    notification = state.outbox.get(key)
    if notification is None:
        if lent_until is not None or was is not None:
            return False
        raise ConflictError(f"there is no notification {key!r}")
    may_be_lent = (DeliveryStatus.PENDING, DeliveryStatus.HELD)
    if lent_until is not None and (
        notification.not_before != lent_until or notification.status not in may_be_lent
    ):
        return False
    if was is not None and notification.status is not was:
        return False
    state.outbox[key] = attrs.evolve(notification, status=status, **values)
    return True


def lent(state: State, taken: Sequence[Notification], until: datetime) -> Sequence[Notification]:
    """What was taken, lent to one worker until then."""
    now = [attrs.evolve(n, attempts=n.attempts + 1, not_before=until) for n in taken]
    state.outbox.update((n.key, n) for n in now)
    return now


def _is_due(one: Notification, now: datetime) -> bool:
    return one.not_before is None or one.not_before <= now


def _is_in_the_way(earlier: Notification, one: Notification, now: datetime) -> bool:
    """Whether the earlier of two of a ticket has to be sent before the other (N1)."""
    to_the_same = (earlier.notice.recipient_id, earlier.notice.channel) == (
        one.notice.recipient_id,
        one.notice.channel,
    )
    in_hand = earlier.attempts > 0 and earlier.error is None and not _is_due(earlier, now)
    return to_the_same or in_hand
