"""What a session changes: field by field with the value expected, all of it or nothing."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import FollowSource, Message, UserKind, Visibility
from helpdesk_core.errors import ConflictError
from helpdesk_core.plans import (
    Add,
    AddFollow,
    Change,
    DeleteStage,
    Discard,
    Kind,
    MarkUndone,
    Merge,
    RecordMerge,
    SetField,
)
from helpdesk_core.ports import Claim, Repository
from helpdesk_core.testing.following import follow
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.things import Things
from helpdesk_core.testing.worlds import MONDAY, World, make_id


class StopHereError(Exception):
    """Raised on purpose inside a writing block."""


class StopAllError(BaseException):
    """What ends a program, as an interrupt does, inside a writing block."""


class WritingRules(StoreContract):
    """What a writing session does."""

    def test_fields_change_one_by_one(self) -> None:
        """T7: each field takes a new value where the one expected is, and others stay."""

        @self.tries()
        @given(st.data())
        def check(data: st.DataObject) -> None:
            world = data.draw(self.worlds(most_tickets=2))
            other = data.draw(self.worlds(most_tickets=2))
            with self.filled(world) as repository:
                for kind, thing, values in _pairs(world, other, self.has):
                    for field, value in values.items():
                        self._set_one(repository, world, kind, thing, field, value)
                        thing = attrs.evolve(thing, **{field: value})

        check()

    def _set_one(
        self, repository: Repository, world: World, kind: Kind, thing: Any, field: str, value: Any
    ) -> None:
        with repository.writing() as session:
            session.lock([], [])
            session.apply([SetField.of(kind, thing, field, value)])
        with repository.reading() as session:
            ask: dict[Kind, Any] = {
                Kind.TICKET: session.tickets,
                Kind.TEAM: session.teams,
                Kind.USER: session.users,
            }
            now = self.fit(ask[kind]([thing.id])[thing.id], world)
            assert now == self.fit(attrs.evolve(thing, **{field: value}), world)

    def test_another_value_there_is_a_conflict(self) -> None:
        """T7: a change whose expected value is not there is a conflict, and nothing is changed."""
        world = self.plain()
        ticket, other = world.tickets[:2]
        wrong: list[tuple[str, Any, Any]] = [
            ("priority", 1, 2),
            ("subject", "Other", "New"),
            ("assignee_id", world.users[0].id, world.users[1].id),
            ("customer_id", None, world.users[0].id),
            ("team_id", world.teams[1].id, world.teams[0].id),
            ("stage_id", world.stages[1].id, world.stages[0].id),
        ]
        if self.has(Claim.TAGS):
            wrong.append(("tags", frozenset({"a"}), frozenset()))
        if self.has(Claim.HOST_FIELDS):
            wrong += [("fields", {"cost": 7}, {}), ("fields", {"cost": 7}, {"cost": 8})]
        if self.has(Claim.VERSIONS):
            wrong.append(("version", 7, 8))
        if self.has(Claim.CLOSING_TIMES):
            wrong.append(("closed_at", MONDAY, None))
        if self.has(Claim.ASSIGNMENT_ORDER):
            wrong += [("waiting", True, False), ("available_from", MONDAY, None)]
        if self.has(Claim.MERGE):
            linked = frozenset({other.id})
            wrong += [
                ("merged_into", other.id, None),
                ("created_at", MONDAY - timedelta(days=9), MONDAY),
                ("description", "Other", "New"),
                ("references", frozenset({"a@b"}), frozenset()),
                ("links", linked, frozenset()),
            ]
        first = SetField.of(Kind.TICKET, other, "priority", 2)
        with self.filled(world) as repository:
            before = self.everything(repository, world)
            for field, expected, value in wrong:
                change = SetField(
                    kind=Kind.TICKET, id=ticket.id, field=field, expected=expected, value=value
                )
                self._conflict(repository, [first, change])
                assert self.everything(repository, world) == before, field
                self._conflict(repository, [change])

    def _conflict(self, repository: Repository, changes: list[Change]) -> None:
        with pytest.raises(ConflictError), repository.writing() as session:
            session.lock([], [])
            session.apply(changes)

    def test_of_people_and_teams_too(self) -> None:
        """T7: of a user, a team and a stage as well the value expected must be there."""
        world = self.plain()
        user, team, stage = world.users[0], world.teams[0], world.stages[0]
        wrong: list[tuple[Kind, Any, str, Any, Any]] = [
            (Kind.USER, user.id, "name", "Other", "New"),
            (Kind.USER, user.id, "active", False, True),
            (Kind.TEAM, team.id, "name", "Other", "New"),
            (Kind.TEAM, team.id, "visibility", Visibility.COMPANY, Visibility.PUBLIC),
            (Kind.TEAM, team.id, "member_ids", (), (user.id,)),
        ]
        if self.has(Claim.EDITABLE_STAGES):
            wrong += [
                (Kind.STAGE, stage.id, "name", "Other", "New"),
                (Kind.STAGE, stage.id, "folded", True, False),
            ]
        with self.filled(world) as repository:
            before = self.everything(repository, world)
            for kind, id, field, expected, value in wrong:
                change = SetField(kind=kind, id=id, field=field, expected=expected, value=value)
                self._conflict(repository, [change])
                assert self.everything(repository, world) == before, field

    def test_what_is_there_or_not_there_is_a_conflict(self) -> None:
        """T7, G10: adding what is there and changing what is not there are conflicts."""
        world = self.plain()
        ticket, user, team = world.tickets[0], world.users[0], world.teams[0]
        nowhere = make_id(self.id_type, "ticket", 999)
        ghost: dict[str, Any] = {"kind": Kind.TICKET, "id": nowhere}
        changes: list[Change] = [
            Add(ticket),
            Add(user),
            Add(team),
            SetField(**ghost, field="priority", expected=0, value=1),
            SetField(**ghost, field="assignee_id", expected=None, value=user.id),
            AddFollow(**ghost, user_id=user.id, source=FollowSource.CHOSEN),
        ]
        if self.has(Claim.EDITABLE_STAGES):
            changes += [
                Add(world.stages[0]),
                DeleteStage(stage_id=nowhere),
                DeleteStage(stage_id=world.stages[0].id),
            ]
        if self.has(Claim.UNMERGE):
            changes.append(MarkUndone(merge_id=nowhere, at=MONDAY))
        with self.filled(world) as repository:
            before = self.everything(repository, world)
            for change in changes:
                self._conflict(repository, [change])
                assert self.everything(repository, world) == before, change

    def test_changes_are_made_in_order(self) -> None:
        """T7: within a batch each change meets what the one before it left."""
        world = self.plain()
        ticket, ada, bob = world.tickets[0], world.users[0].id, world.users[1].id
        change = partial(SetField, kind=Kind.TICKET, id=ticket.id, field="assignee_id")
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([change(expected=None, value=ada), change(expected=ada, value=bob)])
                assert session.tickets([ticket.id])[ticket.id].assignee_id == bob
            with repository.reading() as session:
                assert self.loads(session.workloads(ticket.team_id), False) == {bob: (1, 1, None)}

    def test_what_raises_leaves_nothing(self) -> None:
        """N1, M10: a block that raises at its end leaves nothing of what it did."""
        world = self.plain()
        ticket, user = world.tickets[0], world.users[0]
        late = attrs.evolve(ticket, id=make_id(self.id_type, "ticket", 9))
        message = Message(
            id=make_id(self.id_type, "message", 1), ticket_id=ticket.id, body="Hi", at=MONDAY
        )
        with self.filled(world) as repository:
            before = self.everything(repository, world)
            with pytest.raises(StopHereError), repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([Add(late), Add(message)])
                session.apply([SetField.of(Kind.TICKET, ticket, "assignee_id", user.id)])
                session.apply([follow(AddFollow, ticket, user.id)])
                session.apply([SetField.of(Kind.USER, user, "name", "Other")])
                raise StopHereError
            assert self.everything(repository, world) == before
            with repository.writing() as session:  # and the store goes on
                session.lock([], [ticket.id])
                session.apply([Add(late)])

    def test_an_interrupt_leaves_nothing(self) -> None:
        """N1, M10: a block that is ended by an interrupt is rolled back like any other."""
        world = self.plain()
        ticket = world.tickets[0]
        with self.filled(world) as repository:
            before = self.everything(repository, world)
            with pytest.raises(StopAllError), repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([SetField.of(Kind.TICKET, ticket, "priority", 3)])
                raise StopAllError
            assert self.everything(repository, world) == before

    def test_a_batch_that_fails_leaves_nothing_of_it(self) -> None:
        """T7, M10: when one change of a call is refused, all of that call is, and no other."""
        world = self.plain()
        ticket, other, user = world.tickets[0], world.tickets[1], world.users[0]
        late = attrs.evolve(ticket, id=make_id(self.id_type, "ticket", 9))
        message = Message(
            id=make_id(self.id_type, "message", 1), ticket_id=ticket.id, body="Hi", at=MONDAY
        )
        wrong = attrs.evolve(other, priority=(other.priority + 1) % 4)
        batch: list[Change] = [
            Add(late),
            Add(message),
            SetField.of(Kind.TICKET, ticket, "assignee_id", user.id),
            SetField.of(Kind.USER, user, "name", "Other"),
            follow(AddFollow, ticket, world.users[1].id),
            SetField.of(Kind.TICKET, wrong, "priority", 3),
        ]
        seen = []
        for refused in (batch, []):
            with self.filled(world) as repository:
                with repository.writing() as session:
                    session.lock([], [ticket.id, other.id])
                    session.apply([SetField.of(Kind.TICKET, ticket, "subject", "Before")])
                    if refused:
                        with pytest.raises(ConflictError):
                            session.apply(refused)
                    session.apply([SetField.of(Kind.TICKET, other, "subject", "After")])
                seen.append(self.everything(repository, world))
        assert seen[0] == seen[1]
        assert seen[0]["tickets"][other.id].subject == "After"

    def test_locking_tells_which_teams_are_held(self) -> None:
        """A17: the teams named and those of the tickets named; ids of nothing hold nothing."""
        world = self.plain()
        first, second = (team.id for team in world.teams)
        ticket = world.tickets[0]
        nothing = make_id(self.id_type, "ticket", 999)
        with self.filled(world) as repository:
            for teams, tickets, held in (
                ([second], [ticket.id], {first, second}),
                ([], [ticket.id, nothing], {first}),
                ([], [], set()),
            ):
                with repository.writing() as session:
                    assert set(session.lock(teams, tickets)) >= held
                    assert set(session.lock(teams, tickets)) <= {first, second}

    def test_mending_changes_nothing_that_is_right(self) -> None:
        """A7, V13: setting a whole store's counts and words right finds and changes nothing."""

        @self.tries(0.4)
        @given(self.worlds())
        def check(world: World) -> None:
            with self.filled(world) as repository:
                before = self.everything(repository, world)
                with repository.writing() as session:
                    session.lock(list(world.team_by_id), [])
                    assert list(session.recount(mend=True)) == []
                    if self.has(Claim.SEARCH):
                        assert list(session.misworded(mend=True)) == []
                assert self.everything(repository, world) == before

        check()

    # --- what is claimed -------------------------------------------------------------------------

    def test_stages_come_and_go(self) -> None:
        """G4, G6, G10: stages are added, folded, reordered, and deleted when nothing uses them."""
        self.needs(Claim.EDITABLE_STAGES, Claim.STAGES_PER_TEAM)
        world = self.plain()
        new, doing, solved = world.stages
        team = world.teams[0]
        fewer = team.stage_ids - {doing.id}
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock(list(world.team_by_id), [])
                session.apply(
                    [
                        SetField.of(Kind.STAGE, new, "folded", True),
                        SetField.of(Kind.STAGE, solved, "folded", False),
                        SetField.of(Kind.STAGE, new, "position", 9),
                        SetField.of(Kind.TEAM, team, "stage_ids", fewer),
                    ]
                )
            with repository.reading() as session:
                assert [s.id for s in session.stages()] == [doing.id, solved.id, new.id]
                assert [s.folded for s in session.stages()] == [False, False, True]
                assert session.teams()[team.id].stage_ids == fewer
                assert list(session.recount()) == []
            self._conflict(repository, [DeleteStage(stage_id=doing.id)])
            other = world.teams[1]
            with repository.writing() as session:
                session.lock(list(world.team_by_id), [])
                session.apply([SetField.of(Kind.TEAM, other, "stage_ids", fewer)])
                session.apply([DeleteStage(stage_id=doing.id)])
            with repository.reading() as session:
                assert [s.id for s in session.stages()] == [solved.id, new.id]

    def test_merges_are_recorded(self) -> None:
        """M10, M14: records come back whole and oldest first, by any ticket of theirs."""
        self.needs(Claim.MERGE)
        world = self.plain(tickets=4)
        a, b, c, d = world.ticket_ids
        things = Things(self.id_type)

        @self.tries(0.5)
        @given(st.lists(things.changes, max_size=4))
        def check(made: list[Change]) -> None:
            merges = [
                Merge(id=make_id(self.id_type, "merge", n), master_id=master, merged_ids=merged,
                      at=MONDAY, changes=tuple(made))
                for n, master, merged in ((2, a, (b,)), (1, a, (c,)))
            ]  # fmt: skip
            with self.filled(world) as repository:
                with repository.writing() as session:
                    session.lock([], [a, b, c])
                    session.apply([RecordMerge(merge=merge) for merge in merges])
                with repository.reading() as session:
                    assert list(session.merges([a])) == list(session.merges([b, c])) == merges
                    assert list(session.merges([c])) == merges[1:]
                    assert not session.merges([d])
                    assert session.merge(merges[0].id) == merges[0]
                    assert session.merge(d) is None
                self._conflict(repository, [RecordMerge(merge=merges[0])])

        check()

    def test_a_merge_is_undone_once(self) -> None:
        """M14: a record is marked as undone, and a second time is a conflict."""
        self.needs(Claim.MERGE, Claim.UNMERGE)
        world = self.plain()
        a, b, _ = world.ticket_ids
        id = make_id(self.id_type, "merge", 1)
        merge = Merge(id=id, master_id=a, merged_ids=(b,), at=MONDAY, changes=())
        with self.filled(world) as repository:
            later = MONDAY + timedelta(hours=1)
            with repository.writing() as session:
                session.lock([], [a, b])
                session.apply([RecordMerge(merge=merge), MarkUndone(merge_id=id, at=later)])
            with repository.reading() as session:
                assert session.merge(id) == attrs.evolve(merge, undone_at=later)
            self._conflict(repository, [MarkUndone(merge_id=id, at=later)])

    def test_discards_are_kept(self) -> None:
        """M5: a pair is found by either ticket, and discarding again takes the new content."""
        self.needs(Claim.DISCARDS)
        world = self.plain()
        a, b, c = world.ticket_ids
        old, new = (
            Discard(first_id=a, second_id=b, first_fingerprint=mark, second_fingerprint="2")
            for mark in "01"
        )
        with self.filled(world) as repository:
            for discard in (old, new):
                with repository.writing() as session:
                    session.lock([], [a, b])
                    session.apply([discard])
                with repository.reading() as session:
                    assert [list(session.discards([id])) for id in (a, b)] == [[discard]] * 2
                    assert list(session.discards([a, b])) == [discard]
                    assert not session.discards([c])

    def test_what_was_committed_is_there_when_opened_again(self) -> None:
        """N1, M10: after closing, another opening of the store shows the same."""

        @self.tries(0.4)
        @given(self.worlds())
        def check(world: World) -> None:
            repository = self.new()
            closed = False
            try:
                again = self.opener(repository)
                with repository.writing() as session:
                    session.lock([], [])
                    session.apply(world.changes)
                before = self.everything(repository, world)
                self.close(repository)
                closed = True
                opened = again()
                try:
                    assert self.everything(opened, world) == before
                    assert opened.claims == self.claims
                finally:
                    self.close(opened)
            finally:
                if not closed:
                    self.close(repository)

        with self.opened() as probe:
            self.opener(probe)
        check()


