"""Thousands of plain worlds a second, and all forms of the visibility rule compared on each.

Worlds of Hypothesis shrink and are slow; these come from a seed and a number, so each can be made
again: `compare(world(seed, number))`.
"""

from __future__ import annotations

import functools
import random
from datetime import timedelta
from typing import Any

from against_model import Plain, ticket_of
from desks import MONDAY
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.entities import FollowSource, Role, Stage, Team, User, UserKind, Visibility
from helpdesk_core.plans import Add
from helpdesk_core.ports import TicketFilter
from helpdesk_core.visibility import (
    VisibilityPlan,
    audience,
    can_view,
    can_view_team,
    may_notify,
    plan_visibility_change,
    scope_for,
)
from helpdesk_core.visibility.scopes import select
from model import visibility as model
from model.world import new_team, new_ticket, new_user

#: Alike, so that a comparison by prefix, by substring or blind to case would be seen (V3).
NAMES = ("ad", "ada", "Ada", "adam", "a", "1", "11")
COMPANIES = ("", "North", "South")
KINDS = ("internal", "internal", "internal", "portal", "portal", "contact")
_STAGES = [Stage(id="new", name="New", position=0), Stage(id="done", name="Done", position=1)]
_WORDS = {(True, True): "full+link", (True, False): "full", (False, False): "minimal"}
_GROUNDS = {
    "visibility.administrator": "administrator",
    "visibility.company_team": "level",
    "visibility.public_team": "level",
    "visibility.follows_ticket": "follows ticket",
    "visibility.follows_team": "follows team",
    "visibility.assignee": "assigned",
}

# --- worlds --------------------------------------------------------------------------------------


@functools.cache
def _users() -> dict[str, list[tuple[Plain, User]]]:
    """Everybody that there can be, by name, in the model's form and in the library's."""
    made: dict[str, list[tuple[Plain, User]]] = {name: [] for name in NAMES}
    for name in NAMES:
        for kind in KINDS:
            for active in (True, True, True, False):
                for roles in ({}, {"agent": True}, {"administrator": True}):
                    for company in COMPANIES:
                        if kind == "internal" or not roles:
                            plain = new_user(name, kind, active=active, **roles)
                            made[name].append(pair(plain | {"company": company}))
    return made


def pair(plain: Plain) -> tuple[Plain, User]:
    """A user of the model's, and the same one of the library's."""
    roles = {Role.AGENT} if plain["agent"] else set()
    roles |= {Role.ADMINISTRATOR} if plain["administrator"] else set()
    return plain, User(
        id=plain["id"],
        name="Somebody",
        kind=UserKind(plain["kind"]),
        roles=roles,
        active=plain["active"],
        company=plain["company"],
    )


class World:
    """People, teams and tickets, in the model's form and in the library's."""

    def __init__(self, users: Any, teams: list[Plain], tickets: list[Plain], scoped: bool) -> None:
        self.users, self.teams, self.tickets, self.scoped = users, teams, tickets, scoped
        self.team_by_id = {team["id"]: team for team in teams}
        self.real_users = {real.id: real for _, real in users}
        self.real_teams = {
            team["id"]: _team_of(team["id"], team["level"], team["company"], *team["followers"])
            for team in teams
        }
        self.real_tickets = {ticket["id"]: ticket_of(ticket) for ticket in tickets}


@functools.cache
def _team_of(id: str, level: str, company: str, *followers: str) -> Team:
    return Team(
        id=id,
        name="A team",
        visibility=Visibility(level),
        company=company,
        followers={name: {FollowSource.CHOSEN} for name in followers},
    )


def world(seed: int, number: int) -> World:
    """The world of this number: three to five people, two or three teams, one to four tickets."""
    chance = random.Random(seed * 1_000_003 + number)
    pick, flip = chance.choice, chance.random
    names = chance.sample(NAMES, chance.randint(3, 5))

    def some() -> set[str]:
        return {name for name in names if flip() < 0.3}

    teams = [
        new_team(name, pick(model.LEVELS), followers=some(), company=pick(COMPANIES))
        for name in ("t", "tt", "T")[: chance.randint(2, 3)]
    ]
    tickets = [
        new_ticket(
            f"t{place}",
            pick(teams)["id"],
            pick(("new", "done")),
            MONDAY + timedelta(minutes=chance.randint(0, 1)),
            followers=some(),
            assignee=pick([None, None, *names]),
            customer=pick([None, *names]),
            merged="t0" if place and flip() < 0.25 else None,
        )
        for place in range(chance.randint(1, 4))
    ]
    return World([pick(_users()[name]) for name in names], teams, tickets, flip() < 0.2)


# --- comparing -----------------------------------------------------------------------------------


def compare(world: World, chance: random.Random) -> int:
    """Compare every form of the rule on this world; how many single answers there were."""
    answers = sum(_compare_user(world, user, real) for user, real in world.users)
    author = chance.choice([None, *world.real_users])
    for ticket in world.tickets:
        answers += _compare_told(world, ticket, author)
    team, to = chance.choice(world.teams), chance.choice(model.LEVELS)
    _compare_change(world, team, to, chance.random() < 0.5)
    return answers


