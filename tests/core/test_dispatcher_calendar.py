"""Who comes and who goes while a dispatcher runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpdesk_core.assignment import AssignmentMethod, Dispatcher, Workload
from helpdesk_core.availability import Availability
from helpdesk_core.entities import Absence, Id, MemberOptions, WeeklySchedule

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
TICKETS, OPEN = AssignmentMethod.EQUAL_TICKETS, AssignmentMethod.EQUAL_OPEN
INK, LAW = frozenset({"ink"}), MemberOptions(tags={"law"})


def away(**spells: list[tuple[float, float | None]]) -> Availability:
    """Everybody named is away from one hour to another, each time."""
    return Availability(
        Absence(
            user_id=who, start=NOW + start * HOUR, end=None if end is None else NOW + end * HOUR
        )
        for who, some in spells.items()
        for start, end in some
    )


def loads(**totals: int) -> dict[Id, Workload]:
    """Each has so many tickets, all of them open."""
    return {who: Workload(member_id=who, total=n, open=n) for who, n in totals.items()}


def got(dispatcher: Dispatcher, hours: float, **more: Any) -> Any:
    """Who gets a ticket at that hour."""
    return dispatcher.assign(NOW + hours * HOUR, **more).assignee_id


# --- what was read ahead -------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [2, 3])
def test_two_come_back_between_two_tickets(hours: float) -> None:
    """A9: However many come back between two tickets, each is there from their moment on."""
    there = away(ada=[(0, 1)], bob=[(0, 2)])
    dispatcher = Dispatcher(TICKETS, ["ada", "bob", "cy"], loads(ada=5, cy=9), there)
    assert got(dispatcher, 0) == "cy"
    assert got(dispatcher, hours) == "bob"


def test_news_of_one_comes_before_what_was_read_of_them() -> None:
    """A9, A15: What the calendar said before of who has news is passed over, and nothing else."""
    there = away(ada=[(0, 1)], bob=[(0, 2)], di=[(0, 3)])
    dispatcher = Dispatcher(TICKETS, ["ada", "bob", "cy", "di"], loads(ada=5, cy=9, di=1), there)
    assert got(dispatcher, 0) == "cy"
    longer = Absence(user_id="bob", start=NOW, end=NOW + 9 * HOUR)
    dispatcher.calendar_changed(there.with_absences("bob", [longer]), ["bob"])
    assert got(dispatcher, 3) == "di"


def test_what_was_read_to_look_ahead_is_gone_through_in_turn() -> None:
    """A9, A10: After a look far ahead everybody is still there from their own moment on."""
    there = away(ada=[(0, 1), (3, 4)], bob=[(0, 2)])
    dispatcher = Dispatcher(
        TICKETS, ["ada", "bob"], loads(ada=9), there, look_ahead_window=5 * HOUR
    )
    assert [got(dispatcher, hours) for hours in (0, 1, 2)] == ["bob", "ada", "bob"]


def test_who_has_news_may_be_back_first() -> None:
    """A10, A15: Who is looked ahead for is the first one back, by the news as by the rest."""
    there = away(ada=[(0, 9)], bob=[(0, 5)])
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"], {}, there)
    assert got(dispatcher, 0) == "bob"
    # News of news: neither what was sooner nor what was later is true any more.
    for back, who, then in [(2, "ada", 2), (7, "bob", 5), (2, "ada", 2), (7, "bob", 5)]:
        news = Absence(user_id="ada", start=NOW, end=NOW + back * HOUR)
        dispatcher.calendar_changed(there.with_absences("ada", [news]), ["ada"])
        decision = dispatcher.assign(NOW)
        assert (decision.assignee_id, decision.available_from) == (who, NOW + then * HOUR)
    decision = dispatcher.assign(NOW + 3 * HOUR)
    assert (decision.assignee_id, decision.available_from) == ("bob", NOW + 5 * HOUR)
    assert [got(dispatcher, hours) for hours in (7, 9)] == ["ada", "ada"]


def test_who_left_is_not_looked_ahead_for() -> None:
    """A10, A18: What the calendar says of who is no member any more is passed over."""
    there = away(ada=[(0, 5), (5.5, 8)], bob=[(0, 6)], cy=[(0, 7), (20, 30)])
    dispatcher = Dispatcher(TICKETS, ["ada", "bob", "cy"], {}, there)
    assert got(dispatcher, 0) == "ada"
    dispatcher.left("bob")
    dispatcher.left("cy")
    decision = dispatcher.assign(NOW + 6 * HOUR)
    assert (decision.assignee_id, decision.available_from) == ("ada", NOW + 8 * HOUR)


def test_news_of_everybody() -> None:
    """A9, A15: Another calendar is asked from then on, before the first ticket and after it."""
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"])
    dispatcher.joined("cy")
    dispatcher.calendar_changed(away(ada=[(0, 9)]), ["ada"])
    assert got(dispatcher, 0) == "bob"
    dispatcher.calendar_changed(away(ada=[(0, 9)], cy=[(0, 9)]))
    assert got(dispatcher, 0) == "bob"


@pytest.mark.parametrize(
    ("ada", "bob", "window"), [(5, 8, 3), (55 * 24, 57 * 24, 48), (55 * 24, 57 * 24, 80)]
)
def test_all_of_the_window_is_looked_at(ada: float, bob: float, window: float) -> None:
    """A10: Who is back when the window ends competes, however far that is read at once."""
    dispatcher = Dispatcher(
        TICKETS,
        ["ada", "bob"],
        loads(ada=9),
        away(ada=[(0, ada)], bob=[(0, bob)]),
        look_ahead_window=window * HOUR,
    )
    assert got(dispatcher, 0) == "bob"


def test_the_horizon_goes_with_the_moment() -> None:
    """A10, A11: Within the window competes only whose hours are within the horizon by then."""
    hours = {"bob": WeeklySchedule(user_id="bob", time_zone="UTC", hours=[(0, 360, 420)])}
    there = Availability([Absence(user_id="ada", start=NOW, end=NOW + 4 * HOUR)], hours)
    dispatcher = Dispatcher(
        TICKETS,
        ["ada", "bob"],
        loads(ada=9),
        there,
        look_ahead_window=3 * HOUR,
        horizon=5 * HOUR,
    )
    assert [got(dispatcher, hours) for hours in (0, 1)] == ["ada", "bob"]


# --- the first of the pool, who never had a ticket: whose key is zero ----------------------------


def test_the_first_of_the_pool_comes_and_goes() -> None:
    """A9: Who never had a ticket and is first in member order is away as everybody else."""
    there = away(ada=[(1, 2)])
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"], {}, there, member_options={"ada": LAW})
    assert [got(dispatcher, 0, tags=INK), got(dispatcher, 1), got(dispatcher, 2)] == [
        "bob",
        "bob",
        "ada",
    ]


def test_news_of_the_first_of_the_pool() -> None:
    """A9, A15: The same when it is told later; that somebody is there still changes nothing."""
    there = Availability()
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"], {}, there, member_options={"ada": LAW})
    assert got(dispatcher, 0, tags=INK) == "bob"
    dispatcher.calendar_changed(there, ["ada"])
    assert got(dispatcher, 0, tags=INK) == "bob"
    dispatcher.calendar_changed(away(ada=[(0, 9)]), ["ada"])
    assert got(dispatcher, 0) == "bob"
    dispatcher.reassigned(None, "ada")
    assert got(dispatcher, 0) == "bob"
    dispatcher.calendar_changed(there, ["ada"])
    assert got(dispatcher, 0) == "ada"


def test_a_ticket_by_hand_for_the_first_of_the_pool_who_is_away() -> None:
    """A7, A9: Who is away does not compete for having been given a ticket by hand."""
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"], loads(bob=5), away(ada=[(0, 9)]))
    assert got(dispatcher, 0) == "bob"
    dispatcher.reassigned(None, "ada")
    assert got(dispatcher, 0) == "bob"


def test_who_is_full_goes_away() -> None:
    """A9, A19: Who has no room stays out when going away and when another comes back."""
    there = away(ada=[(1, 3)], bob=[(0, 1)])
    none = {"ada": MemberOptions(capacity=0)}
    dispatcher = Dispatcher(TICKETS, ["ada", "bob", "cy"], loads(cy=9), there, member_options=none)
    assert [got(dispatcher, hours) for hours in (0, 1)] == ["cy", "bob"]


@pytest.mark.parametrize(
    ("spells", "hours", "who"), [([(0, 1)], 1, "ada"), ([(0, 1), (2, 9)], 3, "agent 2")]
)
def test_one_of_many_comes_back(spells: list[Any], hours: float, who: str) -> None:
    """A9: One of a large pool who is back competes, and not one who is gone again."""
    pool = ["ada", *(f"agent {n}" for n in range(1, 9))]
    dispatcher = Dispatcher(TICKETS, pool, {}, away(ada=spells))
    assert got(dispatcher, 0) == "agent 1"
    assert got(dispatcher, hours) == who


# --- room ----------------------------------------------------------------------------------------


def test_who_has_room_again() -> None:
    """A19, A20: A closing makes room for the next ticket; while nobody has any, it says so."""
    dispatcher = Dispatcher(OPEN, ["ada"], member_options={"ada": MemberOptions(capacity=1)})
    assert got(dispatcher, 0) == "ada"
    full = dispatcher.assign(NOW)
    assert (full.code, full.option) == ("assignment.nobody_fits", "capacity")
    assert (full.candidates, full.skipped) == ((), ())
    dispatcher.closed("ada")
    assert got(dispatcher, 0) == "ada"


def test_room_again_is_for_who_is_in_the_pool() -> None:
    """A18, A19: Who is not in the pool, or left it, is not chosen for having room again."""
    one = {who: MemberOptions(capacity=1) for who in ("ada", "zoe")}
    dispatcher = Dispatcher(OPEN, ["ada", "bob"], loads(bob=5), member_options=one)
    assert got(dispatcher, 0) == "ada"
    dispatcher.left("ada")
    for who in ("ada", "zoe"):
        dispatcher.reassigned(None, who)
    for who in ("ada", "ada", "zoe"):
        dispatcher.closed(who)
    assert [got(dispatcher, 0) for _ in range(3)] == ["bob"] * 3
