"""Where things stand in an iCalendar file: each component, and the line of each of its properties.

`icalendar` reads the lines; it does not say on which one it found what. So the file is gone through
once before: what is too large, nested too deep or not whole is refused, and only the lines that say
when somebody is away are kept. Who is refused is told its line, never what that holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import attrs
from icalendar import Component
from icalendar.parser import Contentline

from helpdesk_core.errors import CalendarError

#: The most bytes of a calendar, and lines of a name in a component; the deepest nesting.
SIZE, LINES, DEPTH = 16 * 2**20, 20_000, 8
#: The most characters of a line, and of one that lists dates.
LENGTH, LIST_LENGTH = 2**13, 2**18

_CHANGE = "DTSTART RRULE RDATE TZOFFSETFROM TZOFFSETTO"
#: What is kept of each component; a component that is not here is passed over.
_KEPT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: frozenset(names.split())
        for name, names in {
            "VCALENDAR": "METHOD CALSCALE",
            "VEVENT": "UID SEQUENCE STATUS TRANSP DTSTART DTEND DURATION RECURRENCE-ID RRULE"
            " RDATE EXDATE EXRULE ATTENDEE ORGANIZER",
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
_NAME = r"[A-Za-z0-9-]+(?=[;:])"
#: A line that is not empty, with those that go on with it, also behind empty ones.
_WHOLE = re.compile(
    rf"^(?:({_NAME})|[^ \t\r\n]|\r(?!\n|\Z))[^\n]*(\n(?:\r?\n)*+[ \t][^\n]*)*", re.MULTILINE
)
_FOLD = re.compile(r"\r?\n(?:\r?\n)*+[ \t]")
_BROKEN_NAME = re.compile(r"([A-Za-z0-9-]+)=")
#: What is said of a property that `icalendar` cannot read.
_MUST = MappingProxyType(
    {
        "DURATION": "must be a duration like P1DT12H",
        "SEQUENCE": "must be a number",
        "RRULE": "must be a rule, with UNTIL like 20261231T230000Z",
        **dict.fromkeys(("TZOFFSETFROM", "TZOFFSETTO"), "must be like +0100"),
        **dict.fromkeys(
            ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"),
            "must be a date or a time that there is",
        ),
    }
)
_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE")
_TIME = re.compile(r"\d{8}(T\d{6}Z?)?", re.ASCII)
_PERIOD = re.compile(rf"{_TIME.pattern}(/\+?[\dTZPWDHMS]+)?", re.ASCII)
#: The parameter under which a time has its TZID when it was read.
ZONE = "X-TZID"
_ZONE = re.compile(";TZID=", re.IGNORECASE)


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


class Line(NamedTuple):  # there are many, and an attrs class takes longer to make
    """One line, unfolded: its number, its name in capitals, and all of it."""

    number: int
    name: str
    text: str

    @property
    def value(self) -> str:
        """What is behind the last colon: all of what has none in it, as times and rules."""
        return self.text.rpartition(":")[2].strip()

    def refuse(self, problem: str) -> LineError:
        """That this line must be otherwise."""
        return LineError(self.number, f"{self.name} {problem}")


@attrs.define
class Part:
    """One component: the lines of it that are kept, by their names, and the components in it."""

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

    def read(self) -> Component:
        """What `icalendar` reads of it; what it does not is refused by its line."""
        lines = [line for same in self.lines.values() for line in same]
        for line in lines:
            form = _PERIOD if line.name == "RDATE" else _TIME
            if line.name in _TIMES and not all(map(form.fullmatch, line.value.split(","))):
                raise line.refuse(_MUST[line.name])  # it would read 080 00, 120000, P1D or more
        found = self._tried(lines)
        if found is not None:
            return found
        for line in lines:
            if self._tried([line]) is None:
                raise line.refuse(_why(line))
        raise self.refuse("must be one that can be read")

    def _tried(self, lines: list[Line]) -> Component | None:
        text = [f"BEGIN:{self.name}", *map(_without_zone, lines), f"END:{self.name}", ""]
        try:
            found = Component.from_ical("\r\n".join(text))
        except Exception:  # of whatever kind: of a text that is not ours
            return None
        return found if isinstance(found, Component) and not found.errors else None


def _why(line: Line) -> str:
    try:
        Contentline(line.text).parts()  # type: ignore[no-untyped-call]
    except ValueError:
        return "must have parameters like ;NAME=VALUE"
    return _MUST.get(line.name, "must be one that can be read")


def _without_zone(line: Line) -> str:
    """The line, with its TZID under another name, so that `icalendar` only hands it on.

    It would read 080000Z beside a TZID as a time of that zone, a date beside one as a time, and a
    zone that one file tells of would be that of every other file with such a name.
    """
    return _ZONE.sub(f";{ZONE}=", line.text) if line.name in _TIMES else line.text


def read_parts(content: bytes | str) -> list[Part]:
    """The VCALENDARs of a file, of which there is one at least.

    >>> [calendar] = read_parts("BEGIN:VCALENDAR\\r\\nBEGIN:VEVENT\\r\\nUID:a\\r\\n 1\\r\\n"
    ...                         "END:VEVENT\\r\\nEND:VCALENDAR\\r\\n")
    >>> calendar.parts[0].one("UID")
    Line(number=3, name='UID', text='UID:a1')
    """
    calendars: list[Part] = []
    names: list[str] = []  # of the components that are open, the innermost last
    kept: list[Part] = []  # those of them that are kept
    wanted = _NOTHING  # what is kept of the innermost
    before = ""
    for number, name, text in _unfolded(_decoded(content)):
        if name in wanted:
            longest = LIST_LENGTH if name in ("RDATE", "EXDATE") else LENGTH
            if len(text) > longest:
                raise LineError(number, f"{name} must have at most {longest:,} characters")
            same = kept[-1].lines.setdefault(name, [])
            same.append(Line(number, name, text))
            if len(same) > LINES:
                raise LineError(number, f"{name} must be there at most {LINES:,} times")
        elif name == "BEGIN":
            inner = text.partition(":")[2].strip().upper()
            _begin(number, inner, names)
            wanted = _KEPT.get(inner, _NOTHING)
            if wanted:
                part = Part(inner, number)
                (kept[-1].parts if kept else calendars).append(part)
                kept.append(part)
        elif not names:
            raise LineError(number, "must be within a VCALENDAR" if name else _BROKEN)
        elif name == "END":
            if text.partition(":")[2].strip().upper() != names[-1]:
                raise LineError(number, f"END must be that of {_said(names[-1])}")
            if names.pop() in _KEPT:
                kept.pop()
            wanted = _KEPT.get(names[-1], _NOTHING) if names else _NOTHING
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
    return name if name in _KEPT else "its BEGIN"


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
    number, counted = 1, 0
    for line in _WHOLE.finditer(text):
        number, counted = number + text.count("\n", counted, line.start()), line.start()
        whole, name = line[0].removesuffix("\r"), line[1]
        if line[2]:
            whole = _FOLD.sub("", whole)
            found = re.match(_NAME, whole)
            name = None if found is None else found[0]
        yield number, "" if name is None else name.upper(), whole


def _check_broken(number: int, text: str, wanted: frozenset[str], before: str) -> None:
    """Let a line pass that is not NAME:VALUE when nothing that is read can have been lost.

    So one with a name that is not read, and whatever comes after a line that is not.
    """
    told = _BROKEN_NAME.match(text)
    if (before if told is None else told[1].upper()) in wanted:
        raise LineError(number, _BROKEN)
