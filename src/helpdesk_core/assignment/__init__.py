"""Who gets a ticket, and why (A1-A21).

`pool_of` says who may, `choose_assignee` who does; `plan_*` turn that into changes. All are pure:
the same state at the same moment gives the same result (A6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_core.lazily import lazily

if TYPE_CHECKING:
    from helpdesk_core.assignment.choice import (
        Assignment as Assignment,
        AssignmentPolicy as AssignmentPolicy,
        Candidate as Candidate,
        Credit as Credit,
        Outcome as Outcome,
        Skipped as Skipped,
        choose_assignee as choose_assignee,
    )
    from helpdesk_core.assignment.dispatcher import (
        Dispatcher as Dispatcher,
    )
    from helpdesk_core.assignment.handing import (
        TeamChangePlan as TeamChangePlan,
        plan_assignment as plan_assignment,
        plan_reassignment as plan_reassignment,
        plan_team_change as plan_team_change,
        pool_of as pool_of,
        waiting_order as waiting_order,
    )
    from helpdesk_core.assignment.handover import (
        HandoverPlan as HandoverPlan,
        Proposal as Proposal,
        plan_handover as plan_handover,
    )
    from helpdesk_core.assignment.options import (
        FILTERS as FILTERS,
        RANKING as RANKING,
        Contender as Contender,
        Filter as Filter,
        Term as Term,
        Workload as Workload,
        next_sequence as next_sequence,
    )
    from helpdesk_core.assignment.running import (
        Dispatched as Dispatched,
    )
    from helpdesk_core.entities import (
        AssignmentMethod as AssignmentMethod,
    )

_MODULES = {
    "helpdesk_core.assignment.choice": (
        "Assignment AssignmentPolicy Candidate Credit Outcome Skipped choose_assignee"
    ),
    "helpdesk_core.assignment.dispatcher": "Dispatcher",
    "helpdesk_core.assignment.handing": (
        "TeamChangePlan plan_assignment plan_reassignment plan_team_change pool_of waiting_order"
    ),
    "helpdesk_core.assignment.handover": "HandoverPlan Proposal plan_handover",
    "helpdesk_core.assignment.options": (
        "FILTERS RANKING Contender Filter Term Workload next_sequence"
    ),
    "helpdesk_core.assignment.running": "Dispatched",
    "helpdesk_core.entities": "AssignmentMethod",
}

if not TYPE_CHECKING:  # else every name would be one, of any kind
    __getattr__, __dir__, __all__ = lazily(__name__, _MODULES)
