"""Mails that come in: an answer, a new ticket, or nothing (N3, M9, V15)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from desks import SETUP, STORES, Company, repository_for
from helpdesk_core import (
    PERMISSIONS,
    EmailTemplate,
    OnAnswer,
    Received,
    RefusedError,
    System,
    User,
    UserKind,
    Visibility,
    every,
)
from helpdesk_core.errors import AttachmentStoreError, NotClaimedError, NotFoundError
from helpdesk_core.events import (
    MailReturned,
    StageMessageSent,
    StageMessageSkipped,
    TicketReopened,
)
from helpdesk_core.ports import (
    ALL_CLAIMS,
    Automatic,
    Claim,
    IncomingEmail,
    IncomingFile,
    TicketFilter,
)
from helpdesk_core.visibility.scopes import Everything

MAIL = System(reason="mail")
DOMAIN = "desk.example.com"


@pytest.fixture(params=STORES)
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    """A company on each store."""
    return made(repository_for(request.param, tmp_path), tmp_path)


def made(repository: Any, folder: Path, **options: Any) -> Company:
    company = Company(repository, folder, mail_domain=DOMAIN, **options)
    company.desk.change_stage("new", actor=SETUP, email_template=None)
    return company


def mail(sender: str = "pat", text: str = "No ink left.", **fields: Any) -> IncomingEmail:
    values: dict[str, Any] = {"sender": f"{sender}@example.com", "subject": "No ink"}
    return IncomingEmail(text=text, **(values | fields))


def receive(company: Company, letter: IncomingEmail, team: str = "public", **more: Any) -> Received:
    return company.desk.receive(letter, team, **({"verified": True, "actor": MAIL} | more))


def sent(company: Company) -> list[Any]:
    """Deliver, and what was sent since the last time."""
    company.notifier.sent.clear()
    company.desk.deliver()
    return list(company.notifier.sent)


def what_is_there(company: Company) -> Any:
    with company.repository.reading() as session:
        tickets = session.find(Everything(), TicketFilter(merged=None))
        ids = [ticket.id for ticket in tickets]
        return tickets, session.messages(ids), session.outbox(), session.history(ids)


# --- opening -------------------------------------------------------------------------------------


def test_a_mail_opens_a_ticket(company: Company) -> None:
    """N3, T5: what answers nothing opens a ticket, of which its sender is the customer."""
    received = receive(company, mail(mail_id="<1@pat>"))
    assert received.decision.code == "mail.opened"
    ticket = company.desk.ticket(received.ticket_id, actor="pat")
    assert (ticket.subject, ticket.description) == ("No ink", "No ink left.")
    assert (ticket.customer_id, ticket.opener_id) == ("pat", "pat")
    [kept] = company.desk.mails(received.ticket_id, actor="ann")
    assert (kept.mail_id, kept.sender_id, kept.message_id) == ("<1@pat>", "pat", None)


def test_without_a_subject(company: Company) -> None:
    """N3: a mail without a subject opens a ticket that says so."""
    received = receive(company, mail(subject="  "))
    assert company.desk.ticket(received.ticket_id, actor=SETUP).subject == "(no subject)"


def test_an_unknown_sender_is_a_new_contact(company: Company) -> None:
    """N3: nobody has exactly this address: a contact is made, once; or it is refused."""
    letter = mail(sender="new", sender_name="Nell")
    with pytest.raises(RefusedError) as refused:
        receive(company, letter, new_contacts=False)
    assert refused.value.decision.code == "mail.refused.unknown_sender"
    first = receive(company, letter)
    again = receive(company, attrs.evolve(letter, sender="New@Example.com"))
    assert first.sender_id == again.sender_id
    with company.repository.reading() as session:
        [user] = session.users([first.sender_id]).values()
    assert (user.name, user.kind, user.email) == ("Nell", UserKind.CONTACT, "new@example.com")
    part = receive(company, attrs.evolve(letter, sender="ne@example.com", sender_name=""))
    assert part.sender_id != first.sender_id


def test_who_has_left_is_refused(company: Company) -> None:
    """N3, V17: in the name of somebody who is not active nothing is done."""
    company.desk.change_user("pat", actor=SETUP, active=False)
    before = what_is_there(company)
    with pytest.raises(RefusedError) as refused:
        receive(company, mail())
    assert refused.value.decision.code == "mail.refused.inactive_sender"
    assert what_is_there(company) == before


def test_an_employee_must_be_verified(company: Company) -> None:
    """N3, V11: in an employee's name nothing is done unless the mail is known to be theirs."""
    ticket = company.open("public", customer_id="pat")
    letter = mail("ann", references=[f"<ticket.s.{ticket.id}@{DOMAIN}>"])
    before = what_is_there(company)
    with pytest.raises(RefusedError) as refused:
        receive(company, letter, verified=False)
    assert refused.value.decision.code == "mail.refused.not_verified"
    assert what_is_there(company) == before
    assert receive(company, letter).decision.code == "mail.replied"
    assert receive(company, mail("pat"), verified=False).decision.code == "mail.opened"


