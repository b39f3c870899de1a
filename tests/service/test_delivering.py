"""What leaves: in order, at the right moment, in the reader's words, and no more (N1, N2, V5)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desks import MONDAY, SETUP, STORES, Company, repository_for
from helpdesk_core import (
    Delivered,
    DigestTemplate,
    EmailTemplate,
    Letters,
    LetterTemplate,
    MinimalTemplate,
    NewFile,
    NotFoundError,
    NotifierError,
    RefusedError,
    SmsTemplate,
    every,
)
from helpdesk_core.adapters.memory import ManualClock, MemoryNotifier
from helpdesk_core.adapters.routing import Route, RoutingNotifier
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.plans import Channel, NoticeKind
from helpdesk_core.ports import AutoSubmitted, DeliveryStatus, Later, OutgoingMessage
from helpdesk_core.testing.notifiers import outgoing


@pytest.fixture(params=STORES)
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    """A company on each store."""
    return Company(repository_for(request.param, tmp_path), tmp_path, mail_domain="x.example.com")


class Shut:
    """A notifier that does not reach these people; or says what it was told to say."""

    def __init__(self, *ids: Any, says: Later | None = None) -> None:
        self.ids, self.says = set(ids), says
        self.sent: list[OutgoingMessage] = []

    def send(self, message: OutgoingMessage) -> Later | None:
        if message.recipient_id in self.ids:
            raise NotifierError("shut")
        if self.says is None:
            self.sent.append(message)
        return self.says


def followed(company: Company, *user_ids: str, team: str = "company") -> Any:
    """A ticket that they follow, with everything sent that was to be sent."""
    ticket = company.open(team, customer_id="pat")
    for id in user_ids:
        company.desk.follow_ticket(ticket.id, id, actor=SETUP)
    company.deliver()
    return ticket


# --- order, failures, dead letters ---------------------------------------------------------------


def test_who_cannot_be_reached_keeps_nobody_waiting(company: Company) -> None:
    """N1: for whom it fails it waits, in order; the others of the ticket are told at once."""
    ticket = followed(company, "ann", "bob")
    shut = company.desk._notifier = Shut("ann")
    for text in ("one", "two"):
        company.desk.reply(ticket.id, text, actor="cyd")
    result = company.desk.deliver()
    assert (result.sent, result.failed, result.errors) == (4, 1, ("NotifierError",))
    assert [m.text for m in shut.sent if m.recipient_id == "bob"] == ["one", "two"]
    shut.ids.clear()
    assert company.desk.deliver() == Delivered()
    company.clock.advance(timedelta(minutes=2))
    assert company.desk.deliver().sent == 2
    assert [m.text for m in shut.sent if m.recipient_id == "ann"] == ["one", "two"]


def test_a_host_s_mistake_keeps_nobody_waiting(company: Company) -> None:
    """N1: a link that cannot be made is a failure of that message, whatever it raises."""
    poisoned = followed(company, "ann")
    ticket = followed(company, "ann")

    def link_to(of: Any) -> str:
        if of.id == poisoned.id:
            raise NotFoundError("ticket", of.id)
        return f"https://x/{of.id}"

    company.desk._link_to = link_to
    for one in (poisoned, ticket):
        company.desk.note(one.id, "Hello", actor="cyd")
    assert company.desk.deliver() == Delivered(sent=1, failed=1, errors=("NotFoundError",))
    for _ in range(9):
        company.clock.advance(timedelta(days=1))
        company.desk.deliver()
    assert [d.error for d in company.desk.dead_letters(actor="root")] == ["NotFoundError"]


def test_who_comes_too_late_changes_nothing(company: Company) -> None:
    """N1: a worker whose lease ran out says nothing of what somebody else sent meanwhile."""
    ticket = followed(company, "ann")
    sent: list[str] = []

    class Slow:
        def send(self, message: OutgoingMessage) -> None:
            company.clock.advance(timedelta(minutes=6))
            company.desk._notifier = Fast()
            assert company.desk.deliver().sent == 1
            raise NotifierError("too late")

    class Fast:
        def send(self, message: OutgoingMessage) -> None:
            sent.append(message.key)

    company.desk._notifier = Slow()
    company.desk.note(ticket.id, "Hello", actor="cyd")
    assert company.desk.deliver().failed == 1
    company.clock.advance(timedelta(days=1))
    assert company.desk.deliver() == Delivered()
    assert len(sent) == 1
    with company.repository.reading() as session:
        assert session.outbox()[-1].status is DeliveryStatus.SENT


def test_what_is_dead_is_listed_and_sent_again(company: Company) -> None:
    """N1, T8: what was given up is listed by ids alone, and tried again or set aside."""
    ticket = followed(company, "ann", "bob")
    shut = company.desk._notifier = Shut("ann", "bob", "pat")
    company.desk.reply(ticket.id, "the secret text", actor="cyd")
    for _ in range(9):
        company.desk.deliver()
        company.clock.advance(timedelta(days=1))
    dead = list(every(company.desk.dead_letters, actor="root", limit=2))
    assert {d.recipient_id for d in dead} == {"ann", "bob", "pat"}
    assert {(d.ticket_id, d.attempts, d.error) for d in dead} == {(ticket.id, 8, "NotifierError")}
    assert "secret" not in repr(dead)
    assert len(company.desk.dead_letters(actor="root", limit=2)) == 2
    shut.ids.clear()
    assert company.desk.deliver() == Delivered()
    assert company.desk.send_again([dead[0].key, dead[0].key], actor="root") == 1
    assert company.desk.set_aside([dead[1].key], actor="root", idempotency_key="k") == 1
    assert company.desk.set_aside([dead[1].key], actor="root", idempotency_key="k") == 1
    assert company.desk.deliver() == Delivered(sent=1)
    [left] = every(company.desk.dead_letters, actor="root")
    assert left.key == dead[2].key
    for key in (dead[0].key, "nothing"):
        with pytest.raises(NotFoundError):
            company.desk.send_again([key, left.key], actor="root")
    assert [d.key for d in every(company.desk.dead_letters, actor="root")] == [left.key]
    for call in (company.desk.dead_letters, lambda **a: company.desk.send_again([left.key], **a)):
        with pytest.raises(RefusedError):
            call(actor="lea")
    with pytest.raises(InvalidValueError, match="not a cursor"):
        company.desk.dead_letters(actor="root", after="x")
    with pytest.raises(InvalidValueError, match="keys"):
        company.desk.send_again(left.key, actor="root")


def test_dead_letters_are_found_by_check(company: Company) -> None:
    """N1: what was given up is found by `check`, and is not for `repair` to mend."""
    ticket = followed(company, "ann")
    company.desk._notifier = Shut("ann")
    company.desk.note(ticket.id, "Hello", actor="cyd")
    assert company.desk.check() == ()
    for _ in range(9):
        company.desk.deliver()
        company.clock.advance(timedelta(days=1))
    assert [finding.code for finding in company.desk.check()] == ["check.dead_message"]


# --- who, at that moment -------------------------------------------------------------------------


def test_who_lost_access_hears_nothing(company: Company) -> None:
    """N2, V15: between the commit and the delivery who loses access hears nothing."""
    ticket = followed(company, "ann", "bob", team="private")
    company.desk.reply(ticket.id, "Hello", actor=SETUP)
    company.desk.note(ticket.id, "inside", actor=SETUP)
    company.desk.unfollow_ticket(ticket.id, "ann", actor=SETUP)
    told = [(m.recipient_id, m.text) for m in company.deliver()]
    assert sorted(told) == [("bob", "Hello"), ("bob", "inside"), ("pat", "Hello")]


def test_an_outside_follower_of_a_private_team(company: Company) -> None:
    """V5: they get the minimal letter: nothing of the ticket, no link, no file, no thread."""
    company.desk._link_to = lambda ticket: f"https://x.example.com/{ticket.id}"
    ticket = followed(company, "ann", "con", team="private")
    file = NewFile(name="secret.png", content=b"png", media_type="image/png")
    company.desk.reply(ticket.id, "the secret text", actor=SETUP, files=[file])
    by_id = {m.recipient_id: m for m in company.deliver()}
    minimal = by_id["con"]
    assert (minimal.subject, minimal.link, minimal.files, minimal.references) == (
        "News on a request", None, (), (),
    )  # fmt: skip
    assert "secret" not in repr(attrs.asdict(minimal))
    assert str(ticket.id) not in minimal.mail_id
    full = by_id["ann"]
    assert full.link == f"https://x.example.com/{ticket.id}"
    [sent] = full.files
    assert (sent.name, sent.media_type, sent.size) == ("secret.png", "image/png", 3)
    with sent.open() as content:
        assert content.read() == b"png"
    assert by_id["pat"].files == full.files
    assert by_id["pat"].to_customer
    assert not full.to_customer


def test_files_of_notes_stay_inside(company: Company) -> None:
    """V15: what hangs on a note goes with the note, and with nothing else."""
    ticket = followed(company, "ann")
    file = NewFile(name="secret.png", content=b"png")
    company.desk.note(ticket.id, "inside", actor="bob", files=[file])
    company.desk.reply(ticket.id, "outside", actor="bob")
    sent = {(m.recipient_id, m.text): [f.name for f in m.files] for m in company.deliver()}
    assert sent == {
        ("ann", "inside"): ["secret.png"],
        ("ann", "outside"): [],
        ("pat", "outside"): [],
    }


def test_whose_words_they_are(company: Company) -> None:
    """N3: somebody's words say so; what the desk says of itself is generated."""
    ticket = followed(company, "ann")
    company.desk.reply(ticket.id, "by cyd", actor="cyd")
    company.desk.reply(ticket.id, "by a robot", actor="cyd", automatic=True)
    company.desk.reply(ticket.id, "by the system", actor=SETUP)
    company.desk.assign(ticket.id, "bob", actor="cyd")
    company.desk.move(ticket.id, "solved", actor="cyd")
    found = {m.text: m.auto_submitted for m in company.deliver()}
    generated = AutoSubmitted.GENERATED
    assert found.pop("by cyd") is AutoSubmitted.NO
    assert set(found.values()) == {generated}


