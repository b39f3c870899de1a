"""The second model's plain values as the library's, to compare the two with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import attrs
from hypothesis import strategies as st

from desks import MONDAY
from helpdesk_core.assignment import Workload
from helpdesk_core.entities import (
    Absence,
    AssignmentMethod,
    CountScope,
    FollowSource,
    Id,
    OnAnswer,
    Role,
    Stage,
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.merge import MergeStrategy
from helpdesk_core.plans import AddFollow, Change, RemoveFollow, SetField
from helpdesk_core.templates import EmailTemplate, SmsTemplate
from model import assignment as model_assignment
from model.desk import new_stage, new_team, new_ticket, new_user

Plain = dict[str, Any]

ROLES = {"agent": Role.AGENT, "lead": Role.TEAM_LEAD, "administrator": Role.ADMINISTRATOR}
LEVELS = tuple(level.value for level in Visibility)
SOURCES = tuple(source.value for source in FollowSource)

# --- from the model to the library ---------------------------------------------------------------


def user_of(user: Plain) -> User:
    """The library's user for the model's."""
    return User(
        id=user["id"],
        name=str(user["id"]).title(),
        kind=UserKind(user["kind"]),
        roles={role for name, role in ROLES.items() if user[name]},
        active=user["active"],
        email=f"{user['id']}@example.com" if user["email"] else None,
        phone="+39 055 123" if user["phone"] else None,
    )


def _followers(followers: Any) -> dict[Id, set[FollowSource]]:
    """A set of ids, or {id: {sources}}, as the library has it."""
    if isinstance(followers, dict):
        return {id: {FollowSource(one) for one in sources} for id, sources in followers.items()}
    return {id: {FollowSource.CHOSEN} for id in sorted(followers)}


def team_of(team: Plain) -> Team:
    """The library's team for the model's."""
    return Team(
        id=team["id"],
        name=f"The {team['id']} team",
        visibility=Visibility(team["level"]),
        member_ids=team["members"],
        stage_ids=team["stages"],
        followers=_followers(team["followers"]),
        auto_assign=team["auto"],
        assignment_method=AssignmentMethod(team["method"]),
        assignment_scope=CountScope(team["scope"]),
        look_ahead_window=team["window"],
        members_follow=team["members_follow"],
        on_answer=OnAnswer(team["on_answer"]),
    )


def stage_of(stage: Plain) -> Stage:
    """The library's stage for the model's."""
    subject = f"{stage['id']}: ${{ticket.subject}}"
    return Stage(
        id=stage["id"],
        name=str(stage["id"]).title(),
        position=stage["position"],
        folded=stage["folded"],
        email_template=EmailTemplate(subject, "Dear ${customer.name}") if stage["email"] else None,
        sms_template=SmsTemplate("${ticket.subject}") if stage["sms"] else None,
        once_per_ticket=stage["once"],
    )


def ticket_of(ticket: Plain) -> Ticket:
    """The library's ticket for the model's."""
    return Ticket(
        id=ticket["id"],
        team_id=ticket["team"],
        stage_id=ticket["stage"],
        subject="No ink",
        created_at=ticket["created"],
        opener_id=ticket["opener"],
        customer_id=ticket["customer"],
        assignee_id=ticket["assignee"],
        available_from=ticket["available_from"],
        waiting=ticket["waiting"],
        tags=ticket["tags"],
        links=ticket["links"],
        references=ticket["references"],
        fields=ticket["fields"],
        followers=_followers(ticket["followers"]),
        closed_at=ticket["closed_at"],
        merged_into=ticket["merged"],
    )


def absences_of(absences: dict[Id, list[Any]]) -> list[Absence]:
    """The library's absences for the model's."""
    return [
        Absence(user_id=id, start=start, end=end)
        for id, intervals in absences.items()
        for start, end in intervals
    ]


def workloads_of(
    history: list[Any], members: Iterable[Id], team: Id, scope: str = "team"
) -> dict[Id, Workload]:
    """Counted anew by the model, from everything that ever happened (A3, A4, A6, A7)."""
    found = {}
    for member in members:
        total, open_ = (
            model_assignment.count(method, history, member, team, scope)
            for method in ("equal_tickets", "equal_open")
        )
        last = model_assignment.last_assigned(history, member, team) or None
        if total or last:
            found[member] = Workload(member_id=member, total=total, open=open_, last_assigned=last)
    return found


# --- what a plan changes -------------------------------------------------------------------------


def applied(changes: Iterable[Change], *things: Any) -> dict[Id, Any]:
    """The things by id, as the changes leave them; an expected value that is not there fails."""
    found: dict[Id, Any] = {thing.id: thing for thing in things}
    assert len(found) == len(things)
    for change in changes:
        if not isinstance(change, SetField | AddFollow | RemoveFollow):
            continue
        thing = found[change.id]
        if isinstance(change, SetField):
            assert getattr(thing, change.field) == change.expected != change.value
            found[change.id] = attrs.evolve(thing, **{change.field: change.value})
            continue
        followers = {id: set(sources) for id, sources in thing.followers.items()}
        if isinstance(change, AddFollow):
            followers.setdefault(change.user_id, set()).add(change.source)
        else:
            followers[change.user_id].remove(change.source)
            if not followers[change.user_id]:
                del followers[change.user_id]
        found[change.id] = attrs.evolve(thing, followers=followers)
    return found


def sources_of(thing: Team | Ticket) -> dict[Id, set[str]]:
    """Who follows, and why, in the model's words."""
    return {id: {one.value for one in sources} for id, sources in thing.followers.items()}