def test_an_employee_does_not_come_to_see_inside(company: Company) -> None:
    """V2, V15: who mails a PRIVATE team is its customer and sees neither it nor its notes."""
    received = receive(company, mail("emp"), "private")
    with pytest.raises(NotFoundError):
        company.desk.ticket(received.ticket_id, actor="emp")
    company.desk.reply(received.ticket_id, "We look.", actor=SETUP)
    assert [m.text for m in sent(company) if m.recipient_id == "emp"] == ["We look."]
    own = receive(company, mail("emp", text="On the open team."), "company")
    assert company.desk.ticket(own.ticket_id, actor="emp").opener_id == "emp"


def test_it_is_assigned_as_any(company: Company) -> None:
    """A2, N3: a team with automatic assignment gives a mail's ticket to somebody."""
    company.team("auto", Visibility.PUBLIC, member_ids=("ann", "bob"), auto_assign=True)
    given = [
        company.desk.ticket(
            receive(company, mail(text=f"No {n}"), "auto").ticket_id, actor=SETUP
        ).assignee_id
        for n in range(4)
    ]
    assert given == ["ann", "bob", "ann", "bob"]


# --- answering -----------------------------------------------------------------------------------


def reference(company: Company, to: str) -> str:
    """What the last mail to somebody says that answers should refer to."""
    [last] = [m for m in company.notifier.sent if m.recipient_id == to][-1:]
    return str(last.mail_id)


def test_an_answer_stands_on_its_ticket(company: Company) -> None:
    """N3, V20: what answers one of ours, or the sender's own mail, is on the same ticket."""
    opened = receive(company, mail(mail_id="<1@pat>"))
    company.desk.follow_ticket(opened.ticket_id, "ann", actor="ann")
    company.desk.reply(opened.ticket_id, "Which printer?", actor="ann")
    sent(company)
    [ours] = [m for m in company.notifier.sent if m.text == "Which printer?"]
    assert ours.references[-1] == "<1@pat>"
    for n, name in enumerate((ours.mail_id, ours.references[0], "<1@pat>"), start=2):
        letter = mail(text=f"answer {n}", references=[name], mail_id=f"<{n}@pat>")
        received = receive(company, letter)
        assert (received.decision.code, received.ticket_id) == ("mail.replied", opened.ticket_id)
    said = [m.body for m in company.desk.messages(opened.ticket_id, actor="pat")]
    assert said == ["Which printer?", "answer 2", "answer 3", "answer 4"]
    told = {m.recipient_id: m for m in sent(company)}
    assert set(told) == {"ann"}
    assert told["ann"].auto_submitted.value == "no"


def test_a_contact_answers_on_their_own_ticket(company: Company) -> None:
    """V4, V20: a contact opens nothing, and yet answers by mail what they are told in full."""
    opened = receive(company, mail("con"), "private")
    company.desk.reply(opened.ticket_id, "Which printer?", actor=SETUP)
    [ours] = [m for m in sent(company) if m.recipient_id == "con"]
    assert ours.link is None
    received = receive(company, mail("con", text="That one.", references=[ours.mail_id]), "private")
    assert (received.decision.code, received.ticket_id) == ("mail.replied", opened.ticket_id)


