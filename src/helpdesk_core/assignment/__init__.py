"""Who gets a ticket, and why (A1-A21).

`pool_of` says who may, `choose_assignee` who does; `plan_*` turn that into changes. All are pure:
the same state at the same moment gives the same result (A6).
"""

from helpdesk_core.assignment.choice import (
    Assignment,
    Candidate,
    Outcome,
    Skipped,
    Workload,
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
from helpdesk_core.entities import AssignmentMethod

__all__ = [
    "Assignment",
    "AssignmentMethod",
    "Candidate",
    "Dispatcher",
    "Outcome",
    "Skipped",
    "TeamChangePlan",
    "Workload",
    "choose_assignee",
    "plan_assignment",
    "plan_reassignment",
    "plan_team_change",
    "pool_of",
    "waiting_order",
]
