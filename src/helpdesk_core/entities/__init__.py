"""The things of a help desk: users, teams, stages, tickets and what hangs on them.

All are frozen, keyword-only and validated when made. Ids are opaque: compared and hashed, never
parsed. Times are aware and kept in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_core.lazily import lazily

if TYPE_CHECKING:
    from helpdesk_core.entities.host_fields import (
        FieldValue as FieldValue,
        HostFields as HostFields,
    )
    from helpdesk_core.entities.people import (
        REMOVED as REMOVED,
        Actor as Actor,
        Followers as Followers,
        FollowSource as FollowSource,
        Role as Role,
        System as System,
        User as User,
        UserKind as UserKind,
    )
    from helpdesk_core.entities.said import (
        Attachment as Attachment,
        Message as Message,
        ReceivedMail as ReceivedMail,
        Said as Said,
        TimeEntry as TimeEntry,
    )
    from helpdesk_core.entities.teams import (
        OnAnswer as OnAnswer,
        Stage as Stage,
        Team as Team,
        Visibility as Visibility,
    )
    from helpdesk_core.entities.tickets import (
        Ticket as Ticket,
        is_closed as is_closed,
    )
    from helpdesk_core.fields import (
        Id as Id,
    )
    from helpdesk_core.methods import (
        AssignmentMethod as AssignmentMethod,
        AssignmentMode as AssignmentMode,
        CatchingUp as CatchingUp,
        CatchUp as CatchUp,
        CountScope as CountScope,
        MemberOptions as MemberOptions,
        Options as Options,
    )
    from helpdesk_core.time_off import (
        Absence as Absence,
        RecurringAbsence as RecurringAbsence,
        WeeklySchedule as WeeklySchedule,
    )

_MODULES = {
    "helpdesk_core.entities.host_fields": "FieldValue HostFields",
    "helpdesk_core.entities.people": (
        "REMOVED Actor Followers FollowSource Role System User UserKind"
    ),
    "helpdesk_core.entities.said": "Attachment Message ReceivedMail Said TimeEntry",
    "helpdesk_core.entities.teams": "OnAnswer Stage Team Visibility",
    "helpdesk_core.entities.tickets": "Ticket is_closed",
    "helpdesk_core.fields": "Id",
    "helpdesk_core.methods": (
        "AssignmentMethod AssignmentMode CatchingUp CatchUp CountScope MemberOptions Options"
    ),
    "helpdesk_core.time_off": "Absence RecurringAbsence WeeklySchedule",
}

if not TYPE_CHECKING:  # else every name would be one, of any kind
    __getattr__, __dir__, __all__ = lazily(__name__, _MODULES)
