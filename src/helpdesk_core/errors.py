"""What goes wrong, by name: every exception of the library is a `HelpdeskError`.

A refusal that a host must expect is a returned value of the policies; the service raises it as
`RefusedError`, which carries the decision. No message ever echoes the body of a ticket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpdesk_core.decisions import Decision


class HelpdeskError(Exception):
    """The base of every exception that this library raises on purpose."""


class InvalidValueError(HelpdeskError, ValueError):
    """A value that cannot be accepted; names the field and the limit.

    >>> str(InvalidValueError("priority", "must be between 0 and 3"))
    'priority must be between 0 and 3'
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}")
        self.field = field
        self.problem = problem


class NotFoundError(HelpdeskError, LookupError):
    """Absent, or not for the caller to know of: both look the same (V14).

    >>> str(NotFoundError("ticket", "T-7"))
    "ticket 'T-7' not found"
    """

    def __init__(self, kind: str, id: object) -> None:
        super().__init__(f"{kind} {id!r} not found")
        self.kind = kind
        self.id = id


class RefusedError(HelpdeskError):
    """A rule says no, and the caller may know why: `decision` holds the reasons (V14, V19)."""

    def __init__(self, decision: Decision) -> None:
        super().__init__("; ".join(str(reason) for reason in decision.reasons))
        self.decision = decision

    @property
    def code(self) -> str:
        """The code of the first reason."""
        return self.decision.code


class ConflictError(HelpdeskError):
    """The world has moved on: a value or a version expected is no longer there (T7)."""


class IdempotencyKeyError(ConflictError):
    """An idempotency key came again with another payload (T7)."""

    def __init__(self, key: str) -> None:
        super().__init__(f"idempotency key {key!r} was used before with another payload")
        self.key = key


class RetryableError(HelpdeskError):
    """Nothing was changed and the same call may succeed later (a busy database, a lock)."""


class CollisionError(RetryableError):
    """The database ended a transaction so that another could go on: a deadlock, or the like.

    The service tries again by itself, a bounded number of times; a host sees it only after that.
    """


class NotClaimedError(HelpdeskError):
    """The host's store disclaims what this use-case needs."""

    def __init__(self, claim: str) -> None:
        super().__init__(f"the repository does not claim {claim!r}")
        self.claim = claim


class PortError(HelpdeskError):
    """A port of the host's broke its contract or did not answer."""


class CalendarError(PortError):
    """The calendar did not answer; this is never read as "everybody is free" (A14)."""


class NotifierError(PortError):
    """The notifier could not take a message; it stays in the outbox (N1)."""


class RepositoryError(PortError):
    """The repository cannot be used as it is: another database, a newer schema, a closed file."""


class PendingMigrationsError(RepositoryError):
    """The schema is older than this release: `pending` names the revisions to come, in order."""

    def __init__(self, problem: str, pending: tuple[str, ...]) -> None:
        super().__init__(problem)
        self.pending = pending


class AttachmentStoreError(PortError):
    """The attachment store could not keep or find a file."""
