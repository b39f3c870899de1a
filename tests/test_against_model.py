"""The policies against the second model, which was written from the rules alone, on random worlds.

Two readings of the same rules that share no code: where they differ, one of them is wrong.
"""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from against_model import (
    LEVELS,
    MEMBERS,
    MODEL_STRATEGIES,
    PEOPLE,
    STRATEGIES,
    Dice,
    absences_of,
    applied,
    dice,
    hours,
    messages_of,
    random_absences,
    random_fields,
    random_history,
    random_pipeline,
    random_users,
    random_world,
    sources_of,
    stage_of,
    team_of,
    ticket_of,
    turns_of,
    user_of,
    workloads_of,
    worlds,
)
from desks import MONDAY
from helpdesk_core.assignment import Dispatcher, Outcome, choose_assignee, pool_of
from helpdesk_core.availability import Availability
from helpdesk_core.duplicates import SimilarityIndex
from helpdesk_core.entities import AssignmentMethod, FollowSource, Ticket, Visibility
from helpdesk_core.merge import choose_master, plan_merge, plan_unmerge, resolve
from helpdesk_core.plans import RecordMerge, as_shown
from helpdesk_core.stages import (
    Pipeline,
    is_closed,
    plan_fold_change,
    plan_move,
    plan_reorder_team,
    plan_transfer,
    stage_messages,
)
from helpdesk_core.visibility import (
    audience,
    can_view,
    can_view_team,
    plan_narrowing,
    plan_visibility_change,
    scope_for,
)
from model import assignment as model_assignment
from model import merge as model_merge
from model import stages as model_stages
from model import visibility as model_visibility
from model.desk import new_team, new_ticket, new_user

pytestmark = pytest.mark.core

many = settings(max_examples=250)

# --- visibility ----------------------------------------------------------------------------------

_GROUNDS = {
    "visibility.administrator": "administrator",
    "visibility.company_team": "level",
    "visibility.public_team": "level",
    "visibility.follows_ticket": "follows ticket",
    "visibility.follows_team": "follows team",
    "visibility.assignee": "assigned",
}


def _same_view(user: Any, ticket: Any, team: Any) -> bool:
    """What both say of one user and one ticket, in all forms of the rule; they must agree."""
    allowed = model_visibility.can_view(user, ticket, team)
    real = user_of(user), ticket_of(ticket), team_of(team)
    decision = can_view(*real)
    assert decision.allowed == allowed, decision
    assert scope_for(real[0]).matches(*real[1:]) == allowed
    if allowed:
        named = {_GROUNDS[reason.code] for reason in decision.reasons}
        grounds = model_visibility.what_grants(user, ticket, team)
        assert named <= grounds
        # V17: where a follow can be what lets somebody in, every ground is named.
        assert named == grounds or named in ({"administrator"}, {"level"})
    return allowed


def test_can_view_in_the_whole_small_world() -> None:
    """V1, V2, V3, V4, V10, V11, V13, V17, M8: every combination of what can matter."""
    kinds = ("internal", "agent", "lead", "administrator", "portal", "contact")
    flags = (False, True)
    seen: Counter[str] = Counter()
    for level, kind, active, in_team, in_ticket, assigned, merged, customer in itertools.product(
        LEVELS, kinds, flags, flags, flags, flags, flags, flags
    ):
        inside = kind not in ("portal", "contact")
        roles = {kind: True} if kind in ("agent", "lead", "administrator") else {}
        user = new_user("ada", "internal" if inside else kind, active=active, **roles)
        team = new_team("t", level, followers={"ada"} if in_team else {"adam", "ad"})
        ticket = new_ticket(
            "t-1",
            "t",
            "new",
            MONDAY,
            followers={"ada"} if in_ticket else {"adam", "ad"},
            assignee="ada" if assigned else None,
            customer="ada" if customer else "adam",
            merged="t-0" if merged else None,
        )
        seen[kind] += _same_view(user, ticket, team)
        for follows in flags:
            opened = can_view_team(user_of(user), team_of(team), follows_a_ticket=follows)
            # a ticket that this user follows, beside the one above, or none at all
            other = new_ticket("t-2", "t", "new", MONDAY, followers={"ada"})
            expected = model_visibility.can_view_team(user, team, [other] if follows else [])
            assert opened.allowed == expected, opened
    assert seen["contact"] == 0
    assert 0 < seen["portal"] < seen["internal"] == seen["agent"] < seen["administrator"]


