"""`Dispatcher` against what could stand in its place, in the same run.

    python benchmarks/dispatcher.py [SECTION ...] [--seed 1] [--rounds 5] [--opens 1000000]
                                    [--logs FOLDER] [--picture FILE.svg]

Sections: `heap` (a bare lazy heap of integers: the limit), `scan` (`load.index(min(load))`),
`django` (annotate, order, first, create, update, on SQLite in memory; `pip install django`),
`calendar` (50 absences each and a weekly schedule, against bisecting every member for every
ticket), `scale` (cost against the number of tickets, with a picture) and `logs` (two real event
logs of FOLDER, as in `replay.py`). All of them when none is named.

EQUAL_OPEN, ties by A6, ids and decisions as a host sees them. Inputs are made outside the clock,
and every output is consumed inside it. The sides take turns; the best round of each counts, and the
ratio of every round is shown. Before a time counts, the results are equal. Exit code 1 when they
are not.
"""

from __future__ import annotations

import argparse
import gc
import math
import platform
import random
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush, heapreplace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from helpdesk_core import (
    Absence,
    AssignmentMethod,
    Availability,
    Dispatcher,
    WeeklySchedule,
    Workload,
)

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
OPEN = AssignmentMethod.EQUAL_OPEN
MICROSECOND = 1e-6

# --- traces: -1 is a new ticket, 2 k closes the k-th, 2 k + 1 opens it again ---------------------


def made_trace(members: int, opens: int, seed: int) -> list[int]:
    """New tickets, and once there are five a member, a closing of any of these after each."""
    dice = random.Random(seed)
    trace: list[int] = []
    still_open: list[int] = []
    for ticket in range(opens):
        trace.append(-1)
        still_open.append(ticket)
        if len(still_open) > 5 * members:
            place = dice.randrange(len(still_open))
            still_open[place], still_open[-1] = still_open[-1], still_open[place]
            trace.append(2 * still_open.pop())
    return trace


def names(members: int) -> list[str]:
    """The ids of the members, in member order."""
    return [f"member-{number}" for number in range(members)]


# --- the sides -----------------------------------------------------------------------------------


def by_dispatcher(
    ids: list[str],
    moments: list[datetime],
    there: Availability | None = None,
    workloads: Mapping[str, Workload] = MappingProxyType({}),
) -> Callable[[list[int]], list[Any]]:
    """The library; what a ticket's owner is called is what it said."""

    def run(trace: list[int]) -> list[Any]:
        dispatcher = Dispatcher(OPEN, ids, workloads, there)
        assign, closed, reopened = dispatcher.assign, dispatcher.closed, dispatcher.reopened
        owners: list[Any] = []
        moment = iter(moments).__next__
        for what in trace:
            if what < 0:
                owners.append(assign(moment()).assignee_id)
            elif what & 1:
                reopened(owners[what >> 1])
            else:
                closed(owners[what >> 1])
        return owners

    return run


def by_heap(members: int) -> Callable[[list[int]], list[int]]:
    """The limit: numbers for members, one integer each in a lazy heap, nothing checked or told."""
    place_mask, count, recency = (1 << 24) - 1, 1 << 64, 1 << 24

    def run(trace: list[int]) -> list[int]:
        keys = list(range(members))
        heap = list(keys)
        last = 0
        owners: list[int] = []
        for what in trace:
            if what < 0:
                key = heap[0]
                place = key & place_mask
                while keys[place] != key:
                    heappop(heap)
                    key = heap[0]
                    place = key & place_mask
                last += recency
                keys[place] = key = ((key >> 64) + 1 << 64) + last + place
                heapreplace(heap, key)
                owners.append(place)
            else:
                place = owners[what >> 1]
                keys[place] = key = keys[place] + (count if what & 1 else -count)
                heappush(heap, key)
        return owners

    return run


def by_scan(members: int) -> Callable[[list[int]], list[int]]:
    """The short way: the first of those with the least, by a look at all."""

    def run(trace: list[int]) -> list[int]:
        load = [0] * members
        owners: list[int] = []
        for what in trace:
            if what < 0:
                place = load.index(min(load))
                load[place] += 1
                owners.append(place)
            else:
                load[owners[what >> 1]] += 1 if what & 1 else -1
        return owners

    return run


