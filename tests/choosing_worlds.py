"""Random teams with random histories, on which the library and the second model must agree."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from helpdesk_core.assignment import Assignment, Dispatched, Dispatcher, Workload, choose_assignee
from helpdesk_core.availability import Availability
from helpdesk_core.entities import (
    Absence,
    AssignmentMethod,
    AssignmentMode,
    CatchingUp,
    CatchUp,
    MemberOptions,
    WeeklySchedule,
)
from model import choosing as model

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
MEMBERS = ("ada", "bob", "cy", "di", "ed")
TAGS = ("ink", "law")
WHY = {"assigned": "available"}


def random_team(rng: random.Random) -> dict[str, Any]:
    """A team as the model has it."""

    def some(chance: float, value: Any) -> Any:
        return value if rng.random() < chance else None

    absences: dict[str, list[Any]] = {}
    for member in MEMBERS:
        for _ in range(rng.choice([0, 0, 1, 2, 4])):
            start, length = rng.randrange(-10, 60), rng.choice([1, 2, 5, 20, 20, 40, None])
            end = None if length is None else MONDAY + (start + length) * HOUR
            absences.setdefault(member, []).append((MONDAY + start * HOUR, end))
    hours = {}
    if rng.random() < 0.4:
        for member in MEMBERS:
            opens, closes = sorted(rng.sample(range(25), 2))
            days = rng.sample(range(7), rng.randrange(1, 8))
            hours[member] = {(day, hour) for day in days for hour in range(opens, closes)}
    options = {}
    if rng.random() < 0.5:
        for member in rng.sample(MEMBERS, 3):
            options[member] = {
                "capacity": some(0.5, rng.randrange(4)),
                "weight": rng.choice([1, 1, 2, 3]),
                "tags": some(0.5, set(rng.sample(TAGS, rng.randrange(3)))),
            }
    return {
        "method": rng.choice(["equal_tickets", "equal_tickets", "equal_open"]),
        "catch_up": rng.choice(["full", "none", "smoothed"]),
        "mode": rng.choice(["assign_now", "assign_now", "defer"]),
        "window": rng.choice([0, 0, 1, 30]) * HOUR,
        "options": options,
        "absences": absences,
        "hours": hours,
        "tags_of": {},
    }


def availability_of(team: dict[str, Any]) -> Availability:
    """The model's time off and hours as the library has them."""
    absences = [
        Absence(user_id=member, start=start, end=end)
        for member, some in team["absences"].items()
        for start, end in some
    ]
    schedules = {
        member: WeeklySchedule(
            user_id=member,
            time_zone="UTC",
            hours=[(day, hour * 60, hour * 60 + 60) for day, hour in sorted(hours)],
        )
        for member, hours in team["hours"].items()
    }
    return Availability(absences, schedules)


class Library:
    """The library's side: single choices over stored counts, and a dispatcher beside them."""

    def __init__(self, team: dict[str, Any], pool: list[str]) -> None:
        self.method = AssignmentMethod(team["method"])
        self.settings: dict[str, Any] = {
            "mode": AssignmentMode(team["mode"]),
            "catch_up": CatchUp(team["catch_up"]),
            "look_ahead_window": team["window"],
            "member_options": {m: MemberOptions(**some) for m, some in team["options"].items()},
        }
        self.there = availability_of(team)
        self.pool = pool
        self.loads: dict[Any, Workload] = {}
        self.number = 0
        self.known: CatchingUp | None = None
        self.dispatcher = Dispatcher(self.method, pool, {}, self.there, **self.settings)

    def begin_again(self) -> None:
        """Another dispatcher goes on where this one is, as after a restart."""
        was = self.dispatcher
        self.dispatcher = Dispatcher(
            self.method,
            was.pool,
            was.workloads,
            self.there,
            catching_up=was.catching_up,
            **self.settings,
        )

    def add(self, member: str, **counts: int) -> None:
        """Add to what somebody has."""
        had = self.loads.get(member, Workload(member_id=member))
        more = {name: getattr(had, name) + number for name, number in counts.items()}
        self.loads[member] = attrs.evolve(had, **more)

    def took(self, member: str, is_open: bool) -> None:
        """Somebody has one more."""
        self.number += 1
        self.add(member, total=1, open=int(is_open))
        self.loads[member] = attrs.evolve(self.loads[member], last_assigned=self.number)

    def assign(self, now: datetime, tags: frozenset[str]) -> tuple[Assignment, Dispatched]:
        """What each of the two decides."""
        found = choose_assignee(
            self.method,
            self.pool,
            self.loads,
            self.there,
            now,
            tags=tags,
            catching_up=self.known,
            **self.settings,
        )
        if found.assignee_id is not None:
            for credit in found.credits:
                self.add(str(credit.member_id), credit=credit.tickets)
            self.took(str(found.assignee_id), True)
            self.known = found.catching_up
        return found, self.dispatcher.assign(now, tags=tags)


