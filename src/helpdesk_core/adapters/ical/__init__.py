"""Calendars in the format that everybody writes, iCalendar (RFC 5545): the extra `ical`.

`icalendar` reads them, and `recurring_ical_events` tells what comes again. Here `lines` knows on
which line what stands, `zones` which time zone is meant, `rules` which RRULEs are too much, and
`events` when an event is and whose; `series` asks for the occurrences of those that are one,
`known` keeps what that says of somebody, `feeds` the last good of each; `caldav` fetches a
collection, and `calendar` is the port.
"""

from helpdesk_core.adapters.ical.caldav import CalDavCollection
from helpdesk_core.adapters.ical.calendar import ICalendarCalendar
from helpdesk_core.adapters.ical.feeds import Content, Feed, Stale
from helpdesk_core.adapters.ical.lines import UnreadableCalendarError

__all__ = [
    "CalDavCollection",
    "Content",
    "Feed",
    "ICalendarCalendar",
    "Stale",
    "UnreadableCalendarError",
]
