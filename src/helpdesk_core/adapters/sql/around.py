"""A team that is held, with all that opening a ticket asks about it, by one question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import attrs

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.rows import team_of, things_in, workloads_of
from helpdesk_core.adapters.sql.statements import entity_columns
from helpdesk_core.assignment import Workload
from helpdesk_core.entities import Id, Stage, Team, User


@attrs.frozen
class Around:
    """What was so when the team was locked, and is until something is changed.

    `eligible` is None for a team that assigns nothing by itself: it was not asked for. `people`
    are some of the users.
    """

    team: Team
    stages: Sequence[Stage]
    workloads: Mapping[Id, Workload]
    eligible: Sequence[User] | None
    people: Mapping[Id, User]


def look_around(db: Connection, team_id: Id) -> Around | None:
    """What is around the team; None when it does not exist."""
    rows = db.rows(db.statements.around, {"id": team_id})
    if not rows:
        return None
    *row, stages, workloads, users = rows[0]
    t, codec = db.tables, db.codec
    team = team_of(row, db.statements.names[t.teams], codec)
    eligible, people = things_in(users, User, entity_columns(t.users), codec, _people)
    return Around(
        team=team,
        stages=things_in(stages, Stage, entity_columns(t.stages), codec),
        workloads=things_in(workloads, Workload, entity_columns(t.workloads), codec, workloads_of),
        eligible=eligible if team.auto_assign else None,
        people=people,
    )


def _people(users: Iterable[User]) -> tuple[Sequence[User], Mapping[Id, User]]:
    return (
        tuple(user for user in users if user.is_eligible),
        MappingProxyType({user.id: user for user in users}),
    )
