"""Text messages through a gateway that speaks plain HTTP: the extra `sms` (N1, V20)."""

from __future__ import annotations

import http.client
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from string import Template
from types import MappingProxyType
from urllib.parse import urlencode, urlsplit

from helpdesk_core.errors import InvalidValueError, NotifierError
from helpdesk_core.plans import Channel
from helpdesk_core.ports import OutgoingMessage

_NAMES = frozenset({"to", "text", "key"})
_ANSWER = 64 * 1024  # bytes of an answer that are looked at


class HttpSmsNotifier:
    """Sends a text message as one HTTP request, with the fields that the gateway asks for.

    The values of `fields` are templates: `$to` is the number as the networks write it (E.164),
    `$text` the text with the link after it, and `$key` what names the message for ever. A dollar
    is written `$$`. A number without its country's code is read as one of `region` (`"IT"`).

    The gateway has taken the message when it answers with 2xx, and `accepts(status, body)`, where
    it is given, says so too: some answer 200 to everything. Redirects are not followed. Proxies are
    those of the environment. An error shows neither number nor text, and nothing of the request.

    >>> notifier = HttpSmsNotifier(
    ...     "https://sms.example.com/send",
    ...     {"user": "desk", "password": "secret", "to": "$to", "text": "$text", "ref": "$key"},
    ...     region="IT",
    ... )
    >>> HttpSmsNotifier("https://sms.example.com/send", {"to": "$number"})
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: fields 'to' may name $to, $text and $key alone
    """

    def __init__(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        method: str = "POST",
        region: str | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        accepts: Callable[[int, str], bool] | None = None,
        timeout: float = 30.0,
        context: ssl.SSLContext | None = None,
    ) -> None:
        import phonenumbers  # the extra: asked for when it is needed

        self._phonenumbers = phonenumbers
        if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
            raise InvalidValueError("region", "must be a country's two letters, like 'IT'")
        if method not in ("GET", "POST"):
            raise InvalidValueError("method", "must be GET or POST")
        self._url = _checked(url)
        self._fields = {name: _template(name, value) for name, value in fields.items()}
        self._headers = _checked_headers(headers)
        self._method, self._region = method, region
        self._accepts, self._timeout = accepts, timeout
        # Without what follows redirects, and without files, data and FTP.
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(context=context or ssl.create_default_context()),
        ):
            self._opener.add_handler(handler)

    def send(self, message: OutgoingMessage) -> None:
        """Hand the text to the gateway: when this returns it has taken it."""
        if message.channel is not Channel.SMS:
            raise NotifierError(f"an HttpSmsNotifier sends no {message.channel.value}")
        number = self._number(message)
        text = f"{message.text}\n{message.link}" if message.link else message.text
        try:
            status, body = self._ask(self._request(number, text, message.key))
        except (OSError, http.client.HTTPException, ValueError) as error:
            # their texts may hold the request, and with it the password
            raise NotifierError(f"the SMS gateway: {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise NotifierError(f"the SMS gateway answered {status}")
        if self._accepts is not None and not self._accepts(status, body):
            raise NotifierError(f"the SMS gateway answered {status}, which was not accepted")

    def _number(self, message: OutgoingMessage) -> str:
        phonenumbers = self._phonenumbers
        try:
            number = phonenumbers.parse(message.to_address, self._region)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or number.extension or not phonenumbers.is_valid_number(number):
            raise NotifierError(f"recipient {message.recipient_id!r} has no valid number")
        written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return written

    def _request(self, number: str, text: str, key: str) -> urllib.request.Request:
        values = {"to": number, "text": text, "key": key}
        form = urlencode({name: one.substitute(values) for name, one in self._fields.items()})
        headers = {"User-Agent": "helpdesk-core", **self._headers}
        if self._method == "GET":
            mark = "&" if "?" in self._url else "?"
            return urllib.request.Request(f"{self._url}{mark}{form}", headers=headers)
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
        return urllib.request.Request(
            self._url, data=form.encode("ascii"), headers=headers, method="POST"
        )

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        answer = self._opener.open(request, timeout=self._timeout)
        if answer is None:
            raise http.client.HTTPException
        with answer:
            return answer.status, answer.read(_ANSWER).decode("utf-8", "replace")


def _checked(url: str) -> str:
    """The URL, which no error shows: it may hold a password."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits or not url.isascii() or not url.isprintable() or " " in url or "#" in url:
        raise InvalidValueError("url", "must be one of http or https, without a fragment")
    if "@" in parts.netloc:
        raise InvalidValueError("url", "must not hold user and password: they go into headers")
    return url


def _template(name: str, value: str) -> Template:
    template = Template(value)
    if not template.is_valid() or not _NAMES.issuperset(template.get_identifiers()):
        raise InvalidValueError(f"fields {name!r}", "may name $to, $text and $key alone")
    return template


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise InvalidValueError(f"headers {name!r}", "must be one line of ASCII")
    return {name.capitalize(): value for name, value in headers.items()}
