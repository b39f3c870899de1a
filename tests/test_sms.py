"""HttpSmsNotifier against a real web server: fields, numbers, and what counts as taken."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("phonenumbers")

from helpdesk_core import InvalidValueError, NotifierError
from helpdesk_core.adapters.sms import HttpSmsNotifier
from helpdesk_core.plans import Channel
from helpdesk_core.ports import Notifier
from helpdesk_core.testing import NotifierContract, Received
from helpdesk_core.testing.notifiers import outgoing
from http_servers import Asked, HttpServer

NUMBER = "+39055123456"
FIELDS = {"user": "desk", "pass": "se$$cret", "to": "$to", "text": "$text", "ref": "$key"}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A gateway."""
    one = HttpServer()
    yield one
    one.stop()


def sms(key: str = "k-1", **fields):
    return outgoing(key, **{"channel": Channel.SMS, "to_address": NUMBER} | fields)


def fields_of(asked: Asked) -> dict[str, str]:
    """What was sent, whichever way."""
    query = asked.body.decode("ascii") if asked.method == "POST" else urlsplit(asked.path).query
    return {
        name: value
        for name, [value] in parse_qs(query, keep_blank_values=True, strict_parsing=True).items()
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_text_arrives_with_the_fields_of_the_gateway(server: HttpServer, method: str) -> None:
    """N1, V20: number, text with the link after it, and key, in UTF-8; what is given stays so."""
    notifier = HttpSmsNotifier(
        f"{server.url}/send?v=2", FIELDS, method=method, headers={"authorization": "Bearer x"}
    )
    text = "Grüße & 100 % = $to ${key} ☃\r\n$$"
    notifier.send(sms(text=text, link="https://desk.example.com/T-1?a=b&c"))
    [asked] = server.asked
    assert (asked.method, asked.headers["Authorization"]) == (method, "Bearer x")
    assert asked.path.startswith("/send?v=2")
    found = fields_of(asked)
    found.pop("v", None)
    assert found == {
        "user": "desk",
        "pass": "se$cret",
        "to": NUMBER,
        "text": f"{text}\nhttps://desk.example.com/T-1?a=b&c",
        "ref": "k-1",
    }


def test_a_number_of_a_country_is_written_as_the_networks_do(server: HttpServer) -> None:
    """N1: without a country's code a number is one of `region`; with one it is what it says."""
    notifier = HttpSmsNotifier(server.url, FIELDS, region="IT")
    for given in ("055 123-456", "+39 (055) 123456", "0039 055123456", "+49 30 1234567"):
        notifier.send(sms(to_address=given))
    assert [fields_of(asked)["to"] for asked in server.asked] == [NUMBER] * 3 + ["+49301234567"]


@pytest.mark.parametrize(
    "number",
    [
        "055 123456",
        "+39",
        "+39 12",
        "+999123456789",
        "nobody",
        "",
        f"{NUMBER}, {NUMBER}",
        f"{NUMBER}&to=+39055123457",
        f"{NUMBER} ext. 5",
        "eve@example.com",
    ],
)
def test_what_is_no_number_is_refused(server: HttpServer, number: str) -> None:
    """V15: the error names the recipient, and shows neither number nor text."""
    notifier = HttpSmsNotifier(server.url, FIELDS)
    with pytest.raises(NotifierError, match="eve-7") as refused:
        notifier.send(sms(to_address=number, recipient_id="eve-7", text="the secret text"))
    assert "055" not in str(refused.value)
    assert "secret" not in str(refused.value)
    assert server.asked == []


@pytest.mark.parametrize("status", [302, 307, 400, 401, 403, 404, 429, 500, 503])
def test_only_2xx_is_taken(server: HttpServer, status: int) -> None:
    """N1: any other status is told by its number; a redirect is not followed."""
    elsewhere = HttpServer()
    server.answers = [(status, {"Location": f"{elsewhere.url}/?{NUMBER}"}, b"se$cret " * 9)]
    try:
        with pytest.raises(NotifierError, match=str(status)) as failure:
            HttpSmsNotifier(server.url, FIELDS).send(sms())
    finally:
        elsewhere.stop()
    assert "cret" not in str(failure.value)
    assert NUMBER not in str(failure.value)
    assert len(server.asked) == 1
    assert elsewhere.asked == []


def test_what_a_gateway_answers_can_be_asked(server: HttpServer) -> None:
    """N1: with `accepts` a 200 that says no is a failure; it cannot make one of 500 a success."""
    seen = []

    def accepts(status: int, body: str) -> bool:
        seen.append((status, body))
        return body.startswith("OK")

    server.answers = [(202, {}, "OK ☃".encode()), (200, {}, b"ERR se$cret"), (500, {}, b"OK")]
    notifier = HttpSmsNotifier(server.url, FIELDS, accepts=accepts)
    notifier.send(sms())
    with pytest.raises(NotifierError, match="200, which was not accepted") as failure:
        notifier.send(sms())
    with pytest.raises(NotifierError, match="500"):
        notifier.send(sms())
    assert seen == [(202, "OK ☃"), (200, "ERR se$cret")]
    assert "ERR" not in str(failure.value)


def test_a_gateway_that_is_not_there_is_told(server: HttpServer) -> None:
    """N1: by the type of the error alone, also where the answer is no HTTP."""
    server.stop()
    for method in ("GET", "POST"):
        notifier = HttpSmsNotifier(server.url, FIELDS, method=method)
        with pytest.raises(NotifierError, match="URLError") as failure:
            notifier.send(sms(text="the secret text"))
        assert "secret" not in str(failure.value)
        assert failure.value.__cause__ is None
        assert failure.value.__suppress_context__
    with pytest.raises(NotifierError, match="UnicodeEncodeError"):
        notifier.send(sms(text="\ud800"))
    server._server.server_close()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.org/",
        "file:///etc/passwd",
        "data:,x",
        "x.org",
        "//x.org",
        "https://",
        "https://me:secret@x.org/",
        "https://x.org/ secret",
        "https://x.org/\r\nsecret",
        "https://x.org/#secret",
        "https://x.org:port/",
        "https://[x.org/",
        "https://ü.org/",
    ],
    ids=ascii,
)
def test_a_url_of_something_else_is_refused(url: str) -> None:
    """N1: http and https alone; the error does not show it, as it may hold a password."""
    with pytest.raises(InvalidValueError, match="url") as refused:
        HttpSmsNotifier(url, FIELDS)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"fields": {"to": "$number"}},
        {"fields": {"pass": "se$ secret"}},
        {"fields": {"to": "${to.__class__}"}},
        {"headers": {"X": "a\r\nsecret: b"}},
        {"headers": {"X": "ü secret"}},
        {"region": "Italy"},
        {"method": "PUT"},
    ],
    ids=ascii,
)
def test_settings_that_make_no_sense_are_refused(settings: dict) -> None:
    """N4: before anything is sent, by the setting's name and never by its value."""
    with pytest.raises(InvalidValueError, match=next(iter(settings))) as refused:
        HttpSmsNotifier("https://x.org/", **{"fields": FIELDS} | settings)
    assert "secret" not in str(refused.value)


def test_a_mail_is_not_for_it(server: HttpServer) -> None:
    """G8: another channel is refused by name."""
    with pytest.raises(NotifierError, match="email"):
        HttpSmsNotifier(server.url, FIELDS).send(outgoing())
    assert server.asked == []


class TestHttpSmsNotifier(NotifierContract):
    """The kit, over a gateway on this machine."""

    channels = (Channel.SMS,)
    examples = 25

    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        self.server = HttpServer()
        yield
        self.server.stop()

    def new(self) -> Notifier:
        self.server.asked.clear()
        return HttpSmsNotifier(self.server.url, FIELDS)

    def received(self, notifier: Notifier) -> list[Received]:
        return [
            Received(key=found["ref"], to_address=found["to"], text=found["text"])
            for found in map(fields_of, self.server.asked)
        ]

    def failing(self) -> Notifier:
        self.server.answers = [(500, {}, b"")]
        return HttpSmsNotifier(self.server.url, FIELDS)