def found(world: World) -> MemoryRepository:
    """A repository that holds the world."""
    repository = MemoryRepository()
    things: list[Any] = [*_STAGES, *world.real_teams.values(), *world.real_tickets.values()]
    with repository.writing() as session:
        session.apply([Add(thing) for thing in things])
    return repository


def _compare_user(world: World, user: Plain, real: User) -> int:
    scope = scope_for(real, company_scope=world.scoped)
    visible = model.visible(user, world.tickets, world.team_by_id, world.scoped)
    for ticket in world.tickets:
        team = world.team_by_id[ticket["team"]]
        ours = real, world.real_tickets[ticket["id"]], world.real_teams[team["id"]]
        decision = can_view(*ours, company_scope=world.scoped)
        allowed = ticket["id"] in visible
        assert decision.allowed == allowed, decision
        assert scope.matches(*ours[1:]) == allowed
        if allowed:
            named = {_GROUNDS[reason.code] for reason in decision.reasons}
            grounds = model.what_grants(user, ticket, team)
            # V17: where a follow can be what lets somebody in, every ground is named
            assert named == grounds or (named <= grounds and named <= {"administrator", "level"})
    by_scope = select(scope, world.real_tickets.values(), world.real_teams)
    assert {ticket.id for ticket in by_scope} == visible
    for team in world.teams:
        inside = any(
            t["id"] in visible and t["team"] == team["id"] and t["merged"] is None
            for t in world.tickets
        )
        door = can_view_team(
            real,
            world.real_teams[team["id"]],
            follows_a_ticket=inside,
            company_scope=world.scoped,
        )
        assert door.allowed == model.can_view_team(user, team, world.tickets, world.scoped)
    return 3 * len(world.tickets) + len(world.teams)


def compare_found(world: World) -> None:
    """V13: what the memory repository finds and counts is what the model says is visible."""
    with found(world).reading() as session:
        for user, real in world.users:
            scope = scope_for(real, company_scope=world.scoped)
            visible = model.visible(user, world.tickets, world.team_by_id, world.scoped)
            for merged in (None, False, True):
                query = TicketFilter(merged=merged)
                expected = {
                    t["id"]
                    for t in world.tickets
                    if t["id"] in visible and merged in (None, t["merged"] is not None)
                }
                assert {ticket.id for ticket in session.find(scope, query)} == expected
                assert session.count(scope, query) == len(expected)
                assert sum(one.tickets for one in session.figures(scope, query)) == len(expected)


def _compare_told(world: World, ticket: Plain, author: Any) -> int:
    team = world.team_by_id[ticket["team"]]
    ours = world.real_tickets[ticket["id"]], world.real_teams[team["id"]]
    plain = [user for user, _ in world.users]
    for internal in (False, True):
        expected = model.audience(ticket, team, plain, author, internal, world.scoped)
        told = audience(
            *ours, world.real_users, author, internal=internal, company_scope=world.scoped
        )
        assert {one.user_id: _WORDS[one.full, one.link] for one in told} == expected
        assert len(told) == len(expected)
        for user, real in world.users:
            one = may_notify(real, *ours, internal=internal, company_scope=world.scoped)
            form = _WORDS[one.full, one.link] if one.decision.allowed else None
            assert form == model.may_notify(user, ticket, team, internal, world.scoped), one
    return 2 * (1 + len(world.users))


def _compare_change(world: World, team: Plain, to: str, resubscribe: bool) -> None:
    inside = [t for t in world.tickets if t["team"] == team["id"]]
    plain = [user for user, _ in world.users]
    plan = plan_visibility_change(
        world.real_teams[team["id"]],
        Visibility(to),
        [world.real_tickets[ticket["id"]] for ticket in inside],
        users=world.real_users,
        now=MONDAY,
        resubscribe_customers=resubscribe,
        company_scope=world.scoped,
    )
    if to == team["level"]:
        assert plan == VisibilityPlan(decision=plan.decision)
        return
    _, _, removed = model.change_level(team, inside, plain, to, resubscribe)
    loses, notified = model.preview_change(
        team, inside, plain, to, resubscribe_customers=resubscribe, company_scope=world.scoped
    )
    assert {
        (user_id, "team" if ticket_id is None else "ticket", ticket_id or team["id"])
        for user_id, ticket_id in plan.removed_from
    } == removed
    ids = [ticket["id"] for ticket in inside]
    assert {
        (one.user_id, ticket_id)
        for one in plan.loses_access
        for ticket_id in (ids if one.ticket_ids is None else one.ticket_ids)
        if ticket_id not in one.kept
    } == loses
    assert {
        (user_id, id)
        for user_id, ticket_id in plan.still_notified
        for id in (ids if ticket_id is None else [ticket_id])
    } == notified
