"""One repository in two units of work at once, and a session outside its own: refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from desks import SETUP, STORES, Company, repository_for
from helpdesk_core.errors import ConflictError, HelpdeskError, RepositoryError
from helpdesk_core.plans import Add
from helpdesk_core.ports import Repository
from sql_stores import TEAMS, fill, setting, ticket_of
from sql_things import USERS

ONE = ("memory", "sqlite")  # where one writes at a time


@pytest.fixture(params=STORES)
def repo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Repository]:
    """A repository with three teams and a ticket."""
    made = repository_for(request.param, tmp_path)
    fill(made, TEAMS, [ticket_of()])
    yield made
    with made.reading() as session:
        ticket = session.tickets(["T-1"])["T-1"]
    assert (ticket.priority, ticket.subject) == (0, "Ink"), "nothing was changed"


def _uses(session: Any) -> list[Any]:
    """Every kind of call that a session has."""
    return [
        lambda: session.tickets(["T-1"]),
        lambda: session.teams(),
        lambda: session.stages(),
        lambda: session.outbox(),
        lambda: session.apply([setting("priority", 0, 1)]),
        lambda: session.lock(["x"], ["T-1"]),
    ]


def _refused(call: Any) -> None:
    with pytest.raises(RepositoryError):
        call()


@pytest.mark.parametrize("kind", ["reading", "writing"])
def test_a_session_ends_with_its_block(repo: Repository, kind: str) -> None:
    """N1: who keeps a session longer than its block neither reads nor changes anything by it."""
    with getattr(repo, kind)() as session:
        assert session.tickets(["T-1"])
    for call in _uses(session):
        _refused(call)
    with pytest.raises(RepositoryError, match="the session has ended"):
        session.tickets(["T-1"])


@pytest.mark.parametrize("kind", ["reading", "writing"])
def test_a_session_belongs_to_its_thread(repo: Repository, kind: str) -> None:
    """A17: a session that another thread lays hands on does nothing there, and goes on here."""
    with ThreadPoolExecutor(1) as another, getattr(repo, kind)() as session:
        for call in _uses(session):
            another.submit(_refused, call).result()
        with pytest.raises(RepositoryError, match="belongs to the thread"):
            another.submit(session.tickets, ["T-1"]).result()
        assert session.tickets(["T-1"])["T-1"].priority == 0


@pytest.mark.parametrize("store", ONE)
def test_writing_inside_writing_is_refused(store: str, tmp_path: Path) -> None:
    """A17: where one writes at a time, a thread does not wait for itself: it is told at once."""
    repository = repository_for(store, tmp_path)
    company = Company(repository, tmp_path)
    with repository.writing() as session:
        with pytest.raises(RepositoryError, match="writing already: one writing session at a time"):
            company.open()
        with repository.reading() as reader:
            assert reader.teams(["company"])
        session.apply([Add(ticket_of("T-2", team_id="company"))])
    assert company.desk.ticket("T-2", actor=SETUP).subject == "Ink"
    assert company.open().id, "the next one may"


def test_units_of_work_of_two_threads_are_two(repo: Repository) -> None:
    """A17: one repository serves two threads at once, each in a transaction of its own."""
    with ExitStack() as both, ThreadPoolExecutor(1) as another:
        reader = both.enter_context(repo.reading())
        assert reader.tickets(["T-1"])["T-1"].priority == 0
        another.submit(_set_and_set_back, repo).result()
        assert reader.tickets(["T-1"])["T-1"].version == 1


def _set_and_set_back(repo: Repository) -> None:
    for before, after in ((0, 3), (3, 0)):
        with repo.writing() as session:
            session.lock([], ["T-1"])
            session.apply([setting("priority", before, after)])


def test_the_same_thing_added_twice_is_one(repo: Repository) -> None:
    """N1: a call that fails in its block leaves the block as if it had not been made."""
    with repo.writing() as session:
        with pytest.raises(ConflictError):
            session.apply([setting("subject", "Ink", "Lost"), Add(USERS[0])])
        assert session.tickets(["T-1"])["T-1"].subject == "Ink"
    assert issubclass(RepositoryError, HelpdeskError)