def test_no_reference_is_of_others(company: Company) -> None:
    """N3, M7: a mail refers to its thread and to what its reader sent, not to others' mails."""
    from helpdesk_core import System
    from helpdesk_core.ports import IncomingEmail

    def receive(sender: str, **fields: Any) -> Any:
        letter = IncomingEmail(
            sender=f"{sender}@example.com", subject="Ink", text=f"By {sender}", **fields
        )
        return company.desk.receive(letter, "public", verified=True, actor=System(reason="mail"))

    first, second = receive("pat", mail_id="<1@pat>"), receive("con", mail_id="<1@con>")
    company.desk.merge([first.ticket_id, second.ticket_id], actor="root")
    company.deliver()
    company.desk.reply(first.ticket_id, "Hello", actor=SETUP)
    [sent] = company.deliver()
    assert sent.recipient_id == "pat"
    assert sent.references == (f"<ticket.s.{first.ticket_id}@x.example.com>", "<1@pat>")


# --- in whose words ------------------------------------------------------------------------------


def test_the_desk_s_own_letters(tmp_path: Path) -> None:
    """N4, V5, V9: a host words what the desk writes of itself, in each reader's language."""
    it = LetterTemplate("R: ${ticket.subject}", "${author.name} scrive: ${message.text}")
    letters = Letters(
        update=LetterTemplate(
            "About ${ticket.subject}",
            "Dear ${recipient.name}, ${author.name} says: ${message.text}",
            "<p>${message.text}",
            translations={"it": it},
        ),
        opened=LetterTemplate("${team.name}", "${stage.name}: ${ticket.description}"),
        assigned=LetterTemplate("Yours, ${assignee.name}", "${customer.name}"),
        minimal=MinimalTemplate("Psst", "${recipient.name}"),
    )
    company = Company(repository_for("memory", tmp_path), tmp_path, letters=letters)
    company.desk.change_user("bob", actor=SETUP, language="it-CH")
    company.desk.follow_team("company", "ann", actor=SETUP)
    ticket = company.open("company", customer_id="con", description="None <left>")
    for id in ("bob", "pat"):
        company.desk.follow_ticket(ticket.id, id, actor=SETUP)
    company.desk.assign(ticket.id, "ann", actor=SETUP)
    company.desk.reply(ticket.id, "a < b", actor="cyd")
    found = {(m.recipient_id, m.kind): (m.subject, m.text, m.html) for m in company.deliver()}
    update = NoticeKind.UPDATE
    assert found["ann", NoticeKind.OPENED] == ("The company team", "New: None <left>", None)
    assert found["ann", NoticeKind.ASSIGNED] == ("Yours, Ann", "Con", None)
    said = ("About No ink", "Dear Ann, Cyd says: a < b", "<p>a &lt; b")
    assert found["ann", update] == said
    assert found["bob", update] == ("R: No ink", "Cyd scrive: a < b", None)
    assert found["pat", update] == ("Psst", "Pat", None)
    assert found["con", update][1] == "Dear Con, Cyd says: a < b"
    with pytest.raises(InvalidValueError, match="letters"):
        Company(repository_for("memory", tmp_path), tmp_path, letters=None)
    with pytest.raises(InvalidValueError, match="mail_domain"):
        Company(repository_for("memory", tmp_path), tmp_path, mail_domain="a@b")


