"""Random changes to a store and to the memory repository, which must always show the same."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.entities import FollowSource, Message
from helpdesk_core.errors import ConflictError
from helpdesk_core.plans import Add, AddFollow, Change, Kind, NoteAssignment, RemoveFollow, SetField
from helpdesk_core.ports import Claim, Repository
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.transactions import StopHereError
from helpdesk_core.testing.worlds import MONDAY, World, make_id

NUMBERS = st.integers(0, 2)


class MachineRules(StoreContract):
    """A store is what the memory repository is, whatever happens."""

    def test_it_is_what_memory_is(self) -> None:
        """T7, A7, V10: after any changes and failures the store shows what memory does."""
        contract = self
        world = self.plain()

        class Machine(RuleBasedStateMachine):
            """The store and the memory repository side by side."""

            def __init__(self) -> None:
                super().__init__()
                self.store = contract.new()
                self.memory = MemoryRepository()
                self.number = 100

            @initialize()
            def fill(self) -> None:
                """The same world in both; memory is given the store's own stages too."""
                stages = [] if world.own_stages else [Add(stage) for stage in world.stages]
                assert _write(self.store, world.changes)
                assert _write(self.memory, [*stages, *world.changes])

            def both(self, *changes: Change, stop: bool = False) -> None:
                """Make the changes in both; both take them or both refuse."""
                assert _write(self.store, changes, stop) == _write(self.memory, changes, stop)
                seen = contract.everything(self.store, world)
                assert seen == contract.everything(self.memory, world)

            @rule(ticket=NUMBERS, step=st.sampled_from(_steps(world, self)), stop=st.booleans())
            def change(self, ticket: int, step: tuple[str, Any], stop: bool) -> None:
                """A field to another value."""
                id, (field, value) = world.ticket_ids[ticket], step
                with self.memory.reading() as session:
                    now = getattr(session.tickets([id])[id], field)
                change = SetField(kind=Kind.TICKET, id=id, field=field, expected=now, value=value)
                self.both(change, stop=stop)

            @rule(ticket=NUMBERS, expected=NUMBERS, value=NUMBERS)
            def guess(self, ticket: int, expected: int, value: int) -> None:
                """A field to another value, by somebody who only guesses what is there."""
                self.both(
                    SetField(
                        kind=Kind.TICKET,
                        id=world.ticket_ids[ticket],
                        field="priority",
                        expected=expected,
                        value=value,
                    )
                )

            @rule(
                ticket=NUMBERS,
                user=NUMBERS,
                action=st.sampled_from([AddFollow, RemoveFollow]),
                source=st.sampled_from(
                    list(FollowSource) if self.has(Claim.FOLLOW_SOURCES) else [FollowSource.CHOSEN]
                ),
            )
            def follow(self, ticket: int, user: int, action: Any, source: FollowSource) -> None:
                """Somebody follows a ticket, or no longer."""
                self.both(
                    action(
                        kind=Kind.TICKET,
                        id=world.ticket_ids[ticket],
                        user_id=world.users[user].id,
                        source=source,
                    )
                )

            @rule(ticket=NUMBERS, stop=st.booleans())
            def come_in(self, ticket: int, stop: bool) -> None:
                """Another ticket."""
                self.number += 1
                id = make_id(contract.id_type, "ticket", self.number)
                self.both(Add(attrs.evolve(world.tickets[ticket], id=id)), stop=stop)

            @rule(ticket=NUMBERS, body=st.text("ab\n", max_size=5))
            def say(self, ticket: int, body: str) -> None:
                """A message."""
                self.number += 1
                id = make_id(contract.id_type, "message", self.number)
                self.both(
                    Add(Message(id=id, ticket_id=world.ticket_ids[ticket], body=body, at=MONDAY))
                )

            @rule(team=st.integers(0, 1), user=NUMBERS, number=st.integers(1, 99))
            def note(self, team: int, user: int, number: int) -> None:
                """An assignment by its number."""
                if contract.has(Claim.ASSIGNMENT_ORDER):
                    self.both(
                        NoteAssignment(
                            team_id=world.teams[team].id,
                            member_id=world.users[user].id,
                            sequence=number,
                        )
                    )

            @rule(stage=NUMBERS, folded=st.booleans())
            def fold(self, stage: int, folded: bool) -> None:
                """A stage is folded or unfolded."""
                if contract.has(Claim.EDITABLE_STAGES):
                    with self.memory.reading() as session:
                        now = session.stages()[stage]
                    self.both(
                        SetField(
                            kind=Kind.STAGE,
                            id=now.id,
                            field="folded",
                            expected=now.folded,
                            value=folded,
                        )
                    )

            def teardown(self) -> None:
                contract.close(self.store)

        run_machine(Machine, settings=_machine_settings(self))


def _machine_settings(contract: StoreContract) -> Any:
    base: Any = contract.tries(0.6)
    return settings(base, stateful_step_count=15)


def _steps(world: World, contract: StoreContract) -> list[tuple[str, Any]]:
    people = [None, *(user.id for user in world.users)]
    steps: list[tuple[str, Any]] = [("assignee_id", id) for id in people]
    steps += [("customer_id", id) for id in people]
    steps += [("team_id", team.id) for team in world.teams]
    steps += [("stage_id", stage.id) for stage in world.stages]
    if contract.has(Claim.MERGE):
        steps += [("merged_into", None), ("merged_into", world.ticket_ids[0])]
    if contract.has(Claim.TAGS):
        steps += [("tags", frozenset(tags)) for tags in ("", "a", "ab")]
    if contract.has(Claim.HOST_FIELDS):
        steps += [
            ("fields", fields) for fields in ({}, {"x": 1}, {"x": "1"}, {"y": frozenset("a")})
        ]
    return steps


def _write(repository: Repository, changes: Any, stop: bool = False) -> bool:
    """Whether the changes were taken."""
    try:
        with repository.writing() as session:
            session.lock([], [])
            session.apply(changes)
            if stop:
                raise StopHereError
    except ConflictError:
        return False
    except StopHereError:
        return True
    return True
