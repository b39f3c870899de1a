"""Where everybody stands in a long run: counts, who competes, and who is there when (A6, A9, A10).

What is compared (count, number of the latest assignment, place in the pool) is packed into one
integer, the key. Those who compete have theirs in a heap; an old key stays there until it comes up
and is seen to be no longer its owner's, and who came back unchanged has theirs twice. Who comes and
goes is read from the calendar in order of time, some weeks at once. So whatever happens costs at
most the logarithm of the members.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush

from helpdesk_core.assignment.choice import NO_OPTIONS, AssignmentPolicy, Outcome
from helpdesk_core.assignment.options import Workload, next_sequence
from helpdesk_core.assignment.running import PLACE, PLACE_BITS
from helpdesk_core.availability import Availability
from helpdesk_core.entities import AssignmentMethod, AssignmentMode, Id
from helpdesk_core.errors import InvalidValueError

# A key: the count for each unit of weight, then 40 bits of recency, then the place.
COUNT_SHIFT = PLACE_BITS + 40
ONE_COUNT = 1 << COUNT_SHIFT
ONE_LAST = 1 << PLACE_BITS
_LAST = ONE_COUNT - ONE_LAST
LATEST = datetime.max.replace(tzinfo=UTC)
_READ = timedelta(days=56)  # how far the calendar is read at once


class Standing:
    """The counts and the two heaps; `Dispatcher` says what is done with them."""

    __slots__ = (
        "_ahead",
        "_availability",
        "_by_open",
        "_capped",
        "_changes",
        "_closed",
        "_coming",
        "_credits",
        "_first_number",
        "_full",
        "_heap",
        "_homes",
        "_ids",
        "_keys",
        "_last",
        "_limit",
        "_moment",
        "_next",
        "_nobody",
        "_numbers",
        "_own",
        "_place_of",
        "_policy",
        "_pool",
        "_read",
        "_read_until",
        "_since",
        "_steps",
        "_there",
        "_unit",
        "_until",
        "_weighted",
    )

    def __init__(
        self,
        policy: AssignmentPolicy,
        pool: Sequence[Id],
        workloads: Mapping[Id, Workload],
        availability: Availability,
    ) -> None:
        self._policy = policy
        self._by_open = policy.method is AssignmentMethod.EQUAL_OPEN
        options = policy.member_options.values()
        self._capped = any(each.capacity is not None for each in options)
        self._weighted = any(each.weight != 1 for each in options)
        self._unit = math.lcm(*(each.weight for each in options)) << COUNT_SHIFT
        # Recency by rank: the numbers known at the start, then one more for each assignment.
        known = {load.last_assigned for load in workloads.values()}
        self._numbers = sorted(number for number in known if number is not None)
        self._first_number = next_sequence(workloads.values())
        self._last = len(self._numbers) << PLACE_BITS
        # By place: whose it is, the key with the count that is kept equal, what else is counted.
        self._ids: list[Id] = []
        self._closed: list[int] = []  # tickets less open ones
        self._credits: list[int] = []
        self._steps: list[int] = []  # what a ticket adds to the key
        self._homes: list[int] = []  # the same and the place
        self._keys: list[int] = []  # of who does not compete: ~key
        self._there: list[bool] = []
        self._next: list[datetime | None] = []  # when that is otherwise
        self._place_of: dict[Id, int] = {}
        self._pool: dict[Id, int] = {}
        self._heap: list[int] = []
        # By the calendar, as it is from `_since` on and before `_until`.
        self._availability = availability
        self._moment: datetime | None = None
        self._since = self._until = LATEST
        self._coming: Iterator[tuple[datetime, Id, bool]] = iter(())  # who comes and goes
        self._read: deque[tuple[datetime, int, bool]] = deque()  # of that, what was read ahead
        self._read_until = LATEST
        self._own: set[int] = set()  # of whom something newer is known: when it is otherwise
        self._changes: list[tuple[datetime, int]] = []
        self._full: set[int] = set()  # who has as much as their capacity
        self._ahead: dict[int, datetime] = {}  # who competes for being back next, and from when
        self._nobody: tuple[Outcome, str | None, datetime | None] | None = None
        for member_id in pool:
            self._pool[member_id] = self._new_place(member_id, workloads.get(member_id))
        for member_id, workload in workloads.items():
            if workload.member_id != member_id:
                raise InvalidValueError("workloads", f"has another's under {member_id!r}")
            if member_id not in self._pool:
                self._new_place(member_id, workload)
        self._sweep()

    # --- counts ----------------------------------------------------------------------------------

    def _new_place(self, member_id: Id, workload: Workload | None) -> int:
        """A place at the end for somebody, with what they have."""
        place = len(self._ids)
        if place > PLACE:
            raise InvalidValueError("member_id", f"must be one of {PLACE:,} joinings in a run")
        load = Workload(member_id=member_id) if workload is None else workload
        options = self._policy.member_options.get(member_id, NO_OPTIONS)
        count, step = load.count(self._policy.method), self._unit // options.weight
        last = self._rank_of(load.last_assigned) << PLACE_BITS
        self._ids.append(member_id)
        self._closed.append(load.total - load.open)
        self._credits.append(load.credit)
        self._steps.append(step)
        self._homes.append(step + place)
        self._keys.append(~(count * step + last + place))
        self._there.append(False)
        self._next.append(None)
        self._place_of[member_id] = place
        self._check_room(place)
        return place

    def _rank_of(self, number: int | None) -> int:
        if number is None:
            return 0
        if number < self._first_number:
            return 1 + bisect_left(self._numbers, number)
        return 1 + len(self._numbers) + number - self._first_number

    def _number_of(self, rank: int) -> int | None:
        if rank == 0:
            return None
        if rank <= len(self._numbers):
            return self._numbers[rank - 1]
        return self._first_number + rank - len(self._numbers) - 1

    def _workload(self, place: int) -> Workload:
        key = self._keys[place]
        rank = ((key if key >= 0 else ~key) & _LAST) >> PLACE_BITS
        return Workload(
            member_id=self._ids[place],
            total=self._total(place),
            open=self._open(place),
            credit=self._credits[place],
            last_assigned=self._number_of(rank),
        )

    def _counted(self, place: int) -> int:
        """What is kept equal: open tickets, or tickets + credit."""
        key = self._keys[place]
        return ((key if key >= 0 else ~key) >> COUNT_SHIFT) // (self._steps[place] >> COUNT_SHIFT)

    def _total(self, place: int) -> int:
        less = -self._closed[place] if self._by_open else self._credits[place]
        return self._counted(place) - less

    def _open(self, place: int) -> int:
        if self._by_open:
            return self._counted(place)
        return self._counted(place) - self._credits[place] - self._closed[place]

    def _count(self, place: int, by: int, last: int | None = None) -> None:
        """Somebody's count is another now, and perhaps the latest assignment of the team theirs."""
        old = self._keys[place]
        key = (old if old >= 0 else ~old) + by * self._steps[place]
        if last is not None:
            key += last - (key & _LAST)
        if old >= 0:
            self._put(place, key)
        else:
            self._keys[place] = ~key
        self._check_room(place)

    def _check_room(self, place: int) -> None:
        """Who has as many open tickets as their capacity does not compete (A19)."""
        if not self._capped:
            return
        options = self._policy.member_options.get(self._ids[place], NO_OPTIONS)
        full = options.capacity is not None and self._open(place) >= options.capacity
        if full is (place in self._full):
            return
        if full:
            self._full.add(place)
            self._leave(place)
        else:
            self._full.remove(place)
            if self._there[place]:
                self._enter(place)
        self._look_anew()

    # --- who competes ----------------------------------------------------------------------------

    def _put(self, place: int, key: int) -> None:
        self._keys[place] = key
        heappush(self._heap, key)
        if len(self._heap) > self._limit:
            self._sweep()

    def _put_all(self, places: Sequence[int]) -> None:
        """Into the heap with them; when they are many, a heap made anew is cheaper."""
        if 4 * len(places) > len(self._pool):
            self._sweep()
            return
        for place in places:
            if self._keys[place] >= 0:
                self._put(place, self._keys[place])

    def _enter(self, place: int) -> None:
        if self._keys[place] < 0:
            self._put(place, ~self._keys[place])

    def _leave(self, place: int) -> None:
        if self._keys[place] >= 0:
            self._keys[place] = ~self._keys[place]

    def _sweep(self) -> None:
        """Throw the old keys away; there are mostly such."""
        self._heap = [key for key in map(self._keys.__getitem__, self._pool.values()) if key >= 0]
        heapify(self._heap)
        self._limit = 4 * len(self._pool) + 16

    def _somebody_competes(self) -> bool:
        while self._heap:
            key = self._heap[0]
            if self._keys[key & PLACE] == key:
                return True
            heappop(self._heap)
        return False

    # --- who is there ----------------------------------------------------------------------------

    def _look_anew(self) -> None:
        """Let the next decision look at the calendar, whatever its moment."""
        self._since = LATEST

    def _ask_calendar(self, places: Iterable[int], at: datetime) -> None:
        """Ask anew about these: what was read ahead does not speak of them any more."""
        for place in places:
            self._own.add(place)
            self._ask(place, at)
            self._await_change(place, at)

    def _ask(self, place: int, at: datetime) -> None:
        self._there[place] = self._availability.is_available(self._ids[place], at)
        if self._there[place] and place not in self._full:
            self._enter(place)
        else:
            self._leave(place)

    def _await_change(self, place: int, at: datetime) -> None:
        moment = self._next[place] = self._availability.next_change(self._ids[place], at)
        if moment is not None:
            heappush(self._changes, (moment, place))

    def _go_to(self, now: datetime) -> None:
        """Make everything as it is at this moment."""
        for place in self._ahead:
            if not self._there[place]:
                self._leave(place)
        self._ahead = {}
        self._nobody = None
        if self._moment is None or not self._moment <= now < self._read_until:
            self._begin(now)
        else:
            self._follow_calendar(now)
        self._moment = self._since = now
        self._until = self._read_until
        if self._read or self._read_on():
            self._until = min(self._until, self._read[0][0])
        if self._changes:
            self._until = min(self._until, self._changes[0][0])
        if not self._somebody_competes():
            self._look_ahead(now)

    def _begin(self, now: datetime) -> None:
        """Ask about everybody, and read the calendar from now on, for some weeks."""
        told = set(self._availability.member_ids)
        some = [who for who in self._pool if who in told]
        if some:
            self._read_until = min(now, LATEST - _READ) + _READ
            self._coming = self._availability.changes(some, now, self._read_until)
        else:  # nobody ever comes or goes
            self._read_until, self._coming = LATEST, iter(())
        self._read = deque()
        self._changes, self._own = [], set()
        for place in self._pool.values():
            self._ask(place, now)

    def _read_on(self) -> bool:
        """Read one change more, of somebody of the pool."""
        for moment, who, comes in self._coming:
            place = self._pool.get(who)
            if place is not None:
                self._read.append((moment, place, comes))
                return True
        return False

    def _follow_calendar(self, now: datetime) -> None:
        there, keys, full = self._there, self._keys, self._full
        pool, own = self._pool, self._own
        entered: list[int] = []

        def turn(place: int, comes: bool) -> None:
            there[place] = comes
            key = keys[place]
            if not comes:
                if key >= 0:
                    keys[place] = ~key
            elif place not in full:
                keys[place] = ~key
                entered.append(place)

        read = self._read
        while read and read[0][0] <= now:
            _, place, comes = read.popleft()
            if place not in own:
                turn(place, comes)
        if not read:
            for moment, who, comes in self._coming:
                found = pool.get(who)
                if found is None or found in own:
                    continue
                if moment > now:
                    read.append((moment, found, comes))
                    break
                turn(found, comes)
        changes = self._changes
        while changes and changes[0][0] <= now:
            moment, place = heappop(changes)
            if self._next[place] is moment:  # nothing newer is known
                turn(place, not there[place])
                self._await_change(place, moment)
        self._put_all(entered)

    def _look_ahead(self, now: datetime) -> None:
        """Nobody competes: let those do who are back next, or say why there is nobody (A10)."""
        fit = [place for place in self._pool.values() if place not in self._full]
        if not fit:
            some = Outcome.NOBODY_FITS if self._pool else Outcome.NOBODY_ELIGIBLE
            self._nobody = some, "capacity" if self._pool else None, None
            return
        window, horizon = self._policy.look_ahead_window, self._policy.horizon
        ahead = self._back_next(window)
        first = min(ahead.values(), default=None)
        if first is None or first - now > horizon - window:
            # Too far to have been read, or so far that it matters from where one looks.
            back = self._policy.next_moments([self._ids[p] for p in fit], self._availability, now)
            first = min(back.values(), default=None)
            ahead = {
                self._pool[who]: moment
                for who, moment in back.items()
                if first is not None and moment - first <= window
            }
            if first is None or first - now > horizon - window:
                self._until = now  # asked again at every moment
        if first is None:
            self._nobody = Outcome.NOBODY_AVAILABLE, None, None
        elif self._policy.mode is AssignmentMode.DEFER:
            self._nobody = Outcome.DEFERRED, None, first
        else:
            self._ahead = ahead
            for place in ahead:
                self._keys[place] = ~self._keys[place]
            self._put_all(list(ahead))

    def _back_next(self, window: timedelta) -> dict[int, datetime]:
        """Who of those who are away and have room is back first, or within the window of it.

        Nobody, when what is read of the calendar does not tell.
        """
        back: dict[int, datetime] = {}
        for moment, place in sorted(self._changes):
            if self._next[place] is moment and place not in self._full:
                back[place] = moment
        first = min(back.values(), default=LATEST)
        number = 0
        while number < len(self._read) or self._read_on():
            moment, place, comes = self._read[number]
            number += 1
            if moment - first > window:
                break
            if comes and place not in self._full and place not in self._own:
                first = min(first, moment)
                back.setdefault(place, moment)
        if number == len(self._read) and self._read_until - first < window:
            return {}
        return {place: moment for place, moment in back.items() if moment - first <= window}
