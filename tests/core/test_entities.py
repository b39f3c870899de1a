"""Entities refuse what they cannot hold, by field and limit, and never echo a body."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core import (
    Absence,
    Attachment,
    Decision,
    FollowSource,
    InvalidValueError,
    Message,
    Reason,
    Role,
    Stage,
    System,
    Team,
    Ticket,
    TicketFilter,
    TimeEntry,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.decisions import allow, deny

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def ticket(**fields) -> Ticket:
    """A ticket with these fields."""
    base = {"id": 1, "team_id": 1, "stage_id": 1, "subject": "Ink", "created_at": NOW}
    return Ticket(**{**base, **fields})


WRONG = [
    (lambda: ticket(id=True), "id must be an int, a non-empty str or a UUID"),
    (lambda: ticket(id=""), "id must be an int, a non-empty str or a UUID"),
    (lambda: ticket(id=1.0), "id must be an int, a non-empty str or a UUID"),
    (lambda: ticket(id=None), "id must be an int, a non-empty str or a UUID"),
    (lambda: ticket(id=2**63), "id must fit in 64 bits"),
    (lambda: ticket(id="x" * 201), "id must have at most 200 characters, has 201"),
    (lambda: ticket(id="a\0"), "id must be one line without control characters"),
    (lambda: ticket(customer_id=False), "customer_id must be an int, a non-empty str or a UUID"),
    (lambda: ticket(subject=7), "subject must be text"),
    (lambda: ticket(subject="  "), "subject must not be empty"),
    (lambda: ticket(subject="a\rb"), "subject must be one line without control characters"),
    (lambda: ticket(subject="a\u2029b"), "subject must be one line without control characters"),
    (lambda: ticket(subject="\ud800"), "subject must not hold a lone surrogate"),
    (lambda: ticket(subject="x" * 501), "subject must have at most 500 characters, has 501"),
    (lambda: ticket(description=b"x"), "description must be text"),
    (lambda: ticket(description="\udfff"), "description must not hold a lone surrogate"),
    (lambda: ticket(description="\x00"), "description must not hold control characters"),
    (
        lambda: ticket(description="é" * 600_000),
        "description must have at most 1,048,576 bytes in UTF-8, has 1,200,000",
    ),
    (lambda: ticket(priority=4), "priority must be between 0 and 3"),
    (lambda: ticket(priority=-1), "priority must be between 0 and 3"),
    (lambda: ticket(priority=True), "priority must be between 0 and 3"),
    (lambda: ticket(waiting=1), "waiting must be a bool"),
    (lambda: ticket(tags=["a", " "]), "tags must not hold an empty text"),
    (lambda: ticket(links=[True]), "links must be an int, a non-empty str or a UUID"),
    (
        lambda: ticket(created_at=datetime(2026, 1, 5)),  # noqa: DTZ001
        "created_at must be a datetime with a time zone",
    ),
    (lambda: ticket(created_at="2026"), "created_at must be a datetime with a time zone"),
    (lambda: ticket(followers={1: set()}), "followers gives 1 no FollowSource"),
    (lambda: ticket(followers={1: {"chosen"}}), "followers gives 1 no FollowSource"),
    (
        lambda: User(id=1, name="A", kind="internal"),
        "kind must be a UserKind",
    ),
    (
        lambda: User(id=1, name="A", kind=UserKind.INTERNAL, roles={"agent"}),
        "roles must hold Role members only",
    ),
    (
        lambda: User(id=1, name="A", kind=UserKind.CONTACT, roles={Role.AGENT}),
        "roles can only be given to internal users",
    ),
    (
        lambda: Team(id=1, name="T", visibility=Visibility.PUBLIC, member_ids=[1, 1]),
        "member_ids names 1 twice",
    ),
    (
        lambda: Team(id=1, name="T", visibility="public"),
        "visibility must be a Visibility",
    ),
    (
        lambda: Team(id=1, name="T", visibility=Visibility.PUBLIC, horizon=timedelta(seconds=-1)),
        "horizon must be a duration of zero or more",
    ),
    (lambda: Stage(id=1, name="S", position=-1), "position must be between 0 and 2,147,483,647"),
    (lambda: Absence(user_id=1, start=NOW, end=NOW), "end must be after start"),
    (lambda: System(reason=""), "reason must not be empty"),
    (
        lambda: TimeEntry(id=1, ticket_id=1, user_id=1, minutes=0, at=NOW),
        "minutes must be between 1 and 527,040",
    ),
]


@pytest.mark.parametrize(("make", "problem"), WRONG, ids=[problem for _, problem in WRONG])
def test_wrong_values_are_named(make, problem: str) -> None:
    """T4, V3, A9: a value that cannot be is refused with its field and its limit."""
    with pytest.raises(InvalidValueError) as caught:
        make()
    assert str(caught.value) == problem


def test_times_are_kept_in_utc() -> None:
    """A9: aware datetimes only; the same moment in another zone is the same value."""
    rome = timezone(timedelta(hours=1))
    assert ticket(created_at=NOW.astimezone(rome)) == ticket()
    assert ticket(created_at=NOW.astimezone(rome)).created_at.tzinfo is UTC


def test_ids_are_told_apart() -> None:
    """V3: ids are opaque and exact: an int, its text and a UUID are three."""
    ids = [1, "1", UUID(int=1)]
    followed = ticket(followers={id: {FollowSource.CHOSEN} for id in ids})
    assert list(followed.followers) == ids


def _team(**fields: Any) -> Team:
    return Team(id=1, name="T", visibility=Visibility.PUBLIC, **fields)


def _ann(**fields: Any) -> User:
    return User(id="ann", name="Ann", kind=UserKind.INTERNAL, **fields)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (ticket, "tags"),
        (ticket, "links"),
        (ticket, "references"),
        (_team, "member_ids"),
        (_team, "stage_ids"),
        (_ann, "roles"),
        (TicketFilter, "team_ids"),
        (TicketFilter, "stage_ids"),
    ],
)
def test_a_text_is_no_collection(make: Any, field: str) -> None:
    """T4, V13: a text given for a collection is refused by name, and not taken for its letters."""
    for text in ("urgent", b"urgent", ""):
        with pytest.raises(InvalidValueError, match=f"^{field} must be a collection, not one text"):
            make(**{field: text})
    with pytest.raises(InvalidValueError, match=f"^{field} must be a collection$"):
        make(**{field: 7})
    if field != "member_ids":
        with pytest.raises(InvalidValueError, match=f"^{field} holds what cannot be in a set"):
            make(**{field: [["a"]]})
    with pytest.raises(InvalidValueError, match=r"^followers must be a mapping"):
        ticket(followers=["ann"])
    assert ticket(tags=(tag for tag in ("a", "b"))).tags == {"a", "b"}


def test_roles_need_an_active_user() -> None:
    """V11, T3: roles count for active internal users only."""
    ann = User(id=1, name="Ann", kind=UserKind.INTERNAL, roles=set(Role), active=False)
    assert not ann.is_administrator
    assert not ann.is_eligible
    assert not ann.is_external
    assert not User(id=1, name="Ann", kind=UserKind.INTERNAL).is_eligible


def test_bodies_are_never_shown() -> None:
    """V15: what people wrote is in no error and in no printed form."""
    secret = "the password is 1234"
    message = Message(id=1, ticket_id=1, body=secret, at=NOW)
    assert secret not in repr(message)
    assert secret not in repr(ticket(description=secret))
    with pytest.raises(InvalidValueError) as caught:
        Message(id=1, ticket_id=1, body=secret + "\x00", at=NOW)
    assert secret not in str(caught.value)
    attachment = Attachment(id=1, ticket_id=1, name="a", size=0, digest="0", at=NOW)
    assert attachment.internal is False


def test_decisions_have_no_truth_value() -> None:
    """V19: a decision is asked by name; its reasons are data with a text form."""
    with pytest.raises(TypeError):
        bool(allow("a.b"))
    assert (allow("a.b").allowed, deny("a.b").allowed) == (True, False)
    assert str(deny("a.b", x=1, y="z").reasons[0]) == "a.b (x=1, y=z)"
    assert str(Reason("a.b")) == "a.b"
    assert Decision(True, (Reason("c"), Reason("d"))).code == "c"


@given(st.text())
def test_any_text_is_taken_or_refused_by_name(text: str) -> None:
    """T4: any text at all is a subject, or refused as the subject."""
    try:
        kept = ticket(subject=text).subject
    except InvalidValueError as error:
        field = error.field
    else:
        field = "subject"
        assert kept == text
    assert field == "subject"
