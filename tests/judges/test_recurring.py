"""`recurring-ical-events` as a judge of random calendars.

It wants a dateutil below 3, so it is not part of the development environment; in one that has it:

    pip install recurring-ical-events
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from icalendar import Calendar

from icalendars import DAY, files, of_ada, spells
from model.calendars import joined

judge = pytest.importorskip("recurring_ical_events", reason="it wants dateutil below 3")


@settings(max_examples=200, deadline=None)
@given(files(zones=("day", "none", "UTC")))
def test_as_judged(written: tuple[bytes, date]) -> None:
    """A9, A13: in UTC, where all read the wall alike, the judge finds the same absences."""
    content, day = written
    assume(b"CANCELLED" not in content)
    assume(b"TRANSPARENT" not in content and b"EXDATE;VALUE=DATE:" not in content)
    calendar = Calendar.from_ical(content)
    for event in calendar.walk("VEVENT"):  # a day that ends as it begins is a day to us
        assume("DTEND" not in event or event["DTSTART"].dt < event["DTEND"].dt)
    since = datetime.combine(day, datetime.min.time(), UTC) - timedelta(days=12)
    until = since + 40 * DAY
    found = []
    for event in judge.of(calendar).between(since, until):
        start, end = (_in_utc(value) for value in (event["DTSTART"].dt, event["DTEND"].dt))
        start, end = max(start, since), min(end, until)
        if start < end:
            found.append((start, end))
    assert spells(of_ada(content), since, until) == joined(found)


def _in_utc(value: date | datetime) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, datetime.min.time())
    return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
