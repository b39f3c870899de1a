"""`replay --against`: every figure and curve against slow counts, SQL, and the service itself."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from event_logs import PLAIN, REAL, independent_count, real_log
from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.memory import MemoryCalendar, MemoryNotifier, MemoryRepository
from helpdesk_core.assignment import Workload, choose_assignee
from helpdesk_core.availability import Availability
from helpdesk_core.cli import gaps
from helpdesk_core.cli.backtest.course import Columns, Result, columns_of
from helpdesk_core.cli.backtest.figures import moved, worst_hour
from helpdesk_core.cli.backtest.playing import compare
from helpdesk_core.cli.backtest.variants import Variant, variant_of, variants_of
from helpdesk_core.cli.csvfile import CsvFile, reading
from helpdesk_core.cli.logs import PRESETS, EventLog, LogFormat, choose_format, read_log
from helpdesk_core.cli.replay import ACTOR, play
from helpdesk_core.cli.reports import history_of
from helpdesk_core.entities import Absence, AssignmentMethod, AssignmentMode, MemberOptions
from helpdesk_core.service import Helpdesk

START = datetime(2026, 1, 5, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATEST = datetime.max.replace(tzinfo=UTC)
PEOPLE = ("ada", "ben", "cy")

Row = tuple[int, str, int, int]
rows = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.sampled_from(["New", "Work", "Closed", "Resolved"]),
        st.integers(0, 3),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=25,
)
spells = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.integers(-10, 300), st.none() | st.integers(1, 200)),
    max_size=6,
)


def log_of(steps: Sequence[Row]) -> EventLog:
    """A log of these steps: the case, what happens, by whom, so many hours after the last."""
    hours = itertools.accumulate(step[3] for step in steps)
    lines = [
        f"C{case},{what},{('', *PEOPLE)[who]},{(START + after * HOUR).isoformat()}"
        for (case, what, who, _), after in zip(steps, hours, strict=True)
    ]
    text = "\n".join(["case,what,who,when", *lines, ""])
    return read_log(CsvFile(io.BytesIO(text.encode()), name="log.csv"), PLAIN)


def away(some: Sequence[tuple[str, int, int | None]]) -> list[Absence]:
    """Between these hours after the start; None has no end."""
    return [
        Absence(
            user_id=who,
            start=START + start * HOUR,
            end=None if lasts is None else START + (start + lasts) * HOUR,
        )
        for who, start, lasts in some
    ]


# --- another way to count it ---------------------------------------------------------------------


class Slow:
    """A log with who got each case and when somebody was there for it, counted in the slow way."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.owner: dict[str, str | None] = dict.fromkeys(log.cases)
        self.there: dict[str, datetime] = {}
        self.snapshots: list[tuple[datetime, dict[str, int], bool]] = []
        self.waiting: list[tuple[datetime, dict[str, datetime | None]]] = []

    def is_open(self, case: str, events: Sequence[Any]) -> bool:
        """After these events."""
        last = [event for event in events if event.case == case][-1:]
        return bool(last) and last[0].activity not in self.log.closing

    def snapshot(self, at: datetime, events: Sequence[Any], *, event: bool = True) -> None:
        """How many each has open after these events, and what waits, until when if it is known."""
        open_ = dict.fromkeys(self.log.people, 0)
        for case, owner in self.owner.items():
            if owner is not None and self.is_open(case, events):
                open_[owner] += 1
        self.snapshots.append((at, open_, event))
        waits = {
            case: self.there.get(case)
            for case in {each.case for each in events}
            if self.is_open(case, events) and self.there.get(case, LATEST) > at
        }
        self.waiting.append((at, waits))

    def stretches(self, case: str) -> list[tuple[datetime, datetime | None]]:
        """When a case is open."""
        found: list[tuple[datetime, datetime | None]] = []
        for event in self.log.cases[case]:
            closes = event.activity in self.log.closing
            if found and found[-1][1] is None:
                if closes:
                    found[-1] = (found[-1][0], event.at)
            elif not closes or not found:
                found.append((event.at, event.at if closes else None))
        return found

    def waits(self) -> dict[str, timedelta]:
        """How long each case waited, of those that did for any time."""
        last = self.log.events[-1].at
        found = {}
        for case, events in self.log.cases.items():
            met = self.there.get(case)
            if met == events[0].at:
                continue
            found[case] = timedelta()
            for start, end in self.stretches(case):
                until = min(moment for moment in (end, met, last) if moment is not None)
                found[case] += max(timedelta(), until - start)
        return {case: wait for case, wait in found.items() if wait}

    def columns(self, columns: Columns) -> tuple[dict[str, list[int]], list[int], list[int]]:
        """The greatest in each column of what each has open, of the spread, and of what waits."""
        waiting = []
        for column in range(columns.number):
            end = columns.end_of(column)
            start = end - timedelta(days=columns.days)
            before = [waits for at, waits in self.waiting if at < start][-1:]
            left = sum((until or LATEST) >= start for waits in before for until in waits.values())
            now = [len(waits) for at, waits in self.waiting if start <= at < end]
            waiting.append(max([left, *now]))
        open_: dict[str, list[int]] = {person: [] for person in self.log.people}
        spread = []
        begins = dict.fromkeys(self.log.people, 0)
        for column in range(columns.number):
            end = columns.end_of(column)
            start = end - timedelta(days=columns.days)
            inside = [counts for at, counts, _ in self.snapshots if start <= at < end]
            for person, counts in open_.items():
                counts.append(max(each[person] for each in [begins, *inside]))
            spread.append(
                max(max(each.values()) - min(each.values()) if each else 0
                    for each in [begins, *inside])
            )  # fmt: skip
            begins = inside[-1] if inside else begins
        return open_, spread, waiting


