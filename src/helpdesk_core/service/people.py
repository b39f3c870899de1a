"""Use-cases of people: add and change users (T3, V10, V11)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import attrs

from helpdesk_core.decisions import deny
from helpdesk_core.entities import Actor, FollowSource, Id, User, UserKind, Visibility
from helpdesk_core.errors import InvalidValueError, RefusedError
from helpdesk_core.events import Event, FollowerAdded, FollowerRemoved, UserChanged
from helpdesk_core.fields import settled
from helpdesk_core.plans import Add, AddFollow, Change, Kind, RemoveFollow, SetField
from helpdesk_core.ports import Session, TicketFilter
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.once import Once
from helpdesk_core.service.work import Work
from helpdesk_core.visibility.scopes import Everything

_USER_FIELDS = frozenset(field.name for field in attrs.fields(User)) - {"id"}


class PeopleUseCases(Desk):
    """Who there is."""

    def add_user(self, user: User, *, actor: Actor, idempotency_key: str | None = None) -> User:
        """Make somebody known; the same id again is a `ConflictError`."""

        def do(work: Work) -> User:
            work.require("user.change")
            event = UserChanged(at=work.now, by=work.by, user_id=user.id, fields=("id",))
            work.write([Add(user)], [event])
            return user

        return self._write(
            "user.add",
            actor,
            do,
            once=Once(
                key=idempotency_key,
                payload={"user": user},
                again=lambda work, user: work.require("user.change"),
            ),
        )

    def change_user(
        self, user_id: Id, *, actor: Actor, idempotency_key: str | None = None, **fields: Any
    ) -> User:
        """Change name, roles, active, addresses or language.

        Who stops being eligible leaves every pool at once, and no longer follows as a member (T3,
        V10). A contact may become a portal user, and then follows their own tickets of PUBLIC teams
        as their customer (T5); no other change of kind is accepted, since what somebody follows
        would then mean something else.
        """
        if unknown := sorted(fields.keys() - _USER_FIELDS):
            raise InvalidValueError(unknown[0], "cannot be changed")
        fields = settled(fields)

        def do(work: Work) -> User:
            work.require("user.change")
            before = work.user(user_id)
            if before.is_erased:
                raise RefusedError(deny("user.refused.erased", user_id=user_id))
            after = attrs.evolve(before, **fields)
            kinds = (before.kind, after.kind)
            if before.kind is not after.kind and kinds != (UserKind.CONTACT, UserKind.PORTAL):
                raise RefusedError(deny("user.refused.kind", user_id=user_id))
            names = [n for n in sorted(fields) if getattr(before, n) != getattr(after, n)]
            changes: list[Change] = [
                SetField.of(Kind.USER, before, name, getattr(after, name)) for name in names
            ]
            events: list[Event] = []
            if names:
                events.append(
                    UserChanged(at=work.now, by=work.by, user_id=user_id, fields=tuple(names))
                )
            if before.is_eligible is not after.is_eligible:
                follows = memberships(work, after)
                changes += follows[0]
                events += follows[1]
            if before.kind is not after.kind:
                follows = _own_tickets(work, after)
                changes += follows[0]
                events += follows[1]
            work.write(changes, events)
            return after

        def held() -> Collection[Id]:
            """Where somebody's own tickets are looked for, no new one comes in meanwhile."""
            if fields.get("kind") is not UserKind.PORTAL:
                return ()
            with self._repository.reading() as session:
                return _public(session)

        return self._write(
            "user.change",
            actor,
            do,
            team_ids=held,
            once=Once(
                key=idempotency_key,
                payload={"user_id": user_id} | fields,
                again=lambda work, user: work.require("user.change"),
            ),
        )


def _public(session: Session) -> list[Id]:
    teams = session.teams().values()
    return [team.id for team in teams if team.visibility is Visibility.PUBLIC]


def _own_tickets(work: Work, user: User) -> tuple[list[Change], list[Event]]:
    """A portal user follows the tickets of PUBLIC teams whose customer they are (T5, V3)."""
    changes: list[Change] = []
    events: list[Event] = []
    source = FollowSource.CUSTOMER
    public = _public(work.session)
    work.holds(*public)
    query = TicketFilter(customer_id=user.id, team_ids=frozenset(public), merged=None)
    for ticket in work.session.find(Everything(), query):
        if source in ticket.followers.get(user.id, ()):
            continue
        changes.append(AddFollow(kind=Kind.TICKET, id=ticket.id, user_id=user.id, source=source))
        events.append(
            FollowerAdded(
                at=work.now,
                by=work.by,
                ticket_id=ticket.id,
                team_id=ticket.team_id,
                user_id=user.id,
                source=source,
            )
        )
    return changes, events


def memberships(work: Work, user: User) -> tuple[list[Change], list[Event]]:
    """Follows that a member has as a member begin and end with being eligible (T3, V10)."""
    changes: list[Change] = []
    events: list[Event] = []
    source = FollowSource.MEMBER
    for team in work.session.teams().values():
        follows = source in team.followers.get(user.id, ())
        should = team.members_follow and user.is_eligible and user.id in team.member_ids
        if follows is should:
            continue
        if should:
            changes.append(AddFollow(kind=Kind.TEAM, id=team.id, user_id=user.id, source=source))
            events.append(
                FollowerAdded(
                    at=work.now, by=work.by, team_id=team.id, user_id=user.id, source=source
                )
            )
        else:
            changes.append(RemoveFollow(kind=Kind.TEAM, id=team.id, user_id=user.id, source=source))
            events.append(
                FollowerRemoved(
                    at=work.now, by=work.by, team_id=team.id, user_id=user.id, sources=(source,)
                )
            )
    return changes, events
