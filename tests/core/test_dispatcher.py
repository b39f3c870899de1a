"""The same choice for many tickets in a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.assignment import (
    AssignmentMethod,
    Dispatcher,
    Outcome,
    Workload,
    choose_assignee,
)
from helpdesk_core.availability import Availability
from helpdesk_core.entities import Absence, Id
from helpdesk_core.errors import InvalidValueError

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICKETS, OPEN = AssignmentMethod.EQUAL_TICKETS, AssignmentMethod.EQUAL_OPEN
MEMBERS = ("ada", "bob", "cy", "di", "ed")

happenings = st.lists(
    st.tuples(
        st.sampled_from(
            ["assign", "assign", "assign", "closed", "reopened", "reassigned", "joined", "left"]
        ),
        st.sampled_from(MEMBERS),
        st.sampled_from(MEMBERS) | st.none(),
        st.booleans(),
    ),
    max_size=60,
)
absences = st.lists(
    st.builds(
        lambda who, start, length: Absence(
            user_id=who,
            start=NOW + start * HOUR,
            end=None if length is None else NOW + (start + length) * HOUR,
        ),
        st.sampled_from(MEMBERS),
        st.integers(0, 40),
        st.integers(1, 20) | st.none(),
    ),
    max_size=6,
)
workloads = st.fixed_dictionaries(
    {},
    optional={
        who: st.builds(
            Workload,
            member_id=st.just(who),
            total=st.integers(0, 4),
            open=st.integers(0, 4),
            credit=st.integers(0, 2),
            last_assigned=st.none() | st.integers(0, 9),
        )
        for who in MEMBERS
    },
)


class Kept:
    """The same history in a plain table, asked through `choose_assignee` every time."""

    def __init__(self, pool: list[Id], known: dict[Id, Workload]) -> None:
        self.pool = list(pool)
        self.known = dict(known)
        self.number = 100

    def load(self, who: Id) -> Workload:
        """What somebody has."""
        return self.known.get(who, Workload(member_id=who))

    def add(self, who: Id, **counts: int) -> None:
        """Add to what somebody has."""
        had = self.load(who)
        self.known[who] = attrs.evolve(
            had, **{field: getattr(had, field) + more for field, more in counts.items()}
        )

    def took(self, who: Id, is_open: bool = True) -> None:
        """Somebody got a ticket."""
        self.number += 1
        self.add(who, total=1, open=int(is_open))
        self.known[who] = attrs.evolve(self.known[who], last_assigned=self.number)


@given(
    st.sampled_from(AssignmentMethod),
    st.lists(st.sampled_from(MEMBERS), unique=True),
    workloads,
    absences,
    st.integers(0, 3),
    happenings,
)
def test_agrees_with_single_choices(
    method: AssignmentMethod,
    pool: list[Id],
    known: dict[Id, Workload],
    away: list[Absence],
    window: int,
    history: list[tuple[str, Id, Id | None, bool]],
) -> None:
    """A3, A4, A6, A7, A9, A10: On every history it chooses as `choose_assignee` does."""
    there = Availability(away)
    settings: dict[str, Any] = {"look_ahead_window": window * HOUR}
    dispatcher, kept = Dispatcher(method, pool, known, there, **settings), Kept(pool, known)
    for hours, (what, who, to, is_open) in enumerate(history):
        now = NOW + hours * HOUR
        had = kept.load(who)
        if what == "assign":
            full = choose_assignee(method, kept.pool, kept.known, there, now, **settings)
            assert _without_numbers(dispatcher.explain(now)) == _without_numbers(full)
            assert dispatcher.assign(now) == attrs.evolve(full, candidates=(), skipped=())
            if full.assignee_id is not None:
                kept.took(full.assignee_id)
        elif what == "closed" and had.open:
            kept.add(who, open=-1)
            dispatcher.closed(who)
        elif what == "reopened" and who in kept.known:
            kept.add(who, open=1)
            dispatcher.reopened(who)
        elif what == "reassigned" and had.total and had.open >= is_open:
            if who != to:
                kept.add(who, total=-1, open=-int(is_open))
                if to is not None:
                    kept.took(to, is_open)
            dispatcher.reassigned(who, to, open=is_open)
        elif what == "joined" and who not in kept.pool:
            kept.pool.append(who)
            dispatcher.joined(who)
        elif what == "left" and who in kept.pool:
            kept.pool.remove(who)
            dispatcher.left(who)
    assert dispatcher.pool == tuple(kept.pool)
    counted = {who: (load.total, load.open, load.credit) for who, load in kept.known.items()}
    assert {
        who: (load.total, load.open, load.credit)
        for who, load in dispatcher.workloads.items()
        if who in counted
    } == counted


def _without_numbers(assignment: Any) -> Any:
    """Where the numbers of a rotation begin is not the choice's matter."""
    return attrs.evolve(
        assignment,
        candidates=tuple(
            attrs.evolve(candidate, last_assigned=None) for candidate in assignment.candidates
        ),
    )


