"""Where what is said on a ticket lands: on its root, for the customer who is meant (M7, M9)."""

from __future__ import annotations

from typing import TypeVar

import attrs

from helpdesk_core.decisions import deny
from helpdesk_core.entities import (
    Attachment,
    Id,
    Message,
    TimeEntry,
    User,
)
from helpdesk_core.errors import (
    RefusedError,
)
from helpdesk_core.ports import Repository
from helpdesk_core.service.showing import known
from helpdesk_core.service.work import Case, Work

_Said = TypeVar("_Said", Message, Attachment, TimeEntry)


def with_root(repository: Repository, ticket_id: Id) -> list[Id]:
    """The ticket and its root: both are locked."""
    ids = [ticket_id]
    with repository.reading() as session:
        ticket = session.tickets(ids).get(ticket_id)
        while ticket is not None and ticket.merged_into is not None:
            ids.append(ticket.merged_into)
            ticket = session.tickets([ids[-1]]).get(ids[-1])
    return [ids[0], *ids[-1:]] if len(ids) > 1 else ids


def as_addressed(work: Work, asked: Id, said: _Said) -> _Said:
    """What landed on a root, for who may not see the root: its id is not told (M7)."""
    if said.ticket_id == asked or known(work, [said.ticket_id]):
        return said
    return attrs.evolve(said, ticket_id=asked)


def held_root(work: Work, addressed: Case) -> Case:
    """The case on which a reply lands (M9), held by this transaction."""
    root = root_of(work, addressed)
    work.holds(addressed.team.id, root.team.id)
    return root


def root_of(work: Work, addressed: Case) -> Case:
    root_id = work.resolve(addressed.ticket.id)
    root = addressed.ticket
    if root_id != root.id:
        root = work.session.tickets([root_id])[root_id]
    if root.team_id == addressed.team.id:
        return Case(root, addressed.team)
    return Case(root, work.session.teams([root.team_id])[root.team_id])


def same_customer(work: Work, addressed: Case, root: Case) -> None:
    """Raise `RefusedError` for a colleague whose answer would go to another customer (M9, V20)."""
    same = addressed.ticket.customer_id == root.ticket.customer_id
    if same or not isinstance(work.actor, User) or work.actor.is_external:
        return
    seen = work.sees(root.ticket, root.team)
    raise RefusedError(
        deny(
            "message.refused.another_customer",
            ticket_id=addressed.ticket.id,
            root_id=root.ticket.id if seen else None,
            customer_id=root.ticket.customer_id if seen else None,
        )
    )
