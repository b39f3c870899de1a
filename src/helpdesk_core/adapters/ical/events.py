"""The events of an iCalendar file: when each is, how it comes again, and whom it names."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from typing import cast
from zoneinfo import ZoneInfo

import attrs

from helpdesk_core.adapters.ical.lines import Line, Part
from helpdesk_core.adapters.ical.rules import Rule, read_rule
from helpdesk_core.adapters.ical.zones import UTC, Zones
from helpdesk_core.availability.edges import to_moment
from helpdesk_core.availability.zones import from_wall
from helpdesk_core.time_off import EXDATES_LIMIT, OCCURRENCE_LIMIT

#: Somebody whom an event names: the address in small letters, and the name that stands with it.
Named = tuple[str, str]

_NONE, _DAY = timedelta(0), timedelta(days=1)
_WALL = datetime(1970, 1, 1)  # noqa: DTZ001 - on the wall
_WHEN = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?", re.ASCII)
_DURATION = re.compile(
    r"\+?P(?=\w)(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
    r"(?:T(?=\w)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?",
    re.ASCII,
)
#: The years of which moments may be; an end in a later one is none, as some say "for ever".
_FIRST, _LAST = 1900, 9000
_SMALL = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


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
        if zone is wall:
            return self.shown
        return to_moment(at(self.shown, zone)).astimezone(wall).replace(tzinfo=None, fold=0)


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


_AGAIN = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE"})
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
    uid, replaced, sequence = part.one("UID"), part.one("RECURRENCE-ID"), part.one("SEQUENCE")
    said = {}
    for name in ("STATUS", "TRANSP"):
        line = part.one(name)
        said[name] = "" if line is None else line.value.upper()
    if sequence is not None and not re.fullmatch(r"\d{1,18}", sequence.value, re.ASCII):
        raise sequence.refuse("must be a number")
    onwards = replaced is not None and "RANGE" in replaced.parameters
    if replaced is not None and onwards and replaced.parameters["RANGE"].upper() != "THISANDFUTURE":
        raise replaced.refuse("must have no RANGE but THISANDFUTURE")
    event = Event(
        line=part.number,
        uid="" if uid is None else uid.value,
        sequence=0 if sequence is None else int(sequence.value),
        cancelled=all_cancelled or said["STATUS"] == "CANCELLED",
        people=frozenset(_people(part)),
        replaces=None if replaced is None else _moment(replaced, replaced.value, zones),
        onwards=onwards,
    )
    if event.cancelled:
        return event
    takes_time = said["TRANSP"] != "TRANSPARENT"
    if not (takes_time or whole):
        return event
    if event.replaces is not None and has_master:
        lines = {name: same for name, same in part.lines.items() if name not in _AGAIN}
        part = attrs.evolve(part, lines=lines)
    event = _with_time(event, part, zones)
    return event if takes_time else attrs.evolve(event, away=False)


def _with_time(event: Event, part: Part, zones: Zones) -> Event:
    """The same, and when it is."""
    line = part.one("DTSTART")
    if line is None:
        raise part.refuse("must have a DTSTART")
    start = _moment(line, line.value, zones)
    end, length = _end(start, part, zones)
    rules = tuple(read_rule(one, start.shown) for one in part.all("RRULE"))
    further = tuple(_further(start, part, zones))
    for name in ("EXRULE", "RRULE", "RDATE"):
        for one in part.all(name):
            if name == "EXRULE" or event.replaces is not None:
                raise one.refuse("must not be there" + " with a RECURRENCE-ID" * (name != "EXRULE"))
    if (rules or further) and (length is None or length.total > OCCURRENCE_LIMIT):
        raise part.refuse(f"that recurs must last at most {OCCURRENCE_LIMIT.days} days")
    return attrs.evolve(
        event,
        away=length is None or length.total > _NONE,
        start=start,
        end=end,
        length=length or Length(),
        for_ever=length is None,
        rules=rules,
        further=further,
        left_out=tuple(_listed("EXDATE", part, zones)),
    )


# --- when ----------------------------------------------------------------------------------------


def _moment(line: Line, text: str, zones: Zones, last: int = _LAST) -> Moment:
    found = _WHEN.fullmatch(text)
    kind = line.parameters.get("VALUE", "").upper()
    if found is None or (kind == "DATE" and found[2]) or (kind == "DATE-TIME" and not found[2]):
        raise line.refuse("must be a date or a time")
    try:
        day, time = found[1], found[2] or "000000"
        shown = datetime(  # noqa: DTZ001 - on the wall
            int(day[:4]), int(day[4:6]), int(day[6:]), int(time[:2]), int(time[2:4]), int(time[4:])
        )
    except ValueError:
        raise line.refuse("must be a date or a time that there is") from None
    if not _FIRST <= shown.year < last:
        raise line.refuse(f"must be between the years {_FIRST} and {_LAST}")
    if not found[2]:
        return Moment(shown, None, is_day=True)
    if found[3]:
        return Moment(shown, UTC)
    name = line.parameters.get("TZID")
    return Moment(shown, None if name is None else zones.zone(line, name))


def _end(start: Moment, part: Part, zones: Zones) -> tuple[Moment | None, Length | None]:
    """When it ends, if it says so, and how long it is; None is for ever.

    Without an end a date is that day, and a time is no time.
    """
    ends, lasts = part.one("DTEND"), part.one("DURATION")
    if ends is not None and lasts is not None:
        raise lasts.refuse("must not be there with a DTEND")
    if ends is not None:
        end = _moment(ends, ends.value, zones, last=10_000)
        length = _between(ends, start, end)
        if end.shown.year >= _LAST:
            return None, None
        return None if end.is_day else end, length
    if lasts is not None:
        return None, _duration(lasts, lasts.value)
    return None, Length(_DAY if start.is_day else _NONE)


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


def _duration(line: Line, text: str) -> Length:
    found = _DURATION.fullmatch(text.upper())
    if found is None:
        raise line.refuse("must be a duration like P1DT12H")
    weeks, days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return Length(
        timedelta(weeks=weeks, days=days), timedelta(hours=hours, minutes=minutes, seconds=seconds)
    )


def _further(start: Moment, part: Part, zones: Zones) -> list[tuple[Moment, Length | None]]:
    """The RDATEs: times, or periods with a length of their own."""
    found: list[tuple[Moment, Length | None]] = []
    for line in part.all("RDATE"):
        for text in line.value.split(","):
            begins, is_period, ends = text.partition("/")
            kind = line.parameters.get("VALUE", "").upper()
            if is_period != ("/" if kind == "PERIOD" else ""):
                raise line.refuse("must have VALUE=PERIOD when it holds periods")
            moment, length = _moment(line, begins, zones), None
            if moment.is_day != start.is_day:
                raise line.refuse("must be a date when DTSTART is, and a time when it is")
            if is_period and ends[:1] in ("P", "+"):
                length = _duration(line, ends)
            elif is_period:
                length = _between(line, moment, _moment(line, ends, zones))
            if length is not None and length.total > OCCURRENCE_LIMIT:
                raise line.refuse(f"must last at most {OCCURRENCE_LIMIT.days} days")
            found.append((moment, length))
            if len(found) > EXDATES_LIMIT:
                raise line.refuse(f"must be at most {EXDATES_LIMIT:,}")
    return found


def _listed(name: str, part: Part, zones: Zones) -> list[Moment]:
    found: list[Moment] = []
    for line in part.all(name):
        found += [_moment(line, text, zones) for text in line.value.split(",")]
        if len(found) > EXDATES_LIMIT:
            raise line.refuse(f"must be at most {EXDATES_LIMIT:,}")
    return found


# --- who -----------------------------------------------------------------------------------------


def _people(part: Part) -> list[Named]:
    """Whom it names: who attends and has not declined; the organizer when nobody attends."""
    attending = part.all("ATTENDEE")
    return [
        (address_of(line), line.parameters.get("CN", ""))
        for line in attending or part.all("ORGANIZER")
        if line.parameters.get("PARTSTAT", "").upper() not in ("DECLINED", "DELEGATED")
    ]


def address_of(line: Line) -> str:
    """The address of a line, its A to Z in small letters; that of EMAIL where it names no mailbox.

    >>> address_of(Line(1, "ATTENDEE", {}, "MAILTO:Ada@Example.com"))
    'ada@example.com'
    """
    scheme, _, address = line.value.partition(":")
    if scheme.upper() != "MAILTO":
        address = line.parameters.get("EMAIL", line.value)
    return address.strip().translate(_SMALL)
