"""The whole desk and the second model side by side, under the same random operations.

A state machine drives `Helpdesk` over a repository, and `ModelDesk`, which was written from the
rules alone. Every answer, and after every step every list, count, board and field, must be the
same in both. The same machine runs over memory and over SQLite.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

import postgres
from against_model import (
    LEVELS,
    MODEL_STRATEGIES,
    STRATEGIES,
    Plain,
    absences_of,
    messages_of,
    sources_of,
    stage_of,
    team_of,
    user_of,
)
from desks import MONDAY, SETUP, STORES, counter, next_id, repository_for
from helpdesk_core import FoldPlan, Helpdesk, NotFoundError, RefusedError, Visibility, every
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.entities import AssignmentMethod, CountScope, Id, Role
from helpdesk_core.plans import NoticeKind
from helpdesk_core.ports import Repository, TicketFilter
from helpdesk_core.visibility.scopes import Everything
from model import assignment as model_assignment
from model.desk import ModelDesk, new_stage, new_team, new_user

STEPS = 25
MOST_TICKETS = 9

AGENTS = ("ann", "bob", "cyd", "lea")
PEOPLE = ("ann", "bob", "con", "cyd", "emp", "lea", "pat", "pia", "root")
STAGES = ("new", "working", "doing", "solved", "done")
TEAMS = ("public", "company", "private")
FIRST_TICKETS = (
    ("public", "pat", None),
    ("public", "ann", "con"),
    ("company", "emp", None),
    ("private", "root", "pia"),
    ("company", "root", "pat"),
)

# --- the same desk twice -------------------------------------------------------------------------


def _model() -> ModelDesk:
    """Three teams of the three levels, which share stages and people and differ in settings."""
    window = timedelta(hours=3)
    model = ModelDesk(
        users=[
            new_user("ann", agent=True),
            new_user("bob", agent=True),
            new_user("con", "contact"),
            new_user("cyd", agent=True),
            new_user("emp", phone=False),
            new_user("lea", agent=True, lead=True, email=False),
            new_user("pat", "portal", phone=False),
            new_user("pia", "portal", email=False),
            new_user("root", administrator=True),
        ],
        teams=[
            new_team(
                "public",
                "public",
                stages={"new", "working", "solved"},
                members=["cyd", "ann", "bob"],
                auto=True,
            ),
            new_team(
                "company",
                "company",
                stages={"working", "doing", "solved", "done"},
                members=["bob", "ann"],
                auto=True,
                method="equal_open",
                window=window,
            ),
            new_team(
                "private",
                "private",
                stages={"new", "doing", "done"},
                scope="global",
                members_follow=True,
                auto=True,
            ),
        ],
        stages=[
            new_stage("new", 0, email=True),
            new_stage("working", 1, email=True, once=True),
            new_stage("doing", 2),
            new_stage("solved", 3, folded=True, email=True, sms=True),
            new_stage("done", 4, folded=True),
        ],
    )
    model.strategies = MODEL_STRATEGIES
    model.teams["private"]["on_answer"] = "ignore"  # the others open again, however late (G11)
    return model


def _desk(repository: Repository, model: ModelDesk, clock: Any, calendar: Any) -> Helpdesk:
    """The same desk as the model's, set up through the service."""
    desk = Helpdesk(
        repository,
        MemoryNotifier(),
        calendar,
        clock,
        id_factory=counter(),
        merge_fields=STRATEGIES,
    )
    for user in model.users.values():
        desk.add_user(user_of(user), actor=SETUP)
    for stage in model.stages.values():
        made = stage_of(stage)
        desk.create_stage(
            made.name,
            id=made.id,
            folded=made.folded,
            email_template=made.email_template,
            sms_template=made.sms_template,
            once_per_ticket=made.once_per_ticket,
            actor=SETUP,
        )
    for team in map(team_of, model.teams.values()):
        desk.create_team(
            team.name,
            team.visibility,
            id=team.id,
            member_ids=team.member_ids,
            stage_ids=team.stage_ids,
            auto_assign=team.auto_assign,
            assignment_method=team.assignment_method,
            assignment_scope=team.assignment_scope,
            look_ahead_window=team.look_ahead_window,
            members_follow=team.members_follow,
            on_answer=team.on_answer,
            actor=SETUP,
        )
    return desk


