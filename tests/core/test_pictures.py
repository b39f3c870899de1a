"""Pictures: a team's days as SVG."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

import pictures
from helpdesk_core.availability import Availability
from helpdesk_core.entities import Absence
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.pictures import draw_days

pytestmark = pytest.mark.core

MONDAY = datetime(2026, 1, 5, 15, tzinfo=UTC)  # drawn from midnight on
DAY = timedelta(days=1)


def parts(svg: str, kind: str) -> list[dict[str, str]]:
    """The attributes of everything of this class."""
    return [
        dict(one.attrib) for one in ElementTree.fromstring(svg).iter() if one.get("class") == kind
    ]


def texts(svg: str) -> list[str | None]:
    """What is written."""
    return [one.text for one in ElementTree.fromstring(svg).iter() if one.tag.endswith("text")]


def test_a_bar_is_a_spell() -> None:
    """A10: A bar is as long as somebody is there, and stands where that is, in the member's row."""
    noon = MONDAY.replace(hour=12)
    known = Availability([Absence(user_id="bob", start=noon, end=noon + 3 * DAY)])
    svg = draw_days(known, {"ada": "Ada", "bob": "Bob", "cy": "<Cy & Co>"}, MONDAY)
    bars = [(bar["x"], bar["y"], bar["width"]) for bar in parts(svg, "there")]
    assert bars == [
        ("120.0", "40", "840.0"),
        ("120.0", "64", "60.0"),
        ("540.0", "64", "420.0"),
        ("120.0", "88", "840.0"),
    ]
    assert len(parts(svg, "day")) == 8
    assert texts(svg)[0] == "Mon 2026-01-05"
    assert texts(svg)[-3:] == ["Ada", "Bob", "<Cy & Co>"]


def test_nobody_and_never() -> None:
    """A10: Who is not there at all has an empty row; a picture of nobody has no rows."""
    known = Availability([Absence(user_id="ada", start=MONDAY - 9 * DAY)])
    assert parts(draw_days(known, {"ada": "Ada"}, MONDAY), "there") == []
    assert parts(draw_days(known, {}, MONDAY), "there") == []


def test_the_moments_are_marked_when_they_are_inside() -> None:
    """A10: The question and its answer are lines with the time on the wall, or are left out."""
    rome = MONDAY.astimezone(ZoneInfo("Europe/Rome"))
    svg = draw_days(Availability(), {"ada": "Ada"}, rome, asked=MONDAY, found=MONDAY + DAY)
    assert [one["x1"] for one in parts(svg, "asked") + parts(svg, "found")] == ["200.0", "320.0"]
    assert texts(svg)[-2:] == ["asked Mon 16:00", "found Tue 16:00"]
    anchors = re.findall("text-anchor='([a-z]+)'", svg)
    assert anchors == ["start", "start"]
    late = draw_days(Availability(), {}, MONDAY, found=MONDAY + 6 * DAY)
    assert "text-anchor='end'" in late
    svg = draw_days(Availability(), {}, MONDAY, days=1, asked=MONDAY - DAY, found=MONDAY + DAY)
    assert parts(svg, "asked") + parts(svg, "found") == []


def test_days_are_those_of_the_wall() -> None:
    """A13: A day of 23 hours is drawn narrower than one of 24."""
    saturday = datetime(2026, 3, 28, tzinfo=ZoneInfo("Europe/Rome"))
    svg = draw_days(Availability(), {}, saturday, days=2)
    xs = [float(one["x1"]) for one in parts(svg, "day")]
    assert xs == [120.0, round(120 + 840 * 24 / 47, 1), 960.0]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": 32}, "days"),
        ({"days": 1.5}, "days"),
        ({"names": dict.fromkeys(range(101), "x")}, "names"),
        ({"names": {1: "x" * 41}}, "names"),
        ({"names": {1: "x\x00"}}, "names"),
        ({"since": MONDAY.replace(tzinfo=None)}, "since"),
        ({"asked": MONDAY.replace(tzinfo=None)}, "asked"),
        ({"found": MONDAY.replace(tzinfo=None)}, "found"),
    ],
)
def test_impossible_pictures_are_refused(fields: dict[str, Any], field: str) -> None:
    """A9: Too much for one picture, control characters and naive moments are refused by name."""
    values = {"availability": Availability(), "names": {1: "x"}, "since": MONDAY} | fields
    with pytest.raises(InvalidValueError) as caught:
        draw_days(**values)
    assert caught.value.field == field
    most = dict.fromkeys(range(100), "x" * 40)
    assert len(parts(draw_days(Availability(), most, MONDAY, days=31), "there")) == 100


@pytest.mark.parametrize("name", sorted(pictures.PICTURES))
def test_pictures_of_the_documentation_are_up_to_date(name: str) -> None:
    """A10: What is shown is what the code draws; else: make pictures."""
    drawn = pictures.PICTURES[name]()
    shown = {"look-ahead.svg": "found", "backtest.svg": "s2"}[name]
    assert re.search(f"class='{shown}'", drawn)
    assert (pictures.DOCS / name).read_text(encoding="utf-8") == drawn


@pytest.mark.parametrize("page", sorted(pictures.CHARTS))
def test_charts_of_the_documentation_are_up_to_date(page: str) -> None:
    """G5, G6: The pipeline that is shown is what the code draws; else: make pictures."""
    text = (pictures.DOCS / page).read_text(encoding="utf-8")
    assert text.count("```mermaid\n") == 1
    assert pictures.put_into(text, pictures.CHARTS[page]()) == text
