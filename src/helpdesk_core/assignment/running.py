"""What a long run keeps: a small decision for each ticket, and what happened in between (A20).

The log is a number for each happening, so that a run of millions fits in memory; `Log.until` counts
it all again up to any one decision.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from helpdesk_core.assignment.choice import Candidate, Outcome, Skipped
from helpdesk_core.assignment.options import Workload, next_sequence
from helpdesk_core.entities import CatchingUp, Id
from helpdesk_core.errors import InvalidValueError

PLACE_BITS = 24  #: places, one for each joining of the pool
PLACE = (1 << PLACE_BITS) - 1
_AMOUNT_SHIFT = PLACE_BITS + 4

#: What can happen to who has a place; a ticket that goes to somebody is the plain number.
(
    TOOK_OPEN,
    TOOK_CLOSED,
    CLOSED,
    REOPENED,
    GAVE_OPEN,
    GAVE_CLOSED,
    JOINED,
    LEFT,
    CREDITED,
    CALENDAR,
) = (number << PLACE_BITS for number in range(10))


class Circumstances(NamedTuple):
    """What many decisions in a row have in common."""

    outcome: Outcome
    code: str
    available_from: datetime | None = None
    option: str | None = None
    tags: frozenset[str] = frozenset()
    known: CatchingUp | None = None


class Dispatched(NamedTuple):
    """One decision of a long run: of an `Assignment` what must be kept (A20).

    `Dispatcher.explain` gives the whole of it, and finds its place in the log by `number`.

    >>> from datetime import UTC
    >>> from helpdesk_core import AssignmentMethod, Dispatcher
    >>> dispatcher = Dispatcher(AssignmentMethod.EQUAL_OPEN, ["ada", "bob"])
    >>> decision = dispatcher.assign(datetime(2026, 1, 5, tzinfo=UTC))
    >>> decision.assignee_id, decision.count, decision.tie_breaker
    ('ada', 0, 'member_order')
    """

    assignee_id: Id | None
    count: int | None  # type: ignore[assignment]  # not what `tuple.count` is
    tie_breaker: str | None
    now: datetime
    number: int
    circumstances: Circumstances

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        return self.circumstances.outcome

    @property
    def code(self) -> str:
        """The reason."""
        return self.circumstances.code

    @property
    def available_from(self) -> datetime | None:
        """From when the assignee is there, or somebody is, if nobody was (A10)."""
        return self.circumstances.available_from

    @property
    def option(self) -> str | None:
        """The filter that left nobody (A19)."""
        return self.circumstances.option

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """None are kept."""
        return ()

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """None are kept."""
        return ()


class Tally:
    """The counts of somebody, while they are counted again."""

    __slots__ = ("credit", "last", "open", "total")

    def __init__(self, workload: Workload) -> None:
        self.total = workload.total
        self.open = workload.open
        self.credit = workload.credit
        self.last = workload.last_assigned

    def workload(self, member_id: Id) -> Workload:
        """The same as a value."""
        return Workload(
            member_id=member_id,
            total=self.total,
            open=self.open,
            credit=self.credit,
            last_assigned=self.last,
        )


class Log:
    """Everything that happened since the start."""

    def __init__(self, pool: Sequence[Id], workloads: Mapping[Id, Workload]) -> None:
        self._pool = tuple(pool)
        self._workloads = dict(workloads)
        self.numbers = array("q")

    def credited(self, place: int, tickets: int) -> None:
        """Somebody was given a credit (A8)."""
        self.numbers.append(CREDITED | place | tickets << _AMOUNT_SHIFT)

    def taking(self, which: int) -> int:
        """How many things had happened before this one of the tickets that went to somebody."""
        for place, code in enumerate(self.numbers):
            if code <= TOOK_CLOSED | PLACE:
                which -= 1
                if not which:
                    return place
        raise InvalidValueError("decision", "must be one of this run")

    def until(self, number: int, ids: Sequence[Id]) -> tuple[tuple[Id, ...], dict[Id, Workload]]:
        """The pool and the workloads after so many happenings; `ids` tells whose a place is."""
        pool = dict.fromkeys(self._pool)
        tallies = {id: Tally(workload) for id, workload in self._workloads.items()}
        last = next_sequence(self._workloads.values())
        for code in self.numbers[:number]:
            what = code & (15 << PLACE_BITS)
            if what == CALENDAR:
                continue
            id = ids[code & PLACE]
            tally = tallies.get(id)
            if tally is None:
                tally = tallies[id] = Tally(Workload(member_id=id))
            if what in (TOOK_OPEN, TOOK_CLOSED):
                tally.total += 1
                tally.open += what == TOOK_OPEN
                tally.last = last
                last += 1
            elif what in (GAVE_OPEN, GAVE_CLOSED):
                tally.total -= 1
                tally.open -= what == GAVE_OPEN
            elif what in (CLOSED, REOPENED):
                tally.open += 1 if what == REOPENED else -1
            elif what == JOINED:
                pool[id] = None
            elif what == LEFT:
                del pool[id]
            else:
                tally.credit += code >> _AMOUNT_SHIFT
        return tuple(pool), {id: tally.workload(id) for id, tally in tallies.items()}
