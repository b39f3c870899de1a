"""Who of a pool gets the next ticket: the rule itself, without a team or a ticket (A3-A7, A9-A11).

Its names are public as those of `helpdesk_core.assignment`; `dispatcher` makes the same choice
for many tickets in a row.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from helpdesk_core.availability import DEFAULT_HORIZON, Availability
from helpdesk_core.decisions import Reason
from helpdesk_core.entities import AssignmentMethod, Id
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import check_id, utc

# --- what is known and what is said ------------------------------------------------------------


def _is_id(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    check_id(attribute.name, value)


def _is_count(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if type(value) is not int or value < 0:
        raise InvalidValueError(attribute.name, "must be a whole number of zero or more")


@attrs.frozen(kw_only=True)
class Workload:
    """What a team has assigned to somebody: ever, and still open (A3, A4).

    `last_assigned` is the team's sequence number of the latest assignment, None when there was
    none (A6). `credit` is added to `total` where tickets are kept equal (A8).

    >>> Workload(member_id="ada", total=7, open=2, credit=1).count(AssignmentMethod.EQUAL_TICKETS)
    8
    """

    member_id: Id = attrs.field(validator=_is_id)
    total: int = attrs.field(default=0, validator=_is_count)
    open: int = attrs.field(default=0, validator=_is_count)
    credit: int = attrs.field(default=0, validator=_is_count)
    last_assigned: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(_is_count)
    )

    def count(self, method: AssignmentMethod) -> int:
        """What the method keeps equal: tickets + credit (A3, A8), or open tickets (A4)."""
        if method is AssignmentMethod.EQUAL_OPEN:
            return self.open
        return self.total + self.credit


class Outcome(enum.Enum):
    """How an automatic assignment ended; nobody is an outcome, never an exception (A2, A11)."""

    ASSIGNED = "assigned"
    NOBODY_ELIGIBLE = "nobody_eligible"
    NOBODY_AVAILABLE = "nobody_available"


@attrs.frozen
class Candidate:
    """Somebody who competed, with the count and the place in the order; 1 is chosen (A20)."""

    member_id: Id
    count: int
    last_assigned: int | None
    rank: int


@attrs.frozen
class Skipped:
    """Somebody of the pool who did not compete, and why (A20).

    `assignment.absent` with the end of the absence as `until`, or `assignment.outside_hours` with
    the moment of being available next; None is never.
    """

    member_id: Id
    reason: Reason


@attrs.frozen(kw_only=True)
class Assignment:
    """Who is chosen, or that nobody is, and why (A20).

    `available_from` is set when nobody was available and the choice looked ahead: from then on the
    assignee is (A10). `count` is the assignee's before this ticket. `tie_breaker` is the
    comparison that decided: `fewest`, `least_recent` or `member_order` (A6).
    """

    outcome: Outcome
    code: str
    assignee_id: Id | None = None
    available_from: datetime | None = None
    count: int | None = None
    tie_breaker: str | None = None
    candidates: tuple[Candidate, ...] = ()
    skipped: tuple[Skipped, ...] = ()


# --- the choice --------------------------------------------------------------------------------

#: The code of a choice, for each method.
CODES = {
    AssignmentMethod.EQUAL_TICKETS: "assignment.fewest_tickets",
    AssignmentMethod.EQUAL_OPEN: "assignment.fewest_open",
}


def choose_assignee(
    method: AssignmentMethod,
    pool: Sequence[Id],
    workloads: Mapping[Id, Workload],
    availability: Availability,
    now: datetime,
    *,
    look_ahead_window: timedelta = timedelta(0),
    horizon: timedelta = DEFAULT_HORIZON,
) -> Assignment:
    """Who of the pool gets the next ticket (A3, A4, A6, A9, A10, A11, A20).

    Of those available now the one with the fewest, then the least recently assigned, then the
    first in the pool, which is in member order. Nobody available: the moment is moved to the
    earliest at which somebody is, and those who are within `look_ahead_window` of it compete
    (A10). Somebody without a workload has 0 tickets and was never assigned; workloads of people
    outside the pool change nothing. Raises `InvalidValueError` when the pool names somebody twice.

    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> chosen = choose_assignee(AssignmentMethod.EQUAL_TICKETS, ["ada", "bob"],
    ...                          {"ada": Workload(member_id="ada", total=1)}, Availability(), now)
    >>> chosen.assignee_id, chosen.count, chosen.tie_breaker
    ('bob', 0, 'fewest')
    >>> choose_assignee(AssignmentMethod.EQUAL_TICKETS, [], {}, Availability(), now).code
    'assignment.nobody_eligible'
    """
    check_settings(method, look_ahead_window)
    check_pool(pool)
    now = utc("now", now)
    if not pool:
        return Assignment(outcome=Outcome.NOBODY_ELIGIBLE, code="assignment.nobody_eligible")
    moment = now
    ready = {member_id: now for member_id in pool if availability.is_available(member_id, now)}
    looked_ahead = not ready
    if looked_ahead:
        ready = _next_moments(pool, availability, now, horizon)
        moment = min(ready.values(), default=now)
        ready = {who: at for who, at in ready.items() if at - moment <= look_ahead_window}
    skipped = tuple(
        Skipped(member_id, _why_not(member_id, availability, moment, horizon))
        for member_id in pool
        if member_id not in ready
    )
    if not ready:
        return Assignment(
            outcome=Outcome.NOBODY_AVAILABLE, code="assignment.nobody_available", skipped=skipped
        )
    candidates = _ranked(method, ready, workloads)
    first = candidates[0]
    return Assignment(
        outcome=Outcome.ASSIGNED,
        code=CODES[method],
        assignee_id=first.member_id,
        available_from=ready[first.member_id] if looked_ahead else None,
        count=first.count,
        tie_breaker=_tie_breaker(*candidates[:2]),
        candidates=candidates,
        skipped=skipped,
    )


def check_settings(method: AssignmentMethod, look_ahead_window: timedelta) -> None:
    """Refuse what is not a method, or not a duration."""
    if not isinstance(method, AssignmentMethod):
        raise InvalidValueError("method", "must be an AssignmentMethod")
    if not isinstance(look_ahead_window, timedelta) or look_ahead_window < timedelta(0):
        raise InvalidValueError("look_ahead_window", "must be a duration of zero or more")


def check_pool(pool: Sequence[Id]) -> None:
    """Refuse a pool that is not a sequence of ids, each once.

    >>> check_pool(["ada", "ada"])
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: pool names 'ada' twice
    """
    if isinstance(pool, str | bytes | bytearray) or not isinstance(pool, Sequence):
        # a set has no member order (A6)
        raise InvalidValueError("pool", "must be a sequence of ids in member order")
    seen: set[Id] = set()
    for member_id in pool:
        check_id("pool", member_id)
        if member_id in seen:
            raise InvalidValueError("pool", f"names {member_id!r} twice")
        seen.add(member_id)


def _next_moments(
    pool: Sequence[Id], availability: Availability, now: datetime, horizon: timedelta
) -> dict[Id, datetime]:
    """When each is available next, without those who never are."""
    found = ((who, availability.next_available((who,), now, horizon)) for who in pool)
    return {who: moment for who, moment in found if moment is not None}


def _ranked(
    method: AssignmentMethod, members: Iterable[Id], workloads: Mapping[Id, Workload]
) -> tuple[Candidate, ...]:
    keys: list[tuple[int, int, Id]] = []
    for member_id in members:
        workload = workloads.get(member_id)
        if workload is None:
            keys.append((0, -1, member_id))
            continue
        if workload.member_id != member_id:
            raise InvalidValueError("workloads", f"has another's under {member_id!r}")
        last = workload.last_assigned
        keys.append((workload.count(method), -1 if last is None else last, member_id))
    keys.sort(key=lambda key: key[:2])  # stable: what is left equal stays in member order (A6)
    return tuple(
        Candidate(member_id, count, None if last < 0 else last, rank)
        for rank, (count, last, member_id) in enumerate(keys, 1)
    )


def _tie_breaker(first: Candidate, second: Candidate | None = None) -> str:
    if second is None or first.count != second.count:
        return "fewest"
    return "least_recent" if first.last_assigned != second.last_assigned else "member_order"


def _why_not(member_id: Id, availability: Availability, at: datetime, horizon: timedelta) -> Reason:
    if availability.is_absent(member_id, at):
        return Reason("assignment.absent", {"until": availability.absent_until(member_id, at)})
    until = availability.next_available((member_id,), at, horizon)
    return Reason("assignment.outside_hours", {"until": until})
