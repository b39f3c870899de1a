"""`replay`: plays a real event log into a help desk, and compares the policy with history.

The whole log is read and checked before anything is written; the help desk is built in a file of
its own, which becomes the database that was asked for only when all has been played.
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from pathlib import Path

from rich.text import Text

from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli import backtest, console, gaps
from helpdesk_core.cli.absences import calendar_of
from helpdesk_core.cli.csvfile import reading
from helpdesk_core.cli.errors import InputError
from helpdesk_core.cli.logs import EventLog, check_names, choose_format, read_log, zone_named
from helpdesk_core.cli.markup import page_file
from helpdesk_core.cli.reports import Half, OpenLoads, history_of, print_halves
from helpdesk_core.entities import (
    AssignmentMethod,
    Role,
    System,
    Ticket,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.events import TicketMoved, TicketOpened
from helpdesk_core.ports import Calendar, Repository
from helpdesk_core.service import Helpdesk, every

TEAM_ID = "replay"
ACTOR = System(reason="replay of an event log")
_AGENT: frozenset[Role] = frozenset({Role.AGENT})


def run(arguments: argparse.Namespace) -> int:
    """Read, play, report; nothing is left behind unless all of it succeeds."""
    _check(arguments)
    target = None if arguments.database is None else _new_file(Path(arguments.database))
    zone = UTC if arguments.tz is None else zone_named(arguments.tz)
    started = time.perf_counter()
    log, preset = _read(arguments, zone)
    read = time.perf_counter()
    method = AssignmentMethod(arguments.method)
    calendar = calendar_of(arguments.absences, log, zone)
    inferred = gaps.inferred(log, zone) if arguments.infer_absences else None
    if inferred is not None:
        calendar = MemoryCalendar(inferred)
    if arguments.against:
        return backtest.run(arguments, log, zone, calendar, inferred)
    with _database(target) as repository:
        policy, problems = play(log, repository, method, calendar)
    played = time.perf_counter()
    history = history_of(log)
    seconds = {"reading": round(read - started, 2), "playing": round(played - read, 2)}
    if arguments.json:
        console.print_json(
            {
                "log": arguments.log,
                "preset": preset,
                "time_zone": str(zone) if log.naive else None,
                "method": method.value,
                "absences": arguments.absences,
                "inferred_absences": None if inferred is None else len(inferred),
                "owner": log.format.owner,
                "closing": sorted(log.closing),
                "cases": len(log.cases),
                "events": len(log.events),
                "people": len(log.people),
                "activities": list(log.activities),
                "never_close": log.never_close,
                "go_on_after_closing": log.go_on_after_closing,
                "policy": policy.as_json(),
                "history": history.as_json(),
                "problems": list(problems),
                "seconds": seconds,
            }
        )
    else:
        _print(arguments, log, preset, zone, policy, history, problems, seconds)
    return 1 if problems else 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuse by name what cannot be done, before anything is read."""
    if arguments.report is not None:
        page_file(arguments.report)
        if not arguments.against:
            raise InputError("--report is for --against, which is not given")
    if arguments.against and arguments.database is not None:
        raise InputError("--database is not for --against, which makes no help desk")
    if arguments.infer_absences and arguments.absences is not None:
        raise InputError("give --absences or --infer-absences, not both")


def _read(arguments: argparse.Namespace, zone: tzinfo) -> tuple[EventLog, str | None]:
    with reading(arguments.log, delimiter=arguments.delimiter) as file:
        form, preset = choose_format(
            file,
            preset=arguments.preset,
            case=arguments.case,
            activity=arguments.activity,
            person=arguments.person,
            time=arguments.time,
            time_format=arguments.time_format,
            closing=arguments.closing,
            owner=arguments.owner,
        )
        log = read_log(file, form, zone=zone)
        check_names(file, log, closing=arguments.closing, owner=arguments.owner)
    return log, preset


# --- where it is kept ----------------------------------------------------------------------------


def _new_file(path: Path) -> Path:
    if path.exists() or path.is_symlink():
        raise InputError(f"{path}: is there already; a replay makes a new database")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: is not a folder")
    return path


@contextmanager
def _database(target: Path | None) -> Iterator[Repository]:
    """A new SQLite file in a folder that goes away; at the end it is put where it was asked for."""
    beside = None if target is None else target.parent
    with tempfile.TemporaryDirectory(prefix=".helpdesk-replay-", dir=beside) as folder:
        path = Path(folder) / "replay.db"
        repository = SqlRepository(f"sqlite:///{path}")
        try:
            yield repository
        finally:
            repository.close()
        if target is not None:
            _new_file(target)  # still not there?
            os.replace(path, target)


# --- playing -------------------------------------------------------------------------------------


