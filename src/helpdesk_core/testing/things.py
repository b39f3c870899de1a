"""Hypothesis strategies for single things: entities, events and changes, absences and schedules.

Ids are of one type per strategy: `str`, `int` or `UUID`. What is drawn is valid, and wild within
that: texts of any script, moments of any year, ids from the ends of what an id can be.
"""

from __future__ import annotations

import types
import typing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
from hypothesis import strategies as st

from helpdesk_core.entities import (
    Absence,
    AssignmentMethod,
    AssignmentMode,
    Attachment,
    CatchingUp,
    CatchUp,
    CountScope,
    FollowSource,
    MemberOptions,
    Message,
    OnAnswer,
    ReceivedMail,
    Role,
    Stage,
    System,
    Team,
    Ticket,
    TimeEntry,
    User,
    UserKind,
    Visibility,
    WeeklySchedule,
)
from helpdesk_core.events import EVENT_TYPES, Event
from helpdesk_core.plans import (
    Add,
    AddFollow,
    DeleteStage,
    Discard,
    GiveCredit,
    Kind,
    MarkUndone,
    Merge,
    NoteAssignment,
    NoteCatchingUp,
    RecordMerge,
    RemoveFollow,
    SetField,
)
from helpdesk_core.templates import EmailTemplate, SmsTemplate

ROME = ZoneInfo("Europe/Rome")

# --- plain values --------------------------------------------------------------------------------

_letters = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
moments: Any = st.datetimes(timezones=st.just(UTC))
#: Entities put every moment into UTC. Elsewhere Python calls a local time that comes twice a year
#: unequal to the same moment in UTC.
local_moments: Any = moments | moments.map(
    lambda moment: moment.replace(year=2000).astimezone(ROME)
)
texts = st.text(_letters | st.sampled_from("\n\t\r"), max_size=30)
durations = st.timedeltas(min_value=timedelta(0), max_value=timedelta.max)
flags = st.booleans()


def lines(limit: int = 20, *, empty: bool = True) -> st.SearchStrategy[str]:
    """One line of text."""
    text = st.text(_letters, max_size=limit)
    return text if empty else text.filter(str.strip)


field_values: Any = st.one_of(
    flags,
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    lines(empty=False),
    st.frozensets(lines(empty=False), min_size=1, max_size=3),
)
host_fields: Any = st.dictionaries(lines(empty=False), field_values, max_size=3)


def ids_of(id_type: type) -> st.SearchStrategy[Any]:
    """Ids of one type, from its ends too."""
    if id_type is int:
        return st.integers(-(2**63), 2**63 - 1)
    return st.uuids() if id_type is UUID else lines(200, empty=False)


