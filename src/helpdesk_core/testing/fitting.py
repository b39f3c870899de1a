"""A thing as a store with given claims can keep it: the measure for stores that disclaim.

What a store does not claim it may drop, and in one way only, which is written down here. A store
without `FOLLOW_SOURCES` keeps chosen follows; that an assignee follows, and a portal customer, it
reads off the ticket.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

import attrs

from helpdesk_core.entities import FollowSource, Id, Team, Ticket, User, UserKind, Visibility
from helpdesk_core.ports import Claim

T = TypeVar("T")

_TICKET: dict[Claim, tuple[str, ...]] = {
    Claim.VERSIONS: ("version",),
    Claim.TAGS: ("tags",),
    Claim.HOST_FIELDS: ("fields",),
    Claim.CLOSING_TIMES: ("closed_at",),
    Claim.ASSIGNMENT_ORDER: ("waiting", "available_from"),
    Claim.BOARD_ORDER: ("rank",),
    Claim.MERGE: ("merged_into", "links", "references"),
}
_TEAM: dict[Claim, tuple[str, ...]] = {
    Claim.VERSIONS: ("version",),
    Claim.TEAM_FOLLOWERS: ("followers", "members_follow"),
    Claim.FOLLOW_SOURCES: ("members_follow",),
    Claim.ASSIGNMENT_ORDER: (
        "auto_assign", "assignment_method", "assignment_scope", "look_ahead_window", "horizon",
        "assignment_mode",
    ),
    Claim.CREDITS: ("catch_up",),
    Claim.ANSWERS: ("on_answer", "reopen_window"),
    Claim.MEMBER_OPTIONS: ("member_options",),
}  # fmt: skip


def fit(
    thing: T,
    claims: frozenset[Claim],
    *,
    users: Mapping[Id, User],
    stage_ids: Iterable[Id],
) -> T:
    """The thing, less what a store with these claims drops.

    `users` are those who can follow; `stage_ids` are all stages.

    >>> team = Team(id="hr", name="HR", visibility=Visibility.PRIVATE)
    >>> fit(team, frozenset(), users={}, stage_ids=["new"]).visibility
    <Visibility.COMPANY: 'company'>
    """
    if isinstance(thing, Ticket):
        dropped = _dropped(thing, _TICKET, claims)
        return cast(T, _evolve(thing, dropped, _ticket(thing, claims, users)))
    if isinstance(thing, Team):
        dropped = _dropped(thing, _TEAM, claims)
        return cast(T, _evolve(thing, dropped, _team(thing, claims, dropped, stage_ids)))
    return thing


def _evolve(thing: Any, *fields: dict[str, Any]) -> Any:
    together: dict[str, Any] = {}
    for some in fields:
        together |= some
    return attrs.evolve(thing, **together) if together else thing


def _dropped(
    thing: Any, table: dict[Claim, tuple[str, ...]], claims: frozenset[Claim]
) -> dict[str, Any]:
    names = {name for claim, names in table.items() if claim not in claims for name in names}
    needed = {"id", "name", "visibility", "team_id", "stage_id", "subject", "created_at"}
    fresh = {name: getattr(thing, name) for name in needed if hasattr(thing, name)}
    plain = type(thing)(**fresh)
    return {name: getattr(plain, name) for name in names}


def _ticket(ticket: Ticket, claims: frozenset[Claim], users: Mapping[Id, User]) -> dict[str, Any]:
    if Claim.FOLLOW_SOURCES in claims:
        return {}
    followers: dict[Id, set[FollowSource]] = {
        id: {FollowSource.CHOSEN}
        for id, sources in ticket.followers.items()
        if FollowSource.CHOSEN in sources
    }
    if ticket.assignee_id is not None:
        followers.setdefault(ticket.assignee_id, set()).add(FollowSource.ASSIGNED)
    customer = None if ticket.customer_id is None else users.get(ticket.customer_id)
    if customer is not None and customer.kind is UserKind.PORTAL:
        followers.setdefault(customer.id, set()).add(FollowSource.CUSTOMER)
    return {"followers": followers}


def _team(
    team: Team, claims: frozenset[Claim], dropped: dict[str, Any], stage_ids: Iterable[Id]
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if Claim.STAGES_PER_TEAM not in claims:
        fields["stage_ids"] = frozenset(stage_ids)
    if Claim.PRIVATE_TEAMS not in claims and team.visibility is Visibility.PRIVATE:
        fields["visibility"] = Visibility.COMPANY
    if Claim.ASSIGNMENT_ORDER not in claims:  # nothing asks in which order the members are
        fields["member_ids"] = tuple(sorted(team.member_ids, key=lambda id: (str(type(id)), id)))
    if Claim.FOLLOW_SOURCES not in claims and "followers" not in dropped:
        fields["followers"] = {
            id: {FollowSource.CHOSEN}
            for id, sources in team.followers.items()
            if FollowSource.CHOSEN in sources
        }
    return fields