# --- the machine ---------------------------------------------------------------------------------

# Those who may do much come first, else most of what is tried would be refused.
bosses = st.sampled_from(["root", "root", "root", "lea", "ann", *PEOPLE])
actors = st.sampled_from([*["root", "lea"] * 3, *AGENTS, *PEOPLE, "nobody"])
people = st.sampled_from([*PEOPLE, *PEOPLE, "nobody"])
somebody = st.none() | people
#: A place among the tickets, counted round; or one that is not there.
tickets = st.sampled_from([*range(MOST_TICKETS), *range(MOST_TICKETS), -1])
#: How much further on the next one to be merged is: most often another one; 9 leaves it out.
further = st.sampled_from([1, 1, 1, 2, 2, 3, 3, 4, 0, 9])
mostly = st.sampled_from([True, True, True, False])
teams = st.sampled_from(TEAMS)
stages = st.sampled_from(STAGES)
hours = st.integers(1, 6).map(lambda number: timedelta(hours=number))

#: Values for some of a host's fields; now and then one that its strategy does not fit.
own_fields = st.fixed_dictionaries(
    {},
    optional={
        "cost": st.sampled_from([None, 1, 2, 4, 8, "odd"]),
        "serials": st.sampled_from([None, {"a"}, {"b"}, {"c", "d"}, {"a", "d"}, "odd"]),
        "room": st.sampled_from([None, "B 1", "B 2"]),
        "sla": st.sampled_from([None, "gold", "iron"]),
        "votes": st.sampled_from([None, 1, 2, 3]),
    },
)

#: What both announce under the same name.
_COMMON = (
    "TicketOpened", "TicketClosed", "TicketReopened", "TicketAssigned", "TicketTransferred",
    "MessageRedacted",
)  # fmt: skip