def shaped(shape: Any, ids: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of the shape that a field declares."""
    parts = typing.get_args(shape)
    if isinstance(shape, types.UnionType):
        kinds = [part for part in parts if part not in (int, str, UUID)]
        mixed = [ids] if {int, str, UUID} <= set(parts) else []
        mixed += [shaped(part, ids) for part in parts if not mixed or part in kinds]
        return st.one_of(mixed)
    if typing.get_origin(shape) is tuple:
        return st.lists(shaped(parts[0], ids), max_size=3).map(tuple)
    known = {
        str: lines(),
        int: st.integers(-(2**31), 2**31),
        bool: flags,
        type(None): st.none(),
        datetime: moments,
        System: st.builds(System, reason=lines(empty=False)),
    }
    return known[shape] if shape in known else st.sampled_from(shape)


def events_of(kind: type[Event], ids: st.SearchStrategy[Any]) -> st.SearchStrategy[Event]:
    """Events of one type with all fields."""
    fields = attrs.fields(attrs.resolve_types(kind))
    return st.builds(kind, **{field.name: shaped(field.type, ids) for field in fields})


class Things:
    """Strategies for every kind of entity, with ids of one type."""

    def __init__(self, id_type: type) -> None:
        self._fields: dict[type, dict[str, Any]] = {}
        self.ids = ids = ids_of(id_type)
        some = st.frozensets(ids, max_size=3)
        sources = st.frozensets(st.sampled_from(FollowSource), min_size=1)
        self.followers = st.dictionaries(ids, sources, max_size=3)
        maybe = st.none() | ids
        self.users = st.sampled_from(UserKind).flatmap(
            lambda kind: st.builds(
                User,
                id=ids,
                name=lines(empty=False),
                kind=st.just(kind),
                roles=st.frozensets(st.sampled_from(Role))
                if kind is UserKind.INTERNAL
                else st.just(frozenset()),
                active=flags,
                email=st.none() | lines(empty=False),
                phone=st.none() | lines(empty=False),
                company=lines(),
                language=lines(empty=False),
            )
        )
        self.member_options = st.builds(
            MemberOptions,
            capacity=st.none() | st.integers(0, 2**31 - 1),
            weight=st.integers(1, 100),
            tags=st.none() | st.frozensets(lines(empty=False), max_size=3),
        )
        self.remembered = st.builds(
            CatchingUp, at=local_moments, member_ids=some, behind=some, their_turn=flags
        )
        mails = st.builds(
            EmailTemplate,
            st.just("On ${ticket.subject} – né $$5"),
            st.just("Hello\n${team.name}"),
            html=st.none() | st.just("<p>${team.name} &amp;"),
            translations=st.just({}) | st.just({"it": EmailTemplate("né", "Ciao", "<b>né")}),
        )
        self._fields[Stage] = {
            "id": ids,
            "name": lines(empty=False),
            "position": st.integers(0, 2**31 - 1),
            "description": texts,
            "folded": flags,
            "email_template": st.none() | mails,
            "sms_template": st.none() | st.just(SmsTemplate("${stage.name} \"'\\")),
            "once_per_ticket": flags,
        }
        self._fields[Team] = {
            "id": ids,
            "name": lines(empty=False),
            "visibility": st.sampled_from(Visibility),
            "company": lines(),
            "public_description": texts,
            "member_ids": st.lists(ids, unique=True, max_size=4),
            "followers": self.followers,
            "auto_assign": flags,
            "assignment_method": st.sampled_from(AssignmentMethod),
            "assignment_scope": st.sampled_from(CountScope),
            "look_ahead_window": durations,
            "horizon": durations,
            "assignment_mode": st.sampled_from(AssignmentMode),
            "catch_up": st.sampled_from(CatchUp),
            "on_answer": st.sampled_from(OnAnswer),
            "reopen_window": durations,
            "member_options": st.dictionaries(ids, self.member_options, max_size=3),
            "members_follow": flags,
            "version": st.integers(1, 2**62),
        }
        self._fields[Ticket] = {
            "id": ids,
            "team_id": ids,
            "stage_id": ids,
            "subject": lines(empty=False),
            "created_at": local_moments,
            "description": texts,
            "opener_id": maybe,
            "customer_id": maybe,
            "assignee_id": maybe,
            "available_from": st.none() | local_moments,
            "waiting": flags,
            "priority": st.integers(0, 3),
            "tags": st.frozensets(lines(empty=False), max_size=3),
            "links": some,
            "references": st.frozensets(lines(empty=False), max_size=3),
            "fields": host_fields,
            "followers": self.followers,
            "closed_at": st.none() | local_moments,
            "version": st.integers(1, 2**62),
        }
        of_ticket = {"id": ids, "ticket_id": ids, "at": local_moments}
        self._fields[Message] = dict(
            **of_ticket, body=texts, author_id=maybe, internal=flags, automatic=flags
        )
        self._fields[Attachment] = dict(
            **of_ticket,
            name=lines(empty=False),
            size=st.integers(0, 2**53),
            digest=lines(empty=False),
            media_type=lines(empty=False),
            author_id=maybe,
            message_id=maybe,
            internal=flags,
        )
        self._fields[TimeEntry] = dict(
            **of_ticket, user_id=ids, minutes=st.integers(1, 600), note=texts
        )
        self._fields[ReceivedMail] = dict(
            **of_ticket,
            team_id=ids,
            sender_id=ids,
            internal=flags,
            mail_id=st.none() | lines(empty=False),
            message_id=maybe,
            subject=lines(),
            quoted=texts,
            automatic=flags,
        )
        self.stages = self.made(Stage)
        self.teams = self.made(Team)
        self.tickets = self.made(Ticket)
        self.messages = self.made(Message)
        self.attachments = self.made(Attachment)
        self.time_entries = self.made(TimeEntry)
        self.mails = self.made(ReceivedMail)

    def made(self, kind: type, **given: Any) -> st.SearchStrategy[Any]:
        """Entities of a kind, with some fields of one value instead of drawn ones."""
        fixed = {name: st.just(value) for name, value in given.items()}
        return st.builds(kind, **self._fields[kind] | fixed)

    @property
    def entities(self) -> st.SearchStrategy[Any]:
        """Any of them."""
        return st.one_of(
            self.users,
            self.stages,
            self.teams,
            self.tickets,
            self.messages,
            self.attachments,
            self.time_entries,
            self.mails,
        )

    @property
    def changes(self) -> st.SearchStrategy[Any]:
        """Every kind of change, with every kind of value that a field can have."""
        ids = self.ids
        values = st.one_of(
            st.none(), flags, st.integers(-5, 2**60), texts, ids, moments, durations,
            st.sampled_from([*Visibility, *UserKind, *AssignmentMethod]),
            st.frozensets(ids, max_size=3), st.frozensets(st.sampled_from(Role)),
            st.lists(ids, max_size=3).map(tuple), st.just(SmsTemplate("x")), host_fields,
            st.just(EmailTemplate("x", "y")),
        )  # fmt: skip
        follow = {
            "kind": st.sampled_from(Kind),
            "id": ids,
            "user_id": ids,
            "source": st.sampled_from(FollowSource),
        }
        simple = st.one_of(
            st.builds(
                SetField,
                kind=st.sampled_from(Kind),
                id=ids,
                field=lines(),
                expected=values,
                value=values,
            ),
            st.builds(AddFollow, **follow),
            st.builds(RemoveFollow, **follow),
            st.builds(Add, self.entities),
            st.builds(DeleteStage, stage_id=ids),
            st.builds(NoteAssignment, team_id=ids, member_id=ids, sequence=st.integers(0, 9)),
            st.builds(GiveCredit, team_id=ids, member_id=ids, tickets=st.integers(1, 9)),
            st.builds(NoteCatchingUp, team_id=ids, catching_up=self.remembered),
            st.builds(
                Discard,
                first_id=ids,
                second_id=ids,
                first_fingerprint=lines(),
                second_fingerprint=lines(),
            ),
            st.builds(MarkUndone, merge_id=ids, at=moments),
        )
        return simple | st.builds(RecordMerge, merge=self.merges_of(simple))

    def merges_of(self, changes: st.SearchStrategy[Any]) -> st.SearchStrategy[Merge]:
        """Records of merges that made such changes."""
        return st.builds(
            Merge,
            id=self.ids,
            master_id=self.ids,
            merged_ids=st.lists(self.ids, unique=True, max_size=3).map(tuple),
            at=moments,
            changes=st.lists(changes, max_size=5).map(tuple),
            undone_at=st.none() | moments,
        )


def events(id_type: type = str) -> st.SearchStrategy[Event]:
    """Any event, with ids of this type."""
    return st.one_of([events_of(kind, ids_of(id_type)) for kind in EVENT_TYPES.values()])


def changes(id_type: type = str) -> st.SearchStrategy[Any]:
    """Any change, with ids of this type."""
    return Things(id_type).changes


def entities(id_type: type = str) -> st.SearchStrategy[Any]:
    """Any entity that a repository keeps, with ids of this type."""
    return Things(id_type).entities


# --- time off ------------------------------------------------------------------------------------


@st.composite
def absences(draw: Any, user_ids: st.SearchStrategy[Any]) -> Absence:
    """Time off around the year 2026: of minutes or of years, some without an end."""
    start = datetime(2025, 1, 1, tzinfo=UTC) + draw(st.timedeltas(timedelta(0), timedelta(1000)))
    lasts = st.timedeltas(timedelta(minutes=1), timedelta(days=400))
    length = draw(st.none() | lasts)
    return Absence(
        user_id=draw(user_ids), start=start, end=None if length is None else start + length
    )


@st.composite
def schedules(draw: Any, user_ids: st.SearchStrategy[Any]) -> WeeklySchedule:
    """Some hours of some days, in zones with summer time and without."""
    hours = []
    for day in draw(st.frozensets(st.integers(0, 6), max_size=5)):
        start = draw(st.integers(0, 24 * 60 - 1))
        hours.append((day, start, draw(st.integers(start + 1, 24 * 60))))
    zones = ["UTC", "Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
    return WeeklySchedule(
        user_id=draw(user_ids), time_zone=draw(st.sampled_from(zones)), hours=sorted(hours)
    )
