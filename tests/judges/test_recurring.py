"""`recurring-ical-events` over whole random calendars, where nothing needs to be put right."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import recurring_ical_events
from hypothesis import assume, given, settings
from icalendar import Calendar

from icalendars import DAY, files, of_ada, spells
from model.calendars import joined


@settings(max_examples=200, deadline=None)
@given(files(zones=("day", "none", "UTC")))
def test_as_judged(written: tuple[bytes, date]) -> None:
    """A9, A13: in UTC it finds the same absences when it is asked for the whole file."""
    content, day = written
    assume(b"CANCELLED" not in content)
    assume(b"TRANSPARENT" not in content and b"EXDATE;VALUE=DATE:" not in content)
    calendar = Calendar.from_ical(content)
    for event in calendar.walk("VEVENT"):  # a day that ends as it begins is a day to us
        assume("DTEND" not in event or event["DTSTART"].dt < event["DTEND"].dt)
    since = datetime.combine(day, datetime.min.time(), UTC) - timedelta(days=12)
    until = since + 40 * DAY
    found = []
    for event in recurring_ical_events.of(calendar).between(since, until):
        start, end = (_in_utc(value) for value in (event["DTSTART"].dt, event["DTEND"].dt))
        start, end = max(start, since), min(end, until)
        if start < end:
            found.append((start, end))
    assert spells(of_ada(content), since, until) == joined(found)


def _in_utc(value: date | datetime) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, datetime.min.time())
    return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
