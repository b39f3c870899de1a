"""What comes of the events of one UID: spells of time, and rules that go on for ever (A11, A13).

What ends is told whole, however late. A rule that goes on is told as a `RecurringAbsence` where
one says the same, and else as its occurrences within what is asked about.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo
from itertools import islice
from operator import attrgetter, itemgetter
from zoneinfo import ZoneInfo

import attrs

from helpdesk_core.adapters.ical.events import Event, Length, Moment, Named, at
from helpdesk_core.adapters.ical.rules import Rule
from helpdesk_core.adapters.ical.zones import UTC
from helpdesk_core.availability.edges import to_moment
from helpdesk_core.fields import SUBJECT_LIMIT, Id
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
    """A series as it is in the zone of somebody's wall."""

    def __init__(self, series: Series, home: tzinfo) -> None:
        self.series, self._home = series, home
        master = series.master
        self._zone = home if master is None else master.start.zone or home
        self._walls: set[datetime] = set()
        self._days: set[date] = set()
        for left_out in () if master is None else master.left_out:
            self._leave_out(left_out)
        self._others = [one for one in series.others if not self._is_left_out(_id(one))]
        for other in series.others:
            self._leave_out(_id(other))
        onwards = [(self._on_wall(_id(one)), one) for one in self._others if one.onwards]
        self.onwards = sorted(onwards, key=itemgetter(0))

    # --- what is left out ------------------------------------------------------------------------

    def _on_wall(self, moment: Moment) -> datetime:
        shown = moment.on_wall(self._zone, self._home)
        master = self.series.master
        if master is not None and master.start.is_day and not moment.is_day:
            shown = datetime.combine(shown, datetime.min.time())
        return shown

    def _leave_out(self, moment: Moment) -> None:
        master = self.series.master
        if moment.is_day and master is not None and not master.start.is_day:
            self._days.add(moment.shown.date())  # whatever begins on that day
        else:
            self._walls.add(self._on_wall(moment))

    def _is_left_out(self, moment: Moment) -> bool:
        shown = self._on_wall(moment)
        return shown in self._walls or shown.date() in self._days

    # --- what is there ---------------------------------------------------------------------------

    def endless(self) -> tuple[Rule, ...]:
        """The rules that go on for ever."""
        master = self.series.master
        if master is None or not master.away:
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
            reach = _DAY + max(
                abs(shift) + event.length.total + _DAY
                for shift, event in [(_DAY, master), *map(self._shifted, range(len(self.onwards)))]
            )
            first = since.astimezone(self._zone).replace(tzinfo=None) - reach
            last = until.astimezone(self._zone).replace(tzinfo=None) + reach
            for rule in self.endless():
                starts.update(dict.fromkeys(rule.recurrence.starts(first, last)))
        for shown in starts:
            if shown in self._walls or (self._days and shown.date() in self._days):
                continue
            yield from self._occurrence(master, shown, lengths.get(shown))

    def _starts(self, master: Event, lengths: dict[datetime, Length]) -> Iterator[datetime]:
        """On the wall, of all that ends, and the first one."""
        ends = [(rule, self._until(rule)) for rule in master.rules if rule.ends]
        start = master.start.shown
        if all(until is None or until >= start for _, until in ends):
            yield start
        for moment, length in master.further:
            shown = self._on_wall(moment)
            if length is not None:
                lengths[shown] = length
            yield shown
        for rule, until in ends:
            yield from islice(rule.all(start, until), OCCURRENCES + 48)  # UNTIL in another zone

    def _until(self, rule: Rule) -> datetime | None:
        if rule.until is None or not rule.until_is_utc:
            return rule.until
        return Moment(rule.until, UTC).on_wall(self._zone, self._home)

    def _shifted(self, place: int) -> tuple[timedelta, Event]:
        """By how much the occurrences are moved after one with which all later ones go."""
        shown, event = self.onwards[place]
        return (self._on_wall(event.start) - shown if event.away else timedelta(0)), event

    def _occurrence(self, event: Event, shown: datetime, length: Length | None) -> Iterator[Spell]:
        place = bisect_right(self.onwards, shown, key=itemgetter(0))
        if place:
            shift, event = self._shifted(place - 1)
            shown, length = shown + shift, None
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
        if not isinstance(zone, ZoneInfo) or not all(map(self._is_shown, self._walls)):
            return None
        found = []
        for rule in self.endless():
            start = next(rule.recurrence.starts(master.start.shown, _LATEST), None)
            if start is None or len(rule.text) > SUBJECT_LIMIT:
                return None
            end = start + master.length.on_wall
            if not (self._is_shown(start) and self._is_shown(end)):
                return None
            found.append(
                RecurringAbsence(
                    user_id=user_id,
                    start=to_moment(at(start, zone)),
                    end=to_moment(at(end, zone)),
                    rule=rule.text,
                    time_zone=zone.key,
                    exdates=sorted(to_moment(at(wall, zone)) for wall in self._walls),
                )
            )
        return found

    def _is_shown(self, shown: datetime) -> bool:
        """Whether the clock ever shows this, so that it comes back as it was."""
        return (
            to_moment(at(shown, self._zone)).astimezone(self._zone).replace(tzinfo=None, fold=0)
            == shown
        )


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
