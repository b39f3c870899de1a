"""Who is there: against bisecting each member, `businesstimedelta` and dateutil, in the same run.

    python benchmarks/availability.py [--seed 1] [--rounds 5] [--tickets 1000000]

Everybody works from Monday to Friday by the clock on their own wall and has 50 whole days off in
two years, which each peer can say too. Inputs are made outside the clock and every answer is
consumed inside it; the sides take turns, the best round of each counts, and the ratio of each round
is shown. Before a time counts, both sides give the same answers. `businesstimedelta` is compared
with when it is installed (`pip install businesstimedelta`). Exit code 1 when answers differ.
"""

from __future__ import annotations

import argparse
import gc
import platform
import random
import sys
import time
import tracemalloc
from bisect import bisect_right
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import WEEKLY, rrule

from helpdesk_core import (
    Absence,
    Availability,
    InvalidValueError,
    RecurringAbsence,
    WeeklySchedule,
)

ZONES = ("Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 730
DAY = timedelta(days=1)


class Person:
    """One member, as plain data."""

    def __init__(self, number: int, dice: random.Random) -> None:
        self.id = f"member-{number}"
        self.zone = ZoneInfo(ZONES[number % len(ZONES)])
        self.opens, self.closes = clock(7 + number % 4), clock(15 + number % 4)
        first = START.date()
        self.days_off = {first + DAY * dice.randrange(DAYS) for _ in range(50)}

    def absences(self) -> list[Absence]:
        """Each from midnight to midnight on the wall."""
        return [
            Absence(user_id=self.id, start=self.on(day), end=self.on(day + DAY))
            for day in self.days_off
        ]

    def on(self, day: date, at: clock = clock(0)) -> datetime:
        """A moment of a day there, in UTC."""
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def schedule(self) -> WeeklySchedule:
        """The hours of work."""
        opens, closes = 60 * self.opens.hour, 60 * self.closes.hour
        return WeeklySchedule(
            user_id=self.id,
            time_zone=self.zone.key,
            hours=[(day, opens, closes) for day in range(5)],
        )

    def spells(self) -> tuple[list[datetime], list[datetime]]:
        """When the member is there, in two sorted lists, for bisecting."""
        days = [START.date() + DAY * number for number in range(-2, DAYS + 30)]
        days = [day for day in days if day.weekday() < 5 and day not in self.days_off]
        return [self.on(day, self.opens) for day in days], [self.on(d, self.closes) for d in days]


# --- turns ---------------------------------------------------------------------------------------


def consume(answers: Iterable[Any]) -> int:
    """Something that depends on every answer."""
    seen = 0
    for answer in answers:
        seen ^= hash(answer)
    return seen


def timed(work: Callable[[], object]) -> float:
    """Seconds for one round."""
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compare(
    name: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    counts: tuple[int, int],
    rounds: int,
) -> None:
    """Take turns and print a row; counts are how many questions each side answers a round."""
    a, b = [], []
    for _ in range(rounds):
        a.append(timed(ours) / counts[0] * 1e6)
        b.append(timed(theirs) / counts[1] * 1e6)
    ratios = [theirs / ours for ours, theirs in zip(a, b, strict=True)]
    print(
        f"| {name} | {min(a):.2f} | {min(b):.2f} | {min(b) / min(a):.1f} "
        f"| {min(ratios):.1f}-{max(ratios):.1f} |",
        flush=True,
    )


def agree(name: str, ours: list[Any], theirs: list[Any]) -> None:
    """End the run when the answers differ."""
    if ours != theirs:
        wrong = next(
            n for n, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1]
        )
        sys.exit(f"{name}: answer {wrong} differs: {ours[wrong]} and {theirs[wrong]}")


# --- the next moment of a team -------------------------------------------------------------------


