"""Why somebody may see a ticket, or what would have to change for it (V17, V19)."""

from __future__ import annotations

import attrs

from helpdesk_core.decisions import Decision, Reason
from helpdesk_core.entities import Role, Team, Ticket, User, UserKind, Visibility
from helpdesk_core.visibility.access import can_view

_ACTIVE = Reason("visibility.needs.active")
_COMPANY = Reason("visibility.needs.same_company")
_FOLLOW_TICKET = Reason("visibility.needs.follow_ticket")
_FOLLOW_TEAM = Reason("visibility.needs.follow_team")
_ASSIGNMENT = Reason("visibility.needs.assignment")
_COMPANY_LEVEL = Reason("visibility.needs.company_level")
_PUBLIC_LEVEL = Reason("visibility.needs.public_level")


@attrs.frozen(kw_only=True)
class AccessExplanation:
    """The decision, and what is missing: all of `needs`, and one of `needs_one_of` if there is any.

    Both are empty when the answer is yes, and when nothing would help.
    """

    decision: Decision
    needs: tuple[Reason, ...] = ()
    needs_one_of: tuple[Reason, ...] = ()

    @property
    def is_hopeless(self) -> bool:
        """Whether the answer is no, and no change named here would make it a yes.

        >>> from helpdesk_core.decisions import deny
        >>> AccessExplanation(decision=deny("visibility.contact")).is_hopeless
        True
        """
        return not (self.decision.allowed or self.needs or self.needs_one_of)


def explain_access(
    user: User, ticket: Ticket, team: Team, *, company_scope: bool = False
) -> AccessExplanation:
    """Why `user` may see the ticket, or why not and what would have to change (V17, V19).

    To make somebody an administrator, or a contact a portal user, is not among the answers: nobody
    gets another role for the sake of one ticket.

    >>> from datetime import datetime, UTC
    >>> from helpdesk_core import Team, Ticket, User, UserKind, Visibility
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY)
    >>> ticket = Ticket(id="T-1", team_id="it", stage_id="new", subject="Ink",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> eve = User(id="eve", name="Eve", kind=UserKind.PORTAL)
    >>> [reason.code for reason in explain_access(eve, ticket, team).needs]
    ['visibility.needs.follow_ticket', 'visibility.needs.public_level']
    """
    decision = can_view(user, ticket, team, company_scope=company_scope)
    needs: list[Reason] = []
    one_of: list[Reason] = []
    if decision.allowed or user.kind not in (UserKind.INTERNAL, UserKind.PORTAL):
        return AccessExplanation(decision=decision)
    if not user.active:
        needs.append(_ACTIVE)
        user = attrs.evolve(user, active=True)
    if user.kind is UserKind.PORTAL:
        if user.id not in ticket.followers:
            needs.append(_FOLLOW_TICKET)
        if team.visibility is not Visibility.PUBLIC:
            needs.append(_PUBLIC_LEVEL)
    else:
        if company_scope and team.company not in ("", user.company) and not user.is_administrator:
            needs.append(_COMPANY)
        if not can_view(user, ticket, team).allowed:
            if isinstance(team.visibility, Visibility):
                one_of += _invitations(user, ticket)
            one_of += (_COMPANY_LEVEL, _PUBLIC_LEVEL)
    return AccessExplanation(decision=decision, needs=tuple(needs), needs_one_of=tuple(one_of))


def _invitations(user: User, ticket: Ticket) -> list[Reason]:
    """What lets an internal user into a PRIVATE team; only agents are given tickets (V2, V10)."""
    invitations = [_FOLLOW_TICKET, _FOLLOW_TEAM]
    if Role.AGENT in user.roles and not ticket.is_merged_away:
        invitations.append(_ASSIGNMENT)
    return invitations
