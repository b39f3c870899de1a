"""Mails that go round: a desk, a real mail server, and what answers at the other end (N1-N3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import attrs
import pytest

pytest.importorskip("aiosmtpd")
pytest.importorskip("trustme")

import mail_server
from desks import SETUP, Company, repository_for
from helpdesk_core import Delivered, EmailTemplate, NewFile, System, User, UserKind, every
from helpdesk_core.adapters.mail import compose, parse_email
from helpdesk_core.adapters.smtp import Security
from helpdesk_core.ports import OutgoingMessage
from sent_mails import read, text_of

MAIL = System(reason="mail")


@pytest.fixture(params=Security, ids=lambda one: one.name)
def server(request: pytest.FixtureRequest) -> Iterator[mail_server.Server]:
    """A server with TLS, STARTTLS and a password, or neither."""
    one = mail_server.Server(request.param, mail_server.contexts())
    with one.notifier() as notifier:
        one.sends = notifier
        yield one
    one.end()


def test_each_stage_entered_arrives(server: mail_server.Server, tmp_path: Path) -> None:
    """G8, N1: the message of each stage entered arrives once, as text and as HTML, in UTF-8."""
    company = Company(repository_for("sqlite", tmp_path), tmp_path)
    desk = company.desk
    desk._notifier = server.sends
    for stage_id, name in (("new", "Neu"), ("working", "In Arbeit"), ("solved", "Gelöst")):
        mail = EmailTemplate(
            "${ticket.subject}: ${stage.name}",
            "Grüße, ${customer.name} ☃",
            "<p>Grüße, ${customer.name}: ${ticket.subject}",
        )
        desk.change_stage(stage_id, actor=SETUP, name=name, email_template=mail, sms_template=None)
    ticket = company.open("public", customer_id="con", subject="Kein Toner <größer>")
    desk.move(ticket.id, "working", actor="ann")
    desk.move(ticket.id, "solved", actor="ann")
    assert desk.deliver() == Delivered(sent=3)
    mails = [read(envelope.original_content) for envelope in server.says.envelopes]
    assert [mail["Subject"] for mail in mails] == [
        f"Kein Toner <größer>: {name}" for name in ("Neu", "In Arbeit", "Gelöst")
    ]
    for mail in mails:
        assert text_of(mail).strip() == "Grüße, Con ☃"
        assert text_of(mail, "html").strip() == "<p>Grüße, Con: Kein Toner &lt;größer&gt;"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert f"ticket.s.{ticket.id}@" in mail["References"]
    assert len({mail["Message-ID"] for mail in mails}) == 3


def test_what_the_server_refuses(server: mail_server.Server, tmp_path: Path) -> None:
    """N1: what is refused is tried again in its order, is dead in time, and others go on."""
    company = Company(repository_for("sqlite", tmp_path), tmp_path)
    desk = company.desk
    desk.change_stage("new", actor=SETUP, email_template=None)
    desk._notifier = server.sends
    ticket = company.open("public", customer_id="con")
    for text in ("one", "two"):
        desk.reply(ticket.id, text, actor="ann")
    server.says.answers["RCPT"] += ["450 later", "550 no such mailbox"]
    for _ in range(2):
        assert desk.deliver() == Delivered(failed=1, errors=("NotifierError",))
        company.clock.advance(timedelta(hours=1))
    assert desk.deliver() == Delivered(sent=2)
    texts = [text_of(read(one.original_content)).strip() for one in server.says.envelopes]
    assert texts == ["one", "two"]
    server.says.answers["RCPT"] += ["550 no such mailbox"] * 8
    desk.reply(ticket.id, "three", actor="ann")
    desk.reply(ticket.id, "four", actor="ann")
    for _ in range(8):
        desk.deliver()
        company.clock.advance(timedelta(days=1))
    assert desk.deliver() == Delivered()
    [dead] = every(desk.dead_letters, actor="root")
    assert (dead.recipient_id, dead.attempts, dead.error) == ("con", 8, "NotifierError")
    assert desk.send_again([dead.key], actor="root") == 1
    assert desk.deliver() == Delivered(sent=1)
    texts = [text_of(read(one.original_content)).strip() for one in server.says.envelopes]
    assert texts == ["one", "two", "four", "three"]


# --- what answers --------------------------------------------------------------------------------


class Post:
    """Takes each mail to whoever has its address, as the bytes that it is; counts them."""

    def __init__(self) -> None:
        self.boxes: dict[str, Callable[[bytes], object]] = {}
        self.carried: list[EmailMessage] = []
        self._waiting: list[tuple[str, bytes]] = []

    def notifier(self, sender: str) -> Any:
        """What sends from this address."""
        post = self

        class Sending:
            def send(self, message: OutgoingMessage) -> None:
                post.put(message.to_address, bytes(compose(message, sender=sender)))

        return Sending()

    def put(self, address: str, raw: bytes) -> None:
        """Post a mail."""
        self._waiting.append((address, raw))

    def carry(self) -> int:
        """Take what was posted to whom it is for; how many."""
        waiting, self._waiting = self._waiting, []
        for address, raw in waiting:
            self.carried.append(read(raw))
            if address in self.boxes:
                self.boxes[address](raw)
        return len(waiting)


def desk_at(post: Post, name: str, folder: Path) -> Company:
    """A desk of its own with a mailbox, which answers whoever opens a ticket."""
    company = Company(repository_for("memory", folder), folder, mail_domain=f"{name}.example.com")
    address = f"help@{name}.example.com"
    company.desk.change_stage(
        "new", actor=SETUP, email_template=EmailTemplate("We have it", "Dear ${customer.name}")
    )
    company.desk._notifier = post.notifier(address)
    company.desk.follow_team("public", "bob", actor=SETUP)
    post.boxes[address] = lambda raw: company.desk.receive(
        parse_email(raw), "public", verified=True, actor=MAIL
    )
    return company


def settle(post: Post, *companies: Company) -> int:
    """Deliver and carry until nothing moves; how many rounds that took, at most fifty."""
    for turn in range(50):
        for company in companies:
            company.desk.deliver()
            company.clock.advance(timedelta(minutes=1))
        if not post.carry():
            return turn
    raise AssertionError("it goes on for ever")


def from_(post: Post, sender: str) -> list[EmailMessage]:
    """What came from an address."""
    return [mail for mail in post.carried if sender in str(mail["From"])]


@pytest.mark.parametrize("threads", [True, False])
@pytest.mark.parametrize("marks", [True, False])
def test_an_auto_responder_at_the_other_end(marks: bool, threads: bool, tmp_path: Path) -> None:
    """N3: somebody on holiday is answered once; a machine that hides it, not for ever."""
    post = Post()
    company = desk_at(post, "ours", tmp_path)

    def on_holiday(raw: bytes) -> None:
        got = read(raw)
        answer = EmailMessage()
        answer["From"], answer["To"] = "eve@example.com", str(got["From"])
        answer["Subject"] = "I am away"
        answer["Message-ID"] = f"<away{len(post.carried)}@example.com>"
        if marks:
            answer["Auto-Submitted"] = "auto-replied"
        if threads:
            answer["In-Reply-To"] = str(got["Message-ID"])
        answer.set_content("I am on holiday until Monday.")
        post.put("help@ours.example.com", bytes(answer))

    post.boxes["eve@example.com"] = on_holiday
    question = EmailMessage()
    question["From"], question["To"] = "eve@example.com", "help@ours.example.com"
    question["Subject"], question["Message-ID"] = "No ink", "<1@example.com>"
    question.set_content("Where is it?")
    post.put("help@ours.example.com", bytes(question))
    settle(post, company)
    sent = [mail for mail in from_(post, "help@ours") if "eve@example.com" in str(mail["To"])]
    assert len(sent) == (1 if marks or threads else 2)
    assert {str(mail["Auto-Submitted"]) for mail in sent} == {"auto-replied"}


def test_two_desks_that_answer_each_other(tmp_path: Path) -> None:
    """N3: two desks that are each other's customers answer once, and both are at rest."""
    post = Post()
    ours, theirs = (desk_at(post, name, tmp_path / name) for name in ("ours", "theirs"))
    for company, other in ((ours, "theirs"), (theirs, "ours")):
        user = User(
            id="other", name="The other", kind=UserKind.CONTACT, email=f"help@{other}.example.com"
        )
        company.desk.add_user(user, actor=SETUP)
    ticket = ours.open("public", customer_id="other", description="Who has our ink?")
    settle(post, ours, theirs)
    between = [mail for mail in post.carried if "help@" in str(mail["To"])]
    assert [str(mail["Auto-Submitted"]) for mail in between] == ["auto-generated"]
    ours.desk.reply(ticket.id, "Please say.", actor="ann")
    settle(post, ours, theirs)
    between = [mail for mail in post.carried if "help@" in str(mail["To"])]
    assert [str(mail["Auto-Submitted"]) for mail in between[1:]] == ["no", "auto-replied"]
    there = theirs.desk.tickets(actor=SETUP)[-1]
    assert there.description.strip() == "Please say."
    theirs.desk.reply(there.id, "We have it.", actor="bob")
    settle(post, ours, theirs)
    ours.desk.reply(ticket.id, "Send it.", actor="ann")
    settle(post, ours, theirs)
    said = [m.body.strip() for m in ours.desk.messages(ticket.id, actor=SETUP) if not m.automatic]
    assert said == ["Please say.", "We have it.", "Send it."]
    answers = [m.body.strip() for m in theirs.desk.messages(there.id, actor=SETUP)]
    assert answers == ["We have it.", "Send it."]
    assert len(theirs.desk.tickets(actor=SETUP)) == 2