def has_the_fewest(trace: list[int], owners: list[int], members: int) -> bool:
    """Whether each ticket went to one of those with the fewest open ones."""
    load, levels = [0] * members, [members]  # levels[n]: how many members have n
    fewest = given = 0

    def change(place: int, by: int) -> None:
        nonlocal fewest
        levels[load[place]] -= 1
        load[place] += by
        if load[place] == len(levels):
            levels.append(0)
        levels[load[place]] += 1
        fewest = min(fewest, load[place])
        while not levels[fewest]:
            fewest += 1

    for what in trace:
        if what < 0:
            if load[owners[given]] != fewest:
                return False
            change(owners[given], 1)
            given += 1
        else:
            change(owners[what >> 1], 1 if what & 1 else -1)
    return True


# --- measuring -----------------------------------------------------------------------------------


def seconds(work: Callable[[], Any]) -> float:
    """How long the processor works on it, with a clean heap; others may use the machine too."""
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def in_turns(
    rounds: int, ours: Callable[[], Any], theirs: Callable[[], Any]
) -> tuple[list[float], list[float]]:
    """The seconds of each round of both, which take turns."""
    both: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        both[0].append(seconds(ours))
        both[1].append(seconds(theirs))
    return both


def show(label: str, ours: list[float], theirs: list[float], units: tuple[int, int]) -> None:
    """Time for each ticket of both sides; by how much the other takes longer, and of each round."""
    each, other = min(ours) / units[0] / MICROSECOND, min(theirs) / units[1] / MICROSECOND
    ratios = sorted(b / units[1] / (a / units[0]) for a, b in zip(ours, theirs, strict=True))
    print(
        f"| {label:<34} | {each:>8.2f} µs | {other:>10.2f} µs | {other / each:>9.2f} "
        f"| {ratios[0]:.2f}-{ratios[-1]:.2f} |",
        flush=True,
    )


def head(title: str) -> None:
    """The top of a table."""
    print(f"\n{title}\n")
    print("| members | ours, a ticket | the other | other/ours | of each round |")
    print("|---|---|---|---|---|", flush=True)


# --- sections ------------------------------------------------------------------------------------


def against_heap(options: argparse.Namespace) -> bool:
    """The limit: ours may take twice or three times as long."""
    head(f"A bare lazy heap of integers, {options.opens:,} tickets with closings between")
    moments = [START] * options.opens
    for number, step in zip(range(options.opens), _steps(), strict=False):
        moments[number] = step
    well, rates = True, {}
    for members in (100, 1_000, 10_000):
        trace = made_trace(members, options.opens, options.seed)
        ids = names(members)
        ours, theirs = by_dispatcher(ids, moments), by_heap(members)
        well &= ours(trace) == [ids[place] for place in theirs(trace)]
        times = in_turns(options.rounds, lambda: ours(trace), lambda: theirs(trace))  # noqa: B023
        rates[members] = options.opens / min(times[0])
        show(f"{members:,}", *times, (options.opens, options.opens))
    print(f"\nRate at 10,000 members against that at 100: {rates[10_000] / rates[100]:.2f}")
    return well


def _steps() -> Iterable[datetime]:
    moment = START
    while True:
        yield moment
        moment += timedelta(seconds=1)


def against_scan(options: argparse.Namespace) -> bool:
    """`load.index(min(load))`, whose time for each ticket does not depend on how many there are."""
    title = f"`load.index(min(load))`, the same {options.opens:,} tickets"
    head(f"{title}; the other does as many of the first as it can in a while")
    well = True
    for members, first in ((100, 1_000_000), (1_000, 250_000), (10_000, 75_000)):
        first = min(first, options.opens)
        trace, ids = made_trace(members, options.opens, options.seed), names(members)
        part = first_of(trace, first)
        places = {id: place for place, id in enumerate(ids)}
        moments = [START] * options.opens
        ours, theirs = by_dispatcher(ids, moments), by_scan(members)
        well &= has_the_fewest(trace, [places[id] for id in ours(trace)], members)
        well &= has_the_fewest(part, theirs(part), members)
        times = in_turns(options.rounds, lambda: ours(trace), lambda: theirs(part))  # noqa: B023
        show(f"{members:,}", *times, (options.opens, first))
    return well


