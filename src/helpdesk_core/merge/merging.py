"""Making one ticket of several (M4, M6-M10, M12, M13, M15)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs

from helpdesk_core.decisions import Decision, allow, deny
from helpdesk_core.duplicates import Match, id_key
from helpdesk_core.entities import (
    FollowSource,
    HostFields,
    Id,
    Team,
    Ticket,
    User,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import (
    Event,
    FollowerAdded,
    TicketMergedAway,
    TicketMoved,
    TicketReopened,
    TicketsMerged,
    Who,
)
from helpdesk_core.fields import check_collection
from helpdesk_core.merge.fields import NO_STRATEGIES, Strategies, lost_values, merged_fields
from helpdesk_core.merge.parts import UNITED_FIELDS, about, age, of, set_fields

#: How many tickets can be merged at once, the master included (M10).
from helpdesk_core.merge.roots import choose_master
from helpdesk_core.plans import (
    AddFollow,
    Change,
    Kind,
    Merge,
    Plan,
    RecordMerge,
)

#: How many tickets can be merged at once, the master included (M10).
MERGE_LIMIT = 100


#: Fields in which tickets can contradict each other; what the master has is kept (M15).
CONFLICT_FIELDS = ("team_id", "stage_id", "customer_id", "assignee_id", "priority")


def _ratings(value: Mapping[Id, Match]) -> Mapping[Id, Match]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True)
class Conflict:
    """The master keeps `kept`; `others` says which ticket has something else (M15).

    A field of the host's is named as in `fields.cost`.
    """

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
    strategies: Strategies = NO_STRATEGIES,
) -> MergePlan:
    """Make one ticket of several: the master stays, the others point to it (M4, M6-M10, M13).

    `closed` says of each ticket whether it is; `reopen_stage_id` is the first unfolded stage of
    the master's team (G7), taken when the master is closed and one of the others open.
    `may_view(user id, ticket id)` is the view decision before the merge (M7). `add_followers`
    carries followers of merged tickets over whatever they could view. `strategies` say by name what
    the master has in the host's own fields. No one is told (M12).

    Refused by name: over 100 at once, with itself, one ticket, a tombstone, a cycle, teams of
    different visibility without `allow_cross_visibility` (M7, M10), and a field that its strategy
    does not fit. The same merge again changes nothing (M10). Raises `PortError` when a strategy
    that is a function of the host's does.

    >>> from helpdesk_core import FollowSource, Team, Ticket, Visibility
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
    check_collection("add_followers", add_followers)
    ids = [ticket.id for ticket in tickets]
    if len(ids) > MERGE_LIMIT:
        return _refused("too_many", limit=MERGE_LIMIT, given=len(ids))
    if len(set(ids)) < len(ids):
        return _refused("itself", ticket_id=next(id for id in ids if ids.count(id) > 1))
    if len(ids) < 2:
        return _refused("one_ticket")
    if master_id is not None and master_id not in ids:
        raise InvalidValueError("master_id", "must be one of the tickets")
    away = sorted((ticket for ticket in tickets if ticket.is_merged_away), key=age)
    if away:
        return _with_tombstones(tickets, away, master_id)
    master = choose_master(tickets, master_id)
    merged = sorted((ticket for ticket in tickets if ticket.id != master.id), key=age)
    levels = {of(teams, ticket.team_id, "teams").visibility for ticket in tickets}
    if len(levels) > 1 and not allow_cross_visibility:
        return _refused("cross_visibility", levels=tuple(sorted(v.value for v in levels)))
    fields = merged_fields(master, merged, strategies)
    if isinstance(fields, Decision):
        return MergePlan(decision=fields)

    changes: list[Change] = []
    events: list[Event] = []
    for gone in merged:
        changes += set_fields(gone, {"merged_into": master.id})
        events.append(
            TicketMergedAway(**about(gone, now, by), master_id=master.id, merge_id=merge_id)
        )
    united = {
        field: getattr(master, field).union(*(getattr(gone, field) for gone in merged))
        for field in UNITED_FIELDS
    }
    if master.id not in master.links:
        united["links"] -= {master.id}  # a link to the master would be a link to itself
    united["created_at"] = min(ticket.created_at for ticket in tickets)
    united["fields"] = fields
    changes += set_fields(master, united)

    here = about(master, now, by)
    stage_id = master.stage_id
    shut = [of(closed, ticket.id, "closed") for ticket in (master, *merged)]
    if shut[0] and not all(shut):
        stage_id = reopen_stage_id
        changes += set_fields(master, {"stage_id": stage_id, "closed_at": None})
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
        conflicts=_conflicts(master, merged, stage_id, fields, strategies),
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
    if len(roots) == 1 and set(into.values()) == set(roots) and master_id in (None, *roots):
        (root,) = roots
        merged_ids = tuple(gone.id for gone in away)
        return MergePlan(decision=allow("merge.done_before"), master_id=root, merged_ids=merged_ids)
    if master_id in into and into[master_id] in {ticket.id for ticket in tickets}:
        return _refused("cycle", ticket_id=master_id, merged_into=into[master_id])
    # into which it was is not told: who may know asks for its root (M7)
    return _refused("merged_away", ticket_id=away[0].id)


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
    is carried over, so that the follow outlives an assignment that it came from; they too must
    have been able to view all, and are not left behind without it.
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
        if present is not None and FollowSource.CHOSEN not in sources[user_id] - present:
            continue
        if user_id in add_followers or all(
            may_view(user_id, ticket.id) for ticket in (master, *merged)
        ):
            carried.append(user_id)
        elif present is None:
            left_behind.append(user_id)
    return tuple(carried), tuple(left_behind)


def _conflicts(
    master: Ticket,
    merged: Sequence[Ticket],
    stage_id: Id,
    fields: HostFields,
    strategies: Strategies,
) -> tuple[Conflict, ...]:
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
    for name, lost in lost_values(fields, merged, strategies):
        found.append(Conflict(field=f"fields.{name}", kept=fields.get(name), others=lost))
    return tuple(found)
