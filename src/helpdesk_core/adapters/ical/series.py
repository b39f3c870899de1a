"""What comes of the events of one UID: spells of time, and rules that go on for ever (A11, A13).

What ends is told whole, however late. A rule that goes on is told as a `RecurringAbsence` where
one says the same, and else as its occurrences within what is asked about.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice
from operator import attrgetter, itemgetter
from zoneinfo import ZoneInfo

import attrs

from helpdesk_core.adapters.ical.events import Event, Length, Moment, Named, at
from helpdesk_core.adapters.ical.rules import Rule
from helpdesk_core.adapters.ical.zones import UTC
from helpdesk_core.availability.edges import to_moment
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import Id
from helpdesk_core.recurrence import OCCURRENCES
from helpdesk_core.time_off import RecurringAbsence

#: When it begins and ends, in microseconds since 1970; and the event that says so.
Spell = tuple[int, int | None, Event]

_DAY = timedelta(days=1)
_LATEST = datetime(9999, 12, 31)  # noqa: DTZ001 - on the wall


@attrs.frozen
class Series:
    """An event, and those that stand for some of its occurrences, each for another."""

    master: Event | None
    others: tuple[Event, ...]

    @property
    def people(self) -> frozenset[Named]:
        """Everybody whom one of them names."""
        events = self.others if self.master is None else (self.master, *self.others)
        return frozenset().union(*(event.people for event in events if event.away))


def series_of(events: Iterable[Event]) -> list[Series]:
    """The events by their UID; of two that say the same the later version counts (SEQUENCE)."""
    by_uid: dict[object, list[Event]] = {}
    for number, event in enumerate(events):
        by_uid.setdefault(event.uid or number, []).append(event)
    found = []
    for same in by_uid.values():
        same.sort(key=attrgetter("sequence"))  # stable: of equals the last in the file
        masters = [event for event in same if event.replaces is None]
        master = masters[-1] if masters else None
        others = {
            (one.replaces.number(UTC), one.replaces.is_day): one
            for one in same
            if one.replaces is not None
        }
        if master is not None and master.cancelled:  # with all that was said before
            kept = [one for one in others.values() if one.sequence > master.sequence]
            found.append(Series(None, tuple(kept)))
        else:
            found.append(Series(master, tuple(others.values())))
    return found


class Layout:
    """A series as it is in the zone of somebody's wall.

    An occurrence is known by the moment at which it would begin, in microseconds.
    """

    def __init__(self, series: Series, home: tzinfo) -> None:
        self.series, self._home = series, home
        master = series.master
        self._zone = home if master is None else master.start.zone or home
        self._moments: set[int] = set()
        self._days: set[date] = set()
        for left_out in () if master is None else master.left_out:
            self._leave_out(left_out)
        self._others = [one for one in series.others if not self._is_left_out(_id(one))]
        for other in series.others:
            self._leave_out(_id(other))
        onwards = [(self._number(_id(one)), one) for one in self._others if one.onwards]
        self.onwards = sorted(onwards, key=itemgetter(0))

    # --- what is left out ------------------------------------------------------------------------

    def _on_wall(self, moment: Moment) -> datetime:
        shown = moment.on_wall(self._zone, self._home)
        master = self.series.master
        if master is not None and master.start.is_day and not moment.is_day:
            shown = datetime.combine(shown, time.min)
        return shown

    def _number(self, moment: Moment) -> int:
        master = self.series.master
        if master is not None and master.start.is_day != moment.is_day:
            return at(self._on_wall(moment), self._zone)
        return moment.number(self._home)

    def _leave_out(self, moment: Moment) -> None:
        master = self.series.master
        if moment.is_day and master is not None and not master.start.is_day:
            self._days.add(moment.shown.date())  # whatever begins on that day
        else:
            self._moments.add(self._number(moment))

    def _is_left_out(self, moment: Moment) -> bool:
        return self._number(moment) in self._moments or self._on_wall(moment).date() in self._days

    # --- what is there ---------------------------------------------------------------------------

    def endless(self) -> tuple[Rule, ...]:
        """The rules that go on for ever, of an event that anybody is away for."""
        master = self.series.master
        if master is None or not (master.away or self.onwards):
            return ()
        return tuple(rule for rule in master.rules if not rule.ends)

    def spells(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Spell]:
        """All of what ends; with a window also, of what goes on, what may touch that."""
        for other in self._others:
            if other.away:
                yield from _single(other, self._home)
        master = self.series.master
        if master is None or not (master.away or self.onwards):
            return
        lengths: dict[datetime, Length] = {}
        starts = dict.fromkeys(self._starts(master, lengths))
        if since is not None and until is not None:
            moved = [(_DAY, master), *map(self._moved, range(len(self.onwards)))]
            reach = 3 * _DAY + max(abs(by) + event.length.total for by, event in moved)
            first = since.astimezone(self._zone).replace(tzinfo=None) - reach
            last = until.astimezone(self._zone).replace(tzinfo=None) + reach
            for rule in self.endless():
                starts.update(dict.fromkeys(rule.recurrence.starts(first, last)))
        for shown in starts:
            number = at(shown, self._zone)
            if number not in self._moments and shown.date() not in self._days:
                yield from self._occurrence(master, shown, number, lengths.get(shown))

    def _starts(self, master: Event, lengths: dict[datetime, Length]) -> Iterator[datetime]:
        """On the wall, of all that ends, and the first one."""
        ends = [(rule, self._until(rule)) for rule in master.rules if rule.ends]
        first = master.start.number(self._home)
        if all(until is None or until >= first for _, until in ends):
            yield master.start.shown
        for moment, length in master.further:
            shown = self._on_wall(moment)
            if length is not None:
                lengths[shown] = length
            yield shown
        for rule, until in ends:
            later = None if rule.until is None else rule.until + 2 * _DAY  # in any zone
            for shown in islice(rule.all(master.start.shown, later), OCCURRENCES + 100):
                if until is None or at(shown, self._zone) <= until:
                    yield shown

    def _until(self, rule: Rule) -> int | None:
        if rule.until is None:
            return None
        return at(rule.until, UTC if rule.until_is_utc else self._zone)

    def _moved(self, place: int) -> tuple[timedelta, Event]:
        """By how much all go that are later than one with which they do, and that one."""
        _, event = self.onwards[place]
        if not event.away:
            return timedelta(0), event
        return self._on_wall(event.start) - self._on_wall(_id(event)), event

    def _occurrence(
        self, event: Event, shown: datetime, number: int, length: Length | None
    ) -> Iterator[Spell]:
        place = bisect_right(self.onwards, number, key=itemgetter(0))
        if place:
            by, event = self._moved(place - 1)
            shown, length = shown + by, None
        elif not event.recurs:
            yield from _single(event, self._home)
            return
        if event.away:
            start, end = at(shown, self._zone), (length or event.length).end(shown, self._zone)
            if start < end:
                yield start, end, event

    # --- as rules --------------------------------------------------------------------------------

    def recurring(self, user_id: Id) -> list[RecurringAbsence] | None:
        """The rules that go on, of somebody; None when a `RecurringAbsence` cannot say the same."""
        master, zone = self.series.master, self._zone
        if master is None or self._days or self.onwards or master.length.exact:
            return None
        if not isinstance(zone, ZoneInfo) or not all(map(self._is_steady, self._moments)):
            return None
        found = []
        for rule in self.endless():
            start = next(rule.recurrence.starts(master.start.shown, _LATEST), None)
            if start is None:
                return None
            begins, ends = at(start, zone), at(start + master.length.on_wall, zone)
            if not (self._is_steady(begins) and self._is_steady(ends)):
                return None
            try:
                absence = RecurringAbsence(
                    user_id=user_id,
                    start=to_moment(begins),
                    end=to_moment(ends),
                    rule=rule.text,
                    time_zone=zone.key,
                    exdates=map(to_moment, sorted(self._moments)),
                )
            except InvalidValueError:  # of 1900 on the wall, and not yet in UTC; too long a rule
                return None
            found.append(absence)
        return found

    def _is_steady(self, number: int) -> bool:
        """Whether no clock is changed within a day, so that a moment is one time on the wall."""
        moment = to_moment(number)
        before, after = (moment + by for by in (-_DAY, _DAY))
        zone = self._zone
        return before.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset()


def _id(event: Event) -> Moment:
    assert event.replaces is not None
    return event.replaces


def _single(event: Event, home: tzinfo) -> Iterator[Spell]:
    start = event.start.number(home)
    if event.for_ever:
        yield start, None, event
        return
    if event.end is None:
        end = event.length.end(event.start.shown, event.start.zone or home)
    else:
        end = event.end.number(home)
    if start < end:  # else a clock that is put forward leaves nothing
        yield start, end, event
