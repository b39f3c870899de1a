"""The SQL repository gives back what it was given."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any
from uuid import uuid4

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_core.adapters.codec import codec_for
from helpdesk_core.assignment import Workload
from helpdesk_core.decisions import deny
from helpdesk_core.entities import (
    Attachment,
    FollowSource,
    HostFields,
    Message,
    ReceivedMail,
    Stage,
    System,
    Team,
    Ticket,
    TimeEntry,
    User,
)
from helpdesk_core.errors import (
    ConflictError,
    InvalidValueError,
    RepositoryError,
)
from helpdesk_core.events import EVENT_TYPES, Event, TicketClosed
from helpdesk_core.plans import (
    Add,
    AddFollow,
    Kind,
    Merge,
    Plan,
    RecordMerge,
    SetField,
)
from helpdesk_core.ports import ALL_CLAIMS, Remembered
from helpdesk_core.testing import RepositoryContract
from helpdesk_core.testing.machine import _steps
from helpdesk_core.testing.worlds import plain_world
from sql_stores import ID_TYPES, empty, on_each_store, opened, ticket_of
from sql_things import (
    MONDAY,
    Things,
    events_of,
    ids_of,
)


def _read(session: Any, thing: Any) -> Any:
    match thing:
        case User():
            return session.users([thing.id])[thing.id]
        case Team():
            return session.teams([thing.id])[thing.id]
        case Stage():
            return next(stage for stage in session.stages() if stage.id == thing.id)
        case Ticket():
            return session.tickets([thing.id])[thing.id]
    asked = {
        Message: session.messages,
        Attachment: session.attachments,
        TimeEntry: session.time_entries,
        ReceivedMail: session.mails,
    }
    return asked[type(thing)]([thing.ticket_id])[0]


@on_each_store
@pytest.mark.parametrize("id_type", ID_TYPES)
def test_every_entity_comes_back_as_it_was(store: str, id_type: type) -> None:
    """M6: whatever an entity holds is there again after it was added, for every type of ids."""
    things = Things(id_type)

    @settings(max_examples=40)
    @given(thing=things.entities, team=things.teams, stage=things.stages, ticket=things.tickets)
    def check(thing: Any, team: Team, stage: Stage, ticket: Ticket) -> None:
        ticket = attrs.evolve(ticket, team_id=team.id, stage_id=stage.id)
        if isinstance(thing, Team):
            thing = team = attrs.evolve(thing, stage_ids={stage.id})
            ticket = attrs.evolve(ticket, team_id=team.id)
        elif isinstance(thing, Stage):
            thing = stage
        elif isinstance(thing, Ticket):
            thing = ticket
        elif not isinstance(thing, User):
            thing = attrs.evolve(thing, ticket_id=ticket.id)
        before = [x for x in (team, stage, ticket) if x is not thing and type(x) is not type(thing)]
        repo = empty(store, id_type)
        with repo.writing() as session:
            session.apply([Add(x) for x in before if not isinstance(x, Ticket)])
            if isinstance(thing, Ticket | Team | Stage | User):
                session.apply([Add(thing)])
            else:
                session.apply([Add(ticket), Add(thing)])
        with repo.reading() as session:
            assert _read(session, thing) == thing

    check()


@on_each_store
@pytest.mark.parametrize("id_type", ID_TYPES)
def test_every_event_comes_back_as_it_was(store: str, id_type: type) -> None:
    """T6: every type of event is in the history with all it says, in the order of recording."""
    ids = ids_of(id_type)

    @settings(max_examples=40)
    @given(st.tuples(*(events_of(kind, ids) for kind in EVENT_TYPES.values())))
    def check(events: tuple[Event, ...]) -> None:
        assert {type(event) for event in events} == set(EVENT_TYPES.values())
        of = [event for event in events if event.ticket_id is not None]
        repo = empty(store, id_type)
        with repo.writing() as session:
            session.publish(events, [])
        with repo.reading() as session:
            history = session.history({event.ticket_id for event in of})
            assert [recorded.event for recorded in history] == of
            assert sorted({r.sequence for r in history}) == [r.sequence for r in history]
            assert session.history({e.ticket_id for e in of}, limit=2) == history[:2]
            if history:
                rest = session.history({e.ticket_id for e in of}, after=history[0].sequence)
                assert rest == history[1:]

    check()


@on_each_store
@pytest.mark.parametrize("id_type", ID_TYPES)
def test_every_change_of_a_merge_comes_back_as_it_was(store: str, id_type: type) -> None:
    """M14: the record of a merge holds every kind of change as it was made."""
    things = Things(id_type)

    @settings(max_examples=120)
    @given(things.merges_of(things.changes))
    def check(merge: Merge) -> None:
        repo = empty(store, id_type)
        with repo.writing() as session:
            session.apply([RecordMerge(merge=merge)])
        with repo.reading() as session:
            assert session.merge(merge.id) == merge
            for ticket_id in (merge.master_id, *merge.merged_ids):
                assert session.merges([ticket_id]) == [merge]

    check()


def test_stored_texts_of_earlier_releases_are_read() -> None:
    """M14, T6: the names in stored merges and events are what they were, and so readable."""
    codec = codec_for(str)
    stored = (
        '[{"$":"SetField","value":{"kind":"ticket","id":"b","field":"merged_into",'
        '"expected":null,"value":"a"}},{"$":"SetField","value":{"kind":"ticket","id":"a",'
        '"field":"closed_at","expected":{"$":"datetime","value":"2026-01-05T09:00:00+00:00"},'
        '"value":null}},{"$":"SetField","value":{"kind":"ticket","id":"a","field":"tags",'
        '"expected":{"$":"set","value":[]},"value":{"$":"set","value":["x"]}}},'
        '{"$":"AddFollow","value":{"kind":"ticket","id":"a","user_id":"eve",'
        '"source":"customer"}}]'
    )
    shape = attrs.fields(attrs.resolve_types(Merge)).changes.type
    changes = codec.loads(stored, shape)
    assert changes == (
        SetField(kind=Kind.TICKET, id="b", field="merged_into", expected=None, value="a"),
        SetField(kind=Kind.TICKET, id="a", field="closed_at", expected=MONDAY, value=None),
        SetField(
            kind=Kind.TICKET, id="a", field="tags", expected=frozenset(), value=frozenset({"x"})
        ),
        AddFollow(kind=Kind.TICKET, id="a", user_id="eve", source=FollowSource.CUSTOMER),
    )
    assert codec.dumps(changes, shape) == stored
    closed = codec.event("TicketClosed", 1, '{"stage_id":"solved"}', at=MONDAY, ticket_id="a")
    assert closed == TicketClosed(at=MONDAY, ticket_id="a", stage_id="solved")
    with pytest.raises(RepositoryError, match=r"cannot be read: TypeError in .*TicketClosed"):
        codec.event("TicketClosed", 1, "{}", at=MONDAY)
    for text in ('{"$":"Secret","value":{}}', '{"$":"adapters.codec:Codec","value":{}}'):
        with pytest.raises(RepositoryError, match="which this release does not know"):
            codec.loads(text, Any)
    with pytest.raises(RepositoryError, match="cannot be read: priority must be between"):
        codec.loads(codec.dumps(ticket_of(), Any).replace('"priority":0', '"priority":9'), Any)
    for name, schema in (("TicketClosed", 2), ("TicketVanished", 1)):
        with pytest.raises(RepositoryError, match="newer than this release"):
            codec.event(name, schema, "{}", at=MONDAY)


_NAMES = """
from helpdesk_core import entities
from helpdesk_core.adapters.shapes import name_of, named
kinds = [kind for name in entities.__all__ if isinstance(kind := getattr(entities, name), type)]
assert {"Ticket", "WeeklySchedule"} <= {kind.__name__ for kind in kinds}
print(*[kind for kind in kinds if name_of(kind) != kind.__name__ or named(kind.__name__) != kind])
"""


def test_entities_are_kept_by_their_names_alone() -> None:
    """M14, T6: in any process what is kept says what it is by a name that stays where it is."""
    fresh = subprocess.run([sys.executable, "-c", _NAMES], capture_output=True, text=True)
    assert (fresh.stdout.strip(), fresh.stderr) == ("", "")


_LOADED = """
import sys
import helpdesk_core.visibility
from helpdesk_core.adapters.shapes import named
before = set(sys.modules)
print(named("visibility:TeamPlan"), sorted(set(sys.modules) - before))
"""


def test_data_make_the_library_import_nothing() -> None:
    """T6: a name that comes out of a database is looked up among what is loaded, and no further."""
    fresh = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True)
    assert (fresh.stdout, fresh.stderr) == ("None []\n", "")


@on_each_store
def test_remembered_results_come_back_as_they_were(store: str) -> None:
    """T7: a key gives the first result again, whatever it was; the same key twice is refused."""
    ticket = Ticket(
        id="T-1",
        team_id="a",
        stage_id="new",
        subject="Ink",
        created_at=MONDAY,
        followers={"eve": {FollowSource.CHOSEN}},
    )
    plan = Plan(
        decision=deny("x.refused", id="T-1", count=3),
        changes=[Add(ticket)],
        events=[TicketClosed(at=MONDAY, by=System(reason="night"), ticket_id="T-1", stage_id="s")],
    )
    load = Workload(member_id="ada", total=3)
    results = [
        None,
        "T-1",
        7,
        uuid4(),
        [1, (2, "3")],
        {"a": MONDAY, 1: timedelta(1)},
        ticket,
        plan,
        load,
    ]
    with opened(store) as repo:
        with repo.writing() as session:
            for n, result in enumerate(results):
                session.remember(f"key {n}", Remembered("digest", result), MONDAY)
        with repo.reading() as session:
            kept = [session.recall(f"key {n}") for n in range(len(results))]
            assert session.recall("another") is None
        assert kept == [Remembered("digest", result) for result in results]
        with pytest.raises(ConflictError), repo.writing() as session:
            session.remember("key 0", Remembered("digest", 1), MONDAY)
        with pytest.raises(InvalidValueError, match="cannot be kept"), repo.writing() as session:
            session.remember("key", Remembered("digest", object()), MONDAY)


def test_long_texts_are_not_kept() -> None:
    """T4: what is read once for many rows is short: long fields of thousands are not kept."""
    codec = codec_for(str)
    for room, again in (("B 12", True), ("x" * 10_000, False)):
        text = codec.dumps({"room": room}, HostFields)
        first = codec.loads_shared(text, HostFields)
        assert first == {"room": room}
        assert (codec.loads_shared(text, HostFields) is first) == again


def test_fields_are_plain_json() -> None:
    """T4: a host's own fields are JSON that other programs read, in the order of their names."""
    codec = codec_for(str)
    fields = {"serials": frozenset("ba"), "paid": True, "cost": 1.0, "hours": 2, "room": "né"}
    text = codec.dumps(fields, HostFields)
    assert text == '{"cost":1.0,"hours":2,"paid":true,"room":"né","serials":["a","b"]}'
    assert codec.loads(text, HostFields) == fields


def test_the_machine_gives_what_can_be_kept() -> None:
    """T7: what the kit's machine sets a host's fields to is what tickets hold, sets as well."""
    contract = RepositoryContract()
    contract._claims = ALL_CLAIMS
    world = plain_world(str, ALL_CLAIMS, None)
    given = [value for field, value in _steps(world, contract) if field == "fields"]
    codec = codec_for(str)
    assert len(given) == 4
    for value in given:
        assert codec.loads(codec.dumps(value, HostFields), HostFields) == value
