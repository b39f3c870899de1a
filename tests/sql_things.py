"""The small worlds that the SQL repository's own tests use; the kit has what is general."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from helpdesk_core.entities import (
    FollowSource,
    Role,
    Stage,
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.plans import AddFollow, Kind, NoteAssignment, RemoveFollow
from helpdesk_core.ports import TicketFilter
from helpdesk_core.testing.things import (
    ROME,
    Things,
    durations,
    events_of,
    flags,
    ids_of,
    lines,
    local_moments,
    moments,
    shaped,
    texts,
)

__all__ = [
    "ROME", "Things", "durations", "events_of", "flags", "ids_of", "lines", "local_moments",
    "moments", "shaped", "texts",
]  # fmt: skip

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)

# --- small worlds --------------------------------------------------------------------------------

USERS = [
    User(id="ada", name="Ada", kind=UserKind.INTERNAL, roles={Role.AGENT}, company="Acme"),
    User(id="bob", name="Bob", kind=UserKind.INTERNAL, roles={Role.AGENT, Role.TEAM_LEAD}),
    User(id="root", name="Root", kind=UserKind.INTERNAL, roles={Role.ADMINISTRATOR}),
    User(id="old", name="Old", kind=UserKind.INTERNAL, roles={Role.AGENT}, active=False),
    User(id="eve", name="Eve", kind=UserKind.PORTAL),
    User(id="ev", name="Ev", kind=UserKind.PORTAL),
    User(id="kim", name="Kim", kind=UserKind.CONTACT),
]
STAGES = [
    Stage(id="new", name="New", position=0),
    Stage(id="doing", name="Doing", position=1),
    Stage(id="solved", name="Solved", position=2, folded=True),
]
people = st.sampled_from([user.id for user in USERS])
teams_of = st.sampled_from("xyz")
stages_of = st.sampled_from([stage.id for stage in STAGES])
followers = st.dictionaries(
    people, st.frozensets(st.sampled_from(FollowSource), min_size=1), max_size=3
)


@st.composite
def worlds(draw: Any) -> tuple[list[Team], list[Ticket]]:
    """Three teams and a handful of tickets, some merged away, some of the same moment."""
    teams = [
        Team(
            id=id,
            name=id,
            visibility=draw(st.sampled_from(Visibility)),
            company=draw(st.sampled_from(["", "Acme", "Other"])),
            stage_ids={stage.id for stage in STAGES},
            followers=draw(followers),
        )
        for id in "xyz"
    ]
    tickets: list[Ticket] = []
    for n in draw(st.permutations(range(draw(st.integers(1, 6))))):
        masters = st.sampled_from([ticket.id for ticket in tickets]) if tickets else st.none()
        tickets.append(
            Ticket(
                id=f"T-{n}",
                team_id=draw(teams_of),
                stage_id=draw(stages_of),
                subject="Ink",
                created_at=MONDAY + timedelta(microseconds=draw(st.integers(0, 2))),
                customer_id=draw(st.none() | people),
                assignee_id=draw(st.none() | people),
                waiting=draw(flags),
                priority=draw(st.integers(0, 1)),
                tags=draw(st.frozensets(st.sampled_from(["ink", "Ink"]))),
                followers=draw(followers),
                merged_into=draw(st.none() | masters),
            )
        )
    return teams, tickets


_asked = {
    "team_ids": st.frozensets(teams_of),
    "stage_ids": st.frozensets(stages_of),
    "assignee_id": people,
    "unassigned": flags,
    "customer_id": people,
    "priority": st.integers(0, 1),
    "tag": st.sampled_from(["ink", "INK"]),
    "waiting": flags,
    "closed": flags,
}
#: At most two questions at once, so that something is found.
filters = st.lists(st.sampled_from(sorted(_asked)), max_size=2, unique=True).flatmap(
    lambda names: st.builds(
        TicketFilter, merged=st.none() | flags, **{name: _asked[name] for name in names}
    )
)


@st.composite
def steps(draw: Any) -> list[Any]:
    """Changes without the value expected, which the test reads off: (kind, id, field, value)."""
    ticket = st.sampled_from([f"T-{n}" for n in range(6)])
    step = st.one_of(
        st.tuples(st.just(Kind.TICKET), ticket, st.just("assignee_id"), st.none() | people),
        st.tuples(st.just(Kind.TICKET), ticket, st.just("team_id"), teams_of),
        st.tuples(st.just(Kind.TICKET), ticket, st.just("stage_id"), stages_of),
        st.tuples(st.just(Kind.TICKET), ticket, st.just("merged_into"), st.none() | ticket),
        st.tuples(
            st.just(Kind.TICKET), ticket, st.just("tags"), st.frozensets(st.sampled_from("ab"))
        ),
        st.tuples(st.just(Kind.STAGE), stages_of, st.just("folded"), flags),
        st.builds(NoteAssignment, team_id=teams_of, member_id=people, sequence=st.integers(1, 99)),
        st.builds(
            AddFollow,
            kind=st.just(Kind.TICKET),
            id=ticket,
            user_id=people,
            source=st.sampled_from(FollowSource),
        ),
        st.builds(
            RemoveFollow,
            kind=st.just(Kind.TICKET),
            id=ticket,
            user_id=people,
            source=st.sampled_from(FollowSource),
        ),
    )
    return draw(st.lists(step, max_size=12))