def history(log: EventLog) -> Slow:
    """Each case is its owner's; somebody is there when an event names somebody."""
    slow = Slow(log)
    slow.owner = dict(log.owners)
    for number, event in enumerate(log.events, start=1):
        seen = {each.case for each in log.events[:number]}
        slow.owner = {case: log.owners[case] if case in seen else None for case in log.cases}
        if event.person:
            slow.there.setdefault(event.case, event.at)
        slow.snapshot(event.at, log.events[:number])
    return slow


def policy(log: EventLog, variant: Variant, absences: Sequence[Absence]) -> Slow:
    """By `choose_assignee`, counted anew for each case; what waits is tried whenever it may go."""
    slow, there = Slow(log), Availability(absences)
    order: list[str] = []  # cases as they were assigned
    credit = dict.fromkeys(log.people, 0)
    remembered: list[Any] = [None]

    def give(case: str, now: datetime, events: Sequence[Any]) -> bool:
        workloads = {
            who: Workload(
                member_id=who,
                total=sum(slow.owner[each] == who for each in order),
                open=sum(slow.owner[each] == who and slow.is_open(each, events) for each in order),
                credit=credit[who],
                last_assigned=max(
                    (place for place, each in enumerate(order, 1) if slow.owner[each] == who),
                    default=None,
                ),
            )
            for who in log.people
        }
        chosen = choose_assignee(
            variant.method,
            log.people,
            workloads,
            there,
            now,
            mode=AssignmentMode.DEFER if variant.defer else AssignmentMode.ASSIGN_NOW,
            catch_up=variant.catch_up,
            catching_up=remembered[0],
            member_options=variant.member_options,
        )
        if chosen.assignee_id is None:
            return False
        for each in chosen.credits:
            credit[str(each.member_id)] += each.tickets
        remembered[0] = chosen.catching_up
        slow.owner[case] = str(chosen.assignee_id)
        slow.there[case] = chosen.available_from or now
        order.append(case)
        return True

    def hand_out(now: datetime, events: Sequence[Any]) -> None:
        for case in log.cases:
            waits = slow.owner[case] is None and slow.is_open(case, events)
            if waits and not give(case, now, events):
                break
        slow.snapshot(now, events, event=False)

    last = log.events[-1].at
    ends = sorted({it.end for it in absences if it.end and it.end <= last})
    for number, event in enumerate(log.events):
        before, after = log.events[:number], log.events[: number + 1]
        while ends and ends[0] <= event.at:
            hand_out(ends.pop(0), before)
        came = event.case not in {each.case for each in before}
        was_open = slow.is_open(event.case, before)
        if came:  # opened, and closed at once when that is its first activity
            opened = attrs.evolve(event, activity=" ")
            give(event.case, event.at, [*before, opened])
            was_open = True
        if was_open is not slow.is_open(event.case, after):
            hand_out(event.at, after)
        slow.snapshot(event.at, after)
    return slow


