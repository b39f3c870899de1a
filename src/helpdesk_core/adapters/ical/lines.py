"""The lines of an iCalendar file (RFC 5545, 3.1), each with its number, nested by BEGIN and END.

Only the lines that say when somebody is away are kept. One that cannot be read is refused by its
number and by what is wrong with it, never by what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import attrs

from helpdesk_core.errors import CalendarError

#: The most bytes of a calendar, the most characters of a line that is read, the deepest nesting.
SIZE, LENGTH, DEPTH = 16 * 2**20, 2**18, 8

_EVENT = """UID SEQUENCE STATUS TRANSP DTSTART DTEND DURATION RECURRENCE-ID RRULE RDATE EXDATE
    EXRULE ATTENDEE ORGANIZER"""
_CHANGE = "DTSTART RRULE RDATE TZOFFSETFROM TZOFFSETTO"
#: What is read of each component; a component that is not here is passed over.
_READ: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: frozenset(names.split())
        for name, names in {
            "VCALENDAR": "METHOD CALSCALE",
            "VEVENT": _EVENT,
            "VTIMEZONE": "TZID",
            "STANDARD": _CHANGE,
            "DAYLIGHT": _CHANGE,
        }.items()
    }
)
_INSIDE = MappingProxyType(
    {
        "VCALENDAR": "",
        "VEVENT": "VCALENDAR",
        "VTIMEZONE": "VCALENDAR",
        "STANDARD": "VTIMEZONE",
        "DAYLIGHT": "VTIMEZONE",
    }
)
_NOTHING: frozenset[str] = frozenset()
_BROKEN = "must be NAME:VALUE"
_NAME = re.compile(r"[A-Za-z0-9-]+(?=[;:])")
_BROKEN_NAME = re.compile(r"([A-Za-z0-9-]+)=")
_WORD = r'(?:"[^"]*"|[^";:,]*)'
_PARAMETER = re.compile(rf";([A-Za-z0-9-]+)=({_WORD}(?:,{_WORD})*)")


class UnreadableCalendarError(CalendarError):
    """A calendar that cannot be read: which one, its line, and what must be otherwise.

    >>> str(UnreadableCalendarError("off.ics", 12, "DTSTART must be a date or a time"))
    'off.ics, line 12: DTSTART must be a date or a time'
    """

    def __init__(self, feed: str, line: int | None, problem: str) -> None:
        where = feed if line is None else f"{feed}, line {line}"
        super().__init__(f"{where}: {problem}")
        self.feed = feed
        self.line = line
        self.problem = problem


class LineError(Exception):
    """A line that cannot be read; whoever knows the name of the calendar says it."""

    def __init__(self, line: int | None, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


@attrs.frozen
class Line:
    """One line, unfolded: its number, its name in capitals, parameters by name, its value."""

    number: int
    name: str
    parameters: Mapping[str, str]
    value: str

    def refuse(self, problem: str) -> LineError:
        """That this line must be otherwise."""
        return LineError(self.number, f"{self.name} {problem}")


@attrs.define
class Part:
    """One component: the lines of it that are read, by their names, and the components in it."""

    name: str
    number: int
    lines: dict[str, list[Line]] = attrs.field(factory=dict)
    parts: list[Part] = attrs.field(factory=list)

    def all(self, name: str) -> list[Line]:
        """Its lines of this name."""
        return self.lines.get(name, [])

    def one(self, name: str) -> Line | None:
        """Its line of this name, which is there once at most."""
        found = self.all(name)
        if len(found) > 1:
            raise found[1].refuse("must not be there twice")
        return found[0] if found else None

    def refuse(self, problem: str) -> LineError:
        """That this component must be otherwise."""
        return LineError(self.number, f"{self.name} {problem}")


def read_parts(content: bytes | str) -> list[Part]:
    """The VCALENDARs of a file, of which there is one at least.

    >>> [calendar] = read_parts("BEGIN:VCALENDAR\\r\\nBEGIN:VEVENT\\r\\nUID:a\\r\\n 1\\r\\n"
    ...                         "END:VEVENT\\r\\nEND:VCALENDAR\\r\\n")
    >>> calendar.parts[0].one("UID").value
    'a1'
    """
    calendars: list[Part] = []
    names: list[str] = []  # of the components that are open, the innermost last
    read: list[Part] = []  # those of them that are read
    wanted = _NOTHING  # what is read of the innermost
    before = ""
    for number, name, text in _unfolded(_decoded(content)):
        if name in wanted:
            read[-1].lines.setdefault(name, []).append(_line(number, name, text))
        elif name == "BEGIN":
            inner = text.partition(":")[2].strip().upper()
            _begin(number, inner, names)
            wanted = _READ.get(inner, _NOTHING)
            if wanted:
                part = Part(inner, number)
                (read[-1].parts if read else calendars).append(part)
                read.append(part)
        elif not names:
            raise LineError(number, "must be within a VCALENDAR" if name else _BROKEN)
        elif name == "END":
            if text.partition(":")[2].strip().upper() != names[-1]:
                raise LineError(number, f"END must be that of {_said(names[-1])}")
            if names.pop() in _READ:
                read.pop()
            wanted = _READ.get(names[-1], _NOTHING) if names else _NOTHING
        elif not name:
            _check_broken(number, text, wanted, before)
        before = name or before
    if names:
        raise LineError(None, f"must have an END for each BEGIN: {_said(names[-1])} goes on")
    if not calendars:
        raise LineError(None, "must hold a VCALENDAR")
    return calendars


def _begin(number: int, name: str, names: list[str]) -> None:
    if len(names) >= DEPTH:
        raise LineError(number, f"BEGIN must be nested at most {DEPTH} deep")
    around = names[-1] if names else ""
    if name in _INSIDE and around != _INSIDE[name]:
        place = f"within a {_INSIDE[name]}" if _INSIDE[name] else "outermost"
        raise LineError(number, f"{name} must be {place}")
    if not names and name != "VCALENDAR":
        raise LineError(number, "must begin with a VCALENDAR")
    names.append(name)


def _said(name: str) -> str:
    """Only a name that the format has is said again."""
    return name if name in _READ else "its BEGIN"


def _decoded(content: bytes | str) -> str:
    if len(content) > SIZE:
        raise LineError(None, f"must have at most {SIZE:,} bytes")
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LineError(content.count(b"\n", 0, error.start) + 1, "must be UTF-8") from None


def _unfolded(text: str) -> Iterator[tuple[int, str, str]]:
    """Each line with its number, its name and its text; its parts are joined again."""
    number, whole = 0, ""
    pieces: list[str] = []
    for at, physical in enumerate(text.split("\n"), 1):
        line = physical[:-1] if physical[-1:] == "\r" else physical
        if not line:
            continue
        if line[0] in " \t":
            pieces.append(line[1:])
            continue
        if number:
            if pieces:
                whole, pieces = "".join([whole, *pieces]), []
            found = _NAME.match(whole)
            yield number, "" if found is None else found[0].upper(), whole
        number, whole = at, line
    if number:
        whole = "".join([whole, *pieces])
        found = _NAME.match(whole)
        yield number, "" if found is None else found[0].upper(), whole


def _check_broken(number: int, text: str, wanted: frozenset[str], before: str) -> None:
    """Let a line pass that is not NAME:VALUE when nothing that is read can have been lost.

    So one with a name that is not read, and whatever comes after a line that is not.
    """
    told = _BROKEN_NAME.match(text)
    if (before if told is None else told[1].upper()) in wanted:
        raise LineError(number, _BROKEN)


def _line(number: int, name: str, text: str) -> Line:
    if len(text) > LENGTH:
        raise LineError(number, f"{name} must have at most {LENGTH:,} characters")
    at = len(name)
    parameters: dict[str, str] = {}
    while found := _PARAMETER.match(text, at):
        key = found[1].upper()
        if key in parameters:
            raise LineError(number, f"{name} must have each parameter once")
        parameters[key] = found[2].strip('"')
        at = found.end()
    if text[at : at + 1] != ":":
        raise LineError(number, f"{name} must have parameters like ;NAME=VALUE")
    return Line(number, name, parameters, text[at + 1 :].strip())
