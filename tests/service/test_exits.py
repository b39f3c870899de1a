"""Every exit of the service, tried by those who may not know: denied and absent are one.

Two desks are the same, but for tickets in the first that somebody may not see. Whatever that
somebody calls, with the hidden ids or without any, both must answer alike: value or error, lists
and counts included. So nothing hidden shows, not even that it is there (V14).
"""

from __future__ import annotations

import enum
import inspect
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
import pytest

from desks import MONDAY, SETUP, Company, counter, repository_for
from helpdesk_core import (
    Absence,
    HelpdeskError,
    Role,
    SmsTemplate,
    TicketFilter,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.ports import IncomingEmail
from helpdesk_core.service.pages import Cursors

#: In every text of what is hidden, and in its ids.
MARK = "zzq"
NOTHING = "absent"
AWAY = Absence(user_id="ann", start=MONDAY)
MAIL = IncomingEmail(sender="pat@example.com", subject="Ink", text="None")
Call = Callable[[Any, Any, Any, Any], Any]
MORE = TicketFilter(merged=None)


def pages(ask: Any, *arguments: Any, **options: Any) -> list[Any]:
    """A list in the smallest pages, each with its cursor."""
    found = [ask(*arguments, limit=1, **options)]
    while found[-1].next is not None:
        found.append(ask(*arguments, limit=1, after=found[-1].next, **options))
    return found


#: How each public method is called: with the desk, the actor, a ticket's id and a team's id. The
#: ticket `mine` and the team `company` or `half` may be seen by some of those who call.
EXITS: dict[str, list[Call]] = {
    # looking at one ticket
    "ticket": [lambda d, a, t, m: d.ticket(t, actor=a)],
    "resolve": [lambda d, a, t, m: d.resolve(t, actor=a)],
    "messages": [
        lambda d, a, t, m: d.messages(t, actor=a),
        lambda d, a, t, m: pages(d.messages, "mine", actor=a),
        lambda d, a, t, m: pages(d.messages, "half-1", actor=a),
    ],
    "attachments": [
        lambda d, a, t, m: d.attachments(t, actor=a),
        lambda d, a, t, m: pages(d.attachments, "mine", actor=a),
        lambda d, a, t, m: pages(d.attachments, "half-1", actor=a),
    ],
    "time_entries": [
        lambda d, a, t, m: d.time_entries(t, actor=a),
        lambda d, a, t, m: pages(d.time_entries, "mine", actor=a),
        lambda d, a, t, m: pages(d.time_entries, "half-1", actor=a),
    ],
    "merged_tickets": [
        lambda d, a, t, m: d.merged_tickets(t, actor=a),
        lambda d, a, t, m: pages(d.merged_tickets, "mine", actor=a),
        lambda d, a, t, m: pages(d.merged_tickets, "half-1", actor=a),
    ],
    "history": [
        lambda d, a, t, m: d.history(t, actor=a),
        lambda d, a, t, m: pages(d.history, "mine", actor=a),
        lambda d, a, t, m: pages(d.history, "half-1", actor=a),
    ],
    "access": [lambda d, a, t, m: d.access(t, actor=a)],
    "explain_access": [
        lambda d, a, t, m: d.explain_access(t, a, actor=a),
        lambda d, a, t, m: d.explain_access(t, "cyd", actor=a),
    ],
    "read_attachment": [
        lambda d, a, t, m: d.read_attachment(t, f"{MARK}-file", actor=a),
        lambda d, a, t, m: d.read_attachment("mine", f"{MARK}-file", actor=a),
    ],
    "duplicates": [
        lambda d, a, t, m: d.duplicates(t, actor=a, threshold=0.0),
        lambda d, a, t, m: d.duplicates("mine", actor=a, threshold=0.0),
    ],
    "duplicates_of_new": [
        lambda d, a, t, m: d.duplicates_of_new(m, "No ink", actor=a, threshold=0.0),
        lambda d, a, t, m: d.duplicates_of_new(
            "public", "No ink", customer_id="pia", actor=a, threshold=0.0
        ),
    ],
    # lists and counts
    "tickets": [
        lambda d, a, t, m: d.tickets(actor=a, query=MORE),
        lambda d, a, t, m: d.tickets(actor=a, newest_first=True, limit=1),
        lambda d, a, t, m: pages(d.tickets, actor=a),
        lambda d, a, t, m: d.tickets(actor=a, query=TicketFilter(team_ids=frozenset({m}))),
        lambda d, a, t, m: d.tickets(actor=a, query=TicketFilter(tag=f"{MARK}-tag")),
        lambda d, a, t, m: d.tickets(actor=a, query=TicketFilter(customer_id=f"{MARK}-customer")),
    ],
    "count": [
        lambda d, a, t, m: d.count(actor=a),
        lambda d, a, t, m: d.count(actor=a, query=MORE),
        lambda d, a, t, m: d.count(actor=a, query=TicketFilter(team_ids=frozenset({m}))),
        lambda d, a, t, m: d.count(actor=a, query=TicketFilter(assignee_id="cyd", closed=False)),
    ],
    "search": [
        lambda d, a, t, m: d.search(MARK, actor=a),
        lambda d, a, t, m: d.search("no ink", actor=a, query=MORE),
        lambda d, a, t, m: d.search("no ink", actor=a, limit=1),
        lambda d, a, t, m: d.search("worked", actor=a, whole_words=True),
        lambda d, a, t, m: d.search("no", actor=a, query=TicketFilter(team_ids=frozenset({m}))),
        lambda d, a, t, m: d.search("no", actor=a, query=TicketFilter(tag=f"{MARK}-tag")),
    ],
    "board": [
        lambda d, a, t, m: d.board(actor=a),
        lambda d, a, t, m: d.board(m, actor=a),
        lambda d, a, t, m: d.board("half", actor=a, temporarily_unfolded=["solved"]),
    ],
    "my_board": [lambda d, a, t, m: d.my_board(actor=a)],
    "column": [
        lambda d, a, t, m: d.column("new", actor=a),
        lambda d, a, t, m: d.column("new", actor=a, team_id=m),
        lambda d, a, t, m: d.column("new", actor=a, mine=True),
        lambda d, a, t, m: d.column("new", actor=a, text="no ink"),
        lambda d, a, t, m: pages(d.column, "new", actor=a),
    ],
    "dashboard": [lambda d, a, t, m: d.dashboard(actor=a)],
    "duplicate_groups": [lambda d, a, t, m: d.duplicate_groups(actor=a, threshold=0.1)],
    "team": [lambda d, a, t, m: d.team(m, actor=a), lambda d, a, t, m: d.team("half", actor=a)],
    "teams": [
        lambda d, a, t, m: d.teams(actor=a),
        lambda d, a, t, m: pages(d.teams, actor=a),
        lambda d, a, t, m: d.teams(actor=a, after=Cursors.of("teams").after(None, m)),
    ],
    "stages": [lambda d, a, t, m: d.stages(m, actor=a)],
    "user": [
        lambda d, a, t, m: d.user(a, actor=a),
        lambda d, a, t, m: d.user("cyd", actor=a),
        lambda d, a, t, m: d.user(f"{MARK}-stranger", actor=a),
    ],
    "workloads": [
        lambda d, a, t, m: d.workloads(m, actor=a),
        lambda d, a, t, m: d.workloads("half", actor=a),
    ],
    "coverage": [
        lambda d, a, t, m: d.coverage(m, MONDAY, MONDAY + timedelta(days=7), actor=a),
        lambda d, a, t, m: d.coverage("half", MONDAY, MONDAY + timedelta(days=7), actor=a),
    ],
    "explain_assignment": [
        lambda d, a, t, m: d.explain_assignment(m, actor=a),
        lambda d, a, t, m: d.explain_assignment("half", actor=a),
    ],
    "preview_handover": [
        lambda d, a, t, m: d.preview_handover(m, AWAY, actor=a),
        lambda d, a, t, m: d.preview_handover("half", AWAY, actor=a),
    ],
    "hand_over": [
        lambda d, a, t, m: d.hand_over(m, AWAY, actor=a),
        lambda d, a, t, m: d.hand_over("half", AWAY, actor=a),
    ],
    # saying, changing, giving
    "open_ticket": [
        lambda d, a, t, m: d.open_ticket(m, "Hello", actor=a),
        lambda d, a, t, m: d.open_ticket(m, "Hello", actor=a, customer_id=f"{MARK}-stranger"),
    ],
    "reply": [lambda d, a, t, m: d.reply(t, "Hello", actor=a)],
    "note": [lambda d, a, t, m: d.note(t, "Hello", actor=a)],
    "attach": [
        lambda d, a, t, m: d.attach(t, "x.txt", b"x", actor=a),
        lambda d, a, t, m: d.attach(
            "mine", "x.txt", b"x", actor=a, message_id=f"{MARK}-ticket-message-0001"
        ),
    ],
    "log_time": [lambda d, a, t, m: d.log_time(t, 5, actor=a)],
    "change_ticket": [
        lambda d, a, t, m: d.change_ticket(t, actor=a, priority=2),
        lambda d, a, t, m: d.change_ticket(t, actor=a, expected_version=1, priority=2),
    ],
    "move": [lambda d, a, t, m: d.move(t, "solved", actor=a)],
    "drag": [
        lambda d, a, t, m: d.drag(t, "solved", actor=a),
        lambda d, a, t, m: d.drag(t, "new", actor=a, below="mine"),
        lambda d, a, t, m: d.drag("mine", "new", actor=a, below=t),
        lambda d, a, t, m: d.drag("mine", "new", actor=a, above=t),
        lambda d, a, t, m: d.drag("mine", "new", actor=a, above="half-1"),
        lambda d, a, t, m: d.drag("mine", "new", actor=a, below="half-1"),
    ],
    "close": [lambda d, a, t, m: d.close(t, actor=a)],
    "allowed_moves": [
        lambda d, a, t, m: d.allowed_moves(t, actor=a),
        lambda d, a, t, m: d.allowed_moves("mine", actor=a),
        lambda d, a, t, m: d.allowed_moves("half-1", actor=a),
    ],
    "assign": [
        lambda d, a, t, m: d.assign(t, a, actor=a),
        lambda d, a, t, m: d.assign(t, None, actor=a, expected_version=99),
    ],
    "transfer": [
        lambda d, a, t, m: d.transfer(t, "company", actor=a),
        lambda d, a, t, m: d.transfer("mine", m, actor=a),
    ],
    "close_inactive": [
        lambda d, a, t, m: d.close_inactive(1, ["new", "solved"], actor=a),
        lambda d, a, t, m: d.close_inactive(1, ["new"], actor=a, team_ids=[m]),
        lambda d, a, t, m: d.close_inactive(1, ["new"], actor=a, team_ids=["half", m]),
    ],
    "assign_waiting": [lambda d, a, t, m: d.assign_waiting(actor=a)],
    # following
    "follow_ticket": [
        lambda d, a, t, m: d.follow_ticket(t, a, actor=a),
        lambda d, a, t, m: d.follow_ticket(t, "cyd", actor=a),
    ],
    "unfollow_ticket": [
        lambda d, a, t, m: d.unfollow_ticket(t, a, actor=a),
        lambda d, a, t, m: d.unfollow_ticket(t, "cyd", actor=a),
    ],
    "follow_team": [
        lambda d, a, t, m: d.follow_team(m, a, actor=a),
        lambda d, a, t, m: d.follow_team("half", a, actor=a),
        lambda d, a, t, m: d.follow_team("half", "pat", actor=a),
    ],
    "unfollow_team": [
        lambda d, a, t, m: d.unfollow_team(m, a, actor=a),
        lambda d, a, t, m: d.unfollow_team("half", "cyd", actor=a),
    ],
    # duplicates
    "discard_duplicate": [lambda d, a, t, m: d.discard_duplicate("mine", t, actor=a)],
    "preview_merge": [
        lambda d, a, t, m: d.preview_merge([t, "mine"], actor=a),
        lambda d, a, t, m: d.preview_merge(["mine", t], actor=a, allow_cross_visibility=True),
    ],
    "merge": [
        lambda d, a, t, m: d.merge([t, "mine"], actor=a),
        lambda d, a, t, m: d.merge(["mine", t], actor=a, master_id=t, allow_cross_visibility=True),
    ],
    "unmerge": [lambda d, a, t, m: d.unmerge(f"{MARK}-merge", actor=a)],
    # teams, stages and people
    "create_team": [
        lambda d, a, t, m: d.create_team("X", Visibility.COMPANY, stage_ids=["new"], actor=a)
    ],
    "change_team": [
        lambda d, a, t, m: d.change_team(m, actor=a, name="X"),
        lambda d, a, t, m: d.change_team("half", actor=a, stage_ids=["working"]),
        lambda d, a, t, m: d.change_team("half", actor=a, member_ids=[a], members_follow=True),
        lambda d, a, t, m: d.tickets(actor=a),
    ],
    "preview_team": [
        lambda d, a, t, m: d.preview_team(m, actor=a, auto_assign=True),
        lambda d, a, t, m: d.preview_team("half", actor=a, auto_assign=True, member_ids=[]),
    ],
    "preview_visibility": [
        lambda d, a, t, m: d.preview_visibility(m, Visibility.COMPANY, actor=a),
        lambda d, a, t, m: d.preview_visibility("half", Visibility.COMPANY, actor=a),
    ],
    "change_visibility": [
        lambda d, a, t, m: d.change_visibility(m, Visibility.COMPANY, actor=a),
        lambda d, a, t, m: d.change_visibility("half", Visibility.COMPANY, actor=a),
    ],
    "create_stage": [lambda d, a, t, m: d.create_stage("X", actor=a, team_ids=[m])],
    "preview_fold": [lambda d, a, t, m: d.preview_fold("working", True, actor=a)],
    "preview_reorder": [lambda d, a, t, m: d.preview_reorder(["new"], actor=a)],
    "preview_team_reorder": [lambda d, a, t, m: d.preview_team_reorder(m, ["new"], actor=a)],
    "preview_stage_removal": [
        lambda d, a, t, m: d.preview_stage_removal("working", actor=a, team_id=m, move_to="new"),
        lambda d, a, t, m: d.preview_stage_removal("working", actor=a),
    ],
    "fold_stage": [lambda d, a, t, m: d.fold_stage("working", actor=a)],
    "unfold_stage": [lambda d, a, t, m: d.unfold_stage("solved", actor=a)],
    "reorder_stages": [lambda d, a, t, m: d.reorder_stages(["new"], actor=a)],
    "reorder_team_stages": [lambda d, a, t, m: d.reorder_team_stages(m, ["new"], actor=a)],
    "remove_stage": [
        lambda d, a, t, m: d.remove_stage("working", actor=a, team_id=m, move_to="new"),
        lambda d, a, t, m: d.remove_stage("working", actor=a),
    ],
    "add_user": [
        lambda d, a, t, m: d.add_user(User(id="new", name="N", kind=UserKind.PORTAL), actor=a)
    ],
    "change_user": [lambda d, a, t, m: d.change_user("cyd", actor=a, active=False)],
    "redact_message": [
        lambda d, a, t, m: d.redact_message(t, None, actor=a, reason="law"),
        lambda d, a, t, m: d.redact_message(
            "mine", f"{MARK}-ticket-message-0001", actor=a, reason="law"
        ),
    ],
    "redact_attachment": [
        lambda d, a, t, m: d.redact_attachment(t, f"{MARK}-file", actor=a, reason="law"),
        lambda d, a, t, m: d.redact_attachment("mine", f"{MARK}-file", actor=a, reason="law"),
    ],
    "erase_person": [
        lambda d, a, t, m: d.erase_person("cyd", actor=a, reason="law", words=True),
        lambda d, a, t, m: d.erase_person(f"{MARK}-stranger", actor=a, reason="law", words=True),
    ],
    "repair": [lambda d, a, t, m: d.repair(actor=a)],
    # mails that come in, and what could not be delivered
    "receive": [lambda d, a, t, m: d.receive(MAIL, m, verified=True, actor=a)],
    "mails": [
        lambda d, a, t, m: d.mails(t, actor=a),
        lambda d, a, t, m: pages(d.mails, "mine", actor=a),
        lambda d, a, t, m: pages(d.mails, "half-1", actor=a),
    ],
    "dead_letters": [lambda d, a, t, m: d.dead_letters(actor=a)],
    "send_again": [lambda d, a, t, m: d.send_again([f"{MARK}-key"], actor=a)],
    "set_aside": [lambda d, a, t, m: d.set_aside([f"{MARK}-key"], actor=a)],
    "change_stage": [lambda d, a, t, m: d.change_stage("new", actor=a, name="X")],
    "preview_template": [
        lambda d, a, t, m: d.preview_template(t, SmsTemplate("x"), actor=a),
        lambda d, a, t, m: d.preview_template("mine", SmsTemplate("x"), actor=a, stage_id="new"),
    ],
}
#: What a host's own worker calls, for nobody: what it sends is looked at below.
FOR_THE_HOST = {"check", "deliver", "fill_similarity_store", "purge"}

#: Who may not see what is hidden outside: not on the ticket, no login, gone, not there.
OUTSIDE = ("pat", "con", "gone", "nobody")
#: Who may not see what is hidden inside: an employee, an agent, a lead, and an agent and a lead who
#: were each let into a PRIVATE team by one ticket (V12).
INSIDE = ("emp", "bob", "lea", "one", "two")


# --- two desks -----------------------------------------------------------------------------------


class Ids:
    """An id factory that can begin anew, so that two desks count alike."""

    def __init__(self) -> None:
        self.begin("setup")

    def begin(self, prefix: str) -> None:
        """Count from one."""
        self._next = counter(prefix)

    def __call__(self) -> Any:
        return self._next()


def desk_with(store: str, folder: Path, hidden: str | None) -> Company:
    """A company with what everybody may know, and what is hidden `inside` or `outside` too."""
    folder.mkdir()
    ids = Ids()
    company = Company(repository_for(store, folder), folder, id_factory=ids)
    desk = company.desk
    agents = {"one": {Role.AGENT}, "two": {Role.AGENT, Role.TEAM_LEAD}}
    for name, roles in agents.items():
        user = User(id=name, name=name, kind=UserKind.INTERNAL, roles=roles)
        desk.add_user(user, actor=SETUP)
    desk.add_user(User(id="gone", name="Gone", kind=UserKind.PORTAL, active=False), actor=SETUP)
    customer = User(
        id=f"{MARK}-customer", name="A customer", kind=UserKind.PORTAL, email="c@example.com"
    )
    desk.add_user(customer, actor=SETUP)
    company.team("half", Visibility.PRIVATE, auto_assign=False)
    company.open("company", id="mine", subject="No ink here", customer_id="con")
    company.open("public", id="ours", subject="Paper jam", customer_id="pat")
    company.open("half", id="half-1", subject="No ink there")
    for name in agents:
        desk.follow_ticket("half-1", name, actor=SETUP)
    if hidden is not None:
        _hide(company, ids, hidden)
    ids.begin("call")
    company.clock.advance(timedelta(minutes=10 if hidden is None else 10 - _MINUTES[hidden]))
    return company


#: How many tickets are hidden, which are a minute each.
_MINUTES = {"inside": 4, "outside": 5}


def _hide(company: Company, ids: Ids, where: str) -> None:
    """Tickets with everything that can hang on one, each text marked."""
    desk = company.desk
    company.team(f"{MARK}-team", Visibility.PRIVATE, auto_assign=True)
    if where == "outside":
        stranger = User(id=f"{MARK}-stranger", name=f"{MARK}-name", kind=UserKind.PORTAL)
        desk.add_user(stranger, actor=SETUP)
        _fill(company, ids, "public", f"{MARK}-public")
    _fill(company, ids, "half", f"{MARK}-half")
    _fill(company, ids, f"{MARK}-team", f"{MARK}-other")
    _fill(company, ids, f"{MARK}-team", f"{MARK}-ticket")
    company.open(f"{MARK}-team", id=f"{MARK}-gone", subject=f"No ink {MARK}")
    desk._new_id = lambda: f"{MARK}-merge"
    desk.merge([f"{MARK}-ticket", f"{MARK}-gone"], actor=SETUP)
    desk._new_id = ids


def _fill(company: Company, ids: Ids, team: str, id: str) -> None:
    desk = company.desk
    company.open(
        team,
        id=id,
        subject=f"No ink {MARK}-subject",
        description=f"{MARK}-description",
        tags=[f"{MARK}-tag"],
        fields={f"{MARK}-field": MARK},
        customer_id=f"{MARK}-customer",
        assignee_id="cyd",
    )
    ids.begin(f"{id}-message")
    desk.reply(id, f"{MARK}-reply", actor=SETUP)
    desk.note(id, f"{MARK}-note", actor="root")
    desk.log_time(id, 7, actor="root", note=f"{MARK}-worked")
    desk.follow_ticket(id, "cyd", actor=SETUP)
    keep, desk._new_id = desk._new_id, lambda: f"{MARK}-file" + id.removeprefix(f"{MARK}-ticket")
    desk.attach(id, f"{MARK}-file.pdf", MARK.encode(), actor=SETUP)
    desk._new_id = keep


# --- comparing -----------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """All that a value holds, in what can be compared and read: what `repr` hides too."""
    if isinstance(value, io.IOBase) or hasattr(value, "read"):
        with value:
            return value.read()
    if attrs.has(type(value)):
        fields = {
            field.name: plain(getattr(value, field.name)) for field in attrs.fields(type(value))
        }
        return type(value).__name__, fields
    if isinstance(value, Mapping):
        return {repr(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(repr, map(plain, value)))
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.value
    assert isinstance(value, str | int | float | None | datetime | date | timedelta | UUID), value
    return value


def outcome(call: Callable[[], Any]) -> Any:
    """What a call gives, or raises, with all that it holds."""
    try:
        return "gave", plain(call())
    except HelpdeskError as error:
        held = {name: plain(item) for name, item in vars(error).items()}
        return type(error).__name__, str(error), held, error.__cause__ and str(error.__cause__)


def calls(hidden: str) -> Iterator[tuple[str, Call, str, str]]:
    """Each exit with each id that is hidden, and with one that is not there at all."""
    tickets = [f"{MARK}-ticket", f"{MARK}-half", f"{MARK}-gone", NOTHING]
    if hidden == "outside":
        tickets.append(f"{MARK}-public")
    for name, ways in EXITS.items():
        for call in ways:
            for ticket in tickets:
                yield name, call, ticket, NOTHING if ticket == NOTHING else f"{MARK}-team"


@pytest.mark.parametrize("store", ["memory", "sqlite"])
@pytest.mark.parametrize(("hidden", "people"), [("outside", OUTSIDE), ("inside", INSIDE)])
def test_what_is_hidden_makes_no_difference(
    store: str, hidden: str, people: tuple[str, ...], tmp_path: Path
) -> None:
    """V14, V13, V15, V12, M11, T2: with hidden tickets and without, every exit answers alike."""
    full = desk_with(store, tmp_path / "full", hidden)
    bare = desk_with(store, tmp_path / "bare", None)
    assert full.clock.now() == bare.clock.now()
    before = _everything(full)
    gave = 0
    for who in people:
        for name, call, ticket, team in calls(hidden):
            answers = [
                outcome(lambda desk=one.desk: call(desk, who, ticket, team))  # noqa: B023
                for one in (full, bare)
            ]
            asked = f"{name}({ticket!r}, {team!r}) by {who}"
            assert answers[0] == answers[1], asked
            told = repr(answers[0])
            for id in (ticket, team, f"{MARK}-stranger", *_IDS_ASKED):
                told = told.replace(id, "")
            assert MARK not in told, asked
            gave += answers[0][0] == "gave"
    assert gave > 40 * len(people) * (hidden == "inside"), "much was given"
    assert _everything(full) == before, "and nothing hidden was changed"


#: Hidden ids that a caller names, and so finds in the error.
_IDS_ASKED = (f"{MARK}-ticket-message-0001", f"{MARK}-merge", f"{MARK}-file", f"{MARK}-customer")


def _everything(company: Company) -> Any:
    with company.repository.reading() as session:
        ids = [f"{MARK}-{name}" for name in ("ticket", "half", "gone", "public", "other")]
        return plain(
            [
                session.tickets(ids),
                session.teams([f"{MARK}-team"]),
                session.messages(ids),
                session.attachments(ids),
                session.time_entries(ids),
                session.history(ids),
                session.merges(ids),
            ]
        )


def test_every_exit_is_in_the_table() -> None:
    """V14: a public method that is new is tried here with those who may not know."""
    from helpdesk_core import Helpdesk

    public = {name for name in dir(Helpdesk) if not name.startswith("_")}
    methods = {name for name, _ in inspect.getmembers(Helpdesk, inspect.isfunction)} & public
    assert public == methods, "whatever else is public shows nothing"
    assert methods == {*EXITS, *FOR_THE_HOST}


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_nothing_hidden_is_sent(store: str, tmp_path: Path) -> None:
    """V5, V15, V20, N2: what is sent to those who may not see holds nothing of what is hidden."""
    company = desk_with(store, tmp_path / "full", "outside")
    desk = company.desk
    for name in ("con", "pat"):  # told of updates, which is not the right to view (V5)
        desk.follow_ticket(f"{MARK}-ticket", name, actor=SETUP)
        desk.follow_team(f"{MARK}-team", name, actor=SETUP)
    desk.reply(f"{MARK}-ticket", f"{MARK}-again", actor=SETUP)
    desk.note(f"{MARK}-ticket", f"{MARK}-inside", actor="root")
    company.open(f"{MARK}-team", id=f"{MARK}-new", subject=f"{MARK}-subject")
    sent = [one for one in company.deliver() if one.recipient_id in ("con", "pat")]
    assert len(sent) >= 4
    for message in sent:
        told = repr((message.subject, message.text, message.link, message.to_name))
        assert MARK not in told, told
    customer = [one for one in company.notifier.sent if one.recipient_id == f"{MARK}-customer"]
    assert customer
    assert not any(f"{MARK}-note" in one.text or "inside" in one.text for one in customer)