def messages_of(notices: Iterable[Any], events: Iterable[Any]) -> Counter[tuple[str, Id]]:
    """A stage's messages and recorded skips (G8), in the model's words."""
    said = [(notice.channel.value, notice.stage_id) for notice in notices if notice.stage_id]
    skips = [event for event in events if event.name == "StageMessageSkipped"]
    return Counter(said + [(f"skipped {event.channel}", event.stage_id) for event in skips])


def turns_of(events: Iterable[Any]) -> list[tuple[str, Id]]:
    """The closings and reopenings among events (G3), in order."""
    return [
        (event.name, event.ticket_id)
        for event in events
        if event.name in ("TicketClosed", "TicketReopened")
    ]


# --- random worlds -------------------------------------------------------------------------------

PEOPLE = ("ada", "ann", "bob", "con", "emp", "lea", "pat", "pia", "root")
MEMBERS = ("ada", "bob", "cyd", "dan")

_T = TypeVar("_T")


class Dice:
    """Takes one choice after the other from bytes, the simplest when they are used up.

    Worlds of hundreds of small choices are drawn at once by this, and still shrink.

    >>> dice = Dice(bytes([4, 1]))
    >>> dice.pick("abc"), dice.number(7, 9), dice.flag()
    ('b', 8, False)
    """

    def __init__(self, data: bytes) -> None:
        self._data, self._left = data, iter(data)

    def __repr__(self) -> str:
        return f"Dice({self._data!r})"

    def number(self, low: int, high: int) -> int:
        """A number, both ends included."""
        return low + next(self._left, 0) % (high - low + 1)

    def flag(self, one_in: int = 2) -> bool:
        """True once in so many times."""
        return self.number(0, one_in - 1) == one_in - 1

    def pick(self, options: Sequence[_T]) -> _T:
        """One of them."""
        return options[self.number(0, len(options) - 1)]

    def some(self, options: Sequence[_T], most: int, least: int = 0) -> list[_T]:
        """Some of them, each once at the most."""
        picked = (self.pick(options) for _ in range(self.number(least, most)))
        return list(dict.fromkeys(picked))

    def shuffled(self, options: Iterable[_T]) -> list[_T]:
        """All of them in another order."""
        left = list(options)
        return [left.pop(self.number(0, len(left) - 1)) for _ in range(len(left))]


def dice(size: int) -> st.SearchStrategy[Dice]:
    """Dice for about so many choices."""
    return st.binary(min_size=size, max_size=size).map(Dice)


def hours(number: float) -> Any:
    """A moment so many hours after the beginning."""
    return MONDAY + timedelta(hours=number)


def random_users(dice: Dice, names: Iterable[Id] = PEOPLE) -> list[Plain]:
    """Somebody of each name, of whatever kind."""
    made = []
    for name in names:
        kind = dice.pick(["internal", "internal", "internal", "portal", "portal", "contact"])
        inside = kind == "internal"
        made.append(
            new_user(
                name,
                kind,
                active=not dice.flag(5),
                agent=inside and dice.flag(),
                lead=inside and dice.flag(6),
                administrator=inside and dice.flag(6),
                email=not dice.flag(4),
                phone=dice.flag(),
            )
        )
    return made


def random_followers(dice: Dice) -> dict[Id, set[str]]:
    """Some who follow, with their sources."""
    return {user: {*dice.some(SOURCES, 2, 1)} for user in dice.some(PEOPLE, 4)}


