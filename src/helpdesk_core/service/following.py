"""Use-cases of following: who is told, and on PRIVATE teams who may look (V2, V9, V10, V17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpdesk_core.decisions import Decision
from helpdesk_core.entities import Actor, FollowSource, Id, Team, Ticket, User
from helpdesk_core.events import Event, FollowerAdded, FollowerRemoved
from helpdesk_core.plans import AddFollow, Change, Kind, RemoveFollow
from helpdesk_core.ports import Claim
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.once import Once
from helpdesk_core.service.work import Work
from helpdesk_core.visibility import can_view

# A person's own wish ends what they or others chose; an assignment or membership stays (V10).
_BY_CHOICE = (FollowSource.CHOSEN, FollowSource.CUSTOMER)


class FollowingUseCases(Desk):
    """Who follows what."""

    def follow_ticket(
        self, ticket_id: Id, user_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> Decision:
        """Let somebody follow a ticket; the decision says whether they can view it (V5, V17).

        To follow oneself takes the right to view; to add others takes an agent (T5). An outside
        follower chosen on a PRIVATE team is notified, and still cannot view (V5).
        """

        def do(work: Work) -> Decision:
            case = work.case(ticket_id)
            own = work.author_id == user_id
            work.require("ticket.follow" if own else "ticket.invite")
            work.holds(case.team.id)
            user = work.user(user_id)
            _add(work, Kind.TICKET, case.ticket, user, FollowSource.CHOSEN)
            fresh = work.fresh(ticket_id)
            return can_view(user, fresh, case.team, company_scope=work.company_scope)

        return self._write(
            "ticket.follow",
            actor,
            do,
            ticket_ids=[ticket_id],
            once=Once(
                key=idempotency_key,
                payload={"ticket_id": ticket_id, "user_id": user_id},
                again=lambda work, decision: work.case(ticket_id),
            ),
        )

    def unfollow_ticket(
        self, ticket_id: Id, user_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> Decision:
        """End somebody's chosen follow; the decision says what still grants access (V17).

        An assignee goes on following until somebody else has the ticket (V10).
        """

        def do(work: Work) -> Decision:
            case = work.case(ticket_id)
            own = work.author_id == user_id
            work.require("ticket.follow" if own else "ticket.invite")
            work.holds(case.team.id)
            user = work.user(user_id)
            _remove(work, Kind.TICKET, case.ticket, user_id, _BY_CHOICE)
            fresh = work.fresh(ticket_id)
            return can_view(user, fresh, case.team, company_scope=work.company_scope)

        return self._write(
            "ticket.unfollow",
            actor,
            do,
            ticket_ids=[ticket_id],
            once=Once(
                key=idempotency_key,
                payload={"ticket_id": ticket_id, "user_id": user_id},
                again=lambda work, decision: (
                    _is_farewell(work, user_id, decision) or work.case(ticket_id)
                ),
            ),
        )

    def follow_team(
        self, team_id: Id, user_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> Decision:
        """Let somebody follow a team: all of its tickets, old ones too, from this moment (V2, V9).

        On a PRIVATE team this is the invitation, which nobody gives themselves: it takes somebody
        who sees all of the team's tickets. To add others takes a team lead (T5).
        """
        return self._of_team(
            "team.follow",
            team_id,
            user_id,
            actor,
            _invite,
            idempotency_key,
        )

    def unfollow_team(
        self, team_id: Id, user_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> Decision:
        """End somebody's chosen follow of a team; the decision says what still opens it (V17)."""
        return self._of_team(
            "team.unfollow",
            team_id,
            user_id,
            actor,
            lambda work, team, user: _remove(work, Kind.TEAM, team, user.id, _BY_CHOICE),
            idempotency_key,
        )

    def _of_team(
        self,
        use_case: str,
        team_id: Id,
        user_id: Id,
        actor: Actor,
        change: Callable[[Work, Team, User], None],
        key: str | None,
    ) -> Decision:
        def do(work: Work) -> Decision:
            team = work.team(team_id)
            own = work.author_id == user_id
            work.require("team.follow" if own else "team.invite")
            if not own:
                work.require_all_of(team)
            work.claim(Claim.TEAM_FOLLOWERS)
            user = work.user(user_id)
            change(work, team, user)
            return work.opens(user, work.session.teams([team_id])[team_id])

        return self._write(
            use_case,
            actor,
            do,
            team_ids=[team_id],
            once=Once(
                key=key,
                payload={"team_id": team_id, "user_id": user_id},
                again=lambda work, decision: (
                    _is_farewell(work, user_id, decision) or work.team(team_id)
                ),
            ),
        )


def _is_farewell(work: Work, user_id: Id, decision: Decision) -> bool:
    """Who ended their own access is told so again: it says nothing of what is there (T7)."""
    return work.author_id == user_id and not decision.allowed


def _invite(work: Work, team: Team, user: User) -> None:
    work.require_all_of(team)
    _add(work, Kind.TEAM, team, user, FollowSource.CHOSEN)


def _add(work: Work, kind: Kind, followed: Ticket | Team, user: User, source: FollowSource) -> None:
    if source in followed.followers.get(user.id, ()):
        return
    event = FollowerAdded(
        at=work.now, by=work.by, user_id=user.id, source=source, **_where(followed)
    )
    work.write([AddFollow(kind=kind, id=followed.id, user_id=user.id, source=source)], [event])


def _remove(
    work: Work,
    kind: Kind,
    followed: Ticket | Team,
    user_id: Id,
    sources: tuple[FollowSource, ...],
) -> None:
    ending = tuple(s for s in sources if s in followed.followers.get(user_id, ()))
    if not ending:
        return
    changes: list[Change] = [
        RemoveFollow(kind=kind, id=followed.id, user_id=user_id, source=source) for source in ending
    ]
    events: list[Event] = [
        FollowerRemoved(
            at=work.now, by=work.by, user_id=user_id, sources=ending, **_where(followed)
        )
    ]
    work.write(changes, events)


def _where(followed: Ticket | Team) -> dict[str, Any]:
    if isinstance(followed, Ticket):
        return {"ticket_id": followed.id, "team_id": followed.team_id}
    return {"team_id": followed.id}
