"""Use-cases of teams: create, change, members, and the level of visibility (T1, T3, V6-V10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from helpdesk_core.decisions import Decision, deny
from helpdesk_core.entities import Actor, Id, Team, Ticket, User, Visibility
from helpdesk_core.errors import InvalidValueError, RefusedError
from helpdesk_core.events import TeamCreated
from helpdesk_core.fields import settled
from helpdesk_core.plans import Add, as_shown, fingerprint_of
from helpdesk_core.ports import Claim, TicketFilter
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.once import Once
from helpdesk_core.service.work import Work
from helpdesk_core.visibility import (
    TeamPlan,
    VisibilityPlan,
    member_follows,
    plan_team_settings,
    plan_visibility_change,
)
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
        settings = _changeable(settings)
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
            if (refusal := _refused(work, team, team.member_ids)) is not None:
                raise RefusedError(refusal)
            _check_stages(work, team)
            if team.stage_ids != {stage.id for stage in work.session.stages()}:
                work.claim(Claim.STAGES_PER_TEAM)
            work.write([Add(team)], [TeamCreated(at=work.now, by=work.by, team_id=team.id)])
            users = work.session.users(team.member_ids)
            work.carry_out(member_follows(None, team, users=users, now=work.now, by=work.by))
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

    def preview_team(self, team_id: Id, *, actor: Actor, **fields: Any) -> TeamPlan:
        """What `change_team` would do with these fields, without doing it (T3, V10, V18, G10).

        Who joins and leaves, who can view more and less by it, and what somebody should know first.
        """
        fields = _changeable(fields)
        return self._read(actor, lambda work: work.possible(_plan_team(work, team_id, fields)))

    def change_team(
        self,
        team_id: Id,
        *,
        actor: Actor,
        confirmed: TeamPlan | str | None = None,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> Team:
        """Change a team's settings, members or stages (T1, T3, V10, G10).

        `confirmed` is the plan of `preview_team`: see `as_shown`. Taking a stage away while tickets
        are in it is refused: use `remove_stage`.
        """
        fields, shown = _changeable(fields), fingerprint_of(confirmed)

        def do(work: Work) -> Team:
            work.carry_out(as_shown(_plan_team(work, team_id, fields), shown))
            return work.session.teams([team_id])[team_id]

        return self._write(
            "team.change",
            actor,
            do,
            team_ids=[team_id],
            once=Once(
                key=idempotency_key,
                payload={"team_id": team_id, "confirmed": shown} | fields,
                again=lambda work, team: _team_to_change(work, team_id),
            ),
        )

    def preview_visibility(
        self, team_id: Id, to: Visibility, *, actor: Actor, resubscribe_customers: bool = False
    ) -> VisibilityPlan:
        """What `change_visibility` would do, without doing it (V6, V7, V18).

        Who loses access to what, who stops following, and who is still notified. By name are shown
        agents, members, and those who follow, have or opened a ticket as its customer.
        """

        def ask(work: Work) -> VisibilityPlan:
            return work.possible(_plan_visibility(work, team_id, to, resubscribe_customers))

        return self._read(actor, ask)

    def change_visibility(
        self,
        team_id: Id,
        to: Visibility,
        *,
        actor: Actor,
        resubscribe_customers: bool = False,
        confirmed: VisibilityPlan | str | None = None,
        idempotency_key: str | None = None,
    ) -> VisibilityPlan:
        """Change a team's level, with what that does to its followers (V6-V8, V10, V18).

        Returns the plan that was carried out: who was removed from what, and who came back.
        `confirmed` is the plan of `preview_visibility`: see `as_shown`.
        """
        shown = fingerprint_of(confirmed)

        def do(work: Work) -> VisibilityPlan:
            plan = as_shown(_plan_visibility(work, team_id, to, resubscribe_customers), shown)
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
                    "confirmed": shown,
                },
                again=lambda work, plan: _team_to_change(work, team_id),
            ),
        )


def _changeable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, if all are settings of a team, settled."""
    if unknown := sorted(fields.keys() - CHANGEABLE):
        raise InvalidValueError(unknown[0], "is no setting of a team")
    return settled(fields)