def told(decision: Assignment | Dispatched) -> tuple[Any, ...]:
    """A decision as the model says it."""
    ahead = decision.assignee_id is not None and decision.available_from is not None
    why = "look-ahead" if ahead else WHY.get(decision.outcome.value, decision.outcome.value)
    return (
        decision.assignee_id,
        why.replace("_", " "),
        decision.available_from,
        decision.count,
        decision.tie_breaker,
        decision.option,
    )


def live_through(seed: int, seen: Any = None) -> None:
    """One world from beginning to end; all three agree on each decision."""
    rng = random.Random(seed)
    team = random_team(rng)
    pool = rng.sample(MEMBERS, rng.randrange(6))
    library = Library(team, list(pool))
    history: list[Any] = []
    decided = []
    now = MONDAY
    for ticket in range(rng.randrange(5, 30)):
        what = rng.random()
        now += rng.choice([0, 0, 1, 1, 3, 12]) * HOUR
        known = model.tickets(history)
        mine = [id for id, (member, _) in known.items() if member is not None]
        if what < 0.65:
            tags = frozenset(rng.sample(TAGS, rng.choice([0, 0, 1, 2])))
            team["tags_of"][ticket] = tags
            expected = model.choose(team, history, now, tuple(pool), ticket)
            full, brief = library.assign(now, tags)
            assert told(full) == expected, (seed, ticket)
            assert told(brief) == expected, (seed, ticket)
            decided.append((full, brief, library.dispatcher))
            if seen is not None:
                seen[team["catch_up"], team["mode"], expected[1]] += 1
                seen["credit"] += bool(full.credits)
                seen["behind"] += bool(full.catching_up and full.catching_up.behind)
                seen["their turn"] += bool(full.catching_up and full.catching_up.their_turn)
            if full.assignee_id is not None:
                history.append(("auto", now, ticket, full.assignee_id, tuple(pool)))
        elif what < 0.8 and mine:
            id = rng.choice(mine)
            member, is_open = known[id]
            history.append(("closed" if is_open else "reopened", id))
            library.add(member, open=-1 if is_open else 1)
            (library.dispatcher.closed if is_open else library.dispatcher.reopened)(member)
        elif what < 0.9 and mine:
            id, to = rng.choice(mine), rng.choice([*MEMBERS, None])
            member, is_open = known[id]
            if to != member:
                history.append(("given", id, to))
                library.add(member, total=-1, open=-int(is_open))
                if to is not None:
                    library.took(to, is_open)
                library.dispatcher.reassigned(member, to, open=is_open)
        elif what < 0.92:
            library.begin_again()
        elif rng.random() < 0.5 and len(pool) < len(MEMBERS):
            member = rng.choice([m for m in MEMBERS if m not in pool])
            pool.append(member)
            library.pool.append(member)
            library.dispatcher.joined(member)
        elif pool:
            member = rng.choice(pool)
            pool.remove(member)
            library.pool.remove(member)
            library.dispatcher.left(member)
    for full, brief, dispatcher in decided:
        again = dispatcher.explain(brief)
        assert (again.candidates, again.skipped) == (full.candidates, full.skipped), seed
    assert library.dispatcher.workloads | library.loads == library.dispatcher.workloads
