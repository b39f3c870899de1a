"""Pictures as SVG, drawn without a library: who is there when, and how far assignment looks (A10).

They are texts, the same for the same values; a host puts them into a page or a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from html import escape

from helpdesk_core.availability import Availability
from helpdesk_core.entities import Id
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import check_line, utc

#: The most members and days that one picture shows, and the longest name.
MEMBERS_LIMIT, DAYS_LIMIT, NAME_LIMIT = 100, 31, 40

_LEFT, _TOP, _ROW, _BAR, _WIDTH = 120, 40, 24, 14, 840
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.day{stroke:#ddd}.there{fill:#4a9d6f}"
    ".asked{stroke:#c0392b;stroke-width:2}.found{stroke:#2c5aa0;stroke-width:2}"
)


def draw_days(
    availability: Availability,
    names: Mapping[Id, str],
    since: datetime,
    *,
    days: int = 7,
    asked: datetime | None = None,
    found: datetime | None = None,
) -> str:
    """A row for each member, a bar for each spell of being there, from the day of `since` on.

    Days are those of the time zone of `since`. `asked` marks the moment of a question and `found`
    its answer, when they are within these days.

    >>> from zoneinfo import ZoneInfo
    >>> monday = datetime(2026, 1, 5, tzinfo=ZoneInfo("Europe/Rome"))
    >>> draw_days(Availability(), {"ada": "Ada"}, monday).count("class='there'")
    1
    """
    if type(days) is not int or not 1 <= days <= DAYS_LIMIT:
        raise InvalidValueError("days", f"must be between 1 and {DAYS_LIMIT}")
    if len(names) > MEMBERS_LIMIT:
        raise InvalidValueError("names", f"must be at most {MEMBERS_LIMIT}")
    utc("since", since)
    midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
    # on the wall, where a day may have 23 or 25 hours
    midnights = [midnight + timedelta(days=day) for day in range(days + 1)]
    start, end = utc("since", midnights[0]), utc("since", midnights[-1])
    bottom = _TOP + _ROW * len(names)

    def across(moment: datetime) -> float:
        return round(_LEFT + _WIDTH * ((utc("moment", moment) - start) / (end - start)), 1)

    def upright(kind: str, x: float) -> str:
        return f"<line class='{kind}' x1='{x}' y1='{_TOP - 8}' x2='{x}' y2='{bottom}'/>"

    size = f"0 0 {_LEFT + _WIDTH + 10} {bottom + 40}"
    lines = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='{size}' role='img'>",
        f"<style>{_STYLE}</style>",
        *(upright("day", across(midnight)) for midnight in midnights),
    ]
    for midnight in midnights[:-1]:
        day = f"{_WEEKDAYS[midnight.weekday()]} {midnight.date()}"
        lines.append(f"<text x='{across(midnight) + 4}' y='24'>{day}</text>")
    for row, (member_id, name) in enumerate(names.items()):
        check_line("names", name, NAME_LIMIT)
        y = _TOP + _ROW * row
        lines.append(f"<text x='4' y='{y + _BAR - 2}'>{escape(name)}</text>")
        for comes, goes in _spells(availability, member_id, start, end):
            x, width = across(comes), round(across(goes) - across(comes), 1)
            bar = f"x='{x}' y='{y}' width='{width}' height='{_BAR}'"
            lines.append(f"<rect class='there' {bar}/>")
    for below, (kind, moment) in enumerate((("asked", asked), ("found", found))):
        if moment is not None and start <= utc(kind, moment) <= end:
            x, shown = across(moment), moment.astimezone(since.tzinfo)
            text = f"{kind} {_WEEKDAYS[shown.weekday()]} {shown:%H:%M}"
            anchor = "end" if x > _LEFT + _WIDTH / 2 else "start"  # never over the edge
            y = bottom + 16 + 16 * below
            lines.append(upright(kind, x))
            lines.append(f"<text x='{x}' y='{y}' text-anchor='{anchor}'>{text}</text>")
    return "\n".join([*lines, "</svg>", ""])


def _spells(
    availability: Availability, member_id: Id, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """When the member is there: what coverage leaves."""
    comes = start
    for gap in availability.coverage([member_id], start, end):
        if comes < gap.start:
            yield comes, gap.start
        comes = gap.end
    if comes < end:
        yield comes, end
