"""Who may see a ticket, who hears of it, and what a change of a team does to that (V1-V20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_core.lazily import lazily

if TYPE_CHECKING:
    from helpdesk_core.visibility.access import (
        can_view as can_view,
        can_view_team as can_view_team,
        scope_for as scope_for,
    )
    from helpdesk_core.visibility.explaining import (
        AccessExplanation as AccessExplanation,
        explain_access as explain_access,
    )
    from helpdesk_core.visibility.hearing import (
        Recipient as Recipient,
        audience as audience,
        may_answer as may_answer,
        may_notify as may_notify,
    )
    from helpdesk_core.visibility.levels import (
        VisibilityPlan as VisibilityPlan,
        plan_narrower_team as plan_narrower_team,
        plan_narrowing as plan_narrowing,
        plan_visibility_change as plan_visibility_change,
        team_warnings as team_warnings,
    )
    from helpdesk_core.visibility.previews import (
        AccessLost as AccessLost,
    )
    from helpdesk_core.visibility.settings import (
        TeamPlan as TeamPlan,
        member_follows as member_follows,
        plan_team_settings as plan_team_settings,
    )

_MODULES = {
    "helpdesk_core.visibility.access": "can_view can_view_team scope_for",
    "helpdesk_core.visibility.explaining": "AccessExplanation explain_access",
    "helpdesk_core.visibility.hearing": "Recipient audience may_answer may_notify",
    "helpdesk_core.visibility.levels": (
        "VisibilityPlan plan_narrower_team plan_narrowing plan_visibility_change team_warnings"
    ),
    "helpdesk_core.visibility.previews": "AccessLost",
    "helpdesk_core.visibility.settings": "TeamPlan member_follows plan_team_settings",
}

if not TYPE_CHECKING:  # else every name would be one, of any kind
    __getattr__, __dir__, __all__ = lazily(__name__, _MODULES)