def same(result: Result, slow: Slow, columns: Columns) -> None:
    """The result is what the slow count has."""
    people = slow.log.people
    assert dict(result.owners) == slow.owner
    tickets = {who: list(slow.owner.values()).count(who) for who in people}
    assert result.half.tickets == tickets
    assert result.half.nobody == list(slow.owner.values()).count(None)
    open_, spread, waiting = slow.columns(columns)
    assert (dict(result.open), list(result.spread)) == (open_, spread)
    assert list(result.waiting) == waiting
    assert result.most_open == {who: max(counts) for who, counts in open_.items()}
    spreads = [
        max(counts.values()) - min(counts.values())
        for _, counts, event in slow.snapshots
        if event and counts
    ]
    assert result.half.open_spread_max == max(spread)
    assert result.half.open_spread_mean == pytest.approx(
        sum(spreads) / len(spreads) if spreads else 0
    )
    assert dict(result.waits) == slow.waits()
    assert result.half.waited == len(slow.waits())
    began = [slow.log.cases[case][0].at for case in slow.waits()]
    hours = sorted((at.weekday(), at.hour) for at in began)
    worst = max(hours, key=hours.count, default=None)  # of equals the first
    assert (worst_hour(result) == "never") is (worst is None)
    if worst is not None:
        assert worst_hour(result).endswith(f" {worst[1]}-{worst[1] + 1}")


# --- properties ----------------------------------------------------------------------------------


@given(rows)
@example([(0, "Closed", 0, 0), (0, "New", 0, 30), (0, "New", 1, 30)])
@example([(0, "New", 0, 0), (0, "New", 1, 0)])
def test_history_is_what_a_slow_count_gives(steps: list[Row]) -> None:
    """Of any log: whose cases were open when, and how long nobody was named."""
    log = log_of(steps)
    columns = columns_of(log, UTC)
    (result,) = compare(log, [], None, UTC)
    same(result, history(log), columns)
    plain = history_of(log)
    assert attrs.evolve(result.half, waited=None) == plain
    assert moved(result, result) == 0


texts = st.sampled_from(
    [
        "equal_tickets",
        "equal_tickets,catch_up=none",
        "equal_tickets,catch_up=smoothed",
        "equal_tickets,catch_up=smoothed,defer,capacity=2",
        "equal_tickets,capacity=1",
        "equal_open",
        "equal_open,defer",
        "equal_open,capacity=2,defer",
        "equal_open,capacity=1",
        "equal_open,capacity=0",
    ]
)


@settings(max_examples=200, deadline=None)
@given(rows, spells, texts, st.integers(1, 3))
@example(
    [(0, "New", 1, 0), (1, "New", 2, 17), (1, "Closed", 3, 20), (2, "New", 1, 30)],
    [("ada", 0, 41), ("ben", 0, 41), ("cy", 0, 41)],
    "equal_open,defer",
    1,
)
@example([(0, "New", 1, 0), (1, "New", 1, 1), (0, "Closed", 1, 1)], [], "equal_open,capacity=1", 1)
def test_a_variant_is_what_choosing_anew_each_time_gives(
    steps: list[Row], some: list[tuple[str, int, int | None]], text: str, weight: int
) -> None:
    """A3, A4, A8-A11, A16, A19: the same cases to the same people, waits and curves included."""
    log = log_of(steps)
    variant = variant_of(text, log.people)
    if log.people:
        first = variant.member_options.get(log.people[0], MemberOptions())
        options = {**variant.member_options, log.people[0]: attrs.evolve(first, weight=weight)}
        variant = attrs.evolve(variant, member_options=options)
    absences = [it for it in away(some) if it.user_id in log.people]
    _, result = compare(log, [variant], MemoryCalendar(absences), UTC)
    same(result, policy(log, variant, absences), columns_of(log, UTC))


