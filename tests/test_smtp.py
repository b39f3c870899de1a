"""SmtpNotifier against a real server: TLS, authentication, one connection, and every refusal."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("aiosmtpd")
pytest.importorskip("trustme")

import mail_server
from helpdesk_core import InvalidValueError, NotifierError
from helpdesk_core.adapters.smtp import Security, SmtpNotifier
from helpdesk_core.plans import Channel
from helpdesk_core.ports import Notifier
from helpdesk_core.testing import NotifierContract, Received
from helpdesk_core.testing.notifiers import outgoing
from mail_server import PASSWORD, SENDER, USER, Handler, Server
from sent_mails import file, read, received_as, text_of


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a server, and of a client that trusts it."""
    return mail_server.contexts()


@pytest.fixture
def server(request: pytest.FixtureRequest, contexts: Any) -> Iterator[Server]:
    """With STARTTLS, unless a test says otherwise."""
    one = Server(getattr(request, "param", Security.STARTTLS), contexts)
    yield one
    one.end()


each_security = pytest.mark.parametrize("server", Security, ids=lambda one: one.name, indirect=True)


@each_security
def test_a_mail_arrives_over_each_kind_of_connection(server: Server) -> None:
    """N1, N3: text, HTML and files in UTF-8, to one, over TLS, STARTTLS or neither."""
    with server.notifier(sender_name="Hilfe für alle") as notifier:
        notifier.send(
            outgoing(
                subject="Kein Toner — größer",
                text="Grüße\n.\n.ink\n",
                html="<p>Grüße</p>",
                files=(file("é.bin", bytes(range(256)), "application/octet-stream"),),
                link="https://desk.example.com/T-1",
            )
        )
    [envelope] = server.says.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, ["eve@example.com"])
    mail = read(envelope.original_content)
    assert mail["Subject"] == "Kein Toner — größer"
    assert mail["From"].addresses[0].display_name == "Hilfe für alle"
    assert text_of(mail) == "Grüße\n.\n.ink\n\n\nhttps://desk.example.com/T-1\n"
    assert "<p>Grüße</p>" in text_of(mail, "html")
    [attached] = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("é.bin", bytes(range(256)))
    assert server.says.logins == (server.security is not Security.NONE)


@each_security
def test_one_connection_serves_many_messages(server: Server) -> None:
    """N1: what comes one after the other goes over one connection, logged in once."""
    with server.notifier() as notifier:
        for n in range(5):
            notifier.send(outgoing(f"k{n}"))
    assert len(server.says.connections) == 1
    assert len(server.says.envelopes) == 5


@each_security
def test_a_connection_that_the_server_closed_is_opened_anew(server: Server) -> None:
    """N1: closed while nobody used it: the next message finds another, and arrives once."""
    with server.notifier() as notifier:
        notifier.send(outgoing("k1"))
        server.drop()
        notifier.send(outgoing("k2"))
        notifier.send(outgoing("k3"))
    assert len(server.says.connections) == 2
    assert [received_as(one.original_content).key for one in server.says.envelopes] == [
        "k1",
        "k2",
        "k3",
    ]


def test_a_server_that_says_that_it_closes_is_called_again(server: Server) -> None:
    """N1: 421 on a connection that was used before means another connection, not a failure."""
    with server.notifier() as notifier:
        notifier.send(outgoing("k1"))
        server.says.answers["MAIL"] = ["421 4.4.2 idle for too long"]
        notifier.send(outgoing("k2"))
        server.says.answers["MAIL"] = ["421 4.3.2 going down"] * 2
        with pytest.raises(NotifierError, match=r"421 4\.3\.2"):
            notifier.send(outgoing("k3"))
    assert len(server.says.connections) == 3
    assert len(server.says.envelopes) == 2


def test_a_connection_that_nobody_used_for_long_is_opened_anew(server: Server) -> None:
    """N1: older than `idle` it is not trusted: something between may have forgotten it."""
    with server.notifier(idle=-1.0) as notifier:
        for n in range(3):
            notifier.send(outgoing(f"k{n}"))
    assert len(server.says.connections) == len(server.says.envelopes) == 3


