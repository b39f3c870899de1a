"""AppriseNotifier with the real library, whose `json://` service speaks to a local web server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit

import pytest

pytest.importorskip("apprise")

from helpdesk_core import NotifierError
from helpdesk_core.adapters.apprise import AppriseNotifier
from helpdesk_core.ports import Notifier, OutgoingMessage
from helpdesk_core.testing import NotifierContract, Received
from helpdesk_core.testing.notifiers import outgoing
from http_servers import Asked, HttpServer

# Of the library, as it loads its services.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A chat service."""
    one = HttpServer()
    yield one
    one.stop()


def place(server: HttpServer, name: str) -> str:
    return f"json://desk:secret@127.0.0.1:{server.port}/{name}"


def test_each_url_gets_title_text_and_link(server: HttpServer) -> None:
    """N1: every place that is named for a message is told, in plain text, with the link below."""
    notifier = AppriseNotifier(
        lambda message: [place(server, name) for name in (message.recipient_id, "room")]
    )
    text = "Grüße *all* <b>&amp;</b> {{7*7}}\n☃"
    notifier.send(outgoing(subject="Toner", text=text, link="https://x.org/T-1?a&b"))
    assert sorted(asked.path for asked in server.asked) == ["/eve", "/room"]
    for asked in server.asked:
        said = json.loads(asked.body)
        assert (said["title"], said["message"]) == ("Toner", f"{text}\n\nhttps://x.org/T-1?a&b")
        assert said["attachments"] == []


@pytest.mark.parametrize("urls", [[], ["nothing://secret"], ["secret"], [""]], ids=ascii)
def test_a_place_that_is_none_is_told(server: HttpServer, urls: list[str]) -> None:
    """N1: nowhere to send it is a failure by the recipient's id; no URL is shown, none is told."""
    notifier = AppriseNotifier(lambda message: [*([place(server, "a")] if urls else []), *urls])
    with pytest.raises(NotifierError, match="'eve'") as failure:
        notifier.send(outgoing(text="the secret text"))
    assert "secret" not in str(failure.value)
    assert server.asked == []


def test_one_that_took_nothing_is_told(server: HttpServer) -> None:
    """N1: when one of several places refuses it is a failure; it comes again under its key."""
    server.answers = [(500, {}, b"")]
    notifier = AppriseNotifier(lambda message: [place(server, "a"), place(server, "b")])
    with pytest.raises(NotifierError, match="not all of 2") as failure:
        notifier.send(outgoing(text="the secret text"))
    assert "secret" not in str(failure.value)


def test_an_error_of_a_service_is_told_by_its_type(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N1: what the library raises itself is a NotifierError too, and shows nothing."""

    def fail(*_: object, **__: object) -> bool:
        raise ValueError("secret")

    monkeypatch.setattr("apprise.Apprise.notify", fail)
    with pytest.raises(NotifierError, match="ValueError") as failure:
        AppriseNotifier(lambda message: [place(server, "a")]).send(outgoing())
    assert "secret" not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


def test_a_message_without_a_text_is_its_subject(server: HttpServer) -> None:
    """N1: chat services take no empty text: then the subject is what is said."""
    notifier = AppriseNotifier(lambda message: [place(server, "a")])
    notifier.send(outgoing(subject="No ink", text=" \n"))
    said = json.loads(server.asked[0].body)
    assert (said["title"], said["message"]) == ("", "No ink")


class TestAppriseNotifier(NotifierContract):
    """The kit; address and key are in the URL, as a service of a host's would have them."""

    examples = 25

    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        self.server = HttpServer()
        yield
        self.server.stop()

    def _urls(self, message: OutgoingMessage) -> list[str]:
        return [place(self.server, f"{message.key}/{quote(message.to_address, safe='')}")]

    def new(self) -> Notifier:
        self.server.asked.clear()
        return AppriseNotifier(self._urls)

    def received(self, notifier: Notifier) -> list[Received]:
        return [_received(asked) for asked in self.server.asked]

    def failing(self) -> Notifier:
        self.server.answers = [(500, {}, b"")]
        return AppriseNotifier(self._urls)


def _received(asked: Asked) -> Received:
    _, key, address = map(unquote, urlsplit(asked.path).path.split("/", 2))
    said = json.loads(asked.body)
    subject, text = said["title"], said["message"]
    if not subject:
        subject, text = text, ""
    return Received(key=key, to_address=unquote(address), subject=subject, text=text)
