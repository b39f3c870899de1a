"""Mails through a server that speaks SMTP (N1, N3): the standard library's `smtplib`."""

from __future__ import annotations

import contextlib
import enum
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from types import TracebackType

import attrs

from helpdesk_core.adapters.mail.composing import FILES_LIMIT, NOT_ATTACHED, compose
from helpdesk_core.errors import InvalidValueError, NotifierError
from helpdesk_core.plans import Channel
from helpdesk_core.ports import OutgoingMessage

#: A text for all messages, or what gives the one for each.
OfMessage = str | Callable[[OutgoingMessage], str]

_CLOSING = 421  # the server says that it will say no more
# The status of RFC 3463, by which a server tells more than by its code; what follows it is a text,
# which may hold the address.
_STATUS = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}\b")


class Security(enum.Enum):
    """How the way to the server is kept from others.

    `STARTTLS`: asked for after connecting, and nothing is sent without it (port 587); `TLS`: from
    the first byte (port 465); `NONE`: not at all, as to a server on the same machine (port 25).
    """

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@attrs.frozen
class _Letter:
    """One mail as the server is told of it."""

    sender: str
    recipient: str
    content: bytes
    utf8: bool


class SmtpNotifier:
    """Sends e-mail through one server, which decides where it goes.

    A connection serves many messages. It is opened when it is needed, anew when the server closed
    it meanwhile, or nobody used it for `idle` seconds. Threads share the notifier: each message
    takes a free connection, or opens one, so that nobody waits for another's; there are never more
    than messages sent at once, and `close()` ends them all.

    `sender`, `sender_name` and `list_id` are texts, or functions of the message: a team's own
    address. The others are those of `adapters.mail.compose`. Every failure is a `NotifierError`
    with the server's code, and without address or text. A password goes over a connection without
    TLS only with `login_without_tls`.

    >>> notifier = SmtpNotifier("smtp.example.com", 587, sender="help@example.com")
    >>> notifier.close()  # or: with SmtpNotifier(...) as notifier:
    >>> SmtpNotifier("localhost", 25, sender="x@example.com", security=Security.NONE, user="me",
    ...     password="secret")
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: security must not be NONE where a password is sent
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        sender: OfMessage,
        sender_name: OfMessage = "",
        security: Security = Security.STARTTLS,
        user: str | None = None,
        password: str | None = None,
        login_without_tls: bool = False,
        context: ssl.SSLContext | None = None,
        timeout: float = 30.0,
        idle: float = 60.0,
        local_hostname: str | None = None,
        files_limit: int = FILES_LIMIT,
        not_attached: OfMessage = NOT_ATTACHED,
        list_id: OfMessage | None = None,
        unsubscribe: Callable[[OutgoingMessage], str | None] | None = None,
    ) -> None:
        if (user is None) != (password is None):
            raise InvalidValueError("user", "and password go together")
        if user is not None and security is Security.NONE and not login_without_tls:
            raise InvalidValueError("security", "must not be NONE where a password is sent")
        self._host, self._port, self._local_hostname = host, port, local_hostname
        self._timeout, self._idle = timeout, idle
        self._security, self._user, self._password = security, user, password
        self._context = context or ssl.create_default_context()
        self._sender, self._sender_name = sender, sender_name
        self._files_limit, self._not_attached = files_limit, not_attached
        self._list_id, self._unsubscribe = list_id, unsubscribe
        self._lock = threading.Lock()
        self._free: list[tuple[smtplib.SMTP, float]] = []  # and when each was used last
        self._closed = False

    def __enter__(self) -> SmtpNotifier:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connections, those in use as soon as they are free; nothing more is sent."""
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
        for connection, _ in free:
            _quit(connection)

    def send(self, message: OutgoingMessage) -> None:
        """Hand the mail to the server: when this returns it has taken it."""
        if message.channel is not Channel.EMAIL:
            raise NotifierError(f"an SmtpNotifier sends no {message.channel.value}")
        letter = self._letter(message)
        with _told("connecting"):
            connection, used = self._take()
        keep = False
        try:
            try:
                _begin(connection, letter)
            except (smtplib.SMTPException, OSError) as error:
                if not (used and _is_gone(error)):
                    raise
                _quit(connection)  # it was closed while nobody used it: nothing was sent yet
                with _told("connecting"):
                    connection = self._open()
                _begin(connection, letter)
            _finish(connection, letter)
            keep = True
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            keep = isinstance(error, _REFUSALS) and not _is_gone(error) and _forgets(connection)
            raise NotifierError(_said(error, "sending")) from None
        finally:
            self._give_back(connection, keep)

    def _letter(self, message: OutgoingMessage) -> _Letter:
        sender = _of(self._sender, message)
        mail = compose(
            message,
            sender=sender,
            sender_name=_of(self._sender_name, message),
            files_limit=self._files_limit,
            not_attached=_of(self._not_attached, message),
            list_id=None if self._list_id is None else _of(self._list_id, message),
            unsubscribe=self._unsubscribe,
        )
        utf8 = not (sender + message.to_address).isascii()
        return _Letter(sender, message.to_address, _lines_ended(mail), utf8)

    # --- connections -----------------------------------------------------------------------------

    def _take(self) -> tuple[smtplib.SMTP, bool]:
        """A connection, and whether it was used before."""
        while True:
            with self._lock:
                if self._closed:
                    raise NotifierError("this SmtpNotifier is closed")
                found = self._free.pop() if self._free else None
            if found is None:
                return self._open(), False
            connection, since = found
            if time.monotonic() - since <= self._idle:
                return connection, True
            _quit(connection)

    def _give_back(self, connection: smtplib.SMTP, keep: bool) -> None:
        with self._lock:
            keep = keep and not self._closed
            if keep:
                self._free.append((connection, time.monotonic()))
        if not keep:
            _quit(connection)

    def _open(self) -> smtplib.SMTP:
        connection: smtplib.SMTP
        if self._security is Security.TLS:
            connection = smtplib.SMTP_SSL(
                self._host,
                self._port,
                self._local_hostname,
                timeout=self._timeout,
                context=self._context,
            )
        else:
            connection = smtplib.SMTP(
                self._host, self._port, self._local_hostname, timeout=self._timeout
            )
        try:
            if self._security is Security.STARTTLS:
                connection.starttls(context=self._context)
            connection.ehlo_or_helo_if_needed()
            if self._user is not None and self._password is not None:
                connection.login(self._user, self._password)
        except BaseException:
            _quit(connection)
            raise
        return connection