def test_a_message_that_was_cut_off_is_not_sent_again_by_itself(server: Server) -> None:
    """N1: gone while the text was sent, it may have arrived: that is told, and not tried twice."""
    with server.notifier() as notifier:
        notifier.send(outgoing("k1"))
        server.says.answers["DATA"] = ["drop"]
        with pytest.raises(NotifierError, match="SMTPServerDisconnected"):
            notifier.send(outgoing("k2"))
        notifier.send(outgoing("k3"))
    assert len(server.says.envelopes) == 2
    assert len(server.says.connections) == 2


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("MAIL", "451 4.3.0 eve@example.com: try later"),
        ("MAIL", "552 5.3.4 too large: eve@example.com"),
        ("RCPT", "450 4.2.1 eve@example.com is busy"),
        ("RCPT", "550 5.1.1 <eve@example.com> unknown"),
        ("RCPT", "550 eve@example.com unknown"),
        ("DATA", "452 4.3.1 eve@example.com"),
        ("DATA", "554 5.7.1 looks like spam: Which printer?"),
    ],
)
def test_a_refusal_is_told_by_its_code(server: Server, command: str, answer: str) -> None:
    """N1: 4xx and 5xx raise with code and status, without address or text; the next one goes on."""
    code, *status = answer.split()[:2]
    with server.notifier() as notifier:
        server.says.answers[command] = [answer]
        with pytest.raises(NotifierError, match=code) as failure:
            notifier.send(outgoing("refused"))
        said = str(failure.value)
        assert "eve" not in said
        assert "example" not in said
        assert "printer" not in said
        assert status[0] in said or "." not in status[0] or "@" in status[0]
        assert failure.value.__cause__ is None
        assert failure.value.__suppress_context__
        notifier.send(outgoing("next"))
    [envelope] = server.says.envelopes
    assert envelope.rcpt_tos == ["eve@example.com"]
    assert len(server.says.connections) == 1


def test_forwarded_is_taken(server: Server) -> None:
    """N1: 251 says that the server passes it on elsewhere."""
    with server.notifier() as notifier:
        server.says.answers["RCPT"] = ["251 User not local; will forward"]
        notifier.send(outgoing())
    assert len(server.says.envelopes) == 1


@pytest.mark.parametrize("server", [Security.STARTTLS, Security.TLS], ids=str, indirect=True)
@pytest.mark.parametrize("password", ["wrong", "Wörong"])
def test_a_bad_password_is_told(server: Server, password: str) -> None:
    """N1: 535, or that it cannot be sent at all; never the password."""
    with (
        server.notifier(password=password) as notifier,
        pytest.raises(NotifierError, match=r"535|UnicodeEncodeError") as failure,
    ):
        notifier.send(outgoing())
    assert password not in str(failure.value)
    assert server.says.envelopes == []


@pytest.mark.parametrize("server", [Security.NONE], ids=str, indirect=True)
def test_without_starttls_nothing_is_sent(server: Server) -> None:
    """N1: a server that does not offer it gets neither password nor mail."""
    for login in ({}, {"user": USER, "password": PASSWORD}):
        with (
            server.notifier(security=Security.STARTTLS, **login) as notifier,
            pytest.raises(NotifierError, match="STARTTLS"),
        ):
            notifier.send(outgoing())
    assert server.says.envelopes == []
    assert server.says.logins == 0


@pytest.mark.parametrize("server", [Security.STARTTLS, Security.TLS], ids=str, indirect=True)
def test_a_certificate_of_nobody_known_is_refused(server: Server) -> None:
    """N1: the server must be who it says, unless the host's own context says otherwise."""
    with (
        server.notifier(context=None) as notifier,
        pytest.raises(NotifierError, match="SSLCertVerificationError"),
    ):
        notifier.send(outgoing())
    assert server.says.logins == 0


def test_a_password_goes_over_plain_text_only_when_told_so(contexts: Any) -> None:
    """N1: a login without TLS is a setting of its own; user and password go together."""
    plain = {"sender": SENDER, "security": Security.NONE}
    with pytest.raises(InvalidValueError, match="security"):
        SmtpNotifier("127.0.0.1", 25, **plain, user=USER, password=PASSWORD)
    for half in ({"user": USER}, {"password": PASSWORD}):
        with pytest.raises(InvalidValueError, match="user"):
            SmtpNotifier("127.0.0.1", 25, **plain, **half)
    handler = Handler()
    login = {"authenticator": handler.authenticate, "auth_require_tls": False}
    server = Server(Security.NONE, contexts, **login)
    try:
        login = {"user": USER, "password": PASSWORD, "login_without_tls": True}
        with server.notifier(**login) as notifier:
            notifier.send(outgoing())
    finally:
        server.end()
    assert handler.logins == len(server.says.envelopes) == 1


def test_a_server_that_is_gone_is_told(server: Server) -> None:
    """N1: nobody there is a NotifierError; when it is back the same notifier sends again."""
    notifier = server.notifier()
    notifier.send(outgoing("k1"))
    server.stop()
    with pytest.raises(NotifierError, match="ConnectionRefusedError"):
        notifier.send(outgoing("k2"))
    server.start()
    notifier.send(outgoing("k3"))
    notifier.close()
    assert len(server.says.envelopes) == 2


