"""iCalendar files that others wrote: the test calendars inside two installed packages.

Those of `icalendar` are installed with it. `HELPDESK_CALENDARS` names a folder with more, such as
the unpacked source distributions of `icalendar` and `recurring-ical-events`.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest

from helpdesk_core.adapters.ical import Feed, ICalendarCalendar
from helpdesk_core.errors import CalendarError
from icalendars import spells
from model import calendars

#: From when on three years are counted: those files are of many years.
YEARS = (1995, 2005, 2012, 2018, 2022, 2026)
HOME = ZoneInfo("Europe/Rome")


def folders() -> list[Path]:
    installed = Path(icalendar.__file__).parent / "tests"
    told = os.environ.get("HELPDESK_CALENDARS")
    return [folder for folder in (installed, told and Path(told)) if folder and folder.is_dir()]


def test_files_that_others_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    """A9, A11, A13: each file is read or refused by its name; absences are as counted slowly."""
    paths = sorted(path for folder in folders() for path in folder.rglob("*.ics"))
    files = list({path.read_bytes(): path for path in paths}.values())
    if not files:
        pytest.skip("no calendars are installed with icalendar; HELPDESK_CALENDARS names none")
    found: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for path in files:
        feed = Feed.of_file(path, user_id="ada")
        known = ICalendarCalendar([feed], time_zone="Europe/Rome")
        since = datetime(2026, 1, 1, tzinfo=UTC)
        try:
            known.absences(["ada"], since, since + timedelta(days=1_000))
        except CalendarError:
            [stale] = known.stale()
            assert stale.problem.startswith(feed.name)
            refused[stale.problem.rpartition(": ")[2]] += 1
            continue
        found["read"] += 1
        for year in YEARS:
            since = datetime(year, 1, 1, tzinfo=UTC)
            until = since + timedelta(days=1_000)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    expected = calendars.away(path.read_bytes(), HOME, since, until)
            except (calendars.DoubtError, ValueError):  # icalendar reads strictly where we need not
                found["not counted"] += 1
                continue
            assert spells(known, since, until) == expected, path.name
            found["spells"] += len(expected)
    if "HELPDESK_CALENDARS" in os.environ:
        with capsys.disabled():
            print(
                f"\n{len(files)} files: {dict(found)}; refused {refused.total()}: {dict(refused)}"
            )
    assert found["spells"] > 0
    assert found["not counted"] <= 3 * len(YEARS)
