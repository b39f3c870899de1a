"""Plain data: what goes out comes back, is as its schema says, and anything else is refused."""

from __future__ import annotations

import enum
import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("jsonschema")

from jsonschema import Draft202012Validator

import helpdesk_core
import schema
from helpdesk_core import (
    Absence,
    Decision,
    EmailTemplate,
    Gap,
    Observed,
    Page,
    Plan,
    Reason,
    SearchPage,
    Snippet,
    System,
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
    WeeklySchedule,
)
from helpdesk_core.adapters.plain import from_plain, json_schema, to_plain
from helpdesk_core.entities import FollowSource, MemberOptions
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import EVENT_TYPES, Event, TicketClosed, TicketOpened
from helpdesk_core.plans import Change, DeleteStage, Kind, SetField
from helpdesk_core.testing.strategies import values_of

ID_TYPES = (str, int, UUID)
MONDAY = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
SECRET = "whoever reads this has read too much"
KINDS = schema.KINDS


def _sent(value: Any) -> Any:
    """Through JSON."""
    return json.loads(json.dumps(value, allow_nan=False))


def _ticket(**given: Any) -> Any:
    ticket = Ticket(id="T-1", team_id="a", stage_id="new", subject="Ink", created_at=MONDAY)
    return to_plain(ticket) | given


# --- there and back ------------------------------------------------------------------------------


@pytest.mark.parametrize("id_type", ID_TYPES)
@pytest.mark.parametrize("name", KINDS)
def test_everything_comes_back(name: str, id_type: type) -> None:
    """V19, A20, T6: values of every public class come back equal, and are as their schema says."""
    kind = KINDS[name]

    @settings(max_examples=3)
    @given(st.data())
    def check(data: Any) -> None:
        value = data.draw(values_of(kind, id_type))
        plain = to_plain(value, kind, id_type=id_type)
        assert _sent(plain) == plain
        _validator(name, id_type).validate(plain)
        back = from_plain(kind, _sent(plain), id_type=id_type)
        assert back == value
        assert type(back) is type(value)
        assert to_plain(back, kind, id_type=id_type) == plain

    check()


def _validator(name: str, id_type: type, made: Any = {}) -> Draft202012Validator:  # noqa: B006
    if (name, id_type) not in made:
        made[name, id_type] = Draft202012Validator(json_schema(KINDS[name], id_type=id_type))
    return made[name, id_type]


def test_every_public_class_is_sent_or_known_not_to_be() -> None:
    """V19, A20: no public class is forgotten: it is among those tried, or it is refused."""
    public = {
        name: kind
        for name in helpdesk_core.__all__
        if isinstance(kind := getattr(helpdesk_core, name), type)
        and (attrs.has(kind) or issubclass(kind, enum.Enum))
    }
    assert len(public) > 60
    assert {name for name, kind in public.items() if KINDS.get(name) is not kind} == schema.NOT_SENT
    assert KINDS.keys() >= EVENT_TYPES.keys()
    for name in schema.NOT_SENT:
        for _ in range(2):  # what was refused once is not known after that
            with pytest.raises(InvalidValueError, match="cannot be plain data"):
                json_schema(public[name])
            with pytest.raises(InvalidValueError, match="cannot be plain data"):
                from_plain(public[name], {})


def test_no_two_classes_share_a_name() -> None:
    """V19: a part of a schema is of one class, though names alone tell them apart."""
    seen: dict[str, Any] = {}
    for kind in KINDS.values():
        for name, part in json_schema(kind)["$defs"].items():
            assert seen.setdefault(name, part) == part


def test_the_schema_in_the_documentation_is_current() -> None:
    """V19, A20: docs/schema.json is what the classes say."""
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), "run `make schema`"
    Draft202012Validator.check_schema(json.loads(schema.text()))


# --- how it looks --------------------------------------------------------------------------------


