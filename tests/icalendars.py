"""iCalendar files for the tests: short ones by hand, and random ones that `icalendar` writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from icalendar import Calendar, Event, vRecur
from icalendar.prop import vDuration

from helpdesk_core.adapters.ical import Feed, ICalendarCalendar
from helpdesk_core.availability import Availability
from helpdesk_core.entities import Absence

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
YEAR = 366 * DAY
ZONES = ("Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")


def calendar(*events: str, head: str = "") -> str:
    """A VCALENDAR of events, each told by its lines."""
    inner = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{inner}END:VCALENDAR\n".replace("\n", "\r\n")


def of_ada(content: Any, time_zone: str = "UTC", **rest: Any) -> ICalendarCalendar:
    """A calendar of ada's alone."""
    feed = Feed(name="ada.ics", fetch=lambda: content, user_id="ada", **rest)
    return ICalendarCalendar([feed], time_zone=time_zone)


def spells(
    known: ICalendarCalendar,
    since: datetime = MONDAY,
    until: datetime = MONDAY + YEAR,
    user_id: str = "ada",
) -> list[tuple[datetime, datetime]]:
    """When somebody is away by it, within the window, as moments in UTC."""
    there = Availability(known.absences([user_id], since, until))
    return [(gap.start, gap.end) for gap in there.coverage([user_id], since, until)]


def shown(found: Sequence[tuple[datetime, datetime]]) -> list[str]:
    """Spells as one line each."""
    return [f"{start:%Y-%m-%d %H:%M} - {end:%Y-%m-%d %H:%M}" for start, end in found]


# --- random ones ---------------------------------------------------------------------------------

#: Days on which a clock is changed, and one on which none is.
DAYS = (
    date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25),
    date(2026, 11, 1), date(2011, 12, 30), date(2026, 6, 17),
)  # fmt: skip
TIMES = ("00:00", "00:30", "01:30", "01:45", "02:00", "02:15", "02:30", "03:00", "09:00", "23:30")
RULES = (
    "FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=DAILY;BYMONTH=3,10,12", "FREQ=DAILY;BYHOUR=1,2,9",
    "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,FR,SU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
    "FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=-1,15", "FREQ=MONTHLY;BYDAY=+2TU,-1SU",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=3,10",
    "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3,10", "FREQ=YEARLY;BYYEARDAY=-1,88",
)  # fmt: skip


@st.composite
def files(
    draw: st.DrawFn, zones: Sequence[str] = ("day", "none", "UTC", *ZONES)
) -> tuple[bytes, date]:
    """A file with a few events, and a day that they are near."""
    day = draw(st.sampled_from(DAYS))
    written = Calendar()
    for uid in range(draw(st.integers(1, 2))):
        for event in draw(_events(day, f"event-{uid}", zones)):
            written.add_component(event)
    return written.to_ical(), day


def _start(draw: st.DrawFn, day: date, zone: str) -> date | datetime:
    on = day + timedelta(draw(st.integers(-9, 3)))
    if zone == "day":
        return on
    time = datetime.strptime(draw(st.sampled_from(TIMES)), "%H:%M").time()  # noqa: DTZ007
    return datetime.combine(on, time, tzinfo=None if zone == "none" else ZoneInfo(zone))


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


@st.composite
def _events(draw: st.DrawFn, day: date, uid: str, zones: Sequence[str]) -> list[Event]:
    zone = draw(st.sampled_from(zones))
    master = Event()
    master.add("UID", uid)
    start = _start(draw, day, zone)
    master.add("DTSTART", start)
    _lasts(draw, master, start, zone)
    _takes_time(draw, master)
    if draw(st.booleans()):
        return [master]
    rule = vRecur.from_ical(draw(st.sampled_from(RULES)))
    if zone == "day":
        rule.pop("BYHOUR", None)
    ends = draw(st.sampled_from(["", "", "COUNT", "UNTIL"]))
    if ends == "COUNT":
        rule["COUNT"] = draw(st.integers(1, 30))
    elif ends == "UNTIL":
        until: Any = start + draw(st.integers(-1, 40)) * DAY
        if zone not in ("day", "none"):
            until = _in_utc(until)
        rule["UNTIL"] = until
    master.add("RRULE", rule)
    others = []
    at = [start + n * DAY for n in draw(st.lists(st.integers(0, 20), max_size=4, unique=True))]
    for moment in at:
        told: Any = moment
        if zone not in ("day", "none") and draw(st.booleans()):
            told = _in_utc(moment)
        match draw(st.sampled_from(["EXDATE", "day", "RDATE", "moved", "onwards"])):
            case "EXDATE":
                master.add("EXDATE", [told])
            case "day" if zone not in ("day", "none"):
                master.add("EXDATE", [moment.date()], parameters={"VALUE": "DATE"})
            case "RDATE":
                master.add("RDATE", [told])
            case "moved" | "onwards" as kind:
                other = Event()
                other.add("UID", uid)
                onwards = kind == "onwards"
                other.add(
                    "RECURRENCE-ID", told, parameters={"RANGE": "THISANDFUTURE"} if onwards else {}
                )
                by = draw(st.sampled_from([0, 1, -2, 30])) * (DAY if zone == "day" else HOUR)
                moved: Any = moment + by
                other.add("DTSTART", moved)
                _lasts(draw, other, moved, zone)
                _takes_time(draw, other)
                others.append(other)
    return draw(st.permutations([master, *others]))


def _lasts(draw: st.DrawFn, event: Event, start: Any, zone: str) -> None:
    match draw(st.sampled_from(["DTEND", "DURATION", "none"])):
        case "DTEND" if zone == "day":
            event.add("DTEND", start + draw(st.integers(0, 3)) * DAY)
        case "DTEND":
            minutes = draw(st.sampled_from([0, 15, 60, 90, 480, 1440, 2000]))
            event.add("DTEND", start + timedelta(minutes=minutes))
        case "DURATION":
            lengths = [DAY, 2 * DAY] if zone == "day" else [HOUR, 8 * HOUR, DAY, DAY + 2 * HOUR]
            event.add("DURATION", vDuration(draw(st.sampled_from(lengths))))


def _takes_time(draw: st.DrawFn, event: Event) -> None:
    for who in draw(st.sampled_from([(), ("ada",), ("ben",), ("ada", "ben")])):
        event.add("ATTENDEE", f"mailto:{who}@example.com")
    match draw(st.sampled_from(["", "", "", "", "CONFIRMED", "CANCELLED", "TRANSPARENT"])):
        case "TRANSPARENT":
            event.add("TRANSP", "TRANSPARENT")
        case "" as nothing:
            assert not nothing
        case status:
            event.add("STATUS", status)


def absences_as_events(absences: Sequence[Absence]) -> bytes:
    """A file that says what these absences say."""
    written = Calendar()
    for number, absence in enumerate(absences):
        event = Event()
        event.add("UID", str(number))
        event.add("DTSTART", absence.start)
        event.add("ATTENDEE", f"mailto:{absence.user_id}@example.com")
        event.add("DTEND", absence.end or datetime(9999, 12, 31, tzinfo=UTC))
        written.add_component(event)
    return written.to_ical()
