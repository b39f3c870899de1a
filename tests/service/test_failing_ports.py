"""Every port failing at every call of the use-cases that ask it: wholly before or wholly after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from desks import SETUP, Company
from helpdesk_core import (
    AttachmentStoreError,
    CalendarError,
    Delivered,
    NotifierError,
    System,
    Ticket,
    TicketFilter,
    Visibility,
    WeeklySchedule,
)
from helpdesk_core.events import MessageGivenUp
from helpdesk_core.ports import DeliveryStatus


class FailsAt:
    """A port whose k-th call raises, and only that one."""

    def __init__(self, port: Any, k: int, error: Exception) -> None:
        self._port, self._left, self._error = port, k, error

    @property
    def came(self) -> bool:
        """Whether the failure has come."""
        return self._left == 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*arguments: Any, **options: Any) -> Any:
            if self._left:
                self._left -= 1
                if not self._left:
                    raise self._error
            return method(*arguments, **options)

        return call


def _breaking(company: Company, port: str, k: int, error: Exception) -> FailsAt:
    whole = getattr(company.desk, port)
    failing = FailsAt(getattr(whole, "_port", whole), k, error)
    setattr(company.desk, port, failing)
    return failing


def test_a_calendar_that_fails_keeps_the_ticket_waiting(company: Company) -> None:
    """A14: whichever call of the calendar fails, the ticket waits and is served later."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    for error in (CalendarError("silent"), TimeoutError()):
        for k in (1, 2):
            failing = _breaking(company, "_calendar", k, error)
            ticket = company.open("auto")
            assert failing.came
            assert (ticket.waiting, ticket.assignee_id) == (True, None)
    worker = System(reason="worker")
    _breaking(company, "_calendar", 1, TimeoutError())
    with pytest.raises(CalendarError):
        company.desk.assign_waiting(actor=worker)
    waiting = TicketFilter(waiting=True)
    assert company.desk.count(actor=SETUP, query=waiting) == 4
    assert len(company.desk.assign_waiting(actor=worker)) == 4
    assert company.desk.count(actor=SETUP, query=waiting) == 0


def test_a_calendar_that_answers_nonsense_has_not_answered(company: Company) -> None:
    """A14: schedules that are none, or of somebody else, keep the ticket waiting like silence."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    other = WeeklySchedule(user_id="root", time_zone="UTC", hours=[(0, 0, 60)])
    for nonsense in (None, other):
        company.calendar.schedules = lambda ids, given=nonsense: dict.fromkeys(ids, given)
        ticket = company.open("auto")
        assert (ticket.waiting, ticket.assignee_id) == (True, None)


def test_no_horizon_is_too_long(company: Company) -> None:
    """A11: the longest horizon and window that a team can have lose no ticket."""
    company.team(
        "auto",
        Visibility.COMPANY,
        auto_assign=True,
        horizon=timedelta.max,
        look_ahead_window=timedelta.max,
    )
    company.away("ann", "bob", days=3)
    company.away("cyd", days=2)
    assert company.open("auto").assignee_id == "ann"


def test_a_calendar_that_fails_hinders_nothing_done_by_hand(company: Company) -> None:
    """A14, A18: without an answer of the calendar a person still gives a ticket to somebody."""
    ticket = company.open()
    _breaking(company, "_calendar", 1, CalendarError("silent"))
    assert company.desk.assign(ticket.id, "ann", actor=SETUP).assignee_id == "ann"


def test_a_notifier_that_fails_loses_no_message(company: Company) -> None:
    """N1: whichever of several messages cannot be sent, it is sent later and the others now."""
    for name in ("ann", "bob", "cyd"):
        company.desk.follow_team("company", name, actor=SETUP)
    company.deliver()
    for k in (1, 2, 3):
        before = len(company.notifier.sent)
        company.open()
        failing = _breaking(company, "_notifier", k, NotifierError("no way out"))
        assert company.desk.deliver().failed == 1
        assert failing.came
        assert len(company.notifier.sent) == before + 2
        company.clock.advance(timedelta(hours=1))
        assert company.desk.deliver().sent == 1
        assert {m.to_address for m in company.notifier.sent[before:]} == {
            f"{name}@example.com" for name in ("ann", "bob", "cyd")
        }


def test_a_notifier_that_breaks_its_contract_loses_no_message(company: Company) -> None:
    """N1: an error of another kind is a failed attempt by its name, and the others are sent now."""
    for name in ("ann", "bob", "cyd"):
        company.desk.follow_team("company", name, actor=SETUP)
    company.deliver()
    for k in (1, 2, 3):
        company.open()
        failing = _breaking(company, "_notifier", k, ZeroDivisionError("a secret"))
        assert company.desk.deliver() == Delivered(sent=2, failed=1, errors=("ZeroDivisionError",))
        assert failing.came
        with company.repository.reading() as session:
            assert len(session.outbox(status=DeliveryStatus.PENDING)) == 1
        company.clock.advance(timedelta(hours=1))
        assert company.desk.deliver() == Delivered(sent=1)


def test_a_link_that_cannot_be_made_stops_one_message_alone(company: Company) -> None:
    """N1: where the host's own function fails for a ticket, the messages of others are sent."""
    company.desk.follow_team("company", "ann", actor=SETUP)
    company.deliver()
    bad, good = company.open(), company.open()

    def link_to(ticket: Ticket) -> str:
        if ticket.id == bad.id:
            raise KeyError("a secret")
        return f"https://desk.example/{ticket.id}"

    company.desk._link_to = link_to
    assert company.desk.deliver() == Delivered(sent=1, failed=1, errors=("KeyError",))
    assert company.notifier.sent[-1].ticket_id == good.id


def test_why_a_message_is_given_up_is_kept(company: Company) -> None:
    """N1, T6: after the last attempt the history names who was not reached, how, and the error."""
    ticket = company.open("public", customer_id="con")
    company.deliver()
    company.desk.reply(ticket.id, "a secret", actor="ann")

    def broken(_: object) -> None:
        raise ZeroDivisionError("a secret")

    company.notifier.send = broken  # type: ignore[method-assign]
    for _ in range(10):
        company.desk.deliver()
        company.clock.advance(timedelta(days=1))
    events = company.desk.history(ticket.id, actor=SETUP)
    (given_up,) = [event for event in events if isinstance(event, MessageGivenUp)]
    assert (given_up.recipient_id, given_up.channel, given_up.attempts, given_up.error) == (
        "con",
        "email",
        8,
        "ZeroDivisionError",
    )
    assert "secret" not in repr(given_up)


ATTACHING: dict[str, Callable[[Company, Any], Any]] = {
    "attach": lambda c, id: c.desk.attach(id, "a.txt", b"ink", actor="ann"),
    "attach inside": lambda c, id: c.desk.attach(id, "b.txt", b"ink", actor="ann", internal=True),
}


@pytest.mark.parametrize("name", ATTACHING)
def test_a_store_of_files_that_fails_leaves_no_record(company: Company, name: str) -> None:
    """N1, M10: where the bytes cannot be kept there is no attachment and no event of it."""
    ticket = company.open()
    events = company.names(ticket.id)
    _breaking(company, "_attachments", 1, AttachmentStoreError("full"))
    with pytest.raises(AttachmentStoreError):
        ATTACHING[name](company, ticket.id)
    assert company.names(ticket.id) == events
    assert company.desk.attachments(ticket.id, actor="ann").items == ()
    assert company.desk.check() == ()
    ATTACHING[name](company, ticket.id)
    assert len(company.desk.attachments(ticket.id, actor="ann")) == 1
