"""One decision, and the tickets of many that somebody sees, against peers in the same run.

    python benchmarks/visibility.py [--tickets 100000] [--rounds 7] [--seed 20260105]

The same policy four times: the library's; in Cedar by cedarpy (tests/judges/visibility.cedar); in
Casbin by pycasbin, with the policy below; and, for many tickets, a comprehension written by hand
for this one policy. Before a time counts, all must give the same answers. The sides take turns;
times are those of the processor, the best of each counts, and the spread is that of the ratio over
the rounds. Needs `pip install pycasbin` beside the development environment. Exit code 1 when an
answer differs or a goal is missed.
"""

from __future__ import annotations

import argparse
import gc
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import casbin
import cedarpy

from helpdesk_core import (
    FollowSource,
    Role,
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
    can_view,
    scope_for,
)
from helpdesk_core.visibility.scopes import select

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from judges import cedar

NOW = datetime(2026, 1, 5, tzinfo=UTC)
CHOSEN = frozenset({FollowSource.CHOSEN})
#: Decisions on single tickets in a round: of the library, and of each slow peer.
SINGLE, SINGLE_PEER = 20_000, 300
#: The goals, as ratios.
GOAL_SINGLE, GOAL_BY_HAND, GOAL_BATCH = 150, 2.5, 300

_MODEL = """
[request_definition]
r = sub, obj
[policy_definition]
p = rule
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub.active && eval(p.rule)
"""
_RULES = (
    "r.sub.internal && r.obj.level in ('company', 'public')",
    "r.sub.internal && r.obj.level == 'private' && r.sub.id in r.obj.followers",
    "r.sub.internal && r.obj.level == 'private' && r.sub.id in r.obj.team_followers",
    "r.sub.internal && r.obj.level == 'private' && r.sub.id == r.obj.assignee",
    "r.sub.portal && r.obj.level == 'public' && r.sub.id in r.obj.followers",
    "r.sub.administrator && r.obj.level in ('private', 'company', 'public')",
)

# --- the world -----------------------------------------------------------------------------------


class World:
    """Two hundred people, forty teams of every level, and so many tickets."""

    def __init__(self, number: int, seed: int) -> None:
        chance = random.Random(seed)
        names = [f"user-{n}" for n in range(200)]
        self.users = [_user(n, name) for n, name in enumerate(names)]
        self.teams = {
            f"team-{n}": Team(
                id=f"team-{n}",
                name="A team",
                visibility=list(Visibility)[n % 3],
                followers=dict.fromkeys(chance.sample(names, 6), CHOSEN),
            )
            for n in range(40)
        }
        ids = [*self.teams]
        self.tickets = [
            Ticket(
                id=f"T-{n}",
                team_id=chance.choice(ids),
                stage_id="new",
                subject="No ink",
                created_at=NOW,
                assignee_id=chance.choice([None, *names]),
                followers=dict.fromkeys(chance.sample(names, chance.randint(0, 4)), CHOSEN),
            )
            for n in range(number)
        ]
        self.pairs = [(chance.choice(self.users), chance.choice(self.tickets)) for _ in range(2000)]


def _user(number: int, name: str) -> User:
    kind = (UserKind.INTERNAL, UserKind.INTERNAL, UserKind.PORTAL, UserKind.CONTACT)[number % 4]
    roles = {Role.ADMINISTRATOR} if number % 20 == 0 else set()
    return User(id=name, name=name, kind=kind, roles=roles, active=number % 17 != 16)


# --- one decision --------------------------------------------------------------------------------


def casbin_enforcer() -> Any:
    """Casbin with the same policy."""
    model = casbin.Model()
    model.load_model_from_text(_MODEL)
    enforcer = casbin.Enforcer(model)
    for rule in _RULES:
        enforcer.add_policy(rule)
    return enforcer


