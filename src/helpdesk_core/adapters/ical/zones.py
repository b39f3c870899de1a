"""The time zones of iCalendar files: by name, by a name of Windows, or as a VTIMEZONE says."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from helpdesk_core.adapters.ical.lines import Line, Part
from helpdesk_core.adapters.ical.rules import read_rule

UTC: tzinfo = ZoneInfo("UTC")
#: The most changes (STANDARD and DAYLIGHT) that a VTIMEZONE lists.
CHANGES = 500

_START = datetime(2000, 1, 1)  # noqa: DTZ001 - on the wall


class Zones:
    """The zones that a calendar names, each found once."""

    def __init__(self, calendar: Part) -> None:
        self._own: dict[str, Part] = {}
        for part in calendar.parts:
            named = part.one("TZID") if part.name == "VTIMEZONE" else None
            if named is not None:
                self._own[named.text.partition(":")[2].strip()] = part
        self._found: dict[str, tzinfo] = {}

    def zone(self, line: Line, name: str) -> tzinfo:
        """The zone that a TZID names: that of the IANA before what the file says of itself."""
        zone = self._found.get(name)
        if zone is None:
            known = named(name)
            if known is None and name in self._own:
                known = _own_zone(self._own[name])
            if known is None:
                raise line.refuse("must have a TZID that is known")
            zone = self._found[name] = known
        return zone


def named(name: str) -> tzinfo | None:
    """The zone of this name, of the IANA or of Windows; behind a prefix, if it begins with "/".

    >>> named("W. Europe Standard Time").key, named("/example.org/20260101_1/Europe/Rome").key
    ('Europe/Berlin', 'Europe/Rome')
    """
    plain = name.strip("/")
    tried = [plain, WINDOWS_TO_OLSON.get(plain, "")]
    if name.startswith("/"):
        words = plain.split("/")
        tried += ["/".join(words[at:]) for at in range(1, len(words))][:8]
    for one in tried:
        try:
            return ZoneInfo(one)
        except (LookupError, ValueError, OSError):  # not there, not a name, a folder of names
            continue
    return None


def _own_zone(part: Part) -> tzinfo:
    """What a VTIMEZONE says, under no name, as `icalendar` keeps zones by their names for ever.

    Its rules are looked at before: dateutil follows any.
    """
    if not 0 < len(part.parts) <= CHANGES:
        raise part.refuse(f"must have 1 to {CHANGES} STANDARD and DAYLIGHT")
    component = Timezone()
    component.add("TZID", "own")
    for change in part.parts:
        told = change.read()
        line = change.one("RRULE")
        if line and read_rule(line, told["RRULE"], _START).recurrence.frequency != "YEARLY":
            raise line.refuse("of a zone must have FREQ YEARLY")
        component.add_component(told)
    try:
        zone: tzinfo = component.to_tz(lookup_tzid=False)
        for month in (1, 7):
            datetime(2026, month, 1, tzinfo=zone).utcoffset()
    except Exception:  # of whatever kind: it is dateutil's, of a text that is not ours
        raise part.refuse("must be one that can be read") from None
    return zone
