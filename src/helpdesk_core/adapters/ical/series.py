"""What comes of the events of one UID: spells of time, and rules that go on for ever (A11, A13).

`recurring_ical_events` tells when a series is, within a window. It is asked on the wall of the
series' zone, without any zone: there a day is a day, and nothing is skipped or shown twice. What it
finds is then put into the zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo
from itertools import chain
from operator import attrgetter
from zoneinfo import ZoneInfo

import attrs
import icalendar
import recurring_ical_events

from helpdesk_core.adapters.ical.events import Event, Length, Moment, Named, at, shown_at
from helpdesk_core.adapters.ical.zones import UTC
from helpdesk_core.availability.edges import to_moment
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import Id
from helpdesk_core.recurrence import Recurrence
from helpdesk_core.time_off import RecurringAbsence

#: When it begins and ends, in microseconds since 1970; and the event that says so.
Spell = tuple[int, int | None, Event]

_DAY = timedelta(days=1)
#: On the wall, before and after all that may be.
_EARLIEST, _LATEST = datetime(1800, 1, 1), datetime(9990, 1, 1)  # noqa: DTZ001
#: How far a window is rounded, so that what was found is found again.
_MONTH = timedelta(days=32)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
#: Under which what is found tells the place of the event that it is of.
_PLACE = "X-PLACE"


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
        self._left_out: set[datetime] = set()
        self._days: set[date] = set()
        for moment in () if master is None else master.left_out:
            if moment.is_day and master is not None and not master.start.is_day:
                self._days.add(moment.shown.date())
            else:
                self._left_out.update(self._walls(moment))
        self._others = [one for one in series.others if not self._is_left_out(_id(one))]
        self.onwards = [one for one in self._others if one.onwards]
        for one in series.others:  # what a skipped clock shows besides is the same moment
            walls = self._walls(_id(one))
            self._left_out.update(wall for wall in walls if wall != self._wall(_id(one)))
        self._kept: tuple[tuple[datetime, datetime], list[Spell]] | None = None

    # --- on the wall -----------------------------------------------------------------------------

    def _walls(self, moment: Moment) -> list[datetime]:
        """What the wall shows then; where a clock is put forward also what it skips."""
        master = self.series.master
        if master is not None and master.start.is_day and not moment.is_day:
            shown = moment.on_wall(self._zone, self._home)
            return [shown.replace(hour=0, minute=0, second=0)]
        number = moment.number(self._home)
        shown = shown_at(number, self._zone)
        before = (to_moment(number) - _DAY).astimezone(self._zone).replace(tzinfo=None) + _DAY
        walls = [shown, before] if before != shown and at(before, self._zone) == number else [shown]
        own = moment.on_wall(self._zone, self._home)
        return [own, *(one for one in walls if one != own)]

    def _wall(self, moment: Moment) -> datetime:
        """What the wall shows then; of two the one at the time of day of the series."""
        walls, master = self._walls(moment), self.series.master
        if master is not None:
            for one in walls:
                if one.time() == master.start.shown.time():
                    return one
        return walls[0]

    def _start(self, event: Event) -> datetime:
        return event.start.on_wall(self._zone, self._home)

    def _is_left_out(self, moment: Moment) -> bool:
        days_off = self._is_on_day_off(moment.number(self._home))
        return days_off or not self._left_out.isdisjoint(self._walls(moment))

    def _is_on_day_off(self, number: int) -> bool:
        """Whether this is on a day that is left out whole, whatever begins on it."""
        return bool(self._days) and shown_at(number, self._zone).date() in self._days

    # --- what is there ---------------------------------------------------------------------------

    def _comes(self) -> Event | None:
        """The event itself, if anybody is away for it or for what goes on from one of it."""
        master = self.series.master
        return master if master is not None and (master.away or self.onwards) else None

    def endless(self) -> tuple[Recurrence, ...]:
        """The rules that go on for ever, of an event that anybody is away for."""
        master = self._comes()
        rules = () if master is None else master.rules
        return tuple(rule.recurrence for rule in rules if not rule.ends)

    def spells(self) -> Iterator[Spell]:
        """All of what ends, however late (A11)."""
        master = self._comes()
        ends = [] if master is None else [rule for rule in master.rules if rule.ends]
        if master is None or not (ends or master.further or master.left_out or self.series.others):
            for event in self._others if master is None else [master]:
                if event.away:
                    yield from _single(event, self._home)
            return
        untils = [
            None if rule.until is None
            else at(rule.until, UTC if rule.until_is_utc else self._zone) for rule in ends
        ]  # fmt: skip
        text = []
        for rule, until in zip(ends, untils, strict=True):
            told = rule.text if rule.count is None else f"{rule.text};COUNT={rule.count}"
            if until is not None:  # a little more is asked for: two moments may be on a wall alike
                last = shown_at(until, self._zone) + _DAY * (len(ends) == 1)
                told += f";UNTIL={last:%Y%m%dT%H%M%S}"
            text.append(told)
        further = [(self._wall(moment), length) for moment, length in master.further]
        last_of_all = untils[0] if len(untils) == 1 else None
        found = self._found(master.start.shown, text, [shown for shown, _ in further])
        yield from self._put(found, dict(further), last_of_all)

    def within(self, since: datetime, until: datetime) -> Iterator[Spell]:
        """What may touch a window, of the rules that go on; found once for those near by."""
        window = since - (since - _FIRST) % _MONTH, until + _MONTH - (until - _FIRST) % _MONTH
        if self._kept is None or self._kept[0] != window:
            reach = 3 * _DAY + max(
                one.length.total for one in (self.series.master, *self.onwards) if one is not None
            )
            first = window[0].astimezone(self._zone).replace(tzinfo=None) - reach
            last = window[1].astimezone(self._zone).replace(tzinfo=None) + 3 * _DAY
            moves = [abs(self._start(one) - self._wall(_id(one))) for one in self.onwards]
            found: list[Spell] = []
            for rule in self.endless():
                start, text = rule.begun(first - sum(moves, _DAY))
                found += self._put(self._found(start, [text], [], first, last), {}, None)
            self._kept = window, found
        for spell in self._kept[1]:
            if to_moment(spell[0]) < until and (spell[1] is None or to_moment(spell[1]) > since):
                yield spell

    def _found(
        self,
        start: datetime,
        rules: Iterable[str],
        further: list[datetime],
        first: datetime = _EARLIEST,
        last: datetime = _LATEST,
    ) -> Iterator[tuple[datetime, Event]]:
        """The starts within a window, each with the event that it is of."""
        events = [event for event in (self.series.master, *self._others) if event is not None]
        calendar = icalendar.Calendar()
        for place, event in enumerate(events):
            told = icalendar.Event()
            told.add("UID", "1")
            told.add(_PLACE, str(place))
            if place:
                id = self._wall(_id(event))
                told.add("DTSTART", self._start(event) if event.away else id)
                parameters = {"RANGE": "THISANDFUTURE"} if event.onwards else {}
                told.add("RECURRENCE-ID", id, parameters=parameters)
            else:
                told.add("DTSTART", start)
                for text in rules:
                    told.add("RRULE", icalendar.vRecur.from_ical(text))
                for name, days in [("RDATE", further), ("EXDATE", sorted(self._left_out))]:
                    if days:
                        told.add(name, days)
            calendar.add_component(told)
        for one in recurring_ical_events.of(calendar).between(first, last):
            yield one["DTSTART"].dt, events[int(one[_PLACE])]

    def _put(
        self,
        found: Iterable[tuple[datetime, Event]],
        lengths: dict[datetime, Length | None],
        last: int | None,
    ) -> Iterator[Spell]:
        """The same, put into the zone; `last` is the end of a rule, which further ones have not."""
        for shown, event in found:
            if not event.away:
                continue
            original = shown
            if event.replaces is not None:
                own = self._start(event)
                if not event.onwards or shown == own:
                    yield from _single(event, self._home)
                    continue
                original -= own - self._wall(event.replaces)
            number = at(original, self._zone)
            if self._is_on_day_off(number):
                continue
            if event.replaces is None and not event.recurs:
                yield from _single(event, self._home)
                continue
            if last is not None and original not in lengths and number > last:
                continue
            length = lengths.get(shown) if event.replaces is None else None
            start = at(shown, self._zone)
            end = (length or event.length).end(shown, self._zone)
            if start < end:
                yield start, end, event

    # --- as rules --------------------------------------------------------------------------------

    def recurring(self, user_id: Id) -> list[RecurringAbsence] | None:
        """The rules that go on, of somebody; None when a `RecurringAbsence` cannot say the same."""
        master, zone = self.series.master, self._zone
        if master is None or self._days or self.onwards or master.length.exact:
            return None
        walls = chain(self._left_out, *(self._walls(_id(other)) for other in self.series.others))
        out = sorted({at(shown, zone) for shown in walls})
        if not isinstance(zone, ZoneInfo) or not all(map(self._is_steady, out)):
            return None
        found = []
        for rule in master.rules:
            if rule.ends:
                continue
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
                    exdates=map(to_moment, out),
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
