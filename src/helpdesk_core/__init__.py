"""The policies of a help desk, framework-free.

Who sees a ticket, who gets it, when it is closed, how duplicates become one: pure functions of
values, and `Helpdesk`, which runs them over a host's own repository, calendar and notifier. The
repository adapters and the conformance kit are imported by their own names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_core.lazily import lazily

__version__ = "0.1.0"

if TYPE_CHECKING:
    from helpdesk_core.assignment import (
        FILTERS as FILTERS,
        RANKING as RANKING,
        Assignment as Assignment,
        AssignmentMethod as AssignmentMethod,
        AssignmentPolicy as AssignmentPolicy,
        Candidate as Candidate,
        Contender as Contender,
        Credit as Credit,
        Dispatched as Dispatched,
        Dispatcher as Dispatcher,
        HandoverPlan as HandoverPlan,
        Outcome as Outcome,
        Proposal as Proposal,
        Skipped as Skipped,
        Workload as Workload,
        choose_assignee as choose_assignee,
        plan_assignment as plan_assignment,
        plan_handover as plan_handover,
        plan_reassignment as plan_reassignment,
        plan_team_change as plan_team_change,
        pool_of as pool_of,
        waiting_order as waiting_order,
    )
    from helpdesk_core.availability import (
        Availability as Availability,
        Gap as Gap,
    )
    from helpdesk_core.decisions import (
        Decision as Decision,
        Reason as Reason,
    )
    from helpdesk_core.duplicates import (
        Explanation as Explanation,
        Group as Group,
        Match as Match,
        SimilarityIndex as SimilarityIndex,
        fingerprint as fingerprint,
        rate as rate,
        similarity as similarity,
    )
    from helpdesk_core.entities import (
        REMOVED as REMOVED,
        Absence as Absence,
        AssignmentMode as AssignmentMode,
        Attachment as Attachment,
        CatchingUp as CatchingUp,
        CatchUp as CatchUp,
        CountScope as CountScope,
        FollowSource as FollowSource,
        Id as Id,
        MemberOptions as MemberOptions,
        Message as Message,
        OnAnswer as OnAnswer,
        ReceivedMail as ReceivedMail,
        RecurringAbsence as RecurringAbsence,
        Role as Role,
        Stage as Stage,
        System as System,
        Team as Team,
        Ticket as Ticket,
        TimeEntry as TimeEntry,
        User as User,
        UserKind as UserKind,
        Visibility as Visibility,
        WeeklySchedule as WeeklySchedule,
    )
    from helpdesk_core.errors import (
        AttachmentStoreError as AttachmentStoreError,
        CalendarError as CalendarError,
        CollisionError as CollisionError,
        ConflictError as ConflictError,
        HelpdeskError as HelpdeskError,
        IdempotencyKeyError as IdempotencyKeyError,
        InvalidValueError as InvalidValueError,
        NotClaimedError as NotClaimedError,
        NotFoundError as NotFoundError,
        NotifierError as NotifierError,
        PendingMigrationsError as PendingMigrationsError,
        PortError as PortError,
        RefusedError as RefusedError,
        RepositoryError as RepositoryError,
        RetryableError as RetryableError,
    )
    from helpdesk_core.merge import (
        MergePlan as MergePlan,
        MergeStrategy as MergeStrategy,
        UnmergePlan as UnmergePlan,
        choose_master as choose_master,
        plan_merge as plan_merge,
        plan_unmerge as plan_unmerge,
        resolve as resolve,
    )
    from helpdesk_core.plans import (
        Merge as Merge,
        Plan as Plan,
        as_shown as as_shown,
    )
    from helpdesk_core.ports import (
        Position as Position,
        TicketFilter as TicketFilter,
    )
    from helpdesk_core.search import (
        Snippet as Snippet,
    )
    from helpdesk_core.sentences import (
        explain as explain,
        sentence as sentence,
    )
    from helpdesk_core.service import (
        PERMISSIONS as PERMISSIONS,
        ClosedInactive as ClosedInactive,
        DeadLetter as DeadLetter,
        Delivered as Delivered,
        Finding as Finding,
        Found as Found,
        Helpdesk as Helpdesk,
        NewFile as NewFile,
        Observed as Observed,
        Page as Page,
        Received as Received,
        Removed as Removed,
        Repaired as Repaired,
        SearchPage as SearchPage,
        every as every,
        may as may,
    )
    from helpdesk_core.stages import (
        AllowedMoves as AllowedMoves,
        FoldPlan as FoldPlan,
        Pipeline as Pipeline,
        ReorderPlan as ReorderPlan,
        StageRemovalPlan as StageRemovalPlan,
        is_closed as is_closed,
        plan_fold_change as plan_fold_change,
        plan_move as plan_move,
        plan_reorder as plan_reorder,
        plan_reorder_team as plan_reorder_team,
        plan_stage_removal as plan_stage_removal,
        plan_transfer as plan_transfer,
    )
    from helpdesk_core.stages.boards import (
        Board as Board,
        BoardColumn as BoardColumn,
        Figures as Figures,
        TeamFigures as TeamFigures,
        build_board as build_board,
        build_dashboard as build_dashboard,
    )
    from helpdesk_core.stages.dragging import (
        plan_drag as plan_drag,
    )
    from helpdesk_core.templates import (
        DigestTemplate as DigestTemplate,
        EmailTemplate as EmailTemplate,
        Letters as Letters,
        LetterTemplate as LetterTemplate,
        MinimalTemplate as MinimalTemplate,
        Rendered as Rendered,
        SmsTemplate as SmsTemplate,
    )
    from helpdesk_core.visibility import (
        AccessExplanation as AccessExplanation,
        AccessLost as AccessLost,
        Recipient as Recipient,
        TeamPlan as TeamPlan,
        VisibilityPlan as VisibilityPlan,
        audience as audience,
        can_view as can_view,
        can_view_team as can_view_team,
        explain_access as explain_access,
        may_answer as may_answer,
        may_notify as may_notify,
        plan_narrower_team as plan_narrower_team,
        plan_narrowing as plan_narrowing,
        plan_team_settings as plan_team_settings,
        plan_visibility_change as plan_visibility_change,
        scope_for as scope_for,
        team_warnings as team_warnings,
    )

_MODULES = {
    "helpdesk_core.assignment": (
        "FILTERS RANKING Assignment AssignmentMethod AssignmentPolicy Candidate Contender "
        "Credit Dispatched Dispatcher HandoverPlan Outcome Proposal Skipped Workload "
        "choose_assignee plan_assignment plan_handover plan_reassignment plan_team_change "
        "pool_of waiting_order"
    ),
    "helpdesk_core.availability": "Availability Gap",
    "helpdesk_core.decisions": "Decision Reason",
    "helpdesk_core.duplicates": (
        "Explanation Group Match SimilarityIndex fingerprint rate similarity"
    ),
    "helpdesk_core.entities": (
        "REMOVED Absence AssignmentMode Attachment CatchingUp CatchUp CountScope FollowSource "
        "Id MemberOptions Message OnAnswer ReceivedMail RecurringAbsence Role Stage System "
        "Team Ticket TimeEntry User UserKind Visibility WeeklySchedule"
    ),
    "helpdesk_core.errors": (
        "AttachmentStoreError CalendarError CollisionError ConflictError HelpdeskError "
        "IdempotencyKeyError InvalidValueError NotClaimedError NotFoundError NotifierError "
        "PendingMigrationsError PortError RefusedError RepositoryError RetryableError"
    ),
    "helpdesk_core.merge": (
        "MergePlan MergeStrategy UnmergePlan choose_master plan_merge plan_unmerge resolve"
    ),
    "helpdesk_core.plans": "Merge Plan as_shown",
    "helpdesk_core.ports": "Position TicketFilter",
    "helpdesk_core.search": "Snippet",
    "helpdesk_core.sentences": "explain sentence",
    "helpdesk_core.service": (
        "PERMISSIONS ClosedInactive DeadLetter Delivered Finding Found Helpdesk NewFile "
        "Observed Page Received Removed Repaired SearchPage every may"
    ),
    "helpdesk_core.stages": (
        "AllowedMoves FoldPlan Pipeline ReorderPlan StageRemovalPlan is_closed "
        "plan_fold_change plan_move plan_reorder plan_reorder_team plan_stage_removal "
        "plan_transfer"
    ),
    "helpdesk_core.stages.boards": (
        "Board BoardColumn Figures TeamFigures build_board build_dashboard"
    ),
    "helpdesk_core.stages.dragging": "plan_drag",
    "helpdesk_core.templates": (
        "DigestTemplate EmailTemplate Letters LetterTemplate MinimalTemplate Rendered SmsTemplate"
    ),
    "helpdesk_core.visibility": (
        "AccessExplanation AccessLost Recipient TeamPlan VisibilityPlan audience can_view "
        "can_view_team explain_access may_answer may_notify plan_narrower_team plan_narrowing "
        "plan_team_settings plan_visibility_change scope_for team_warnings"
    ),
}

if not TYPE_CHECKING:  # else every name would be one, of any kind
    __getattr__, __dir__, __all__ = lazily(__name__, _MODULES)
