"""Use-cases of teams: create, change, members, and the level of visibility (T1, T3, V6-V10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from helpdesk_core.decisions import Reason, deny
from helpdesk_core.entities import (
    Actor,
    FollowSource,
    Id,
    Team,
    Visibility,
)
from helpdesk_core.errors import InvalidValueError, RefusedError
from helpdesk_core.events import (
    Event,
    FollowerAdded,
    FollowerRemoved,
    TeamChanged,
    TeamCreated,
)
from helpdesk_core.fields import settled
from helpdesk_core.plans import Add, AddFollow, Change, Kind, RemoveFollow, SetField
from helpdesk_core.ports import Claim, TicketFilter
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.once import Once
from helpdesk_core.service.work import Work
from helpdesk_core.visibility import VisibilityPlan, plan_visibility_change, team_warnings
from helpdesk_core.visibility.scopes import Everything

#: What `change_team` may change; the level has a use-case of its own (V6).
CHANGEABLE = frozenset(field.name for field in attrs.fields(Team)) - {
    "id",
    "visibility",
    "followers",
    "version",
}


class TeamUseCases(Desk):
    """How teams are set up."""

    def create_team(
        self,
        name: str,
        visibility: Visibility,
        *,
        actor: Actor,
        id: Id | None = None,
        member_ids: Iterable[Id] = (),
        stage_ids: Iterable[Id] = (),
        idempotency_key: str | None = None,
        **settings: Any,
    ) -> Team:
        """Create a team with its members in order and its stages (T1, T3, G5, G7).

        `settings` are the other fields of `Team`: `auto_assign`, `assignment_method`,
        `look_ahead_window`, `members_follow`, `public_description`, `company` and so on.
        """
        if unknown := sorted(settings.keys() - CHANGEABLE):
            raise InvalidValueError(unknown[0], "is no setting of a team")
        settings = settled(settings)
        team = Team(
            id=self._new_id() if id is None else id,
            name=name,
            visibility=visibility,
            member_ids=member_ids,
            stage_ids=stage_ids,
            **settings,
        )

        def do(work: Work) -> Team:
            work.require("team.create")
            if team.visibility is Visibility.PRIVATE:
                work.claim(Claim.PRIVATE_TEAMS)
            _check_members(work, team, team.member_ids)
            _check_stages(work, team)
            if team.stage_ids != {stage.id for stage in work.session.stages()}:
                work.claim(Claim.STAGES_PER_TEAM)
            work.write([Add(team)], [TeamCreated(at=work.now, by=work.by, team_id=team.id)])
            work.write(*_member_follows(work, None, team))
            return work.session.teams([team.id])[team.id]

        once = Once[Team](
            key=idempotency_key,
            payload={
                "name": name,
                "visibility": visibility,
                "id": id,
                "member_ids": team.member_ids,
                "stage_ids": team.stage_ids,
            }
            | settings,
            again=lambda work, team: work.require("team.create"),
        )
        return self._write("team.create", actor, do, once=once)

    def change_team(
        self, team_id: Id, *, actor: Actor, idempotency_key: str | None = None, **fields: Any
    ) -> Team:
        """Change a team's settings, members or stages (T1, T3, V10, G10).

        Taking a stage away while tickets are in it is refused: use `remove_stage`.
        """
        if unknown := sorted(fields.keys() - CHANGEABLE):
            raise InvalidValueError(unknown[0], "is no setting of a team")
        fields = settled(fields)

        def do(work: Work) -> Team:
            before = _team_to_change(work, team_id)
            after = attrs.evolve(before, **fields)
            names = [n for n in sorted(fields) if getattr(before, n) != getattr(after, n)]
            if "member_ids" in names:
                joined = [m for m in after.member_ids if m not in before.member_ids]
                _check_members(work, after, joined)
            if "stage_ids" in names:
                _check_stages(work, after)
                _check_emptied(work, before, after)
            changes: list[Change] = [
                SetField(
                    kind=Kind.TEAM,
                    id=team_id,
                    field=name,
                    expected=getattr(before, name),
                    value=getattr(after, name),
                )
                for name in names
            ]
            if changes:
                event = TeamChanged(at=work.now, by=work.by, team_id=team_id, fields=tuple(names))
                work.write(changes, [event])
                work.write(*_member_follows(work, before, after))
            return work.session.teams([team_id])[team_id]

        return self._write(
            "team.change",
            actor,
            do,
            team_ids=[team_id],
            once=Once(
                key=idempotency_key,
                payload={"team_id": team_id} | fields,
                again=lambda work, team: _team_to_change(work, team_id),
            ),
        )

    def preview_team(self, team_id: Id, *, actor: Actor, **fields: Any) -> tuple[Reason, ...]:
        """What somebody should know before `change_team` with these fields: warnings (V10)."""
        if unknown := sorted(fields.keys() - CHANGEABLE):
            raise InvalidValueError(unknown[0], "is no setting of a team")

        def ask(work: Work) -> tuple[Reason, ...]:
            team = _team_to_change(work, team_id)
            return team_warnings(attrs.evolve(team, **fields))

        return self._read(actor, ask)

    def preview_visibility(
        self, team_id: Id, to: Visibility, *, actor: Actor, resubscribe_customers: bool = False
    ) -> VisibilityPlan:
        """What `change_visibility` would do, without doing it (V6, V7, V18).

        Who loses access to what, who stops following, and who is still notified. By name are shown
        agents, members, and those who follow, have or opened a ticket as its customer.
        """
        return self._read(
            actor, lambda work: _plan_visibility(work, team_id, to, resubscribe_customers)
        )

    def change_visibility(
        self,
        team_id: Id,
        to: Visibility,
        *,
        actor: Actor,
        resubscribe_customers: bool = False,
        confirmed: VisibilityPlan | None = None,
        idempotency_key: str | None = None,
    ) -> VisibilityPlan:
        """Change a team's level, with what that does to its followers (V6-V8, V10, V18).

        Returns the plan that was carried out: who was removed from what, and who came back.
        `confirmed` is the plan of `preview_visibility` that somebody saw: raises `RefusedError`
        when the change would by now do anything else.
        """

        def do(work: Work) -> VisibilityPlan:
            plan = _plan_visibility(work, team_id, to, resubscribe_customers, confirmed)
            work.carry_out(plan)
            return plan

        return self._write(
            "team.visibility",
            actor,
            do,
            team_ids=[team_id],
            once=Once(
                key=idempotency_key,
                payload={
                    "team_id": team_id,
                    "to": to,
                    "resubscribe_customers": resubscribe_customers,
                    "confirmed": confirmed,
                },
                again=lambda work, plan: _team_to_change(work, team_id),
            ),
        )


def _team_to_change(work: Work, team_id: Id) -> Team:
    """A team that the one who acts sees all of, and may set up (V12, V14)."""
    team = work.team(team_id)
    work.require("team.change")
    work.require_all_of(team)
    return team


def _plan_visibility(
    work: Work,
    team_id: Id,
    to: Visibility,
    resubscribe_customers: bool,
    confirmed: VisibilityPlan | None = None,
) -> VisibilityPlan:
    team = _team_to_change(work, team_id)
    if to is Visibility.PRIVATE:
        work.claim(Claim.PRIVATE_TEAMS)
    everything = TicketFilter(team_ids=frozenset({team_id}), merged=None)
    tickets = work.session.find(Everything(), everything)
    people: dict[Id | None, None] = dict.fromkeys([*team.followers, *team.member_ids])
    for ticket in tickets:
        people.update(dict.fromkeys([*ticket.followers, ticket.customer_id, ticket.assignee_id]))
    users = {user.id: user for user in work.session.eligible_users()}
    users.update(work.session.users([id for id in people if id is not None]))
    return plan_visibility_change(
        team,
        to,
        tickets,
        users=users,
        now=work.now,
        by=work.by,
        resubscribe_customers=resubscribe_customers,
        company_scope=work.company_scope,
        confirmed=confirmed,
    )


def _check_members(work: Work, team: Team, member_ids: Iterable[Id]) -> None:
    """Members must be eligible, and with `company_scope` of the team's company (T3, T1)."""
    wanted = list(member_ids)
    users = work.session.users(wanted)
    for id in wanted:
        if id not in users or not users[id].is_eligible:
            raise RefusedError(deny("team.refused.not_eligible", user_id=id))
        if not work.reaches(users[id], team):
            raise RefusedError(deny("team.refused.other_company", user_id=id))


