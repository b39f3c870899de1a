"""When the people of a log were away, by an iCalendar file (extra `ical`)."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from types import MappingProxyType

from helpdesk_core.cli.errors import InputError
from helpdesk_core.cli.logs import EventLog
from helpdesk_core.errors import CalendarError
from helpdesk_core.ports import Calendar


def calendar_of(file: str | None, log: EventLog, zone: tzinfo) -> Calendar | None:
    """The absences in a file of those whom the log names; the whole file is read and checked.

    An event is of whom it names by ATTENDEE, else by ORGANIZER: by the address, or by the name that
    stands with it (CN), whichever the log has. Large and small letters are the same. Whole days are
    those of the zone of the log.
    """
    if file is None:
        return None
    try:
        from helpdesk_core.adapters.ical import Feed, ICalendarCalendar
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("icalendar", "recurring_ical_events"):
            raise
        raise InputError(
            "--absences needs the extra ical; install it with: pip install 'helpdesk-core[ical]'"
        ) from None
    people = MappingProxyType({person.casefold(): person for person in log.people})

    def who(address: str, name: str) -> str | None:
        return people.get(address.casefold()) or people.get(name.casefold())

    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from None
    feed = Feed(name=Path(file).name, fetch=lambda: content, members=who)
    calendar = ICalendarCalendar([feed], time_zone=str(zone))
    first = log.events[0].at
    try:
        found = list(calendar.absences(log.people, first, first))
    except CalendarError:
        raise InputError("; ".join(stale.problem for stale in calendar.stale())) from None
    if not found:
        raise InputError(
            f"{file}: nobody of the log is away after {first:%Y-%m-%d}; an event names who it is of"
            " by ATTENDEE or ORGANIZER"
        )
    return calendar
