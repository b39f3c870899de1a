"""Use-cases of a ticket's life: open, change, move, close, give to another team."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from helpdesk_core.assignment import plan_team_change, pool_of
from helpdesk_core.decisions import deny
from helpdesk_core.entities import (
    Actor,
    FieldValue,
    Id,
    System,
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.entities.host_fields import (
    NO_FIELDS,
    changed_fields,
    field_changes,
    host_fields,
)
from helpdesk_core.errors import InvalidValueError, NotFoundError, RefusedError
from helpdesk_core.events import (
    TicketChanged,
)
from helpdesk_core.fields import distinct, settled
from helpdesk_core.plans import Kind, Plan, SetField
from helpdesk_core.service.assigning import AssigningUseCases
from helpdesk_core.service.choosing import choice, handing
from helpdesk_core.service.moving import moving
from helpdesk_core.service.once import Once, same_ticket
from helpdesk_core.service.opening import after, first_followers, taking_in
from helpdesk_core.service.presence import Presence
from helpdesk_core.service.showing import shown
from helpdesk_core.service.work import Case, Work
from helpdesk_core.stages import plan_transfer
from helpdesk_core.visibility import plan_narrower_team

#: What `change_ticket` may change.
CHANGEABLE = frozenset({"subject", "description", "priority", "tags", "fields"})


class TicketUseCases(AssigningUseCases):
    """What people do with a ticket as a whole."""

    def open_ticket(
        self,
        team_id: Id,
        subject: str,
        description: str = "",
        *,
        actor: Actor,
        id: Id | None = None,
        customer_id: Id | None = None,
        assignee_id: Id | None = None,
        priority: int = 0,
        tags: Iterable[str] = (),
        fields: Mapping[str, FieldValue | None] = NO_FIELDS,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Take a new ticket in: into the team's first unfolded stage, assigned, announced.

        The opener follows it, and so does a portal customer (T5). A portal user opens tickets on
        PUBLIC teams and is their customer; to name another customer, an assignee or the ticket's
        id takes an agent: who gives an id finds out whether it is taken (V14). So does to fill
        `fields`, those that the host defines: they are for the inside (V15).
        The stage's messages go to the customer (G7, G8), followers of the team are told (V9), and
        a team with automatic assignment gives it to somebody or lets it wait (A1-A6, A14, A16).
        """
        new_id = self._new_id() if id is None else id
        labels = distinct("tags", tags)
        own = host_fields(fields)

        def allowed(work: Work) -> Team:
            team = _team_to_open_in(work, team_id)
            work.require("ticket.open")
            named = (id, assignee_id, None if customer_id == work.author_id else customer_id)
            if own or any(one is not None for one in named):
                work.require("ticket.open_for")
            return team

        def look() -> Presence:
            return self._presence_of_one(assignee_id, actor, allowed)

        def do(work: Work) -> Ticket:
            team = allowed(work)
            self._confirmed(work, actor, team)
            customer = _customer_of_new(work, customer_id)
            stage = work.pipeline(team).first_open(team.id)
            ticket = Ticket(
                id=new_id,
                team_id=team.id,
                stage_id=stage.id,
                subject=subject,
                description=description,
                created_at=work.now,
                opener_id=work.author_id,
                customer_id=customer.id if customer else None,
                priority=priority,
                tags=labels,
                fields=own,
                followers=first_followers(work.author_id, customer),
            )
            assigning: list[Plan] = []
            if assignee_id is not None:
                assigning.append(handing(work, ticket, team, work.user(assignee_id)))
            elif team.auto_assign:
                assigning.append(choice(work, ticket, team))
            assigned = after(ticket, *assigning) if stage.writes else ticket
            work.carry_out(taking_in(work, ticket, assigned, team, stage, customer), *assigning)
            return work.fresh(ticket.id)

        return self._write(
            "ticket.open",
            actor,
            do,
            team_ids=[team_id],
            look=self._looking(actor, team_id, allowed) if assignee_id is None else look,
            once=Once(
                key=idempotency_key,
                payload={
                    "team_id": team_id,
                    "subject": subject,
                    "description": description,
                    "id": id,
                    "customer_id": customer_id,
                    "assignee_id": assignee_id,
                    "priority": priority,
                    "tags": labels,
                }
                | ({"fields": own} if own else {}),  # older keys know nothing of them
                again=same_ticket,
            ),
            shown=shown,
            after=self._index,
        )

    def change_ticket(
        self,
        ticket_id: Id,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> Ticket:
        """Change subject, description, priority, tags or fields that the host defines (T4, T7).

        `fields` maps names to new values, None to remove one; the others stay as they are, whoever
        changes them meanwhile.
        """
        if unknown := sorted(fields.keys() - CHANGEABLE):
            raise InvalidValueError(unknown[0], f"is none of {', '.join(sorted(CHANGEABLE))}")
        fields = settled(fields)
        if "fields" in fields:
            fields["fields"] = field_changes(fields["fields"])

        def do(work: Work) -> Ticket:
            case = work.case_to_change(ticket_id, "ticket.change", expected_version)
            _not_merged_away(case.ticket)
            wanted = _changed(case.ticket, fields)
            names = [
                name
                for name in sorted(fields.keys() - {"fields"})
                if getattr(wanted, name) != getattr(case.ticket, name)
            ]
            own = changed_fields(case.ticket.fields, wanted.fields)
            changes = [
                SetField.of(Kind.TICKET, case.ticket, name, getattr(wanted, name))
                for name in (*names, *(["fields"] if own else []))
            ]
            if changes:
                event = TicketChanged(
                    at=work.now,
                    by=work.by,
                    ticket_id=ticket_id,
                    team_id=case.team.id,
                    fields=(*names, *(f"fields.{name}" for name in own)),
                )
                work.write(changes, [event])
            return work.fresh(ticket_id)

        return self._write(
            "ticket.change",
            actor,
            do,
            ticket_ids=[ticket_id],
            once=Once(
                key=idempotency_key,
                payload={"ticket_id": ticket_id, "expected_version": expected_version} | fields,
                again=same_ticket,
            ),
            shown=shown,
            after=self._index,
        )

    def move(
        self,
        ticket_id: Id,
        stage_id: Id,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Put the ticket into another stage of its team; closing follows the fold (G3, G5, G8).

        Where the host limits moves, one that is not allowed is refused, with those that are (T5).
        """

        def do(work: Work) -> Ticket:
            case = work.case_to_change(ticket_id, "ticket.move", expected_version)
            work.carry_out(moving(work, case, stage_id))
            return work.fresh(ticket_id)

        return self._write(
            "ticket.move",
            actor,
            do,
            ticket_ids=[ticket_id],
            once=Once(
                key=idempotency_key,
                payload={
                    "ticket_id": ticket_id,
                    "stage_id": stage_id,
                    "expected_version": expected_version,
                },
                again=same_ticket,
            ),
            shown=shown,
        )

    def close(
        self,
        ticket_id: Id,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Close the ticket: into the team's first folded stage. Customers may close their own (T5).

        A ticket that is closed already stays where it is; a team without a folded stage refuses.
        """

        def do(work: Work) -> Ticket:
            case = work.case_to_change(ticket_id, "ticket.close_own", expected_version)
            own = work.author_id in (case.ticket.customer_id, case.ticket.opener_id)
            if not own or work.author_id is None:
                work.require("ticket.close")
            if not work.stage_of(case.ticket).folded:
                folded = work.pipeline(case.team).first_folded(case.team.id)
                if folded is None:
                    raise RefusedError(deny("stage.refused.no_folded_stage", team_id=case.team.id))
                work.carry_out(moving(work, case, folded.id))
            return work.fresh(ticket_id)

        return self._write(
            "ticket.close",
            actor,
            do,
            ticket_ids=[ticket_id],
            once=Once(
                key=idempotency_key,
                payload={"ticket_id": ticket_id, "expected_version": expected_version},
                again=same_ticket,
            ),
            shown=shown,
        )

    def transfer(
        self,
        ticket_id: Id,
        team_id: Id,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Give the ticket to another team, which the one who acts may open (G9, A21, V16, A7).

        The stage is kept when the new team has it. The assignee is kept when in the new pool, else
        it is assigned anew. From a PUBLIC team to a narrower one, portal users stop following it.
        """

        def allowed(work: Work) -> Team:
            work.case(ticket_id)
            work.require("ticket.transfer")
            return work.team(team_id)

        def do(work: Work) -> Ticket:
            case = work.case_to_change(ticket_id, "ticket.transfer", expected_version)
            team = work.team(team_id)
            if team.id != case.team.id or case.ticket.is_merged_away:
                work.carry_out(*_transferring(work, case, team))
            return work.fresh(ticket_id)

        return self._write(
            "ticket.transfer",
            actor,
            do,
            ticket_ids=[ticket_id],
            team_ids=[team_id],
            look=lambda: self._presence(actor, allowed),
            once=Once(
                key=idempotency_key,
                payload={
                    "ticket_id": ticket_id,
                    "team_id": team_id,
                    "expected_version": expected_version,
                },
                again=same_ticket,
            ),
            shown=shown,
        )


def _transferring(work: Work, case: Case, team: Team) -> list[Plan]:
    """To give a ticket to another team: where it goes, who stops following, who has it then."""
    ticket = case.ticket
    pool = pool_of(team, work.eligible_users(team))
    to_pool = plan_team_change(ticket, team, pool, now=work.now, by=work.by)
    moved = after(attrs.evolve(ticket, team_id=team.id), to_pool)
    assigning = [choice(work, moved, team)] if to_pool.assign_anew else []
    moved = after(moved, *assigning)
    pipeline = work.pipeline(*{case.team.id: case.team, team.id: team}.values())
    plans: list[Plan] = [
        plan_transfer(
            attrs.evolve(ticket, assignee_id=moved.assignee_id),  # whom the message names
            team.id,
            pipeline,
            customer=work.user_or_none(ticket.customer_id),
            assignee=work.user_or_none(moved.assignee_id),
            now=work.now,
            by=work.by,
            sent_before=work.sent_before(ticket.id, pipeline.columns(team.id)),
        )
    ]
    if case.team.visibility is not team.visibility:
        users = work.session.users(list(ticket.followers))
        plans.append(
            plan_narrower_team(moved, case.team, team, users=users, now=work.now, by=work.by)
        )
    return [*plans, to_pool, *assigning]


def _team_to_open_in(work: Work, team_id: Id) -> Team:
    """The team, when the one who acts may open it, or as a portal user when it is PUBLIC."""
    if isinstance(work.actor, User) and work.actor.kind is UserKind.PORTAL:
        team = work.session.teams([team_id]).get(team_id)
        if team is None or team.visibility is not Visibility.PUBLIC:
            raise NotFoundError("team", team_id)
        return team
    return work.team(team_id)


def _customer_of_new(work: Work, customer_id: Id | None) -> User | None:
    if customer_id is not None:
        return work.user(customer_id)
    if isinstance(work.actor, System) or not work.actor.is_external:
        return None
    return work.actor


def _changed(ticket: Ticket, fields: Mapping[str, Any]) -> Ticket:
    if "fields" in fields:
        fields = {**fields, "fields": {**ticket.fields, **fields["fields"]}}
    return attrs.evolve(ticket, **fields)


def _not_merged_away(ticket: Ticket) -> None:
    if ticket.is_merged_away:
        raise RefusedError(deny("ticket.refused.merged_away", ticket_id=ticket.id))
