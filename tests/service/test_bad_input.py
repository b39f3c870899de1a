"""Bad input: denied or refused by name, never an exception that ends as a permission."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from desks import MONDAY, SETUP, Company, repository_for
from helpdesk_core import (
    Helpdesk,
    HelpdeskError,
    InvalidValueError,
    NotFoundError,
    Role,
    TicketFilter,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.adapters.memory import (
    ManualClock,
    MemoryCalendar,
    MemoryNotifier,
    MemoryRepository,
)

#: What is an id nowhere, and what could be one of another installation.
NO_IDS = [
    True,
    1.0,
    [],
    {},
    "",
    "x" * 201,
    "\ud800",
    "a\u2028b",
    "a\x00",
    b"one",
    ("one",),
    object(),
]
OTHERS = [1, "1", "One", "one ", "onè", UUID(int=1)]
BAD_LINES = ["bell \x07", "line\nbreak", "a\u2028b", "a\u2029b", "\x85", "\ud800", "x" * 501]
BAD_TEXTS = ["bell \x07", "\ud800", "x" * (1024 * 1024 + 1), "é" * (512 * 1024 + 1), 7, None]


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    """The small company with a ticket `one`, in memory and on SQLite."""
    company = Company(repository_for(request.param, tmp_path), tmp_path)
    company.open("company", id="one")
    return company


def ways(company: Company, id: Any) -> dict[str, Any]:
    """Each place where somebody else's id is given."""
    desk = company.desk
    return {
        "actor": lambda: desk.ticket("one", actor=id),
        "ticket": lambda: desk.ticket(id, actor="root"),
        "reply": lambda: desk.reply(id, "x", actor="root"),
        "move": lambda: desk.move(id, "solved", actor="root"),
        "stage": lambda: desk.move("one", id, actor="root"),
        "team": lambda: desk.team(id, actor="root"),
        "board": lambda: desk.board(id, actor="root"),
        "open": lambda: desk.open_ticket(id, "x", actor="root"),
        "transfer": lambda: desk.transfer("one", id, actor="root"),
        "user": lambda: desk.user(id, actor="root"),
        "assign": lambda: desk.assign("one", id, actor="root"),
        "follow": lambda: desk.follow_ticket("one", id, actor="root"),
        "follow team": lambda: desk.follow_team("company", id, actor="root"),
        "explain": lambda: desk.explain_access("one", id, actor="root"),
        "explain team": lambda: desk.explain_assignment(id, actor="root"),
        "coverage": lambda: desk.coverage(id, MONDAY, MONDAY, actor="root"),
        "merge": lambda: desk.merge(["one", id], actor="root"),
        "preview merge": lambda: desk.preview_merge([id, "one"], actor="root"),
        "unmerge": lambda: desk.unmerge(id, actor="root"),
        "duplicates": lambda: desk.duplicates(id, actor="root"),
        "duplicates of new": lambda: desk.duplicates_of_new(id, "No ink", actor="root"),
        "attachment": lambda: desk.read_attachment("one", id, actor="root"),
        "fold": lambda: desk.preview_fold(id, True, actor="root"),
        "level": lambda: desk.change_visibility(id, Visibility.PUBLIC, actor="root"),
    }


def test_what_is_no_id_is_refused_by_name(desk: Company) -> None:
    """V17, V14: what is no id, or another installation's, names nothing and permits nothing."""
    with desk.repository.reading() as session:
        before = session.tickets(["one"]), session.teams(), session.history(["one"])
    for id in (*NO_IDS, *OTHERS):
        for name, way in ways(desk, id).items():
            with pytest.raises((InvalidValueError, NotFoundError)) as caught:
                way()
            if id in OTHERS and not isinstance(id, bool | float):
                assert isinstance(caught.value, NotFoundError), (name, id)
        for field in ("assignee_id", "customer_id"):
            if id in OTHERS and not isinstance(id, bool | float):
                query = TicketFilter(**{field: id})
                assert desk.desk.count(actor="root", query=query) == 0
            else:
                with pytest.raises(InvalidValueError, match=field):
                    TicketFilter(**{field: id})
    with desk.repository.reading() as session:
        assert (session.tickets(["one"]), session.teams(), session.history(["one"])) == before


def test_true_is_not_the_first_user() -> None:
    """V3, V11: where ids are numbers, `True` and 1.0 act for nobody and open nothing."""
    desk = Helpdesk(
        MemoryRepository(),
        MemoryNotifier(),
        MemoryCalendar(),
        ManualClock(MONDAY),
        id_factory=itertools.count(100).__next__,
    )
    for number in (1, 2):
        user = User(id=number, name="One", kind=UserKind.INTERNAL, roles={Role.AGENT})
        desk.add_user(user, actor=SETUP)
    stage = desk.create_stage("New", id=1, actor=SETUP)
    team = desk.create_team("One", Visibility.COMPANY, id=1, stage_ids=[stage.id], actor=SETUP)
    desk.open_ticket(team.id, "No ink", id=1, actor=SETUP)
    for id in (True, 1.0):
        for call in (
            lambda: desk.tickets(actor=id),  # noqa: B023
            lambda: desk.ticket(id, actor=1),  # noqa: B023
            lambda: desk.follow_ticket(1, id, actor=2),  # noqa: B023
        ):
            with pytest.raises(InvalidValueError):
                call()
    assert desk.ticket(1, actor=1).id == 1