def test_a_stage_in_html_and_in_a_language(company: Company) -> None:
    """G8, N4: the customer reads a stage's message in their language, in HTML if there is some."""
    mail = EmailTemplate(
        "Got it", "Hello", "<p>${ticket.subject}", translations={"it": EmailTemplate("Ok", "Ciao")}
    )
    sms = SmsTemplate("Hello", translations={"it": SmsTemplate("Ciao")})
    changed = company.desk.change_stage(
        "working", actor=SETUP, email_template=mail, sms_template=sms, name="At work"
    )
    assert changed.name == "At work"
    tickets = [company.open("public", customer_id="con", subject="a<b") for _ in range(2)]
    company.deliver()
    company.desk.move(tickets[0].id, "working", actor="ann")
    company.desk.change_user("con", actor=SETUP, language="it")
    company.desk.move(tickets[1].id, "working", actor="ann")
    found = [(m.channel.value, m.subject, m.text, m.html) for m in company.deliver()]
    assert sorted(found, key=repr) == sorted(
        [
            ("email", "Got it", "Hello", "<p>a&lt;b"),
            ("sms", "a<b", "Hello", None),
            ("email", "Ok", "Ciao", None),
            ("sms", "a<b", "Ciao", None),
        ],
        key=repr,
    )


def test_a_preview_is_what_is_sent(company: Company) -> None:
    """N4, G8: a template is shown as the ticket's customer would read it on entering the stage."""
    mail = EmailTemplate("${stage.name}", "${ticket.subject} ${assignee.name} ${customer.name}")
    ticket = company.open("public", customer_id="con", assignee_id="ann")
    shown = company.desk.preview_template(ticket.id, mail, actor="root", stage_id="working")
    assert (shown.subject, shown.text) == ("Working", "No ink Ann Con")
    assert company.desk.preview_template(ticket.id, mail, actor="root").subject == "New"
    company.deliver()
    company.desk.change_stage("working", actor="root", email_template=mail)
    company.desk.move(ticket.id, "working", actor="ann")
    [sent] = [m for m in company.deliver() if m.kind is NoticeKind.STAGE]
    assert (sent.subject, sent.text) == (shown.subject, shown.text)
    with pytest.raises(RefusedError):
        company.desk.preview_template(ticket.id, mail, actor="ann")
    with pytest.raises(NotFoundError):
        company.desk.preview_template(ticket.id, mail, actor="root", stage_id="nothing")
    with pytest.raises(InvalidValueError, match="template"):
        company.desk.preview_template(ticket.id, LetterTemplate("s", "t"), actor="root")