class DeskMachine(RuleBasedStateMachine):
    """Does the same in both, and compares everything after every step."""

    def __init__(self, store: str) -> None:
        super().__init__()
        self.store = store
        self.folder = tempfile.TemporaryDirectory()
        self.repository = repository_for(store, Path(self.folder.name))
        self.clock = ManualClock(MONDAY)
        self.calendar = MemoryCalendar()
        self.model = _model()
        self.desk = _desk(self.repository, self.model, self.clock, self.calendar)
        self.ids: list[Id] = []
        self.spoken: list[tuple[int, Id]] = []  # where the model has each message
        self.merges: list[tuple[Id, int]] = []
        self.steps = 0
        self.before: dict[Id, Any] = {}
        self.last_turn: dict[Id, str] = {}
        self.read_events = self.model_events = self.read_sent = 0
        self.happened: list[Any] = []
        self.columns: dict[Id, list[Id]] = {}
        self.dragged: Id | None = None
        for number, (team, opener, customer) in enumerate(FIRST_TICKETS):
            self.clock.advance(timedelta(hours=number % 2))  # two are of the same moment
            self.open(opener, team, customer, None)
            self.say("root", number, internal=bool(number % 2))

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # nothing went wrong before
                self.same_stage_messages()
                for viewer in PEOPLE:
                    self.same_look(viewer, TEAMS)
        finally:
            if self.store == "sqlite":  # the others live longer
                self.repository.close()
            self.folder.cleanup()

    # --- asking both ---

    @property
    def now(self) -> Any:
        return self.clock.now()

    def pick(self, place: int) -> Id:
        """A ticket that is there, or now and then one that is not."""
        return "absent" if place < 0 else self.ids[place % len(self.ids)]

    def both(self, expected: tuple[str, Any], call: Callable[[], Any]) -> tuple[Any, Any]:
        """(the library's result, the model's); what is refused or not found must be so in both."""
        result, error = None, None
        try:
            answer, result = "ok", call()
        except NotFoundError as caught:
            answer, error = "not found", caught
        except RefusedError as caught:
            answer, error = "refused", caught
        assert answer == expected[0], f"the library: {answer} {error}; the model: {expected}"
        return (result, expected[1]) if answer == "ok" else (None, None)

    # --- tickets ---

    @precondition(lambda self: len(self.ids) < MOST_TICKETS)
    @rule(actor=actors, team=teams, customer=somebody, assignee=st.none() | st.none() | people)
    def open(self, actor: Id, team: Id, customer: Any, assignee: Any) -> None:
        id = f"t{len(self.ids)}"
        expected = self.model.open(
            actor, team, now=self.now, customer=customer, assignee=assignee, ticket_id=id
        )
        next_id(self.desk, id)
        ticket, result = self.both(
            expected,
            lambda: self.desk.open_ticket(
                team, "No ink", actor=actor, customer_id=customer, assignee_id=assignee
            ),
        )
        if result is not None:
            self.ids.append(id)
            assert ticket.assignee_id == result["assignee"]
            self.same_warning(id, result["absent"])

    @rule(actor=actors, ticket=tickets, internal=st.booleans(), to_root=mostly)
    def say(self, actor: Id, ticket: int, internal: bool, to_root: bool = False) -> None:
        id, body = self.pick(ticket), f"message {self.steps} on {ticket}"
        ask = self.model.note if internal else self.model.reply
        call = self.desk.note if internal else self.desk.reply
        options = {} if internal else {"to_root": to_root}
        message, result = self.both(
            ask(actor, id, body, now=self.now, **options),
            lambda: call(id, body, actor=actor, **options),
        )
        if result is not None:
            assert self.told(message.id) == Counter([*result["audience"]])
            self.spoken.append((len(self.model.world["messages"]) - 1, message.id))

    @rule(actor=actors, ticket=tickets, which=st.integers(0, 9))
    def redact(self, actor: Id, ticket: int, which: int) -> None:
        if self.spoken:
            id, (place, message_id) = self.pick(ticket), self.spoken[which % len(self.spoken)]
            self.both(
                self.model.redact(actor, id, place),
                lambda: self.desk.redact_message(id, message_id, actor=actor, reason="law"),
            )

    @rule(actor=actors, ticket=tickets, fields=own_fields)
    def change_fields(self, actor: Id, ticket: int, fields: Plain) -> None:
        id = self.pick(ticket)
        self.both(
            self.model.change_fields(actor, id, fields),
            lambda: self.desk.change_ticket(id, actor=actor, fields=fields),
        )

    @rule(actor=actors, ticket=tickets, stage=stages)
    def move(self, actor: Id, ticket: int, stage: Id) -> None:
        id = self.pick(ticket)
        self.both(
            self.model.move(actor, id, stage, now=self.now),
            lambda: self.desk.move(id, stage, actor=actor),
        )

    @rule(ticket=tickets, stage=stages, place=st.integers(0, 9), named=st.sampled_from("abc"))
    def drag(self, ticket: int, stage: Id, place: int, named: str) -> None:
        """G12: a drag is a move, and an insertion into the column as a plain list."""
        id = self.pick(ticket)
        column = [other for other in self.column_of(stage) if other != id]
        at = place % (len(column) + 1)
        below = column[at - 1] if at else None
        above = column[at] if at < len(column) else None
        if below and above and named != "c":
            below, above = (below, None) if named == "a" else (None, above)
        _, result = self.both(
            self.model.move("root", id, stage, now=self.now),
            lambda: self.desk.drag(id, stage, below=below, above=above, actor="root"),
        )
        if result is not None and column:
            self.dragged = id
            assert self.column_of(stage) == [*column[:at], id, *column[at:]]

    def column_of(self, stage: Id) -> list[Id]:
        query = TicketFilter(stage_ids=frozenset({stage}))
        with self.repository.reading() as session:
            return [one.id for one in session.in_board_order(Everything(), query)]

    @rule(actor=actors, ticket=tickets)
    def close(self, actor: Id, ticket: int) -> None:
        id = self.pick(ticket)
        self.both(
            self.model.close(actor, id, now=self.now), lambda: self.desk.close(id, actor=actor)
        )

    @rule(actor=actors, ticket=tickets, to=somebody)
    def assign(self, actor: Id, ticket: int, to: Any) -> None:
        id = self.pick(ticket)
        had = self.model.tickets[id]["assignee"] if id in self.model.tickets else None
        _, result = self.both(
            self.model.assign(actor, id, to, now=self.now),
            lambda: self.desk.assign(id, to, actor=actor),
        )
        if result is not None:
            self.same_warning(id, result["absent"] and to != had)

    @rule(actor=actors, ticket=tickets, team=teams)
    def transfer(self, actor: Id, ticket: int, team: Id) -> None:
        id = self.pick(ticket)
        self.both(
            self.model.transfer(actor, id, team, now=self.now),
            lambda: self.desk.transfer(id, team, actor=actor),
        )

    # --- following, levels, members ---

    @rule(actor=actors, ticket=tickets, user=people, ends=st.booleans())
    def follow_ticket(self, actor: Id, ticket: int, user: Id, ends: bool) -> None:
        id = self.pick(ticket)
        ask = self.model.unfollow if ends else self.model.follow
        call = self.desk.unfollow_ticket if ends else self.desk.follow_ticket
        decision, result = self.both(ask(actor, id, user), lambda: call(id, user, actor=actor))
        if result is not None:
            assert decision.allowed == bool(result["still"])

    @rule(actor=actors, team=teams, user=people, ends=st.booleans())
    def follow_team(self, actor: Id, team: Id, user: Id, ends: bool) -> None:
        ask = self.model.unfollow_team if ends else self.model.follow_team
        call = self.desk.unfollow_team if ends else self.desk.follow_team
        decision, result = self.both(ask(actor, team, user), lambda: call(team, user, actor=actor))
        if result is not None:
            assert decision.allowed == result["opens"]

    @rule(actor=bosses, team=teams, to=st.sampled_from(LEVELS), back=st.booleans())
    def change_level(self, actor: Id, team: Id, to: str, back: bool) -> None:
        plan, result = self.both(
            self.model.change_level(actor, team, to, resubscribe_customers=back),
            lambda: self.desk.change_visibility(
                team, Visibility(to), actor=actor, resubscribe_customers=back
            ),
        )
        if result is not None:
            removed = {
                (user, "team" if ticket is None else "ticket", ticket or team)
                for user, ticket in plan.removed_from
            }
            assert removed == result["removed"]

    @rule(actor=bosses, team=teams, members=st.lists(people, unique=True, max_size=3))
    def set_members(self, actor: Id, team: Id, members: list[Id]) -> None:
        self.both(
            self.model.set_members(actor, team, members),
            lambda: self.desk.change_team(team, member_ids=members, actor=actor),
        )

    @rule(
        team=teams,
        auto=st.booleans(),
        method=st.sampled_from([method.value for method in AssignmentMethod]),
        scope=st.sampled_from([scope.value for scope in CountScope]),
    )
    def change_assignment(self, team: Id, auto: bool, method: str, scope: str) -> None:
        self.model.set_team(team, auto=auto, method=method, scope=scope)
        self.desk.change_team(
            team,
            auto_assign=auto,
            assignment_method=AssignmentMethod(method),
            assignment_scope=CountScope(scope),
            actor=SETUP,
        )

    @rule(user=st.sampled_from(PEOPLE[:-1]), active=mostly)
    def change_active(self, user: Id, active: bool) -> None:
        self.model.set_user(user, active=active)
        self.desk.change_user(user, active=active, actor=SETUP)

    @rule(user=st.sampled_from(AGENTS), agent=mostly)
    def change_eligible(self, user: Id, agent: bool) -> None:
        self.model.set_user(user, agent=agent)
        roles = user_of(self.model.users[user]).roles
        assert (Role.AGENT in roles) == agent
        self.desk.change_user(user, roles=roles, actor=SETUP)

    # --- folding ---

    @rule(actor=bosses, stage=stages, folded=st.booleans(), confirmed=mostly)
    def fold(self, actor: Id, stage: Id, folded: bool, confirmed: bool) -> None:
        call = self.desk.fold_stage if folded else self.desk.unfold_stage

        def shown() -> FoldPlan | None:
            return self.desk.preview_fold(stage, folded, actor=actor) if confirmed else None

        plan, result = self.both(
            self.model.fold(actor, stage, folded, now=self.now, confirm=confirmed),
            lambda: call(stage, actor=actor, confirmed=shown()),
        )
        if result is not None:
            assert dict(plan.per_team) == result["preview"]

    # --- merging ---

    @rule(
        actor=bosses,
        picked=st.tuples(tickets, further, further | st.just(0)),
        master=st.none() | st.integers(0, 2),
        allow=mostly,
        by_name=st.booleans(),
    )
    def merge(
        self, actor: Id, picked: tuple[int, int, int], master: Any, allow: bool, by_name: bool
    ) -> None:
        first, second, third = picked
        ids = [self.pick(first)]
        ids += [self.pick(max(first, 0) + second)] if second < 9 else []
        ids += [self.pick(max(first, 0) + second + third)] if third else []
        options: Plain = {"allow_cross_visibility": allow}
        if by_name:
            known = [self.model.tickets[id] for id in ids if id in self.model.tickets]
            options["add_followers"] = sorted({u for one in known for u in one["followers"]})
        self.clock.advance(timedelta(seconds=1))  # what was said before was not said after (M14)
        chosen = None if master is None else ids[master % len(ids)]
        outbox = self.outbox()
        record, result = self.both(
            self.model.merge(actor, ids, now=self.now, master=chosen, **options),
            lambda: self.desk.merge(ids, actor=actor, master_id=chosen, **options),
        )
        assert self.outbox() == outbox, "somebody was told of a merge"
        if result is not None:
            assert record.master_id == result["master"]
            assert {*ids} <= {record.master_id, *record.merged_ids}
            assert result["changed"] == (record.id not in [id for id, _ in self.merges])
            if result["changed"]:
                self.merges.append((record.id, result["merge"]))

    @precondition(lambda self: self.merges)
    @rule(actor=bosses, which=st.integers(0, 5))
    def unmerge(self, actor: Id, which: int) -> None:
        merge_id, number = self.merges[which % len(self.merges)]
        self.clock.advance(timedelta(seconds=1))
        outbox = self.outbox()
        plan, result = self.both(
            self.model.unmerge(actor, number, now=self.now),
            lambda: self.desk.unmerge(merge_id, actor=actor),
        )
        assert self.outbox() == outbox, "somebody was told of an un-merge"
        if result is not None:
            said = {one.id: one.body for one in self.said(result["master"])}
            assert [said[id] for id in plan.stays_on_master] == result["stayed"]

    # --- time ---

    @rule(by=hours)
    def time_passes(self, by: timedelta) -> None:
        self.clock.advance(by)

    @rule(user=st.sampled_from(AGENTS), after=st.integers(-2, 3), length=st.none() | hours)
    def goes_away(self, user: Id, after: int, length: timedelta | None) -> None:
        start = self.now + timedelta(hours=after)
        assert self.model.add_absence(user, start, None if length is None else start + length)[0]
        self.calendar.known_absences = absences_of(self.model.world["absences"])

    @rule(length=st.none() | hours)
    def everybody_away(self, length: timedelta | None) -> None:
        end = None if length is None else self.now + length
        self.model.set_absences({user: [(self.now, end)] for user in AGENTS})
        self.calendar.known_absences = absences_of(self.model.world["absences"])

    @rule()
    def everybody_back(self) -> None:
        self.model.set_absences({})
        self.calendar.known_absences = []

    @rule(limit=st.integers(1, 3))
    def assign_waiting(self, limit: int) -> None:
        _, expected = self.model.assign_waiting(now=self.now, limit=limit)
        served = self.desk.assign_waiting(actor=SETUP, limit=limit)
        assert [(ticket.id, ticket.assignee_id) for ticket in served] == expected

    # --- what chance alone would seldom do in a row ---

    @precondition(lambda self: len(self.ids) < MOST_TICKETS)
    @rule(team=teams, to=teams)
    def wait_and_transfer(self, team: Id, to: Id) -> None:
        """A16, A21: a ticket waits, then goes to a team where somebody may be there by now."""
        self.everybody_away(None)
        self.open("root", team, None, None)
        self.everybody_back()
        if self.ids[-1] in self.model.tickets:
            self.transfer("root", len(self.ids) - 1, to)

    @rule(actor=actors, ticket=tickets, second=further)
    def merge_twice(self, actor: Id, ticket: int, second: int) -> None:
        """M10: the same merge again does nothing, also where only a tombstone opens the team."""
        for _ in range(2):
            self.merge(actor, (ticket, second, 0), None, True, False)

    @rule(ticket=tickets, closed=st.booleans(), one=stages, other=stages)
    def merge_fold_and_unmerge(self, ticket: int, closed: bool, one: Id, other: Id) -> None:
        """G3, G4, M13, M14: stages are folded and unfolded while a merge stands."""
        known = len(self.merges)
        if closed:
            self.close("root", ticket)
        self.merge("root", (ticket, 1, 0), 0, True, False)
        for stage in (one, other):
            self.fold("root", stage, not self.model.stages[stage]["folded"], True)
        if len(self.merges) > known:
            self.unmerge("root", known)

    @rule(ticket=tickets, team=teams, stage=stages)
    def reopen_by_a_merge(self, ticket: int, team: Id, stage: Id) -> None:
        """G8, M13: a closed ticket is opened by a merge, which no stage message tells of."""
        self.close("root", ticket)
        self.transfer("root", ticket, team)
        self.merge("root", (ticket, 1, 0), 0, True, False)
        self.time_passes(timedelta(hours=1))
        self.close("root", ticket)
        self.move("root", ticket, stage)

    # --- what must always be so ---

    @invariant()
    def same_fields(self) -> None:
        """V10, G1, G3, A10, A16, M8, M13, T7: every ticket and team is the same in both."""
        self.steps += 1
        with self.repository.reading() as session:
            found = session.tickets(self.ids)
            real_teams = session.teams()
            real_stages = {stage.id: stage for stage in session.stages()}
        assert set(found) == set(self.model.tickets)
        for id, ticket in found.items():
            expected = self.model.tickets[id]
            assert {
                "id": id,
                "team": ticket.team_id,
                "stage": ticket.stage_id,
                "created": ticket.created_at,
                "opener": ticket.opener_id,
                "customer": ticket.customer_id,
                "assignee": ticket.assignee_id,
                "available_from": ticket.available_from,
                "waiting": ticket.waiting,
                "tags": ticket.tags,
                "links": ticket.links,
                "references": ticket.references,
                "fields": ticket.fields,
                "followers": sources_of(ticket),
                "closed_at": ticket.closed_at,
                "merged": ticket.merged_into,
            } == expected
            if not ticket.is_merged_away:  # G1, G3
                assert (ticket.closed_at is not None) == real_stages[ticket.stage_id].folded
            assert ticket.stage_id in real_teams[ticket.team_id].stage_ids  # G5
            assert not (ticket.waiting and ticket.assignee_id)  # A16
            old = self.before.get(id, ticket)
            changed = attrs.evolve(ticket, version=old.version) != old
            assert ticket.version >= old.version + changed  # T7
        self.before = dict(found)
        for id, team in real_teams.items():
            model = self.model.teams[id]
            assert (team.visibility.value, sources_of(team)) == (model["level"], model["followers"])
        for id, stage in real_stages.items():
            assert stage.folded == self.model.stages[id]["folded"]

    @invariant()
    def same_lists(self) -> None:
        """V13, V14, M8, T8: everybody finds the same tickets in the list, and can open those."""
        for user in PEOPLE:
            visible = self.model.visible(user, tombstones=False)
            if not self.model.users[user]["active"]:
                assert visible == set()
                with pytest.raises(RefusedError):
                    self.desk.tickets(actor=user)
                continue
            listed = self.listed(user, 4 if user == self.viewer else 500)
            assert [one.id for one in listed] == sorted(
                visible, key=lambda id: (self.model.tickets[id]["created"], id)
            )

    @invariant()
    def same_looks(self) -> None:
        """V12, V13, V14, G12, T2, M6, M7: what one viewer finds, each step another one."""
        self.same_look(self.viewer, [TEAMS[self.steps % len(TEAMS)]])

    @invariant()
    def same_counts(self) -> None:
        """A3, A4, A6, A7, T2: kept counts are what a recount gives, here and in the model."""
        with self.repository.reading() as session:
            assert session.recount() == []
            kept = {team: session.workloads(team) for team in (*TEAMS, None)}
        recounted = model_assignment.recount(self.model.world["history"])
        for team, workloads in kept.items():
            expected = {}
            for user in PEOPLE:
                theirs = [
                    one
                    for one in recounted.values()
                    if one["assignee"] == user and not one["merged"] and team in (None, one["team"])
                ]
                last = model_assignment.last_assigned(self.model.world["history"], user, team)
                if theirs or last:
                    expected[user] = (len(theirs), sum(one["open"] for one in theirs), last)
            assert {
                id: (load.total, load.open, load.last_assigned or 0)
                for id, load in workloads.items()
            } == expected
        self.same_choice(TEAMS[self.steps % len(TEAMS)])

    @invariant()
    def same_events(self) -> None:
        """G3, G8, A7: the same is announced; a closed ticket is reopened before it closes again."""
        with self.repository.reading() as session:
            recorded = session.history(self.ids, after=self.read_events)
        events = [one.event for one in recorded]
        self.read_events = recorded[-1].sequence if recorded else self.read_events
        for one in events:
            if one.name in ("TicketClosed", "TicketReopened"):
                assert self.last_turn.get(one.ticket_id, "TicketReopened") != one.name
                self.last_turn[one.ticket_id] = one.name
        expected = self.model.world["events"][self.model_events :]
        self.model_events = len(self.model.world["events"])
        assert Counter((one.name, one.ticket_id) for one in events if one.name in _COMMON) == (
            Counter(one for one in expected if one[0] in _COMMON)
        )
        sent = self.model.world["sent"][self.read_sent :]
        self.read_sent = len(self.model.world["sent"])
        skipped = messages_of((), events)
        assert skipped == Counter(one for _, one in sent if one[0].startswith("skipped"))

    @invariant()
    def same_order(self) -> None:
        """G12: whatever happens, nobody but the one that is dragged takes another place."""
        before, self.columns = self.columns, {stage: self.column_of(stage) for stage in STAGES}
        for stage, now in self.columns.items():
            stayed = [id for id in before.get(stage, ()) if id in now and id != self.dragged]
            assert [id for id in now if id in stayed] == stayed
        self.dragged = None

    @invariant()
    def same_roots(self) -> None:
        """M9: merges are a forest, and every ticket of it leads to the same root."""
        with self.repository.reading() as session:
            into = {id: one.merged_into for id, one in session.tickets(self.ids).items()}
        for id in self.ids:
            root, walked = id, {id}
            while into[root] is not None:
                root = into[root]
                assert root not in walked
                walked.add(root)
            assert root == self.model.resolve(id)
            assert root == id or root == self.desk.resolve(id, actor=SETUP)

    # --- parts of these ---

    @property
    def viewer(self) -> Id:
        """Who looks closely after this step."""
        return PEOPLE[self.steps % len(PEOPLE)]

    def same_look(self, viewer: Id, teams: Sequence[Id]) -> None:
        """One viewer's tickets, conversations, boards and counts."""
        if not self.model.users[viewer]["active"]:
            return
        visible = self.model.visible(viewer)
        for id in [*self.ids, "absent"]:
            if id in visible:
                assert self.desk.ticket(id, actor=viewer).id == id
            else:
                with pytest.raises(NotFoundError) as caught:
                    self.desk.ticket(id, actor=viewer)
                assert str(caught.value) == f"ticket {id!r} not found"
        roots = {one["merged"] for one in self.model.tickets.values()} - {None}
        away = [id for id in self.ids if self.model.tickets[id]["merged"] is not None]
        for id in roots | {*away} | {self.ids[self.steps % len(self.ids)]}:
            self.same_conversation(viewer, id)
        for team in teams:
            self.same_board(viewer, team)
        which = "all" if self.steps % 2 else "my"
        board = self.desk.board if which == "all" else self.desk.my_board
        _, expected = self.model.board(viewer, (which,))
        assert _columns(board(actor=viewer)) == [one for one in expected if one[1]]

    def listed(self, user: Id, limit: int) -> list[Any]:
        """All pages of somebody's list."""
        found: list[Any] = []
        after: str | None = None
        while True:
            page = self.desk.tickets(actor=user, after=after, limit=limit)
            found += page.items
            after = page.next
            if after is None:
                return found

    def said(self, ticket_id: Id) -> Any:
        with self.repository.reading() as session:
            return session.messages([ticket_id])

    def outbox(self) -> int:
        with self.repository.reading() as session:
            return len(session.outbox())

    def told(self, message_id: Id) -> Counter[Id]:
        """Who is to be told of a message."""
        with self.repository.reading() as session:
            outbox = session.outbox()
        return Counter(
            one.notice.recipient_id for one in outbox if one.notice.message_id == message_id
        )

    def same_warning(self, ticket_id: Id, absent: bool) -> None:
        """A18: an assignment by hand to somebody who is away is warned of."""
        history = tuple(every(self.desk.history, ticket_id, actor=SETUP))
        made = [
            one
            for one in history
            if one.name == "TicketAssigned" and one.at == self.now and not one.automatic
        ]
        if absent:
            assert made, "somebody was to be assigned"
            assert made[-1].warning == "assignment.absent"

    def same_conversation(self, viewer: Id, ticket_id: Id) -> None:
        messages, expected = self.both(
            self.model.messages(viewer, ticket_id),
            lambda: self.desk.messages(ticket_id, actor=viewer),
        )
        if expected is not None:
            assert [one.body for one in messages] == expected

    def same_board(self, viewer: Id, team: Id) -> None:
        board, expected = self.both(
            self.model.board(viewer, team), lambda: self.desk.board(team, actor=viewer)
        )
        if expected is None:
            return
        assert _columns(board, empty=True) == expected
        counts = self.model.counts(team, viewer)
        mine = TicketFilter(team_ids=frozenset({team}))
        for name, fields in (
            ("open", {"closed": False}),
            ("closed", {"closed": True}),
            ("unassigned", {"closed": False, "unassigned": True}),
            ("waiting", {"closed": False, "waiting": True}),
        ):
            query = attrs.evolve(mine, **fields)
            assert self.desk.count(actor=viewer, query=query) == counts[name]

    def same_choice(self, team_id: Id) -> None:
        """A3, A4, A6, A9, A10: whom the next ticket would go to."""
        team = self.model.teams[team_id]
        if not team["auto"]:
            return
        member, why, moment = model_assignment.choose(
            team["method"],
            model_assignment.pool(team, self.model.users.values()),
            self.model.world["history"],
            self.model.world["absences"],
            self.now,
            team["window"],
            team=team_id,
            scope=team["scope"],
        )
        choice = self.desk.explain_assignment(team_id, actor=SETUP)
        assert choice.assignee_id == member
        assert choice.available_from == (moment if why == "look-ahead" else None)

    def same_stage_messages(self) -> None:
        """G8: in the end, the customers were sent the same stage messages."""
        with self.repository.reading() as session:
            notices = [one.notice for one in session.outbox()]
        sent = [
            (one.ticket_id, (one.channel.value, one.stage_id))
            for one in notices
            if one.kind is NoticeKind.STAGE
        ]
        expected = [one for one in self.model.world["sent"] if not one[1][0].startswith("skip")]
        assert Counter(sent) == Counter(expected)


