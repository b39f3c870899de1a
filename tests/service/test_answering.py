"""What a customer's answer to a closed ticket does, through the service (G11, G7, N3)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from desks import SETUP, Company
from helpdesk_core import OnAnswer, SimilarityIndex, TicketFilter, every
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.ports import ALL_CLAIMS, Claim

DAY = timedelta(days=1)


def _closed(company: Company, team: str = "public", **fields: Any) -> str:
    ticket = company.open(team, customer_id="pat", **fields)
    company.desk.close(ticket.id, actor="ann")
    return str(ticket.id)


def _told(company: Company, ticket_id: str) -> list[str]:
    return [event.name for event in every(company.desk.history, ticket_id, actor=SETUP)]


def _mail(company: Company) -> int:
    with company.repository.reading() as session:
        return sum(one.notice.stage_id is not None for one in session.outbox())


def test_an_answer_opens_the_ticket_again(company: Company) -> None:
    """G11, G7, G8: within the window it goes to the first unfolded stage, and nothing is sent."""
    id = _closed(company)
    sent = _mail(company)
    company.clock.advance(30 * DAY)
    message = company.desk.reply(id, "Still no ink", actor="pat")
    ticket = company.desk.ticket(id, actor=SETUP)
    assert (message.ticket_id, ticket.stage_id, ticket.closed_at) == (id, "new", None)
    assert _told(company, id)[-3:] == ["TicketMoved", "TicketReopened", "MessagePosted"]
    assert _mail(company) == sent
    company.desk.reply(id, "And no paper", actor="pat")
    assert _told(company, id).count("TicketReopened") == 1


def test_after_the_window_it_opens_another(company: Company) -> None:
    """G11: later the answer is on a new ticket of the same customer, linked both ways."""
    id = _closed(company, subject="No cyan")
    company.clock.advance(30 * DAY + timedelta(seconds=1))
    message = company.desk.reply(id, "Still no ink", actor="pat")
    assert message.ticket_id != id
    new, old = (company.desk.ticket(one, actor="ann") for one in (message.ticket_id, id))
    assert (new.subject, new.customer_id, new.stage_id, new.team_id) == (
        "No cyan",
        "pat",
        "new",
        "public",
    )
    assert (new.links, old.links) == ({id}, {message.ticket_id})
    assert (old.stage_id, _told(company, id).count("TicketReopened")) == ("solved", 0)
    assert _told(company, str(new.id))[0] == "TicketOpened"
    said = company.desk.messages(new.id, actor="pat")
    assert [one.body for one in said] == ["Still no ink"]
    assert len(company.desk.messages(id, actor="pat")) == 0
    assert {t.id for t in company.desk.tickets(actor="pat")} == {id, new.id}
    assert company.desk.check() == ()


@pytest.mark.parametrize("on_answer", OnAnswer)
def test_as_the_team_says(company: Company, on_answer: OnAnswer) -> None:
    """G11: a team opens it again, opens another, or leaves it closed with the answer on it."""
    company.desk.change_team("public", actor=SETUP, on_answer=on_answer)
    id = _closed(company)
    message = company.desk.reply(id, "Still no ink", actor="pat")
    closed = company.desk.ticket(id, actor=SETUP).stage_id == "solved"
    assert closed is (on_answer is not OnAnswer.REOPEN)
    assert (message.ticket_id != id) is (on_answer is OnAnswer.NEW_LINKED)
    number = company.desk.count(actor=SETUP, query=TicketFilter(closed=False))
    assert number == (on_answer is not OnAnswer.IGNORE)


@pytest.mark.parametrize("on_answer", OnAnswer)
def test_who_does_not_open_anything(company: Company, on_answer: OnAnswer) -> None:
    """G11, N3: a machine's answer, a colleague's, a note and an open ticket change nothing."""
    company.desk.change_team("public", actor=SETUP, on_answer=on_answer)
    id = _closed(company)
    company.desk.reply(id, "I am on holiday", actor="pat", automatic=True)
    company.desk.reply(id, "Glad to hear it", actor="ann")
    company.desk.reply(id, "Closed by the system", actor=SETUP)
    company.desk.note(id, "A good customer", actor="ann")
    assert company.desk.ticket(id, actor=SETUP).stage_id == "solved"
    open_ = company.open("public", customer_id="pat").id
    assert company.desk.reply(open_, "And another thing", actor="pat").ticket_id == open_
    assert company.desk.count(actor=SETUP) == 2


def test_another_ticket_is_assigned_as_any(company: Company) -> None:
    """G11, A2, A14: the new ticket is given to somebody, or waits, as the team assigns."""
    company.team(
        "auto",
        company.desk.team("public", actor=SETUP).visibility,
        auto_assign=True,
        on_answer=OnAnswer.NEW_LINKED,
    )
    ids = [_closed(company, "auto") for _ in range(3)]
    new = [company.desk.reply(id, "Again", actor="pat").ticket_id for id in ids]
    had = [company.desk.ticket(id, actor=SETUP).assignee_id for id in [*ids, *new]]
    assert had == ["ann", "bob", "cyd"] * 2
    company.away("ann", "bob", "cyd", days=None)
    last = company.desk.reply(ids[0], "Once more", actor="pat").ticket_id
    assert company.desk.ticket(last, actor=SETUP).waiting


def test_a_tombstone_is_answered_on_its_root(company: Company) -> None:
    """G11, M9: an answer to a tombstone opens its root again."""
    one, two = (company.open("public", customer_id="pat").id for _ in range(2))
    company.desk.merge([one, two], master_id=one, actor="root")
    company.desk.close(one, actor="ann")
    assert company.desk.reply(two, "Still no ink", actor="pat").ticket_id == one
    assert company.desk.ticket(one, actor=SETUP).stage_id == "new"


def test_the_same_answer_again(company: Company) -> None:
    """G11, T7: with the same key one other ticket is opened, once."""
    company.desk.change_team("public", actor=SETUP, on_answer=OnAnswer.NEW_LINKED)
    id = _closed(company)
    first, again = (
        company.desk.reply(id, "Still no ink", actor="pat", idempotency_key="k") for _ in range(2)
    )
    assert first == again
    assert company.desk.count(actor=SETUP) == 2


def test_a_store_without_closing_times(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """G11: where nobody knows when it was closed, the window has no end."""
    monkeypatch.setattr(company.repository, "claims", ALL_CLAIMS - {Claim.CLOSING_TIMES})
    id = _closed(company)
    company.clock.advance(999 * DAY)
    assert company.desk.reply(id, "Still no ink", actor="pat").ticket_id == id
    assert company.desk.ticket(id, actor=SETUP).stage_id == "new"


def test_closed_between_looking_and_holding(company: Company) -> None:
    """G11, A14: who is there is asked once more when the ticket was open a moment ago."""
    public = company.desk.team("public", actor=SETUP).visibility
    company.team("auto", public, auto_assign=True, on_answer=OnAnswer.NEW_LINKED)
    id = company.open("auto", customer_id="pat").id
    transact = type(company.desk)._transact
    closed: list[str] = []

    def late(desk: Any, run: Any) -> Any:
        if not closed:
            closed.append(id)
            company.desk.close(id, actor="ann")
        return transact(desk, run)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(company.desk), "_transact", late)
        new = company.desk.reply(id, "Again", actor="pat").ticket_id
    assert new != id
    assert company.desk.ticket(new, actor=SETUP).assignee_id == "bob"


def test_nothing_is_opened_in_a_hidden_team(company: Company) -> None:
    """G11, M7, M9: an answer through a tombstone opens no ticket in a team that is hidden."""
    seen = company.open("public", customer_id="pat").id
    root = company.open("private").id
    company.desk.merge([root, seen], master_id=root, actor="root", allow_cross_visibility=True)
    company.desk.change_team("private", actor=SETUP, on_answer=OnAnswer.NEW_LINKED)
    company.desk.close(root, actor="root")
    company.desk.reply(seen, "Still no ink", actor="pat")
    assert {t.id for t in company.desk.tickets(actor="root")} == {root}
    said = company.desk.messages(root, actor="root")
    assert [one.body for one in said] == ["Still no ink"]
    assert company.desk.ticket(root, actor="root").stage_id == "solved"


def test_the_other_ticket_is_compared_with_others(tmp_path: Path) -> None:
    """G11, M1: the similarity store is told of the ticket that an answer opened."""
    index = SimilarityIndex()
    company = Company(MemoryRepository(), tmp_path, similarity=index)
    company.desk.change_team("public", actor=SETUP, on_answer=OnAnswer.NEW_LINKED)
    id = _closed(company, subject="The cyan cartridge leaks")
    new = company.desk.reply(id, "Again", actor="pat").ticket_id
    found = index.most_similar(company.desk.ticket(id, actor=SETUP), 5)
    assert new in {match.ticket_id for match in found}
