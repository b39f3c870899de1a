"""Fields that a host defines: kept whole, and changed where the expected ones are (T4, T7)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given

from helpdesk_core.entities.host_fields import changed_fields, host_fields
from helpdesk_core.errors import ConflictError
from helpdesk_core.plans import Add, Kind, Merge, RecordMerge, SetField
from helpdesk_core.ports import Claim, Repository
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.things import host_fields as drawn_fields
from helpdesk_core.testing.worlds import MONDAY, World, make_id


class HostFieldRules(StoreContract):
    """What a host's own fields are to a store."""

    def test_fields_are_kept_whole(self) -> None:
        """T4: of a new ticket and of a changed one each field comes back, in kind too."""
        self.needs(Claim.HOST_FIELDS)
        world = self.plain()

        @self.tries(2)
        @given(drawn_fields, drawn_fields)
        def check(first: dict[str, Any], then: dict[str, Any]) -> None:
            ticket = attrs.evolve(
                world.tickets[0], id=make_id(self.id_type, "ticket", 20), fields=first
            )
            with self.filled(world) as repository:
                with repository.writing() as session:
                    session.lock([ticket.team_id], [])
                    session.apply([Add(ticket)])
                assert self._are(repository, ticket.id, first)
                with repository.writing() as session:
                    session.lock([], [ticket.id])
                    session.apply([SetField.of(Kind.TICKET, ticket, "fields", host_fields(then))])
                assert self._are(repository, ticket.id, then)
                for other in world.tickets:
                    assert self._are(repository, other.id, other.fields)

        check()

    def test_a_field_is_changed_where_the_expected_is(self) -> None:
        """T7: where a field that is changed is another than expected, it is a conflict."""
        self.needs(Claim.HOST_FIELDS)

        @self.tries()
        @given(drawn_fields, drawn_fields, drawn_fields)
        def check(there: Any, expected: Any, value: Any) -> None:
            world, there = self._with(self.plain(), there), host_fields(there)
            id = world.tickets[0].id
            expected, value = host_fields(expected), host_fields(value)
            changed = changed_fields(expected, value)
            wrong = [name for name in changed if there.get(name) != expected.get(name)]
            change = SetField(
                kind=Kind.TICKET, id=id, field="fields", expected=expected, value=value
            )
            with self.filled(world) as repository:
                if wrong:
                    with pytest.raises(ConflictError), repository.writing() as session:
                        session.lock([], [id])
                        session.apply([change])
                    assert self._are(repository, id, there)
                as_given = dict(reversed(there.items()))  # an order means nothing
                with repository.writing() as session:
                    session.lock([], [id])
                    session.apply([attrs.evolve(change, expected=as_given)])
                assert self._are(repository, id, value)

        check()

    def test_a_merge_forgets_what_has_to_go(self) -> None:
        """T9, M14: the changes in a merge's record are others where the expected ones are."""
        self.needs(Claim.HOST_FIELDS, Claim.MERGE, Claim.REMOVAL)
        world = self.plain()
        first, second = world.ticket_ids[:2]
        taken = SetField(
            kind=Kind.TICKET, id=first, field="fields", expected={}, value={"room": "B 12"}
        )
        away = SetField(
            kind=Kind.TICKET, id=second, field="merged_into", expected=None, value=first
        )
        merge = Merge(
            id=make_id(self.id_type, "merge", 1),
            master_id=first,
            merged_ids=(second,),
            at=MONDAY,
            changes=(away, taken),
        )
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [first, second])
                session.apply([away, taken, RecordMerge(merge=merge)])
            for expected, ok in (((away,), False), ((away, taken), True)):
                change = SetField(
                    kind=Kind.MERGE, id=merge.id, field="changes", expected=expected, value=(away,)
                )
                with repository.writing() as session:
                    session.lock([], [first, second])
                    if ok:
                        session.apply([change])
                    else:
                        with pytest.raises(ConflictError):
                            session.apply([change])
            with repository.reading() as session:
                assert session.merge(merge.id) == attrs.evolve(merge, changes=(away,))
                assert list(session.merges([second])) == [attrs.evolve(merge, changes=(away,))]

    def _with(self, world: World, fields: dict[str, Any]) -> World:
        first, *others = world.tickets
        return attrs.evolve(world, tickets=(attrs.evolve(first, fields=fields), *others))

    def _are(self, repository: Repository, id: Any, fields: Any) -> bool:
        with repository.reading() as session:
            kept = session.tickets([id])[id].fields
        return changed_fields(kept, host_fields(fields)) == ()
