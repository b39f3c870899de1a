"""Calendars in the format that everybody writes, iCalendar (RFC 5545): the extra `ical`.

`lines` reads a file, `zones` its time zones, `rules` what comes again, `events` what it says of one
event; `series` puts together the events that are one, `known` what they say of somebody, `feeds`
keeps the last good of each, `caldav` fetches a collection, and `calendar` is the port.
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
