"""Who is there: absences as sorted, disjoint intervals in UTC, and weekly schedules (A9-A13).

Available is who is not absent *and* is inside the weekly schedule, if there is one. Absences are
sorted and joined once; a question is a bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from helpdesk_core.entities import Absence, Id, WeeklySchedule
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import utc

#: How far automatic assignment looks for a schedule to come round, when nothing else is said (A11).
DEFAULT_HORIZON = timedelta(days=366)

_DAY = timedelta(days=1)
_TICK = timedelta.resolution
# A window of the week comes round in seven days; a clock put forward can swallow it once (a whole
# Friday in Apia). Pieces end early at a change of the clocks, so this is more than three weeks.
_PIECES = 24


class Availability:
    """Answers who is available, and when somebody is next; built once for many questions.

    Raises `InvalidValueError` for a naive moment, here and in every question (A9).

    >>> from datetime import UTC
    >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
    >>> away = Availability([Absence(user_id="ada", start=monday, end=monday + timedelta(days=2))])
    >>> away.is_available("ada", monday), away.is_available("bob", monday)
    (False, True)
    >>> away.next_available(["ada"], monday).isoformat()
    '2026-01-07T00:00:00+00:00'
    """

    def __init__(
        self,
        absences: Iterable[Absence] = (),
        schedules: Mapping[Id, WeeklySchedule] = MappingProxyType({}),
    ) -> None:
        by_member: dict[Id, list[Absence]] = {}
        for absence in absences:
            by_member.setdefault(absence.user_id, []).append(absence)
        self._absences = {member_id: _joined(some) for member_id, some in by_member.items()}
        self._weeks: dict[Id, _Week] = {}
        for member_id, schedule in schedules.items():
            if schedule.user_id != member_id:
                raise InvalidValueError("schedules", f"has another's under {member_id!r}")
            self._weeks[member_id] = _Week(schedule)

    def is_available(self, member_id: Id, at: datetime) -> bool:
        """Whether the member is there at this moment (A9, A13)."""
        at = utc("at", at)
        if self._free_from(member_id, at) != at:
            return False
        week = self._weeks.get(member_id)
        return week is None or week.contains(at)

    def next_available(
        self, member_ids: Iterable[Id], after: datetime, horizon: timedelta = DEFAULT_HORIZON
    ) -> datetime | None:
        """The earliest moment, `after` or later, at which one of them is there; None: never (A11).

        Finite absences have no horizon. A schedule has one: it must come round within `horizon`,
        absences apart, so that less absence never makes the moment later (A12).
        """
        after = utc("after", after)
        if isinstance(member_ids, str):  # its characters would be strangers, who are always there
            raise InvalidValueError("member_ids", "must be a collection of ids")
        if not isinstance(horizon, timedelta) or horizon < timedelta(0):
            raise InvalidValueError("horizon", "must be a duration of zero or more")
        moments = (self._next(member_id, after, horizon) for member_id in member_ids)
        return min((moment for moment in moments if moment is not None), default=None)

    def next_change(self, member_id: Id, at: datetime) -> datetime | None:
        """The first moment after `at` at which `is_available` becomes another; None: never.

        Who keeps many members at hand (a dispatcher) asks `is_available` of each once, puts the
        next change of each on a heap, and as time goes on takes from its top whose moment has
        come, turns them over, and puts their next change back. So nobody is asked in between.

        >>> from datetime import UTC
        >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
        >>> away = Availability([Absence(user_id="ada", start=monday, end=None)])
        >>> away.next_change("ada", monday - timedelta(days=1)) == monday
        True
        >>> away.next_change("ada", monday) is None
        True
        """
        at = utc("at", at)
        if not self.is_available(member_id, at):
            return self._next(member_id, at, timedelta.max)
        starts = self._absences.get(member_id, ([], []))[0]
        index = bisect_right(starts, at)
        ends = starts[index : index + 1]
        if (week := self._weeks.get(member_id)) is not None:
            outside = week.next_outside(at)
            ends += [] if outside is None else [outside]
        return min(ends, default=None)

    def absent_until(self, member_id: Id, at: datetime) -> datetime | None:
        """When the absence at this moment ends, joined with those that touch it (A9, A20).

        None: the member is not absent, or without an end.
        """
        at = utc("at", at)
        end = self._free_from(member_id, at)
        return None if end == at else end

    def is_absent(self, member_id: Id, at: datetime) -> bool:
        """Whether the member has time off at this moment, whatever the schedule says."""
        at = utc("at", at)
        return self._free_from(member_id, at) != at

    def _free_from(self, member_id: Id, at: datetime) -> datetime | None:
        """`at`, or the end of the absence that it falls into; None: no end."""
        intervals = self._absences.get(member_id)
        if intervals is None:
            return at
        starts, ends = intervals
        index = bisect_right(starts, at) - 1
        if index < 0:
            return at
        end = ends[index]
        return end if end is None or end > at else at

    def _next(self, member_id: Id, after: datetime, horizon: timedelta) -> datetime | None:
        week = self._weeks.get(member_id)
        if week is None:
            return self._free_from(member_id, after)
        inside = week.next_inside(after)
        if inside is None or inside - after > horizon:
            return None
        while inside is not None:  # every round leaves an absence behind: it ends (A11)
            free = self._free_from(member_id, inside)
            if free is None or free == inside:
                return free
            inside = week.next_inside(free)
        return None


def _joined(absences: Iterable[Absence]) -> tuple[list[datetime], list[datetime | None]]:
    """Starts and ends, sorted; overlapping and touching absences are one (A9)."""
    starts: list[datetime] = []
    ends: list[datetime | None] = []
    for absence in sorted(absences, key=lambda absence: absence.start):
        if ends:
            last = ends[-1]
            if last is None:  # nothing comes after an absence without an end
                break
            if absence.start <= last:
                ends[-1] = None if absence.end is None else max(last, absence.end)
                continue
        starts.append(absence.start)
        ends.append(absence.end)
    return starts, ends


class _Week:
    """A weekly schedule, asked in UTC (A13).

    Inside is when the clock on the member's wall shows a time within the hours. So an hour that is
    put forward is not there, and one that is put back is worked twice.
    """

    def __init__(self, schedule: WeeklySchedule) -> None:
        self._zone = ZoneInfo(schedule.time_zone)
        self._windows: tuple[list[tuple[timedelta, timedelta]], ...] = tuple([] for _ in range(7))
        for weekday, start, end in sorted(schedule.hours):
            self._windows[weekday].append((timedelta(minutes=start), timedelta(minutes=end)))

    def contains(self, at: datetime) -> bool:
        """Whether this moment is inside."""
        try:
            wall = at + self._offset(at)
        except OverflowError:  # a zone reaches past the first and the last year there is
            return False
        since_midnight = wall - wall.replace(hour=0, minute=0, second=0, microsecond=0)
        return any(start <= since_midnight < end for start, end in self._windows[wall.weekday()])

    def next_outside(self, after: datetime) -> datetime | None:
        """The earliest moment outside, `after` or later; None without any."""
        others: tuple[list[tuple[timedelta, timedelta]], ...] = tuple([] for _ in range(7))
        for weekday, windows in enumerate(self._windows):
            free = timedelta(0)
            for opens, closes in [*windows, (_DAY, _DAY)]:
                if free < opens:
                    others[weekday].append((free, opens))
                free = max(free, closes)
        outside = _Week.__new__(_Week)
        outside._zone, outside._windows = self._zone, others
        return outside.next_inside(after)

    def next_inside(self, after: datetime) -> datetime | None:
        """The earliest moment inside, `after` or later; None without hours.

        Goes through pieces of a day at most, in each of which the offset stays the same: there the
        wall runs as UTC does, and no gap or fold needs a thought.
        """
        if self.contains(after):
            return after
        try:
            for _ in range(_PIECES):
                offset, end = self._offset(after), after + _DAY
                if self._offset(end) != offset:
                    end = self._change(after, end)
                wall = self._first_inside(after + offset, end + offset)
                if wall is not None:
                    return wall - offset
                after = end
        except OverflowError:  # the last year there is ends here
            pass
        return None

    def _offset(self, at: datetime) -> timedelta:
        # The wall, still labelled UTC, is `at + offset`: arithmetic on it never meets the zone.
        return at.astimezone(self._zone).replace(tzinfo=at.tzinfo) - at

    def _change(self, low: datetime, high: datetime) -> datetime:
        """The moment between these two at which the clocks change."""
        offset = self._offset(low)
        while high - low > _TICK:
            middle = low + (high - low) / 2
            if self._offset(middle) == offset:
                low = middle
            else:
                high = middle
        return high

    def _first_inside(self, wall: datetime, end: datetime) -> datetime | None:
        midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
        while midnight < end:
            for opens, closes in self._windows[midnight.weekday()]:
                first = max(wall, midnight + opens)
                if first < min(end, midnight + closes):
                    return first
            midnight += _DAY
        return None