def test_how_an_entity_looks() -> None:
    """V3, A13: ids, moments in UTC, durations, enumerations and sets as others know them."""
    team = Team(
        id="a",
        name="A",
        visibility=Visibility.PUBLIC,
        stage_ids={"new", "done"},
        followers={"eve": {FollowSource.MEMBER, FollowSource.CHOSEN}},
        member_options={"ada": MemberOptions(capacity=3)},
        reopen_window=timedelta(days=2, milliseconds=1500),
    )
    plain = to_plain(team)
    assert plain["visibility"] == "public"
    assert plain["stage_ids"] == ["done", "new"]
    assert plain["followers"] == [["eve", ["chosen", "member"]]]
    assert plain["member_options"] == [["ada", {"capacity": 3, "weight": 1, "tags": None}]]
    assert plain["reopen_window"] == "P2DT1.5S"
    rome = datetime(2026, 1, 5, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert to_plain(Gap(rome, rome)) == {"start": "2026-01-05T09:30:00+00:00"} | {
        "end": "2026-01-05T09:30:00+00:00"
    }


def test_what_may_be_of_several_classes_has_its_name() -> None:
    """N1, T6: an event among events, and a change among changes, says what it is."""
    closed = TicketClosed(at=MONDAY, by=System(reason="x"), ticket_id="T-1", stage_id="done")
    plain = to_plain(closed, Event)
    assert plain["$"] == "TicketClosed"
    assert plain["value"] == to_plain(closed)
    assert plain["value"]["by"] == {"$": "System", "value": {"reason": "x"}}
    assert to_plain(attrs.evolve(closed, by="ada"))["by"] == "ada"
    one, two = UUID(int=1), UUID(int=2)
    by_uuid = TicketClosed(at=MONDAY, by=one, stage_id=two)
    assert to_plain(by_uuid, id_type=UUID)["by"] == str(one)
    plan = Plan(decision=Decision(True, (Reason("x"),)), changes=(DeleteStage(stage_id="new"),))
    assert to_plain(plan)["changes"] == [{"$": "DeleteStage", "value": {"stage_id": "new"}}]


def test_a_page_says_of_what_it_is() -> None:
    """T8: a page is read as a page of something; of anything, each thing has its name."""
    page = Page((Gap(MONDAY, MONDAY),), "next")
    assert from_plain(Page[Gap], to_plain(page, Page[Gap])) == page
    assert to_plain(page, Page[Gap])["items"][0] == to_plain(page.items[0])
    assert to_plain(page)["items"][0]["$"] == "availability.availability:Gap"
    assert from_plain(Page, to_plain(page)) == page
    assert "Found" in json_schema(SearchPage)["$defs"]


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "PT0S"),
        (timedelta(days=30), "P30D"),
        (timedelta(hours=1), "PT3600S"),
        (timedelta(days=1, microseconds=1), "P1DT0.000001S"),
        (timedelta(seconds=-90), "-PT90S"),
        (timedelta.max, "P999999999DT86399.999999S"),
        (timedelta.min, "-P999999999D"),
    ],
)
def test_durations(duration: timedelta, text: str) -> None:
    """A13: a duration is exact to the microsecond, the longest and the shortest too."""
    value = SetField(kind=Kind.TEAM, id="a", field="horizon", expected=None, value=duration)
    assert to_plain(value)["value"] == {"$": "timedelta", "value": text}
    assert from_plain(SetField, to_plain(value)) == value


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("P2W", timedelta(weeks=2)),
        ("P1DT2H3M4.5S", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("PT90M", timedelta(minutes=90)),
    ],
)
def test_durations_of_other_programs(text: str, duration: timedelta) -> None:
    """A13: weeks, hours and minutes are read, though none are written."""
    team = to_plain(Team(id="a", name="A", visibility=Visibility.PUBLIC)) | {"horizon": text}
    assert from_plain(Team, team).horizon == duration


@pytest.mark.parametrize("text", ["2026-01-05T10:30:00+01:00", "2026-01-05T09:30:00.000Z"])
def test_moments_of_other_programs(text: str) -> None:
    """A13: a moment with any offset is the moment in UTC."""
    assert from_plain(Ticket, _ticket(created_at=text)).created_at == MONDAY


def test_a_field_that_is_not_said_is_as_it_is_without() -> None:
    """T7: who makes plain data need not say what has a default."""
    said = {"id": "ada", "name": "Ada", "kind": "internal"}
    assert from_plain(User, said) == User(id="ada", name="Ada", kind=UserKind.INTERNAL)
    _validator("User", str).validate(said)


# --- ids -----------------------------------------------------------------------------------------

VALUES: dict[type, tuple[Any, Any]] = {
    str: ("1", "1"),
    int: (1, 1),
    UUID: (UUID(int=1), str(UUID(int=1))),
}