def test_no_note_goes_round(tmp_path: Path) -> None:
    """V15: a note is in no mail to anybody outside: not as text, quotation, file or name of one."""
    post = Post()
    company = desk_at(post, "ours", tmp_path)
    desk = company.desk
    ticket = company.open("public", customer_id="con")
    desk.follow_ticket(ticket.id, "ann", actor=SETUP)
    desk.follow_ticket(ticket.id, "pat", actor=SETUP)
    secret = NewFile(name="zzq.txt", content=b"zzq", media_type="text/plain")
    desk.note(ticket.id, "zzq: he owes us money", actor="bob", files=[secret])
    settle(post, company)
    [inside] = [mail for mail in post.carried if "zzq" in mail.as_string()]
    assert "ann@example.com" in str(inside["To"])

    def answered(mail: EmailMessage, text: str) -> bytes:
        """Ann answers, and her program quotes all of it and sends the file along."""
        answer = EmailMessage()
        answer["From"], answer["To"] = "ann@example.com", "help@ours.example.com"
        answer["Subject"] = f"Re: {mail['Subject']}"
        answer["In-Reply-To"] = str(mail["Message-ID"])
        answer["References"] = f"{mail['References']} {mail['Message-ID']}"
        quoted = "\n".join(f"> {line}" for line in text_of(mail).splitlines())
        answer.set_content(f"{text}\n\nOn Monday, Help wrote:\n{quoted}\n")
        for attached in mail.iter_attachments():
            content = attached.get_content().encode()
            name = attached.get_filename()
            answer.add_attachment(content, maintype="text", subtype="plain", filename=name)
        return bytes(answer)

    post.put("help@ours.example.com", answered(inside, "So be it, zzq."))
    settle(post, company)
    desk.reply(ticket.id, "Where are you?", actor="bob")
    settle(post, company)
    [public] = [
        mail
        for mail in post.carried
        if "ann@" in str(mail["To"]) and "Where are you?" in mail.as_string()
    ]
    post.put("help@ours.example.com", answered(public, "At home."))
    settle(post, company)
    desk.move(ticket.id, "solved", actor="bob")
    settle(post, company)
    outside = [
        mail for mail in post.carried if "con@" in str(mail["To"]) or "pat@" in str(mail["To"])
    ]
    assert len(outside) >= 5
    for mail in outside:
        assert "zzq" not in mail.as_string()
        assert not list(mail.iter_attachments())
    notes = [m for m in desk.messages(ticket.id, actor="ann") if m.internal]
    assert [note.body.strip() for note in notes] == ["zzq: he owes us money", "So be it, zzq."]
    shown = repr([attrs.asdict(m) for m in desk.messages(ticket.id, actor="pat")])
    files = repr([attrs.asdict(f) for f in desk.attachments(ticket.id, actor="pat")])
    assert "zzq" not in shown + files