def _team_to_change(work: Work, team_id: Id) -> Team:
    """A team that the one who acts sees all of, and may set up (V12, V14)."""
    team = work.team(team_id)
    work.require("team.change")
    work.require_all_of(team)
    return team


def _plan_team(work: Work, team_id: Id, fields: Mapping[str, Any]) -> TeamPlan:
    before = _team_to_change(work, team_id)
    after = attrs.evolve(before, **fields)
    joined = [id for id in after.member_ids if id not in before.member_ids]
    refusal = _refused(work, after, joined)
    if refusal is None and before.stage_ids != after.stage_ids:
        _check_stages(work, after)
        refusal = _not_emptied(work, before, after)
    if refusal is not None:
        return TeamPlan(decision=refusal)
    users = work.session.users({*before.followers, *before.member_ids, *after.member_ids})
    tickets: Sequence[Ticket] = ()
    if _who_sees_changes(work, before, after, users):
        tickets = _all_tickets(work, team_id)
        users = _people(work, tickets, users)
    return plan_team_settings(
        before,
        after,
        tickets,
        users=users,
        now=work.now,
        by=work.by,
        company_scope=work.company_scope,
    )


def _who_sees_changes(work: Work, before: Team, after: Team, users: Mapping[Id, User]) -> bool:
    """Whether all tickets of the team must be looked at, to say who sees which of them then."""
    if work.company_scope and before.company != after.company:
        return True
    follows = member_follows(before, after, users=users, now=work.now)
    return before.visibility is Visibility.PRIVATE and bool(follows.changes)


def _plan_visibility(
    work: Work, team_id: Id, to: Visibility, resubscribe_customers: bool
) -> VisibilityPlan:
    team = _team_to_change(work, team_id)
    if to is Visibility.PRIVATE:
        work.claim(Claim.PRIVATE_TEAMS)
    tickets = _all_tickets(work, team_id)
    users = work.session.users({*team.followers, *team.member_ids})
    return plan_visibility_change(
        team,
        to,
        tickets,
        users=_people(work, tickets, users),
        now=work.now,
        by=work.by,
        resubscribe_customers=resubscribe_customers,
        company_scope=work.company_scope,
    )


def _all_tickets(work: Work, team_id: Id) -> Sequence[Ticket]:
    everything = TicketFilter(team_ids=frozenset({team_id}), merged=None)
    return work.session.find(Everything(), everything)


def _people(work: Work, tickets: Iterable[Ticket], users: Mapping[Id, User]) -> dict[Id, User]:
    """Who is named in a preview: these users, agents, and who follows or has a ticket."""
    people: dict[Id | None, None] = {}
    for ticket in tickets:
        people.update(dict.fromkeys([*ticket.followers, ticket.customer_id, ticket.assignee_id]))
    named = {user.id: user for user in work.session.eligible_users()}
    named.update(users)
    named.update(work.session.users([id for id in people if id is not None]))
    return named


def _refused(work: Work, team: Team, member_ids: Iterable[Id]) -> Decision | None:
    """Members must be eligible, and with `company_scope` of the team's company (T3, T1)."""
    wanted = list(member_ids)
    users = work.session.users(wanted)
    for id in wanted:
        if id not in users or not users[id].is_eligible:
            return deny("team.refused.not_eligible", user_id=id)
        if not work.reaches(users[id], team):
            return deny("team.refused.other_company", user_id=id)
    return None


def _check_stages(work: Work, team: Team) -> None:
    """A team has stages that exist, and always an unfolded one (G5, G7)."""
    work.pipeline(team).first_open(team.id)


def _not_emptied(work: Work, before: Team, after: Team) -> Decision | None:
    """A stage that is taken from a team holds none of its tickets (G10)."""
    gone = before.stage_ids - after.stage_ids
    if not gone:
        return None
    inside = TicketFilter(team_ids=frozenset({before.id}), stage_ids=gone, merged=None)
    count = work.session.count(Everything(), inside)
    return deny("stage.refused.not_empty", team_id=before.id, tickets=count) if count else None
