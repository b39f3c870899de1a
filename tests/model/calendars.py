"""When somebody is away by an iCalendar file: counted slowly, from RFC 5545 and the rules alone.

It reads with `icalendar` and follows rules with `dateutil`, one event after the other, and compares
moments in UTC. What it gives are joined spells within a window. A `DoubtError` is a file of which
this says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import takewhile
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar

Spell = tuple[datetime, datetime]


class DoubtError(Exception):
    """This file is not counted."""


def away(
    content: bytes, home: tzinfo, since: datetime, until: datetime, address: str | None = None
) -> list[Spell]:
    """When somebody is away in `[since, until)`; by `address` in the file of a team."""
    events: dict[Any, list[Any]] = {}
    for calendar in Calendar.from_ical(content, multiple=True):
        for number, event in enumerate(calendar.walk("VEVENT")):
            event.cancelled = "CANCEL" in (
                str(calendar.get("METHOD", "")).upper(), str(event.get("STATUS", "")).upper()[:6]
            )  # fmt: skip
            event.order = (int(event.get("SEQUENCE", 0)), len(events), number)
            events.setdefault(event.get("UID", number), []).append(event)
    found: list[Spell] = []
    for same in events.values():
        for start, end, event in occurrences(sorted(same, key=lambda one: one.order), home, until):
            if address is None or names(event, address):
                start, end = max(start, since), min(end, until)
                if start < end:
                    found.append((start, end))
    return joined(found)


def joined(spells: list[Spell]) -> list[Spell]:
    """A9: absences that overlap or touch are one."""
    found: list[Spell] = []
    for start, end in sorted(spells):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def names(event: Any, address: str) -> bool:
    """Whoever attends and has not declined; when nobody attends, the organizer."""
    attending = listed(event.get("ATTENDEE"))
    for one in attending or listed(event.get("ORGANIZER")):
        declined = one.params.get("PARTSTAT", "").upper() in ("DECLINED", "DELEGATED")
        if str(one).lower() == f"mailto:{address}" and not declined:
            return True
    return False


def listed(value: Any) -> list[Any]:
    """One, several or none, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def in_utc(value: date | datetime, home: tzinfo) -> datetime:
    """3.3.5: a time that a clock shows twice is the first, one it skips has the offset before.

    Whole days begin at midnight, and these and times without a zone are in the user's own zone.
    """
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value.replace(tzinfo=value.tzinfo or home, fold=0).astimezone(UTC)


def is_day(value: Any) -> bool:
    return not isinstance(value, datetime)


def length(event: Any) -> tuple[timedelta, timedelta]:
    """How long on the wall, and then by a stopwatch."""
    start = event["DTSTART"].dt
    if "DURATION" in event:
        text = event["DURATION"].to_ical().decode()
        lasts = event["DURATION"].dt
        if text.startswith("-"):
            raise DoubtError("a duration below nothing")
        days = timedelta(days=lasts.days)
        return days, lasts - days
    if "DTEND" not in event:  # 3.6.1: a date is that day, a time is no time
        return timedelta(days=1 if is_day(start) else 0), timedelta()
    end = event["DTEND"].dt
    if is_day(start) != is_day(end):
        raise DoubtError("a date and a time")
    if is_day(start):
        return max(end - start, timedelta(days=1)), timedelta()  # CHOICE: no day is one day
    if (start.tzinfo is None) != (end.tzinfo is None):
        raise DoubtError("a zone and none")
    if start.tzinfo is not None:
        end = end.astimezone(start.tzinfo)
    lasts = end.replace(tzinfo=None) - start.replace(tzinfo=None)
    return lasts, timedelta()


def takes_time(event: Any) -> bool:
    """Cancelled and transparent events take nobody's time."""
    return not event.cancelled and str(event.get("TRANSP", "")).upper() != "TRANSPARENT"