def first_of(trace: list[int], opens: int) -> list[int]:
    """The trace as far as it has that many new tickets."""
    left = opens
    for place, what in enumerate(trace):
        left -= what < 0
        if left < 0:
            return trace[:place]
    return trace


def against_django(options: argparse.Namespace) -> bool:
    """What an application would write; it stores the ticket, which a decision does not."""
    try:
        import django
        from django.apps import AppConfig
        from django.conf import settings
    except ImportError:
        print("\nDjango is not installed: `pip install django`; not compared.")
        return True
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["__main__.Application"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    globals()["Application"] = type(
        "Application", (AppConfig,), {"name": "__main__", "label": "benchmark", "path": "."}
    )
    django.setup()
    from django.db import connection, models, transaction

    class Member(models.Model):
        """Somebody, with the number of the latest assignment."""

        place = models.IntegerField()
        last = models.IntegerField(default=0)

        class Meta:
            """Of no application."""

            app_label = "benchmark"

    class Ticket(models.Model):
        """A ticket of somebody's."""

        member = models.ForeignKey(Member, models.CASCADE)
        is_open = models.BooleanField(default=True)

        class Meta:
            """Of no application."""

            app_label = "benchmark"

    with connection.schema_editor() as editor:
        editor.create_model(Member)
        editor.create_model(Ticket)
    title = f"Django {django.__version__}, one assignment where everybody has five open tickets"
    head(f"{title}; it stores the ticket, ours does not")
    well = True
    for members, tickets in ((100, 300), (1_000, 150)):

        def afresh(members: int = members) -> None:
            Ticket.objects.all().delete()
            Member.objects.all().delete()
            Member.objects.bulk_create(Member(place=place) for place in range(members))
            everybody = list(Member.objects.all())
            Ticket.objects.bulk_create(
                Ticket(member=member) for member in everybody for _ in range(5)
            )

        def theirs(tickets: int = tickets) -> list[int]:
            given = []
            for number in range(1, tickets + 1):
                with transaction.atomic():
                    open_ones = models.Count("ticket", filter=models.Q(ticket__is_open=True))
                    member = (
                        Member.objects.annotate(load=open_ones)
                        .order_by("load", "last", "place")
                        .first()
                    )
                    Ticket.objects.create(member=member)
                    Member.objects.filter(pk=member.pk).update(last=number)
                given.append(member.place)
            return given

        ids, moments = names(members), [START] * 20_000
        had = {id: Workload(member_id=id, total=5, open=5) for id in ids}
        ours = by_dispatcher(ids, moments, workloads=had)
        afresh()
        well &= ours([-1] * tickets) == [ids[place] for place in theirs()]
        trace = [-1] * 20_000
        a, b = [], []
        for _ in range(options.rounds):
            a.append(seconds(lambda: ours(trace)))  # noqa: B023
            afresh()
            b.append(seconds(theirs))
        show(f"{members:,}", a, b, (20_000, tickets))
    return well


def against_bisection(options: argparse.Namespace) -> bool:
    """Everybody has a schedule and 50 absences in two years; the other asks each for each."""
    title = f"50 absences each in two years and a weekly schedule, {options.opens:,} tickets"
    head(f"{title}; the other does as many of the first as it can in a while")
    well = True
    for members, first in ((100, 20_000), (1_000, 3_000)):
        ids = names(members)
        absences, schedules, flips = _calendar(ids, options.seed)
        between = timedelta(days=728) / options.opens
        moments = [START + between * number for number in range(options.opens)]
        numbers = [_number(moment) for moment in moments[:first]]
        ours = by_dispatcher(ids, moments, Availability(absences, schedules))
        trace = [-1] * options.opens
        got: list[Any] = []

        def run(ours: Any = ours, trace: list[int] = trace, got: list[Any] = got) -> None:
            got[:] = ours(trace)

        def theirs(flips: Any = flips, numbers: list[int] = numbers) -> list[int]:
            return _bisecting(flips, numbers)

        times = in_turns(options.rounds, run, theirs)
        well &= got[:first] == [ids[place] for place in theirs()]
        show(f"{members:,}", *times, (options.opens, first))
    return well


def _number(moment: datetime) -> int:
    return (moment - START) // timedelta(microseconds=1)


def _calendar(
    ids: list[str], seed: int
) -> tuple[list[Absence], dict[str, WeeklySchedule], list[list[int]]]:
    """Time off and hours in UTC, and the same as the moments at which each comes and goes."""
    dice = random.Random(seed)
    absences, schedules, flips = [], {}, []
    for id in ids:
        opens = dice.randrange(7 * 60, 10 * 60, 15)
        hours = [(day, opens, opens + 8 * 60) for day in range(5)]
        schedules[id] = WeeklySchedule(user_id=id, time_zone="UTC", hours=hours)
        off = sorted(
            START + DAY * dice.randrange(728) + timedelta(hours=dice.randrange(24))
            for _ in range(50)
        )
        spells = [(start, start + timedelta(hours=dice.randrange(2, 60))) for start in off]
        absences += [Absence(user_id=id, start=start, end=end) for start, end in spells]
        moments: list[int] = []
        for day in range(735):
            if day % 7 < 5:
                free = START + DAY * day + timedelta(minutes=opens)
                closes = free + timedelta(hours=8)
                for start, end in spells:  # by their beginning
                    if start < closes and end > free:
                        if start > free:
                            moments += [_number(free), _number(start)]
                        free = max(free, end)
                if free < closes:
                    moments += [_number(free), _number(closes)]
        flips.append(moments)
    return absences, schedules, flips


def _bisecting(flips: list[list[int]], moments: list[int]) -> list[int]:
    """Who is there, by a bisection of each; of them, or of those next there, who has the least."""
    keys = list(range(len(flips)))
    last = 0
    owners = []
    for moment in moments:
        turns = [bisect_right(some, moment) for some in flips]
        there = [key for key, turn in zip(keys, turns, strict=True) if turn & 1]
        if not there:
            coming = [some[turn] for some, turn in zip(flips, turns, strict=True)]
            soonest = min(coming)
            there = [key for key, when in zip(keys, coming, strict=True) if when == soonest]
        key = min(there)
        place = key & 0xFFFFFF
        last += 1 << 24
        keys[place] = ((key >> 64) + 1 << 64) + last + place
        owners.append(place)
    return owners


def scale(options: argparse.Namespace) -> bool:
    """Cost against the number of tickets: the same for each, however many there were."""
    print("\nCost against scale, microseconds a ticket\n")
    sizes = [10**power for power in range(3, 7)]
    print("| members | " + " | ".join(f"{size:,}" for size in sizes) + " | slope |")
    print("|---|" + "---|" * (len(sizes) + 1))
    lines: dict[str, list[tuple[int, float]]] = {}
    for members in (100, 1_000, 10_000):
        points = []
        for size in sizes:
            trace = made_trace(members, size, options.seed)
            ours = by_dispatcher(names(members), [START] * size)
            dispatchers = max(1, 30_000 // size)  # a thousand tickets are over too soon
            took = [
                seconds(lambda: [ours(trace) for _ in range(dispatchers)])  # noqa: B023
                for _ in range(options.rounds)
            ]
            points.append((size, min(took) / dispatchers / size / MICROSECOND))
        lines[f"{members:,} members"] = points
        shown = " | ".join(f"{value:.2f}" for _, value in points)
        print(f"| {members:,} | {shown} | {slope(points):+.2f} |", flush=True)
    print("\nThe slope is of the last decade, both axes logarithmic: 0 is flat, 1 is linear.")
    if options.picture:
        Path(options.picture).write_text(picture(lines), encoding="utf-8")
        print(f"The picture is {options.picture}.")
    return True


def slope(points: list[tuple[int, float]]) -> float:
    """Of the line through the last two points, both axes logarithmic."""
    (a, low), (b, high) = points[-2:]
    return math.log(high / low) / math.log(b / a)


def picture(lines: dict[str, list[tuple[int, float]]]) -> str:
    """The points on two logarithmic axes, as SVG."""
    left, top, wide, high = 70, 30, 480, 300
    most = max(value for points in lines.values() for _, value in points)
    decades = math.ceil(math.log10(most)) + 1  # from 0.1 µs on

    def x(size: float) -> float:
        return round(left + wide * (math.log10(size) - 3) / 3, 1)

    def y(value: float) -> float:
        return round(top + high * (1 - (math.log10(value) + 1) / decades), 1)

    size = f"0 0 {left + wide + 130} {top + high + 50}"
    text, lined = "text{font:12px sans-serif;fill:#333}", "polyline{fill:none;stroke-width:2}"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='{size}' role='img'>",
        f"<style>{text}line{{stroke:#ddd}}{lined}</style>",
    ]
    for power in range(3, 7):
        at = x(10**power)
        parts.append(f"<line x1='{at}' y1='{top}' x2='{at}' y2='{top + high}'/>")
        label = f"10^{power}"
        parts.append(f"<text x='{at}' y='{top + high + 18}' text-anchor='middle'>{label}</text>")
    for power in range(-1, decades):
        at = y(10**power)
        parts.append(f"<line x1='{left}' y1='{at}' x2='{left + wide}' y2='{at}'/>")
        parts.append(
            f"<text x='{left - 6}' y='{at + 4}' text-anchor='end'>{10.0**power:g} µs</text>"
        )
    for (name, points), colour in zip(
        lines.items(), ("#2c5aa0", "#4a9d6f", "#c0392b"), strict=True
    ):
        path = " ".join(f"{x(size)},{y(value)}" for size, value in points)
        parts.append(f"<polyline points='{path}' stroke='{colour}'/>")
        size, value = points[-1]
        parts.append(f"<text x='{x(size) + 8}' y='{y(value) + 4}'>{name}</text>")
    parts.append(f"<text x='{left}' y='{top + high + 40}'>tickets, and the cost of each</text>")
    return "\n".join([*parts, "</svg>", ""])


def real_logs(options: argparse.Namespace) -> bool:
    """The two logs as traces: a case opens, closes and is opened again as its events say."""
    well = True
    head("Two real logs, against the bare heap")
    for name in ("italian_helpdesk.csv", "servicenow_incidents.csv"):
        path = Path(options.logs or "") / name
        if options.logs is None or not path.exists():
            print(f"| {name}: not there (--logs FOLDER) | | | | |")
            continue
        trace, moments, ids = _trace_of(path)
        opens = trace.count(-1)
        ours, theirs = by_dispatcher(ids, moments), by_heap(len(ids))
        well &= ours(trace) == [ids[place] for place in theirs(trace)]
        times = in_turns(
            options.rounds,
            lambda: [ours(trace) for _ in range(10)],  # noqa: B023
            lambda: [theirs(trace) for _ in range(10)],  # noqa: B023
        )
        show(f"{len(ids)}: {path.stem}", *times, (10 * opens, 10 * opens))
    return well


def _trace_of(path: Path) -> tuple[list[int], list[datetime], list[str]]:
    from helpdesk_core.cli.csvfile import CsvFile
    from helpdesk_core.cli.logs import PRESETS, detect_preset, read_log

    with path.open("rb") as lines:
        file = CsvFile(lines, name=path.name)
        log = read_log(file, PRESETS[str(detect_preset(file))])
    trace: list[int] = []
    moments: list[datetime] = []
    tickets: dict[str, int] = {}
    closed: dict[str, bool] = {}
    for event in log.events:
        is_closing = event.activity in log.closing
        if event.case not in tickets:
            tickets[event.case] = len(tickets)
            closed[event.case] = False
            trace.append(-1)
            moments.append(event.at)
        if is_closing is not closed[event.case]:
            closed[event.case] = is_closing
            trace.append(2 * tickets[event.case] + (not is_closing))
    return trace, moments, list(log.people)


SECTIONS = {
    "heap": against_heap,
    "scan": against_scan,
    "django": against_django,
    "calendar": against_bisection,
    "scale": scale,
    "logs": real_logs,
}


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--opens", type=int, default=1_000_000)
    parser.add_argument("--logs", metavar="FOLDER")
    parser.add_argument("--picture", metavar="FILE")
    options = parser.parse_args()
    wrong = [name for name in options.sections if name not in SECTIONS]
    if wrong:
        parser.error(f"no section {wrong[0]}: {', '.join(SECTIONS)}")
    print(f"Seed {options.seed}, Python {platform.python_version()}, {platform.platform()}")
    well = True
    for name in options.sections or SECTIONS:
        equal = SECTIONS[name](options)
        well &= equal
        if not equal:
            print(f"\n{name}: the results are not equal")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
