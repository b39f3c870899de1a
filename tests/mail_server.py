"""A real mail server on a free port of this machine, and the certificates that it is trusted by."""

from __future__ import annotations

import asyncio
import ssl
import threading
from typing import Any

import pytest

pytest.importorskip("aiosmtpd")
pytest.importorskip("trustme")

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from helpdesk_core.adapters.smtp import Security, SmtpNotifier

SENDER = "help@example.com"
USER, PASSWORD = "desk", "the-pass-word"


class Handler:
    """What the server does with a mail: keep it, unless it was told to answer otherwise."""

    def __init__(self) -> None:
        self.connections: list[Any] = []
        self.envelopes: list[Any] = []
        self.answers: dict[str, list[str]] = {"MAIL": [], "RCPT": [], "DATA": []}
        self.logins = 0

    def _answer(self, command: str) -> str | None:
        given = self.answers[command]
        return given.pop(0) if given else None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        if server not in self.connections:
            self.connections.append(server)
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        answer = self._answer("MAIL")
        if answer is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = self._answer("RCPT")
        if answer is None or answer.startswith("25"):
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self._answer("DATA")
        if answer == "drop":
            server.transport.abort()
            return "250 nobody hears it"
        if answer is None:
            self.envelopes.append(envelope)
        return answer or "250 OK"

    def authenticate(self, server, session, envelope, mechanism, data) -> AuthResult:
        self.logins += 1
        good = data == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=good)


class Server:
    """A server on a free port of this machine, with TLS, STARTTLS or neither."""

    def __init__(self, security: Security, contexts: Any, **options: Any) -> None:
        self.says, self.security = Handler(), security
        self._context, self.client_context = contexts
        if security is not Security.NONE:
            options |= {"authenticator": self.says.authenticate, "auth_require_tls": False}
        if security is Security.STARTTLS:
            options |= {
                "tls_context": self._context,
                "auth_required": True,
                "auth_require_tls": True,
            }
        self._options = options
        self.sends: SmtpNotifier | None = None
        self.port = 0
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.start()

    def _there(self, doing: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(doing, self.loop).result()

    def start(self) -> None:
        """Listen; the second time on the same port."""
        self._server = self._there(
            self.loop.create_server(
                lambda: SMTP(self.says, loop=self.loop, **self._options),
                "127.0.0.1",
                self.port,
                ssl=self._context if self.security is Security.TLS else None,
            )
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Listen no more, and hang up."""

        async def stop() -> None:
            self._server.close()
            for one in self.says.connections:
                if one.transport is not None:
                    one.transport.abort()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self._there(stop())

    def end(self) -> None:
        """Be gone for good."""
        self.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def notifier(self, **options: Any) -> SmtpNotifier:
        """One that sends through it."""
        login = {} if self.security is Security.NONE else {"user": USER, "password": PASSWORD}
        return SmtpNotifier(
            "127.0.0.1",
            self.port,
            **{
                "sender": SENDER,
                "security": self.security,
                "context": self.client_context,
                "local_hostname": "desk.example.com",
                "timeout": 20.0,
            }
            | login
            | options,
        )

    def drop(self) -> None:
        """Close every connection from this end."""

        async def abort() -> None:
            for one in self.says.connections:
                if one.transport is not None:
                    one.transport.abort()

        self._there(abort())


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client