@pytest.mark.parametrize("id_type", ID_TYPES)
@pytest.mark.parametrize("other", [*ID_TYPES, bool])
def test_ids_are_kept_apart(id_type: type, other: type) -> None:
    """V3: `True`, `1`, `"1"` and a UUID are no ids where ids are of another type, out or back."""
    id, written = VALUES.get(other, (True, True))
    user = {"id": written, "name": "A", "kind": "portal"}
    if other is id_type:
        made = User(id=id, name="A", kind=UserKind.PORTAL)
        assert to_plain(made, id_type=id_type)["id"] == written
        assert from_plain(User, user, id_type=id_type) == made
        return
    if other is not bool:
        with pytest.raises(InvalidValueError, match=f"^id must be of type {id_type.__name__}"):
            to_plain(User(id=id, name="A", kind=UserKind.PORTAL), id_type=id_type)
    if (id_type, other) != (str, UUID):  # of which JSON says the same
        with pytest.raises(InvalidValueError, match=r"^id must be"):
            from_plain(User, user, id_type=id_type)
        assert not _validator("User", id_type).is_valid(user)


@pytest.mark.parametrize("wrong", ["", "a\nb", "x" * 201, None, 1.0, ["a"], {"a": 1}])
def test_what_is_no_id(wrong: Any) -> None:
    """V3, T7: an id is a line of at most 200 characters, also where no entity checks it."""
    said = {"$": "DeleteStage", "value": {"stage_id": wrong}}
    with pytest.raises(InvalidValueError, match=r"^value.stage_id must"):
        from_plain(Change, said)


def test_numbers_that_are_ids_fit_in_64_bits() -> None:
    """V3, T7: a number that no database keeps is no id."""
    said = {"stage_id": 2**63}
    assert not _validator("DeleteStage", int).is_valid(said)
    with pytest.raises(InvalidValueError, match=r"^stage_id must fit in 64 bits"):
        from_plain(DeleteStage, said, id_type=int)


# --- what is refused -----------------------------------------------------------------------------


def _team(**given: Any) -> Any:
    return to_plain(Team(id="a", name="A", visibility=Visibility.PUBLIC)) | given


def _plan(**given: Any) -> Any:
    return {"decision": {"allowed": True, "reasons": []}} | given


