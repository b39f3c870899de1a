"""What the parts of `RepositoryContract` share: stores, worlds in them, and what is in a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import strategies as st

from helpdesk_core.assignment import Workload
from helpdesk_core.entities import Id, Stage
from helpdesk_core.errors import ConflictError
from helpdesk_core.plans import Change
from helpdesk_core.ports import Claim, Repository, Session, TicketFilter
from helpdesk_core.testing.contract import Contract
from helpdesk_core.testing.fitting import fit
from helpdesk_core.testing.worlds import World, plain_world, worlds
from helpdesk_core.visibility.scopes import Everything

ALL = TicketFilter(merged=None)


class StoreContract(Contract):
    """How a host gives its repository to the kit."""

    #: The one type of the ids that the store is given: str, int or UUID.
    id_type: type = str
    _claims: frozenset[Claim] | None = None
    _stages: tuple[Stage, ...] | None = None

    # --- what a host says ------------------------------------------------------------------------

    def new(self) -> Repository:
        """A fresh store without people, teams and tickets, each time."""
        raise NotImplementedError("say how a fresh repository is made: def new(self)")

    def close(self, repository: Repository) -> None:
        """Give up what a store holds; by default its `close()`, when it has one."""
        closing: Callable[[], None] | None = getattr(repository, "close", None)
        if closing is not None:
            closing()

    def open_again(self, repository: Repository) -> Callable[[], Repository] | None:
        """What opens the same store once more, from any process; None when nothing can.

        It has to survive pickling: a function of a module, or a `functools.partial` of one.
        """
        return None

    # --- what the tests use ----------------------------------------------------------------------

    @property
    def claims(self) -> frozenset[Claim]:
        """What the store claims."""
        if self._claims is None:
            with self.opened() as repository:
                self._claims = repository.claims
        return self._claims

    @property
    def fixed_stages(self) -> tuple[Stage, ...] | None:
        """The stages of a store whose stages cannot be edited; None for one where they can."""
        if Claim.EDITABLE_STAGES in self.claims:
            return None
        if self._stages is None:
            with self.opened() as repository, repository.reading() as session:
                self._stages = tuple(session.stages())
        return self._stages

    def needs(self, *claims: Claim) -> None:
        """Leave this test unless the store claims these."""
        for claim in claims:
            if claim not in self.claims:
                self.not_tried(f"{claim.value} is not claimed")

    def has(self, claim: Claim) -> bool:
        """Whether the store claims this."""
        return claim in self.claims

    @contextmanager
    def opened(self) -> Iterator[Repository]:
        """A fresh store, closed at the end."""
        repository = self.new()
        try:
            yield repository
        finally:
            self.close(repository)

    @contextmanager
    def filled(self, world: World) -> Iterator[Repository]:
        """A fresh store with this world in it."""
        with self.opened() as repository:
            with repository.writing() as session:
                session.lock([], [])
                session.apply(world.changes)
            yield repository

    def conflicts(self, repository: Repository, changes: Sequence[Change]) -> None:
        """See that these changes are refused, for something else is there."""
        with pytest.raises(ConflictError), repository.writing() as session:
            session.lock([], [])
            session.apply(changes)

    def opener(self, repository: Repository) -> Callable[[], Repository]:
        """What opens the store once more; leaves the test when nothing does."""
        again = self.open_again(repository)
        if again is None:
            self.not_tried("open_again() gives nothing")
        assert again is not None
        return again

    def worlds(self, **options: Any) -> st.SearchStrategy[World]:
        """Worlds that this store can keep."""
        return worlds(self.id_type, claims=self.claims, stages=self.fixed_stages, **options)

    def plain(self, **options: Any) -> World:
        """A world that one can read."""
        return plain_world(self.id_type, self.claims, self.fixed_stages, **options)

    def fit(self, thing: Any, world: World) -> Any:
        """The thing as this store can keep it."""
        return fit(
            thing,
            self.claims,
            users=world.user_by_id,
            stage_ids=[stage.id for stage in world.stages],
        )

    def everything(self, repository: Repository, world: World) -> dict[str, Any]:
        """All that a reader can see in the store, to be compared."""
        with repository.reading() as session:
            return self.seen(session, world)

    def seen(self, session: Session, world: World) -> dict[str, Any]:
        """All that a session shows."""
        tickets = session.find(Everything(), ALL)
        ids = [ticket.id for ticket in tickets]
        has = self.has
        teams = session.teams()
        return {
            "users": dict(session.users([user.id for user in world.users])),
            "eligible": {user.id for user in session.eligible_users()},
            "teams": {id: self.fit(team, world) for id, team in teams.items()},
            "stages": list(session.stages()),
            "tickets": {ticket.id: self.fit(ticket, world) for ticket in tickets},
            "messages": list(session.messages(ids)),
            "attachments": list(session.attachments(ids)),
            "time": list(session.time_entries(ids)) if has(Claim.TIME_ENTRIES) else [],
            "mails": list(session.mails(ids)) if has(Claim.MAIL) else [],
            "loads": {
                id: self.loads(session.workloads(id), id is not None) for id in (*teams, None)
            },
            "history": list(session.history(ids)) if has(Claim.HISTORY) else [],
            "outbox": list(session.outbox()) if has(Claim.OUTBOX) else [],
            "merges": list(session.merges(ids)) if has(Claim.MERGE) else [],
            "discards": Counter(session.discards(ids)) if has(Claim.DISCARDS) else Counter(),
            "recount": list(session.recount()),
            "misworded": list(session.misworded()) if has(Claim.SEARCH) else [],
        }

    def loads(self, found: Mapping[Id, Workload], of_a_team: bool) -> dict[Id, Any]:
        """Counts without the rows that say nothing; the order only where it is claimed."""
        order = of_a_team and self.has(Claim.ASSIGNMENT_ORDER)
        loads = {
            id: (load.total, load.open, load.last_assigned if order else None)
            for id, load in found.items()
        }
        return {id: load for id, load in loads.items() if load != (0, 0, None)}
