"""What each change needs of a store: refused by name where it is not claimed, or not kept.

A store that disclaims something is a smaller help desk, never a wrong one. Most of what it cannot
do is refused. Three things are left out instead, since nothing is lost that the store shows: when a
ticket was closed, the order of assignments, and the follow that comes with having a ticket, which a
store without sources reads off the ticket itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from helpdesk_core.entities import (
    FollowSource,
    ReceivedMail,
    Stage,
    Team,
    Ticket,
    TimeEntry,
    Visibility,
)
from helpdesk_core.errors import NotClaimedError
from helpdesk_core.plans import (
    Add,
    AddFollow,
    Change,
    DeleteStage,
    Discard,
    GiveCredit,
    Kind,
    MarkUndone,
    NoteAssignment,
    NoteCatchingUp,
    RecordMerge,
    RemoveFollow,
    SetField,
)
from helpdesk_core.ports import ALL_CLAIMS, Claim, TicketFilter

_OF_CHANGE: dict[type, Claim] = {
    DeleteStage: Claim.EDITABLE_STAGES,
    Discard: Claim.DISCARDS,
    RecordMerge: Claim.MERGE,
    MarkUndone: Claim.UNMERGE,
    GiveCredit: Claim.CREDITS,
    NoteCatchingUp: Claim.CREDITS,
}
_OF_FIELD: dict[tuple[Kind, str], Claim] = {
    (Kind.TICKET, "tags"): Claim.TAGS,
    (Kind.TICKET, "fields"): Claim.HOST_FIELDS,
    (Kind.TICKET, "merged_into"): Claim.MERGE,
    (Kind.TICKET, "waiting"): Claim.ASSIGNMENT_ORDER,
    (Kind.TICKET, "available_from"): Claim.ASSIGNMENT_ORDER,
    (Kind.TICKET, "version"): Claim.VERSIONS,
    (Kind.TICKET, "rank"): Claim.BOARD_ORDER,
    (Kind.TEAM, "stage_ids"): Claim.STAGES_PER_TEAM,
}
#: Of these nothing is changed but what has to go (T9).
_REMOVED = (Kind.MESSAGE, Kind.ATTACHMENT, Kind.TIME_ENTRY, Kind.MAIL, Kind.MERGE)
_OF_SETTING: dict[str, Claim] = {
    "assignment_method": Claim.ASSIGNMENT_ORDER,
    "assignment_scope": Claim.ASSIGNMENT_ORDER,
    "look_ahead_window": Claim.ASSIGNMENT_ORDER,
    "horizon": Claim.ASSIGNMENT_ORDER,
    "assignment_mode": Claim.ASSIGNMENT_ORDER,
    "catch_up": Claim.CREDITS,
    "on_answer": Claim.ANSWERS,
    "reopen_window": Claim.ANSWERS,
    "member_options": Claim.MEMBER_OPTIONS,
}


def require_claims(claims: frozenset[Claim], needed: Iterable[Claim]) -> None:
    """Raise `NotClaimedError` for the first that is missing.

    >>> require_claims(frozenset({Claim.TAGS}), [Claim.TAGS, Claim.MERGE])
    Traceback (most recent call last):
    helpdesk_core.errors.NotClaimedError: the repository does not claim 'merge'
    """
    for claim in needed:
        if claim not in claims:
            raise NotClaimedError(claim.value)


def needed_by(change: Change) -> tuple[Claim, ...]:
    """What a store must claim to be given this change.

    >>> needed_by(DeleteStage(stage_id="new"))
    (<Claim.EDITABLE_STAGES: 'editable_stages'>,)
    """
    if isinstance(change, SetField):
        return _by_field(change)
    if isinstance(change, AddFollow | RemoveFollow):
        team = (Claim.TEAM_FOLLOWERS,) if change.kind is Kind.TEAM else ()
        chosen = change.source is FollowSource.CHOSEN
        return team if chosen else (*team, Claim.FOLLOW_SOURCES)
    if isinstance(change, Add):
        return _by_thing(change.thing)
    claim = _OF_CHANGE.get(type(change))
    return () if claim is None else (claim,)


def _by_field(change: SetField) -> tuple[Claim, ...]:
    if change.kind is Kind.STAGE:
        return (Claim.EDITABLE_STAGES,)
    if change.kind is Kind.TEAM:
        return tuple(_by_setting(change.field, change.value))
    if change.kind in _REMOVED:
        return (Claim.REMOVAL,)
    claim = _OF_FIELD.get((change.kind, change.field))
    return () if claim is None else (claim,)


def _by_setting(field: str, value: object) -> Iterable[Claim]:
    if field == "visibility" and value is Visibility.PRIVATE:
        yield Claim.PRIVATE_TEAMS
    if field == "stage_ids":
        yield Claim.STAGES_PER_TEAM
    if field == "auto_assign" and value:
        yield Claim.ASSIGNMENT_ORDER
    if field == "members_follow" and value:
        yield from (Claim.TEAM_FOLLOWERS, Claim.FOLLOW_SOURCES)
    if field in _OF_SETTING:
        yield _OF_SETTING[field]


def _by_thing(thing: object) -> tuple[Claim, ...]:
    if isinstance(thing, Stage):
        return (Claim.EDITABLE_STAGES,)
    if isinstance(thing, TimeEntry):
        return (Claim.TIME_ENTRIES,)
    if isinstance(thing, ReceivedMail):
        return (Claim.MAIL,)
    if isinstance(thing, Ticket):
        tags = (Claim.TAGS,) if thing.tags else ()
        return (*tags, Claim.HOST_FIELDS) if thing.fields else tags
    if isinstance(thing, Team):
        plain = Team(id=thing.id, name=thing.name, visibility=thing.visibility)
        names = ["visibility", "auto_assign", "members_follow", *_OF_SETTING]
        return tuple(
            claim
            for name in names
            if name == "visibility" or getattr(thing, name) != getattr(plain, name)
            for claim in _by_setting(name, getattr(thing, name))
        )
    return ()


def asked_by(query: TicketFilter) -> tuple[Claim, ...]:
    """What a store must claim to be asked this.

    >>> asked_by(TicketFilter(tag="ink"))
    (<Claim.TAGS: 'tags'>,)
    """
    tags = () if query.tag is None else (Claim.TAGS,)
    return tags if query.waiting is None else (*tags, Claim.ASSIGNMENT_ORDER)


_LEFT_OUT: dict[Claim, Callable[[Change], bool]] = {
    Claim.ASSIGNMENT_ORDER: lambda change: isinstance(change, NoteAssignment),
    Claim.CLOSING_TIMES: lambda change: (
        isinstance(change, SetField) and change.kind is Kind.TICKET and change.field == "closed_at"
    ),
    Claim.FOLLOW_SOURCES: lambda change: (
        isinstance(change, AddFollow | RemoveFollow)
        and change.kind is Kind.TICKET
        and change.source is FollowSource.ASSIGNED
    ),
}


def for_store(changes: Iterable[Change], claims: frozenset[Claim]) -> list[Change]:
    """The changes that a store with these claims is given; `NotClaimedError` for one it is not.

    >>> for_store([NoteAssignment(team_id="x", member_id="ada", sequence=1)], frozenset())
    []
    """
    if claims == ALL_CLAIMS:
        return list(changes)
    left_out = [test for claim, test in _LEFT_OUT.items() if claim not in claims]
    kept = [change for change in changes if not any(test(change) for test in left_out)]
    for change in kept:
        require_claims(claims, needed_by(change))
    return kept
