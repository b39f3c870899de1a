"""What a host brings: repository, notifier, calendar, clock, attachment store, similarity store.

Each is a `Protocol`; nothing has to inherit from anything. A repository is asked for sessions: a
reading one sees one committed state, a writing one is a transaction that is committed when its
block ends and rolled back when it raises. `Async...` are the same for programs of asyncio, whose
help desk is `helpdesk_core.aio.AsyncHelpdesk`.
"""

from __future__ import annotations

from helpdesk_core.ports.asynchronous import (
    AsyncAmong,
    AsyncAttachmentStore,
    AsyncCalendar,
    AsyncNotifier,
    AsyncRepository,
    AsyncSession,
    AsyncSimilarityStore,
)
from helpdesk_core.ports.kept import (
    ALL_CLAIMS,
    Claim,
    DeliveryStatus,
    Miscount,
    Misworded,
    Notification,
    Position,
    Ranked,
    Recorded,
    Remembered,
    TicketFilter,
    Wording,
    WrongFigures,
)
from helpdesk_core.ports.letters import (
    Automatic,
    AutoSubmitted,
    IncomingEmail,
    IncomingFile,
    Later,
    OutgoingFile,
    OutgoingMessage,
)
from helpdesk_core.ports.other_ports import (
    AttachmentStore,
    Calendar,
    Clock,
    Notifier,
    SimilarityStore,
)
from helpdesk_core.ports.repository import Repository, Session
from helpdesk_core.stages.boards import Figures, figures_of

__all__ = [
    "ALL_CLAIMS",
    "AsyncAmong",
    "AsyncAttachmentStore",
    "AsyncCalendar",
    "AsyncNotifier",
    "AsyncRepository",
    "AsyncSession",
    "AsyncSimilarityStore",
    "AttachmentStore",
    "AutoSubmitted",
    "Automatic",
    "Calendar",
    "Claim",
    "Clock",
    "DeliveryStatus",
    "Figures",
    "IncomingEmail",
    "IncomingFile",
    "Later",
    "Miscount",
    "Misworded",
    "Notification",
    "Notifier",
    "OutgoingFile",
    "OutgoingMessage",
    "Position",
    "Ranked",
    "Recorded",
    "Remembered",
    "Repository",
    "Session",
    "SimilarityStore",
    "TicketFilter",
    "Wording",
    "WrongFigures",
    "figures_of",
]
