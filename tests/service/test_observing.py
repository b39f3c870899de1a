"""What a host's logging and metrics are told of each use-case: as it ended, and ids alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desks import SETUP, Company
from helpdesk_core import (
    CalendarError,
    CollisionError,
    ConflictError,
    EmailTemplate,
    Helpdesk,
    NotFoundError,
    Observed,
    RefusedError,
    Role,
    System,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.adapters.memory import MemoryRepository

Noted = tuple[Company, list[Observed]]


def watched(folder: Path, observer: Callable[[Observed], object]) -> Company:
    """The small company, watched from now on."""
    company = Company(MemoryRepository(), folder)
    ports = (company.repository, company.notifier, company.calendar, company.clock)
    company.desk = Helpdesk(
        *ports, attachments=company.store, id_factory=company.desk._new_id, observer=observer
    )
    return company


@pytest.fixture
def noted(company: Company, tmp_path: Path) -> Noted:
    """The small company on each store, and what was told of it."""
    told: list[Observed] = []
    ports = (company.repository, company.notifier, company.calendar, company.clock)
    company.desk = Helpdesk(
        *ports,
        attachments=company.store,
        id_factory=company.desk._new_id,
        observer=told.append,
    )
    return company, told


def without_time(observed: Observed) -> Observed:
    """The same, as if it had taken no time."""
    assert observed.milliseconds >= 0
    return attrs.evolve(observed, milliseconds=0)


def test_a_use_case_is_told_once_as_it_ended(noted: Noted) -> None:
    """N1: done, refused by a code, failed by a type: who, on what, and the events committed."""
    company, told = noted
    company.desk.open_ticket("company", "No ink", actor="ann", id="T-1", assignee_id="bob")
    with pytest.raises(RefusedError):
        company.desk.move("T-1", "working", actor="emp")
    with pytest.raises(NotFoundError):
        company.desk.ticket("T-9", actor="ann")
    with pytest.raises(ConflictError):
        company.desk.change_ticket("T-1", actor="lea", priority=1, expected_version=7)
    company.desk.close("T-1", actor=SETUP)
    assert [without_time(one) for one in told] == [
        Observed(
            use_case="open_ticket",
            outcome="done",
            milliseconds=0,
            actor_id="ann",
            ticket_ids=("T-1",),
            team_ids=("company",),
            events=told[0].events,
        ),
        Observed(
            use_case="move",
            outcome="refused",
            milliseconds=0,
            code="permission.role",
            actor_id="emp",
            ticket_ids=("T-1",),
        ),
        Observed(
            use_case="ticket",
            outcome="failed",
            milliseconds=0,
            code="NotFoundError",
            actor_id="ann",
            ticket_ids=("T-9",),
        ),
        Observed(
            use_case="change_ticket",
            outcome="failed",
            milliseconds=0,
            code="ConflictError",
            actor_id="lea",
            ticket_ids=("T-1",),
        ),
        Observed(
            use_case="close",
            outcome="done",
            milliseconds=0,
            ticket_ids=("T-1",),
            team_ids=("company",),
            events=told[4].events,
        ),
    ]
    assert list(told[0].events + told[4].events) == company.names("T-1")


def test_only_what_was_committed_is_told(tmp_path: Path) -> None:
    """N1: the observer is told after the commit, and of one that failed there are no events."""
    seen: list[Any] = []

    def observer(observed: Observed) -> None:
        seen.append((observed.events, company.repository._state.tickets.keys()))  # type: ignore[attr-defined]

    company = watched(tmp_path, observer)
    company.desk.open_ticket("company", "No ink", actor=SETUP, id="T-1")
    (events, tickets) = seen.pop()
    assert "TicketOpened" in events
    assert set(tickets) == {"T-1"}
    whole = company.repository.writing

    class Fails:
        def __enter__(self) -> Any:
            self.block = whole()
            return self.block.__enter__()

        def __exit__(self, *_: object) -> None:
            self.block.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
            raise ZeroDivisionError

    company.repository.writing = Fails  # type: ignore[method-assign,assignment]
    with pytest.raises(ZeroDivisionError):
        company.desk.open_ticket("company", "No ink", actor=SETUP, id="T-2")
    assert seen.pop()[0] == ()


def test_new_attempts_are_counted(tmp_path: Path) -> None:
    """A17: transactions that collided and were begun anew are told, their events once."""
    told: list[Observed] = []
    company = watched(tmp_path, told.append)
    whole, left = company.repository.writing, [2]

    @contextmanager
    def writing() -> Any:
        with whole() as session:
            yield session
            if left[0]:
                left[0] -= 1
                raise CollisionError("another went on")

    company.repository.writing = writing  # type: ignore[method-assign]
    company.desk.open_ticket("company", "No ink", actor=SETUP)
    assert (told[0].retries, told[0].events.count("TicketOpened")) == (2, 1)


def test_what_ports_did_not_do_is_told_by_type(noted: Noted) -> None:
    """A14, N1: a silent calendar and a broken notifier are told where the call went on without."""
    company, told = noted
    company.team("auto", Visibility.COMPANY, auto_assign=True)

    class Silent:
        def absences(self, *_: object) -> Any:
            raise TimeoutError("a secret")

    whole, company.desk._calendar = company.desk._calendar, Silent()  # type: ignore[assignment]
    company.open("auto", customer_id="con")
    assert (told[-1].outcome, told[-1].errors) == ("done", ("CalendarError",))
    with pytest.raises(CalendarError):
        company.desk.assign_waiting(actor=SETUP)
    assert (told[-1].outcome, told[-1].code) == ("failed", "CalendarError")
    company.desk._calendar = whole
    company.notifier.send = lambda _: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    for _ in range(9):
        company.desk.deliver()
        company.clock.advance(timedelta(days=1))
    given_up = [one for one in told if "MessageGivenUp" in one.events]
    assert [(one.use_case, one.errors) for one in given_up] == [("deliver", ("ZeroDivisionError",))]


@pytest.mark.parametrize("error", [ZeroDivisionError, RefusedError, RecursionError])
def test_an_observer_that_raises_breaks_nothing(tmp_path: Path, error: type[Exception]) -> None:
    """N1: what the observer raises changes neither the result nor the error of a use-case."""

    def observer(_: Observed) -> None:
        raise error("no room for the log") if error is not RefusedError else ValueError

    company = watched(tmp_path, observer)
    ticket = company.desk.open_ticket("company", "No ink", actor=SETUP)
    assert company.desk.ticket(ticket.id, actor=SETUP) == ticket
    with pytest.raises(NotFoundError):
        company.desk.ticket("T-9", actor=SETUP)


def test_an_observer_may_ask_the_help_desk(tmp_path: Path) -> None:
    """N1: what the observer itself asks is not told to it again."""
    counts: list[int] = []
    company = watched(tmp_path, lambda _: counts.append(company.desk.count(actor=SETUP)))
    for _ in range(3):
        company.desk.open_ticket("company", "No ink", actor=SETUP)
    assert counts == [1, 2, 3]


# --- identifiers only ----------------------------------------------------------------------------

MARK = "s3cr3t"


class Leaky:
    """A port whose errors say what they were given, as some do."""

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: object, **options: object) -> Any:
            raise RuntimeError(f"{MARK} {arguments} {options}")

        return call


def _steps() -> dict[str, Callable[[Company, str, str], object]]:
    """Use-cases whose every text is marked; `a` and `b` are ids of tickets."""
    mark, who = f"{MARK} words", "ann"
    host = System(reason=mark)
    return {
        "open": lambda c, a, b: c.desk.open_ticket(
            "public", mark, description=mark, tags={MARK}, actor="pat", idempotency_key=mark
        ),
        "open one": lambda c, a, b: c.desk.open_ticket("company", mark, actor=host, id=a),
        "open with a customer": lambda c, a, b: c.desk.open_ticket(
            "public", mark, actor=who, id=b, customer_id="con"
        ),
        "reply": lambda c, a, b: c.desk.reply(a, mark, actor=who),
        "note": lambda c, a, b: c.desk.note(a, mark, actor=who, idempotency_key=MARK),
        "change": lambda c, a, b: c.desk.change_ticket(a, actor=who, subject=mark, tags={MARK}),
        "attach": lambda c, a, b: c.desk.attach(a, f"{MARK}.txt", mark.encode(), actor=who),
        "attach too much": lambda c, a, b: c.desk.attach(a, MARK, b"12", actor=who, limit=1),
        "time": lambda c, a, b: c.desk.log_time(a, 5, actor=who, note=mark),
        "user": lambda c, a, b: c.desk.change_user(
            "con", actor=host, name=mark, email=f"{MARK}@x.org", company=mark
        ),
        "add": lambda c, a, b: c.desk.add_user(
            User(id="new", name=mark, kind=UserKind.CONTACT, email=f"{MARK}@y.org"), actor=host
        ),
        "add again": lambda c, a, b: c.desk.add_user(
            User(id="ann", name=mark, kind=UserKind.INTERNAL, roles={Role.AGENT}), actor=host
        ),
        "stage": lambda c, a, b: c.desk.create_stage(
            mark, actor=host, email_template=EmailTemplate(mark, mark)
        ),
        "team": lambda c, a, b: c.desk.change_team(
            "company", actor=host, name=mark, public_description=mark, company=mark
        ),
        "wrong field": lambda c, a, b: c.desk.change_ticket(a, actor=who, **{MARK: mark}),
        "too long": lambda c, a, b: c.desk.reply(a, f"{MARK}" * 99999, actor=who),
        "merge": lambda c, a, b: c.desk.merge([a, b], actor=host, allow_cross_visibility=True),
        "discard": lambda c, a, b: c.desk.discard_duplicate(a, b, actor=host),
        "close": lambda c, a, b: c.desk.close(a, actor=who),
        "refused": lambda c, a, b: c.desk.create_stage(mark, actor="emp"),
        "transfer": lambda c, a, b: c.desk.transfer(a, "private", actor=host),
        "look": lambda c, a, b: (c.desk.history(a, actor=who), c.desk.messages(a, actor=who)),
        "list": lambda c, a, b: c.desk.tickets(actor=who),
        "deliver": lambda c, a, b: c.desk.deliver(),
        "check": lambda c, a, b: c.desk.check(),
        "repair": lambda c, a, b: c.desk.repair(actor=host),
        "waiting": lambda c, a, b: c.desk.assign_waiting(actor=host),
    }


STEPS = _steps()


def test_no_content_is_ever_told(tmp_path: Path) -> None:
    """V15, T9: whatever is done and however it ends, the observer is told no text of anybody's."""
    numbers = iter(range(10**6))
    seen: set[tuple[str, str]] = set()

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(sorted(STEPS)), st.permutations(["T-1", "T-2", "T-3"])),
            min_size=8,
            max_size=25,
        ),
        st.sampled_from([None, "_notifier", "_calendar", "_attachments"]),
    )
    def check(steps: list[tuple[str, list[str]]], leaky: str | None) -> None:
        told: list[Observed] = []
        company = watched(tmp_path / str(next(numbers)), told.append)
        company.team("auto", Visibility.COMPANY, auto_assign=True)
        if leaky is not None:
            setattr(company.desk, leaky, Leaky())
        for name, (a, b, _) in steps:
            count = len(told)
            with suppress(Exception):
                STEPS[name](company, a, b)
            assert len(told) > count, f"{name} was not told"
        for observed in told:
            assert MARK not in repr(observed)
            seen.add((observed.use_case, observed.outcome))
        with suppress(Exception):
            assert not [f for f in company.desk.check() if MARK in f"{f}{f!r}"]

    check()
    assert {outcome for _, outcome in seen} == {"done", "refused", "failed"}
    assert len({use_case for use_case, _ in seen}) > 15


def test_only_ids_codes_and_numbers_can_be_told() -> None:
    """V15: a field for content would have to be added here first."""
    fields = {field.name: str(field.type) for field in attrs.fields(Observed)}
    assert set(fields) == {
        "use_case", "outcome", "milliseconds", "code", "actor_id", "ticket_ids", "team_ids",
        "events", "errors", "retries",
    }  # fmt: skip
