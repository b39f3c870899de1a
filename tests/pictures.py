"""Makes the pictures of the documentation: `python tests/pictures.py`, or `make pictures`.

tests/core/test_pictures.py fails when one is not up to date.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
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


def put_into(page: str, chart: str) -> str:
    """The page with this chart in the place of the one that it has."""
    before, fence, rest = page.partition("```mermaid\n")
    return before + fence + chart + rest[rest.index("```") :]


PICTURES = {"look-ahead.svg": look_ahead}
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