def _check_stages(work: Work, team: Team) -> None:
    """A team has stages that exist, and always an unfolded one (G5, G7)."""
    work.pipeline(team).first_open(team.id)


def _check_emptied(work: Work, before: Team, after: Team) -> None:
    """A stage that is taken from a team holds none of its tickets (G10)."""
    gone = before.stage_ids - after.stage_ids
    if not gone:
        return
    inside = TicketFilter(team_ids=frozenset({before.id}), stage_ids=gone, merged=None)
    count = work.session.count(Everything(), inside)
    if count:
        raise RefusedError(deny("stage.refused.not_empty", team_id=before.id, tickets=count))


def _member_follows(
    work: Work, before: Team | None, after: Team
) -> tuple[list[Change], list[Event]]:
    """With `members_follow`, members follow the team for as long as they are members (V10)."""
    source = FollowSource.MEMBER
    users = work.session.users({*after.member_ids, *after.followers})
    should = {
        id
        for id in (after.member_ids if after.members_follow else ())
        if id in users and users[id].is_eligible
    }
    now_following = set()
    if before is not None:
        now_following = {id for id, sources in before.followers.items() if source in sources}
    changes: list[Change] = []
    events: list[Event] = []
    for id in [m for m in after.member_ids if m in should - now_following]:
        changes.append(AddFollow(kind=Kind.TEAM, id=after.id, user_id=id, source=source))
        events.append(
            FollowerAdded(at=work.now, by=work.by, team_id=after.id, user_id=id, source=source)
        )
    for id in [f for f in after.followers if f in now_following - should]:
        changes.append(RemoveFollow(kind=Kind.TEAM, id=after.id, user_id=id, source=source))
        events.append(
            FollowerRemoved(
                at=work.now, by=work.by, team_id=after.id, user_id=id, sources=(source,)
            )
        )
    return changes, events