def _pairs(world: World, other: World, has: Any) -> list[tuple[Kind, Any, dict[str, Any]]]:
    """Things with values for their fields, which things of another world have."""
    ticket, wanted = world.tickets[0], other.tickets[0]
    values: dict[str, Any] = {
        "subject": wanted.subject,
        "description": wanted.description,
        "priority": wanted.priority,
        "assignee_id": world.users[0].id,
        "customer_id": world.users[-1].id,
        "team_id": world.teams[-1].id,
        "stage_id": world.stages[-1].id,
    }
    claimed: tuple[tuple[Claim, tuple[str, ...]], ...] = (
        (Claim.TAGS, ("tags",)),
        (Claim.HOST_FIELDS, ("fields",)),
        (Claim.CLOSING_TIMES, ("closed_at",)),
        (Claim.VERSIONS, ("version",)),
        (Claim.ASSIGNMENT_ORDER, ("waiting", "available_from")),
        (Claim.MERGE, ("references",)),
    )
    for claim, names in claimed:
        if has(claim):
            values |= {name: getattr(wanted, name) for name in names}
    if has(Claim.MERGE) and len(world.tickets) > 1:
        values |= {"merged_into": world.tickets[1].id, "links": frozenset({world.tickets[1].id})}
        if world.tickets[1].merged_into == ticket.id:
            del values["merged_into"]
    user, like = world.users[0], other.users[0]
    person: dict[str, Any] = {
        "name": like.name,
        "email": like.email,
        "phone": like.phone,
        "active": like.active,
    }
    if user.kind is UserKind.INTERNAL and like.kind is UserKind.INTERNAL:
        person["roles"] = like.roles
    team, model = world.teams[0], other.teams[0]
    level = model.visibility
    if level is Visibility.PRIVATE and not has(Claim.PRIVATE_TEAMS):
        level = Visibility.COMPANY
    settings: dict[str, Any] = {
        "name": model.name,
        "visibility": level,
        "public_description": model.public_description,
        "member_ids": tuple(user.id for user in world.users[:2]),
    }
    if has(Claim.ASSIGNMENT_ORDER):
        ways = ("auto_assign", "assignment_method", "assignment_scope", "look_ahead_window")
        settings |= {name: getattr(model, name) for name in (*ways, "horizon")}
    return [
        (Kind.TICKET, ticket, values),
        (Kind.USER, user, person),
        (Kind.TEAM, team, settings),
    ]