def next_of_a_team(dice: random.Random, rounds: int) -> None:
    """One question to a team of 22."""
    people = [Person(number, dice) for number in range(22)]
    known = availability_of(people)
    team = tuple(person.id for person in people)
    moments = [START + timedelta(seconds=dice.randrange(DAYS * 86_400)) for _ in range(20_000)]
    spells = [person.spells() for person in people]

    def bisected(at: datetime) -> datetime:
        best = None
        for starts, ends in spells:
            place = bisect_right(ends, at)
            found = max(starts[place], at)
            if best is None or found < best:
                best = found
        return best  # type: ignore[return-value]

    rules = [
        (
            rrule(WEEKLY, dtstart=datetime.combine(START.date(), person.opens), byweekday=range(5)),
            person,
        )
        for person in people
    ]

    def by_rrule(at: datetime) -> datetime:
        found = []
        for rule, person in rules:
            wall = at.astimezone(person.zone).replace(tzinfo=None)
            for opens in rule.replace(dtstart=datetime.combine(wall.date(), person.opens)):
                closes = person.on(opens.date(), person.closes)
                if opens.date() not in person.days_off and closes > at:
                    found.append(max(at, person.on(opens.date(), person.opens)))
                    break
        return min(found)

    def ours(some: list[datetime]) -> Callable[[], int]:
        return lambda: consume([known.next_available(team, at) for at in some])

    peers: list[tuple[str, Callable[[datetime], datetime], int]] = [
        ("22 bisections", bisected, 20_000),
        ("dateutil's rrule", by_rrule, 300),
    ]
    with suppress(ImportError):
        peers.append(("businesstimedelta", by_businesstimedelta(people), 300))
    for name, peer, number in peers:
        some = moments[:number]
        agree(name, [known.next_available(team, at) for at in some], [peer(at) for at in some])
        compare(
            f"next moment of a team of 22, against {name}",
            ours(moments),
            lambda peer=peer, some=some: consume([peer(at) for at in some]),
            (len(moments), number),
            rounds,
        )


def by_businesstimedelta(people: list[Person]) -> Callable[[datetime], datetime]:
    """The same question to the library of this name."""
    import pytz
    from businesstimedelta import HolidayRule, Rules, WorkDayRule

    far = {date(2040, 1, 1)}  # it needs a next holiday
    rules = []
    for person in people:
        zone = pytz.timezone(person.zone.key)
        work = WorkDayRule(
            start_time=person.opens, end_time=person.closes, working_days=range(5), tz=zone
        )
        days_off = HolidayRule(person.days_off | far | {START.date() + DAY * 1500}, tz=zone)
        rules.append(Rules([work, days_off]))
    return lambda at: min(rule.next(at)[0] for rule in rules).astimezone(UTC)


def availability_of(people: list[Person]) -> Availability:
    """What the library is told."""
    return Availability(
        (absence for person in people for absence in person.absences()),
        {person.id: person.schedule() for person in people},
    )


# --- who is there now ----------------------------------------------------------------------------


