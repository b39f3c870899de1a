"""The visibility rules before a judge that was not made here: the same policy in Cedar."""

from __future__ import annotations

import random
from collections import Counter
from types import SimpleNamespace
from typing import Any

from desks import MONDAY
from helpdesk_core.entities import FollowSource, Role, Team, Ticket, User, UserKind, Visibility
from helpdesk_core.visibility import can_view, can_view_team, scope_for
from judges import cedar

SEED, BATCHES, REQUESTS = 20260105, 10, 2_000
COMPANIES = ("", "North", "South")
CHOSEN = frozenset({FollowSource.CHOSEN})
#: The rules by which each of the library's reasons says yes.
_RULES = {
    "visibility.administrator": {"V11"},
    "visibility.company_team": {"V1"},
    "visibility.public_team": {"V1"},
    "visibility.follows_ticket": {"V2 ticket", "V3"},
    "visibility.follows_team": {"V2 team"},
    "visibility.assignee": {"V10"},
}


def random_world(chance: random.Random) -> tuple[list[Any], dict[Any, Any], list[Any]]:
    """People, teams and tickets, a few with a kind or a level that is not known (V17)."""
    ids = [f"{name}{number}" for name in ("a", "ad", "Ad") for number in range(12)]
    users = []
    for id in ids:
        kind = chance.choice([UserKind.INTERNAL, UserKind.INTERNAL, UserKind.PORTAL, *UserKind])
        roles = (
            {Role.ADMINISTRATOR} if kind is UserKind.INTERNAL and not chance.randrange(6) else ()
        )
        user: Any = User(
            id=id,
            name=id,
            kind=kind,
            roles=roles,
            active=chance.random() < 0.9,
            company=chance.choice(COMPANIES),
        )
        if not chance.randrange(20):
            user = SimpleNamespace(
                id=id, kind="robot", active=True, is_administrator=False, company=""
            )
        users.append(user)

    def some() -> dict[str, frozenset[FollowSource]]:
        return dict.fromkeys(chance.sample(ids, chance.randrange(12)), CHOSEN)

    teams: dict[Any, Any] = {}
    for number in range(12):
        level: Any = chance.choice([*Visibility, *Visibility, *Visibility, "open"])
        fields = {"id": f"t{number}", "company": chance.choice(COMPANIES), "followers": some()}
        odd = isinstance(level, str)
        made = SimpleNamespace if odd else lambda **all: Team(name="A team", **all)
        teams[fields["id"]] = made(visibility=level, **fields)
    tickets = [
        Ticket(
            id=f"T{number}",
            team_id=chance.choice([*teams]),
            stage_id="new",
            subject="No ink",
            created_at=MONDAY,
            assignee_id=chance.choice([None, *ids]),
            customer_id=chance.choice([None, *ids]),
            followers=some(),
            merged_into="T0" if number and not chance.randrange(8) else None,
        )
        for number in range(120)
    ]
    return users, teams, tickets


def test_cedar_says_the_same() -> None:
    """V1, V2, V3, V4, V10, V11, V12, V17, V19, T1: 20,000 random requests, and for each why."""
    chance, seen = random.Random(SEED), Counter[bool]()
    for _ in range(BATCHES):
        users, teams, tickets = random_world(chance)
        world = cedar.entities(users, teams.values(), tickets)
        requests, ours = [], []
        for _ in range(REQUESTS):
            user, scoped = chance.choice(users), chance.random() < 0.2
            if chance.random() < 0.8:
                ticket = chance.choice(tickets)
                team = teams[ticket.team_id]
                decision = can_view(user, ticket, team, company_scope=scoped)
                in_scope = scope_for(user, company_scope=scoped).matches(ticket, team)
                assert in_scope is decision.allowed, "V13"
                requests.append(cedar.request(user, "view", ticket.id, company_scope=scoped))
            else:
                team, invited = chance.choice([*teams.values()]), chance.random() < 0.3
                decision = can_view_team(user, team, follows_a_ticket=invited, company_scope=scoped)
                requests.append(
                    cedar.request(user, "open", team.id, company_scope=scoped, invited=invited)
                )
            ours.append(decision)
        for one, decision, (allowed, rules) in zip(
            requests, ours, cedar.judged(requests, world), strict=True
        ):
            assert decision.allowed is allowed, (one, decision, rules)
            if allowed and one["action"]["id"] == "view":
                for reason in decision.reasons:
                    assert _RULES[reason.code] & rules, (one, decision, rules)
            seen[allowed] += 1
    assert sum(seen.values()) == BATCHES * REQUESTS
    assert min(seen.values()) > BATCHES * REQUESTS / 5, "both answers are given often"