@pytest.mark.parametrize("sender", ["pia", "con", "emp", "nobody"])
@pytest.mark.parametrize("team", ["private", "public", "company"])
def test_an_answer_is_never_a_way_in(company: Company, sender: str, team: str) -> None:
    """M9, V14: who may not write on the ticket that they name opens one of their own."""
    ticket = company.open(team, customer_id="pat")
    letter = mail(sender, text="Let me in", references=[f"<ticket.s.{ticket.id}@{DOMAIN}>"])
    received = receive(company, letter)
    if sender == "emp" and team != "private":
        assert received.ticket_id == ticket.id
        return
    assert received.decision.code == "mail.opened"
    assert received.ticket_id != ticket.id
    assert list(company.desk.messages(ticket.id, actor=SETUP)) == []


def test_the_role_must_let_them_reply(tmp_path: Path) -> None:
    """T5, M9: who may view and not reply opens a ticket; a contact has no role to be asked."""
    nobody = {**PERMISSIONS, "ticket.reply": frozenset[str]()}
    company = made(repository_for("memory", tmp_path), tmp_path, permissions=nobody)
    ticket = company.open("public", customer_id="pat")
    references = [f"<ticket.s.{ticket.id}@{DOMAIN}>"]
    company.desk.follow_ticket(ticket.id, "pia", actor=SETUP)
    company.desk.change_ticket(ticket.id, actor=SETUP, priority=1)
    for sender, code in (("ann", "opened"), ("pia", "opened"), ("pat", "opened")):
        received = receive(company, mail(sender, text=sender, references=references))
        assert received.decision.code == f"mail.{code}"
    own = company.open("public", customer_id="con")
    letter = mail("con", references=[f"<ticket.s.{own.id}@{DOMAIN}>"])
    assert receive(company, letter).ticket_id == own.id


def test_the_role_must_let_them_open_and_attach(tmp_path: Path) -> None:
    """T5: by mail nobody opens a ticket, or attaches a file, whose role may not."""
    nobody = {**PERMISSIONS, "ticket.open": frozenset[str](), "ticket.attach": frozenset[str]()}
    company = made(repository_for("memory", tmp_path), tmp_path, permissions=nobody)
    ticket = company.open("public", customer_id="con")
    file = IncomingFile(name="a.exe", media_type="a/b", content=b"x")
    references = [f"<ticket.s.{ticket.id}@{DOMAIN}>"]
    before = what_is_there(company)
    for letter in (mail("ann"), mail("ann", references=references, files=[file])):
        with pytest.raises(RefusedError) as refused:
            receive(company, letter)
        assert refused.value.decision.code == "permission.role"
    assert what_is_there(company) == before
    assert set(company.store.ids()) == set()
    assert receive(company, mail("con", references=references, files=[file])).decision.allowed
    assert receive(company, mail("new", files=[file])).decision.allowed


def test_an_id_that_several_use_says_nothing(company: Company) -> None:
    """M9, V15: who sends their own mail under another's id does not get what answers that."""
    company.desk.change_user("con", actor=SETUP, email="con@example.com")
    theirs = receive(company, mail("con", text="Mine", mail_id="<M@pat>"))
    ours = receive(company, mail("pat", text="Really", mail_id="<M@pat>"))
    answer = receive(company, mail("ann", text="Secret", references=["<M@pat>"]))
    assert answer.ticket_id not in (theirs.ticket_id, ours.ticket_id)
    own = receive(company, mail("pat", text="And", references=["<M@pat>"]))
    assert own.ticket_id == ours.ticket_id


def test_a_mail_that_came_back_must_be_ours(company: Company) -> None:
    """N1, V14: that one came back is written down only where an id of a mail of ours says so."""
    opened = receive(company, mail(mail_id="<1@pat>"))
    company.desk.reply(opened.ticket_id, "Hello", actor=SETUP)
    [ours] = sent(company)
    before = what_is_there(company)
    for forged in (f"<ticket.s.{opened.ticket_id}@{DOMAIN}>", "<1@pat>"):
        letter = mail("evil", automatic=Automatic.BOUNCE, references=[forged])
        received = receive(company, letter, verified=False)
        assert (received.decision.code, received.ticket_id) == ("mail.dropped.return", None)
    assert what_is_there(company) == before
    letter = mail("evil", automatic=Automatic.BOUNCE, references=[ours.mail_id])
    assert receive(company, letter, verified=False).ticket_id == opened.ticket_id


