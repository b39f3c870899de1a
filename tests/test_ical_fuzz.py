"""Calendars that nobody wrote: read, or refused by name and line; nothing else, and never for long.

HELPDESK_FUZZ_SECONDS=600 .venv/bin/python -m pytest -s -m long tests/test_ical_fuzz.py
"""

from __future__ import annotations

import os
import random
import resource
import time
from collections import Counter

import pytest

from helpdesk_core.adapters.ical import Feed, ICalendarCalendar
from helpdesk_core.adapters.ical.lines import DEPTH
from helpdesk_core.availability import Availability
from helpdesk_core.errors import CalendarError
from icalendars import MONDAY, RULES, YEAR, calendar
from test_ical import HOSTILE, RULE

SEED = 20260105
NAMES = [
    "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "UID",
    "SEQUENCE", "STATUS", "TRANSP", "ATTENDEE", "ORGANIZER", "TZID", "TZOFFSETTO", "TZOFFSETFROM",
    "BEGIN", "END", "METHOD", "CALSCALE", "X-WHATEVER", "DESCRIPTION",
]  # fmt: skip
TOKENS = [
    "\n", "\r\n", "\n ", "\r", ":", ";", ",", "=", '"', "/", "-", "+", "\x00", "\ufeff", "é", "٣",
    "0", "1", "99999999999999999999", "-1", "20260105T080000Z", "20260105", "20260230",
    "00010101T000000", "99991231T235959Z", "20260329T023000", "T24", "Z", "P1D", "PT1H", "P99999W",
    "-P1D", "PT99999999S", "P", "FREQ=", "SECONDLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY",
    "INTERVAL=0", "INTERVAL=1000", "COUNT=10000", "COUNT=1000000000", "UNTIL=", "BYDAY=", "MO",
    "-53SU", "BYMONTH=2", "BYMONTHDAY=30", "BYMONTHDAY=29", "BYYEARDAY=366", "BYWEEKNO=53",
    "BYSETPOS=-366", "BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12", "BYMINUTE=0,1", "WKST=SU", "TZID=",
    "Europe/Rome", "Pacific/Apia", "Ours", "../../etc/passwd", "W. Europe Standard Time",
    "VALUE=DATE", "VALUE=PERIOD", "RANGE=THISANDFUTURE", "PARTSTAT=DECLINED", "CANCELLED",
    "TRANSPARENT", "mailto:ada@example.com", "VEVENT", "VCALENDAR", "VTIMEZONE", "STANDARD",
]  # fmt: skip
ZONE = """BEGIN:VTIMEZONE
TZID:Ours
BEGIN:STANDARD
DTSTART:20251025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""


def samples() -> list[str]:
    """The calendars of the tests."""
    own = [calendar(event) for event, _, _ in HOSTILE.values() if len(event) < 10_000]
    own += [calendar(f"UID:a\n{RULE}{rule}\nEXDATE:20260106T080000Z", head=ZONE) for rule in RULES]
    zoned = "UID:b\nDTSTART;TZID=Ours:20260105T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=9"
    moved = "UID:b\nRECURRENCE-ID;TZID=Ours:20260106T080000\nDTSTART;VALUE=DATE:20260107"
    return [*own, calendar(zoned, moved, head=ZONE)]


def mutated(chance: random.Random, text: str, others: list[str]) -> str:
    """The calendar with pieces taken out, put in, said again, or from another."""
    for _ in range(chance.choice([1, 1, 2, 4])):
        at = chance.randint(0, len(text))
        to = min(len(text), at + chance.choice([0, 1, 4, 20, 200]))
        match chance.randrange(5):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:at] + chance.choice(TOKENS) + text[to:]
            case 2:
                text = text[:at] + chance.choice(TOKENS) * chance.choice([1, 2, 100]) + text[at:]
            case 3:
                text = text[:at] + text[at:to] * chance.choice([2, 3, 50]) + text[to:]
            case _:
                other = chance.choice(others)
                start = chance.randint(0, len(other))
                text = text[:at] + other[start : start + chance.choice([10, 100, 400])] + text[to:]
    return text[: 256 * 1024]


def made(chance: random.Random) -> str:
    """A calendar with a shape: events whose lines say anything."""

    def words(most: int) -> str:
        return "".join(chance.choice(TOKENS) for _ in range(chance.randint(0, most)))

    def rule() -> str:
        parts = [f"FREQ={chance.choice(['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'])}"]
        parts += [chance.choice(TOKENS) for _ in range(chance.choice([0, 0, 1, 3]))]
        return ";".join(parts)

    def event() -> str:
        lines = ["DTSTART" + chance.choice(["", ";TZID=Ours", ";TZID=Pacific/Apia"])]
        lines[0] += f":{chance.choice(['20260105T080000', '19000101T000000', '20111230T120000'])}"
        lines += [f"RRULE:{chance.choice([rule(), chance.choice(RULES)])}"]
        lines += [f"{chance.choice(NAMES)}:{words(3)}" for _ in range(chance.randint(0, 3))]
        return "\n".join(lines)

    return calendar(*(event() for _ in range(chance.choice([1, 1, 2, 30]))), head=ZONE)


def asked(content: str | bytes) -> str | None:
    """What is said against a calendar, or None when it is read and can be used."""
    known = ICalendarCalendar(
        [Feed(name="ada.ics", fetch=lambda: content, user_id="ada")], time_zone="Europe/Rome"
    )
    try:
        found = known.absences(["ada"], MONDAY, MONDAY + YEAR)
    except CalendarError:
        [stale] = known.stale()
        assert stale.problem.startswith("ada.ics")
        said = stale.problem.partition(": ")[2]
        assert " " in said, f"no problem of the calendar but a bare {said}"
        return said
    Availability(found).is_available("ada", MONDAY)
    return None


def tried(chance: random.Random, calendars: list[str]) -> str | bytes:
    if chance.random() < 0.4:
        text = made(chance)
    else:
        text = mutated(chance, chance.choice(calendars), calendars)
    data = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.1 and data:
        at = chance.randrange(len(data))
        data = data[:at] + chance.randbytes(3) + data[at + 3 :]
    return chance.choice([text, data])


def test_a_short_campaign() -> None:
    """A14: whatever is in it, a calendar is read, or refused by name, and can be asked."""
    chance, calendars = random.Random(SEED), samples()
    said = Counter(asked(tried(chance, calendars)) is None for _ in range(400))
    assert said[True] > 20
    assert said[False] > 100


#: What is as large as a mebibyte: each is refused before it costs anything.
LARGE = {
    "one line": lambda: calendar("UID:" + "x" * 2**20),
    "one line of spaces": lambda: calendar("DTSTART" + " " * 2**20 + "x"),
    "one value": lambda: calendar(f"{RULE}FREQ=DAILY;BYDAY=" + "MO," * 87_000),
    "parameters": lambda: calendar("DTSTART" + ";A=b" * 60_000 + ":20260105"),
    "nested": lambda: "BEGIN:VCALENDAR\n" + "BEGIN:VALARM\n" * 2**16,
    "nested and closed": lambda: calendar("BEGIN:X\n" * (DEPTH - 2) + "END:X\n" * DEPTH),
    "folds": lambda: calendar("DTSTART:2026" + "\n " * 2**19 + "x"),
    "empty lines": lambda: "\n" * 2**20,
    "zeros": lambda: "\0" * 2**20,
    "quotes": lambda: calendar('DTSTART;A="' + '"",' * 2**17),
    "rules": lambda: calendar(
        *[f"{RULE}FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;UNTIL=21000101T000000Z"] * 8_000
    ),
    "counts": lambda: calendar(*[f"{RULE}FREQ=DAILY;COUNT=10000"] * 10_800),
    "a broken one first": lambda: calendar("DTSTART:soon", *["DTSTART:20260105T080000Z"] * 20_000),
    "zones": lambda: calendar(
        "DTSTART;TZID=Ours:20260105T080000", head=ZONE.replace(
            "END:VTIMEZONE", ZONE.split("TZID:Ours\n")[1].split("END:VTIME")[0] * 8_000
            + "END:VTIMEZONE",
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LARGE)
def test_large_ones(case: str) -> None:
    """A14: a mebibyte of what does harm is refused by name."""
    assert asked(LARGE[case]()) is not None


@pytest.mark.long
def test_a_long_campaign(capsys: pytest.CaptureFixture[str]) -> None:
    """A14: minutes of calendars that nobody wrote; what each took is told."""
    seconds = float(os.environ.get("HELPDESK_FUZZ_SECONDS", "600"))
    chance = random.Random(int(os.environ.get("HELPDESK_FUZZ_SEED", SEED)))
    calendars = samples()
    refused: Counter[str] = Counter()
    count, slowest, slow = 0, {True: 0.0, False: 0.0}, ""
    with capsys.disabled():
        for name, large in {
            **LARGE,
            **{name: lambda e=one[0]: calendar(e) for name, one in HOSTILE.items()},
        }.items():
            content = large()
            began = time.process_time()
            said = asked(content)
            print(f"\n{name}: {1000 * (time.process_time() - began):.0f} ms: {said}", end="")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            content = tried(chance, calendars)
            began = time.process_time()
            said = asked(content)
            took = time.process_time() - began
            count += 1
            if said is not None:
                refused[" ".join(said.split()[:4])] += 1
            if took > slowest[said is None]:
                slowest[said is None] = took
                slow = repr(content[:4000]) if said is not None else slow
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"\n{count:,} calendars, {count - refused.total():,} read, refused: {dict(refused)}")
        print(
            f"slowest read {slowest[True]:.3f} s, refused {slowest[False]:.3f} s, peak {peak} MiB"
        )
        print(slow)
    assert count > refused.total()