@settings(max_examples=25, deadline=None)
@given(rows, spells, st.sampled_from(AssignmentMethod))
def test_the_service_gives_the_same(
    steps: list[Row], some: list[tuple[str, int, int | None]], method: AssignmentMethod
) -> None:
    """A3, A4, A9, A10: as `replay` through the service: every figure, every assignee."""
    log = log_of(steps)
    calendar = MemoryCalendar([it for it in away(some) if it.end is not None])
    as_the_service(log, method, calendar)


def as_the_service(log: EventLog, method: AssignmentMethod, calendar: MemoryCalendar) -> None:
    """The same half of the report, and each case with whom it is in the repository."""
    repository = MemoryRepository()
    half, problems = play(log, repository, method, calendar)
    (_, result) = compare(log, variants_of(method.value, [], log.people), calendar, UTC)
    desk = Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), SystemClock())
    found = {case: desk.ticket(case, actor=ACTOR).assignee_id for case in log.cases}
    assert found == dict(result.owners)
    known = attrs.evolve(result.half, waited=None)
    assert (known, problems) == (attrs.evolve(half, waited=None), ())


# --- absences worked out from the gaps -----------------------------------------------------------


@given(rows)
def test_nobody_is_away_on_a_day_of_theirs(steps: list[Row]) -> None:
    """A9: an inferred absence holds no event of the person, and nobody has two that touch."""
    log = log_of(steps)
    absences = gaps.inferred(log, UTC)
    known = Availability(absences)
    for event in log.events:
        if event.person is not None:
            assert known.is_available(event.person, event.at)
    for who in log.people:
        own = [it for it in absences if it.user_id == who]
        for one, other in itertools.pairwise(own):
            assert one.end is not None
            assert one.end < other.start


DAYS = {
    # ada works every day of five weeks, and sets the working days; with the others' days
    "never away": (range(35), []),
    "four days off are none": ([*range(10), *range(14, 35)], []),
    "five days off": ([*range(10), *range(15, 35)], [(10, 15)]),
    "a habit of every fourth day": (range(0, 35, 4), []),
    "three times the habit": ([0, 4, 8, 18, 22, 26, 30, 34], []),
    "longer than three times the habit": ([0, 4, 8, 19, 23, 27, 31, 34], [(9, 19)]),
    "began late": (range(7, 35), [(0, 7)]),
    "left early": (range(20), [(20, None)]),
    "once": ([17], [(0, 17), (18, None)]),
}


@pytest.mark.parametrize("name", DAYS)
def test_who_is_taken_to_be_away(name: str) -> None:
    """Who leaves a gap much longer than their habit is away from its first day to its last."""
    days, expected = DAYS[name]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    lines = [
        f"{who}{day},New,{who},{(start + timedelta(days=day, hours=9)).isoformat()}"
        for who, there in (("ada", range(35)), ("ben", days))
        for day in there
    ]
    text = "\n".join(["case,what,who,when", *lines, ""])
    log = read_log(CsvFile(io.BytesIO(text.encode()), name="log.csv"), PLAIN)
    found = [
        (it.user_id, (it.start - start).days, None if it.end is None else (it.end - start).days)
        for it in gaps.inferred(log, UTC)
    ]
    assert found == [("ben", first, end) for first, end in expected]


def test_weekends_are_no_working_days() -> None:
    """A day on which hardly anybody does anything is not counted, and whole days are local ones."""
    start = datetime(2026, 1, 5, 22, 30, tzinfo=UTC)  # Monday; in Rome not yet midnight
    lines = [
        f"{who}{day},New,{who},{(start + timedelta(days=day)).isoformat()}"
        for day in range(40)
        for who in ("ada", "ben", "cy", "dee")
        if (day % 7 < 5 or who == "ada") and not (who == "ben" and 7 < day < 15)
    ]
    text = "\n".join(["case,what,who,when", *lines, ""])
    log = read_log(CsvFile(io.BytesIO(text.encode()), name="log.csv"), PLAIN)
    zone = ZoneInfo("Europe/Rome")
    (only,) = gaps.inferred(log, zone)
    assert only.user_id == "ben"
    assert only.end is not None
    first, back = only.start.astimezone(zone), only.end.astimezone(zone)
    assert (first.isoformat(), back.isoformat()) == (
        "2026-01-13T00:00:00+01:00",
        "2026-01-20T00:00:00+01:00",
    )