def test_what_changes_of_a_stage(company: Company) -> None:
    """T4, G8: its texts change by whoever may, and neither its fold nor its place."""
    for name in ("folded", "position", "id", "nothing"):
        with pytest.raises(InvalidValueError, match=name):
            company.desk.change_stage("new", actor=SETUP, **{name: True})
    with pytest.raises(RefusedError):
        company.desk.change_stage("new", actor="lea", name="x")
    with pytest.raises(NotFoundError):
        company.desk.change_stage("nothing", actor=SETUP, name="x")
    before = company.desk.change_stage("new", actor=SETUP, name="New")
    after = company.desk.change_stage("new", actor=SETUP, description="x", idempotency_key="k")
    assert company.desk.change_stage("new", actor=SETUP, description="x", idempotency_key="k")
    assert attrs.evolve(before, description="x") == after
    with company.repository.reading() as session:
        assert next(stage for stage in session.stages() if stage.id == "new") == after


# --- when ----------------------------------------------------------------------------------------


def test_a_message_is_put_off(company: Company) -> None:
    """N1: what a notifier puts off is no failure, waits for its moment, and is never dead of it."""
    ticket = followed(company, "ann")
    shut = company.desk._notifier = Shut()
    company.desk.reply(ticket.id, "Hello", actor="cyd")
    for _ in range(12):
        shut.says = Later(at=company.clock.now() + timedelta(hours=9))
        assert company.desk.deliver() == Delivered(later=2)
        assert company.desk.deliver() == Delivered()
        company.clock.advance(timedelta(hours=9))
    shut.says = None
    assert company.desk.deliver() == Delivered(sent=2)
    shut.says = Later(at=company.clock.now())
    company.desk.reply(ticket.id, "Hello", actor="cyd")
    assert company.desk.deliver() == Delivered(failed=2, errors=("InvalidValueError",))


