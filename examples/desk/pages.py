"""What every page needs: who looks, what they are told, and names instead of ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import attrs
from fastapi import Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.templating import Jinja2Templates
from markupsafe import Markup, escape

from helpdesk_core import (
    AccessExplanation,
    Decision,
    Helpdesk,
    Id,
    Reason,
    RefusedError,
    Snippet,
    User,
    every,
    explain,
    may,
)
from helpdesk_core.events import TicketAssigned

from .company import HOST, PEOPLE, ZONE

templates = Jinja2Templates(Path(__file__).parent / "templates")
Field = Annotated[str, Form()]
NOT_KEPT = {"Cache-Control": "no-store"}  # who signs in next at this browser sees none of it


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page; where htmx asks, only what is in it, without what is around it."""
    values["frame"] = "part.html" if "hx-request" in request.headers else "base.html"
    return templates.TemplateResponse(request, template, values, status, NOT_KEPT)


class SignInError(Exception):
    """Nobody is signed in."""


class Here:
    """One request: the desk, and who asks it. What is shown is what the library gives them."""

    def __init__(self, request: Request) -> None:
        user_id = request.session.get("user_id")
        if user_id is None:
            raise SignInError
        self.request = request
        self.desk: Helpdesk = request.app.state.desk
        self.me: User = self.desk.user(user_id, actor=user_id)

    def show(self, template: str, title: str, **values: Any) -> Response:
        """A page for the one who looks."""
        said = self.request.session.pop("said", "")
        return page(self.request, template, title=title, here=self, me=self.me, said=said, **values)

    def go(self, path: str, said: str = "") -> Response:
        """On to another page, with something to say there."""
        self.request.session["said"] = said[:1000]  # a cookie holds no more than so much
        return RedirectResponse(path, 303)

    def may(self, use_case: str) -> bool:
        """What to offer, by the library's table. Whether it is done, the library says again."""
        return may(self.me, use_case).allowed

    @cached_property
    def names(self) -> Mapping[Id, str]:
        """Of people, teams and stages: the library speaks in ids, and only of what may be known."""
        teams = list(every(self.desk.teams, actor=HOST))
        stages = [stage for team in teams for stage in self.desk.stages(team.id, actor=HOST)]
        people = {user.id: user.name for user in PEOPLE.values()}
        return people | {one.id: one.name for one in teams} | {one.id: one.name for one in stages}

    def name(self, value: Any) -> Any:
        """The name of what has this id, of each of several; a moment as the wall shows it."""
        if isinstance(value, tuple | list | frozenset):
            return tuple(map(self.name, value))
        return when(value) if isinstance(value, datetime) else self.names.get(value, value)

    def explain(self, decided: Decision | AccessExplanation | TicketAssigned) -> str:
        """A decision of the library in words, with names."""
        if isinstance(decided, TicketAssigned):
            since = decided.available_from and when(decided.available_from)
            assignee = self.name(decided.assignee_id)
            return explain(attrs.evolve(decided, assignee_id=assignee, available_from=since))  # type: ignore[arg-type]
        if isinstance(decided, AccessExplanation):
            return explain(attrs.evolve(decided, decision=self._named(decided.decision)))
        return explain(self._named(decided))

    def _named(self, decision: Decision) -> Decision:
        reasons = [
            Reason(reason.code, {key: self.name(one) for key, one in reason.parameters.items()})
            for reason in decision.reasons
        ]
        return attrs.evolve(decision, reasons=tuple(reasons))

    def refusal(self, error: Exception) -> str:
        """What the library said no to, for the form that asked."""
        if isinstance(error, RefusedError):
            return self.explain(error.decision).removeprefix("No. ")
        return f"{str(error)[:1].upper()}{str(error)[1:]}."


At = Annotated[Here, Depends(Here)]


def inside(here: At) -> Here:
    """Customers have no boards: the library would show them one of their own tickets."""
    if here.me.is_external:
        raise HTTPException(404)
    return here


Inside = Annotated[Here, Depends(inside)]


def when(moment: datetime) -> str:
    """A moment on the company's wall."""
    return f"{moment.astimezone(ZONE):%a %-d %b %Y, %H:%M}"


def marked(snippet: Snippet) -> Markup:
    """A passage with what was found in it."""
    parts, at = Markup(), 0
    for start, end in snippet.marks:
        parts += escape(snippet.text[at:start])
        parts += Markup("<mark>{}</mark>").format(snippet.text[start:end])
        at = end
    return parts + escape(snippet.text[at:])


def listed(names: Iterable[object]) -> str:
    """Each of these once, in a row."""
    return ", ".join(dict.fromkeys(map(str, names))) or "nobody"


def words(name: str) -> str:
    """The name of an event as words: `TicketMoved` is `ticket moved`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


templates.env.filters.update({"words": words, "when": when, "marked": marked, "listed": listed})
templates.env.globals["everybody"] = PEOPLE