REFUSED: list[tuple[Any, Any, str]] = [
    (Ticket, [], "Ticket must be an object"),
    (Ticket, SECRET, "Ticket must be an object"),
    (Ticket, {1: 2}, "Ticket must have names that are texts"),
    (Ticket, _ticket(colour=SECRET), "colour is no field of Ticket"),
    (Ticket, _ticket() | {SECRET * 9: 1}, "a name is no field of Ticket"),
    (Ticket, {"id": "T-1"}, "team_id is missing"),
    (Ticket, _ticket(subject=7), "subject must be text"),
    (Ticket, _ticket(subject=SECRET * 20), "subject must have at most 500 characters, has 720"),
    (Ticket, _ticket(description=SECRET + "\0"), "description must not hold control characters"),
    (Ticket, _ticket(waiting=1), "waiting must be true or false"),
    (Ticket, _ticket(priority=True), "priority must be a whole number"),
    (Ticket, _ticket(priority=1.0), "priority must be a whole number"),
    (Ticket, _ticket(priority=9), "priority must be between 0 and 3"),
    (Ticket, _ticket(tags=SECRET), "tags must be a list"),
    (Ticket, _ticket(tags={"a": 1}), "tags must be a list"),
    (Ticket, _ticket(tags=["a", 7]), "tags[1] must be text"),
    (Ticket, _ticket(tags=["a", "a"]), "tags must not hold anything twice"),
    (Ticket, _ticket(fields=[]), "fields must be an object"),
    (Ticket, _ticket(fields={"a": None}), "fields.a must be text, a number, true, false or texts"),
    (Ticket, _ticket(fields={"a": {}}), "fields.a must be text, a number, true, false or texts"),
    (Ticket, _ticket(fields={"a": [[]]}), "fields.a[0] must be text"),
    (Ticket, _ticket(fields={"a": ["b", "b"]}), "fields.a must not hold anything twice"),
    (Ticket, _ticket(fields={"a": math.inf}), "fields.a must be a finite number"),
    (Ticket, _ticket(created_at="yesterday"), "created_at must be a moment as"),
    (Ticket, _ticket(created_at="2026-01-05T09:30:00"), "created_at must be a moment as"),
    (Ticket, _ticket(created_at="2026-01-05"), "created_at must be a moment as"),
    (Ticket, _ticket(created_at=1767605400), "created_at must be a moment as"),
    (Ticket, _ticket(created_at="2026-13-05T09:30:00Z"), "created_at cannot be read: ValueError"),
    (
        Ticket,
        _ticket(created_at="0001-01-01T00:00:00+09:00"),
        "created_at cannot be read: OverflowError",
    ),
    (Team, _team(visibility="PUBLIC"), "visibility must be one of private, company, public"),
    (Team, _team(visibility=[]), "visibility must be one of private, company, public"),
    (Team, _team(horizon=[1, 0, 0]), "horizon must be a duration as P30D or PT1.5S"),
    (Team, _team(horizon="P"), "horizon must be a duration as"),
    (Team, _team(horizon="P1Y"), "horizon must be a duration as"),
    (Team, _team(horizon="-P1D"), "horizon must be a duration of zero or more"),
    (Team, _team(horizon=f"P{10**9}D"), "horizon cannot be read: OverflowError"),
    (Team, _team(horizon=f"P{'9' * 9999}D"), "horizon cannot be read: ValueError"),
    (Team, _team(followers={"eve": ["chosen"]}), "followers must be a list"),
    (Team, _team(followers=[["eve"]]), "followers[0] must be a list of 2"),
    (Team, _team(followers=[["eve", ["liked"]]]), "followers[0][1][0] must be one of chosen"),
    (Team, _team(followers=[["eve", []]]), "followers gives 'eve' no FollowSource"),
    (
        Team,
        _team(followers=[["eve", ["chosen"]]] * 2),
        "followers[1] names an id a second time",
    ),
    (
        Team,
        _team(member_options=[["ada", {"weight": "2"}]]),
        "member_options[0][1].weight must be a whole number",
    ),
    (
        EmailTemplate,
        {"subject": "a", "text": "b", "translations": {"it": {"subject": "a"}}},
        "translations.it.text is missing",
    ),
    (Snippet, {"text": "a", "marks": [[1, 2], [1, 2, 3]]}, "marks[1] must be a list of 2"),
    (Observed, {"use_case": "a", "outcome": "lost"}, "outcome must be one of done, refused"),
    (Absence, {"user_id": "a", "start": "x", "end": None}, "start must be a moment as"),
    (
        WeeklySchedule,
        {"user_id": "a", "time_zone": "Mars", "hours": []},
        "time_zone must be an IANA time zone",
    ),
    (Plan, _plan(changes=[SECRET]), "changes[0] must be an object"),
    (Plan, _plan(changes=[{"$": "Add"}]), "changes[0] must be an object of '$', a name"),
    (Plan, _plan(changes=[{"$": 7, "value": {}}]), "changes[0] must be an object of '$', a name"),
    (Plan, _plan(changes=[{"$": "User", "value": {}}]), "changes[0].$ must be one of SetField"),
    (
        Plan,
        _plan(changes=[{"$": "Add", "value": {"thing": {"$": "Ticket", "value": {}}}}]),
        "changes[0].value.thing.value.id is missing",
    ),
    (Plan, _plan(events=[{"$": "Event", "value": {}}]), "events[0].$ must be one of TicketOpened"),
    (TicketOpened, {"at": "x"}, "at must be a moment as"),
    (
        TicketOpened,
        {"at": "2026-01-05T09:30:00Z", "stage_id": "a", "by": {"$": "User", "value": {}}},
        "by.$ must be one of System",
    ),
    (Reason, {"code": "a", "parameters": {"b": {}}}, "parameters.b must be an object of '$'"),
    (
        Reason,
        {"code": "a", "parameters": {"b": {"$": "os:environ", "value": 1}}},
        "parameters.b.value is of a kind that this release does not know",
    ),
    (
        Reason,
        {"code": "a", "parameters": {"b": {"$": "adapters.plain.schemas:Field", "value": {}}}},
        "parameters.b.value is of a kind that this release does not know",
    ),
    (
        Reason,
        {"code": "a", "parameters": {"b": {"$": "service.keeping:NewFile", "value": {}}}},
        "parameters.b.value.bytes | typing.BinaryIO cannot be plain data",
    ),
    (
        Reason,
        {"code": "a", "parameters": {"b": {"$": "tuple", "value": SECRET}}},
        "parameters.b must be a list",
    ),
    (
        Reason,
        {"code": "a", "parameters": {"b": {"$": "map", "value": ["ab"]}}},
        "parameters.b.value must be a list of pairs",
    ),
    (
        Reason,
        {"code": "a", "parameters": {"b": {"$": "set", "value": [[1]]}}},
        "parameters.b.value cannot be read: TypeError",
    ),
    (
        Reason,
        {"code": "a", "parameters": {"b": {"$": "UUID", "value": SECRET}}},
        "parameters.b.value must be a UUID",
    ),
    (Reason, {"code": "a", "parameters": {"b": math.nan}}, "parameters.b must be a finite number"),
    (Reason, {"code": "a", "parameters": {"b": b"x"}}, "parameters.b must be plain data"),
    (list[Ticket], [], "list cannot be plain data"),
    (int | str, 1, "int | str cannot be plain data"),
]


