"""Ranks: a column as a plain list, and dragging as an insertion into it (G12)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk_core.entities import Stage, Team, Ticket, Visibility
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.plans import Plan, SetField
from helpdesk_core.rank import RANK_LIMIT, check_rank, rank_between, rank_of_coming
from helpdesk_core.stages import Pipeline, plan_drag, plan_move

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
#: All ranks: digits and letters, the last one not the least.
RANKS = st.from_regex("[0-9A-Za-z]{0,6}[1-9A-Za-z]", fullmatch=True)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


# --- ranks ---------------------------------------------------------------------------------------


@given(RANKS, RANKS)
@example("1", "11")
@example("V", "V1")
@example("1", "101")
@example("1", "1001")
@example("A", "B")
@example("A", "B1")
@example("Az", "B")
@example("Azz", "B")
@example("AzV", "B")
@example("A", "A02")
@example("A", "A01")
def test_there_is_always_room_between(one: str, other: str) -> None:
    """G12: between any two ranks there is another, which is a rank itself."""
    if one == other:
        assert rank_between(one, other) is None
        return
    above, below = sorted((one, other))
    rank = rank_between(above, below)
    assert rank is not None
    assert above < rank < below
    check_rank("rank", rank)
    assert rank_between(below, above) is None, "they are in another order"


@given(RANKS)
@example("zzzzzzzzzy")
@example("00000000001")
@example("0000000001V")
def test_there_is_room_at_both_ends(rank: str) -> None:
    """G12: before and after any rank there is another, but at the ends of time."""
    before, after = rank_between(None, rank), rank_between(rank, None)
    if rank[:10].rstrip("0"):
        assert before is not None
        assert before < rank
        check_rank("rank", before)
    if rank[:10] != "z" * 10:
        assert after is not None
        assert rank < after
        check_rank("rank", after)


def test_time_has_two_ends() -> None:
    """G12: before the first moment and after the last one there is no room, and no error."""
    assert rank_between(None, "0000000000V") is None
    assert rank_between("zzzzzzzzzzV", None) is None
    assert rank_between(None, rank_of_coming(FIRST, 1)) is None
    assert rank_between(rank_of_coming(LAST, 1), None) is not None


def test_an_empty_column_has_room() -> None:
    """G12: the first in a column needs no neighbours."""
    rank = rank_between(None, None)
    assert rank is not None
    check_rank("rank", rank)


_IDS = st.integers(-(2**63), 2**63 - 1) | st.uuids() | st.text(min_size=1, max_size=5)


@given(
    st.lists(
        st.tuples(st.datetimes(timezones=st.just(UTC)), _IDS),
        min_size=2,
        max_size=2,
        unique_by=lambda pair: (type(pair[1]), pair[1]),
    )
)
def test_a_column_begins_in_order_of_coming(pairs: list[tuple[datetime, Any]]) -> None:
    """G12: before anybody drags, tickets stand in order of coming, each at a place of its own."""
    (first, one), (second, other) = pairs
    ranks = rank_of_coming(first, one), rank_of_coming(second, other)
    for rank in ranks:
        check_rank("rank", rank)
    if first != second:
        assert (ranks[0] < ranks[1]) == (first < second)
    else:
        assert ranks[0] != ranks[1]


def test_a_rank_is_the_same_everywhere() -> None:
    """G12: the rank of coming hangs on nothing but the moment and the id, type and all."""
    assert rank_of_coming(NOW, "T-1") == "4ifzg5Iz3I4GpMWtV"
    ids: list[Any] = ["7", 7, UUID(int=7)]
    assert len({rank_of_coming(NOW, id) for id in ids}) == 3


@pytest.mark.parametrize(
    "wrong", ["", "0", "A0", "a-b", "é", "A\n", None, 7, "A" * (RANK_LIMIT + 1)]
)
def test_what_is_no_rank_is_refused_by_name(wrong: Any) -> None:
    """G12: a rank is digits and letters, no 0 last, of a limited length."""
    with pytest.raises(InvalidValueError, match="rank must"):
        check_rank("rank", wrong)
    with pytest.raises(InvalidValueError, match="rank must"):
        _ticket(1, rank=wrong)


def test_the_ends_of_a_column_never_get_long() -> None:
    """G12: who is always put first, or last, needs no longer rank each time."""
    top = bottom = rank_of_coming(NOW, 1)
    for _ in range(2000):
        above, under = rank_between(None, top), rank_between(bottom, None)
        assert above is not None
        assert under is not None
        assert above < top
        assert bottom < under
        top, bottom = above, under
    assert len(top) == len(bottom) == 11


@pytest.mark.parametrize("upper", [True, False])
def test_one_gap_takes_thousands(upper: bool) -> None:
    """G12: however mean the order, one gap takes two thousand before it says that it is full."""
    above: str | None = rank_of_coming(NOW, 1)
    below: str | None = rank_of_coming(NOW + timedelta(microseconds=1), 2)
    taken = 0
    while (rank := rank_between(above, below)) is not None:
        above, below = (above, rank) if upper else (rank, below)
        taken += 1
    assert taken > 2000


# --- dragging ------------------------------------------------------------------------------------

NEW = Stage(id="new", name="New", position=0)
DOING = Stage(id="doing", name="Doing", position=1)
DONE = Stage(id="done", name="Done", position=2, folded=True)
TEAM = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"new", "doing", "done"})
PIPELINE = Pipeline([NEW, DOING, DONE], [TEAM])


def _ticket(n: int, stage_id: str = "new", **fields: Any) -> Ticket:
    at = NOW + timedelta(minutes=n)
    return Ticket(id=n, team_id="it", stage_id=stage_id, subject="Ink", created_at=at, **fields)


def _drag(
    ticket: Ticket,
    upper: Ticket | None,
    lower: Ticket | None,
    to: str = "new",
    pipeline: Pipeline = PIPELINE,
) -> tuple[Plan, Ticket]:
    move = plan_move(ticket, to, pipeline, customer=None, assignee=None, now=NOW)
    plan = plan_drag(move, ticket, to, upper=upper, lower=lower, now=NOW)
    fields = {c.field: c.value for c in plan.changes if isinstance(c, SetField)}
    assert all(isinstance(c, SetField) and c.id == ticket.id for c in plan.changes)
    return plan, attrs.evolve(ticket, **fields)


def dragged_at_random(drags: int, tickets: int, seed: int) -> int:
    """Drag so often, and hold the column against a plain list; the length of the longest rank."""
    chance = random.Random(seed)
    column = [_ticket(n) for n in range(tickets)]
    longest = 0
    for _ in range(drags):
        ticket = column.pop(chance.randrange(len(column)))
        place = chance.randrange(len(column) + 1)
        upper = column[place - 1] if place else None
        lower = column[place] if place < len(column) else None
        plan, moved = _drag(ticket, upper, lower)
        assert plan.allowed
        assert upper is None or upper.rank < moved.rank
        assert lower is None or moved.rank < lower.rank
        column.insert(place, moved)
        longest = max(longest, len(moved.rank))
    ranks = [ticket.rank for ticket in column]
    assert ranks == sorted(set(ranks)), "the order is that of the plain list"
    return longest


def test_random_drags_keep_the_order_of_a_plain_list() -> None:
    """G12: dragging is an insertion into a list, and changes nothing but the ticket's own rank."""
    assert dragged_at_random(2000, 60, 1) < 60


