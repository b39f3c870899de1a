"""Merging and un-merging by `helpdesk_core.merge`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.decisions import Reason, allow
from helpdesk_core.duplicates import Match
from helpdesk_core.entities import (
    Attachment,
    FollowSource,
    Message,
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import (
    Event,
    FollowerAdded,
    TicketClosed,
    TicketMergedAway,
    TicketMoved,
    TicketReopened,
    TicketsMerged,
    TicketsUnmerged,
    TicketUnassigned,
)
from helpdesk_core.merge import (
    MERGE_LIMIT,
    Conflict,
    MergePlan,
    MergeStrategy,
    NotRestored,
    UnmergePlan,
    choose_master,
    plan_merge,
    plan_unmerge,
    resolve,
)
from helpdesk_core.plans import (
    AddFollow,
    Change,
    Discard,
    Kind,
    MarkUndone,
    Merge,
    RecordMerge,
    RemoveFollow,
    SetField,
)
from helpdesk_core.visibility import can_view, plan_visibility_change

pytestmark = pytest.mark.core

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
LATER = MONDAY + timedelta(days=30)
CHOSEN, ASSIGNED, CUSTOMER = FollowSource.CHOSEN, FollowSource.ASSIGNED, FollowSource.CUSTOMER
FOLDED = {"new": False, "doing": False, "done": True, "dropped": True}

#: How the host's own fields are merged; `sla` is not named.
STRATEGIES: Any = {
    "cost": MergeStrategy.SUM,
    "serials": MergeStrategy.UNION,
    "room": MergeStrategy.FIRST,
    "votes": lambda mine, others: max([mine or 0, *others]),
}

STAFF = ("ada", "bob", "cyd")
USERS = {
    **{id: User(id=id, name=id, kind=UserKind.INTERNAL) for id in STAFF},
    "eve": User(id="eve", name="eve", kind=UserKind.PORTAL),
    "fay": User(id="fay", name="fay", kind=UserKind.PORTAL),
    "gus": User(id="gus", name="gus", kind=UserKind.CONTACT),
}
TEAMS = {
    level.value: Team(
        id=level.value, name=level.value, visibility=level, stage_ids=frozenset(FOLDED)
    )
    for level in Visibility
}


def ticket(id: Any, **fields: Any) -> Ticket:
    fields = {
        "team_id": "public", "stage_id": "new", "subject": "No ink", "created_at": MONDAY,
    } | fields  # fmt: skip
    if FOLDED[fields["stage_id"]]:
        fields.setdefault("closed_at", TUESDAY)
    return Ticket(id=id, **fields)


class World:
    """Tickets and merges in memory, and what plans do to them."""

    def __init__(self, tickets: Iterable[Ticket]) -> None:
        self.tickets = {one.id: one for one in tickets}
        self.merges: list[Merge] = []
        self.undone: set[Any] = set()

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if isinstance(change, RecordMerge):
                assert change.merge.id not in [merge.id for merge in self.merges]
                self.merges.append(change.merge)
            elif isinstance(change, MarkUndone):
                assert change.merge_id not in self.undone
                self.undone.add(change.merge_id)
                self.merges = [
                    attrs.evolve(merge, undone_at=change.at)
                    if merge.id == change.merge_id
                    else merge
                    for merge in self.merges
                ]
            else:
                self.change(change)

    def change(self, change: Change) -> None:
        assert isinstance(change, SetField | AddFollow | RemoveFollow)
        assert change.kind is Kind.TICKET
        one = self.tickets[change.id]
        if isinstance(change, SetField):
            assert getattr(one, change.field) == change.expected
            assert change.expected != change.value, "a change that changes nothing"
            self.tickets[one.id] = attrs.evolve(one, **{change.field: change.value})
            return
        followers = {user_id: set(sources) for user_id, sources in one.followers.items()}
        sources = followers.setdefault(change.user_id, set())
        if isinstance(change, AddFollow):
            assert change.source not in sources, "a change that changes nothing"
            sources.add(change.source)
        else:
            assert change.source in sources, "a change that changes nothing"
            sources.remove(change.source)
        kept = {user_id: sources for user_id, sources in followers.items() if sources}
        self.tickets[one.id] = attrs.evolve(one, followers=kept)

    def set(self, id: Any, **fields: Any) -> None:
        self.tickets[id] = attrs.evolve(self.tickets[id], **fields)

    def may_view(self, user_id: Any, ticket_id: Any) -> bool:
        one = self.tickets[ticket_id]
        return can_view(USERS[user_id], one, TEAMS[one.team_id]).allowed

    def plan(self, *ids: Any, **options: Any) -> MergePlan:
        given = [self.tickets[id] for id in ids]
        options = {
            "closed": {one.id: FOLDED[one.stage_id] for one in given},
            "reopen_stage_id": "new",
            "teams": TEAMS,
            "users": USERS,
            "may_view": self.may_view,
            "merge_id": len(self.merges),
            "now": LATER,
            "by": "ada",
            "strategies": STRATEGIES,
        } | options
        return plan_merge(given, **options)

    def merge(self, *ids: Any, **options: Any) -> MergePlan:
        plan = self.plan(*ids, **options)
        assert plan.allowed, plan.decision
        self.apply(plan.changes)
        return plan

    def plan_undo(self, merge_id: Any = 0, **options: Any) -> UnmergePlan:
        (merge,) = (merge for merge in self.merges if merge.id == merge_id)
        options = {
            "later": self.merges[self.merges.index(merge) + 1 :],
            "users": USERS,
            "teams": TEAMS,
            "eligible": STAFF,
            "folded": FOLDED,
            "now": LATER + timedelta(days=1),
        } | options
        return plan_unmerge(merge, self.tickets, **options)

    def undo(self, merge_id: Any = 0, **options: Any) -> UnmergePlan:
        plan = self.plan_undo(merge_id, **options)
        assert plan.allowed, plan.decision
        self.apply(plan.changes)
        return plan


def names(events: Iterable[Event]) -> list[str]:
    return [event.name for event in events]


followers = st.dictionaries(
    st.sampled_from(sorted(USERS)), st.sets(st.sampled_from(FollowSource), min_size=1), max_size=4
)


own_fields = st.fixed_dictionaries(
    {},
    optional={
        "cost": st.integers(-9, 9) | st.floats(-9, 9),
        "serials": st.sets(st.sampled_from("abcd"), min_size=1),
        "room": st.sampled_from(["B 1", "B 2"]),
        "sla": st.sampled_from(["gold", "iron"]),
        "votes": st.integers(0, 9),
    },
)


def crowd_of(least: int, most: int, team_ids: Iterable[str] = TEAMS) -> st.SearchStrategy[Any]:
    def build(values: Mapping[str, Any]) -> Ticket:
        closed_at = TUESDAY if FOLDED[values["stage_id"]] else None
        return Ticket(subject="No ink", closed_at=closed_at, **values)

    one = st.fixed_dictionaries(
        {
            "id": st.integers(0, 50),
            "team_id": st.sampled_from(sorted(team_ids)),
            "stage_id": st.sampled_from(sorted(FOLDED)),
            "created_at": st.integers(0, 5).map(lambda days: MONDAY + timedelta(days=days)),
            "tags": st.sets(st.sampled_from("xyz")),
            "links": st.sets(st.integers(0, 50), max_size=4),
            "references": st.sets(st.sampled_from(["a@b", "c@d"])),
            "followers": followers,
            "fields": own_fields,
            "priority": st.integers(0, 3),
            "assignee_id": st.sampled_from([None, *STAFF]),
            "customer_id": st.sampled_from([None, "eve", "fay", "gus"]),
        }
    ).map(build)
    return st.lists(one, min_size=least, max_size=most, unique_by=lambda ticket: ticket.id)


# --- the master and the root ---------------------------------------------------------------------


def test_choose_master() -> None:
    """M4: the master is the oldest, by creation and then by id, unless it is chosen."""
    crowd = [ticket(3), ticket(10), ticket(2, created_at=TUESDAY)]
    assert choose_master(crowd).id == 3
    assert choose_master(crowd[::-1]).id == 3
    assert choose_master(crowd, 2).id == 2
    with pytest.raises(InvalidValueError, match="master_id must be one of the tickets"):
        choose_master(crowd, 4)
    with pytest.raises(InvalidValueError, match="tickets must not be empty"):
        choose_master([])


def test_resolve() -> None:
    """M9: a chain is followed to its root, and a circle is an error."""
    assert resolve(4, {4: 3, 3: 2, 2: 1}.get) == 1
    assert resolve(1, {}.get) == 1
    with pytest.raises(InvalidValueError, match="goes round in a circle at 1"):
        resolve(1, {1: 2, 2: 1}.get)


def test_forest() -> None:
    """M9: whatever is merged in whatever order, the graph is a forest and replies find a root."""

    @given(
        crowd_of(4, 7, ["public"]),
        st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=4), max_size=8),
        st.booleans(),
    )
    def check(crowd: list[Ticket], attempts: list[list[int]], last: bool) -> None:
        world = World(crowd)
        taken_in = 0
        for attempt in attempts:
            ids = [crowd[number % len(crowd)].id for number in attempt]
            before = dict(world.tickets)
            away = [id for id in ids if before[id].is_merged_away]
            plan = world.plan(*ids, master_id=ids[-1] if last else None)
            world.apply(plan.changes)
            if plan.changes:
                assert not away
                taken_in += len(ids) - 1
                assert before[plan.master_id].merged_into is None
            else:
                assert world.tickets == before
                assert len(set(ids)) < max(len(ids), 2) or away
        roots = set()
        for id in world.tickets:
            root = resolve(id, lambda one: world.tickets[one].merged_into)
            assert not world.tickets[root].is_merged_away
            roots.add(root)
        assert len(roots) == len(crowd) - taken_in

    check()


def test_two_ways_at_once() -> None:
    """M9: after A went into B, B does not go into A."""
    world = World([ticket("A"), ticket("B")])
    world.merge("A", "B", master_id="B")
    plan = world.plan("A", "B", master_id="A")
    assert plan.decision.code == "merge.refused.cycle"
    assert plan.changes == plan.events == ()


# --- merging -------------------------------------------------------------------------------------


def test_nothing_is_lost() -> None:
    """M6, M8: the master has what is united of all, fields too; the others only point to it."""

    @given(crowd_of(2, 5))
    def check(crowd: list[Ticket]) -> None:
        world = World(crowd)
        plan = world.merge(*world.tickets, allow_cross_visibility=True)
        assert plan.master_id == choose_master(crowd).id
        assert set(plan.merged_ids) == set(world.tickets) - {plan.master_id}
        master = world.tickets[plan.master_id]
        before = {one.id: one for one in crowd}
        for one in crowd:
            assert one.tags <= master.tags
            assert one.references <= master.references
            assert one.links - {master.id} <= master.links
            if one.id != master.id:
                assert world.tickets[one.id] == attrs.evolve(one, merged_into=master.id)
        assert master.tags == frozenset().union(*(one.tags for one in crowd))
        assert (master.id in master.links) == (master.id in before[master.id].links)
        theirs = [one.fields for one in crowd]
        serials = frozenset().union(*(fields.get("serials", ()) for fields in theirs))
        assert master.fields.get("serials", frozenset()) == serials
        assert math.isclose(
            master.fields.get("cost", 0),
            math.fsum(fields.get("cost", 0) for fields in theirs),
            abs_tol=1e-9,
        )
        assert master.fields.get("sla") == before[master.id].fields.get("sla")
        assert all(
            getattr(master, field) == getattr(before[master.id], field)
            for field in ("subject", "team_id", "customer_id", "assignee_id", "priority")
        )
        for user_id, sources in before[master.id].followers.items():
            assert sources <= master.followers[user_id]

    check()


def test_order_given_does_not_matter() -> None:
    """M6: the same tickets in another order make the same merge, the merged in order of time."""

    @given(crowd_of(2, 5), st.randoms(use_true_random=False))
    def check(crowd: list[Ticket], random: Any) -> None:
        world = World(crowd)
        ids = list(world.tickets)
        plan = world.plan(*ids, allow_cross_visibility=True)
        random.shuffle(ids)
        assert world.plan(*ids, allow_cross_visibility=True) == plan
        ages = [(world.tickets[id].created_at, id) for id in plan.merged_ids]
        assert ages == sorted(ages)

    check()


def test_events_and_no_notice() -> None:
    """M8, M12: an event for each tombstone and one for the master, none of a closing, no notice."""
    world = World([ticket(1), ticket(2, stage_id="done"), ticket(3)])
    plan = world.merge(1, 2, 3, merge_id="m")
    assert plan.events == (
        TicketMergedAway(
            at=LATER, by="ada", ticket_id=2, team_id="public", master_id=1, merge_id="m"
        ),
        TicketMergedAway(
            at=LATER, by="ada", ticket_id=3, team_id="public", master_id=1, merge_id="m"
        ),
        TicketsMerged(
            at=LATER, by="ada", ticket_id=1, team_id="public", merge_id="m", merged_ids=(2, 3)
        ),
    )
    assert plan.notices == ()
    assert world.tickets[2].stage_id == "done"
    assert world.tickets[2].closed_at == TUESDAY
    (record,) = world.merges
    assert (record.id, record.master_id, record.merged_ids, record.at) == ("m", 1, (2, 3), LATER)
    assert record.changes == plan.changes[:-1]


@pytest.mark.parametrize(
    ("stages", "stage_id", "reopened"),
    [
        (("done", "new"), "new", True),
        (("done", "dropped", "doing"), "new", True),
        (("done", "dropped"), "done", False),
        (("doing", "done"), "doing", False),
        (("doing", "new"), "doing", False),
    ],
)
def test_open_and_closed(stages: tuple[str, ...], stage_id: str, reopened: bool) -> None:
    """M13: an open and a closed ticket give an open master, which reopens without a message."""
    world = World(ticket(number, stage_id=stage) for number, stage in enumerate(stages))
    plan = world.merge(*world.tickets)
    master = world.tickets[0]
    assert (master.stage_id, master.closed_at is None) == (stage_id, not FOLDED[stage_id])
    assert [event for event in plan.events if isinstance(event, TicketReopened)] == (
        [TicketReopened(at=LATER, by="ada", ticket_id=0, team_id="public", stage_id="new")]
        if reopened
        else []
    )
    assert ("TicketMoved" in names(plan.events)) == reopened
    assert plan.notices == ()


def test_created_is_the_earliest() -> None:
    """M13: the master was created when the earliest of them was."""
    world = World([ticket(1), ticket(2, created_at=TUESDAY)])
    world.merge(1, 2, master_id=2)
    assert world.tickets[2].created_at == MONDAY


def test_conflicts_and_ratings() -> None:
    """M15: what contradicts the master is listed, and the similarities given are shown."""
    world = World(
        [
            ticket(1, stage_id="done", customer_id="eve", priority=1),
            ticket(2, customer_id="fay", priority=1, assignee_id="ada"),
            ticket(3, stage_id="doing", team_id="company"),
        ]
    )
    match = Match(ticket_id=2, rating=0.5)
    plan = world.merge(1, 2, 3, allow_cross_visibility=True, ratings={2: match})
    assert plan.conflicts == (
        Conflict(field="team_id", kept="public", others=((3, "company"),)),
        Conflict(field="stage_id", kept="new", others=((3, "doing"),)),
        Conflict(field="customer_id", kept="eve", others=((2, "fay"),)),
        Conflict(field="assignee_id", kept=None, others=((2, "ada"),)),
        Conflict(field="priority", kept=1, others=((3, 0),)),
    )
    assert plan.ratings == {2: match}
    assert world.tickets[1].customer_id == "eve"


def test_plans_are_values() -> None:
    """M15: what a plan tells of is named, never counted by its place, and two plans can be one."""
    for kind, values in (
        (Conflict, ("team_id", "public", ())),
        (MergePlan, (allow("merge.merged"),)),
        (UnmergePlan, (allow("merge.unmerged"),)),
        (NotRestored, (1, "stage_id", Reason("merge.changed_since"))),
    ):
        with pytest.raises(TypeError, match="positional"):
            kind(*values)
    one, other = (
        MergePlan(decision=allow("merge.merged"), ratings={2: Match(ticket_id=2, rating=0.5)})
        for _ in range(2)
    )
    assert len({one, other}) == 1


# --- followers -----------------------------------------------------------------------------------


def test_nobody_sees_more() -> None:
    """M7: who is carried over could view every one of the tickets; the others are left behind."""

    @given(crowd_of(2, 4))
    def check(crowd: list[Ticket]) -> None:
        world = World(crowd)
        could = {id: {one for one in world.tickets if world.may_view(id, one)} for id in USERS}
        plan = world.merge(*world.tickets, allow_cross_visibility=True)
        before = {one.id: one for one in crowd}[plan.master_id]
        master = world.tickets[plan.master_id]
        following = {id for one in crowd for id in one.followers}
        carried = set(master.followers) - set(before.followers)
        for user_id in following - set(before.followers):
            assert (user_id in carried) == (could[user_id] == set(world.tickets))
            assert (user_id in plan.left_behind) == (user_id not in carried)
        assert carried | set(plan.left_behind) == following - set(before.followers)
        for user_id in set(USERS):
            now = {one for one in world.tickets if world.may_view(user_id, one)}
            assert now == could[user_id]
        assert list(plan.left_behind) == sorted(plan.left_behind)
        merged_event = plan.events[-1]
        assert isinstance(merged_event, TicketsMerged)
        assert merged_event.left_behind == plan.left_behind

    check()


def test_followers_by_example() -> None:
    """M7: an agent who may view both is carried over, a customer and a contact are not."""
    theirs = {id: {CHOSEN} for id in ("ada", "eve", "gus")}
    world = World([ticket(1), ticket(2, followers=theirs)])
    plan = world.merge(1, 2)
    assert dict(world.tickets[1].followers) == {"ada": {CHOSEN}}
    assert plan.left_behind == ("eve", "gus")
    assert set(world.tickets[2].followers) == {"ada", "eve", "gus"}
    assert [event for event in plan.events if isinstance(event, FollowerAdded)] == [
        FollowerAdded(
            at=LATER, by="ada", ticket_id=1, team_id="public", user_id="ada", source=CHOSEN
        )
    ]


def test_carried_by_choice() -> None:
    """M6, M7: on the master a follow is by choice, and a choice is not lost to another source."""
    world = World(
        [
            ticket(1, followers={"ada": {ASSIGNED}, "bob": {ASSIGNED}, "eve": {CHOSEN}}),
            ticket(2, followers={"ada": {CHOSEN}, "bob": {ASSIGNED}, "eve": {CUSTOMER, CHOSEN}}),
            ticket(3, followers={"cyd": {ASSIGNED}}),
        ]
    )
    plan = world.merge(1, 2, 3)
    assert dict(world.tickets[1].followers) == {
        "ada": {ASSIGNED, CHOSEN},
        "bob": {ASSIGNED},
        "eve": {CHOSEN},
        "cyd": {CHOSEN},
    }
    assert plan.left_behind == ()


def test_add_followers() -> None:
    """M7: `add_followers` carries followers over by name, and nobody else in."""
    world = World(
        [
            ticket(1, followers={"bob": {CHOSEN}}),
            ticket(2, followers={"eve": {CUSTOMER}, "gus": {CHOSEN}}),
        ]
    )
    plan = world.plan(1, 2, add_followers=["eve", "bob"])
    assert plan.left_behind == ("gus",)
    world.apply(plan.changes)
    assert set(world.tickets[1].followers) == {"bob", "eve"}
    other = World([ticket(1), ticket(2, followers={"gus": {CHOSEN}})])
    with pytest.raises(InvalidValueError, match="names 'eve', who follows none of them"):
        other.plan(1, 2, add_followers=["eve"])
    with pytest.raises(InvalidValueError, match="users must have 'gus'"):
        other.plan(1, 2, add_followers=["gus"], users={})


# --- refusals ------------------------------------------------------------------------------------


def test_refusals_by_name() -> None:
    """M10: itself, one ticket, a tombstone, a cycle and over 100 are refused by name."""
    world = World(ticket(number) for number in range(MERGE_LIMIT + 1))
    assert world.plan(1, 1).decision.code == "merge.refused.itself"
    assert world.plan(1, 2, 1).decision.reasons[0].parameters == {"ticket_id": 1}
    assert world.plan(1, 2, 2).decision.reasons[0].parameters == {"ticket_id": 2}
    assert world.plan(1).decision.code == "merge.refused.one_ticket"
    assert world.plan().decision.code == "merge.refused.one_ticket"
    many = world.plan(*world.tickets)
    assert many.decision.code == "merge.refused.too_many"
    assert many.decision.reasons[0].parameters == {"limit": 100, "given": 101}
    assert world.plan(*range(MERGE_LIMIT)).allowed
    world.merge(1, 2)
    for ids, master_id, code in (
        ((2, 3), None, "merged_away"),
        ((2, 3), 3, "merged_away"),
        ((2, 3), 2, "merged_away"),
        ((1, 2, 3), 1, "merged_away"),
        ((1, 2, 3), 2, "cycle"),
        ((1, 2), 2, "cycle"),
    ):
        plan = world.plan(*ids, master_id=master_id)
        assert plan.decision.code == f"merge.refused.{code}"
        assert plan.changes == plan.events == plan.notices == ()
        told = {"ticket_id": 2, "merged_into": 1} if code == "cycle" else {"ticket_id": 2}
        assert plan.decision.reasons[0].parameters == told, "a root that was not named (M7)"
    world.merge(3, 4)
    both = world.plan(5, 4, 2)
    assert both.decision.reasons[0].parameters == {"ticket_id": 2}, "the older of two tombstones"


def test_the_same_merge_again() -> None:
    """M10: the same merge again is no error, changes nothing and tells nobody."""
    world = World([ticket(1), ticket(2), ticket(3)])
    first = world.merge(1, 2, 3)
    for ids in ((1, 2, 3), (3, 1, 2), (1, 3)):
        for master_id in (None, 1):
            plan = world.plan(*ids, master_id=master_id)
            assert plan.decision.code == "merge.done_before"
            assert plan.allowed
            assert plan.changes == plan.events == plan.notices == ()
            assert plan.master_id == 1
    assert world.plan(3, 2, 1).merged_ids == first.merged_ids


def test_cross_visibility() -> None:
    """M7: tickets of teams of different visibility are merged only where it is allowed by name."""
    world = World([ticket(1), ticket(2, team_id="company")])
    plan = world.plan(1, 2)
    assert plan.decision.code == "merge.refused.cross_visibility"
    assert plan.decision.reasons[0].parameters == {"levels": ("company", "public")}
    assert world.plan(1, 2, allow_cross_visibility=True).allowed


def test_what_is_missing_is_named() -> None:
    """M10: a chosen master outside, an unknown team and an unknown state are errors by name."""
    world = World([ticket(1), ticket(2), ticket(3)])
    for options, problem in (
        ({"master_id": 3}, "master_id must be one of the tickets"),
        ({"teams": {}}, "teams must have 'public'"),
        ({"closed": {1: True}}, "closed must have 2"),
    ):
        with pytest.raises(InvalidValueError, match=problem):
            world.plan(1, 2, **options)


# --- un-merging ----------------------------------------------------------------------------------


def test_unmerge_gives_back_what_was() -> None:
    """M14: un-merging a merge gives the very tickets back, when nothing happened since."""

    @given(crowd_of(2, 5), st.integers(0, 4), st.sets(st.sampled_from(sorted(USERS))))
    def check(crowd: list[Ticket], chosen: int, named: set[str]) -> None:
        world = World(crowd)
        before = dict(world.tickets)
        known = {id for one in crowd for id in one.followers}
        plan = world.merge(
            *world.tickets,
            master_id=crowd[chosen].id if chosen < len(crowd) else None,
            allow_cross_visibility=True,
            add_followers=named & known,
        )
        undone = world.undo()
        assert world.tickets == before
        assert undone.not_restored == undone.stays_on_master == undone.notices == ()
        assert world.undone == {0}
        reopened = "TicketReopened" in names(plan.events)
        assert ("TicketClosed" in names(undone.events)) == reopened
        again = world.plan_undo()
        assert again.decision.code == "merge.refused.undone_before"
        assert again.changes == ()

    check()


def test_unmerge_in_reverse_order() -> None:
    """M14: merges that stand on one another are undone from the last one on."""

    @given(crowd_of(4, 4, ["public"]))
    def check(crowd: list[Ticket]) -> None:
        world = World(crowd)
        a, b, c, d = world.tickets
        states = [dict(world.tickets)]
        for ids in ((a, b), (c, d)):
            world.merge(*ids)
            states.append(dict(world.tickets))
        world.merge(*(id for id in world.tickets if not world.tickets[id].is_merged_away))
        for merge_id in (0, 1):
            plan = world.plan_undo(merge_id)
            assert plan.decision.code == "merge.refused.later_merge"
            assert plan.decision.reasons[0].parameters == {"merge_id": 2}
            assert plan.changes == plan.events == ()
        world.undo(2)
        assert world.tickets == states[2]
        world.undo(0)  # the second merge has none of its tickets
        world.undo(1)
        assert world.tickets == states[0]

    check()


def test_earlier_merges_do_not_stand_on_later_ones() -> None:
    """M14: only a later merge stands in the way, by the order of records and not by the clock."""
    world = World([ticket(1), ticket(2), ticket(3)])
    world.merge(1, 2, now=TUESDAY)
    world.merge(1, 3, now=MONDAY)  # a clock that was put back
    assert world.plan_undo(1).allowed
    assert world.plan_undo(0).decision.code == "merge.refused.later_merge"


def test_a_follow_that_came_anew_stays() -> None:
    """M14: a follow that the merge added, and that ended since, is left to who chose it again."""
    world = World([ticket(1), ticket(2, followers={"ada": {CHOSEN}})])
    world.merge(1, 2, add_followers=["ada"])
    added = (1, "ada", CHOSEN)
    assert world.plan_undo(ended_since=[(2, "ada", CHOSEN)]).not_restored == ()
    plan = world.plan_undo(ended_since=[added])
    assert [(n.field, n.reason.code) for n in plan.not_restored] == [
        ("followers", "merge.changed_since")
    ]
    assert not any(isinstance(change, RemoveFollow) for change in plan.changes)


def test_a_master_merged_away_without_a_record() -> None:
    """M14: a master that is a tombstone by now is refused by name, record or not."""
    world = World([ticket(1), ticket(2), ticket(3)])
    world.merge(1, 2)
    world.set(1, merged_into=3)
    assert world.plan_undo().decision.code == "merge.refused.merged_away"


def test_unmerge_events() -> None:
    """M12, M14: each of the tickets has it in its history, and nobody is told."""
    world = World([ticket(1, stage_id="done"), ticket(2, followers={"ada": {CHOSEN}})])
    world.merge(1, 2)
    plan = world.plan_undo(by="bob")
    assert names(plan.events) == [
        "FollowerRemoved",
        "TicketMoved",
        "TicketClosed",
        "TicketsUnmerged",
        "TicketsUnmerged",
    ]
    assert [event.ticket_id for event in plan.events] == [1, 1, 1, 1, 2]
    moved = plan.events[1]
    assert isinstance(moved, TicketMoved)
    assert (moved.from_stage_id, moved.to_stage_id, moved.by) == ("new", "done", "bob")
    last = plan.events[-1]
    assert isinstance(last, TicketsUnmerged)
    assert (last.merge_id, last.merged_ids) == (0, (2,))
    assert plan.notices == ()
    assert plan.changes[-1] == MarkUndone(merge_id=0, at=LATER + timedelta(days=1))


def test_only_what_nobody_changed_since() -> None:
    """M14: a field that somebody changed since stays, and is reported."""
    world = World([ticket(1, created_at=TUESDAY, stage_id="done"), ticket(2), ticket(3)])
    world.merge(1, 2, 3, master_id=1)
    world.set(1, stage_id="doing", subject="Ink, again", priority=3)
    world.set(3, merged_into=77)
    plan = world.undo()
    master = world.tickets[1]
    assert (master.stage_id, master.closed_at) == ("doing", None)
    assert (master.created_at, master.subject, master.priority) == (TUESDAY, "Ink, again", 3)
    assert world.tickets[2].merged_into is None
    assert world.tickets[3].merged_into == 77
    assert [(left.ticket_id, left.field, left.reason.code) for left in plan.not_restored] == [
        (1, "closed_at", "merge.changed_since"),
        (1, "stage_id", "merge.changed_since"),
        (3, "merged_into", "merge.changed_since"),
    ]
    assert not {"TicketClosed", "TicketMoved"} & set(names(plan.events))


def test_what_is_back_already_is_not_reported() -> None:
    """M14: what somebody put back by hand is neither changed nor reported."""
    world = World([ticket(1, created_at=TUESDAY), ticket(2, followers={"ada": {CHOSEN}})])
    world.merge(1, 2, master_id=1)
    world.set(1, created_at=TUESDAY, followers={})
    plan = world.undo()
    assert plan.not_restored == ()
    assert len(plan.changes) == 2
    assert "FollowerRemoved" not in names(plan.events)


def test_sets_lose_only_what_the_merge_added() -> None:
    """M14: of tags, links and references what the merge added and is still there goes, no more."""
    world = World(
        [
            ticket(1, tags=("x",), links=(8,), references=("a@b",)),
            ticket(2, tags=("y", "z"), links=(8, 9), references=("c@d",)),
        ]
    )
    world.merge(1, 2)
    world.set(1, tags=("x", "y", "new"), links=(9,))
    plan = world.undo()
    master = world.tickets[1]
    assert (master.tags, master.links, master.references) == ({"x", "new"}, frozenset(), {"a@b"})
    assert plan.not_restored == ()


def test_a_later_source_of_a_follow_stays() -> None:
    """M14: a follow that the merge carried over ends, but not an assignment made since."""
    world = World([ticket(1), ticket(2, followers={"ada": {CHOSEN}})])
    world.merge(1, 2)
    world.set(1, followers={"ada": {CHOSEN, ASSIGNED}})
    world.undo()
    assert dict(world.tickets[1].followers) == {"ada": {ASSIGNED}}


def test_a_narrowed_team_gets_nobody_back() -> None:
    """M14, V6: portal users whom a narrower team lost since do not come back by an un-merge."""
    world = World([ticket(1), ticket(2, followers={"eve": {CUSTOMER}, "gus": {CHOSEN}})])
    world.merge(1, 2, add_followers=["eve"])
    narrowing = plan_visibility_change(
        TEAMS["public"], Visibility.COMPANY, world.tickets.values(), users=USERS, now=LATER
    )
    world.apply(change for change in narrowing.changes if change.kind is Kind.TICKET)
    world.undo()
    assert dict(world.tickets[1].followers) == {}
    assert dict(world.tickets[2].followers) == {"gus": {CHOSEN}}


@pytest.mark.parametrize(
    ("user_id", "team_id", "restored"),
    [
        ("eve", "public", True),
        ("eve", "company", False),
        ("gus", "company", True),
        ("x", "public", False),
    ],
)
def test_a_follow_that_a_merge_removed(user_id: str, team_id: str, restored: bool) -> None:
    """M14, V6: a follow taken away by a merge comes back unless V6 would have ended it since."""
    world = World([ticket(1), ticket(2, team_id=team_id, followers={"ada": {CHOSEN}})])
    removals = [
        RemoveFollow(kind=Kind.TICKET, id=2, user_id=id, source=CHOSEN) for id in (user_id, "ada")
    ]
    world.merges = [Merge(id=0, master_id=1, merged_ids=(2,), at=LATER, changes=tuple(removals))]
    plan = world.undo()
    assert (user_id in world.tickets[2].followers) == restored
    assert [left.reason.code for left in plan.not_restored] == (
        [] if restored else ["merge.follow_ended"]
    )
    assert names(plan.events).count("FollowerAdded") == restored


def test_an_assignee_who_left() -> None:
    """M14: a ticket does not come back to an assignee who is no longer eligible."""
    fields = {"assignee_id": "ada", "available_from": LATER}
    world = World(
        [
            ticket(1, assignee_id="ada"),
            ticket(2, followers={"ada": {ASSIGNED, CHOSEN}}, **fields),
            ticket(3, assignee_id="ada"),
            ticket(4, assignee_id="bob"),
        ]
    )
    world.merge(1, 2, 3, 4)
    plan = world.undo(eligible={"bob"})
    assert [one.assignee_id for one in world.tickets.values()] == ["ada", None, None, "bob"]
    assert world.tickets[2].available_from is None
    assert dict(world.tickets[2].followers) == {"ada": {CHOSEN}}
    assert [(left.ticket_id, left.field, left.reason.code) for left in plan.not_restored] == [
        (3, "assignee_id", "merge.assignee_not_eligible"),
        (2, "assignee_id", "merge.assignee_not_eligible"),
    ]
    unassigned = [event for event in plan.events if isinstance(event, TicketUnassigned)]
    assert {event.ticket_id for event in unassigned} == {2, 3}
    assert {event.was_assignee_id for event in unassigned} == {"ada"}


def test_an_assignee_whom_a_merge_changed() -> None:
    """M14: an assignee whom a merge put aside comes back only while eligible."""
    world = World([ticket(1), ticket(2)])
    world.merges = [
        Merge(
            id=0,
            master_id=1,
            merged_ids=(2,),
            at=LATER,
            changes=(
                SetField(kind=Kind.TICKET, id=1, field="assignee_id", expected="ada", value=None),
            ),
        )
    ]
    plan = world.plan_undo(eligible=())
    assert [left.reason.code for left in plan.not_restored] == ["merge.assignee_not_eligible"]
    world.undo()
    assert world.tickets[1].assignee_id == "ada"


def test_a_stage_that_the_team_lost() -> None:
    """M14, G5: the master does not go back into a stage that its team no longer has."""
    world = World([ticket(1, stage_id="done"), ticket(2)])
    world.merge(1, 2)
    without = {"public": attrs.evolve(TEAMS["public"], stage_ids={"new", "doing"})}
    plan = world.undo(teams=without)
    assert [left.reason.code for left in plan.not_restored] == ["merge.stage_not_in_team"] * 2
    assert (world.tickets[1].stage_id, world.tickets[1].closed_at) == ("new", None)
    assert "TicketClosed" not in names(plan.events)


@pytest.mark.parametrize("teams", [{}, {"public": attrs.evolve(TEAMS["public"], stage_ids=())}])
def test_a_store_without_stages_per_team(teams: dict[str, Team]) -> None:
    """M14: where nothing is known of a team's stages, the master goes back and closes."""
    world = World([ticket(1, stage_id="done"), ticket(2)])
    world.merge(1, 2)
    plan = world.undo(teams=teams, folded=None)
    assert (world.tickets[1].stage_id, world.tickets[1].closed_at) == ("done", TUESDAY)
    closed = [event for event in plan.events if isinstance(event, TicketClosed)]
    assert [(event.ticket_id, event.stage_id) for event in closed] == [(1, "done")]


