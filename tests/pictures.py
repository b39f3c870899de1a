"""Makes the pictures of the documentation: `python tests/pictures.py`, or `make pictures`.

tests/core/test_pictures.py fails when one is not up to date.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from helpdesk_core.availability import Availability
from helpdesk_core.entities import (
    Absence,
    RecurringAbsence,
    Stage,
    Team,
    Visibility,
    WeeklySchedule,
)
from helpdesk_core.pictures import draw_days
from helpdesk_core.stages import Pipeline

if TYPE_CHECKING:
    from helpdesk_core.cli.logs import EventLog

DOCS = Path(__file__).parent.parent / "docs"
ROME = ZoneInfo("Europe/Rome")


def look_ahead() -> str:
    """The week in docs/availability.md: asked on Saturday noon, found on Sunday in New York."""
    monday = datetime(2026, 3, 23, tzinfo=ROME)  # the clocks change in Rome on Sunday

    def week(who: str, zone: str, days: range, start: int, end: int) -> WeeklySchedule:
        hours = [(day, 60 * start, 60 * end) for day in days]
        return WeeklySchedule(user_id=who, time_zone=zone, hours=hours)

    def away(who: str, start: float, end: float) -> Absence:
        return Absence(
            user_id=who,
            start=monday + timedelta(days=start),
            end=monday + timedelta(days=end),
        )

    lunch = RecurringAbsence(
        user_id="ada",
        start=monday.replace(hour=13),
        end=monday.replace(hour=14),
        rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        time_zone="Europe/Rome",
    )
    known = Availability(
        [lunch, away("bob", 2.5, 7), away("cyd", 0, 3)],
        {
            "ada": week("ada", "Europe/Rome", range(5), 9, 18),
            "bob": week("bob", "America/New_York", range(5), 9, 17),
            "cyd": week("cyd", "America/New_York", range(2, 7), 8, 14),
        },
    )
    asked = monday + timedelta(days=5, hours=23)
    return draw_days(
        known,
        {"ada": "Ada, Rome", "bob": "Bob, New York", "cyd": "Cyd, New York"},
        monday,
        asked=asked,
        found=known.next_available(["ada", "bob", "cyd"], asked),
    )


def pipeline() -> str:
    """The pipeline in docs/how-to-stages.md: two teams that share how tickets begin and end."""
    names = ("New", "Working", "Waiting for the customer", "In the lab", "Solved", "Scrapped")
    stages = [
        Stage(id=name, name=name, position=place, folded=name in ("Solved", "Scrapped"))
        for place, name in enumerate(names)
    ]
    shared = {"New", "Working", "Solved"}
    teams = [
        Team(id=name, name=name, visibility=Visibility.COMPANY, stage_ids=shared | more)
        for name, more in (
            ("Support", {"Waiting for the customer"}),
            ("Repairs", {"In the lab", "Scrapped"}),
        )
    ]
    return Pipeline(stages, teams).to_mermaid()


BACKTEST_STYLE = """
text{font:13px sans-serif;fill:#333}
path{fill:none;stroke-width:2;vector-effect:non-scaling-stroke}
.grid{stroke:#ccc;stroke-width:1}
.s0{stroke:#1b1f24}.s1{stroke:#0b57a4;stroke-dasharray:7 3}.s2{stroke:#b3560a;stroke-dasharray:2 2}
@media(prefers-color-scheme:dark){
text{fill:#ddd}.grid{stroke:#555}.s0{stroke:#e7eaee}.s1{stroke:#8cbcf5}.s2{stroke:#f0a35e}
}
"""


def backtest() -> str:
    """The spread in docs/backtest.md: a made-up year, in which half of all falls to one of six."""
    from helpdesk_core.cli.backtest.charts import rounded_up, stepped
    from helpdesk_core.cli.backtest.playing import compare
    from helpdesk_core.cli.backtest.variants import variants_of

    log = made_up_log()
    results = compare(log, variants_of("equal_tickets", ["equal_open"], log.people), None, UTC)
    wide, high, left = 560, 180, 40
    top, columns = rounded_up(max(map(max, (it.spread for it in results)))), len(results[0].spread)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {left + wide + 10} {high + 60}'>",
        "<title>Spread of open cases over time, in history and by two methods</title>",
        f"<style>{BACKTEST_STYLE}</style>",
        f"<svg x='{left}' y='10' width='{wide}' height='{high}' overflow='visible'",
        f" viewBox='0 0 {columns} {top}' preserveAspectRatio='none'>",
        f"<path class='grid' d='M0 0H{columns}M0 {top / 2:g}H{columns}M0 {top}H{columns}'/>",
    ]
    for number, result in enumerate(results):
        parts.append(f"<path class='s{number}' d='{stepped(result.spread, top)}'/>")
    parts.append("</svg>")
    for value, y in ((top, 15), (top // 2, 15 + high // 2), (0, 15 + high)):
        parts.append(f"<text x='{left - 6}' y='{y}' text-anchor='end'>{value}</text>")
    for number, result in enumerate(results):
        x = left + 190 * number
        parts.append(f"<path class='s{number}' d='M{x} {high + 41}h30'/>")
        parts.append(f"<text x='{x + 38}' y='{high + 45}'>{result.name}</text>")
    return "\n".join([*parts, "</svg>", ""])


def made_up_log() -> EventLog:
    """A case every five hours of a year, each open for one to five days, more in the spring."""
    from helpdesk_core.cli.csvfile import CsvFile
    from helpdesk_core.cli.logs import LogFormat, read_log

    start, people = datetime(2026, 1, 1, tzinfo=UTC), ("ada", "bob", "cyd", "dan", "eve", "fay")
    lines = [b"case,what,who,when"]
    for number in range(365 * 24 // 5):
        came = start + timedelta(hours=5 * number)
        who = people[0] if number % 2 else people[number // 2 % 6]
        days = 1 + number * 7 % 5 + (4 if 90 < (came - start).days < 150 else 0)
        for what, moment in (("New", came), ("Closed", came + timedelta(days=days))):
            lines.append(f"C{number},{what},{who},{moment.isoformat()}".encode())
    form = LogFormat(case="case", activity="what", person="who", time="when")
    return read_log(CsvFile(lines, name="log.csv"), form)


def put_into(page: str, chart: str) -> str:
    """The page with this chart in the place of the one that it has."""
    before, fence, rest = page.partition("```mermaid\n")
    return before + fence + chart + rest[rest.index("```") :]


PICTURES = {"look-ahead.svg": look_ahead, "backtest.svg": backtest}
#: Charts in the language of Mermaid, which stand in a page.
CHARTS = {"how-to-stages.md": pipeline}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (DOCS / name).write_text(draw(), encoding="utf-8")
        print(f"docs/{name} is up to date")
    for name, chart in CHARTS.items():
        page = (DOCS / name).read_text(encoding="utf-8")
        (DOCS / name).write_text(put_into(page, chart()), encoding="utf-8")
        print(f"docs/{name} is up to date")