def play(
    log: EventLog,
    repository: Repository,
    method: AssignmentMethod,
    calendar: Calendar | None = None,
) -> tuple[Half, tuple[str, ...]]:
    """Play the log into a help desk over an empty repository: what the policy gave, and `check`.

    Without a calendar everybody is always there.

    A case opens in the team's first open stage (G7) and is moved to the stage of its first
    activity; each further event moves it to that of its own, which closes or reopens it (G3). The
    same activity again is a move to the same stage, and changes nothing.
    """
    clock = ManualClock(log.events[0].at)
    numbers = itertools.count(1)
    helpdesk = Helpdesk(
        repository,
        MemoryNotifier(),
        MemoryCalendar() if calendar is None else calendar,
        clock,
        id_factory=lambda: f"n-{next(numbers)}",
    )
    _build(helpdesk, log, method)
    loads = OpenLoads(log.people)
    tickets: dict[str, Ticket] = {}
    events = closings = reopenings = waited = 0
    with console.progress("playing", len(log.events)) as steps:
        for event in log.events:
            clock.set(event.at)
            before = tickets.get(event.case)
            if before is None:
                before = helpdesk.open_ticket(TEAM_ID, event.case, actor=ACTOR, id=event.case)
                waited += before.waiting
                loads.opened(_name(before))
            after = before
            if event.case in tickets or before.stage_id != event.activity:
                after = helpdesk.move(event.case, event.activity, actor=ACTOR)
            if before.closed_at is None and after.closed_at is not None:
                closings += 1
                loads.closed(_name(after))
            elif before.closed_at is not None and after.closed_at is None:
                reopenings += 1
                loads.opened(_name(after))
            tickets[event.case] = after
            loads.sample()
            events += 1
            steps.advance()
    counts = helpdesk.workloads(TEAM_ID, actor=ACTOR)  # as the database has them
    per_person = Counter({str(member): count.total for member, count in counts.items()})
    return (
        Half(
            cases=helpdesk.count(actor=ACTOR),
            events=events,
            tickets={person: per_person[person] for person in log.people},
            nobody=sum(1 for ticket in tickets.values() if ticket.assignee_id is None),
            closings=closings,
            reopenings=reopenings,
            open_spread_mean=loads.mean,
            open_spread_max=loads.maximum,
            waited=waited,
        ),
        tuple(map(str, helpdesk.check())),
    )


def entries(repository: Repository, cases: Iterable[str]) -> Counter[tuple[str, str]]:
    """How often a ticket came into each stage on each day, by the history of these tickets (T6).

    A ticket comes into a stage when it is opened there, and when it is moved there. Days are those
    of UTC, as in 20260105.
    """
    reader = Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), SystemClock())
    found: Counter[tuple[str, str]] = Counter()
    for case in cases:
        for event in every(reader.history, case, actor=ACTOR, limit=500):
            if isinstance(event, TicketOpened):
                found[str(event.stage_id), f"{event.at:%Y%m%d}"] += 1
            elif isinstance(event, TicketMoved):
                found[str(event.to_stage_id), f"{event.at:%Y%m%d}"] += 1
    return found


def _build(helpdesk: Helpdesk, log: EventLog, method: AssignmentMethod) -> None:
    for person in log.people:
        helpdesk.add_user(
            User(id=person, name=person, kind=UserKind.INTERNAL, roles=frozenset({Role.AGENT})),
            actor=ACTOR,
        )
    stages = list(log.activities)
    if log.closing.issuperset(stages):  # a team always keeps an open stage (G7)
        stages.insert(0, _other_than(stages))
    for name in stages:
        helpdesk.create_stage(name, actor=ACTOR, id=name, folded=name in log.closing)
    helpdesk.create_team(
        "Replay",
        Visibility.COMPANY,
        actor=ACTOR,
        id=TEAM_ID,
        member_ids=log.people,
        stage_ids=stages,
        auto_assign=True,
        assignment_method=method,
    )


def _other_than(names: list[str]) -> str:
    name = "Open"
    while name in names:
        name += "'"
    return name


def _name(ticket: Ticket) -> str | None:
    return None if ticket.assignee_id is None else str(ticket.assignee_id)


# --- reporting -----------------------------------------------------------------------------------


def _print(
    arguments: argparse.Namespace,
    log: EventLog,
    preset: str | None,
    zone: tzinfo,
    policy: Half,
    history: Half,
    problems: tuple[str, ...],
    seconds: dict[str, float],
) -> None:
    out = console.out()
    told = arguments.preset is not None
    how = "" if preset is None else f", preset {preset}" + ("" if told else " (by its header)")
    when = "times name their zone"
    if log.naive:
        when = f"times without a zone are read as {zone}"
        when += "" if arguments.tz else " (--tz names another)"
    out.print(Text(f"{arguments.log}{how}; {when}."))
    print_halves(out, log, policy, history, arguments.method)
    out.print(f"Read in {seconds['reading']:.2f} s, played in {seconds['playing']:.2f} s.")
    if arguments.database is not None:
        out.print(Text(f"The database is {arguments.database}."))
    for problem in problems:
        out.print(Text(f"check: {problem}"))