class _Plain:
    """What Casbin's matcher asks of a request, laid out for it before the clock starts."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


def one_decision(world: World, rounds: int) -> list[tuple[str, float, float, list[float]]]:
    """(peer, ours in s, theirs in s, the ratio of each round) for one `can_view` with reasons."""
    teams, pairs = world.teams, world.pairs
    asked = [(user, ticket, teams[ticket.team_id]) for user, ticket in pairs]

    often = asked * (SINGLE // len(asked))

    def library(many: list[tuple[User, Ticket, Team]] = often) -> list[bool]:
        return [can_view(user, ticket, team).allowed for user, ticket, team in many]

    enforcer = casbin_enforcer()
    for_casbin = [
        (
            _Plain(
                id=user.id,
                active=user.active,
                internal=user.kind is UserKind.INTERNAL,
                portal=user.kind is UserKind.PORTAL,
                administrator=user.is_administrator,
            ),
            _Plain(
                level=team.visibility.value,
                followers=set(ticket.followers),
                team_followers=set(team.followers),
                assignee=ticket.assignee_id,
            ),
        )
        for user, ticket, team in asked
    ]

    def by_casbin(number: int) -> list[bool]:
        return [enforcer.enforce(user, thing) for user, thing in for_casbin[:number]]

    policies = cedar.policies()
    # each request with the entities that it needs and no others, read before the clock starts
    for_cedar = [
        (
            cedar.request(user, "view", ticket.id),
            cedar.entities([user], [team], [ticket]),
        )
        for user, ticket, team in asked[:SINGLE_PEER]
    ]

    def by_cedar(number: int) -> list[bool]:
        return [
            cedarpy.is_authorized(request, policies, entities).allowed
            for request, entities in for_cedar[:number]
        ]

    results = []
    for name, peer in (("pycasbin enforce", by_casbin), ("cedarpy is_authorized", by_cedar)):
        must_be_equal(name, library(asked[:SINGLE_PEER]), peer(SINGLE_PEER))
        results.append(
            (
                name,
                *turns(
                    library,
                    len(often),
                    lambda peer=peer: peer(SINGLE_PEER),
                    SINGLE_PEER,
                    rounds,
                ),
            )
        )
    return results


# --- many tickets --------------------------------------------------------------------------------


def by_hand(world: World, user: User) -> list[Ticket]:
    """What somebody would write for this one policy and nothing else."""
    id, teams = user.id, world.teams
    if not user.active or user.kind is UserKind.CONTACT:
        return []
    if user.is_administrator:
        known = {team.id for team in teams.values() if team.visibility in Visibility}
        return [t for t in world.tickets if t.team_id in known]
    if user.kind is UserKind.PORTAL:
        public = {team.id for team in teams.values() if team.visibility is Visibility.PUBLIC}
        return [t for t in world.tickets if t.team_id in public and id in t.followers]
    whole = {
        team.id
        for team in teams.values()
        if team.visibility is not Visibility.PRIVATE or id in team.followers
    }
    return [
        t for t in world.tickets if t.team_id in whole or id in t.followers or t.assignee_id == id
    ]


def many_tickets(world: World, rounds: int) -> list[tuple[str, str, float, float, list[float]]]:
    """(viewer, peer, ours, theirs, ratios) for the tickets that one user sees of them all."""
    known = cedar.entities(world.users, world.teams.values(), world.tickets)
    policies, results = cedar.policies(), []
    viewers = {
        "administrator": world.users[0],
        "internal": next(u for u in world.users if u.kind is UserKind.INTERNAL and not u.roles),
        "portal": next(u for u in world.users if u.kind is UserKind.PORTAL and u.active),
    }
    for viewer, user in viewers.items():
        scope = scope_for(user)

        def library(user: User = user, scope: Any = scope) -> list[Ticket]:
            return select(scope, world.tickets, world.teams)

        must_be_equal(f"by hand, {viewer}", library(), by_hand(world, user))
        timed = turns(library, 1, lambda user=user: by_hand(world, user), 1, 3 * rounds)
        results.append((viewer, "comprehension by hand", *timed))
        if viewer == "internal":
            requests = [cedar.request(user, "view", ticket.id) for ticket in world.tickets]

            def by_cedar(requests: Any = requests) -> list[Ticket]:
                given = cedarpy.is_authorized_batch(requests, policies, known)
                return [t for t, one in zip(world.tickets, given, strict=True) if one.allowed]

            must_be_equal("cedarpy batch", library(), by_cedar())
            timed = turns(library, 1, by_cedar, 1, rounds)
            results.append((viewer, "cedarpy is_authorized_batch", *timed))
    return results


# --- measuring -----------------------------------------------------------------------------------


def must_be_equal(name: str, ours: Any, theirs: Any) -> None:
    """Stop when a peer answers otherwise: then there is nothing to compare."""
    if ours != theirs:
        sys.exit(f"{name}: the answers differ")


def turns(
    ours: Callable[[], Any], our_number: int, theirs: Callable[[], Any], number: int, rounds: int
) -> tuple[float, float, list[float]]:
    """The best of each side for one unit, and the ratio theirs/ours of each round."""
    figures: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, (call, units) in enumerate(((ours, our_number), (theirs, number))):
            gc.collect()
            started = time.process_time()
            call()
            figures[side].append((time.process_time() - started) / units)
    ratios = [b / a for a, b in zip(*figures, strict=True)]
    return min(figures[0]), min(figures[1]), ratios


def line(what: str, peer: str, ours: float, theirs: float, ratios: list[float]) -> float:
    """Print a row; the ratio of the best."""
    ratio = theirs / ours
    print(
        f"| {what} | {peer} | {_time(ours)} | {_time(theirs)} | {ratio:.2f} "
        f"| {min(ratios):.2f}-{max(ratios):.2f}, median {statistics.median(ratios):.2f} |",
        flush=True,
    )
    return ratio


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.2f} µs"
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=20260105)
    options = parser.parse_args()
    print(
        f"seed {options.seed}, {options.tickets:,} tickets, {options.rounds} rounds, "
        f"Python {platform.python_version()}, {platform.machine()}, {_processor()}\n"
    )
    world = World(options.tickets, options.seed)
    print("| work | against | library | peer | peer / library | of each round |")
    print("|---|---|---|---|---|---|")
    reached = []
    for peer, *figures in one_decision(world, options.rounds):
        reached.append(line("one `can_view` with its reasons", peer, *figures) >= GOAL_SINGLE)
    for viewer, peer, *figures in many_tickets(world, options.rounds):
        ratio = line(f"the tickets that a viewer sees: {viewer}", peer, *figures)
        reached.append(ratio >= (GOAL_BATCH if "cedar" in peer else 1 / GOAL_BY_HAND))
    print(f"\ngoals: {reached.count(True)} of {len(reached)} reached")
    return 0 if all(reached) else 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [text.partition(": ")[2] for text in lines if text.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()


if __name__ == "__main__":
    sys.exit(main())