@pytest.mark.long
def test_100_000_drags() -> None:
    """G12: the same for a hundred thousand drags in a column of a thousand."""
    assert dragged_at_random(100_000, 1000, 1) < 40


def test_a_drag_within_the_column_is_told() -> None:
    """G12, N1: a drag within its column is one change and one event, and no move."""
    one, two, three = map(_ticket, (1, 2, 3))
    plan, moved = _drag(three, one, two)
    assert plan.decision.code == "board.dragged"
    assert [event.name for event in plan.events] == ["TicketChanged"]
    assert getattr(plan.events[0], "fields") == ("rank",)  # noqa: B009
    assert (plan.events[0].ticket_id, plan.events[0].team_id) == (3, "it")
    assert one.rank < moved.rank < two.rank


def test_a_drag_into_another_column_is_a_move() -> None:
    """G3, G12: into another stage it is a move, with its closing, and takes its place there."""
    one, two = _ticket(1, "done"), _ticket(2, "done")
    plan, moved = _drag(_ticket(9), one, two, "done")
    assert [event.name for event in plan.events] == ["TicketMoved", "TicketClosed", "TicketChanged"]
    assert (moved.stage_id, moved.closed_at) == ("done", NOW)
    assert one.rank < moved.rank < two.rank
    _, there = _drag(_ticket(9), None, None, "done")
    assert (there.stage_id, there.rank) == ("done", _ticket(9).rank)


def test_a_drag_to_where_it_is_does_nothing() -> None:
    """G12: dropping a ticket where it was changes nothing and tells nothing."""
    one, two, three = map(_ticket, (1, 2, 3))
    for upper, lower in ((one, three), (one, None), (None, three), (None, None)):
        plan, moved = _drag(two, upper, lower)
        assert (plan.allowed, plan.changes, plan.events) == (True, (), ())
        assert moved == two
    _, moved = _drag(two, three, None)
    assert moved.rank > three.rank
    _, moved = _drag(two, None, one)
    assert moved.rank < one.rank


def test_from_another_column_a_fitting_rank_is_still_its_own() -> None:
    """G12: the rank that a ticket brings along may fit by chance; it is given one of the gap."""
    plan, moved = _drag(_ticket(2, "doing"), _ticket(1), _ticket(3))
    assert plan.decision.code == "board.dragged"
    assert _ticket(1).rank < moved.rank < _ticket(3).rank


def test_a_column_that_has_changed_is_refused() -> None:
    """G12: neighbours that are gone, merged away, the ticket itself, or in another order."""
    one, two, three = map(_ticket, (1, 2, 3))
    cases = [
        (attrs.evolve(one, stage_id="doing"), two, one.id),
        (one, attrs.evolve(two, merged_into=one.id), two.id),
        (three, None, three.id),
        (two, one, one.id),
    ]
    for upper, lower, named in cases:
        plan, _ = _drag(three, upper, lower)
        assert plan.decision.code == "board.refused.moved_on"
        assert plan.decision.reasons[0].parameters["ticket_id"] == named
        assert plan.changes == ()


def test_what_a_move_refuses_a_drag_refuses() -> None:
    """G5, M8, G12: a stage of another team, and a tombstone, are refused as for a move."""
    one, two = _ticket(1), _ticket(2)
    bare = Pipeline([NEW, DOING], [attrs.evolve(TEAM, stage_ids={"new"})])
    plan, _ = _drag(two, None, None, "doing", bare)
    assert plan.decision.code == "stage.refused.not_in_team"
    plan, _ = _drag(attrs.evolve(two, merged_into=one.id), one, None)
    assert plan.decision.code == "stage.refused.merged_away"


def test_no_room_is_refused() -> None:
    """G12: of two with one rank, or with a gap that is full, the place between them is refused."""
    one = _ticket(1)
    for other in (
        attrs.evolve(_ticket(2), rank=one.rank),
        attrs.evolve(_ticket(2), rank=one.rank + "0" * (RANK_LIMIT - len(one.rank) - 1) + "1"),
    ):
        plan, _ = _drag(_ticket(3), one, other)
        assert plan.decision.code == "board.refused.no_room"
