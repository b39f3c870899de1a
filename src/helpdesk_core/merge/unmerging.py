"""Taking a merge back by its record (M14)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from helpdesk_core.decisions import Reason, allow, deny
from helpdesk_core.duplicates import id_key
from helpdesk_core.entities import (
    Attachment,
    FollowSource,
    Id,
    Message,
    Team,
    Ticket,
    TimeEntry,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import (
    Event,
    FollowerAdded,
    FollowerRemoved,
    TicketClosed,
    TicketMoved,
    TicketReopened,
    TicketsUnmerged,
    TicketUnassigned,
    Who,
)
from helpdesk_core.fields import check_collection
from helpdesk_core.merge.fields import fields_back
from helpdesk_core.merge.parts import UNITED_FIELDS, about, of, set_fields
from helpdesk_core.plans import (
    AddFollow,
    Change,
    Kind,
    MarkUndone,
    Merge,
    Plan,
    RemoveFollow,
    SetField,
)


@attrs.frozen(kw_only=True)
class NotRestored:
    """What an un-merge leaves as it is now, and why (M14)."""

    ticket_id: Id
    field: str
    reason: Reason


@attrs.frozen(kw_only=True)
class UnmergePlan(Plan):
    """The undoing of a merge; `stays_on_master` are the ids of what came later (M14)."""

    not_restored: tuple[NotRestored, ...] = ()
    stays_on_master: tuple[Id, ...] = ()


def plan_unmerge(
    merge: Merge,
    tickets: Mapping[Id, Ticket],
    *,
    later: Sequence[Merge],
    users: Mapping[Id, User],
    teams: Mapping[Id, Team],
    eligible: Collection[Id],
    now: datetime,
    by: Who = None,
    folded: Mapping[Id, bool] | None = None,
    messages_since: Iterable[Message | Attachment | TimeEntry] = (),
    ended_since: Collection[tuple[Id, Id, FollowSource]] = (),
) -> UnmergePlan:
    """Take a merge back by its record: what it changed, and nobody changed since (M14).

    `tickets` are the master and the merged as they are now. `later` are the merges after this one
    in which one of these tickets takes part; one that is not undone stands on this one, and then
    it is refused by name. `eligible` are the users who may have a ticket now: a ticket does not
    come back to anybody else. `folded` says of each stage whether it is, so that the master closes
    again only where its old stage still closes. `messages_since` may hold all that hangs on the
    master: what came after the merge stays there, and is listed. `ended_since` are the follows
    (ticket, user, source) that ended after the merge: where one is there again, somebody chose it
    anew, and it stays. No one is told (M12).

    >>> from datetime import datetime, UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> merge = Merge(id="m", master_id=1, merged_ids=(2,), at=now, changes=(
    ...     SetField(kind=Kind.TICKET, id=2, field="merged_into", expected=None, value=1),))
    >>> first, second = (Ticket(id=id, team_id="it", stage_id="new", subject="Ink", created_at=now,
    ...                         merged_into=1 if id == 2 else None) for id in (1, 2))
    >>> plan = plan_unmerge(merge, {1: first, 2: second}, later=(), users={}, teams={},
    ...                     eligible=(), now=now)
    >>> plan.decision.code, [change.value for change in plan.changes[:1]]
    ('merge.unmerged', [None])
    """
    check_collection("eligible", eligible)
    ids = (merge.master_id, *merge.merged_ids)
    if merge.undone_at is not None:
        return UnmergePlan(decision=deny("merge.refused.undone_before", merge_id=merge.id))
    for other in later:
        if (
            other.id != merge.id
            and other.undone_at is None
            and not {other.master_id, *other.merged_ids}.isdisjoint(ids)
        ):
            return UnmergePlan(decision=deny("merge.refused.later_merge", merge_id=other.id))
    present = {id: of(tickets, id, "tickets") for id in ids}
    master = present[merge.master_id]
    if master.is_merged_away:  # by a merge without a record
        return UnmergePlan(decision=deny("merge.refused.merged_away", ticket_id=master.id))
    undo = _Undo(merge, present, users, teams, eligible, folded, frozenset(ended_since), now, by)
    for change in reversed(merge.changes):
        undo.revert(change)
    undo.events += (
        TicketsUnmerged(**about(ticket, now, by), merge_id=merge.id, merged_ids=merge.merged_ids)
        for ticket in present.values()
    )
    since = [
        thing
        for thing in messages_since
        if thing.ticket_id == merge.master_id and thing.at >= merge.at
    ]
    since.sort(key=lambda thing: (thing.at, id_key(thing.id)))
    return UnmergePlan(
        decision=allow("merge.unmerged", merge_id=merge.id),
        changes=(*undo.changes, MarkUndone(merge_id=merge.id, at=now)),
        events=undo.events,
        not_restored=tuple(undo.not_restored),
        stays_on_master=tuple(thing.id for thing in since),
    )


class _Undo:
    """Reverts the changes of a record, one after the other, against what is there now (M14)."""

    def __init__(
        self,
        merge: Merge,
        present: Mapping[Id, Ticket],
        users: Mapping[Id, User],
        teams: Mapping[Id, Team],
        eligible: Collection[Id],
        folded: Mapping[Id, bool] | None,
        ended_since: frozenset[tuple[Id, Id, FollowSource]],
        now: datetime,
        by: Who,
    ) -> None:
        self.present, self.users, self.teams = present, users, teams
        self.eligible, self.folded, self.ended_since = eligible, folded, ended_since
        self.now, self.by = now, by
        self.moves = {
            change.id: change
            for change in merge.changes
            if isinstance(change, SetField) and change.field == "stage_id"
        }
        self.changes: list[Change] = []
        self.events: list[Event] = []
        self.not_restored: list[NotRestored] = []

    def revert(self, change: Change) -> None:
        """Take one change back, or report why not."""
        if not isinstance(change, SetField | AddFollow | RemoveFollow):
            raise InvalidValueError("merge", "holds a change that no merge makes")
        ticket: Ticket = of(self.present, change.id, "tickets")
        if isinstance(change, AddFollow):
            self._end_follow(ticket, change)
        elif isinstance(change, RemoveFollow):
            self._follow_again(ticket, change)
        elif change.field in UNITED_FIELDS:
            there = getattr(ticket, change.field)
            left = there - (change.value - change.expected)
            self.changes += set_fields(ticket, {change.field: left})
        elif change.field == "fields":
            self._put_fields_back(ticket, change)
        else:
            self._put_back(ticket, change)

    def _put_fields_back(self, ticket: Ticket, change: SetField) -> None:
        fields, left = fields_back(ticket.fields, change)
        self.changes += set_fields(ticket, {"fields": fields})
        for name in left:
            self._report(ticket, f"fields.{name}", Reason("merge.changed_since"))

    def _put_back(self, ticket: Ticket, change: SetField) -> None:
        there = getattr(ticket, change.field)
        if there == change.expected:
            return  # somebody was quicker
        problem = self._problem(ticket, change)
        if problem is not None:
            self._report(ticket, change.field, problem)
            return
        self.changes += set_fields(ticket, {change.field: change.expected})
        if change.field == "stage_id":
            self._announce_move(ticket, change)
        elif change.field == "merged_into":
            self._release(ticket)

    def _problem(self, ticket: Ticket, change: SetField) -> Reason | None:
        """Why this field stays as it is, if it does."""
        if getattr(ticket, change.field) != change.value:
            return Reason("merge.changed_since")
        if change.field == "assignee_id" and change.expected not in (None, *self.eligible):
            return Reason("merge.assignee_not_eligible", {"user_id": change.expected})
        if change.field == "stage_id" and not self._offers(ticket.team_id, change.expected):
            return Reason("merge.stage_not_in_team", {"stage_id": change.expected})
        if change.field == "closed_at" and ticket.id in self.moves:
            # A ticket is closed by its stage (G1): the time goes back only where the stage does.
            move = self.moves[ticket.id]
            if not self._closes(move.expected):
                return Reason("merge.stage_not_folded", {"stage_id": move.expected})
            return self._problem(ticket, move)
        return None

    def _offers(self, team_id: Id, stage_id: Id) -> bool:
        team = self.teams.get(team_id)
        return team is None or not team.stage_ids or stage_id in team.stage_ids

    def _closes(self, stage_id: Id) -> bool:
        """Whether the stage from which the merge took a closed ticket still closes."""
        return self.folded is None or self.folded.get(stage_id, False)

    def _announce_move(self, ticket: Ticket, change: SetField) -> None:
        here = about(ticket, self.now, self.by)
        self.events.append(
            TicketMoved(**here, from_stage_id=change.value, to_stage_id=change.expected)
        )
        was_closed = self.folded is not None and self.folded.get(change.value, False)
        closes = self._closes(change.expected)
        if closes and not was_closed:
            self.events.append(TicketClosed(**here, stage_id=change.expected))
        elif was_closed and not closes:  # both stages were folded otherwise since (G4)
            self.events.append(TicketReopened(**here, stage_id=change.expected))
            self.changes += set_fields(ticket, {"closed_at": None})

    def _release(self, ticket: Ticket) -> None:
        """The ticket is back, as closed as its stage is now; who may not have it, has not."""
        self._follow_the_fold(ticket)
        assignee_id = ticket.assignee_id
        if assignee_id is None or assignee_id in self.eligible:
            return
        code = "merge.assignee_not_eligible"
        self._report(ticket, "assignee_id", Reason(code, {"user_id": assignee_id}))
        self.changes += set_fields(ticket, {"assignee_id": None, "available_from": None})
        source = FollowSource.ASSIGNED
        if source in ticket.followers.get(assignee_id, ()):
            self.changes.append(
                RemoveFollow(kind=Kind.TICKET, id=ticket.id, user_id=assignee_id, source=source)
            )
        self.events.append(
            TicketUnassigned(
                **about(ticket, self.now, self.by), code=code, was_assignee_id=assignee_id
            )
        )

    def _follow_the_fold(self, ticket: Ticket) -> None:
        """A stage that was folded or unfolded since closes or reopens what comes back (G1, G3)."""
        if self.folded is None or ticket.stage_id not in self.folded:
            return
        closes = self.folded[ticket.stage_id]
        if closes is (ticket.closed_at is not None):
            return
        self.changes += set_fields(ticket, {"closed_at": self.now if closes else None})
        flipped = TicketClosed if closes else TicketReopened
        self.events.append(flipped(**about(ticket, self.now, self.by), stage_id=ticket.stage_id))

    def _end_follow(self, ticket: Ticket, added: AddFollow) -> None:
        if added.source not in ticket.followers.get(added.user_id, ()):
            return
        if (ticket.id, added.user_id, added.source) in self.ended_since:
            reason = Reason("merge.changed_since", {"user_id": added.user_id})
            self._report(ticket, "followers", reason)
            return
        self.changes.append(
            RemoveFollow(kind=Kind.TICKET, id=ticket.id, user_id=added.user_id, source=added.source)
        )
        self.events.append(
            FollowerRemoved(
                **about(ticket, self.now, self.by),
                user_id=added.user_id,
                sources=(added.source,),
                code="merge.undone",
            )
        )

    def _follow_again(self, ticket: Ticket, removed: RemoveFollow) -> None:
        if removed.source in ticket.followers.get(removed.user_id, ()):
            return
        user = self.users.get(removed.user_id)
        team = self.teams.get(ticket.team_id)
        public = team is not None and team.visibility is Visibility.PUBLIC
        if user is None or (user.kind is UserKind.PORTAL and not public):
            reason = Reason("merge.follow_ended", {"user_id": removed.user_id})
            self._report(ticket, "followers", reason)
            return
        self.changes.append(
            AddFollow(
                kind=Kind.TICKET, id=ticket.id, user_id=removed.user_id, source=removed.source
            )
        )
        self.events.append(
            FollowerAdded(
                **about(ticket, self.now, self.by), user_id=user.id, source=removed.source
            )
        )

    def _report(self, ticket: Ticket, field: str, reason: Reason) -> None:
        self.not_restored.append(NotRestored(ticket_id=ticket.id, field=field, reason=reason))