@pytest.mark.parametrize(
    "address", ["a@b.org, c@d.org", "a@b.org\r\nRCPT TO:<c@d.org>", "a@b.org>"]
)
def test_one_plain_address_or_nothing(server: Server, address: str) -> None:
    """V15: what reads as two addresses, or as a command, never reaches the server."""
    with server.notifier() as notifier:
        with pytest.raises(NotifierError, match="plain address"):
            notifier.send(outgoing(to_address=address))
        with pytest.raises(NotifierError, match="sender"):
            server.notifier(sender=address).send(outgoing())
    assert server.says.connections == []


def test_an_address_beyond_ascii_needs_a_server_for_it(contexts: Any) -> None:
    """N1: SMTPUTF8 where the server offers it; else it is refused by that name."""
    message = outgoing(to_address="jörg@bücher.example")
    for offered in (True, False):
        server = Server(Security.NONE, contexts, enable_SMTPUTF8=offered)
        try:
            with server.notifier() as notifier:
                if offered:
                    notifier.send(message)
                else:
                    with pytest.raises(NotifierError, match="SMTPUTF8"):
                        notifier.send(message)
                notifier.send(outgoing())
        finally:
            server.end()
        assert [one.rcpt_tos for one in server.says.envelopes] == (
            [["jörg@bücher.example"]] * offered + [["eve@example.com"]]
        )
        assert len(server.says.connections) == 1


def test_settings_can_be_a_team_s_own(server: Server) -> None:
    """V20: sender, its name and the list are asked for each message; the limit of files is kept."""
    with server.notifier(
        sender=lambda message: f"{message.team_id}@example.com",
        sender_name=lambda message: f"Team {message.team_id}",
        list_id=lambda message: f"{message.team_id}.example.com",
        unsubscribe=lambda message: f"https://x.org/{message.recipient_id}",
        files_limit=1,
        not_attached="Left out:",
    ) as notifier:
        notifier.send(outgoing(team_id="it", files=(file("a.txt", b"--"),)))
    [envelope] = server.says.envelopes
    mail = read(envelope.original_content)
    assert envelope.mail_from == "it@example.com"
    assert (str(mail["From"]), mail["List-Id"], mail["List-Unsubscribe"]) == (
        "Team it <it@example.com>",
        "<it.example.com>",
        "<https://x.org/eve>",
    )
    assert text_of(mail) == "Which printer?\n\nLeft out:\n- a.txt\n"


def test_a_text_message_is_not_for_it(server: Server) -> None:
    """G8: another channel is refused by name."""
    with server.notifier() as notifier, pytest.raises(NotifierError, match="sms"):
        notifier.send(outgoing(channel=Channel.SMS, to_address="+39055123456"))


def test_several_senders_have_a_connection_each(server: Server) -> None:
    """N1: threads wait for nobody's connection, and leave them for those who come later."""
    at_once = 4
    meeting = threading.Barrier(at_once, timeout=60)  # so that they send at once

    failures: list[BaseException] = []
    with server.notifier() as notifier:

        def send(name: int) -> None:
            try:
                for n in range(5):
                    meeting.wait()
                    notifier.send(outgoing(f"{name}-{n}"))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=send, args=(name,)) for name in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    keys = [received_as(one.original_content).key for one in server.says.envelopes]
    assert sorted(keys) == sorted(f"{a}-{n}" for a in range(at_once) for n in range(5))
    assert 1 <= len(server.says.connections) <= at_once


def test_closed_is_closed(server: Server) -> None:
    """N1: after close() nothing is sent, and no connection is left."""
    notifier = server.notifier()
    notifier.send(outgoing())
    notifier.close()
    notifier.close()
    with pytest.raises(NotifierError, match="closed"):
        notifier.send(outgoing("k2"))
    assert len(server.says.envelopes) == 1


class TestSmtpNotifier(NotifierContract):
    """The kit, over STARTTLS with a password."""

    channels = (Channel.EMAIL,)
    examples = 25

    @pytest.fixture(autouse=True)
    def _server(self, contexts: Any) -> Iterator[None]:
        self.server = Server(Security.STARTTLS, contexts)
        self.made: list[SmtpNotifier] = []
        yield
        for notifier in self.made:
            notifier.close()
        self.server.end()

    def new(self) -> Notifier:
        self.server.says.envelopes.clear()
        self.made.append(self.server.notifier())
        return self.made[-1]

    def received(self, notifier: Notifier) -> list[Received]:
        return [received_as(one.original_content) for one in self.server.says.envelopes]

    def failing(self) -> Notifier:
        return self.server.notifier(password="wrong")