def test_a_digest_is_one_message(company: Company) -> None:
    """N1, N2, V5: what somebody wants once a day is one message, of what they may know then."""
    first = followed(company, "ann", "con")
    second = followed(company, "ann", team="private")
    seven = MONDAY + timedelta(days=1, hours=-2)
    mails = MemoryNotifier()
    company.desk._notifier = RoutingNotifier(
        [Route(by=mails, users={"ann", "con"}, digest_at=time(7)), Route(by=mails)], company.clock
    )
    company.desk._link_to = lambda ticket: f"https://x/{ticket.id}"
    company.desk.reply(first.id, "To all", actor="cyd")
    company.desk.note(first.id, "Inside", actor="cyd")
    company.desk.reply(second.id, "The secret", actor=SETUP)
    assert company.desk.deliver() == Delivered(sent=2, later=4)
    assert {m.recipient_id for m in mails.sent} == {"pat"}
    company.desk.unfollow_ticket(second.id, "ann", actor=SETUP)
    assert company.desk.deliver() == Delivered()
    company.clock.advance(seven - company.clock.now())
    mails.sent.clear()
    assert company.desk.deliver() == Delivered(sent=4)
    by_id = {m.recipient_id: m for m in mails.sent}
    assert len(mails.sent) == len(by_id) == 2
    ann, con = by_id["ann"], by_id["con"]
    assert ann.subject == "2 news on requests that you follow"
    assert ann.text.split("\n") == [
        "* Re: No ink", "To all", f"https://x/{first.id}", "",
        "* Re: No ink", "Inside", f"https://x/{first.id}",
    ]  # fmt: skip
    assert con.text == "* News on a request\nThere is news on a request that you follow."
    assert ann.kind is con.kind is NoticeKind.DIGEST
    with company.repository.reading() as session:
        ended = {one.status for one in session.outbox()}
        assert ended == {DeliveryStatus.SENT, DeliveryStatus.SKIPPED}


def test_a_digest_that_fails_comes_again(company: Company) -> None:
    """N1: a digest that cannot be sent is tried again as it was, under the same key, and dies."""
    ticket = followed(company, "ann")
    shut = Shut("ann")
    keys: list[str] = []
    send = shut.send
    shut.send = lambda m: (keys.append(m.key), send(m))[1]  # type: ignore[method-assign]
    company.desk._notifier = RoutingNotifier(
        [Route(by=shut, users={"ann"}, digest_at=time(7)), Route(by=shut)], company.clock
    )
    company.desk.note(ticket.id, "One", actor="cyd")
    company.desk.note(ticket.id, "Two", actor="cyd")
    assert company.desk.deliver().later == 2
    company.clock.advance(timedelta(days=1))
    assert company.desk.deliver() == Delivered(failed=2, errors=("NotifierError",))
    company.desk.note(ticket.id, "Three", actor="cyd")
    for _ in range(8):
        company.clock.advance(timedelta(hours=5))
        company.desk.deliver()
    assert len(set(keys)) == 2
    assert keys.count(keys[0]) == 8
    shut.ids.clear()
    company.clock.advance(timedelta(days=1))
    company.desk.deliver()
    assert len(company.desk.dead_letters(actor="root")) == 2


def test_a_digest_that_takes_too_long_to_write(company: Company) -> None:
    """N1: what was not written in time is left to whoever takes it next, and ends the call."""
    ticket = followed(company, "ann")
    mails = MemoryNotifier()
    company.desk._notifier = RoutingNotifier([Route(by=mails, digest_at=time(7))], company.clock)
    company.desk.note(ticket.id, "One", actor="cyd")
    assert company.desk.deliver().later == 1
    company.clock.advance(timedelta(days=1))
    asked: list[Any] = []

    def slow(of: Any) -> str:
        asked.append(of.id)
        assert len(asked) < 9, "it goes on for ever"
        company.clock.advance(timedelta(minutes=6))
        return "https://x"

    company.desk._link_to = slow
    assert company.desk.deliver() == Delivered()
    company.desk._link_to = None
    assert company.desk.deliver() == Delivered(sent=1)
    assert len(asked) == len(mails.sent) == 1