def occurrences(same: list[Any], home: tzinfo, until: datetime) -> Iterator[tuple[Any, Any, Any]]:
    """Those of the events with one UID, in the order of their versions."""
    master = None
    others: dict[Any, Any] = {}
    for event in same:
        if "RECURRENCE-ID" in event:
            others[event["RECURRENCE-ID"].dt] = event
        else:
            master = event
    if master is not None and master.cancelled:
        others = {
            id: one
            for id, one in others.items()
            if int(one.get("SEQUENCE", 0)) > int(master.get("SEQUENCE", 0))
        }
        master = None

    def left_out(value: Any, among: list[Any]) -> bool:
        for one in among:
            if master is not None and is_day(one) and not is_day(master["DTSTART"].dt):
                zone = master["DTSTART"].dt.tzinfo or home
                if in_utc(value, home).astimezone(zone).date() == one:
                    return True
            elif master is not None and is_day(master["DTSTART"].dt) and not is_day(one):
                if (in_utc(one, home).astimezone(home).date()) == value:
                    return True
            elif in_utc(one, home) == in_utc(value, home):
                return True
        return False

    dropped = [] if master is None else [
        one.dt for line in listed(master.get("EXDATE")) for one in line.dts
    ]  # fmt: skip
    others = {id: one for id, one in others.items() if not left_out(id, dropped)}
    for one in others.values():
        if takes_time(one):
            yield span(one["DTSTART"].dt, length(one), one, home)
    if master is None:
        if any({"RRULE", "RDATE"} & set(one) for one in others.values()):
            raise DoubtError("an occurrence that comes again")
        return
    onwards = sorted(
        (
            (in_utc(id, home), id, one)
            for id, one in others.items()
            if one["RECURRENCE-ID"].params.get("RANGE") == "THISANDFUTURE"
        ),
        key=lambda found: found[0],
    )
    if not takes_time(master) and not onwards:
        return
    for value, lasts in starts(master, home, until):
        if left_out(value, [*dropped, *others]):
            continue
        event = master
        for id_utc, id, one in onwards:  # 3.8.4.4: moved by as much, and as long as that one
            if id_utc <= in_utc(value, home):
                event, lasts, moved = one, None, (id, one)
        if not takes_time(event):
            continue
        if event is not master:
            id, one = moved
            value = value + (wall(one["DTSTART"].dt, value, home) - its_wall(id, master, home))
        yield span(value, lasts or length(event), event, home)


def wall(value: Any, like: Any, home: tzinfo) -> Any:
    """What a clock in the zone of another shows."""
    if is_day(like):
        return value if is_day(value) else value.astimezone(home).date()
    zone = like.tzinfo or home
    if not is_day(value) and value.tzinfo == like.tzinfo:
        return value.replace(tzinfo=None)
    return in_utc(value, home).astimezone(zone).replace(tzinfo=None)


def its_wall(id: Any, master: Any, home: tzinfo) -> Any:
    """What a clock shows at an occurrence, which may be a time of its series that is skipped."""
    first = master["DTSTART"].dt
    shown = wall(id, first, home)
    if not is_day(first):
        skipped = datetime.combine(shown, first.time())
        if in_utc(skipped.replace(tzinfo=first.tzinfo), home) == in_utc(id, home):
            return skipped
    return shown


def span(value: Any, lasts: tuple[timedelta, timedelta], event: Any, home: tzinfo) -> Any:
    """When an occurrence begins and ends, in UTC."""
    on_wall, exact = lasts
    if not is_day(value) and exact and is_day(event["DTSTART"].dt):
        raise DoubtError("hours of a day")
    return in_utc(value, home), in_utc(value + on_wall, home) + exact, event


def starts(master: Any, home: tzinfo, until: datetime) -> Iterator[tuple[Any, Any]]:
    """DTSTART, what the rules give, and RDATEs; each once."""
    first = master["DTSTART"].dt
    zone = None if is_day(first) else first.tzinfo
    rules = listed(master.get("RRULE"))
    ends = [in_utc(of_rule(rule["UNTIL"][0], zone), home) for rule in rules if "UNTIL" in rule]
    found: dict[Any, Any] = {}  # two days may be one moment, where a day was skipped
    if all(in_utc(first, home) <= end for end in ends):
        found[in_utc(first, home), wall(first, first, home)] = (first, None)
    for rule in rules:
        text = ";".join(
            part for part in rule.to_ical().decode().split(";") if not part.startswith("UNTIL")
        )
        last = in_utc(of_rule(rule["UNTIL"][0], zone), home) if "UNTIL" in rule else None
        bare = first if is_day(first) else first.replace(tzinfo=None)
        shown = rrulestr(text, dtstart=datetime.combine(bare, time()) if is_day(bare) else bare)
        far = (until + timedelta(days=400)).replace(tzinfo=None)
        for one in takewhile(far.__gt__, shown):
            value = one.date() if is_day(first) else one.replace(tzinfo=zone)
            if last is None or in_utc(value, home) <= last:
                found.setdefault((in_utc(value, home), wall(value, first, home)), (value, None))
    for line in listed(master.get("RDATE")):
        for one in line.dts:
            value, lasts = one.dt, None
            if isinstance(value, tuple):
                value, end = value
                lasts = (timedelta(), end if isinstance(end, timedelta) else end - value)
            if is_day(value) != is_day(first):
                raise DoubtError("a date and a time")
            if not is_day(value) and zone is not None and value.tzinfo is not None:
                value = value.astimezone(zone)
            found[in_utc(value, home), wall(value, first, home)] = (value, lasts)
    yield from found.values()


def of_rule(value: Any, zone: tzinfo | None) -> Any:
    """UNTIL in UTC, or on the wall; CHOICE: a day is its midnight there."""
    if is_day(value) and zone is not None:
        return datetime.combine(value, time(), tzinfo=zone)
    if not is_day(value) and value.tzinfo is None:
        return value.replace(tzinfo=zone)
    return value
