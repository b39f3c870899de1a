"""The policy in Cedar, asked by cedarpy: a judge of the visibility rules that was not made here.

cedarpy is imported when it is asked, so that the part marked `core` is collected without it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpdesk_core.entities import Id, Team, Ticket, User

if TYPE_CHECKING:
    import cedarpy

POLICY = Path(__file__).with_name("visibility.cedar").read_text(encoding="utf-8")
#: The rule of each policy, in the order in which they stand in the text.
RULES = re.findall(r'^@id\("([^"]+)"\)$', POLICY, flags=re.MULTILINE)
_KIND_OF = {"view": "Ticket", "open": "Team"}


def entities(
    users: Iterable[User], teams: Iterable[Team], tickets: Iterable[Ticket]
) -> cedarpy.Entities:
    """A world as Cedar reads it."""
    import cedarpy

    known = [
        *(
            _entity(
                "User",
                user.id,
                kind=getattr(user.kind, "value", user.kind),
                active=user.active,
                administrator=user.is_administrator,
                company=user.company,
            )
            for user in users
        ),
        *(
            _entity(
                "Team",
                team.id,
                level=getattr(team.visibility, "value", team.visibility),
                company=team.company,
                followers=[_reference("User", id) for id in team.followers],
            )
            for team in teams
        ),
        *(_ticket(ticket) for ticket in tickets),
    ]
    return cedarpy.Entities.from_json_str(json.dumps(known))


@functools.cache
def policies() -> cedarpy.PolicySet:
    """The policy, read once."""
    import cedarpy

    return cedarpy.PolicySet.from_str(POLICY)


def request(
    user: User, action: str, id: Id, *, company_scope: bool = False, invited: bool = False
) -> dict[str, Any]:
    """Whether the user may `view` the ticket, or `open` the team, of this id."""
    return {
        "principal": {"type": "User", "id": str(user.id)},
        "action": {"type": "Action", "id": action},
        "resource": {"type": _KIND_OF[action], "id": str(id)},
        "context": {"company_scope": company_scope, "invited": invited},
    }


def judged(
    requests: list[dict[str, Any]], world: cedarpy.Entities
) -> list[tuple[bool, frozenset[str]]]:
    """Yes or no to each, and the rules that decided; an error of the judge's is raised."""
    import cedarpy

    answers = []
    for result in cedarpy.is_authorized_batch(requests, policies(), world):
        if result.diagnostics.errors:
            raise ValueError(result.diagnostics.errors)
        places = (int(name.removeprefix("policy")) for name in result.diagnostics.reasons)
        answers.append((result.allowed, frozenset(RULES[place] for place in places)))
    return answers


def _ticket(ticket: Ticket) -> dict[str, Any]:
    assignee = {}
    if ticket.assignee_id is not None:
        assignee["assignee"] = _reference("User", ticket.assignee_id)
    return _entity(
        "Ticket",
        ticket.id,
        team=_reference("Team", ticket.team_id),
        followers=[_reference("User", id) for id in ticket.followers],
        **assignee,
    )


def _entity(kind: str, id: Id, /, **attributes: Any) -> dict[str, Any]:
    return {"uid": {"type": kind, "id": str(id)}, "attrs": attributes, "parents": []}


def _reference(kind: str, id: Id) -> dict[str, Any]:
    return {"__entity": {"type": kind, "id": str(id)}}