def test_ids_of_others_name_nothing(company: Company) -> None:
    """N3: an id of another domain, or of no ticket, is no reference, and the next one is tried."""
    ticket = company.open("public", customer_id="pat")
    wrong = ["<ticket.s.nothing@desk.example.com>", f"<ticket.s.{ticket.id}@elsewhere.com>", "x"]
    assert receive(company, mail(references=wrong)).decision.code == "mail.opened"
    right = [*wrong, f"<key.7.ticket.s.{ticket.id}@DESK.example.com>"]
    assert receive(company, mail(text="x", references=right)).ticket_id == ticket.id


def test_an_answer_to_a_note_is_a_note(company: Company) -> None:
    """V15: what a colleague answers to an internal note goes to nobody outside."""
    ticket = company.open("public", customer_id="pat")
    company.desk.follow_ticket(ticket.id, "ann", actor="ann")
    company.desk.follow_ticket(ticket.id, "bob", actor="bob")
    company.desk.note(ticket.id, "He owes us money", actor="ann")
    [ours] = sent(company)
    letter = mail("bob", text="Much?", references=[ours.mail_id], mail_id="<1@bob>")
    received = receive(company, letter)
    assert received.decision.code == "mail.noted"
    assert [m.recipient_id for m in sent(company)] == ["ann"]
    again = receive(company, mail("ann", text="Very", references=["<1@bob>"]))
    assert again.decision.code == "mail.noted"
    assert list(company.desk.messages(ticket.id, actor="pat")) == []
    outside = receive(company, mail("pat", text="?", references=[ours.mail_id]))
    assert (outside.decision.code, outside.ticket_id) == ("mail.replied", ticket.id)
    forged = receive(company, mail("pia", text="?", references=[ours.mail_id]))
    assert forged.decision.code == "mail.opened"


def test_an_answer_to_a_tombstone_lands_on_the_root(company: Company) -> None:
    """M9, M7: the right is asked of the ticket addressed, and the words stand on its root."""
    first = receive(company, mail("pat", mail_id="<1@pat>"))
    other = company.open("private", customer_id="con")
    company.desk.merge(
        [first.ticket_id, other.id], actor="root", master_id=other.id, allow_cross_visibility=True
    )
    received = receive(company, mail(text="Any news?", references=["<1@pat>"]))
    assert (received.decision.code, received.ticket_id) == ("mail.replied", other.id)
    more = receive(company, mail(text="More", references=["<1@pat>"], mail_id="<2@pat>"))
    assert more.ticket_id == other.id
    third = receive(company, mail(text="Third", references=["<2@pat>"]))
    assert third.ticket_id == other.id


@pytest.mark.parametrize("on_answer", OnAnswer)
@pytest.mark.parametrize("sender", ["pat", "con"])
def test_an_answer_to_a_closed_ticket(company: Company, sender: str, on_answer: OnAnswer) -> None:
    """G11: a customer's mail opens the closed ticket again, another one, or neither."""
    company.desk.change_team("public", actor=SETUP, on_answer=on_answer)
    opened = receive(company, mail(sender, mail_id="<1@x>"))
    company.desk.close(opened.ticket_id, actor="ann")
    machine = mail(sender, references=["<1@x>"], text="Away", automatic=Automatic.REPLIED)
    assert receive(company, machine).ticket_id == opened.ticket_id
    events = list(company.desk.history(opened.ticket_id, actor=SETUP))
    assert not any(isinstance(event, TicketReopened) for event in events)
    received = receive(company, mail(sender, text="Still none", references=["<1@x>"]))
    events = list(company.desk.history(opened.ticket_id, actor=SETUP))
    reopened = any(isinstance(event, TicketReopened) for event in events)
    assert reopened == (on_answer is OnAnswer.REOPEN)
    another = received.ticket_id != opened.ticket_id
    assert another == (on_answer is OnAnswer.NEW_LINKED)
    if another:
        new = company.desk.ticket(received.ticket_id, actor=SETUP)
        assert (new.customer_id, new.links) == (sender, {opened.ticket_id})