@many
@given(worlds())
def test_visible_tickets_and_teams(world: Any) -> None:
    """V12, V13: the filter selects exactly what the predicate allows, and so the teams to open."""
    people, _, teams, asked = world
    for user in people:
        real, scope = user_of(user), scope_for(user_of(user))
        by_scope, by_rule = set(), set()
        for ticket in asked:
            team = team_of(teams[ticket["team"]])
            if scope.matches(ticket_of(ticket), team):
                by_scope.add(ticket["id"])
            if can_view(real, ticket_of(ticket), team).allowed:
                by_rule.add(ticket["id"])
        assert by_scope == by_rule == model_visibility.visible(user, asked, teams)
        for team in teams.values():
            inside = any(
                ticket["team"] == team["id"]
                and ticket["merged"] is None
                and ticket["id"] in by_scope
                for ticket in asked
            )
            decision = can_view_team(real, team_of(team), follows_a_ticket=inside)
            assert decision.allowed == model_visibility.can_view_team(user, team, asked)


@many
@given(worlds(), st.none() | st.sampled_from(PEOPLE), st.booleans())
def test_who_hears_of_an_update(world: Any, author: Any, internal: bool) -> None:
    """V5, V9, V15, V20: who is told, whether in full, and whether with a link."""
    people, _, teams, asked = world
    known = {user["id"]: user_of(user) for user in people}
    words = {(True, True): "full+link", (True, False): "full", (False, False): "minimal"}
    for ticket in asked:
        team = teams[ticket["team"]]
        told = audience(ticket_of(ticket), team_of(team), known, author, internal=internal)
        expected = model_visibility.audience(ticket, team, people, author, internal)
        assert {one.user_id: words[one.full, one.link] for one in told} == expected
        assert len(told) == len(expected)


@many
@given(worlds(), st.sampled_from(["one", "two"]), st.sampled_from(LEVELS), st.booleans())
def test_change_of_level(world: Any, name: str, to: str, resubscribe: bool) -> None:
    """V6, V7, V8: who stops following what, and who comes back."""
    people, _, teams, asked = world
    team = teams[name]
    inside = [ticket for ticket in asked if ticket["team"] == name]
    known = {user["id"]: user_of(user) for user in people}

    def plan(of: Any, over: Any) -> Any:
        return plan_visibility_change(
            of,
            Visibility(to),
            over,
            users=known,
            now=MONDAY,
            resubscribe_customers=resubscribe,
        )

    before = [ticket_of(ticket) for ticket in inside]
    first = plan(team_of(team), before)
    after = applied(first.changes, team_of(team), *before)
    in_team, in_tickets, removed = model_visibility.change_level(
        team, asked, people, to, resubscribe
    )
    assert after[name].visibility.value == to
    assert set(after[name].followers) == in_team
    assert {id: set(after[id].followers) for id in in_tickets} == in_tickets
    assert {
        (user_id, "team" if ticket_id is None else "ticket", ticket_id or name)
        for user_id, ticket_id in first.removed_from
    } == removed
    assert {(user, ticket) for user, ticket in first.resubscribed} == {
        (user, ticket["id"])
        for ticket in inside
        for user in in_tickets[ticket["id"]] - set(ticket["followers"])
    }
    for old in before:  # who stays does so for the same reasons
        kept = sources_of(old)
        assert all(
            sources == kept.get(user, {"customer"})
            for user, sources in sources_of(after[old.id]).items()
        )
    again = plan(after[name], [after[ticket["id"]] for ticket in inside])
    assert (again.changes, again.events) == ((), ())


@many
@given(worlds(), st.sampled_from(LEVELS))
def test_a_ticket_that_leaves_a_public_team(world: Any, to: str) -> None:
    """V16: portal users stop following a ticket that goes where they could not see it."""
    people, _, _, asked = world
    known = {user["id"]: user_of(user) for user in people}
    assume(to != "public")
    for ticket in asked:
        plan = plan_narrowing(ticket_of(ticket), users=known, now=MONDAY)
        after = applied(plan.changes, ticket_of(ticket))[ticket["id"]]
        kept = model_visibility.followers_after_move(ticket, people, "public", to)
        assert set(after.followers) == kept


