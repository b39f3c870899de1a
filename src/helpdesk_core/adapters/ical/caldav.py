"""The events of a collection of a CalDAV server (RFC 4791), fetched with one question."""

from __future__ import annotations

import base64
import urllib.request
from collections.abc import Mapping
from types import MappingProxyType
from xml.etree import ElementTree

from helpdesk_core.adapters.ical.lines import SIZE, UnreadableCalendarError

_ASKED = b"""<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
<D:prop><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter>
</C:calendar-query>"""
_DAV, _CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"


class CalDavCollection:
    """Gives the calendars of a collection by their addresses; a feed's `fetch`.

    It asks by one REPORT, which a server answers as things stood at one moment. What the server
    could not give makes the whole answer one that cannot be read: a part of it would show people
    free who are away (A14). Another way of signing in goes into `headers`. It follows no redirect,
    so a password goes nowhere else; give it an address that begins with https.

    >>> fetch = CalDavCollection("https://dav.example.com/ada/time-off/", "ada", "secret")
    """

    def __init__(
        self,
        url: str,
        user: str | None = None,
        password: str = "",
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        timeout: float = 30,
    ) -> None:
        self._url, self._timeout = url, timeout
        self._headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": "1", **headers}
        if user is not None:
            told = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {told}"

    def __call__(self) -> dict[str, str]:
        """Ask the server; what goes wrong is raised."""
        request = urllib.request.Request(
            self._url, data=_ASKED, headers=self._headers, method="REPORT"
        )
        # urllib follows no redirect of a REPORT
        with urllib.request.urlopen(request, timeout=self._timeout) as answer:
            status, said = answer.status, answer.read(4 * SIZE + 1)
        if status != 207:
            raise UnreadableCalendarError("CalDAV", None, f"must answer with 207, not {status}")
        return _calendars(said)


def _calendars(answer: bytes) -> dict[str, str]:
    if len(answer) > 4 * SIZE:
        raise UnreadableCalendarError("CalDAV", None, f"must have at most {4 * SIZE:,} bytes")
    if b"<!DOCTYPE" in answer or b"<!ENTITY" in answer:  # of no use here but to do harm
        raise UnreadableCalendarError("CalDAV", None, "must have no DOCTYPE")
    try:
        responses = ElementTree.fromstring(answer).findall(f"{_DAV}response")
    except ElementTree.ParseError as error:
        raise UnreadableCalendarError("CalDAV", error.position[0], "must be XML") from None
    found = {}
    for response in responses:
        name = response.findtext(f"{_DAV}href", "")
        calendar = response.findtext(f"{_DAV}propstat/{_DAV}prop/{_CALDAV}calendar-data")
        statuses = [one.text or "" for one in response.iter(f"{_DAV}status")]
        if calendar is None or not all(status.split()[1:2] == ["200"] for status in statuses):
            raise UnreadableCalendarError("CalDAV", None, "must give everything that is asked for")
        found[name] = calendar
    return found