@pytest.mark.parametrize("sender", ["pat", "con"])
def test_another_ticket_is_assigned(company: Company, sender: str) -> None:
    """G11, A2: what a mail to a closed ticket opens is given to somebody, as any new ticket."""
    company.team(
        "auto", Visibility.PUBLIC, member_ids=("ann",), auto_assign=True,
        on_answer=OnAnswer.NEW_LINKED,
    )  # fmt: skip
    opened = receive(company, mail(sender, mail_id="<1@x>"), "auto")
    company.desk.close(opened.ticket_id, actor="ann")
    received = receive(company, mail(sender, text="Still none", references=["<1@x>"]), "auto")
    assert received.ticket_id != opened.ticket_id
    assert company.desk.ticket(received.ticket_id, actor=SETUP).assignee_id == "ann"


# --- machines ------------------------------------------------------------------------------------


def acknowledging(company: Company, stage: str = "new") -> None:
    """The first stage answers its customer."""
    company.desk.change_stage(
        stage, actor=SETUP, email_template=EmailTemplate("We have it", "${ticket.id}")
    )


def test_an_acknowledgement_is_an_automatic_reply(company: Company) -> None:
    """N3, G8: the stage's message says that it is a machine's answer, and what it answers."""
    acknowledging(company)
    opened = receive(company, mail(mail_id="<1@pat>"))
    [answer] = sent(company)
    assert answer.auto_submitted.value == "auto-replied"
    assert answer.references[-1] == "<1@pat>"
    company.desk.move(opened.ticket_id, "working", actor="ann")
    company.desk.move(opened.ticket_id, "new", actor="ann")
    assert [m.auto_submitted.value for m in sent(company) if m.subject == "We have it"] == [
        "auto-generated"
    ]


@pytest.mark.parametrize("how", [Automatic.GENERATED, Automatic.REPLIED, Automatic.BOUNCE])
@pytest.mark.parametrize("answers", [False, True])
def test_a_machine_causes_no_mail(company: Company, how: Automatic, answers: bool) -> None:
    """N3: automatic mail never causes automatic mail, whatever it opens or answers."""
    acknowledging(company)
    company.team("auto", Visibility.PUBLIC, member_ids=("ann",), auto_assign=True)
    company.desk.follow_team("auto", "bob", actor=SETUP)
    opened = receive(company, mail(mail_id="<1@pat>"), "auto")
    assert sent(company)
    company.desk.reply(opened.ticket_id, "Hello", actor=SETUP)
    ours = next(message.mail_id for message in sent(company) if message.text == "Hello")
    letter = mail(text="beep", automatic=how, references=[ours] if answers else [])
    received = receive(company, letter, "auto")
    assert sent(company) == []
    codes = {
        (Automatic.GENERATED, False): "mail.opened",
        (Automatic.GENERATED, True): "mail.replied",
        (Automatic.REPLIED, False): "mail.dropped.automatic_reply",
        (Automatic.REPLIED, True): "mail.replied",
        (Automatic.BOUNCE, False): "mail.dropped.return",
        (Automatic.BOUNCE, True): "mail.returned",
    }
    assert received.decision.code == codes[how, answers]
    events = [e.event for e in what_is_there(company)[3]]
    if received.decision.code == "mail.opened":
        skipped = [e for e in events if isinstance(e, StageMessageSkipped)]
        assert [e.code for e in skipped] == ["stage.skipped.automatic_mail"]
        assert company.desk.ticket(received.ticket_id, actor=SETUP).assignee_id == "ann"
    elif received.decision.code == "mail.replied":
        said = company.desk.messages(opened.ticket_id, actor="ann")[-1]
        assert said.automatic
    elif received.decision.code == "mail.returned":
        assert [e.ticket_id for e in events if isinstance(e, MailReturned)] == [opened.ticket_id]
    else:
        assert len(what_is_there(company)[0]) == 1


def test_what_a_list_sends_is_not_answered(company: Company) -> None:
    """N3: a list gets no answer by a machine; colleagues are told as of any mail."""
    acknowledging(company)
    company.desk.follow_team("public", "bob", actor=SETUP)
    received = receive(company, mail(automatic=Automatic.BULK))
    assert [m.recipient_id for m in sent(company)] == ["bob"]
    assert not company.desk.mails(received.ticket_id, actor="ann")[0].automatic