def _columns(board: Any, *, empty: bool = False) -> list[tuple[Id, int, set[Id] | None]]:
    """A board in the model's words."""
    return [
        (
            column.stage.id,
            column.count,
            None if column.folded else {ticket.id for ticket in column.tickets},
        )
        for column in board.columns
        if empty or column.count
    ]


def _run(store: str, examples: int, steps: int = STEPS) -> None:
    run_machine(
        lambda: DeskMachine(store),
        settings=settings(max_examples=examples, stateful_step_count=steps),
    )


def test_machine_in_memory() -> None:
    """V13, V14, A7, G3, M9: whatever is done, the desk in memory stays what the model says."""
    _run("memory", 60)


def test_machine_on_sqlite() -> None:
    """V13, V14, A7, G3, M9: whatever is done, the desk on SQLite stays what the model says."""
    _run("sqlite", 9)


def test_machine_on_postgresql() -> None:
    """V13, V14, A7, G3, M9: whatever is done, the desk on PostgreSQL stays what the model says."""
    postgres.require()
    _run("postgresql", 4)


@pytest.mark.long
@pytest.mark.parametrize("store", STORES)
def test_machine_for_long(store: str) -> None:
    """V13, V14, A7, G3, M9: the same, for as long as one likes."""
    _run(store, int(os.environ.get("HELPDESK_CORE_EXAMPLES", "1000")), 2 * STEPS)
