"""Who gets a ticket, and why (A1-A21).

`pool_of` says who may, `choose_assignee` who does; `plan_*` turn that into changes. All are pure:
the same state at the same moment gives the same result (A6).
"""

from helpdesk_core.assignment.choice import (
    Assignment,
    AssignmentPolicy,
    Candidate,
    Credit,
    Outcome,
    Skipped,
    choose_assignee,
)
from helpdesk_core.assignment.dispatcher import Dispatcher
from helpdesk_core.assignment.handing import (
    TeamChangePlan,
    plan_assignment,
    plan_reassignment,
    plan_team_change,
    pool_of,
    waiting_order,
)
from helpdesk_core.assignment.handover import HandoverPlan, Proposal, plan_handover
from helpdesk_core.assignment.options import (
    FILTERS,
    RANKING,
    Contender,
    Filter,
    Term,
    Workload,
    next_sequence,
)
from helpdesk_core.assignment.running import Dispatched
from helpdesk_core.entities import AssignmentMethod

__all__ = [
    "FILTERS",
    "RANKING",
    "Assignment",
    "AssignmentMethod",
    "AssignmentPolicy",
    "Candidate",
    "Contender",
    "Credit",
    "Dispatched",
    "Dispatcher",
    "Filter",
    "HandoverPlan",
    "Outcome",
    "Proposal",
    "Skipped",
    "TeamChangePlan",
    "Term",
    "Workload",
    "choose_assignee",
    "next_sequence",
    "plan_assignment",
    "plan_handover",
    "plan_reassignment",
    "plan_team_change",
    "pool_of",
    "waiting_order",
]