def test_who_answers_without_saying_that_it_is_a_machine(company: Company) -> None:
    """N3: the same words again are not answered, nor many within the hour; later ones are."""
    acknowledging(company)
    assert receive(company, mail(text="I am  away")).decision.allowed
    assert len(sent(company)) == 1
    receive(company, mail(text="I am away"))
    assert sent(company) == []
    for n in range(3):
        receive(company, mail(text=f"Number {n}"))
        assert len(sent(company)) == 1
    receive(company, mail(text="Too many"))
    assert sent(company) == []
    company.clock.advance(timedelta(hours=1, seconds=1))
    receive(company, mail(text="I am away"))
    assert len(sent(company)) == 1


def test_who_opens_linked_tickets_is_not_answered_for_ever(company: Company) -> None:
    """N3, G11: what opens another ticket by answering a closed one counts as any that opens one."""
    acknowledging(company)
    company.desk.change_team("public", actor=SETUP, on_answer=OnAnswer.NEW_LINKED)
    opened = receive(company, mail(mail_id="<1@pat>"))
    company.desk.close(opened.ticket_id, actor=SETUP)
    sent(company)
    for text, answered in (("Again", 1), ("Again", 0), ("a", 1), ("b", 1), ("c", 0), ("d", 0)):
        received = receive(company, mail(text=text, references=["<1@pat>"]))
        assert received.ticket_id != opened.ticket_id
        replies = [m for m in sent(company) if m.auto_submitted.value == "auto-replied"]
        assert len(replies) == answered, text


def test_one_answer_for_each_ticket_and_hour(company: Company) -> None:
    """N3: however many mails come about a ticket within the hour, a machine answers one."""
    acknowledging(company)
    company.desk.change_team("public", actor=SETUP, on_answer=OnAnswer.REOPEN)
    opened = receive(company, mail(mail_id="<1@pat>"))
    for n in range(4):
        if n % 2:
            company.desk.close(opened.ticket_id, actor=SETUP)
        receive(company, mail(text=f"and {n}", references=["<1@pat>"], mail_id=f"<x{n}@pat>"))
    answers = [m for m in sent(company) if m.auto_submitted.value == "auto-replied"]
    assert [(m.recipient_id, m.ticket_id) for m in answers] == [("pat", opened.ticket_id)]
    history = what_is_there(company)[3]
    entered = [e.event for e in history if isinstance(e.event, StageMessageSent)]
    assert [event.stage_id for event in entered].count("new") == 1


def test_our_own_mail_comes_back(company: Company) -> None:
    """N3: a mail of ours that went round in a circle is dropped."""
    ticket = company.open("public", customer_id="pat")
    company.desk.reply(ticket.id, "Hello", actor="ann")
    [ours] = [m for m in sent(company) if m.recipient_id == "pat"]
    before = what_is_there(company)
    received = receive(company, mail("ann", mail_id=ours.mail_id, references=ours.references))
    assert received.decision.code == "mail.dropped.own"
    assert what_is_there(company) == before


# --- once ----------------------------------------------------------------------------------------


def test_the_same_mail_again_does_nothing(company: Company) -> None:
    """N3, T7: fetched twice, or sent to two mailboxes, an answer stands once."""
    opened = receive(company, mail(mail_id="<1@pat>"))
    answer = mail(text="More", mail_id="<2@pat>", references=["<1@pat>"])
    first = receive(company, answer)
    before = what_is_there(company)
    for letter, team, of in (
        (mail(mail_id="<1@pat>"), "public", opened),
        (answer, "public", first),
        (answer, "company", first),
    ):
        again = receive(company, letter, team)
        assert again.decision.code == "mail.dropped.received_before"
        assert (again.ticket_id, again.message_id) == (of.ticket_id, of.message_id)
    assert what_is_there(company) == before
    elsewhere = receive(company, mail(mail_id="<1@pat>"), "company")
    assert elsewhere.decision.code == "mail.opened"
    other = receive(company, mail("pia", mail_id="<1@pat>"))
    assert other.decision.code == "mail.opened"
    once = receive(company, mail("pia", text="Once"), idempotency_key="k")
    assert receive(company, mail("pia", text="Once"), idempotency_key="k") == once


# --- files, and what stood around ----------------------------------------------------------------


