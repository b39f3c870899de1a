"""Who is there, as it was asked before a transaction begins."""

from __future__ import annotations

import attrs

from helpdesk_core.assignment import AssignmentPolicy
from helpdesk_core.availability import Availability
from helpdesk_core.entities import Id, Team, User
from helpdesk_core.errors import CalendarError


@attrs.frozen
class Pool:
    """A team that assigns by itself, who is eligible, who of these is in its pool, and its policy.

    It is `lasting` when nothing but these decides what has to be asked for the next ticket.
    """

    team: Team
    eligible: tuple[User, ...]
    ids: frozenset[Id]
    policy: AssignmentPolicy
    lasting: bool


@attrs.frozen(kw_only=True)
class Presence:
    """Who of a team's pool is there when, asked before the transaction begins.

    `error` is set when the calendar did not answer: then nobody is chosen (A14). `seen` is what the
    pool was taken from; when that was `remembered`, the transaction has to confirm it. `beside` are
    the teams to be held too, because what they assign counts (A7).
    """

    pool: frozenset[Id] = frozenset()
    availability: Availability | None = None
    error: CalendarError | None = None
    seen: Pool | None = None
    remembered: bool = False
    beside: tuple[Id, ...] = ()


#: What is known when nobody was asked about.
NOT_ASKED = Presence()