def who_is_there(size: int, tickets: int, dice: random.Random, rounds: int) -> None:
    """At each of many moments in order: how many are there, and who is the last who came."""
    people = [Person(number, dice) for number in range(size)]
    known, ids = availability_of(people), [person.id for person in people]
    step = DAYS * DAY / tickets
    moments = [START + step * number for number in range(tickets)]
    sample = moments[:: max(1, tickets // 500)]
    spells = {person.id: person.spells() for person in people}

    def streamed(some: list[datetime]) -> list[int]:
        there = {who for who in ids if known.is_available(who, some[0])}
        stream = known.changes(ids, some[0], some[-1])
        moment, who, comes = next(stream)
        counts = []
        for at in some:
            while moment <= at:
                if comes:
                    there.add(who)
                else:
                    there.discard(who)
                moment, who, comes = next(stream, (datetime.max.replace(tzinfo=UTC), "", False))
            counts.append(len(there))
        return counts

    def bisected(some: list[datetime]) -> list[int]:
        counts = []
        for at in some:
            there = 0
            for starts, ends in spells.values():
                place = bisect_right(starts, at)
                if place and ends[place - 1] > at:
                    there += 1
            counts.append(there)
        return counts

    agree("who is there now", streamed(sample), bisected(sample))
    compare(
        f"who of {size:,} is there now, {tickets:,} moments, against bisecting each",
        lambda: consume(streamed(moments)),
        lambda: consume(bisected(sample)),
        (tickets, len(sample)),
        rounds,
    )


# --- figures of its own --------------------------------------------------------------------------


def change_of_one(dice: random.Random) -> None:
    """From another's absences to the next right answer of the team."""
    people = [Person(number, dice) for number in range(22)]
    known, team = availability_of(people), tuple(person.id for person in people)
    took = []
    for number in range(300):
        at = START + timedelta(seconds=dice.randrange(DAYS * 86_400))
        known.next_available(team, at)
        person = people[number % 22]
        absences = dice.sample(person.absences(), 40)
        began = time.thread_time()  # of this thread, whoever else is busy
        known = known.with_absences(person.id, absences)
        known.next_available(team, at)
        took.append((time.thread_time() - began) * 1e3)
    took.sort()
    middle, most = took[150], took[297]
    print(f"one member's absences changed, team of 22: {middle:.2f} ms, 99 % within {most:.2f} ms")


def memory(dice: random.Random) -> None:
    """What 1,000 members with 50 absences each in two years hold."""
    people = [Person(number, dice) for number in range(1000)]
    absences = [absence for person in people for absence in person.absences()]
    schedules = {person.id: person.schedule() for person in people}
    ids = [person.id for person in people]
    gc.collect()
    tracemalloc.start()
    known = Availability(absences, schedules)
    built = tracemalloc.get_traced_memory()[0] / 2**20
    number = sum(1 for _ in known.changes(ids, START, START + DAYS * DAY))
    known.coverage(ids, START, START + DAYS * DAY)
    gc.collect()
    laid_out = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    print(
        f"memory of 1,000 members with {len(absences):,} absences: {built:.1f} MB when built, "
        f"{laid_out:.1f} MB with two years laid out ({number:,} changes) and their union kept"
    )


def bad_input() -> None:
    """How long the slowest refusal takes."""
    day = {"user_id": "ada", "start": START, "end": START + DAY, "time_zone": "UTC"}
    hours = ",".join(map(str, range(24)))
    rules = [
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=SECONDLY",
        "FREQ=DAILY;UNTIL=99991231T000000Z",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;COUNT=10000",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        f"FREQ=DAILY;BYMONTHDAY=-30;BYMONTH=2;BYHOUR={hours}",
        f"FREQ=DAILY;BYHOUR={hours};UNTIL=20280101",
        f"FREQ=DAILY;BYHOUR={hours};BYMINUTE={','.join(map(str, range(60)))}",
        "FREQ=YEARLY;COUNT=10000",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30;COUNT=9",
    ]
    slowest = (0.0, "")
    for rule in rules:
        began = time.thread_time()
        with suppress(InvalidValueError):
            RecurringAbsence(rule=rule, **day)
            sys.exit(f"{rule} is accepted")
        slowest = max(slowest, ((time.thread_time() - began) * 1e3, rule))
    print(f"slowest refusal of a rule: {slowest[0]:.0f} ms ({slowest[1][:60]})")


def main() -> None:
    """Print the table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    options = parser.parse_args()
    print(
        f"seed {options.seed}, {platform.python_implementation()} {platform.python_version()}, "
        f"{platform.machine()}, {platform.system()}\n"
    )
    print("| question | here, µs | peer, µs | ratio | of each round |")
    print("|---|---|---|---|---|")
    dice = random.Random(options.seed)
    next_of_a_team(dice, options.rounds)
    for size in (100, 1000):
        who_is_there(size, options.tickets, dice, options.rounds)
    print()
    change_of_one(dice)
    memory(dice)
    bad_input()


if __name__ == "__main__":
    main()
