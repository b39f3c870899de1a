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
    TicketFilter,
    Visibility,
)
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
    """N1: an error of another kind holds up its own message alone, which is dead in the end."""
    for name in ("ann", "bob"):
        company.desk.follow_team("company", name, actor=SETUP)
    company.deliver()
    company.open()
    _breaking(company, "_notifier", 1, ZeroDivisionError())
    assert company.desk.deliver() == Delivered(sent=1, failed=1)
    with company.repository.reading() as session:
        assert len(session.outbox(status=DeliveryStatus.PENDING)) == 1
    for _ in range(8):
        company.clock.advance(timedelta(days=1))
        _breaking(company, "_notifier", 1, ZeroDivisionError())
        company.desk.deliver()
    with company.repository.reading() as session:
        assert len(session.outbox(status=DeliveryStatus.DEAD)) == 1
    assert company.desk.check() == ("dead messages in the outbox: 1",)


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
    assert company.desk.attachments(ticket.id, actor="ann") == ()
    assert company.desk.check() == ()
    ATTACHING[name](company, ticket.id)
    assert len(company.desk.attachments(ticket.id, actor="ann")) == 1