# --- the real logs -------------------------------------------------------------------------------


def real_events(kind: str, cases: int | None = None) -> EventLog:
    """One of the real logs, which are not part of the project; or so many of its cases."""
    path = real_log(kind)
    if cases is None:
        with reading(path) as file:
            return read_log(file, choose_format(file)[0])
    form = PRESETS[kind]
    with path.open(encoding="utf-8", newline="") as stream:
        header, *lines = csv.reader(stream)
    place = header.index(form.case)
    every = list(dict.fromkeys(line[place] for line in lines))
    chosen = set(every[:: len(every) // cases])
    text = io.StringIO()
    csv.writer(text).writerows([header, *(line for line in lines if line[place] in chosen)])
    return read_log(CsvFile(io.BytesIO(text.getvalue().encode()), name=REAL[kind]), form)


def test_columns_are_days_on_the_wall() -> None:
    """A3: over the end of summer time each column begins at a midnight, and no day comes twice."""
    rome = ZoneInfo("Europe/Rome")
    rows = [f"C{day},New,ada,2026-10-{day}T23:30:00+00:00".encode() for day in range(20, 32)]
    file = CsvFile([b"case,what,who,when", *rows], name="log.csv")
    log = read_log(file, LogFormat(case="case", activity="what", person="who", time="when"))
    columns = columns_of(log, rome)
    days = [columns.day_of(number) for number in range(columns.number)]
    assert days == [date(2026, 10, 21) + timedelta(days=day) for day in range(12)]
    for number, day in enumerate(days):
        end = columns.end_of(number).astimezone(rome)
        assert (end.date(), end.time()) == (day + timedelta(days=1), time())


@pytest.mark.parametrize(("kind", "most"), [("italian", (136, 17, 13)), ("servicenow", (25, 8, 5))])
def test_real_curves_agree_with_sql(kind: str, most: tuple[int, ...]) -> None:
    """Open cases of each person, spread and waiting in history are those of SQL over the rows."""
    log = real_events(kind)
    columns = columns_of(log, UTC)
    results = compare(log, variants_of("equal_tickets", ["equal_open"], log.people), None, UTC)
    other = independent_count().curves(kind, str(real_log(kind)), columns.days, columns.number)
    past = results[0]
    assert list(past.spread) == other.pop("spread")
    assert list(past.waiting) == other.pop("waiting")
    assert dict(past.open) == other
    assert tuple(max(result.most_open.values()) for result in results) == most


@pytest.mark.parametrize("absent", [False, True], ids=["all there", "absences"])
@pytest.mark.parametrize("method", list(AssignmentMethod))
@pytest.mark.parametrize("kind", ["italian", "servicenow"])
def test_real_cases_go_to_whom_the_service_gives_them(
    kind: str, method: AssignmentMethod, absent: bool
) -> None:
    """A3, A4, A9, A10: of a sample of a real log each case has the assignee that `replay` gives."""
    log = real_events(kind, 60)
    as_the_service(log, method, MemoryCalendar(gaps.inferred(log, UTC) if absent else ()))


@pytest.mark.long
@pytest.mark.parametrize("absent", [False, True], ids=["all there", "absences"])
@pytest.mark.parametrize("method", list(AssignmentMethod))
@pytest.mark.parametrize("kind", ["italian", "servicenow"])
def test_all_real_cases_go_to_whom_the_service_gives_them(
    kind: str, method: AssignmentMethod, absent: bool
) -> None:
    """A3, A4, A9, A10: of a whole real log each case has the assignee that `replay` gives."""
    log = real_events(kind)
    as_the_service(log, method, MemoryCalendar(gaps.inferred(log, UTC) if absent else ()))