def test_ids_are_of_one_type(desk: Company) -> None:
    """V14: an id of another type than those there is refused by name, and nothing is kept."""
    user = User(id=1, name="One", kind=UserKind.INTERNAL)
    with pytest.raises(InvalidValueError, match="must be of type str here, is int"):
        desk.desk.add_user(user, actor=SETUP)
    with pytest.raises(InvalidValueError, match="must be of type str here, is UUID"):
        desk.desk.create_stage("New", id=UUID(int=1), actor=SETUP)
    with pytest.raises(NotFoundError):
        desk.desk.ticket("one", actor=1)


@pytest.mark.parametrize("level", ["open", "PUBLIC", "", None, 3, True, UserKind.PORTAL])
def test_an_unknown_level_is_refused_by_name(desk: Company, level: Any) -> None:
    """V17: a team has one of the three levels, or there is no such team."""
    for call in (
        lambda: desk.desk.create_team("X", level, actor=SETUP, stage_ids=["new"]),
        lambda: desk.desk.change_visibility("company", level, actor=SETUP),
        lambda: desk.desk.preview_visibility("company", level, actor=SETUP),
    ):
        with pytest.raises(InvalidValueError, match="Visibility"):
            call()
    with pytest.raises(InvalidValueError, match="visibility is no setting"):
        desk.desk.change_team("company", visibility=level, actor=SETUP)
    assert desk.desk.team("company", actor=SETUP).visibility is Visibility.COMPANY


@pytest.mark.parametrize("kind", ["robot", "internal", None, 1, Visibility.PUBLIC])
def test_an_unknown_kind_is_refused_by_name(desk: Company, kind: Any) -> None:
    """V17: somebody is of one of the three kinds, or there is no such person."""
    with pytest.raises(InvalidValueError, match="kind must be a UserKind"):
        desk.desk.add_user(User(id="new", name="New", kind=kind), actor=SETUP)
    with pytest.raises(InvalidValueError, match="kind must be a UserKind"):
        desk.desk.change_user("con", kind=kind, actor=SETUP)


def test_a_ticket_whose_team_is_gone_is_nobodys(tmp_path: Path) -> None:
    """V13, V14, V17: a ticket of a team that is not there is not found, not listed, not sent."""
    company = Company(MemoryRepository(), tmp_path)
    company.open("company", id="one", customer_id="con")
    with company.repository.writing() as session:
        del session._state.teams["company"]
    for actor in ("ann", "root", "con", SETUP):
        with pytest.raises(NotFoundError):
            company.desk.ticket("one", actor=actor)
        assert company.desk.tickets(actor=actor).items == ()
        assert company.desk.count(actor=actor) == 0
        with pytest.raises(NotFoundError):
            company.desk.reply("one", "Hello", actor=actor)
    assert company.deliver() == []


@pytest.mark.parametrize("subject", BAD_LINES, ids=ascii)
def test_a_bad_subject_is_refused_by_name(desk: Company, subject: str) -> None:
    """T4, V14: control characters, U+2028 and lone surrogates are refused, without the text."""
    for call in (
        lambda: desk.desk.open_ticket("company", subject, actor="ann"),
        lambda: desk.desk.change_ticket("one", subject=subject, actor="ann"),
        lambda: desk.desk.create_team(subject, Visibility.COMPANY, actor=SETUP),
        lambda: desk.desk.attach("one", subject, b"x", actor="ann"),
    ):
        with pytest.raises(InvalidValueError) as caught:
            call()
        assert subject not in str(caught.value)
    assert desk.desk.count(actor=SETUP) == 1
    assert desk.desk.ticket("one", actor=SETUP).version == 1
    assert list(desk.store.ids()) == []


@pytest.mark.parametrize("body", BAD_TEXTS, ids=lambda body: ascii(body)[:12])
def test_a_bad_body_is_refused_by_name(desk: Company, body: Any) -> None:
    """T4, V14: a body over 1 MiB or not text is refused by its limit, without the text."""
    for ticket in ("one", "absent"):
        for call in (
            lambda: desk.desk.reply(ticket, body, actor="ann"),  # noqa: B023
            lambda: desk.desk.note(ticket, body, actor="ann"),  # noqa: B023
        ):
            with pytest.raises(InvalidValueError, match="body must") as caught:
                call()
            assert len(str(caught.value)) < 100
    with pytest.raises(InvalidValueError, match="description must"):
        desk.desk.open_ticket("company", "X", body, actor="ann")
    assert desk.desk.messages("one", actor="ann").items == ()


def test_the_largest_body_is_kept(desk: Company) -> None:
    """M6, V14: what is just within the limits is kept as it is."""
    body = "é" * (512 * 1024)
    desk.desk.reply("one", body, actor="ann")
    assert desk.desk.messages("one", actor="ann")[0].body == body
    with pytest.raises(HelpdeskError):
        desk.desk.reply("one", body + "x", actor="ann")