# --- assignment ----------------------------------------------------------------------------------

METHODS = ("equal_tickets", "equal_open")
_WHY = {
    "nobody eligible": Outcome.NOBODY_ELIGIBLE,
    "nobody available": Outcome.NOBODY_AVAILABLE,
}
_TIE = {"only one": "fewest", "least recent": "least_recent", "member order": "member_order"}


def _situation(dice: Dice) -> tuple[str, list[str], list[Any], dict[str, Any], timedelta]:
    """A method, a pool in some order, what happened, who is away, and a window."""
    method, window = dice.pick(METHODS), timedelta(hours=dice.pick([0, 0, 1, 3]))
    return method, dice.some(MEMBERS, 6), random_history(dice), random_absences(dice), window


@given(dice(120), st.sampled_from(["team", "team", "global"]))
@settings(max_examples=300)
def test_choice(dice: Dice, scope: str) -> None:
    """A2, A3, A4, A6, A7, A9, A10, A11, A20: the same choice, for the same reason."""
    method, pool, history, away, window = _situation(dice)
    choice = choose_assignee(
        AssignmentMethod(method),
        pool,
        workloads_of(history, MEMBERS, "t", scope),
        Availability(absences_of(away)),
        MONDAY,
        look_ahead_window=window,
    )
    options = {"team": "t", "scope": scope}
    member, why, moment = model_assignment.choose(
        method, pool, history, away, MONDAY, window, **options
    )
    event(why)
    assert choice.assignee_id == member
    assert choice.outcome is _WHY.get(why, Outcome.ASSIGNED)
    assert choice.available_from == (moment if why == "look-ahead" else None)
    broke = model_assignment.tie_breaker(method, pool, history, away, MONDAY, window, **options)
    assert choice.tie_breaker == _TIE.get(broke, broke)
    there, _ = model_assignment.competitors(pool, away, MONDAY, window)
    counts = {one: model_assignment.count(method, history, one, "t", scope) for one in there}
    assert {one.member_id: one.count for one in choice.candidates} == counts
    assert {one.member_id for one in choice.skipped} == set(pool) - set(there)


_THEN = [*["assign"] * 6, "close", "reopen", "reassign", "unassign", "join", "leave"]


@many
@given(dice(220))
def test_many_choices_in_a_row(dice: Dice) -> None:
    """A3, A4, A6, A7, A9, A10, T3: running counts choose as counting anew does."""
    method, pool, history, away, window = _situation(dice)
    dispatcher = Dispatcher(
        AssignmentMethod(method),
        pool,
        workloads_of(history, MEMBERS, "t"),
        Availability(absences_of(away)),
        look_ahead_window=window,
    )
    new = itertools.count(1000)
    for number in range(dice.number(0, 25)):
        what, member, now = dice.pick(_THEN), dice.pick(MEMBERS), hours(number / 4)
        known = [
            (id, one)
            for id, one in model_assignment.recount(history).items()
            if one["team"] == "t" and one["assignee"] is not None and not one["merged"]
        ]
        id, ticket = dice.pick(known) if known else (None, {})
        if what == "assign":
            given_to = dispatcher.assign(now)
            expected, why, moment = model_assignment.choose(
                method, pool, history, away, now, window, team="t"
            )
            assert given_to.assignee_id == expected
            assert given_to.available_from == (moment if why == "look-ahead" else None)
            broke = model_assignment.tie_breaker(method, pool, history, away, now, window, team="t")
            assert given_to.tie_breaker == _TIE.get(broke, broke)
            if expected is not None:
                history.append(("assigned", next(new), "t", expected))
        elif what == "join" and member not in pool:
            pool.append(member)
            dispatcher.joined(member)
        elif what == "leave" and member in pool:
            pool.remove(member)
            dispatcher.left(member)
        elif what == "close" and ticket.get("open"):
            history.append(("closed", id))
            dispatcher.closed(ticket["assignee"])
        elif what == "reopen" and ticket.get("open") is False:
            history.append(("reopened", id))
            dispatcher.reopened(ticket["assignee"])
        elif what == "reassign" and ticket and ticket["assignee"] != member:
            history.append(("reassigned", id, "t", member))
            dispatcher.reassigned(ticket["assignee"], member, open=ticket["open"])
        elif what == "unassign" and ticket:
            history.append(("unassigned", id))
            dispatcher.reassigned(ticket["assignee"], None, open=ticket["open"])
        assert _counts(dispatcher.workloads) == _counts(workloads_of(history, MEMBERS, "t"))


