"""What a host brings: repository, notifier, calendar, clock, attachment store, similarity store.

Each is a `Protocol`; nothing has to inherit from anything. A repository is asked for sessions: a
reading one sees one committed state, a writing one is a transaction that is committed when its
block ends and rolled back when it raises.
"""

from __future__ import annotations

from helpdesk_core.ports.other_ports import (
    AttachmentStore,
    Calendar,
    Clock,
    Notifier,
    OutgoingMessage,
    SimilarityStore,
)
from helpdesk_core.ports.repository import (
    ALL_CLAIMS,
    Claim,
    DeliveryStatus,
    Miscount,
    Misworded,
    Notification,
    Position,
    Recorded,
    Remembered,
    Repository,
    Session,
    TicketFilter,
    Wording,
)

__all__ = [
    "ALL_CLAIMS",
    "AttachmentStore",
    "Calendar",
    "Claim",
    "Clock",
    "DeliveryStatus",
    "Miscount",
    "Misworded",
    "Notification",
    "Notifier",
    "OutgoingMessage",
    "Position",
    "Recorded",
    "Remembered",
    "Repository",
    "Session",
    "SimilarityStore",
    "TicketFilter",
    "Wording",
]
