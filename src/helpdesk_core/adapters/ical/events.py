"""The events of an iCalendar file: when each is, how it comes again, and whom it names."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from typing import Any, cast
from zoneinfo import ZoneInfo

import attrs
from icalendar import vDuration

from helpdesk_core.adapters.ical.lines import ZONE, Line, LineError, Part
from helpdesk_core.adapters.ical.rules import Rule, read_rule
from helpdesk_core.adapters.ical.zones import UTC, Zones
from helpdesk_core.availability.edges import to_moment
from helpdesk_core.availability.zones import from_wall
from helpdesk_core.mail_ids import folded_address
from helpdesk_core.time_off import EXDATES_LIMIT, OCCURRENCE_LIMIT

#: Somebody whom an event names: the address in small letters, and the name that stands with it.
Named = tuple[str, str]

_NONE, _DAY = timedelta(0), timedelta(days=1)
_WALL = datetime(1970, 1, 1)  # noqa: DTZ001 - on the wall
#: The years of which moments may be; an end in a later one is none, as some say "for ever".
_FIRST, _LAST = 1900, 9000
#: The longest DURATION.
_LONG = timedelta(days=366_000)
_AGAIN = ("RRULE", "RDATE", "EXDATE", "EXRULE")


@attrs.frozen
class Moment:
    """What a clock shows: in a zone, or without one in that of whoever is asked about."""

    shown: datetime
    zone: tzinfo | None
    is_day: bool = False

    def number(self, home: tzinfo) -> int:
        """The microsecond that it is (RFC 5545, 3.3.5)."""
        return at(self.shown, self.zone or home)

    def on_wall(self, wall: tzinfo, home: tzinfo) -> datetime:
        """What a clock in another zone shows then."""
        zone = self.zone or home
        return self.shown if zone is wall else shown_at(at(self.shown, zone), wall)


@attrs.frozen
class Length:
    """How long: first so much on the wall, then so much by a stopwatch (RFC 5545, 3.3.6)."""

    on_wall: timedelta = _NONE
    exact: timedelta = _NONE

    def end(self, start: datetime, zone: tzinfo) -> int:
        """The microsecond at which what begins so on the wall ends."""
        return at(start + self.on_wall, zone) + self.exact // timedelta.resolution

    @property
    def total(self) -> timedelta:
        """About how long that is."""
        return self.on_wall + self.exact


_UNKNOWN = Moment(_WALL, UTC)


@attrs.frozen(kw_only=True)
class Event:
    """One VEVENT, as far as it says when somebody is away.

    `away` is False when it is cancelled, takes no time of anybody's, or takes none at all. It
    `replaces` an occurrence (RECURRENCE-ID); `onwards` says that all later ones go with that one.
    `end` is what DTEND says when it is a time; else `length` says it, but of what is `for_ever`.
    """

    line: int
    uid: str
    sequence: int
    cancelled: bool
    people: frozenset[Named]
    replaces: Moment | None = None
    onwards: bool = False
    away: bool = False
    start: Moment = _UNKNOWN
    end: Moment | None = None
    length: Length = Length()
    for_ever: bool = False
    rules: tuple[Rule, ...] = ()
    further: tuple[tuple[Moment, Length | None], ...] = ()
    left_out: tuple[Moment, ...] = ()

    @property
    def recurs(self) -> bool:
        """Whether it can be on more than once."""
        return bool(self.rules or self.further)


def at(shown: datetime, zone: tzinfo) -> int:
    """The microsecond at which a clock shows this: the first of two, a skipped one as before."""
    return from_wall(cast(ZoneInfo, zone), (shown - _WALL) // timedelta.resolution)


def shown_at(number: int, zone: tzinfo) -> datetime:
    """What a clock shows at this microsecond."""
    return to_moment(number).astimezone(zone).replace(tzinfo=None, fold=0)


def read_event(
    part: Part,
    zones: Zones,
    *,
    all_cancelled: bool = False,
    whole: bool = False,
    has_master: bool = False,
) -> Event:
    """The event of a VEVENT.

    One that takes no time is not read further, unless it is asked for `whole`. Some programs copy
    the rules of an event into those that stand for its occurrences: there, when it `has_master`
    that has them, they mean nothing.
    """
    for name in part.lines:
        if name not in ("ATTENDEE", *_AGAIN):
            part.one(name)
    if has_master and part.one("RECURRENCE-ID"):
        part = _without(part, _AGAIN)
    broken: LineError | None = None
    found: Any
    try:
        found = part.read()
    except LineError as error:  # which may not matter
        broken, found = error, _without(part, _TIMED).read()
    cancelled = all_cancelled or str(found.get("STATUS", "")).upper() == "CANCELLED"
    away = not cancelled and str(found.get("TRANSP", "")).upper() != "TRANSPARENT"
    sequence, replaced = int(found.get("SEQUENCE", 0)), part.one("RECURRENCE-ID")
    if not 0 <= sequence < 10**18:
        raise part.all("SEQUENCE")[0].refuse("must be a number")
    event = Event(
        line=part.number,
        uid=str(found.get("UID", "")),
        sequence=sequence,
        cancelled=cancelled,
        people=frozenset(_people(found)),
    )
    if replaced is not None:
        span = str(found["RECURRENCE-ID"].params.get("RANGE", "THISANDFUTURE")).upper()
        if span != "THISANDFUTURE":
            raise replaced.refuse("must have no RANGE but THISANDFUTURE")
        event = attrs.evolve(
            event,
            replaces=_Times(found, part, zones).moment(replaced, found["RECURRENCE-ID"]),
            onwards="RANGE" in found["RECURRENCE-ID"].params,
        )
    if not (away or (whole and not cancelled)):
        return event
    if broken is not None:
        raise broken
    event = _with_time(event, _Times(found, part, zones))
    return event if away else attrs.evolve(event, away=False)


#: What is not read of an event that takes no time.
_TIMED = ("DTSTART", "DTEND", "DURATION", *_AGAIN)


def _without(part: Part, names: tuple[str, ...]) -> Part:
    lines = {name: same for name, same in part.lines.items() if name not in names}
    return attrs.evolve(part, lines=lines)


def _with_time(event: Event, read: _Times) -> Event:
    """The same, and when it is."""
    part = read.part
    for name in ("EXRULE", "RRULE", "RDATE"):
        for line in part.all(name):
            if name == "EXRULE" or event.replaces is not None:
                also = "" if name == "EXRULE" else " with a RECURRENCE-ID"
                raise line.refuse(f"must not be there{also}")
    begins = part.one("DTSTART")
    if begins is None:
        raise part.refuse("must have a DTSTART")
    start = read.moment(begins, read.component["DTSTART"])
    end, length = read.end(start)
    rules = tuple(read_rule(line, rule, start.shown) for line, rule in read.all("RRULE"))
    further = tuple(read.further(start))
    if (rules or further) and (length is None or length.total > OCCURRENCE_LIMIT):
        raise part.refuse(f"that recurs must last at most {OCCURRENCE_LIMIT.days} days")
    return attrs.evolve(
        event,
        away=length is None or length.total > _NONE or any(own for _, own in further),
        start=start,
        end=end,
        length=length or Length(),
        for_ever=length is None,
        rules=rules,
        further=further,
        left_out=tuple(read.moment(line, one) for line, one in read.each("EXDATE")),
    )


# --- when ----------------------------------------------------------------------------------------


@attrs.frozen
class _Times:
    """What `icalendar` read of an event, beside where that stands."""

    component: Any  # one of icalendar's, of whose properties each has a kind of its own
    part: Part
    zones: Zones

    def all(self, name: str) -> list[tuple[Line, Any]]:
        """The properties of a name, each with its line."""
        found = self.component.get(name, [])
        values = found if isinstance(found, list) else [found]
        return list(zip(self.part.all(name), values, strict=True))

    def each(self, name: str) -> list[tuple[Line, Any]]:
        """The times of all properties of a name, each with the line that it is on."""
        found = []
        for line, values in self.all(name):
            for one in values.dts:
                one.params = values.params
                found.append((line, one))
            if len(found) > EXDATES_LIMIT:
                raise line.refuse(f"must be at most {EXDATES_LIMIT:,}")
        return found

    def moment(self, line: Line, value: Any, shown: Any = None, last: int = _LAST) -> Moment:
        """The time of a property, or one of those that it holds."""
        shown = value.dt if shown is None else shown
        if not _FIRST <= shown.year < last:
            raise line.refuse(f"must be between the years {_FIRST} and {_LAST}")
        if not isinstance(shown, datetime):
            return Moment(datetime.combine(shown, time.min), None, is_day=True)
        if shown.tzinfo is not None:
            return Moment(shown.replace(tzinfo=None), UTC)
        name = value.params.get(ZONE)
        return Moment(shown, None if name is None else self.zones.zone(line, str(name)))

    def end(self, start: Moment) -> tuple[Moment | None, Length | None]:
        """When it ends, if it says so, and how long it is; None is for ever.

        Without an end a date is that day, and a time is no time.
        """
        ends, lasts = self.part.one("DTEND"), self.part.one("DURATION")
        if ends is not None and lasts is not None:
            raise lasts.refuse("must not be there with a DTEND")
        if ends is not None:
            end = self.moment(ends, self.component["DTEND"], last=10_000)
            if end.shown.year >= _LAST:
                return None, None
            return None if end.is_day else end, _between(ends, start, end)
        if lasts is not None:
            return None, _duration(lasts, self.component["DURATION"].dt, lasts.value)
        return None, Length(_DAY if start.is_day else _NONE)

    def further(self, start: Moment) -> list[tuple[Moment, Length | None]]:
        """The RDATEs: times, or periods with a length of their own."""
        found: list[tuple[Moment, Length | None]] = []
        for line, one in self.each("RDATE"):
            if not isinstance(one.dt, tuple):
                moment, length = self.moment(line, one), None
            else:
                begins, ends = one.dt
                moment = self.moment(line, one, begins)
                if isinstance(ends, timedelta):
                    length = Length(exact=ends)
                else:
                    length = _between(line, moment, self.moment(line, one, ends))
                if length.total > OCCURRENCE_LIMIT:
                    raise line.refuse(f"must last at most {OCCURRENCE_LIMIT.days} days")
            if moment.is_day != start.is_day:
                raise line.refuse("must be a date when DTSTART is, and a time when it is")
            found.append((moment, length))
        return found


def _between(line: Line, start: Moment, end: Moment) -> Length:
    if end.is_day != start.is_day:
        raise line.refuse("must be a date when DTSTART is, and a time when it is")
    if (end.zone is None) != (start.zone is None):
        raise line.refuse("must be in a zone when DTSTART is")
    zone = start.zone or UTC
    on_wall = end.on_wall(zone, UTC) - start.shown
    if end.zone is not start.zone and on_wall <= _NONE:  # later, and the clock shows less
        exact = timedelta(0, 0, end.number(UTC) - start.number(UTC))
        length = Length(exact=exact)
    else:
        length = Length(on_wall)
    if length.total < _NONE:
        raise line.refuse("must not be before DTSTART")
    if start.is_day and not length.total:
        return Length(_DAY)  # as many write a single day
    return length


def _duration(line: Line, total: Any, text: str) -> Length:
    """Days are those of the wall, hours those of a stopwatch: `icalendar` adds them up."""
    if not isinstance(total, timedelta) or not _NONE <= total <= _LONG:
        raise line.refuse("must be a duration like P1DT12H")
    hours = text.upper().partition("T")[2]
    exact: timedelta = _NONE
    if hours:
        exact = vDuration.from_ical(f"PT{hours}")  # type: ignore[no-untyped-call]
    return Length(total - exact, exact)


# --- who -----------------------------------------------------------------------------------------


def _people(found: Any) -> list[Named]:
    """Whom it names: who attends and has not declined; the organizer when nobody attends."""
    people: Any = found.get("ATTENDEE") or found.get("ORGANIZER") or []
    return [
        (address_of(one), str(one.params.get("CN", "")))
        for one in (people if isinstance(people, list) else [people])
        if str(one.params.get("PARTSTAT", "")).upper() not in ("DECLINED", "DELEGATED")
    ]


def address_of(person: Any) -> str:
    """The address of a person, its A to Z in small letters; EMAIL where it names no mailbox.

    >>> from icalendar import vCalAddress
    >>> address_of(vCalAddress("MAILTO:Ada@Example.com"))
    'ada@example.com'
    """
    scheme, _, address = str(person).partition(":")
    if scheme.upper() != "MAILTO":
        address = str(person.params.get("EMAIL", person))
    return folded_address(address.strip())
