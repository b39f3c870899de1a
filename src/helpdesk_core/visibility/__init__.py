"""Who may see a ticket, who hears of it, and what a change of a team does to that (V1-V20)."""

from helpdesk_core.visibility.access import can_view, can_view_team, scope_for
from helpdesk_core.visibility.audience import Recipient, audience, may_answer, may_notify
from helpdesk_core.visibility.explaining import AccessExplanation, explain_access
from helpdesk_core.visibility.levels import (
    VisibilityPlan,
    plan_narrower_team,
    plan_narrowing,
    plan_visibility_change,
    team_warnings,
)
from helpdesk_core.visibility.previews import AccessLost
from helpdesk_core.visibility.settings import TeamPlan, member_follows, plan_team_settings

__all__ = [
    "AccessExplanation",
    "AccessLost",
    "Recipient",
    "TeamPlan",
    "VisibilityPlan",
    "audience",
    "can_view",
    "can_view_team",
    "explain_access",
    "may_answer",
    "may_notify",
    "member_follows",
    "plan_narrower_team",
    "plan_narrowing",
    "plan_team_settings",
    "plan_visibility_change",
    "scope_for",
    "team_warnings",
]
