"""Random iCalendar files, read back, against the slow count from RFC 5545."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_core.adapters.ical import Feed, ICalendarCalendar
from icalendars import DAY, ZONES, files, of_ada, spells
from model import calendars


@settings(max_examples=250, deadline=None)
@given(files(), st.sampled_from(ZONES), st.sampled_from([-12, 0, 25, 1500]))
def test_as_counted_slowly(written: tuple[bytes, date], home: str, after: int) -> None:
    """A9, A13: what is read of any file is what the slow count gives, over changes of the clock."""
    content, day = written
    since = datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=after, hours=7)
    until = since + 40 * DAY
    expected = calendars.away(content, ZoneInfo(home), since, until)
    assert spells(of_ada(content, home), since, until) == expected
    team = Feed(name="team", fetch=lambda: content, members={"ben@example.com": "ben"})
    expected = calendars.away(content, ZoneInfo(home), since, until, "ben@example.com")
    known = ICalendarCalendar([team], time_zone=home)
    assert spells(known, since, until, "ben") == expected
