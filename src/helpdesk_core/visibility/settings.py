"""What a change of a team's settings and members does to who sees it (T3, V10, V18)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import attrs

from helpdesk_core.decisions import Reason, allow
from helpdesk_core.entities import FollowSource, Id, Team, Ticket, User, Visibility
from helpdesk_core.events import Event, FollowerAdded, FollowerRemoved, TeamChanged, Who
from helpdesk_core.plans import AddFollow, Change, Kind, Plan, RemoveFollow, SetField
from helpdesk_core.visibility.levels import team_warnings
from helpdesk_core.visibility.previews import AccessLost, access_lost


@attrs.frozen(kw_only=True)
class TeamPlan(Plan):
    """A change of a team's settings, members or stages, with what it does to people.

    `joined` and `left` are the members who come and go. `gains_access` and `loses_access` name, of
    the users that the plan was made with, those who can view more, and less; `others_gain_access`
    and `others_lose_access` say that so can internal users whom it does not name.
    """

    joined: tuple[Id, ...] = ()
    left: tuple[Id, ...] = ()
    gains_access: tuple[Id, ...] = ()
    loses_access: tuple[AccessLost, ...] = ()
    others_gain_access: bool = False
    others_lose_access: bool = False
    warnings: tuple[Reason, ...] = ()


def plan_team_settings(
    team: Team,
    after: Team,
    tickets: Iterable[Ticket],
    *,
    users: Mapping[Id, User],
    now: datetime,
    by: Who = None,
    company_scope: bool = False,
) -> TeamPlan:
    """A team becomes what it is `after`, of the same level and with the same followers (T3, V10).

    With `members_follow`, members follow the team for as long as they are members. `users` are the
    members, the followers, and whoever else should be named; `tickets` are those of the team, which
    say who keeps access to what.

    >>> from datetime import datetime, UTC
    >>> from helpdesk_core import UserKind, Role, Visibility
    >>> ada = User(id="ada", name="Ada", kind=UserKind.INTERNAL, roles={Role.AGENT})
    >>> team = Team(id="hr", name="HR", visibility=Visibility.PRIVATE, members_follow=True)
    >>> plan = plan_team_settings(team, attrs.evolve(team, member_ids=["ada"]), [],
    ...                           users={"ada": ada}, now=datetime(2026, 1, 5, tzinfo=UTC))
    >>> plan.joined, plan.gains_access
    (('ada',), ('ada',))
    """
    names = tuple(
        field.name
        for field in attrs.fields(Team)
        if getattr(team, field.name) != getattr(after, field.name)
    )
    if not names:
        return TeamPlan(decision=allow("team.unchanged"), warnings=team_warnings(team))
    follows = member_follows(team, after, users=users, now=now, by=by)
    tickets = tuple(tickets)
    then = attrs.evolve(after, followers=_followers_then(team, *_turns(team, after, users)))
    open_to_all = company_scope and team.visibility is not Visibility.PRIVATE

    def lost(one: Team, other: Team) -> tuple[AccessLost, ...]:
        return access_lost(one, other, tickets, users.values(), company_scope=company_scope)

    return TeamPlan(
        decision=allow("team.changed"),
        changes=[
            *(SetField.of(Kind.TEAM, team, name, getattr(after, name)) for name in names),
            *follows.changes,
        ],
        events=[
            TeamChanged(at=now, by=by, team_id=team.id, fields=tuple(sorted(names))),
            *follows.events,
        ],
        joined=_without(after.member_ids, team.member_ids),
        left=_without(team.member_ids, after.member_ids),
        gains_access=tuple(one.user_id for one in lost(then, team)),
        loses_access=lost(team, then),
        others_gain_access=open_to_all and team.company not in ("", after.company),
        others_lose_access=open_to_all and after.company not in ("", team.company),
        warnings=team_warnings(after),
    )


def member_follows(
    team: Team | None,
    after: Team,
    *,
    users: Mapping[Id, User],
    now: datetime,
    by: Who = None,
) -> Plan:
    """Who begins and who ends to follow a team because of being a member of it (V10).

    Without a `team` before, it is a new one.

    >>> from datetime import datetime, UTC
    >>> from helpdesk_core import UserKind, Role, Visibility
    >>> ada = User(id="ada", name="Ada", kind=UserKind.INTERNAL, roles={Role.AGENT})
    >>> team = Team(id="hr", name="HR", visibility=Visibility.PRIVATE, members_follow=True,
    ...             member_ids=["ada"])
    >>> plan = member_follows(None, team, users={"ada": ada}, now=datetime(2026, 1, 5, tzinfo=UTC))
    >>> [event.name for event in plan.events]
    ['FollowerAdded']
    """
    source = FollowSource.MEMBER
    begin, end = _turns(team, after, users)
    changes: list[Change] = []
    events: list[Event] = []
    for id in begin:
        changes.append(AddFollow(kind=Kind.TEAM, id=after.id, user_id=id, source=source))
        events.append(FollowerAdded(at=now, by=by, team_id=after.id, user_id=id, source=source))
    for id in end:
        changes.append(RemoveFollow(kind=Kind.TEAM, id=after.id, user_id=id, source=source))
        events.append(
            FollowerRemoved(at=now, by=by, team_id=after.id, user_id=id, sources=(source,))
        )
    return Plan(decision=allow("team.changed"), changes=changes, events=events)


def _turns(
    team: Team | None, after: Team, users: Mapping[Id, User]
) -> tuple[tuple[Id, ...], tuple[Id, ...]]:
    """Who begins, and who ends, to follow as a member; only eligible users are members (T3)."""
    should = [
        id
        for id in (after.member_ids if after.members_follow else ())
        if id in users and users[id].is_eligible
    ]
    followers = {} if team is None else team.followers
    do = [id for id, sources in followers.items() if FollowSource.MEMBER in sources]
    return _without(should, do), _without(do, should)


def _followers_then(
    team: Team, begin: Iterable[Id], end: Iterable[Id]
) -> Mapping[Id, frozenset[FollowSource]]:
    found = dict(team.followers)
    member = frozenset({FollowSource.MEMBER})
    found.update({id: found.get(id, frozenset()) | member for id in begin})
    found.update({id: found[id] - member for id in end})
    return {id: sources for id, sources in found.items() if sources}


def _without(ids: Iterable[Id], others: Iterable[Id]) -> tuple[Id, ...]:
    taken = frozenset(others)
    return tuple(id for id in ids if id not in taken)
