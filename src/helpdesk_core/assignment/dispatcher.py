"""The same choice for many tickets in a row, with running counts (A3-A6, A9-A11, A20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from types import MappingProxyType

import attrs

from helpdesk_core.assignment.choice import (
    CODES,
    Assignment,
    Outcome,
    Workload,
    check_pool,
    check_settings,
    choose_assignee,
)
from helpdesk_core.availability import DEFAULT_HORIZON, Availability
from helpdesk_core.entities import AssignmentMethod, Id
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import check_id

_Entry = tuple[int, int, int, Id]  # count, last assigned or -1, place in the pool, member


class _Tally:
    """The running counts of somebody, in the pool or not."""

    __slots__ = ("credit", "last", "open", "total")

    def __init__(self, workload: Workload) -> None:
        self.total = workload.total
        self.open = workload.open
        self.credit = workload.credit
        self.last = -1 if workload.last_assigned is None else workload.last_assigned


class Dispatcher:
    """Assigns one ticket after the other as `choose_assignee` would, without reading counts again.

    It starts from the workloads given, counts what it assigns, and is told what else happens:
    `closed`, `reopened`, `reassigned`, `joined`, `left`. An assignment holds the assignee, the
    count and the tie-breaker; `explain` gives the rest for the next one (A20). Not thread-safe.

    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> dispatcher = Dispatcher(AssignmentMethod.EQUAL_TICKETS, ["ada", "bob", "cy"])
    >>> [dispatcher.assign(now).assignee_id for _ in range(4)]
    ['ada', 'bob', 'cy', 'ada']
    """

    def __init__(
        self,
        method: AssignmentMethod,
        pool: Sequence[Id],
        workloads: Mapping[Id, Workload] = MappingProxyType({}),
        availability: Availability | None = None,
        *,
        look_ahead_window: timedelta = timedelta(0),
        horizon: timedelta = DEFAULT_HORIZON,
    ) -> None:
        check_settings(method, look_ahead_window)
        check_pool(pool)
        self._method = method
        self._by_open = method is AssignmentMethod.EQUAL_OPEN
        self._availability = Availability() if availability is None else availability
        self._look_ahead_window = look_ahead_window
        self._horizon = horizon
        self._tallies: dict[Id, _Tally] = {}
        for member_id, workload in workloads.items():
            if workload.member_id != member_id:
                raise InvalidValueError("workloads", f"has another's under {member_id!r}")
            self._tallies[member_id] = _Tally(workload)
        self._sequence = 1 + max((tally.last for tally in self._tallies.values()), default=0)
        self._places: dict[Id, int] = {}
        self._next_place = 0
        self._current: dict[Id, _Entry] = {}
        # Holds the present entry of everybody in the pool, and old ones, which are passed over.
        self._heap: list[_Entry] = []
        for member_id in pool:
            self.joined(member_id)

    @property
    def pool(self) -> tuple[Id, ...]:
        """Who may be chosen now, in member order."""
        return tuple(self._places)

    @property
    def workloads(self) -> dict[Id, Workload]:
        """The counts as they are now, of everybody who was ever counted."""
        return {
            member_id: Workload(
                member_id=member_id,
                total=tally.total,
                open=tally.open,
                credit=tally.credit,
                last_assigned=None if tally.last < 0 else tally.last,
            )
            for member_id, tally in self._tallies.items()
        }

    def explain(self, now: datetime) -> Assignment:
        """What `assign` would say at this moment, with every candidate and who is skipped (A20).

        >>> from datetime import UTC
        >>> dispatcher = Dispatcher(AssignmentMethod.EQUAL_OPEN, ["ada", "bob"])
        >>> now = datetime(2026, 1, 5, tzinfo=UTC)
        >>> [candidate.member_id for candidate in dispatcher.explain(now).candidates]
        ['ada', 'bob']
        """
        return choose_assignee(
            self._method,
            self.pool,
            self.workloads,
            self._availability,
            now,
            look_ahead_window=self._look_ahead_window,
            horizon=self._horizon,
        )

    def assign(self, now: datetime) -> Assignment:
        """Choose for one more ticket, and count it."""
        ready = self._first_two(now)
        if not ready:  # nobody in the pool, or nobody now: rare, so it may cost a look at all
            found = attrs.evolve(self.explain(now), candidates=(), skipped=())
            if found.assignee_id is not None:
                self._took(found.assignee_id)
            return found
        first = ready[0]
        tie_breaker = "fewest"
        if len(ready) == 2 and first[0] == ready[1][0]:
            tie_breaker = "least_recent" if first[1] != ready[1][1] else "member_order"
        self._took(first[3])
        return Assignment(
            outcome=Outcome.ASSIGNED,
            code=CODES[self._method],
            assignee_id=first[3],
            count=first[0],
            tie_breaker=tie_breaker,
        )

    def closed(self, member_id: Id) -> None:
        """A ticket of theirs was closed (A3, A4)."""
        self._add(member_id, total=0, open=-1)

    def reopened(self, member_id: Id) -> None:
        """A closed ticket of theirs is open again (A3, A4)."""
        self._add(member_id, total=0, open=1)

    def reassigned(self, from_id: Id | None, to_id: Id | None, *, open: bool = True) -> None:
        """A ticket, open or not, went from one to another by hand: the count moves (A7).

        None is nobody: a ticket that had no assignee, or that has none now or left the team. It
        counts in the rotation of who has it now (A6). The same one again changes nothing.
        """
        if from_id == to_id:
            return
        if from_id is not None:
            self._add(from_id, total=-1, open=-int(open))
        if to_id is not None:
            self._took(to_id, open=open)

    def joined(self, member_id: Id) -> None:
        """Somebody is in the pool from now on, as the last in member order."""
        check_id("member_id", member_id)
        if member_id in self._places:
            raise InvalidValueError("member_id", f"is in the pool already: {member_id!r}")
        self._places[member_id] = self._next_place
        self._next_place += 1
        self._rank(member_id, self._tally(member_id))

    def left(self, member_id: Id) -> None:
        """Somebody is in the pool no more; nobody else's place or count changes (A6, T3)."""
        if member_id not in self._places:
            raise InvalidValueError("member_id", f"is not in the pool: {member_id!r}")
        del self._places[member_id], self._current[member_id]

    def _first_two(self, now: datetime) -> list[_Entry]:
        """The best two of those available now: the second only tells what broke the tie."""
        ready: list[_Entry] = []
        seen: list[_Entry] = []
        while self._heap and len(ready) < 2:
            entry = heappop(self._heap)
            if self._current.get(entry[3]) is not entry:  # the count is another by now
                continue
            seen.append(entry)
            if self._availability.is_available(entry[3], now):
                ready.append(entry)
        for entry in seen:
            heappush(self._heap, entry)
        return ready

    def _tally(self, member_id: Id) -> _Tally:
        tally = self._tallies.get(member_id)
        if tally is None:
            tally = self._tallies[member_id] = _Tally(Workload(member_id=member_id))
        return tally

    def _took(self, member_id: Id, *, open: bool = True) -> None:
        """One more ticket, with the next number of the rotation (A6)."""
        tally = self._tally(member_id)
        tally.total += 1
        tally.open += open
        tally.last = self._sequence
        self._sequence += 1
        self._rank(member_id, tally)

    def _add(self, member_id: Id, *, total: int, open: int) -> None:
        tally = self._tallies.get(member_id)
        if tally is None or tally.total + total < 0 or tally.open + open < 0:
            raise InvalidValueError("member_id", f"has no such ticket: {member_id!r}")
        tally.total += total
        tally.open += open
        self._rank(member_id, tally)

    def _rank(self, member_id: Id, tally: _Tally) -> None:
        """Put the present entry on the heap; the old one is passed over when it comes up."""
        place = self._places.get(member_id)
        if place is None:
            return
        count = tally.open if self._by_open else tally.total + tally.credit
        entry = self._current[member_id] = (count, tally.last, place, member_id)
        if len(self._heap) > 4 * len(self._places) + 16:  # mostly old entries
            self._heap = list(self._current.values())
            heapify(self._heap)
        else:
            heappush(self._heap, entry)
