"""What costs the more the more members there are, a dispatcher does seldom: counted, not timed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpdesk_core.assignment import (
    Assignment,
    AssignmentMethod,
    AssignmentPolicy,
    Dispatcher,
    Workload,
)
from helpdesk_core.availability import Availability
from helpdesk_core.entities import Absence, CatchUp

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICKETS, OPEN = AssignmentMethod.EQUAL_TICKETS, AssignmentMethod.EQUAL_OPEN
MANY = [f"agent {n}" for n in range(40)]


class Counted(Dispatcher):
    """A dispatcher that counts how often it looks at everybody, or at the calendar."""

    __slots__ = ("times",)

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self.times: Counter[str] = Counter()
        super().__init__(*arguments, **more)

    def _sweep(self) -> None:
        self.times["swept"] += 1
        super()._sweep()

    def _go_to(self, now: datetime) -> None:
        self.times["looked"] += 1
        super()._go_to(now)

    def _begin(self, now: datetime) -> None:
        self.times["begun"] += 1
        super()._begin(now)

    def _by_policy(self, now: datetime, tags: frozenset[str]) -> Assignment:
        self.times["chosen by policy"] += 1
        return super()._by_policy(now, tags)


def away(*who: str, start: float, end: float) -> list[Absence]:
    """All of them are away from one hour to another."""
    return [Absence(user_id=id, start=NOW + start * HOUR, end=NOW + end * HOUR) for id in who]


def test_old_keys_are_swept_away_now_and_then() -> None:
    """A4: Not each closing or reopening looks at everybody, but one for several of the members."""
    had = {MANY[0]: Workload(member_id=MANY[0], total=1, open=1)}
    dispatcher = Counted(OPEN, MANY[:10], had)
    dispatcher.assign(NOW)
    dispatcher.times.clear()
    for _ in range(500):
        dispatcher.closed(MANY[0])
        dispatcher.reopened(MANY[0])
    assert dispatcher.times["swept"] <= 1000 / (4 * 10)


@pytest.mark.parametrize(("some", "swept"), [(1, 0), (30, 1)])
def test_who_is_back_is_put_among_the_others(some: int, swept: int) -> None:
    """A9: One who is back costs no look at everybody; when most are back, one look is for all."""
    there = Availability(away(*MANY[:some], start=0, end=2))
    dispatcher = Counted(TICKETS, MANY, {}, there)
    dispatcher.assign(NOW)
    dispatcher.times.clear()
    assert dispatcher.assign(NOW + 2 * HOUR).assignee_id == MANY[0]
    assert dispatcher.times["swept"] == swept


def test_the_calendar_is_asked_once_for_a_moment() -> None:
    """A9: Tickets of one moment ask once who is there; somebody new does not ask of the others."""
    dispatcher = Counted(TICKETS, MANY, {}, Availability(away(*MANY[:5], start=1, end=2)))
    for _ in range(5):
        dispatcher.assign(NOW)
    assert (dispatcher.times["looked"], dispatcher.times["begun"]) == (1, 1)
    dispatcher.joined("somebody new")
    dispatcher.assign(NOW)
    assert (dispatcher.times["looked"], dispatcher.times["begun"]) == (2, 1)


def test_the_calendar_is_read_as_far_as_it_is_needed() -> None:
    """A9, A10: However much the calendar has, of what comes a few changes are read ahead."""
    spells = [
        spell for n in range(100) for spell in away("ada", "bob", start=10 * n, end=10 * n + 2)
    ]
    dispatcher = Counted(TICKETS, ["ada", "bob"], {}, Availability(spells))
    for hours in range(0, 40, 3):
        dispatcher.assign(NOW + hours * HOUR)
        assert len(dispatcher._read) <= 4


def test_the_next_who_is_back_is_read_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A10: To look ahead nobody is asked one by one, while the calendar that is read tells it."""
    monkeypatch.delattr(AssignmentPolicy, "next_moments")
    there = Availability(away(*MANY, start=0, end=9))
    assert Counted(TICKETS, MANY, {}, there).assign(NOW).available_from == NOW + 9 * HOUR


def test_the_policy_looks_at_everybody_after_a_return() -> None:
    """A8: Where returns are caught up with, only the first ticket after one is by the policy."""
    there = Availability(away("ada", start=2, end=4))
    dispatcher = Counted(TICKETS, ["ada", "bob"], {}, there, catch_up=CatchUp.NONE)
    times = []
    for hours in (0, 1, 3, 4, 5):
        dispatcher.assign(NOW + hours * HOUR)
        times.append(dispatcher.times["chosen by policy"])
    assert times == [1, 1, 1, 2, 2]
