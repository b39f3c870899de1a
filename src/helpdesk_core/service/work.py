"""One unit of work: what the use-cases stand on.

Every use-case runs in one transaction: lock, load, check the right to see and then the right to
do, decide by a policy, save the plan, announce its events. A use-case never writes by any other
way than `Work.carry_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

import attrs

from helpdesk_core.assignment import FILTERS, RANKING, Filter, Term
from helpdesk_core.decisions import Decision, deny
from helpdesk_core.entities import Id, Stage, System, Team, Ticket, User
from helpdesk_core.errors import (
    ConflictError,
    NotFoundError,
    RefusedError,
)
from helpdesk_core.events import Event, StageMessageSent
from helpdesk_core.fields import check_id, check_ids
from helpdesk_core.merge import resolve
from helpdesk_core.plans import (
    Add,
    AddFollow,
    Change,
    Kind,
    Notice,
    NoticeKind,
    Plan,
    RemoveFollow,
    SetField,
)
from helpdesk_core.ports import (
    Claim,
    Notification,
    Session,
    TicketFilter,
)
from helpdesk_core.service.claims import asked_by, for_store, require_claims
from helpdesk_core.service.observing import notes
from helpdesk_core.service.permissions import may
from helpdesk_core.service.presence import NOT_ASKED, Presence
from helpdesk_core.stages import ALL_MOVES, MoveRule, Pipeline
from helpdesk_core.visibility import can_view, can_view_team, scope_for
from helpdesk_core.visibility.scopes import Everything, Scope

T = TypeVar("T")
P = TypeVar("P", bound=Plan)
_Ids = Collection[Id]


class MovedError(Exception):
    """What was locked is not what is needed: start anew with other locks."""


@attrs.frozen
class Case:
    """A ticket with its team, both as they are inside the transaction."""

    ticket: Ticket
    team: Team


@attrs.define
class Work:
    """A session with the one who acts in it and the moment at which they do."""

    session: Session
    now: datetime
    actor: User | System
    permissions: Mapping[str, frozenset[str]]
    company_scope: bool
    new_id: Callable[[], Id]
    claims: frozenset[Claim]
    locked_teams: frozenset[Id] = frozenset()
    filters: Mapping[str, Filter] = FILTERS
    ranking: Mapping[str, Term] = RANKING
    moves: MoveRule = ALL_MOVES
    presence: Presence = NOT_ASKED
    _counted: set[Id] = attrs.Factory(set)
    _version_of: dict[Id, int] = attrs.Factory(dict)

    # --- who acts --------------------------------------------------------------------------------

    @property
    def by(self) -> Id | System:
        """The one who acts, as events name them."""
        return self.actor.id if isinstance(self.actor, User) else self.actor

    @property
    def author_id(self) -> Id | None:
        """The id of the one who acts; the system writes without one."""
        return self.actor.id if isinstance(self.actor, User) else None

    @property
    def scope(self) -> Scope:
        """The tickets that the one who acts may see (V13); the system sees all."""
        return Everything() if isinstance(self.actor, System) else self.scope_of(self.actor)

    def scope_of(self, user: User) -> Scope:
        """The tickets that somebody may see (V13)."""
        return scope_for(user, company_scope=self.company_scope)

    def opens(self, user: User, team: Team) -> Decision:
        """Whether somebody may open the team; a ticket of theirs in it is looked for (V12)."""
        decision = can_view_team(
            user, team, follows_a_ticket=False, company_scope=self.company_scope
        )
        inside = TicketFilter(team_ids=frozenset({team.id}))
        if decision.allowed or not self.session.count(self.scope_of(user), inside):
            return decision
        return can_view_team(user, team, follows_a_ticket=True, company_scope=self.company_scope)

    def eligible_users(self, team: Team) -> list[User]:
        """Who may be given the team's tickets: with `company_scope`, who may open it (T1, A2)."""
        eligible = self.session.eligible_users()
        if not self.company_scope:
            return list(eligible)
        return [user for user in eligible if self.reaches(user, team)]

    def reaches(self, user: User, team: Team) -> bool:
        """Whether somebody may open the team once a ticket of it is theirs (T1, V12)."""
        return can_view_team(
            user, team, follows_a_ticket=True, company_scope=self.company_scope
        ).allowed

    @property
    def sees_internal(self) -> bool:
        """Whether internal notes may be shown (V15)."""
        return isinstance(self.actor, System) or not self.actor.is_external

    def may(self, use_case: str) -> Decision | None:
        """None when the roles allow the use-case, else the refusal (T5)."""
        if isinstance(self.actor, System):
            return None
        decision = may(self.actor, use_case, self.permissions)
        return None if decision.allowed else decision

    def require(self, use_case: str) -> None:
        """Raise `RefusedError` unless the roles allow the use-case (T5)."""
        if (refusal := self.may(use_case)) is not None:
            raise RefusedError(refusal)

    def claim(self, *claims: Claim) -> None:
        """Raise `NotClaimedError` for the first that the store cannot do."""
        require_claims(self.claims, claims)

    def can_ask(self, query: TicketFilter) -> None:
        """Raise `NotClaimedError` for a question about what the store does not keep.

        Outsiders do not ask of what they are not shown: the answer would show it (V15).
        """
        self.claim(*asked_by(query))
        own = query.customer_id in (None, self.author_id)
        for name, asked in (("tag", query.tag), ("waiting", query.waiting)):
            if asked is not None:
                self.require_inside(name)
        if not own:
            self.require_inside("customer_id")

    def require_inside(self, what: str) -> None:
        """Raise `RefusedError` for an outsider who asks for what is shown inside only (V15)."""
        if not self.sees_internal:
            raise RefusedError(deny("visibility.refused.inside_only", what=what))

    # --- what is there, for those who may know (V14) ---------------------------------------------

    def sees(self, ticket: Ticket, team: Team, user: User | None = None) -> bool:
        """Whether the one who acts, or `user`, may see the ticket."""
        if user is None:
            if isinstance(self.actor, System):
                return True
            user = self.actor
        return can_view(user, ticket, team, company_scope=self.company_scope).allowed

    def case(self, ticket_id: Id) -> Case:
        """The ticket and its team; absent and denied are the same `NotFoundError` (V14)."""
        return self.cases([ticket_id])[0]

    def cases(self, ticket_ids: Iterable[Id]) -> list[Case]:
        """Several tickets with their teams, in this order; one not to be seen: `NotFoundError`."""
        ids = list(ticket_ids)
        check_ids("ticket_id", ids)
        tickets = self.session.tickets(ids)
        teams = self.session.teams({ticket.team_id for ticket in tickets.values()})
        cases = []
        for id in ids:
            ticket = tickets.get(id)
            team = None if ticket is None else teams.get(ticket.team_id)
            if ticket is None or team is None or not self.sees(ticket, team):
                raise NotFoundError("ticket", id)
            cases.append(Case(ticket, team))
            self._version_of[id] = ticket.version
        return cases

    def case_to_change(
        self, ticket_id: Id, use_case: str, expected_version: int | None = None
    ) -> Case:
        """A ticket that may be seen and worked on, and is still at the version expected (T7)."""
        case = self.case(ticket_id)
        self.require(use_case)
        self.holds(case.team.id)
        self.at_version(case.ticket, expected_version)
        return case

    def at_version(self, ticket: Ticket, expected: int | None) -> None:
        """Raise `ConflictError` when the ticket is no longer at the version expected (T7)."""
        if expected is not None:
            self.claim(Claim.VERSIONS)
        check_version(ticket, expected)

    def holds(self, *team_ids: Id) -> None:
        """Start anew unless these teams are locked by this transaction."""
        if not self.locked_teams.issuperset(team_ids):
            raise MovedError

    def team(self, team_id: Id) -> Team:
        """A team that the one who acts may open, to look; else `NotFoundError` (V12, V14).

        What is about the team as a whole takes `require_all_of` beside it.
        """
        check_id("team_id", team_id)
        team = self.session.teams([team_id]).get(team_id)
        if team is not None and (
            isinstance(self.actor, System) or self.opens(self.actor, team).allowed
        ):
            return team
        raise NotFoundError("team", team_id)

    def sees_all_of(self, team: Team) -> bool:
        """Whether the one who acts sees every ticket of the team, those to come too (V2)."""
        if isinstance(self.actor, System):
            return True
        return can_view_team(
            self.actor, team, follows_a_ticket=False, company_scope=self.company_scope
        ).allowed

    def require_all_of(self, team: Team) -> None:
        """Raise `RefusedError` unless the one who acts sees every ticket of the team.

        Who was let in by one ticket of a PRIVATE team finds just that one (V12): to follow or to
        change the team, or to read its counts, would show them the others.
        """
        if not self.sees_all_of(team):
            raise RefusedError(deny("visibility.refused.not_the_whole_team", team_id=team.id))

    def user(self, user_id: Id) -> User:
        """Somebody who exists; else `NotFoundError`."""
        check_id("user_id", user_id)
        user = self.session.users([user_id]).get(user_id)
        if user is None:
            raise NotFoundError("user", user_id)
        return user

    def user_or_none(self, user_id: Id | None) -> User | None:
        """Somebody, or nobody."""
        return None if user_id is None else self.session.users([user_id]).get(user_id)

    def pipeline(self, *teams: Team) -> Pipeline:
        """The stages, as these teams use them; without teams, as all do."""
        return Pipeline(self.session.stages(), teams or self.session.teams().values())

    def stage_of(self, ticket: Ticket) -> Stage:
        """The stage that a ticket is in."""
        return next(stage for stage in self.session.stages() if stage.id == ticket.stage_id)

    def resolve(self, ticket_id: Id) -> Id:
        """The ticket at the end of the chain of tombstones (M9)."""

        def merged_into(id: Id) -> Id | None:
            ticket = self.session.tickets([id]).get(id)
            return None if ticket is None else ticket.merged_into

        return resolve(ticket_id, merged_into)

    def tree(self, ticket_id: Id) -> list[Id]:
        """A ticket and the tombstones that lead to it: what was said there is said here (M6)."""
        return [ticket_id, *(ticket.id for ticket in self.below([ticket_id])[ticket_id])]

    def below(self, ticket_ids: Iterable[Id]) -> dict[Id, list[Ticket]]:
        """The tombstones that lead to each of these tickets, nearest first (M6).

        A tombstone that the one who acts could not see before the merge is left out: nobody sees
        more through a merge (M7).
        """
        below: dict[Id, list[Ticket]] = {id: [] for id in ticket_ids}
        root_of = {id: id for id in below}
        level = list(below) if Claim.MERGE in self.claims else []
        while level:
            children = self.session.merged_children(level)
            pairs = [(child, parent) for parent in level for child in children.get(parent, ())]
            root_of.update((child, root_of[parent]) for child, parent in pairs)
            level = [child for child, _ in pairs]
            tickets = self.session.tickets(level)
            teams = self.session.teams({ticket.team_id for ticket in tickets.values()})
            for ticket in tickets.values():
                if ticket.team_id in teams and self.sees(ticket, teams[ticket.team_id]):
                    below[root_of[ticket.id]].append(ticket)
        return below

    def sent_before(self, ticket_id: Id, perhaps: Iterable[Stage]) -> frozenset[Id]:
        """The stages whose message this ticket's customer had already, by its history (G8).

        It is looked for only when one of the stages that it may enter now sends once per ticket.
        """
        if not any(stage.once_per_ticket for stage in perhaps):
            return frozenset()
        self.claim(Claim.HISTORY)
        events = (recorded.event for recorded in self.session.history([ticket_id]))
        return frozenset(e.stage_id for e in events if isinstance(e, StageMessageSent))

    # --- what changes ----------------------------------------------------------------------------

    def possible(self, plan: P) -> P:
        """A plan to be shown; `NotClaimedError` when the store could not be given its changes."""
        for_store(plan.changes, self.claims)
        return plan

    def carry_out(self, *plans: Plan) -> None:
        """Apply plans at once with their events and notices, or raise `RefusedError` (V14, N1)."""
        for plan in plans:
            if not plan.allowed:
                raise RefusedError(plan.decision)
        self.write(
            [change for plan in plans for change in plan.changes],
            [event for plan in plans for event in plan.events],
            [notice for plan in plans for notice in plan.notices],
        )

    def write(
        self,
        changes: Collection[Change],
        events: Iterable[Event] = (),
        notices: Iterable[Notice] = (),
        touched: Iterable[Id] = (),
    ) -> None:
        """Apply changes, and announce what happened in the same transaction (N1).

        `touched` are tickets that are others now though no change names them.
        """
        changes = for_store(changes, self.claims)
        if changes:
            self.session.apply([*changes, *self._versions(changes, touched)])
        told = list(notices) if Claim.OUTBOX in self.claims else []
        notifications = [
            Notification(key=str(self.new_id()), notice=notice, created_at=self.now)
            for notice in told
        ]
        happened = [*events, *self._written(told)]
        notes().happens(happened)
        kept = happened if Claim.HISTORY in self.claims else []
        if kept or notifications:
            self.session.publish(kept, notifications)

    def _written(self, notices: Iterable[Notice]) -> Iterator[Event]:
        """That a stage wrote to the customer is history too: `once_per_ticket` asks it (G8)."""
        for notice in notices:
            if notice.kind is NoticeKind.STAGE and notice.stage_id is not None:
                yield StageMessageSent(
                    at=self.now,
                    by=self.by,
                    ticket_id=notice.ticket_id,
                    stage_id=notice.stage_id,
                    channel=notice.channel.value,
                )

    def _versions(self, changes: Collection[Change], touched: Iterable[Id]) -> list[Change]:
        """Each ticket that is touched counts one version up, once a transaction (T7)."""
        for change in changes:
            if isinstance(change, Add) and isinstance(change.thing, Ticket):
                self._counted.add(change.thing.id)  # a new one starts at 1
        named = dict.fromkeys([*map(_ticket_touched, changes), *touched])
        ids = [id for id in named if id is not None and id not in self._counted]
        if Claim.VERSIONS not in self.claims or not ids:
            return []
        self._counted.update(ids)
        not_seen = [id for id in ids if id not in self._version_of]
        for ticket in self.session.tickets(not_seen).values() if not_seen else ():
            self._version_of[ticket.id] = ticket.version
        return [
            SetField(
                kind=Kind.TICKET,
                id=id,
                field="version",
                expected=self._version_of[id],
                value=self._version_of[id] + 1,
            )
            for id in ids
        ]

    def fresh(self, ticket_id: Id) -> Ticket:
        """The ticket as this transaction leaves it."""
        return self.session.tickets([ticket_id])[ticket_id]


def _ticket_touched(change: Change) -> Id | None:
    if isinstance(change, SetField | AddFollow | RemoveFollow):
        return change.id if change.kind is Kind.TICKET else None
    if isinstance(change, Add):
        ticket_id: Id | None = getattr(change.thing, "ticket_id", None)
        return ticket_id
    return None


def check_version(ticket: Ticket, expected: int | None) -> None:
    """Raise `ConflictError` when the ticket is no longer at this version (T7)."""
    if expected is not None and ticket.version != expected:
        raise ConflictError(
            f"ticket {ticket.id!r} is at version {ticket.version}, expected was {expected}"
        )