def random_pipeline(dice: Dice) -> tuple[dict[Id, Plain], dict[Id, Plain]]:
    """Five stages and three teams of any level, each with an unfolded stage (G7)."""
    stages = {
        f"s{number}": new_stage(
            f"s{number}",
            place,
            folded=number > 0 and dice.flag(),
            email=dice.flag(),
            sms=dice.flag(),
            once=dice.flag(),
        )
        for number, place in enumerate(dice.shuffled(range(5)))
    }
    open_ = [id for id, stage in stages.items() if not stage["folded"]]
    teams = {
        name: new_team(
            name,
            dice.pick(LEVELS),
            stages={*dice.some(sorted(stages), 4), dice.pick(open_)},
            followers=random_followers(dice),
        )
        for name in ("one", "two", "three")
    }
    return stages, teams


def random_tickets(
    dice: Dice, teams: dict[Id, Plain], stages: dict[Id, Plain], *, merged: bool = True
) -> list[Plain]:
    """Some tickets of these teams; with `merged`, some point to an earlier one (M9)."""
    made: list[Plain] = []
    for number in range(dice.number(1, 5)):
        team = teams[dice.pick(sorted(teams))]
        stage = dice.pick(sorted(team["stages"]))
        created = hours(dice.number(0, 3))
        ticket = new_ticket(
            f"t{number}",
            team["id"],
            stage,
            created,
            customer=dice.pick([None, *PEOPLE]),
            assignee=dice.pick([None, *PEOPLE]),
            followers=random_followers(dice),
            tags={*dice.some("abc", 2)},
            references={*dice.some("abc", 2)},
            closed_at=created if stages[stage]["folded"] else None,
        )
        if merged and made and dice.flag(4):
            ticket["merged"] = dice.pick([one["id"] for one in made])
        made.append(ticket)
    return made


#: How the fields of tickets are merged, for the library and for the model; `sla` is not named.
STRATEGIES: dict[str, Any] = {
    "cost": MergeStrategy.SUM,
    "serials": MergeStrategy.UNION,
    "room": MergeStrategy.FIRST,
    "votes": lambda mine, others: max([mine or 0, *others]),
}
MODEL_STRATEGIES: dict[str, Any] = {
    name: one.value if isinstance(one, MergeStrategy) else one for name, one in STRATEGIES.items()
}


def random_fields(dice: Dice, *, odd: bool = False) -> Plain:
    """Some fields of the host's; `odd` ones are now and then of another kind."""
    drawn = {
        "cost": dice.pick([None, None, 1, 2, 0.5]),
        "serials": {*dice.some("abc", 2)} or None,
        "room": dice.pick([None, None, "B 1", "B 2"]),
        "sla": dice.pick([None, "gold", "iron"]),
        "votes": dice.pick([None, 1, 2]),
    }
    if odd and dice.flag(4):
        drawn[dice.pick(["cost", "serials"])] = "odd"
    return {name: value for name, value in drawn.items() if value is not None}


def random_world(dice: Dice, *, merged: bool = True) -> tuple[Any, Any, Any, Any]:
    """Users, stages, teams and tickets; stages and teams by id."""
    stages, teams = random_pipeline(dice)
    asked = random_tickets(dice, teams, stages, merged=merged)
    return random_users(dice), stages, teams, asked


def worlds() -> st.SearchStrategy[tuple[Any, Any, Any, Any]]:
    """The same, as Hypothesis wants it."""
    return dice(320).map(random_world)


def random_absences(dice: Dice) -> dict[Id, list[Any]]:
    """Who is away when: often overlapping or touching, now and then for ever."""
    away: dict[Id, list[Any]] = {}
    for member in MEMBERS:
        for _ in range(dice.number(0, 3)):
            start, long = dice.number(-4, 6), dice.number(0, 6)
            end = hours(start + long) if long else None
            away.setdefault(member, []).append((hours(start), end))
    return away


def random_history(dice: Dice) -> list[Any]:
    """What happened to some tickets of two teams, in an order that can have been."""
    history: list[Any] = []
    teams: dict[int, str] = {}
    for _ in range(dice.number(0, 16)):
        what = dice.pick(
            ["assigned"] * 6 + ["reassigned", "unassigned", "closed", "reopened", "moved", "merged"]
        )
        if what == "assigned" or not teams:
            id = len(teams)
            teams[id] = dice.pick("tu")
            history += [
                ("opened", id, teams[id]),
                ("assigned", id, teams[id], dice.pick(MEMBERS)),
            ]
            continue
        id = dice.pick(sorted(teams))
        if what == "moved":
            teams[id] = dice.pick("tu")
            history.append(("moved", id, teams[id]))
        elif what == "reassigned":
            history.append(("reassigned", id, teams[id], dice.pick(MEMBERS)))
        else:
            history.append((what, id))
    return history