def test_a_lease_that_runs_out(company: Company) -> None:
    """N1: what was not sent in time is left to whoever takes it next, and is sent once."""
    ticket = followed(company, "ann", "bob")
    sent: list[str] = []

    class Slow:
        def send(self, message: OutgoingMessage) -> None:
            sent.append(message.key)
            company.clock.advance(timedelta(minutes=6))

    company.desk._notifier = Slow()
    company.desk.reply(ticket.id, "Hello", actor="cyd")
    assert company.desk.deliver() == Delivered(sent=1)
    while company.desk.deliver().sent:
        pass
    assert len(sent) == len(set(sent)) == 3


# --- routes --------------------------------------------------------------------------------------


def test_which_route_a_message_takes() -> None:
    """G8: the first route that takes kind, channel and reader; none: it stays in the outbox."""
    a, b, c = MemoryNotifier(), MemoryNotifier(), MemoryNotifier()
    routes = RoutingNotifier(
        [
            Route(by=a, kinds=[NoticeKind.STAGE], channels=[Channel.EMAIL]),
            Route(by=b, users={"ann"}, digest_at=time(7)),
            Route(by=c, users=lambda message: message.language == "it"),
        ],
        ManualClock(MONDAY),
    )
    routes.send(outgoing(kind=NoticeKind.STAGE, recipient_id="ann"))
    routes.send(outgoing(kind=NoticeKind.STAGE, channel=Channel.SMS, recipient_id="ann"))
    routes.send(outgoing(kind=NoticeKind.ASSIGNED, recipient_id="ann"))
    routes.send(outgoing(language="it"))
    routes.send(outgoing(kind=NoticeKind.DIGEST, recipient_id="ann"))
    assert [len(one.sent) for one in (a, b, c)] == [1, 3, 1]
    with pytest.raises(NotifierError, match="no route takes a update by email"):
        routes.send(outgoing())
    with pytest.raises(NotifierError, match="no route takes a digest"):
        routes.send(outgoing(kind=NoticeKind.DIGEST, language="it"))


@given(
    st.timedeltas(timedelta(0), timedelta(days=364)).map(lambda delta: MONDAY + delta),
    st.times().map(lambda t: t.replace(fold=0)),
    st.times().map(lambda t: t.replace(fold=0)),
    st.sampled_from(["UTC", "Europe/Rome", "America/New_York", "Australia/Lord_Howe"]),
)
def test_hours(now: datetime, begin: time, end: time, zone: str) -> None:
    """N1: inside its hours a message is sent, outside it waits for their next begin."""
    notifier = MemoryNotifier()
    route = Route(by=notifier, hours=(begin, end), time_zone=zone)
    later = RoutingNotifier([route], ManualClock(now)).send(outgoing())
    here = now.astimezone(ZoneInfo(zone)).time()
    inside = (begin <= here < end) if begin < end else not (end <= here < begin)
    assert inside == bool(notifier.sent) == (later is None)
    if later is not None:
        assert now < later.at <= now + timedelta(hours=26)
        assert not later.digest
        assert later.at.astimezone(ZoneInfo(zone)).time() >= begin or zone != "UTC"


def test_what_never_waits_for_a_digest() -> None:
    """V20, G8: neither the customer's messages nor a new assignee's wait for a digest."""
    notifier = MemoryNotifier()
    routes = RoutingNotifier([Route(by=notifier, digest_at=time(7))], ManualClock(MONDAY))
    for fields in (
        {"kind": NoticeKind.STAGE},
        {"kind": NoticeKind.ASSIGNED},
        {"kind": NoticeKind.DIGEST},
        {"to_customer": True},
    ):
        assert routes.send(outgoing(**fields)) is None
    tomorrow = datetime(2026, 1, 6, 7, tzinfo=UTC)
    for kind in (NoticeKind.UPDATE, NoticeKind.OPENED):
        assert routes.send(outgoing(kind=kind)) == Later(at=tomorrow, digest=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": (1, 2)},
        {"hours": (time(7),)},
        {"digest_at": time(7, tzinfo=UTC)},
        {"kinds": "update"},
        {"channels": ["email"]},
        {"time_zone": "Nowhere/At all"},
    ],
)
def test_a_route_that_is_none(wrong: Any) -> None:
    """N1: hours that are no times of day are refused by name."""
    with pytest.raises(InvalidValueError, match=next(iter(wrong))):
        Route(by=MemoryNotifier(), **wrong)
    with pytest.raises(InvalidValueError, match="digest"):
        Letters(digest=DigestTemplate("x", "${ticket.subject}"))
