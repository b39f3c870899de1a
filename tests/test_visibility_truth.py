"""The rule of visibility as a truth table, and on random worlds: all its forms, and the model.

The long run: `HELPDESK_WORLDS=1000000 pytest -m long tests/test_visibility_truth.py`. A world that
differs is named by its seed and number, and can be made again.
"""

from __future__ import annotations

import itertools
import os
import random
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from desks import MONDAY
from helpdesk_core.entities import FollowSource, UserKind, Visibility
from helpdesk_core.sentences import explain
from helpdesk_core.visibility import can_view, can_view_team, explain_access, scope_for
from helpdesk_core.visibility.scopes import select
from model import visibility as model
from model.world import new_team, new_ticket, new_user
from visibility_worlds import World, compare, compare_found, pair, world

pytestmark = pytest.mark.core

FLAGS = (False, True)
LEVELS = model.LEVELS
KINDS = ("internal", "agent", "administrator", "portal", "contact")
SEED, WORLDS = 20260105, 10_000


def somebody(kind: str, active: bool = True, company: str = "") -> Any:
    """Ada, of this kind."""
    roles = {kind: True} if kind in ("agent", "administrator") else {}
    plain = kind if kind in ("portal", "contact") else "internal"
    return pair(new_user("ada", plain, active=active, **roles) | {"company": company})


def small_world() -> Any:
    """Every combination of what can matter, a world each."""
    for level, kind, active, company in itertools.product(
        LEVELS, KINDS, FLAGS, (None, "North", "South")
    ):
        user = somebody(kind, active, company or "")
        for in_team, in_ticket, assigned, closed, merged, customer in itertools.product(
            *[FLAGS] * 6
        ):
            others = {"ad", "adam"}  # whose names are like this one's (V3)
            team = new_team(
                "t", level, followers={"ada"} if in_team else others, company=company and "North"
            )
            ticket = new_ticket(
                "t0",
                "t",
                "done" if closed else "new",
                MONDAY,
                followers={"ada"} if in_ticket else others,
                assignee="ada" if assigned else None,
                customer="ada" if customer else "ad",
                merged="t1" if merged else None,
            )
            team["company"] = team["company"] or ""
            yield World([user], [team], [ticket], company is not None)


def test_the_truth_table() -> None:
    """V1, V2, V3, V4, V5, V9, V10, V11, V12, V13, V15, V17, V18, V19, V20, M8, T1: every row."""
    chance, rows = random.Random(SEED), 0
    for one in small_world():
        compare(one, chance)
        real = one.real_users["ada"]
        things = real, one.real_tickets["t0"], one.real_teams["t"]
        why = explain_access(*things, company_scope=one.scoped)
        assert why.decision == can_view(*things, company_scope=one.scoped)
        assert explain(why).startswith("Yes." if why.decision.allowed else "No.")
        rows += 1
        if rows % 4 == 0 or real.is_administrator:
            compare_found(one)
    assert rows == 3 * 5 * 2 * 3 * 64


def test_unknown_words_and_ids_of_another_type() -> None:
    """V17, V3: an unknown level, an unknown kind, and an id that is only alike open nothing."""
    for level, kind, administrator in itertools.product(
        (*LEVELS, "open", None), ("internal", "portal", "contact", "robot", None), FLAGS
    ):
        if level in LEVELS and kind in ("internal", "portal", "contact"):
            continue
        user = {"id": 1, "kind": kind, "administrator": administrator, "active": True}
        known = kind in ("internal", "portal", "contact")
        real: Any = SimpleNamespace(
            id=1,
            kind=UserKind(kind) if known else kind,
            is_administrator=administrator and kind == "internal",
            active=True,
            company="",
        )
        team = {"id": "t", "level": level, "followers": {1}, "company": ""}
        follows = {1: frozenset({FollowSource.CHOSEN})}
        real_team: Any = SimpleNamespace(
            id="t",
            visibility=Visibility(level) if level in LEVELS else level,
            followers=follows,
            company="",
        )
        ticket = new_ticket("t0", "t", "new", MONDAY, followers={1}, assignee=1)
        real_ticket: Any = SimpleNamespace(
            id="t0", team_id="t", followers=follows, assignee_id=1, is_merged_away=False
        )
        assert not model.can_view(user, ticket, team)
        assert not can_view(real, real_ticket, real_team).allowed
        assert not scope_for(real).matches(real_ticket, real_team)
        assert select(scope_for(real), [real_ticket], {"t": real_team}) == []
        for inside in FLAGS:
            assert not can_view_team(real, real_team, follows_a_ticket=inside).allowed
        if not known:
            assert explain_access(real, real_ticket, real_team).is_hopeless
    for mine, theirs in ((1, "1"), ("1", 1), ("ada", "Ada"), ("ada", "ada ")):
        _, real = somebody("portal")
        seer = attrs.evolve(real, id=mine)
        one = World([], [new_team("t", "public")], [new_ticket("t0", "t", "new", MONDAY)], False)
        ticket = attrs.evolve(one.real_tickets["t0"], followers={theirs: {FollowSource.CUSTOMER}})
        assert not can_view(seer, ticket, one.real_teams["t"]).allowed
        assert not scope_for(seer).matches(ticket, one.real_teams["t"])


