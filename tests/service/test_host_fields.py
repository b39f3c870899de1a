"""Fields that a host defines, through the service, over each kind of store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desks import SETUP, STORES, Company, repository_for
from helpdesk_core import (
    ConflictError,
    IdempotencyKeyError,
    InvalidValueError,
    MergeStrategy,
    PortError,
    RefusedError,
)
from helpdesk_core.adapters.memory import MemoryRepository

ALL_KINDS: dict[str, Any] = {
    "cost": 12.5,
    "hours": 3,
    "paid": False,
    "room": "B 12 – né",
    "serials": frozenset({"A-7", "B-8"}),
}
STRATEGIES: dict[str, Any] = {
    "cost": MergeStrategy.SUM,
    "serials": MergeStrategy.UNION,
    "room": MergeStrategy.FIRST,
    "votes": lambda mine, others: max([mine or 0, *others]),
}


@pytest.fixture(params=STORES)
def merging(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    """A company that says how its fields are merged, over each kind of store."""
    return Company(repository_for(request.param, tmp_path), tmp_path, merge_fields=STRATEGIES)


def test_fields_come_back_whole(company: Company) -> None:
    """T4: what a ticket was opened with, and what was changed since, comes back, in kind too."""
    ticket = company.open(fields=ALL_KINDS)
    assert dict(ticket.fields) == ALL_KINDS
    found = company.desk.ticket(ticket.id, actor="ann").fields
    assert {n: (v, type(v)) for n, v in found.items()} == {
        n: (v, type(v)) for n, v in ALL_KINDS.items()
    }
    changed = company.desk.change_ticket(
        ticket.id, actor="ann", fields={"hours": 3.0, "paid": None, "room": " ", "sla": "gold"}
    )
    assert dict(changed.fields) == {
        "cost": 12.5, "hours": 3.0, "serials": {"A-7", "B-8"}, "sla": "gold",
    }  # fmt: skip
    assert type(company.desk.ticket(ticket.id, actor="ann").fields["hours"]) is float


def test_a_change_is_told_by_names(company: Company) -> None:
    """T6, N1: the history names the fields that are others now, and holds nothing of them."""
    desk, ticket = company.desk, company.open(fields=ALL_KINDS)
    desk.change_ticket(ticket.id, actor="ann", priority=2, fields={"paid": True, "cost": 12.5})
    desk.change_ticket(ticket.id, actor="ann", fields={"hours": 3})
    desk.change_ticket(ticket.id, actor="ann", fields={})
    told = [e for e in desk.history(ticket.id, actor="ann") if e.name == "TicketChanged"]
    assert [event.fields for event in told] == [("priority", "fields.paid")]
    assert desk.ticket(ticket.id, actor="ann").version == ticket.version + 1


def test_two_people_change_two_fields(company: Company) -> None:
    """T7: who changes one field leaves the others as somebody has made them meanwhile."""
    desk, ticket = company.desk, company.open(fields={"cost": 1, "room": "B 12"})
    desk.change_ticket(ticket.id, actor="ann", fields={"cost": 2})
    desk.change_ticket(ticket.id, actor="bob", fields={"room": "C 3"})
    assert dict(desk.ticket(ticket.id, actor="ann").fields) == {"cost": 2, "room": "C 3"}
    with pytest.raises(ConflictError):
        desk.change_ticket(
            ticket.id, actor="cyd", fields={"cost": 3}, expected_version=ticket.version
        )


def test_no_more_than_a_ticket_can_have(company: Company) -> None:
    """T4: fields that would be too many, or hold nonsense, change nothing."""
    desk = company.desk
    ticket = company.open(fields={f"a{n}": n for n in range(50)})
    with pytest.raises(InvalidValueError, match="fields must be at most 50, are 51"):
        desk.change_ticket(ticket.id, actor="ann", fields={"b": 1})
    with pytest.raises(InvalidValueError, match=r"fields\.b must be text"):
        desk.change_ticket(ticket.id, actor="ann", fields={"b": ["list"]})
    with pytest.raises(InvalidValueError, match="fields must map names to values"):
        desk.change_ticket(ticket.id, actor="ann", fields=None)
    with pytest.raises(InvalidValueError, match=r"fields\.b must be a finite number"):
        company.open(fields={"b": float("inf")})
    assert desk.ticket(ticket.id, actor="ann").fields == ticket.fields
    swapped = desk.change_ticket(ticket.id, actor="ann", fields={"a0": None, "b": 1})
    assert len(swapped.fields) == 50


def test_the_same_key_gives_the_same(company: Company) -> None:
    """T7: a key gives the first result again, and knows other fields from the same."""
    desk = company.desk
    first = company.open(fields=ALL_KINDS, idempotency_key="k")
    assert company.open(fields=dict(reversed(ALL_KINDS.items())), idempotency_key="k") == first
    with pytest.raises(IdempotencyKeyError):
        company.open(fields=ALL_KINDS | {"hours": 3.0}, idempotency_key="k")
    change = {"actor": "ann", "idempotency_key": "c"}
    second = desk.change_ticket(first.id, fields={"cost": None}, **change)
    desk.change_ticket(first.id, actor="ann", fields={"cost": 7})
    assert desk.change_ticket(first.id, fields={"cost": None}, **change) == second
    assert desk.ticket(first.id, actor="ann").fields["cost"] == 7


def test_a_key_from_before_is_still_known(tmp_path: Path) -> None:
    """T7: a ticket opened without fields has the digest that it had before there were any."""
    company = Company(MemoryRepository(), tmp_path)
    company.open(idempotency_key="k")
    with company.repository.reading() as session:
        kept = session.recall("System:None:ticket.open:k")
    assert kept is not None
    assert kept.digest == "92b6bf2914ebaea638cac20d15340005ee63f4a7436c422468d8fea1564aef6a"


def test_outsiders_neither_see_nor_fill_them(company: Company) -> None:
    """V15, T5: fields are for the inside: outsiders are not shown any, and open without."""
    desk = company.desk
    ticket = company.open("public", customer_id="pat", fields=ALL_KINDS)
    desk.change_ticket(ticket.id, actor="ann", fields={"cost": 99})
    shown = [
        desk.ticket(ticket.id, actor="pat"),
        *desk.tickets(actor="pat").items,
        desk.close(ticket.id, actor="pat"),
    ]
    assert [dict(one.fields) for one in shown] == [{}, {}, {}]
    assert "fields" not in repr(desk.history(ticket.id, actor="pat"))
    assert dict(desk.ticket(ticket.id, actor="emp").fields) == ALL_KINDS | {"cost": 99}
    with pytest.raises(RefusedError):
        desk.open_ticket("public", "Ink", actor="pat", fields={"cost": 1})
    with pytest.raises(RefusedError):
        desk.change_ticket(ticket.id, actor="pat", fields={"cost": 1})
    nothing = desk.open_ticket("public", "Ink", actor="pat", fields={"cost": None})
    assert nothing.customer_id == "pat"


# --- merging -------------------------------------------------------------------------------------


def _three(company: Company) -> list[Any]:
    return [
        company.open(id="one", fields={"cost": 1, "serials": {"a"}, "sla": "gold", "votes": 1}),
        company.open(id="two", fields={"cost": 0.5, "serials": {"b"}, "room": "B 1", "votes": 7}),
        company.open(id="three", fields={"room": "B 2", "sla": "iron", "floor": 3}),
    ]


def test_merged_and_apart_again(merging: Company) -> None:
    """M6, M14, M15: each field is merged as the host says, and un-merging gives all back."""
    desk, tickets = merging.desk, _three(merging)
    ids = [ticket.id for ticket in tickets]
    plan = desk.preview_merge(ids, actor="ann")
    assert [(c.field, c.kept, c.others) for c in plan.conflicts] == [
        ("fields.floor", None, (("three", 3),)),
        ("fields.room", "B 1", (("three", "B 2"),)),
        ("fields.sla", "gold", (("three", "iron"),)),
    ]
    merge = desk.merge(ids, actor="ann", idempotency_key="m")
    assert dict(desk.ticket("one", actor="ann").fields) == {
        "cost": 1.5, "serials": {"a", "b"}, "room": "B 1", "sla": "gold", "votes": 7,
    }  # fmt: skip
    for ticket in tickets[1:]:
        assert desk.ticket(ticket.id, actor="ann").fields == ticket.fields, "a tombstone's own"
    assert desk.merge(ids, actor="ann", idempotency_key="m") == merge
    undone = desk.unmerge(merge.id, actor="ann")
    assert undone.not_restored == ()
    for ticket in tickets:
        back = desk.ticket(ticket.id, actor="ann").fields
        assert [(n, type(v), v) for n, v in back.items()] == [
            (n, type(v), v) for n, v in ticket.fields.items()
        ]


def test_what_somebody_changed_since_stays(merging: Company) -> None:
    """M14: a field that was changed since is left and reported; a set loses what was merged in."""
    desk = merging.desk
    _three(merging)
    merge = desk.merge(["one", "two"], actor="ann")
    desk.change_ticket("one", actor="bob", fields={"cost": 20, "serials": {"a", "b", "c"}})
    undone = desk.unmerge(merge.id, actor="ann")
    assert [(left.field, left.reason.code) for left in undone.not_restored] == [
        ("fields.cost", "merge.changed_since")
    ]
    assert dict(desk.ticket("one", actor="ann").fields) == {
        "cost": 20, "serials": {"a", "c"}, "sla": "gold", "votes": 1,
    }  # fmt: skip


def test_a_field_that_cannot_be_merged(merging: Company) -> None:
    """M10, M15: it is refused by name in the preview and in the merge, and nothing is done."""
    desk = merging.desk
    _three(merging)
    desk.change_ticket("two", actor="ann", fields={"cost": "much"})
    before = [desk.ticket(id, actor=SETUP) for id in ("one", "two", "three")]
    plan = desk.preview_merge(["one", "two"], actor="ann")
    assert (plan.decision.code, plan.changes) == ("merge.refused.field", ())
    with pytest.raises(RefusedError) as refused:
        desk.merge(["one", "two"], actor="ann")
    [reason] = refused.value.decision.reasons
    assert reason.parameters == {"field": "fields.cost", "ticket_id": "two"}
    assert [desk.ticket(id, actor=SETUP) for id in ("one", "two", "three")] == before
    assert desk.merge(["one", "three"], actor="ann").merged_ids == ("three",)


def test_a_function_that_raises_ends_the_merge(merging: Company) -> None:
    """M10: a function of the host's that raises is an error of a port, and nothing is done."""
    desk = merging.desk
    _three(merging)
    desk.change_ticket("two", actor="ann", fields={"votes": "secret"})
    for call in (desk.preview_merge, desk.merge):
        with pytest.raises(PortError, match=r"'votes' did not answer: TypeError$"):
            call(["one", "two"], actor="ann")
    assert desk.ticket("two", actor="ann").merged_into is None


def test_strategies_are_checked_at_once(tmp_path: Path) -> None:
    """M6: what is no strategy is refused when the help desk is made."""
    with pytest.raises(InvalidValueError, match="merge_fields gives 'cost' no MergeStrategy"):
        Company(MemoryRepository(), tmp_path, merge_fields={"cost": "sum"})
