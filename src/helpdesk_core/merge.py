"""Making one ticket of several, and taking it back (M4, M6-M10, M12-M14).

Messages, attachments and time entries do not move: merged tickets stay as tombstones that point to
their master, and a reader sees through the tree of them what they may see of each (M7, M8). So a
merge is a handful of changes, and its record is enough to undo it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs

from helpdesk_core.decisions import Reason, allow, deny
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
    TicketMergedAway,
    TicketMoved,
    TicketReopened,
    TicketsMerged,
    TicketsUnmerged,
    TicketUnassigned,
    Who,
)
from helpdesk_core.plans import (
    AddFollow,
    Change,
    Kind,
    MarkUndone,
    Merge,
    Plan,
    RecordMerge,
    RemoveFollow,
    SetField,
)
from helpdesk_core.similarity import Match, id_key

#: How many tickets can be merged at once, the master included (M10).
MERGE_LIMIT = 100

#: Sets of the merged tickets that are united on the master (M6).
UNITED_FIELDS = ("tags", "links", "references")

#: Fields in which tickets can contradict each other; what the master has is kept (M15).
CONFLICT_FIELDS = ("team_id", "stage_id", "customer_id", "assignee_id", "priority")


def _ratings(value: Mapping[Id, Match]) -> Mapping[Id, Match]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True)
class Conflict:
    """The master keeps `kept`; `others` says which ticket has something else (M15)."""

    field: str
    kept: Any
    others: tuple[tuple[Id, Any], ...]


@attrs.frozen(kw_only=True)
class MergePlan(Plan):
    """A merge: the master, and the merged by age (M6, M7, M15).

    `left_behind` follow a merged ticket and not the master: they stay on the tombstone (M7).
    `ratings` are the similarities to the master that were given.
    """

    master_id: Id | None = None
    merged_ids: tuple[Id, ...] = ()
    left_behind: tuple[Id, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    ratings: Mapping[Id, Match] = attrs.field(factory=dict, converter=_ratings, hash=False)


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


# --- which is the master, which the root ---------------------------------------------------------


def choose_master(tickets: Collection[Ticket], master_id: Id | None = None) -> Ticket:
    """The ticket that stays: the oldest (created, then id), unless chosen (M4).

    >>> from datetime import datetime, UTC
    >>> first, second = (Ticket(id=id, team_id="it", stage_id="new", subject="Ink",
    ...                         created_at=datetime(2026, 1, 5, tzinfo=UTC)) for id in (1, 2))
    >>> choose_master([second, first]).id, choose_master([second, first], 2).id
    (1, 2)
    """
    if not tickets:
        raise InvalidValueError("tickets", "must not be empty")
    if master_id is None:
        return min(tickets, key=_age)
    for ticket in tickets:
        if ticket.id == master_id:
            return ticket
    raise InvalidValueError("master_id", "must be one of the tickets")


def resolve(ticket_id: Id, merged_into: Callable[[Id], Id | None]) -> Id:
    """The root that a ticket was merged into, by whatever chain; itself when it was not (M9).

    Raises `InvalidValueError` where the chain goes round in a circle: no merge makes one.

    >>> resolve(3, {3: 2, 2: 1}.get), resolve(1, {3: 2, 2: 1}.get)
    (1, 1)
    """
    seen: set[Id] = set()
    while (onwards := merged_into(ticket_id)) is not None:
        if ticket_id in seen:
            raise InvalidValueError("merged_into", f"goes round in a circle at {ticket_id!r}")
        seen.add(ticket_id)
        ticket_id = onwards
    return ticket_id


def _age(ticket: Ticket) -> tuple[datetime, tuple[str, Any]]:
    return ticket.created_at, id_key(ticket.id)


# --- merging -------------------------------------------------------------------------------------


def plan_merge(
    tickets: Sequence[Ticket],
    *,
    master_id: Id | None = None,
    closed: Mapping[Id, bool],
    reopen_stage_id: Id,
    teams: Mapping[Id, Team],
    users: Mapping[Id, User],
    may_view: Callable[[Id, Id], bool],
    merge_id: Id,
    now: datetime,
    by: Who = None,
    allow_cross_visibility: bool = False,
    add_followers: Collection[Id] = (),
    ratings: Mapping[Id, Match] | None = None,
) -> MergePlan:
    """Make one ticket of several: the master stays, the others point to it (M4, M6-M10, M13).

    `closed` says of each ticket whether it is; `reopen_stage_id` is the first unfolded stage of
    the master's team (G7), taken when the master is closed and one of the others open.
    `may_view(user id, ticket id)` is the view decision before the merge (M7). `add_followers`
    carries followers of merged tickets over whatever they could view. No one is told (M12).

    Refused by name: over 100 at once, with itself, one ticket, a tombstone, a cycle, and teams of
    different visibility without `allow_cross_visibility` (M7, M10). The same merge again changes
    nothing (M10).

    >>> from datetime import datetime, UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY)
    >>> first, second = (Ticket(id=id, team_id="it", stage_id="new", subject="Ink", created_at=now,
    ...                         followers={"ada": {FollowSource.CHOSEN}} if id == 2 else {})
    ...                  for id in (1, 2))
    >>> plan = plan_merge([first, second], closed={1: False, 2: False}, reopen_stage_id="new",
    ...                   teams={"it": team}, users={}, may_view=lambda user, ticket: False,
    ...                   merge_id="m", now=now)
    >>> plan.master_id, plan.merged_ids, plan.left_behind
    (1, (2,), ('ada',))
    """
    ids = [ticket.id for ticket in tickets]
    if len(ids) > MERGE_LIMIT:
        return _refused("too_many", limit=MERGE_LIMIT, given=len(ids))
    if len(set(ids)) < len(ids):
        return _refused("itself", ticket_id=next(id for id in ids if ids.count(id) > 1))
    if len(ids) < 2:
        return _refused("one_ticket")
    if master_id is not None and master_id not in ids:
        raise InvalidValueError("master_id", "must be one of the tickets")
    away = sorted((ticket for ticket in tickets if ticket.is_merged_away), key=_age)
    if away:
        return _with_tombstones(tickets, away, master_id)
    master = choose_master(tickets, master_id)
    merged = sorted((ticket for ticket in tickets if ticket.id != master.id), key=_age)
    levels = {_of(teams, ticket.team_id, "teams").visibility for ticket in tickets}
    if len(levels) > 1 and not allow_cross_visibility:
        return _refused("cross_visibility", levels=tuple(sorted(v.value for v in levels)))

    changes: list[Change] = []
    events: list[Event] = []
    for gone in merged:
        changes += _set(gone, {"merged_into": master.id})
        events.append(
            TicketMergedAway(**_about(gone, now, by), master_id=master.id, merge_id=merge_id)
        )
    united = {
        field: getattr(master, field).union(*(getattr(gone, field) for gone in merged))
        for field in UNITED_FIELDS
    }
    if master.id not in master.links:
        united["links"] -= {master.id}  # a link to the master would be a link to itself
    united["created_at"] = min(ticket.created_at for ticket in tickets)
    changes += _set(master, united)

    here = _about(master, now, by)
    stage_id = master.stage_id
    shut = [_of(closed, ticket.id, "closed") for ticket in (master, *merged)]
    if shut[0] and not all(shut):
        stage_id = reopen_stage_id
        changes += _set(master, {"stage_id": stage_id, "closed_at": None})
        events.append(TicketMoved(**here, from_stage_id=master.stage_id, to_stage_id=stage_id))
        events.append(TicketReopened(**here, stage_id=stage_id))
    carried, left_behind = _sort_followers(master, merged, users, may_view, add_followers)
    chosen = FollowSource.CHOSEN
    for user_id in carried:
        changes.append(AddFollow(kind=Kind.TICKET, id=master.id, user_id=user_id, source=chosen))
        events.append(FollowerAdded(**here, user_id=user_id, source=chosen))
    merged_ids = tuple(gone.id for gone in merged)
    events.append(
        TicketsMerged(**here, merge_id=merge_id, merged_ids=merged_ids, left_behind=left_behind)
    )
    record = Merge(
        id=merge_id, master_id=master.id, merged_ids=merged_ids, at=now, changes=tuple(changes)
    )
    return MergePlan(
        decision=allow("merge.merged"),
        changes=(*changes, RecordMerge(merge=record)),
        events=events,
        master_id=master.id,
        merged_ids=merged_ids,
        left_behind=left_behind,
        conflicts=_conflicts(master, merged, stage_id),
        ratings=ratings or {},
    )


def _refused(reason: str, **parameters: Any) -> MergePlan:
    return MergePlan(decision=deny(f"merge.refused.{reason}", **parameters))


def _with_tombstones(
    tickets: Sequence[Ticket], away: Sequence[Ticket], master_id: Id | None
) -> MergePlan:
    """Some were merged before: the same merge again, a cycle, or not for merging (M10)."""
    into = {gone.id: gone.merged_into for gone in away}
    roots = [ticket.id for ticket in tickets if not ticket.is_merged_away]
    if len(roots) == 1 and set(into.values()) == set(roots) and master_id in (None, roots[0]):
        merged_ids = tuple(gone.id for gone in away)
        return MergePlan(
            decision=allow("merge.done_before"), master_id=roots[0], merged_ids=merged_ids
        )
    if master_id in into and into[master_id] in {ticket.id for ticket in tickets}:
        return _refused("cycle", ticket_id=master_id, merged_into=into[master_id])
    return _refused("merged_away", ticket_id=away[0].id, merged_into=away[0].merged_into)


def _of(things: Mapping[Id, Any], id: Id, name: str) -> Any:
    try:
        return things[id]
    except KeyError:
        raise InvalidValueError(name, f"must have {id!r}") from None


def _about(ticket: Ticket, now: datetime, by: Who) -> dict[str, Any]:
    return {"at": now, "by": by, "ticket_id": ticket.id, "team_id": ticket.team_id}


def _set(ticket: Ticket, values: Mapping[str, Any]) -> list[Change]:
    """Changes to those of the fields that have another value now."""
    return [
        SetField(
            kind=Kind.TICKET,
            id=ticket.id,
            field=field,
            expected=getattr(ticket, field),
            value=value,
        )
        for field, value in values.items()
        if getattr(ticket, field) != value
    ]


def _sort_followers(
    master: Ticket,
    merged: Sequence[Ticket],
    users: Mapping[Id, User],
    may_view: Callable[[Id, Id], bool],
    add_followers: Collection[Id],
) -> tuple[tuple[Id, ...], tuple[Id, ...]]:
    """Who is carried over, and who stays on a tombstone (M6, M7).

    On the master they follow by choice, whatever they were on the merged ticket: its assignee is
    not the master's, nor is its customer. Of somebody who follows the master already only a choice
    is carried over, so that the follow outlives an assignment that it came from.
    """
    sources: dict[Id, set[FollowSource]] = {}
    for gone in merged:
        for user_id, theirs in gone.followers.items():
            sources.setdefault(user_id, set()).update(theirs)
    for user_id in add_followers:
        if user_id not in sources and user_id not in master.followers:
            raise InvalidValueError("add_followers", f"names {user_id!r}, who follows none of them")
        if user_id not in users:
            raise InvalidValueError("users", f"must have {user_id!r}")
    carried: list[Id] = []
    left_behind: list[Id] = []
    for user_id in sorted(sources, key=id_key):
        present = master.followers.get(user_id)
        if present is not None:
            if FollowSource.CHOSEN in sources[user_id] - present:
                carried.append(user_id)
        elif user_id in add_followers or all(
            may_view(user_id, ticket.id) for ticket in (master, *merged)
        ):
            carried.append(user_id)
        else:
            left_behind.append(user_id)
    return tuple(carried), tuple(left_behind)


def _conflicts(master: Ticket, merged: Sequence[Ticket], stage_id: Id) -> tuple[Conflict, ...]:
    found: list[Conflict] = []
    for field in CONFLICT_FIELDS:
        kept = stage_id if field == "stage_id" else getattr(master, field)
        others = tuple(
            (gone.id, getattr(gone, field))
            for gone in merged
            if getattr(gone, field) not in (None, kept)
        )
        if others:
            found.append(Conflict(field=field, kept=kept, others=others))
    return tuple(found)


# --- un-merging ----------------------------------------------------------------------------------


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
) -> UnmergePlan:
    """Take a merge back by its record: what it changed, and nobody changed since (M14).

    `tickets` are the master and the merged as they are now. `later` are the merges after this one
    in which one of these tickets takes part; one that is not undone stands on this one, and then
    it is refused by name. `eligible` are the users who may have a ticket now: a ticket does not
    come back to anybody else. `folded` says of each stage whether it is, so that the master closes
    again only where its old stage still closes. `messages_since` may hold all that hangs on the
    master: what came after the merge stays there, and is listed. No one is told (M12).

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
    ids = (merge.master_id, *merge.merged_ids)
    if merge.undone_at is not None:
        return UnmergePlan(decision=deny("merge.refused.undone_before", merge_id=merge.id))
    for other in later:
        if (
            other.id != merge.id
            and other.undone_at is None
            and other.at >= merge.at
            and not {other.master_id, *other.merged_ids}.isdisjoint(ids)
        ):
            return UnmergePlan(decision=deny("merge.refused.later_merge", merge_id=other.id))
    present = {id: _of(tickets, id, "tickets") for id in ids}
    master = present[merge.master_id]
    if master.is_merged_away:  # by a merge without a record
        return UnmergePlan(decision=deny("merge.refused.merged_away", ticket_id=master.id))
    undo = _Undo(merge, present, users, teams, eligible, folded, now, by)
    for change in reversed(merge.changes):
        undo.revert(change)
    undo.events += (
        TicketsUnmerged(**_about(ticket, now, by), merge_id=merge.id, merged_ids=merge.merged_ids)
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
        now: datetime,
        by: Who,
    ) -> None:
        self.present, self.users, self.teams = present, users, teams
        self.eligible, self.folded = eligible, folded
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
        ticket: Ticket = _of(self.present, change.id, "tickets")
        if isinstance(change, AddFollow):
            self._end_follow(ticket, change)
        elif isinstance(change, RemoveFollow):
            self._follow_again(ticket, change)
        elif change.field in UNITED_FIELDS:
            there = getattr(ticket, change.field)
            self.changes += _set(ticket, {change.field: there - (change.value - change.expected)})
        else:
            self._put_back(ticket, change)

    def _put_back(self, ticket: Ticket, change: SetField) -> None:
        there = getattr(ticket, change.field)
        if there == change.expected:
            return  # somebody was quicker
        problem = self._problem(ticket, change)
        if problem is not None:
            self._report(ticket, change.field, problem)
            return
        self.changes += _set(ticket, {change.field: change.expected})
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
        here = _about(ticket, self.now, self.by)
        self.events.append(
            TicketMoved(**here, from_stage_id=change.value, to_stage_id=change.expected)
        )
        was_open = self.folded is None or not self.folded.get(change.value, False)
        if was_open and self._closes(change.expected):
            self.events.append(TicketClosed(**here, stage_id=change.expected))

    def _release(self, ticket: Ticket) -> None:
        """The ticket is back; an assignee who may no longer have it is not."""
        assignee_id = ticket.assignee_id
        if assignee_id is None or assignee_id in self.eligible:
            return
        code = "merge.assignee_not_eligible"
        self._report(ticket, "assignee_id", Reason(code, {"user_id": assignee_id}))
        self.changes += _set(ticket, {"assignee_id": None, "available_from": None})
        source = FollowSource.ASSIGNED
        if source in ticket.followers.get(assignee_id, ()):
            self.changes.append(
                RemoveFollow(kind=Kind.TICKET, id=ticket.id, user_id=assignee_id, source=source)
            )
        self.events.append(
            TicketUnassigned(
                **_about(ticket, self.now, self.by), code=code, was_assignee_id=assignee_id
            )
        )

    def _end_follow(self, ticket: Ticket, added: AddFollow) -> None:
        if added.source not in ticket.followers.get(added.user_id, ()):
            return
        self.changes.append(
            RemoveFollow(kind=Kind.TICKET, id=ticket.id, user_id=added.user_id, source=added.source)
        )
        self.events.append(
            FollowerRemoved(
                **_about(ticket, self.now, self.by),
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
                **_about(ticket, self.now, self.by), user_id=user.id, source=removed.source
            )
        )

    def _report(self, ticket: Ticket, field: str, reason: Reason) -> None:
        self.not_restored.append(NotRestored(ticket_id=ticket.id, field=field, reason=reason))