@given(st.integers(1, 7), st.integers(0, 50), st.sampled_from(AssignmentMethod))
def test_rotation(size: int, tickets: int, method: AssignmentMethod) -> None:
    """A5: A constant pool that is all there is served in member order, round and round."""
    pool = [f"agent {place}" for place in reversed(range(size))]
    dispatcher = Dispatcher(method, pool)
    got = [dispatcher.assign(NOW).assignee_id for _ in range(tickets)]
    assert got == [pool[number % size] for number in range(tickets)]


def test_leaving_and_joining_resets_no_rotation() -> None:
    """A6: Who leaves takes nobody's turn, and who is back has the old count and the last place."""
    dispatcher = Dispatcher(OPEN, ["ada", "bob", "cy"])
    assert [dispatcher.assign(NOW).assignee_id for _ in range(2)] == ["ada", "bob"]
    dispatcher.left("ada")
    assert dispatcher.assign(NOW).assignee_id == "cy"
    dispatcher.joined("ada")
    assert dispatcher.pool == ("bob", "cy", "ada")
    assert dispatcher.assign(NOW).assignee_id == "ada"


def test_manual_assignments_count_in_the_rotation() -> None:
    """A6, A7: A ticket given by hand to a member of the pool is that member's turn."""
    dispatcher = Dispatcher(TICKETS, ["ada", "bob", "cy"])
    dispatcher.reassigned(None, "ada")
    assert [dispatcher.assign(NOW).assignee_id for _ in range(3)] == ["bob", "cy", "ada"]


def test_somebody_outside_the_pool_is_counted_and_never_chosen() -> None:
    """A7, A18: A ticket given by hand to somebody outside the pool is counted for them alone."""
    dispatcher = Dispatcher(TICKETS, ["ada"])
    dispatcher.reassigned(None, "zoe")
    assert dispatcher.workloads["zoe"].total == 1
    assert [dispatcher.assign(NOW).assignee_id for _ in range(3)] == ["ada"] * 3


def test_the_same_assignee_again_is_no_turn() -> None:
    """A6: Giving a ticket to who has it changes neither count nor turn."""
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"])
    dispatcher.assign(NOW)
    before = dispatcher.workloads
    dispatcher.reassigned("ada", "ada")
    assert dispatcher.workloads == before


def test_looking_ahead_counts() -> None:
    """A6, A10: A ticket given to who is back later counts when it is decided."""
    away = Availability(Absence(user_id=who, start=NOW, end=NOW + HOUR) for who in ("ada", "bob"))
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"], {}, away)
    got = [dispatcher.assign(NOW) for _ in range(3)]
    assert [chosen.assignee_id for chosen in got] == ["ada", "bob", "ada"]
    assert {chosen.available_from for chosen in got} == {NOW + HOUR}
    assert dispatcher.workloads["ada"] == Workload(
        member_id="ada", total=2, open=2, last_assigned=3
    )


def test_nobody_is_an_outcome() -> None:
    """A2, A11: An empty pool and a pool that is never there give outcomes, and count nothing."""
    assert Dispatcher(TICKETS, ()).assign(NOW).outcome is Outcome.NOBODY_ELIGIBLE
    never = Availability([Absence(user_id="ada", start=NOW)])
    dispatcher = Dispatcher(TICKETS, ["ada"], {}, never)
    assert dispatcher.assign(NOW).outcome is Outcome.NOBODY_AVAILABLE
    assert dispatcher.workloads["ada"].total == 0


def test_old_entries_are_cleared() -> None:
    """A4: However often tickets are closed and reopened in between, memory and choice stay."""
    dispatcher = Dispatcher(OPEN, ["ada", "bob"], {"bob": Workload(member_id="bob", open=1)})
    dispatcher.reassigned(None, "ada")
    for _ in range(1000):
        dispatcher.closed("ada")
        dispatcher.reopened("ada")
    assert len(dispatcher._heap) < 100
    dispatcher.closed("ada")
    assert dispatcher.assign(NOW).assignee_id == "ada"


@pytest.mark.parametrize(
    "mistake",
    [
        lambda dispatcher: dispatcher.closed("ada"),
        lambda dispatcher: dispatcher.closed("nobody"),
        lambda dispatcher: dispatcher.reopened("nobody"),
        lambda dispatcher: dispatcher.reassigned("ada", "bob"),
        lambda dispatcher: dispatcher.joined("ada"),
        lambda dispatcher: dispatcher.joined(""),
        lambda dispatcher: dispatcher.left("nobody"),
    ],
)
def test_what_cannot_have_happened_is_refused(mistake: Any) -> None:
    """A6: A count below zero, a second joining and a stranger's leaving change nothing."""
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"])
    before = (dispatcher.pool, dispatcher.workloads)
    with pytest.raises(InvalidValueError, match="member_id"):
        mistake(dispatcher)
    assert (dispatcher.pool, dispatcher.workloads) == before


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("equal_open", ["ada"]), "method"),
        ((OPEN, ["ada", "ada"]), "pool"),
        ((OPEN, ["ada"], {"ada": Workload(member_id="bob")}), "workloads"),
    ],
)
def test_impossible_settings_are_refused(arguments: tuple[Any, ...], field: str) -> None:
    """A6: What cannot be meant is refused by the name of the argument."""
    with pytest.raises(InvalidValueError, match=field):
        Dispatcher(*arguments)