#: The server said no, and is still there.
_REFUSALS = (smtplib.SMTPResponseException, smtplib.SMTPNotSupportedError)


def _begin(connection: smtplib.SMTP, letter: _Letter) -> None:
    """From whom it is; until the server has answered this, nothing was sent."""
    options = []
    if letter.utf8:
        options.append("SMTPUTF8")  # which smtplib refuses where the server does not offer it
    if connection.has_extn("size"):
        options.append(f"size={len(letter.content)}")
    _expect(250, connection.mail(letter.sender, options))


def _finish(connection: smtplib.SMTP, letter: _Letter) -> None:
    code, answer = connection.rcpt(letter.recipient)
    if code != 251:  # it is forwarded
        _expect(250, (code, answer))
    _expect(250, connection.data(letter.content))


def _expect(code: int, answer: tuple[int, bytes]) -> None:
    if answer[0] != code:
        raise smtplib.SMTPResponseException(*answer)


def _forgets(connection: smtplib.SMTP) -> bool:
    """Whether the server forgets the message that it refused, so that another can follow."""
    try:
        return connection.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _quit(connection: smtplib.SMTP) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):
        connection.quit()
    connection.close()


def _is_gone(error: Exception) -> bool:
    """Whether the connection is of no more use."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == _CLOSING
    return isinstance(error, smtplib.SMTPServerDisconnected) or (
        isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
    )


@contextlib.contextmanager
def _told(doing: str) -> Iterator[None]:
    """What goes wrong inside is a NotifierError without what the server said."""
    try:
        yield
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise NotifierError(_said(error, doing)) from None


def _said(error: Exception, doing: str) -> str:
    """What went wrong, by codes and types alone."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        text = text.encode(errors="replace") if isinstance(text, str) else text
        status = _STATUS.match(text)
        more = f" {status[0].decode()}" if status else ""
        return f"{doing}: the mail server said {error.smtp_code}{more}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"{doing}: the mail server does not offer what is needed: {error}"
    return f"{doing}: {type(error).__name__}"


def _of(given: OfMessage, message: OutgoingMessage) -> str:
    return given if isinstance(given, str) else given(message)


def _lines_ended(mail: EmailMessage) -> bytes:
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
