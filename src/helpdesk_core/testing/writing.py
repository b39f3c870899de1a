"""What a session changes: field by field with the value expected, all of it or nothing."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import FollowSource, UserKind, Visibility
from helpdesk_core.plans import (
    Add,
    AddFollow,
    Change,
    DeleteStage,
    Kind,
    MarkUndone,
    SetField,
)
from helpdesk_core.ports import Claim, Repository
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.worlds import MONDAY, World, make_id


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
                self.conflicts(repository, [first, change])
                assert self.everything(repository, world) == before, field
                self.conflicts(repository, [change])

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
                self.conflicts(repository, [change])
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
                self.conflicts(repository, [change])
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
            self.conflicts(repository, [DeleteStage(stage_id=doing.id)])
            other = world.teams[1]
            with repository.writing() as session:
                session.lock(list(world.team_by_id), [])
                session.apply([SetField.of(Kind.TEAM, other, "stage_ids", fewer)])
                session.apply([DeleteStage(stage_id=doing.id)])
            with repository.reading() as session:
                assert [s.id for s in session.stages()] == [solved.id, new.id]


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