def test_random_worlds() -> None:
    """V1, V2, V3, V4, V5, V6, V7, V8, V9, V13, V15, V17, V18, V19, V20: all forms, many worlds."""
    assert run(SEED, WORLDS) > 10 * WORLDS


@pytest.mark.long
def test_random_worlds_for_long() -> None:
    """V1, V2, V3, V4, V13, V18: the same over as many worlds as HELPDESK_WORLDS says."""
    run(random.randrange(2**31), int(os.environ.get("HELPDESK_WORLDS", 1_000_000)))


def run(seed: int, number: int) -> int:
    """Compare so many worlds; how many single answers there were."""
    answers = 0
    for one in range(number):
        made = world(seed, one)
        try:
            answers += compare(made, random.Random(one))
            if one % 10 == 0:
                compare_found(made)
        except AssertionError as error:
            raise AssertionError(f"world({seed}, {one}) differs: {error}") from error
    return answers


# --- what would have to change -------------------------------------------------------------------


def _changed(code: str, user: Any, ticket: Any, team: Any) -> tuple[Any, Any, Any]:
    """The three with what an explanation asks for done."""
    me = {user.id: frozenset({FollowSource.CHOSEN})}
    name = code.removeprefix("visibility.needs.")
    if name == "active":
        user = attrs.evolve(user, active=True)
    elif name == "same_company":
        user = attrs.evolve(user, company=team.company)
    elif name == "follow_ticket":
        ticket = attrs.evolve(ticket, followers={**ticket.followers, **me})
    elif name == "follow_team":
        team = attrs.evolve(team, followers={**team.followers, **me})
    elif name == "assignment":
        assert not ticket.is_merged_away
        assert attrs.evolve(user, active=True).is_eligible
        ticket = attrs.evolve(ticket, assignee_id=user.id)
    else:
        team = attrs.evolve(team, visibility=Visibility(name.removesuffix("_level")))
    return user, ticket, team


def test_what_would_have_to_change_is_enough_and_no_more() -> None:
    """V17, V19: what an explanation asks for lets somebody in, and nothing of it is too much."""
    seen: set[str] = set()
    for one in small_world():
        things = one.real_users["ada"], one.real_tickets["t0"], one.real_teams["t"]
        why = explain_access(*things, company_scope=one.scoped)
        needs, choices = [r.code for r in why.needs], [r.code for r in why.needs_one_of]
        seen.update(needs, choices)
        if why.decision.allowed or things[0].kind is UserKind.CONTACT:
            assert why.is_hopeless is not why.decision.allowed
            assert (needs, choices) == ([], [])
            continue
        assert not why.is_hopeless
        for choice in choices or [None]:
            asked = [*needs, *([choice] if choice else [])]
            for left_out in (None, *asked):
                user, ticket, team = things
                for code in asked:
                    if code != left_out:
                        user, ticket, team = _changed(code, user, ticket, team)
                allowed = can_view(user, ticket, team, company_scope=one.scoped).allowed
                assert allowed is (left_out is None), (asked, left_out)
    assert len(seen) == 7


def test_an_unknown_level_is_mended_by_a_known_one() -> None:
    """V17, V19: what a team of an unknown level needs is a level."""
    _, user = somebody("administrator")
    team: Any = SimpleNamespace(id="t", visibility="open", followers={}, company="")
    ticket: Any = SimpleNamespace(team_id="t", followers={}, assignee_id=None, is_merged_away=False)
    why = explain_access(user, ticket, team)
    assert [reason.code for reason in why.needs_one_of] == [
        "visibility.needs.company_level",
        "visibility.needs.public_level",
    ]