@pytest.mark.parametrize(
    ("kind", "data", "said"), REFUSED, ids=[f"{n} {said}" for n, (*_, said) in enumerate(REFUSED)]
)
def test_what_is_refused_names_its_place(kind: Any, data: Any, said: str) -> None:
    """T7, V14: data that cannot be read are refused by the path of the field, and never shown."""
    with pytest.raises(InvalidValueError) as caught:
        from_plain(kind, data)
    assert str(caught.value).startswith(said)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_nests_without_end_is_refused() -> None:
    """T7: data that nest deeper than anything does are refused like others."""
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidValueError, match="cannot be read: RecursionError"):
        from_plain(Reason, {"code": "a", "parameters": {"b": deep}})
    while deep:  # or Python would free it by recursion too
        deep = deep[0]


BROKEN = [None, True, 7, -1, 1.5, SECRET, [], [SECRET], {}, {"$": SECRET, "value": SECRET}]


@settings(max_examples=200)
@given(st.sampled_from(list(KINDS)), st.data())
def test_what_the_schema_refuses_is_refused(name: str, data: Any) -> None:
    """T7, V14: data that were broken anywhere are read or refused, and what is read is valid."""
    kind = KINDS[name]
    broken = _broken(to_plain(data.draw(values_of(kind)), kind), data)
    said = ""
    try:
        from_plain(kind, broken)
    except InvalidValueError as error:
        said = str(error)
    assert SECRET not in said
    assert said or _validator(name, str).is_valid(broken)


def _broken(plain: Any, data: Any) -> Any:
    """The same, but for one place: another value, one thing less, or one more."""
    box = [json.loads(json.dumps(plain))]
    places = [(box, 0)]
    for inside, at in places:
        value = inside[at]
        if isinstance(value, list | dict):
            keys = range(len(value)) if isinstance(value, list) else value
            places += [(value, key) for key in keys]
    inside, at = data.draw(st.sampled_from(places))
    how = data.draw(st.sampled_from(["another", "less", "more"]))
    if how == "more" and isinstance(inside[at], dict):
        inside[at]["new"] = SECRET
    elif how == "less" and len(inside) > 1:
        del inside[at]
    else:
        inside[at] = data.draw(st.sampled_from(BROKEN))
    return box[0]


def test_what_cannot_be_sent_is_refused() -> None:
    """V3, A13: what has no place in plain data is refused when it is written, by its path."""

    class Host:
        """Nothing of the library's."""

    def changed(value: Any) -> SetField:
        return SetField(kind=Kind.TEAM, id="a", field="x", expected=None, value=value)

    for value in (Host(), b"x", [Host()], {1: {Host()}}):
        with pytest.raises(InvalidValueError, match=r"^value holds a \w+, which cannot be plain"):
            to_plain(changed(value))
    for value in (math.nan, math.inf):
        with pytest.raises(InvalidValueError, match=r"^value must be a finite number"):
            to_plain(changed(value))
    with pytest.raises(InvalidValueError, match=r"^start must be a datetime with a time zone"):
        to_plain(Gap(datetime(2026, 1, 5), MONDAY))  # noqa: DTZ001
    with pytest.raises(InvalidValueError, match=r"^User must be a User"):
        to_plain(_ticket(), User)
    with pytest.raises(InvalidValueError, match="must be one of SetField"):
        to_plain(Gap(MONDAY, MONDAY), Change)
    with pytest.raises(InvalidValueError, match=r"^Host cannot be plain data"):
        to_plain(Host())