def _counts(workloads: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Who has how many tickets, and who got one before whom: the numbers themselves may differ."""
    counts = {id: (load.total, load.open) for id, load in workloads.items() if load.total}
    ever = [load for load in workloads.values() if load.last_assigned is not None]
    return counts, [load.member_id for load in sorted(ever, key=lambda load: load.last_assigned)]


@many
@given(dice(80))
def test_pool(dice: Dice) -> None:
    """A2, T3: the eligible members in their order, or every eligible user of a team without."""
    people, team = random_users(dice), new_team("t", members=dice.some(PEOPLE, 4))
    found = pool_of(team_of(team), [user_of(user) for user in people])
    assert list(found) == model_assignment.pool(team, people)


# --- stages --------------------------------------------------------------------------------------


def _pipeline(stages: Any, teams: Any) -> Pipeline:
    return Pipeline(map(stage_of, stages.values()), map(team_of, teams.values()))


def _who(people: Any, ticket: Ticket) -> dict[str, Any]:
    known = {user["id"]: user_of(user) for user in people}
    return {
        "customer": known.get(ticket.customer_id),
        "assignee": known.get(ticket.assignee_id),
        "now": MONDAY,
    }


def _said_before(stages: Any, said: Any) -> list[tuple[str, Any]]:
    """The messages of the stages that spoke to this ticket before."""
    return [(channel, id) for id in said for channel in ("email", "sms") if stages[id][channel]]


def _same_plan(plan: Any, before: Ticket, expected: Any, stages: Any) -> Ticket | None:
    """A move or a transfer: the same answer, stage, closing and messages."""
    answer, result = expected
    assert plan.allowed == (answer == "ok"), plan.decision
    if answer != "ok":
        assert (plan.changes, plan.events, plan.notices) == ((), (), ())
        return None
    after: Ticket = applied(plan.changes, before)[before.id]
    assert after.stage_id == result["stage"]
    assert [name for name, _ in turns_of(plan.events)] == result["events"]
    assert messages_of(plan.notices, plan.events) == Counter(result["messages"])
    assert is_closed(after, stage_of(stages[after.stage_id])) == (after.closed_at is not None)
    if before.closed_at is not None and after.closed_at is not None:
        assert after.closed_at == before.closed_at
    return after


said_before = st.sets(st.sampled_from(["s0", "s1", "s2", "s3"]), max_size=3)


@many
@given(worlds(), st.sampled_from(["s0", "s1", "s2", "s3", "s4"]), said_before)
def test_moves(world: Any, to: str, said: set[str]) -> None:
    """G1, G3, G5, G8: where a move goes, what it closes or reopens, and what it sends."""
    people, stages, teams, asked = world
    by_id = {user["id"]: user for user in people}
    for ticket in asked:
        real, team = ticket_of(ticket), teams[ticket["team"]]
        if ticket["merged"] is not None:
            real = attrs.evolve(real, closed_at=None)
        plan = plan_move(
            real, to, _pipeline(stages, teams), **_who(people, real), sent_before=frozenset(said)
        )
        customer = by_id.get(ticket["customer"])
        sent = _said_before(stages, said)
        expected = model_stages.move(ticket, to, team, stages, customer, sent)
        _same_plan(plan, real, expected, stages)


@many
@given(worlds(), said_before)
def test_new_tickets(world: Any, said: set[str]) -> None:
    """G7, G8: the stage that a new ticket takes, and what entering it sends."""
    people, stages, teams, asked = world
    by_id = {user["id"]: user for user in people}
    pipeline = _pipeline(stages, teams)
    for name, team in teams.items():
        assert pipeline.first_open(name).id == model_stages.first_unfolded(team, stages)
        folded = pipeline.first_folded(name)
        assert (folded.id if folded else None) == model_stages.first_folded(team, stages)
        assert [stage.id for stage in pipeline.columns(name)] == model_stages.columns(team, stages)
    for ticket in asked:
        real, stage = ticket_of(ticket), stages[ticket["stage"]]
        notices, skips = stage_messages(
            real,
            stage_of(stage),
            team_of(teams[ticket["team"]]),
            **_who(people, real),
            sent_before=frozenset(said),
        )
        expected = model_stages.messages_on_entering(
            stage, by_id.get(ticket["customer"]), _said_before(stages, said)
        )
        assert messages_of(notices, skips) == Counter(expected)


@many
@given(worlds(), st.sampled_from(["one", "two", "three"]), said_before)
def test_transfers(world: Any, to: str, said: set[str]) -> None:
    """G5, G9: a ticket that changes team is neither closed nor reopened, and finds its stage."""
    people, stages, teams, asked = world
    by_id = {user["id"]: user for user in people}
    for ticket in asked:
        if ticket["team"] == to:
            continue
        real = ticket_of(ticket)
        plan = plan_transfer(
            real, to, _pipeline(stages, teams), **_who(people, real), sent_before=frozenset(said)
        )
        customer = by_id.get(ticket["customer"])
        sent = _said_before(stages, said)
        expected = model_stages.change_team(ticket, teams[to], stages, customer, sent)
        after = _same_plan(plan, real, expected, stages)
        if after is not None:
            assert after.team_id == to
            assert after.closed_at == real.closed_at


@many
@given(worlds(), st.sampled_from(["s0", "s1", "s2"]), st.booleans(), st.booleans())
def test_change_of_fold(world: Any, stage_id: str, folded: bool, confirmed: bool) -> None:
    """G4, G7, M8: what folding or unfolding a stage closes or reopens, in every team."""
    _, stages, teams, asked = world
    inside = [ticket_of(ticket) for ticket in asked if ticket["stage"] == stage_id]
    stage = stage_of(stages[stage_id])
    shown = plan_fold_change(stage_id, folded, _pipeline(stages, teams), inside, now=MONDAY)
    plan = as_shown(
        plan_fold_change(stage_id, folded, _pipeline(stages, teams), inside, now=hours(9)),
        shown.fingerprint if confirmed else None,
    )
    answer, result = model_stages.change_fold(stage_id, folded, stages, teams, asked)
    if answer != "ok":
        assert plan.decision.code == "stage.refused.last_open_stage"
        assert (plan.changes, plan.events) == ((), ())
        return
    assert dict(plan.per_team) == result["preview"]
    if result["events"] and not confirmed:
        assert plan.decision.code == "stage.refused.not_confirmed"
        assert (plan.changes, plan.events) == ((), ())
        return
    assert plan.allowed
    assert plan.notices == ()
    after = applied(plan.changes, stage, *inside)
    assert after[stage_id].folded == folded
    assert sorted(turns_of(plan.events)) == sorted(
        (name, ticket_id) for ticket_id, name in result["events"].items()
    )
    for old in inside:
        turned = {"TicketClosed": hours(9), "TicketReopened": None}
        name = result["events"].get(old.id)
        assert after[old.id].closed_at == (old.closed_at if name is None else turned[name])


@many
@given(dice(120))
def test_reordering_a_team(dice: Dice) -> None:
    """G6: one team's columns change places among themselves, and who sees it too is named."""
    stages, teams = random_pipeline(dice)
    columns = model_stages.columns(teams["one"], stages)
    wanted = dice.shuffled(columns)
    plan = plan_reorder_team("one", wanted, _pipeline(stages, teams), now=MONDAY)
    expected, others = model_stages.reorder_team(teams["one"], wanted, stages, teams)
    after = applied(plan.changes, *map(stage_of, stages.values()))
    assert sorted(after, key=lambda id: after[id].position) == expected
    assert set(plan.other_team_ids) == others


# --- duplicates and merges -----------------------------------------------------------------------

WORDS = ("ink", "paper", "jam", "net", "down")


@many
@given(dice(100), st.floats(0.01, 1))
def test_groups(dice: Dice, threshold: float) -> None:
    """M3, M4, M5, M8: the same groups from the same ratings, those at the threshold included."""
    asked = [
        Ticket(
            id=f"t{number}",
            team_id="t",
            stage_id="new",
            subject=" ".join(dice.some(WORDS, 4)) or "?",
            created_at=hours(dice.number(0, 2)),
            customer_id=dice.pick([None, "pat"]),
            merged_into="t-0" if dice.flag(6) else None,
        )
        for number in range(dice.number(0, 8))
    ]
    index = SimilarityIndex(dice.shuffled(asked))
    ratings = {
        (a.id, b.id): index.rate(a, b).rating
        for a, b in itertools.combinations(asked, 2)
        if not a.is_merged_away and not b.is_merged_away
    }
    if ratings and dice.flag():  # exactly the rating of a pair
        threshold = dice.pick(sorted(ratings.values())) or threshold
    discarded = {dice.pick([(a, b), (b, a)]) for a, b in ratings if dice.flag(5)}
    plain = [
        {"id": ticket.id, "created": ticket.created_at, "merged": ticket.merged_into}
        for ticket in asked
    ]
    groups = index.groups(threshold, discarded=discarded)
    event(f"{len(groups)} groups")
    expected = model_merge.groups(plain, ratings, threshold, discarded)
    found = {group.master_id: {one.ticket_id for one in group.members} for group in groups}
    assert {master: {master, *others} for master, others in found.items()} == expected
    for group in groups:
        for one in group.members:
            pair = tuple(sorted((group.master_id, one.ticket_id)))
            assert one.rating == ratings[pair] >= threshold


_REFUSALS = {
    "merge.refused.itself": {"with itself"},
    "merge.refused.one_ticket": {"one ticket"},
    "merge.refused.too_many": {"over 100"},
    "merge.refused.cross_visibility": {"cross visibility"},
    # a tombstone as the master is both
    "merge.refused.merged_away": {"tombstone", "cycle"},
    "merge.refused.cycle": {"tombstone", "cycle"},
    "merge.done_before": {"again"},
}


class _Merging:
    """One merge in a random world, by the library."""

    def __init__(
        self, world: Any, asked: list[Any], master_id: Any, allow: bool, added: set[str]
    ) -> None:
        self.people, self.stages, self.teams, _ = world
        self.users = {user["id"]: user for user in self.people}
        self.real_users = {id: user_of(user) for id, user in self.users.items()}
        self.asked = asked
        self.by_id = {ticket["id"]: ticket for ticket in asked}
        self.real = {id: ticket_of(ticket) for id, ticket in self.by_id.items()}
        self.real_teams = {id: team_of(team) for id, team in self.teams.items()}
        master = choose_master(list(self.real.values()), master_id)
        self.plan = plan_merge(
            [self.real[ticket["id"]] for ticket in asked],
            master_id=master_id,
            closed={ticket["id"]: self.closed(ticket) for ticket in asked},
            reopen_stage_id=self.first_open(master.team_id),
            teams=self.real_teams,
            users=self.real_users,
            may_view=lambda user, id: self.may_view(user, self.by_id[id]),
            merge_id="m",
            now=hours(9),
            allow_cross_visibility=allow,
            add_followers=added,
            strategies=STRATEGIES,
        )

    def closed(self, ticket: Any) -> bool:
        return model_stages.state(ticket, self.stages) == "closed"

    def first_open(self, team_id: str) -> str:
        stage_id: str = model_stages.first_unfolded(self.teams[team_id], self.stages)
        return stage_id

    def may_view(self, user_id: str, ticket: Any) -> bool:
        return model_visibility.can_view(self.users[user_id], ticket, self.teams[ticket["team"]])

    def merged(self) -> dict[str, Ticket]:
        """The tickets afterwards."""
        return applied(self.plan.changes, *self.real.values())

    def undo(self, now: dict[str, Ticket], eligible: set[str]) -> Any:
        """The un-merge of it."""
        record = next(one for one in self.plan.changes if isinstance(one, RecordMerge)).merge
        return plan_unmerge(
            record,
            now,
            later=(),
            users=self.real_users,
            teams=self.real_teams,
            eligible=eligible,
            now=hours(10),
            folded={id: stage["folded"] for id, stage in self.stages.items()},
        )


def random_merge(dice: Dice, *, merged: bool = False) -> tuple[_Merging, Any, bool, set[str]]:
    """A merge in a random world; unless `merged`, one that is not refused if it has two tickets."""
    allow = not merged or dice.flag()
    world = random_world(dice, merged=merged)
    asked = dice.shuffled(world[3])[: dice.number(2, 4)]
    for ticket in asked:
        ticket["fields"] = random_fields(dice, odd=merged)
    if merged and dice.flag(4):
        asked = [*asked, asked[0]]
    master_id = dice.pick([None, *(ticket["id"] for ticket in asked)])
    follow = sorted({user for ticket in asked for user in ticket["followers"]})
    added = {*dice.some(follow, 2)} if follow else set()
    return _Merging(world, asked, master_id, allow, added), master_id, allow, added


@many
@given(dice(420))
def test_merges(dice: Dice) -> None:
    """M4, M6, M7, M8, M13, M15: the same master, contents, conflicts, followers; does it open?"""
    made, master_id, _, added = random_merge(dice)
    assume(made.plan.allowed)
    expected_id = model_merge.choose_master(made.asked, master_id)
    assert made.plan.master_id == expected_id
    others = [ticket for ticket in made.asked if ticket["id"] != expected_id]
    expected = model_merge.merged(
        made.by_id[expected_id],
        others,
        lambda ticket: model_stages.state(ticket, made.stages) == "open",
        made.may_view,
        added,
        MODEL_STRATEGIES,
    )
    after = made.merged()
    master, before = after[expected_id], made.real[expected_id]
    assert (master.tags, master.references) == (expected["tags"], expected["references"])
    assert dict(master.fields) == expected["fields"]
    lost = {
        conflict.field.removeprefix("fields."): {id for id, _ in conflict.others}
        for conflict in made.plan.conflicts
        if conflict.field.startswith("fields.")
    }
    assert lost == model_merge.lost(made.by_id[expected_id], others, MODEL_STRATEGIES)
    assert master.created_at == expected["created"]
    assert set(master.followers) == expected["followers"]
    assert set(made.plan.left_behind) == expected["not_carried"]
    assert master.merged_into is None
    event(f"opens: {expected['opens']}")
    if expected["opens"]:
        assert master.stage_id == made.first_open(before.team_id)
        assert master.closed_at is None
        assert turns_of(made.plan.events) == [("TicketReopened", expected_id)]
    else:
        assert (master.stage_id, master.closed_at) == (before.stage_id, before.closed_at)
        assert turns_of(made.plan.events) == []
    assert made.plan.notices == ()
    for ticket in others:  # nothing else of a tombstone changes
        old = made.real[ticket["id"]]
        assert after[old.id] == attrs.evolve(old, merged_into=expected_id)
    plain = {id: {"merged": one.merged_into} for id, one in after.items()}
    for id in after:
        assert resolve(id, lambda one: after[one].merged_into) == expected_id
        assert model_merge.resolve(id, plain) == expected_id


@many
@given(dice(420))
def test_merges_that_are_refused(dice: Dice) -> None:
    """M7, M10: what may not be merged is refused by the same name, and changes nothing."""
    made, master_id, allow, _ = random_merge(dice, merged=True)
    ids = [ticket["id"] for ticket in made.asked]
    standing = [one for one in made.asked if one["merged"] is None]
    if master_id is None and len(standing) == 1:
        master_id = standing[0]["id"]
    levels = {ticket["id"]: made.teams[ticket["team"]]["level"] for ticket in made.asked}
    all_there = {ticket["id"]: ticket for ticket in made.asked}
    for ticket in made.asked:  # a tombstone may point to one that was not picked
        away = ticket["merged"]
        if away is not None:
            all_there.setdefault(away, {"id": away, "merged": None})
    chosen = model_merge.choose_master(made.asked, master_id)
    why = model_merge.check(chosen, ids, all_there, levels, allow)
    event(str(why))
    if why is None:
        others = [ticket for ticket in made.asked if ticket["id"] != chosen]
        misfit = model_merge.misfit(all_there[chosen], others, MODEL_STRATEGIES)
        event(f"misfit: {misfit is not None}")
        if misfit is None:
            assert made.plan.decision.code == "merge.merged"
            return
        [reason] = made.plan.decision.reasons
        assert reason.code == "merge.refused.field"
        assert (reason.parameters["field"], reason.parameters["ticket_id"]) == (
            f"fields.{misfit[0]}",
            misfit[1],
        )
        assert (made.plan.changes, made.plan.events, made.plan.notices) == ((), (), ())
        return
    assert why in _REFUSALS[made.plan.decision.code]
    assert made.plan.allowed == (why == "again")
    assert (made.plan.changes, made.plan.events, made.plan.notices) == ((), (), ())


@many
@given(dice(420))
def test_unmerge_is_the_inverse(dice: Dice) -> None:
    """M14: un-merging at once gives every ticket back as it was."""
    made, *_ = random_merge(dice)
    assume(made.plan.allowed)
    plan = made.undo(made.merged(), {*PEOPLE})
    assert plan.allowed
    assert applied(plan.changes, *made.merged().values()) == made.real
    assert (plan.not_restored, plan.notices) == ((), ())


def _changed(dice: Dice, values: Any, options: Any) -> set[str]:
    """Something was added since, and something taken out."""
    return {*values, *dice.some(options, 2)} - {*dice.some(options, 2)}


@many
@given(dice(480))
def test_unmerge_later(dice: Dice) -> None:
    """M14: only what the merge changed, and nobody changed since, goes back."""
    made, *_ = random_merge(dice)
    assume(made.plan.allowed)
    id, after = made.plan.master_id, made.merged()
    elsewhere = sorted(made.teams[after[id].team_id]["stages"])
    stage_id = dice.pick(elsewhere) if dice.flag() else after[id].stage_id
    closed = made.stages[stage_id]["folded"]
    current = attrs.evolve(
        after[id],
        tags=_changed(dice, after[id].tags, "abcd"),
        references=_changed(dice, after[id].references, "abcd"),
        followers={
            user: after[id].followers.get(user, {FollowSource.CHOSEN})
            for user in _changed(dice, after[id].followers, PEOPLE)
        },
        stage_id=stage_id,
        closed_at=(after[id].closed_at or hours(9)) if closed else None,
        created_at=hours(-1) if dice.flag(4) else after[id].created_at,
        fields=after[id].fields | (random_fields(dice, odd=True) if dice.flag() else {}),
    )
    now = {**after, id: current}
    eligible = {*dice.some(PEOPLE, 9)}
    plan = made.undo(now, eligible)
    assert plan.allowed
    back = applied(plan.changes, *now.values())
    expected = model_merge.unmerged(*(_plain(one) for one in (current, made.real[id], after[id])))
    master = back[id]
    assert (master.tags, master.references) == (expected["tags"], expected["references"])
    assert dict(master.fields) == expected["fields"]
    assert master.created_at == expected["created"]
    carried = set(after[id].followers) - set(made.real[id].followers)
    stayed = {user for user in carried & set(current.followers) if user in master.followers}
    # whoever was brought stays only for another reason than the merge's
    assert all("chosen" not in sources_of(master)[user] for user in stayed)
    assert set(master.followers) - stayed == expected["followers"]
    assert master.stage_id == expected["stage"]
    assert (master.closed_at is not None) == made.stages[master.stage_id]["folded"]
    for other in made.plan.merged_ids:
        old = made.real[other]
        assert back[other].merged_into is None
        if old.assignee_id is None or old.assignee_id in eligible:
            assert back[other] == old
        else:  # A18: it does not come back to somebody who may have no ticket
            assert back[other].assignee_id is None
            assert "assigned" not in sources_of(back[other]).get(old.assignee_id, ())


def _plain(ticket: Ticket) -> dict[str, Any]:
    """The fields that an un-merge looks at."""
    return {
        "tags": set(ticket.tags),
        "links": set(ticket.links),
        "references": set(ticket.references),
        "fields": dict(ticket.fields),
        "followers": set(ticket.followers),
        "created": ticket.created_at,
        "stage": ticket.stage_id,
    }
