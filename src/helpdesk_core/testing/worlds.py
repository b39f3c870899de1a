"""Whole small worlds: people, stages, teams and tickets that belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import attrs
from hypothesis import strategies as st

from helpdesk_core.entities import (
    Attachment,
    FollowSource,
    Id,
    Message,
    ReceivedMail,
    Role,
    Stage,
    Team,
    Ticket,
    TimeEntry,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.plans import Add
from helpdesk_core.ports import ALL_CLAIMS, Claim, TicketFilter
from helpdesk_core.testing.fitting import fit
from helpdesk_core.testing.things import Things, flags, ids_of, lines

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
COMPANIES = ("", "Acme", "Other")
#: Texts that a store may take for each other: V3 asks for exact equality.
ALIKE = ("ev", "eve", "Eve", "EVE", "e", "1", "01", "é", "e\u0301", "%", "_", "a'b", "ß", "ss")


@attrs.frozen(kw_only=True)
class World:
    """Everything of a small help desk, in the order in which it can be added."""

    users: tuple[User, ...] = ()
    stages: tuple[Stage, ...] = ()
    teams: tuple[Team, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    messages: tuple[Message, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    time_entries: tuple[TimeEntry, ...] = ()
    mails: tuple[ReceivedMail, ...] = ()
    #: Whether the stages are the store's own, which are there already.
    own_stages: bool = True

    @property
    def changes(self) -> list[Add]:
        """What makes this world in an empty store."""
        things: list[Any] = [*self.users, *(self.stages if self.own_stages else ())]
        things += [*self.teams, *self.tickets]
        return [Add(thing) for thing in (*things, *self.parts)]

    @property
    def parts(self) -> tuple[Message | Attachment | TimeEntry | ReceivedMail, ...]:
        """What hangs on the tickets."""
        return (*self.messages, *self.attachments, *self.time_entries, *self.mails)

    @property
    def user_by_id(self) -> Mapping[Id, User]:
        """The users by id."""
        return {user.id: user for user in self.users}

    @property
    def team_by_id(self) -> Mapping[Id, Team]:
        """The teams by id."""
        return {team.id: team for team in self.teams}

    @property
    def stage_by_id(self) -> Mapping[Id, Stage]:
        """The stages by id."""
        return {stage.id: stage for stage in self.stages}

    @property
    def ticket_ids(self) -> list[Id]:
        """The ids of the tickets."""
        return [ticket.id for ticket in self.tickets]


def make_id(id_type: type, kind: str, number: int) -> Id:
    """An id of the type that one can read.

    >>> make_id(str, "ticket", 7), make_id(int, "ticket", 7)
    ('ticket-7', 7)
    """
    if id_type is int:
        return number
    return f"{kind}-{number}" if id_type is str else UUID(int=number + (hash_of(kind) << 64))


def hash_of(text: str) -> int:
    """A small number that is the same in every process."""
    return int.from_bytes(text.encode()[:4], "big")


@cache
def _untied(id_type: type) -> Mapping[type, st.SearchStrategy[Any]]:
    """Things without the ties that a world gives them: what is not kept is not drawn."""
    things, id = Things(id_type), make_id(id_type, "any", 0)
    of_ticket = {"id": id, "ticket_id": id}
    return {
        User: things.users,
        Stage: things.made(Stage, id=id),
        Team: things.made(Team, id=id, member_ids=(), followers={}),
        Ticket: things.made(
            Ticket,
            id=id,
            team_id=id,
            stage_id=id,
            opener_id=None,
            customer_id=None,
            assignee_id=None,
            tags=frozenset(),
            links=frozenset(),
            followers={},
        ),
        Message: things.made(Message, **of_ticket, author_id=None),
        Attachment: things.made(Attachment, **of_ticket, author_id=None, message_id=None),
        TimeEntry: things.made(TimeEntry, **of_ticket, user_id=id),
        ReceivedMail: things.made(ReceivedMail, **of_ticket, sender_id=id),
    }


@st.composite
def worlds(
    draw: Any,
    id_type: type = str,
    *,
    claims: frozenset[Claim] = ALL_CLAIMS,
    stages: Sequence[Stage] | None = None,
    most_tickets: int = 6,
) -> World:
    """A small world that a store with these claims can keep.

    `stages` are a store's own, when it has fixed ones. Some tickets are of the same moment, and
    some are merged away; ids and texts are wild.
    """
    untied, ids = _untied(id_type), ids_of(id_type)
    if id_type is str:
        ids |= st.sampled_from(ALIKE)

    def some(kind: type, least: int, most: int) -> list[Any]:
        drawn = draw(st.lists(ids, min_size=least, max_size=most, unique=True))
        return [attrs.evolve(draw(untied[kind]), id=id) for id in drawn]

    company = st.sampled_from(COMPANIES)
    users = [attrs.evolve(user, company=draw(company)) for user in some(User, 2, 5)]
    own = stages is None
    if stages is None:
        made = some(Stage, 2, 3)
        places = draw(st.permutations(range(len(made))))
        stages = [
            attrs.evolve(s, position=n, folded=n > 0 and s.folded)
            for s, n in zip(made, places, strict=True)
        ]
    stage_ids = [stage.id for stage in stages]
    people = st.sampled_from([user.id for user in users])
    sources = st.frozensets(st.sampled_from(FollowSource), min_size=1)
    followers = st.dictionaries(people, sources, max_size=3)
    teams = [
        attrs.evolve(
            team,
            company=draw(company),
            stage_ids=frozenset(stage_ids),
            member_ids=draw(st.lists(people, unique=True, max_size=3)),
            followers=draw(followers),
        )
        for team in some(Team, 1, 3)
    ]
    team_ids = st.sampled_from([team.id for team in teams])
    tickets: list[Ticket] = []
    for ticket in some(Ticket, 1, most_tickets):
        masters = [other.id for other in tickets]
        close = MONDAY + timedelta(microseconds=draw(st.integers(0, 2)))
        tickets.append(
            attrs.evolve(
                ticket,
                team_id=draw(team_ids),
                stage_id=draw(st.sampled_from(stage_ids)),
                created_at=draw(st.sampled_from([close, ticket.created_at])),
                opener_id=draw(st.none() | people),
                customer_id=draw(st.none() | people),
                assignee_id=draw(st.none() | people),
                tags=draw(st.frozensets(st.sampled_from(["ink", "Ink"]) | lines(5, empty=False))
                          .map(lambda tags: frozenset(tag for tag in tags if tag.strip()))),
                followers=draw(followers),
                merged_into=draw(st.none() | st.sampled_from(masters)) if masters else None,
            )
        )  # fmt: skip
    on = st.sampled_from([ticket.id for ticket in tickets])
    moment = st.sampled_from([MONDAY, MONDAY + timedelta(microseconds=1)])

    def hanging(kind: type, **people_of: Any) -> list[Any]:
        return [
            attrs.evolve(
                part,
                ticket_id=draw(on),
                at=draw(moment | st.just(part.at)),
                **{name: draw(one) for name, one in people_of.items()},
            )
            for part in some(kind, 0, 3)
        ]

    messages = hanging(Message, author_id=st.none() | people)
    files = hanging(Attachment, author_id=st.none() | people)
    entries = hanging(TimeEntry, user_id=people)
    mails = hanging(ReceivedMail, sender_id=people)
    by_id = {user.id: user for user in users}

    def kept(thing: Any) -> Any:
        return fit(thing, claims, users=by_id, stage_ids=stage_ids)

    return World(
        users=tuple(users),
        stages=tuple(stages),
        teams=tuple(kept(team) for team in teams),
        tickets=tuple(kept(ticket) for ticket in tickets),
        messages=tuple(messages),
        attachments=tuple(files),
        time_entries=tuple(entries) if Claim.TIME_ENTRIES in claims else (),
        mails=tuple(mails) if Claim.MAIL in claims else (),
        own_stages=own,
    )


def filters(world: World, claims: frozenset[Claim] = ALL_CLAIMS) -> st.SearchStrategy[TicketFilter]:
    """Questions about this world, at most two at once, so that something is found."""
    people = st.sampled_from([user.id for user in world.users])
    asked: dict[str, st.SearchStrategy[Any]] = {
        "team_ids": st.frozensets(st.sampled_from([team.id for team in world.teams])),
        "stage_ids": st.frozensets(st.sampled_from([stage.id for stage in world.stages])),
        "assignee_id": people,
        "unassigned": flags,
        "customer_id": people,
        "priority": st.integers(0, 3),
        "closed": flags,
    }
    if Claim.TAGS in claims:
        asked["tag"] = st.sampled_from(["ink", "Ink", "INK"])
    if Claim.ASSIGNMENT_ORDER in claims:
        asked["waiting"] = flags
    merged = st.none() | flags
    return st.lists(st.sampled_from(sorted(asked)), max_size=2, unique=True).flatmap(
        lambda names: st.builds(
            TicketFilter, merged=merged, **{name: asked[name] for name in names}
        )
    )


def plain_world(
    id_type: type,
    claims: frozenset[Claim],
    stages: Sequence[Stage] | None,
    *,
    tickets: int = 3,
) -> World:
    """A world that one can read: two agents, a customer, two teams, a few tickets."""

    def named(kind: str, number: int) -> Id:
        return make_id(id_type, kind, number)

    agents = frozenset({Role.AGENT})
    users = [
        User(id=named("user", 1), name="Ada", kind=UserKind.INTERNAL, roles=agents, email="a@x.io"),
        User(id=named("user", 2), name="Bob", kind=UserKind.INTERNAL, roles=agents, email="b@x.io"),
        User(id=named("user", 3), name="Eve", kind=UserKind.PORTAL, email="eve@x.org"),
        User(id=named("user", 4), name="Root", kind=UserKind.INTERNAL,
             roles=frozenset({Role.ADMINISTRATOR})),
    ]  # fmt: skip
    own = stages is None
    if stages is None:
        stages = [
            Stage(id=named("stage", 1), name="New", position=0),
            Stage(id=named("stage", 2), name="Doing", position=1),
            Stage(id=named("stage", 3), name="Solved", position=2, folded=True),
        ]
    first = next(stage for stage in stages if not stage.folded)
    stage_ids = frozenset(stage.id for stage in stages)
    teams = [
        Team(
            id=named("team", n),
            name=name,
            visibility=level,
            stage_ids=stage_ids,
            member_ids=(users[0].id, users[1].id),
        )
        for n, name, level in ((1, "Support", Visibility.PUBLIC), (2, "IT", Visibility.COMPANY))
    ]
    by_id = {user.id: user for user in users}
    made = [
        Ticket(
            id=named("ticket", n),
            team_id=teams[0].id,
            stage_id=first.id,
            subject=f"No ink {n}",
            created_at=MONDAY + timedelta(minutes=n),
            customer_id=users[2].id,
            followers={users[2].id: frozenset({FollowSource.CUSTOMER})},
        )
        for n in range(1, tickets + 1)
    ]
    return World(
        users=tuple(users),
        stages=tuple(stages),
        teams=tuple(fit(team, claims, users=by_id, stage_ids=stage_ids) for team in teams),
        tickets=tuple(fit(ticket, claims, users=by_id, stage_ids=stage_ids) for ticket in made),
        own_stages=own,
    )
