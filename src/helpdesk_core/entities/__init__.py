"""The things of a help desk: users, teams, stages, tickets and what hangs on them.

All are frozen, keyword-only and validated when made. Ids are opaque: compared and hashed, never
parsed. Times are aware and kept in UTC.
"""

from __future__ import annotations

from helpdesk_core.entities.host_fields import FieldValue, HostFields
from helpdesk_core.entities.people import (
    REMOVED,
    Actor,
    Followers,
    FollowSource,
    Role,
    System,
    User,
    UserKind,
)
from helpdesk_core.entities.said import Attachment, Message, ReceivedMail, Said, TimeEntry
from helpdesk_core.entities.teams import OnAnswer, Stage, Team, Visibility
from helpdesk_core.entities.tickets import Ticket, is_closed
from helpdesk_core.fields import Id
from helpdesk_core.methods import (
    AssignmentMethod,
    AssignmentMode,
    CatchingUp,
    CatchUp,
    CountScope,
    MemberOptions,
    Options,
)
from helpdesk_core.time_off import Absence, RecurringAbsence, WeeklySchedule

__all__ = [
    "REMOVED",
    "Absence",
    "Actor",
    "AssignmentMethod",
    "AssignmentMode",
    "Attachment",
    "CatchUp",
    "CatchingUp",
    "CountScope",
    "FieldValue",
    "FollowSource",
    "Followers",
    "HostFields",
    "Id",
    "MemberOptions",
    "Message",
    "OnAnswer",
    "Options",
    "ReceivedMail",
    "RecurringAbsence",
    "Role",
    "Said",
    "Stage",
    "System",
    "Team",
    "Ticket",
    "TimeEntry",
    "User",
    "UserKind",
    "Visibility",
    "WeeklySchedule",
    "is_closed",
]
