"""The application: who is signed in, what comes from elsewhere, and what the library says no to."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from helpdesk_core import HelpdeskError, NotFoundError, PortError, RefusedError, RetryableError

from . import boards, teams, tickets
from .company import HOST, PEOPLE, open_desk
from .pages import Field, Here, SignInError, page

#: A page loads this host's own files only, and no script or style stands inside a page.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
    "'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}  # fmt: skip
PLAIN = {
    400: ("That was not understood", "Something in the address or the form is not right."),
    403: ("This is not for you", "What you asked for takes other rights than yours."),
    404: ("There is no such page", "It is not there, or not for you to see."),
    503: ("Out of order for a moment", "Something that the desk needs did not answer. Try again."),
}


def make() -> FastAPI:
    """The application, over the help desk that the environment names."""
    app = FastAPI(lifespan=running, docs_url=None, redoc_url=None, openapi_url=None)
    for router in (boards.router, tickets.router, teams.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.get("/sign-in")(sign_in)
    app.post("/sign-in")(signed_in)
    for error in (HelpdeskError, HTTPException, RequestValidationError, SignInError):
        app.add_exception_handler(error, refused)
    app.middleware("http")(guarded)
    secret = os.environ.get("HELPDESK_SECRET") or secrets.token_hex()
    app.add_middleware(SessionMiddleware, secret_key=secret, same_site="lax")
    hosts = os.environ.get("HELPDESK_HOSTS", "127.0.0.1 localhost").split()
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    return app


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    """Open the desk, and do what a host's worker does: hand messages over, serve who waits."""
    app.state.desk = await asyncio.to_thread(open_desk)

    async def work() -> None:
        while True:
            await asyncio.sleep(5)
            try:
                await asyncio.to_thread(app.state.desk.deliver)
                await asyncio.to_thread(app.state.desk.assign_waiting, actor=HOST)
            except Exception:  # whatever it was, the next message is not its fault
                logging.getLogger("uvicorn.error").exception("The worker goes on.")

    worker = asyncio.create_task(work())
    yield
    worker.cancel()


async def guarded(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """A form of another site is not heard, and no page loads anything from elsewhere."""
    origin = request.headers.get("origin", "").rpartition("//")[2]
    is_form = request.method not in ("GET", "HEAD")
    foreign = is_form and origin != request.headers.get("host")
    response = plain(request, 403) if foreign else await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def refused(request: Request, error: Exception) -> Response:
    """A no: a plain page that tells nothing, or the message of the form that was sent."""
    if isinstance(error, SignInError):
        return RedirectResponse("/sign-in", 303)
    if isinstance(error, HTTPException):
        return plain(request, error.status_code)
    if isinstance(error, NotFoundError | PortError | RetryableError):
        return plain(request, 404 if isinstance(error, NotFoundError) else 503)
    is_form = request.method == "POST"
    if isinstance(error, RefusedError):
        if not is_form or error.code.startswith("permission."):
            return plain(request, 403)
    elif not isinstance(error, HelpdeskError) or not (is_form or request.url.query):
        return plain(request, 400)
    here = Here(request)
    text = here.refusal(error)
    if "hx-request" in request.headers:  # what was typed stays where it is
        to = {"HX-Retarget": "#said", "HX-Reswap": "textContent"}
        return Response(text, 409, to, "text/plain; charset=utf-8")
    _, _, back = request.headers.get("referer", "").rpartition("//")[2].partition("/")
    return here.go(f"/{back.lstrip('/')}", text)  # within this host, whatever the header names


def plain(request: Request, status: int) -> Response:
    """A page with nothing on it but what kind of no it is."""
    title, text = PLAIN.get(status, PLAIN[400])
    return page(request, "plain.html", status, title=title, text=text)


def sign_in(request: Request) -> Response:
    """Whom to be: the demo's people."""
    return page(request, "sign_in.html", title="Sign in")


def signed_in(request: Request, user_id: Field = "") -> Response:
    """Somebody is signed in, or nobody any more; a contact may do nothing, says the library."""
    request.session.clear()
    if user_id in PEOPLE:
        request.session["user_id"] = user_id
    return RedirectResponse("/" if user_id else "/sign-in", 303)
