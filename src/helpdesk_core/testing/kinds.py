"""Hypothesis strategies for values of any of the library's classes, by their fields' shapes."""

from __future__ import annotations

import enum
import functools
import typing
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from helpdesk_core.adapters.declared import fields_of, parts_of
from helpdesk_core.entities import (
    Absence,
    Attachment,
    CatchingUp,
    FollowSource,
    HostFields,
    Id,
    MemberOptions,
    Message,
    ReceivedMail,
    RecurringAbsence,
    Stage,
    System,
    Team,
    Ticket,
    TimeEntry,
    User,
    Visibility,
    WeeklySchedule,
)
from helpdesk_core.events import Event
from helpdesk_core.plans import Change
from helpdesk_core.ports import TicketFilter
from helpdesk_core.stages import AllowedMoves
from helpdesk_core.templates import (
    DigestTemplate,
    EmailTemplate,
    Letters,
    LetterTemplate,
    MinimalTemplate,
    SmsTemplate,
)
from helpdesk_core.testing.things import (
    Things,
    absences,
    durations,
    events,
    flags,
    host_fields,
    lines,
    moments,
    schedules,
    texts,
)

_LETTERS = Letters()
_ID_PARTS = {int, str, UUID}
_NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def values_of(kind: Any, id_type: type = str) -> st.SearchStrategy[Any]:
    """Values of a class, or of a shape as `tuple[Ticket, ...]`, with ids of this type.

    They are valid each by itself, and need not fit together: a plan's changes are any changes.

    >>> from helpdesk_core import Gap
    >>> values_of(Gap).example().start.tzinfo  # doctest: +SKIP
    datetime.timezone.utc
    """
    return _kinds(id_type).of(kind)


@functools.cache
def _kinds(id_type: type) -> _Kinds:
    return _Kinds(id_type)


class _Kinds:
    def __init__(self, id_type: type) -> None:
        things = Things(id_type)
        self.ids = ids = things.ids
        single = [
            st.none(), flags, st.integers(-(2**63), 2**63 - 1), lines(), texts, ids, moments,
            durations, st.floats(allow_nan=False, allow_infinity=False),
            st.sampled_from([*Visibility, *FollowSource]), things.member_options,
        ]  # fmt: skip
        hashable = st.one_of(single[:-1])
        some = st.one_of(
            st.frozensets(hashable, max_size=2),
            st.lists(hashable, max_size=2),
            st.lists(hashable, max_size=2).map(tuple),
            st.dictionaries(hashable, hashable, max_size=2),
        )
        self.known: dict[Any, st.SearchStrategy[Any]] = {
            Any: st.one_of(*single, some),
            type(None): st.none(),
            bool: flags,
            int: st.integers(0, 2**31 - 1),
            float: st.floats(0, 1),
            str: lines(),
            datetime: moments,
            timedelta: durations,
            User: things.users,
            Team: things.teams,
            Stage: things.stages,
            Ticket: things.tickets,
            Message: things.messages,
            Attachment: things.attachments,
            TimeEntry: things.time_entries,
            ReceivedMail: things.mails,
            MemberOptions: things.member_options,
            CatchingUp: things.remembered,
            Absence: absences(ids),
            WeeklySchedule: schedules(ids),
            RecurringAbsence: st.builds(
                RecurringAbsence,
                user_id=ids,
                start=st.just(_NOON),
                end=durations.map(lambda one: _NOON + timedelta(seconds=1 + one.seconds // 2)),
                rule=st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO;COUNT=9"]),
                time_zone=st.just("UTC"),
                exdates=st.sampled_from([(), (_NOON,)]),
            ),
            System: st.builds(System, reason=lines(empty=False)),
            EmailTemplate: st.just(EmailTemplate("On ${ticket.subject}", "né\n", html="<p>")),
            SmsTemplate: st.just(SmsTemplate("Né", translations={"it": SmsTemplate("No")})),
            LetterTemplate: st.just(_LETTERS.update),
            MinimalTemplate: st.just(_LETTERS.minimal),
            DigestTemplate: st.just(_LETTERS.digest),
            Event: events(id_type),
            Change: things.changes,
            HostFields: host_fields,
        }
        move = st.tuples(ids, ids).filter(lambda pair: pair[0] != pair[1])
        moves = st.frozensets(move, max_size=3)
        table = st.dictionaries(st.sampled_from(["agent", "portal"]), moves, max_size=2)
        self.known[AllowedMoves] = st.builds(_allowed, table, flags)
        self.known[TicketFilter] = self._built(TicketFilter, tag=st.none() | lines(empty=False))

    def of(self, shape: Any) -> st.SearchStrategy[Any]:
        """Values of this shape."""
        if shape not in self.known:
            self.known[shape] = st.deferred(lambda: self.known[shape])  # it may hold others of it
            self.known[shape] = self._made(shape)
        return self.known[shape]

    def _made(self, shape: Any) -> st.SearchStrategy[Any]:
        origin, parts = typing.get_origin(shape) or shape, typing.get_args(shape)
        if isinstance(shape, typing.TypeVar):  # as in `Page`, when it is not said of what
            return self.of(Ticket)
        if parts_of(shape):
            rest = set(parts) - (_ID_PARTS if set(parts) >= _ID_PARTS else set())
            ids = [self.ids] if len(rest) < len(parts) else []
            return st.one_of(*ids, *map(self.of, sorted(rest, key=str)))
        if origin is typing.Literal:
            return st.sampled_from(parts)
        if origin is frozenset:
            return st.frozensets(self.of(parts[0]), max_size=3)
        if origin is Mapping:
            return st.dictionaries(*map(self.of, parts), max_size=2)
        if origin is tuple and parts[-1] is Ellipsis:
            return st.lists(self.of(parts[0]), max_size=3).map(tuple)
        if origin is tuple:
            return st.tuples(*map(self.of, parts))
        if issubclass(origin, enum.Enum):
            return st.sampled_from(origin)
        return self._built(shape)

    def _built(self, kind: Any, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        for field in fields_of(kind):
            if field.alias not in given:
                given[field.alias] = self.of(field.shape)
        return st.builds(typing.get_origin(kind) or kind, **given)


def _allowed(moves: dict[str, frozenset[tuple[Id, Id]]], of_these: bool) -> AllowedMoves:
    stage_ids = {id for pairs in moves.values() for pair in pairs for id in pair}
    return AllowedMoves(moves, stage_ids=stage_ids if of_these else None)
