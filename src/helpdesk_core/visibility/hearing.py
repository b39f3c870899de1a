"""Who hears of an update, and in which form (V5, V9, V15, V20)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from helpdesk_core.decisions import Decision, allow, deny
from helpdesk_core.entities import (
    Id,
    Team,
    Ticket,
    User,
)
from helpdesk_core.visibility.access import can_view


@attrs.frozen(kw_only=True)
class Recipient:
    """Somebody who is to be told.

    `full`: the whole text, else the minimal template; `link`: a link to the ticket may be in it.
    """

    user_id: Id
    full: bool
    link: bool
    decision: Decision


_NOTE_STAYS_INSIDE = deny("notify.internal_note")
_INACTIVE_RECIPIENT = deny("notify.inactive_user")
_HAS_LEFT = deny("notify.not_following")
_CUSTOMER = allow("notify.customer")
_MAY_VIEW = allow("notify.may_view")
_MINIMAL = allow("notify.minimal")
_ANSWERS_OWN = allow("answer.customer")
_ANSWERS = allow("answer.may_view")
_NO_ANSWER = deny("answer.refused.may_not_view")
_INACTIVE_WRITER = deny("answer.refused.inactive_user")


def may_notify(
    user: User, ticket: Ticket, team: Team, *, internal: bool = False, company_scope: bool = False
) -> Recipient:
    """Whether and how `user` hears of an update (V5, V9, V15, V20, N2).

    *Notified* and *can view* are two decisions: a follower who may not view gets the minimal
    template without a link (V5); the customer gets public replies in full, and a link only with
    the right to view (V20). An internal note reaches internal users who may view, and nobody else
    (V15).

    >>> from helpdesk_core import Team, Ticket, User, UserKind, Visibility
    >>> from datetime import datetime, UTC
    >>> team = Team(id="legal", name="Legal", visibility=Visibility.PRIVATE)
    >>> ticket = Ticket(id="T-1", team_id="legal", stage_id="new", subject="Lease",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC), customer_id="eve")
    >>> eve = may_notify(User(id="eve", name="Eve", kind=UserKind.CONTACT), ticket, team)
    >>> eve.decision.code, eve.full, eve.link
    ('notify.customer', True, False)
    """
    view = can_view(user, ticket, team, company_scope=company_scope).allowed
    follows = (
        user.id in ticket.followers or user.id in team.followers or ticket.assignee_id == user.id
    )
    if not user.active:
        decision = _INACTIVE_RECIPIENT
    elif internal and (user.is_external or not view):
        decision = _NOTE_STAYS_INSIDE
    elif user.id == ticket.customer_id and not internal:
        decision = _CUSTOMER
    elif not follows:
        decision = _HAS_LEFT
    else:
        decision = _MAY_VIEW if view else _MINIMAL
    full = decision is _CUSTOMER or decision is _MAY_VIEW
    return Recipient(user_id=user.id, full=full, link=full and view, decision=decision)


def audience(
    ticket: Ticket,
    team: Team,
    users: Mapping[Id, User],
    author: Id | None,
    *,
    internal: bool = False,
    company_scope: bool = False,
) -> tuple[Recipient, ...]:
    """Who hears of an update by `author`: followers of ticket and team, and the customer (V9, V20).

    The author is left out, nobody is named twice, and an internal note stays inside (V15). Users
    who are not in `users` are unknown, and are told nothing.

    >>> from helpdesk_core import FollowSource, Team, Ticket, User, UserKind, Visibility
    >>> from datetime import datetime, UTC
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY,
    ...             followers={"ada": {FollowSource.CHOSEN}})
    >>> ticket = Ticket(id="T-1", team_id="it", stage_id="new", subject="Ink", customer_id="eve",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> people = {"ada": User(id="ada", name="Ada", kind=UserKind.INTERNAL),
    ...           "eve": User(id="eve", name="Eve", kind=UserKind.CONTACT)}
    >>> [recipient.user_id for recipient in audience(ticket, team, people, None)]
    ['ada', 'eve']
    >>> [recipient.user_id for recipient in audience(ticket, team, people, None, internal=True)]
    ['ada']
    """
    ids: dict[Id, None] = dict.fromkeys([*ticket.followers, *team.followers])
    if ticket.customer_id is not None and not internal:
        ids.setdefault(ticket.customer_id)
    recipients = (
        may_notify(users[id], ticket, team, internal=internal, company_scope=company_scope)
        for id in ids
        if id != author and id in users
    )
    return tuple(recipient for recipient in recipients if recipient.decision.allowed)


def may_answer(user: User, ticket: Ticket, team: Team, *, company_scope: bool = False) -> Decision:
    """Whether what `user` answers by mail may stand on this ticket (M9, V20).

    Who may view it may answer, as far as their role lets them; and its customer, who gets public
    replies in full without being able to view. Nobody else: an answer is never a way in.

    >>> from helpdesk_core import Team, Ticket, User, UserKind, Visibility
    >>> from datetime import datetime, UTC
    >>> team = Team(id="legal", name="Legal", visibility=Visibility.PRIVATE)
    >>> ticket = Ticket(id="T-1", team_id="legal", stage_id="new", subject="Lease",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC), customer_id="eve")
    >>> may_answer(User(id="eve", name="Eve", kind=UserKind.CONTACT), ticket, team).code
    'answer.customer'
    >>> may_answer(User(id="dan", name="Dan", kind=UserKind.CONTACT), ticket, team).code
    'answer.refused.may_not_view'
    """
    if not user.active:
        return _INACTIVE_WRITER
    if user.id == ticket.customer_id:
        return _ANSWERS_OWN
    view = can_view(user, ticket, team, company_scope=company_scope)
    return _ANSWERS if view.allowed else _NO_ANSWER