def test_files_are_kept(company: Company) -> None:
    """M6, V15: files stand with the words, inside when these do; none of what is dropped."""
    file = IncomingFile(name="ink.png", media_type="image/png", content=b"png")
    opened = receive(company, mail(mail_id="<1@pat>", files=[file]))
    reply = receive(company, mail(text="More", references=["<1@pat>"], files=[file]))
    company.desk.follow_ticket(opened.ticket_id, "ann", actor="ann")
    company.desk.note(opened.ticket_id, "Hm", actor="bob")
    [ours] = [m for m in sent(company) if m.text == "Hm"]
    note = receive(company, mail("ann", text="Yes", references=[ours.mail_id], files=[file]))
    found = company.desk.attachments(opened.ticket_id, actor="ann")
    assert [(f.message_id, f.internal) for f in found] == [
        (None, False),
        (reply.message_id, False),
        (note.message_id, True),
    ]
    with company.desk.read_attachment(opened.ticket_id, found[0].id, actor="pat") as content:
        assert content.read() == b"png"
    assert len(company.desk.attachments(opened.ticket_id, actor="pat")) == 2
    receive(company, mail(mail_id="<1@pat>", files=[file]))
    machine = mail("pia", files=[file], automatic=Automatic.REPLIED)
    assert not receive(company, machine).decision.allowed
    assert set(company.store.ids()) == {f.id for f in found}


def test_without_a_place_for_files(tmp_path: Path) -> None:
    """M6: where no files can be kept, a mail with files is refused, and nothing is half done."""
    company = made(repository_for("memory", tmp_path), tmp_path)
    company.desk._attachments = None
    file = IncomingFile(name="ink.png", media_type="image/png", content=b"png")
    before = what_is_there(company)
    with pytest.raises(AttachmentStoreError):
        receive(company, mail(files=[file]))
    assert what_is_there(company) == before
    assert receive(company, mail()).decision.allowed


def test_what_was_quoted_stays_inside(company: Company) -> None:
    """V15: quoted words and a signature are shown inside alone, and leave in no mail."""
    ticket = company.open("public", customer_id="pat")
    company.desk.follow_ticket(ticket.id, "bob", actor="bob")
    letter = mail(
        "ann",
        text="Here it is.",
        quoted="> the secret note",
        references=[f"<ticket.s.{ticket.id}@{DOMAIN}>"],
    )
    receive(company, letter)
    assert [m.quoted for m in company.desk.mails(ticket.id, actor="ann")] == ["> the secret note"]
    assert list(company.desk.mails(ticket.id, actor="pat")) == []
    mails = sent(company)
    assert {m.recipient_id for m in mails} == {"pat", "bob"}
    assert not any("secret" in repr(attrs.asdict(m)) for m in mails)


# --- who may call it -----------------------------------------------------------------------------


@pytest.mark.parametrize("actor", ["ann", "lea", "pat"])
def test_who_may_receive(company: Company, actor: str) -> None:
    """T5: mails are taken in by the host's worker, or an administrator."""
    with pytest.raises(RefusedError):
        receive(company, mail(), actor=actor)
    assert receive(company, mail(), actor="root").decision.allowed


def test_no_such_mailbox(company: Company) -> None:
    """N3: a mailbox of no team is a `NotFoundError`, and nothing is kept."""
    with pytest.raises(NotFoundError):
        receive(company, mail(), "nothing")


def test_a_store_without_mails(tmp_path: Path) -> None:
    """N3: a store that does not claim mails is told so by name."""
    repository = repository_for("memory", tmp_path)
    company = made(repository, tmp_path)
    repository.claims = ALL_CLAIMS - {Claim.MAIL}  # type: ignore[attr-defined]
    with pytest.raises(NotClaimedError, match="mail"):
        receive(company, mail())


def test_one_address_of_several(company: Company) -> None:
    """N3: of several with one address the one who may answer does."""
    add = company.desk.add_user
    for name in ("one", "two"):
        user = User(id=name, name=name, kind=UserKind.CONTACT, email="family@example.com")
        add(user, actor=SETUP)
    ticket = company.open("public", customer_id="two")
    letter = mail("family", references=[f"<ticket.s.{ticket.id}@{DOMAIN}>"])
    received = receive(company, letter)
    assert (received.ticket_id, received.sender_id) == (ticket.id, "two")
    assert receive(company, mail("family")).sender_id == "one"
    assert [t.customer_id for t in every(company.desk.tickets, actor=SETUP)] == ["two", "one"]