def test_stages_folded_otherwise_since() -> None:
    """M14, G1, G3: whether the master closes again is for the stages to say as they are now."""
    world = World([ticket(1, stage_id="done"), ticket(2)])
    world.merge(1, 2)
    plan = world.plan_undo(folded=FOLDED | {"done": False})
    assert [left.reason.code for left in plan.not_restored] == ["merge.stage_not_folded"]
    assert "TicketMoved" in names(plan.events)
    assert "TicketClosed" not in names(plan.events)
    world.set(1, closed_at=LATER)  # the stage that it is in was folded
    plan = world.undo(folded=FOLDED | {"new": True})
    assert [e.ticket_id for e in plan.events if e.name == "TicketClosed"] == [2]
    assert (world.tickets[1].stage_id, world.tickets[1].closed_at) == ("done", LATER)
    assert world.tickets[2].closed_at is not None


def test_the_master_goes_back_into_a_stage_folded_otherwise() -> None:
    """G3, G4, M14: a master closed by a fold since is opened by going back where nothing closes."""
    world = World([ticket(1, stage_id="done"), ticket(2)])
    world.merge(1, 2)
    world.set(1, closed_at=LATER)  # its stage was folded, and its old one unfolded
    plan = world.undo(folded=FOLDED | {"new": True, "done": False})
    assert [e.name for e in plan.events if e.ticket_id == 1 and "open" in e.name] == [
        "TicketReopened"
    ]
    assert (world.tickets[1].stage_id, world.tickets[1].closed_at) == ("done", None)


