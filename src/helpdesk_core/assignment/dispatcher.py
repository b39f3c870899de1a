"""The same choice for many tickets in a row, with running counts (A3-A6, A8-A11, A19, A20).

`standing` holds the counts and the heaps; here is what happens to them, and the log from which each
decision can be explained later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush, heapreplace
from types import MappingProxyType

import attrs

from helpdesk_core.assignment.choice import (
    CODES,
    NOBODY,
    Assignment,
    AssignmentPolicy,
    Outcome,
    check_pool,
)
from helpdesk_core.assignment.options import FILTERS, RANKING, Filter, Term, Workload
from helpdesk_core.assignment.running import (
    CALENDAR,
    CLOSED,
    GAVE_CLOSED,
    GAVE_OPEN,
    JOINED,
    LEFT,
    PLACE,
    PLACE_BITS,
    REOPENED,
    TOOK_CLOSED,
    TOOK_OPEN,
    Circumstances,
    Dispatched,
    Log,
)
from helpdesk_core.assignment.standing import (
    COUNT_SHIFT,
    LATEST,
    ONE_COUNT,
    ONE_LAST,
    Standing,
)
from helpdesk_core.availability import DEFAULT_HORIZON, Availability
from helpdesk_core.entities import (
    AssignmentMethod,
    AssignmentMode,
    CatchingUp,
    CatchUp,
    Id,
    MemberOptions,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import check_id, distinct, utc

_NO_TAGS: frozenset[str] = frozenset()
_LOOK = timedelta(days=28)  # for the next one who is back
_made = tuple.__new__  # a NamedTuple's own __new__ takes twice the time


class Dispatcher(Standing):
    """Assigns one ticket after the other as `choose_assignee` would, without reading counts again.

    It starts from the workloads given, counts what it assigns, and is told what else happens:
    `closed`, `reopened`, `reassigned`, `joined`, `left`, `calendar_changed`. A decision holds the
    assignee, the count and the tie-breaker; `explain` gives the rest for any of them (A20). Time
    should go forward: a moment before the latest one makes it ask the whole calendar anew. Not
    thread-safe.

    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> dispatcher = Dispatcher(AssignmentMethod.EQUAL_TICKETS, ["ada", "bob", "cy"])
    >>> [dispatcher.assign(now).assignee_id for _ in range(4)]
    ['ada', 'bob', 'cy', 'ada']
    """

    __slots__ = (
        "_at",
        "_calendars",
        "_known",
        "_log",
        "_next_return",
        "_note",
        "_pool_changed",
        "_scans",
        "_special",
        "_tagged",
        "_told",
        "_unusual",
        "_usual",
    )

    def __init__(
        self,
        method: AssignmentMethod,
        pool: Sequence[Id],
        workloads: Mapping[Id, Workload] = MappingProxyType({}),
        availability: Availability | None = None,
        *,
        look_ahead_window: timedelta = timedelta(0),
        horizon: timedelta = DEFAULT_HORIZON,
        mode: AssignmentMode = AssignmentMode.ASSIGN_NOW,
        catch_up: CatchUp = CatchUp.FULL,
        catching_up: CatchingUp | None = None,
        member_options: Mapping[Id, MemberOptions] = MappingProxyType({}),
        filters: Mapping[str, Filter] = FILTERS,
        ranking: Mapping[str, Term] = RANKING,
    ) -> None:
        policy = AssignmentPolicy(
            method=method,
            mode=mode,
            look_ahead_window=look_ahead_window,
            horizon=horizon,
            catch_up=catch_up,
            member_options=member_options,
            filters=filters,
            ranking=ranking,
        )
        check_pool(pool)
        super().__init__(policy, pool, workloads, availability or Availability())
        self._usual = Circumstances(Outcome.ASSIGNED, CODES[method], known=catching_up)
        self._told: dict[int, Circumstances] = {}  # of who competes for being back next
        self._unusual = False
        self._tagged = any(options.tags is not None for options in member_options.values())
        self._calendars = [(-1, self._availability)]
        self._log = Log(pool, workloads)
        self._note = self._log.numbers.append
        # What the heap does not know makes the policy look at everybody.
        self._scans = filters != FILTERS or list(ranking.items()) != list(RANKING.items())
        self._special = self._scans
        # Catching up (A8): what is remembered of the latest assignment, and when that was.
        self._known = catching_up
        self._at = LATEST if catching_up is None else catching_up.at
        self._pool_changed = catching_up is not None and catching_up.member_ids != set(pool)
        self._next_return = self._first_return()

    # --- what is known ---------------------------------------------------------------------------

    @property
    def pool(self) -> tuple[Id, ...]:
        """Who may be chosen now, in member order."""
        return tuple(self._pool)

    @property
    def workloads(self) -> dict[Id, Workload]:
        """The counts as they are now, of everybody who was ever counted."""
        return {member_id: self._workload(place) for member_id, place in self._place_of.items()}

    @property
    def catching_up(self) -> CatchingUp | None:
        """What is remembered of the latest assignment, to go on from another time (A8)."""
        return None if self._known is None else attrs.evolve(self._known, at=self._at)

    def explain(self, decision: Dispatched | datetime) -> Assignment:
        """The whole of one decision of this run, with every candidate and who was skipped (A20).

        With a moment: what `assign` would say then. A decision is rebuilt by counting everything
        again from the start, so it takes the longer the later it was.

        >>> from datetime import UTC
        >>> dispatcher = Dispatcher(AssignmentMethod.EQUAL_OPEN, ["ada", "bob"])
        >>> decision = dispatcher.assign(datetime(2026, 1, 5, tzinfo=UTC))
        >>> dispatcher.assign(datetime(2026, 1, 6, tzinfo=UTC)).assignee_id
        'bob'
        >>> [candidate.member_id for candidate in dispatcher.explain(decision).candidates]
        ['ada', 'bob']
        """
        if not isinstance(decision, Dispatched):
            return self._by_policy(decision, _NO_TAGS)
        number = ~decision.number
        if number < 0:
            number = self._log.taking((decision.number >> PLACE_BITS) - len(self._numbers))
        pool, workloads = self._log.until(number, self._ids)
        then = [there for since, there in self._calendars if since < number]
        return self._policy(
            pool,
            workloads,
            then[-1],
            decision.now,
            tags=decision.circumstances.tags,
            catching_up=decision.circumstances.known,
        )

    # --- a ticket comes --------------------------------------------------------------------------

    def assign(self, now: datetime, *, tags: Collection[str] = _NO_TAGS) -> Dispatched:
        """Choose for one more ticket, and count it."""
        try:
            as_before = self._since <= now < self._until
        except TypeError:  # not a moment, or without a time zone: `_go_to` says so
            as_before = False
        if not as_before:
            self._go_to(utc("now", now))
        if self._special or tags:
            tags = distinct("tags", tags)
            if self._special or self._tagged:  # else the tags change nothing
                return self._assign_by_policy(now, tags)
        heap, keys = self._heap, self._keys
        try:
            key = heap[0]
            while keys[place := key & PLACE] != key:  # not its owner's any more
                heappop(heap)
                key = heap[0]
        except IndexError:
            return self._assign_to_nobody(now)
        count = key >> COUNT_SHIFT
        last = self._last = self._last + ONE_LAST
        keys[place] = new = (count << COUNT_SHIFT) + self._homes[place] + last
        heapreplace(heap, new)
        second = heap[0]
        while keys[second & PLACE] != second:
            heappop(heap)
            second = heap[0]
        # The chosen one is the next too only when nobody else has so few, even with this ticket.
        apart = key ^ second
        if second is new or apart >= ONE_COUNT:
            tie_breaker = "fewest"
        else:
            tie_breaker = "least_recent" if apart >= ONE_LAST else "member_order"
        self._note(place)
        circumstances = self._usual
        if self._unusual:
            if now > self._at:
                self._at = now
            circumstances = self._told.get(place, circumstances)
            if self._weighted:
                count //= self._steps[place] >> COUNT_SHIFT
            if self._capped:
                self._check_room(place)
        return _made(Dispatched, (self._ids[place], count, tie_breaker, now, last, circumstances))

    def _assign_to_nobody(self, now: datetime) -> Dispatched:
        assert self._nobody is not None
        outcome, option, available_from = self._nobody
        circumstances = Circumstances(
            outcome, NOBODY[outcome], available_from, option, known=self.catching_up
        )
        return Dispatched(None, None, None, now, ~len(self._log.numbers), circumstances)

    def _by_policy(self, now: datetime, tags: frozenset[str]) -> Assignment:
        return self._policy(
            self.pool,
            self.workloads,
            self._availability,
            now,
            tags=tags,
            catching_up=self.catching_up,
        )

    def _assign_by_policy(self, now: datetime, tags: frozenset[str]) -> Dispatched:
        """By a look at everybody: for what the heap does not know."""
        known, number = self.catching_up, ~len(self._log.numbers)
        found = self._by_policy(now, tags)
        if found.assignee_id is not None:
            for credit in found.credits:
                self._credit(self._pool[credit.member_id], credit.tickets)
            self._took(self._pool[found.assignee_id], TOOK_OPEN)
            if found.catching_up is not None:
                self._known, self._at = found.catching_up, found.catching_up.at
                self._usual = self._usual._replace(known=self._known)
                self._pool_changed = False
                self._next_return = self._first_return()
                self._look_anew()
        circumstances = Circumstances(
            found.outcome, found.code, found.available_from, found.option, tags, known
        )
        return Dispatched(
            found.assignee_id, found.count, found.tie_breaker, now, number, circumstances
        )

    # --- other things happen ---------------------------------------------------------------------

    def closed(self, member_id: Id) -> None:
        """A ticket of theirs was closed (A3, A4)."""
        try:
            place = self._place_of[member_id]
        except KeyError:
            raise InvalidValueError("member_id", f"has no such ticket: {member_id!r}") from None
        if self._by_open:
            keys = self._keys
            key = keys[place]
            if key >= ONE_COUNT:
                key = keys[place] = key - self._steps[place]
                heap = self._heap
                heappush(heap, key)
                if len(heap) > self._limit:
                    self._sweep()
            elif ~key >= ONE_COUNT:  # of who does not compete
                keys[place] = key + self._steps[place]
            else:
                raise InvalidValueError("member_id", f"has no such ticket: {member_id!r}")
        elif not self._open(place):
            raise InvalidValueError("member_id", f"has no such ticket: {member_id!r}")
        self._closed[place] += 1
        if self._capped:
            self._check_room(place)
        self._note(CLOSED | place)

    def reopened(self, member_id: Id) -> None:
        """A closed ticket of theirs is open again (A3, A4)."""
        place = self._place_of.get(member_id)
        if place is None:
            raise InvalidValueError("member_id", f"has no such ticket: {member_id!r}")
        self._closed[place] -= 1
        self._count(place, int(self._by_open))
        self._note(REOPENED | place)

    def reassigned(self, from_id: Id | None, to_id: Id | None, *, open: bool = True) -> None:
        """A ticket, open or not, went from one to another by hand: the count moves (A7).

        None is nobody: a ticket that had no assignee, or that has none now or left the team. It
        counts in the rotation of who has it now (A6). The same one again changes nothing.
        """
        if from_id == to_id:
            return
        if to_id is not None:
            check_id("member_id", to_id)
        if from_id is not None:
            place = self._place_of.get(from_id)
            if place is None or not self._total(place) or (open and not self._open(place)):
                raise InvalidValueError("member_id", f"has no such ticket: {from_id!r}")
            self._closed[place] -= not open
            self._count(place, -1 if open or not self._by_open else 0)
            self._note((GAVE_OPEN if open else GAVE_CLOSED) | place)
        if to_id is not None:
            place = self._place_of.get(to_id)
            if place is None:
                place = self._new_place(to_id, None)
            self._took(place, TOOK_OPEN if open else TOOK_CLOSED)

    def joined(self, member_id: Id) -> None:
        """Somebody is in the pool from now on, as the last in member order."""
        check_id("member_id", member_id)
        if member_id in self._pool:
            raise InvalidValueError("member_id", f"is in the pool already: {member_id!r}")
        old = self._place_of.get(member_id)
        place = self._new_place(member_id, None if old is None else self._workload(old))
        self._pool[member_id] = place
        if self._moment is not None:
            self._ask_calendar([place], self._moment)
        self._note(JOINED | place)
        self._changed_pool()

    def left(self, member_id: Id) -> None:
        """Somebody is in the pool no more; nobody else's place or count changes (A6, T3)."""
        place = self._pool.pop(member_id, None)
        if place is None:
            raise InvalidValueError("member_id", f"is not in the pool: {member_id!r}")
        self._leave(place)
        self._there[place], self._next[place] = False, None
        self._own.add(place)  # whatever was read ahead of them
        self._full.discard(place)
        self._note(LEFT | place)
        self._changed_pool()

    def calendar_changed(
        self, availability: Availability, member_ids: Collection[Id] | None = None
    ) -> None:
        """From now on this says who is there; only of `member_ids` is it news, None: of all (A15).

        >>> from datetime import UTC
        >>> from helpdesk_core.entities import Absence
        >>> dispatcher = Dispatcher(AssignmentMethod.EQUAL_TICKETS, ["ada", "bob"])
        >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
        >>> away = Availability([Absence(user_id="ada", start=monday)])
        >>> dispatcher.calendar_changed(away, ["ada"])
        >>> dispatcher.assign(monday).assignee_id
        'bob'
        """
        if isinstance(member_ids, str):
            raise InvalidValueError("member_ids", "must be a collection of ids")
        self._availability = availability
        self._calendars.append((len(self._log.numbers), availability))
        self._note(CALENDAR)
        if member_ids is None:
            self._moment = None
        elif self._moment is not None:
            places = [self._pool[id] for id in member_ids if id in self._pool]
            self._ask_calendar(places, self._moment)
        if self._known is not None:  # by the calendar until now nobody was back until now
            self._known = self.catching_up
            self._usual = self._usual._replace(known=self._known)
        self._next_return = self._first_return()
        self._look_anew()

    # --- catching up -----------------------------------------------------------------------------

    def _go_to(self, now: datetime) -> None:
        super()._go_to(now)
        if self._ahead or self._told:
            told = {
                moment: self._usual._replace(available_from=moment)
                for moment in {*self._ahead.values()}
            }
            self._told = {place: told[moment] for place, moment in self._ahead.items()}
        self._unusual = (
            self._weighted or self._capped or bool(self._ahead) or self._policy.catches_up
        )
        if self._policy.catches_up:
            self._special = self._scans or self._somebody_catches_up(now)
            self._until = min(self._until, self._next_return)

    def _somebody_catches_up(self, now: datetime) -> bool:
        """Whether somebody came back, is new, or is still behind: counts alone do not do."""
        known = self._known
        return (
            known is None
            or self._pool_changed
            or self._next_return <= now
            or known.their_turn
            or bool(known.behind)
        )

    def _first_return(self) -> datetime:
        """When anybody may be back first since the latest assignment, as far as is looked."""
        if not self._policy.catches_up:
            return LATEST
        there, horizon = self._availability, min(self._at, LATEST - _LOOK) + _LOOK
        ends = (there.absences_ended(member_id, self._at, horizon) for member_id in self._pool)
        return min((some[0][1] for some in ends if some), default=horizon)

    def _credit(self, place: int, tickets: int) -> None:
        self._credits[place] += tickets
        self._count(place, tickets)
        self._log.credited(place, tickets)

    def _took(self, place: int, what: int) -> None:
        """A ticket more, with the next number of the rotation (A6)."""
        self._last += ONE_LAST
        self._closed[place] += what == TOOK_CLOSED
        self._count(place, int(what == TOOK_OPEN or not self._by_open), self._last)
        self._note(what | place)

    def _changed_pool(self) -> None:
        self._pool_changed = True
        self._look_anew()
