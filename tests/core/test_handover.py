"""Who takes over from somebody who will be away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpdesk_core.assignment import (
    AssignmentMethod,
    AssignmentPolicy,
    Outcome,
    Workload,
    plan_handover,
)
from helpdesk_core.availability import Availability
from helpdesk_core.entities import Absence, MemberOptions, Role, Ticket, User, UserKind
from helpdesk_core.events import TicketAssigned
from helpdesk_core.plans import NoteAssignment, SetField
from helpdesk_core.sentences import explain

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
HOLIDAY = Absence(user_id="ada", start=NOW + 2 * DAY, end=NOW + 9 * DAY)
POLICY = AssignmentPolicy(
    method=AssignmentMethod.EQUAL_OPEN, member_options={"cy": MemberOptions(tags=["law"])}
)


def agent(name: str, **others: Any) -> User:
    """An eligible user, unless something is otherwise."""
    plain = {"id": name, "name": name, "kind": UserKind.INTERNAL, "roles": {Role.AGENT}}
    return User(**plain | others)


POOL = [agent("ada"), agent("bob"), agent("cy"), agent("di", active=False)]


def ticket(id: int, **others: Any) -> Ticket:
    """One of Ada's; the higher the number, the older."""
    plain = {"id": id, "team_id": "it", "stage_id": "new", "subject": "Ink", "assignee_id": "ada"}
    return Ticket(**plain | {"created_at": NOW - id * DAY} | others)


def propose(tickets: list[Ticket], there: Availability | None = None, **others: Any) -> Any:
    """The plan for Ada's holiday."""
    asked: dict[str, Any] = {
        "absence": HOLIDAY, "tickets": tickets, "pool": POOL, "workloads": {},
        "availability": there or Availability(), "policy": POLICY, "sequence": 7, "now": NOW,
    }  # fmt: skip
    return plan_handover(**asked | others)


def test_tickets_are_proposed_oldest_first() -> None:
    """A15, A20: Each goes to whom the policy takes, those proposed before counted in."""
    known = {"bob": Workload(member_id="bob", total=1, open=1)}
    others = [ticket(8, assignee_id="bob"), ticket(9, merged_into=1), ticket(7, assignee_id=None)]
    plan = propose([ticket(1), ticket(2), *others, ticket(3)], workloads=known, by="lea")
    got = [(each.ticket_id, each.assignment.assignee_id) for each in plan.proposals]
    assert got == [(3, "cy"), (2, "bob"), (1, "cy")]
    assert [each.assignment.count for each in plan.proposals] == [0, 1, 1]
    assert plan.proposals[1].assignment.tie_breaker == "least_recent"
    assert plan.decision.code == "assignment.handover"
    assert explain(plan.decision) == "Yes. Of 3 tickets, 3 would go to somebody else."


def test_a_proposal_can_be_carried_out() -> None:
    """A6, A15, A18: Its changes hand the tickets over, with the team's next numbers."""
    plan = propose([ticket(1), ticket(2)], by="lea")
    assert [change.sequence for change in plan.changes if isinstance(change, NoteAssignment)] == [
        7,
        8,
    ]
    sets = [(c.id, c.expected, c.value) for c in plan.changes if isinstance(c, SetField)]
    assert sets == [(2, "ada", "bob"), (1, "ada", "cy")]
    events = [event for event in plan.events if isinstance(event, TicketAssigned)]
    assert [(event.assignee_id, event.by, event.warning) for event in events] == [
        ("bob", "lea", None),
        ("cy", "lea", None),
    ]
    assert [notice.recipient_id for notice in plan.notices] == ["bob", "cy"]


def test_the_absence_is_what_is_looked_at() -> None:
    """A9, A15: Whoever is away when it begins takes over nothing, whoever is away now does."""
    there = Availability(
        [
            Absence(user_id="bob", start=NOW, end=NOW + DAY),
            Absence(user_id="cy", start=NOW + DAY, end=NOW + 30 * DAY),
        ]
    )
    plan = propose([ticket(1)], there)
    assert plan.proposals[0].assignment.assignee_id == "bob"
    warnings = [event.warning for event in plan.events]
    assert warnings == ["assignment.absent"]
    begun = propose([ticket(1)], there, now=NOW + 40 * DAY)
    assert begun.proposals[0].assignment.assignee_id == "bob"
    assert begun.proposals[0].assignment.available_from is None


def test_nobody_to_take_over() -> None:
    """A2, A15, A19: Without anybody the ticket stays where it is, and the proposal says why."""
    plan = propose([ticket(1, tags={"ink"}), ticket(2)], pool=[agent("ada"), agent("cy")])
    assert [each.assignment.outcome for each in plan.proposals] == [
        Outcome.ASSIGNED,
        Outcome.NOBODY_FITS,
    ]
    assert plan.decision.reasons[0].parameters == {"tickets": 2, "taken_over": 1}
    assert {change.id for change in plan.changes if isinstance(change, SetField)} == {2}
    assert propose([], pool=[]).proposals == ()
    assert propose([ticket(1)], pool=[agent("ada")]).changes == ()


def test_each_proposal_is_one_ticket_more_by_either_count() -> None:
    """A15: What was proposed before is counted where tickets ever assigned are kept equal too."""
    for method in AssignmentMethod:
        plan = propose([ticket(1), ticket(2), ticket(3)], policy=AssignmentPolicy(method=method))
        chosen = [proposal.assignment for proposal in plan.proposals]
        assert [(each.assignee_id, each.count) for each in chosen] == [
            ("bob", 0), ("cy", 0), ("bob", 1),
        ]  # fmt: skip


def test_a_ticket_that_nobody_fits_keeps_no_other() -> None:
    """A15, A19: Of tickets of which nobody may have the first, the others are handed over."""
    law = MemberOptions(tags=["law"])
    policy = AssignmentPolicy(
        method=AssignmentMethod.EQUAL_OPEN, member_options={"bob": law, "cy": law}
    )
    plan = propose([ticket(1), ticket(2, tags=["tax"])], policy=policy)
    assert [each.assignment.assignee_id for each in plan.proposals] == [None, "bob"]
    assert [type(event) for event in plan.events] == [TicketAssigned]