def test_a_stage_that_is_not_there_any_more() -> None:
    """G1, M14: a stage of which nothing is known closes nothing, and opens nothing."""
    world = World([ticket(1, stage_id="done"), ticket(2)])
    world.merge(1, 2)
    plan = world.undo(teams={}, folded={"new": False, "doing": False})
    assert [left.reason.code for left in plan.not_restored] == ["merge.stage_not_folded"]
    assert (world.tickets[1].stage_id, world.tickets[1].closed_at) == ("done", None)
    assert not {"TicketClosed", "TicketReopened"} & {*names(plan.events)}
    world = World([ticket(1, stage_id="done"), ticket(2)])
    world.merge(1, 2)
    world.set(1, closed_at=LATER)
    plan = world.undo(teams={}, folded={"done": True})  # the one that it is in is not there
    assert [e.name for e in plan.events if e.ticket_id == 1 and "Close" in e.name] == [
        "TicketClosed"
    ]


def test_what_comes_back_is_as_closed_as_its_stage() -> None:
    """G1, G3, M14: a tombstone whose stage was folded otherwise since comes back as that says."""
    for stage, folded, event in (("new", True, "TicketClosed"), ("done", False, "TicketReopened")):
        world = World([ticket(1), ticket(2, stage_id=stage)])
        world.merge(1, 2)
        plan = world.undo(folded=FOLDED | {stage: folded})
        assert [e.ticket_id for e in plan.events if e.name == event] == [2]
        assert (world.tickets[2].closed_at is not None) is folded


def test_closing_time_alone() -> None:
    """M14: a closing time that a record holds without a stage goes back by itself."""
    world = World([ticket(1), ticket(2)])
    change = SetField(kind=Kind.TICKET, id=1, field="closed_at", expected=TUESDAY, value=None)
    world.merges = [Merge(id=0, master_id=1, merged_ids=(2,), at=LATER, changes=(change,))]
    world.undo()
    assert world.tickets[1].closed_at == TUESDAY


def test_later_messages_stay() -> None:
    """M14: what came to the master after the merge stays there, and is listed in order of time."""
    world = World([ticket(1), ticket(2)])
    world.merge(1, 2)
    hour = timedelta(hours=1)
    things = [
        Message(id=12, ticket_id=1, body="Third", at=LATER + hour),
        Message(id=11, ticket_id=1, body="Second", at=LATER + hour),
        Message(id=13, ticket_id=1, body="Before", at=LATER - hour),
        Message(id=14, ticket_id=2, body="Not the master's", at=LATER + hour),
        Attachment(id=10, ticket_id=1, name="ink.png", size=1, digest="0" * 64, at=LATER),
    ]
    assert world.undo(messages_since=things).stays_on_master == (10, 11, 12)


def test_records_are_checked() -> None:
    """M14: a record that no merge makes, or whose tickets are not given, is an error by name."""
    world = World([ticket(1), ticket(2)])
    world.merge(1, 2)
    (merge,) = world.merges
    odd = Discard(first_id=1, second_id=2, first_fingerprint="", second_fingerprint="")
    world.merges = [attrs.evolve(merge, changes=(odd,))]
    with pytest.raises(InvalidValueError, match="holds a change that no merge makes"):
        world.plan_undo()
    del world.tickets[2]
    with pytest.raises(InvalidValueError, match="tickets must have 2"):
        world.plan_undo()
