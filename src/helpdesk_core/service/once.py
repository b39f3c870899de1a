"""What an idempotency key gives: the first result again, to who may still see it (T7, V14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import attrs

from helpdesk_core.digests import digest_of, written
from helpdesk_core.entities import Ticket
from helpdesk_core.errors import IdempotencyKeyError
from helpdesk_core.ports import Claim, Remembered

if TYPE_CHECKING:
    from helpdesk_core.service.work import Work

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Once(Generic[T]):
    """How a use-case is done once under a key; without a key it is done whenever it is asked for.

    `payload` holds every argument by name, but for who acts and the key. `again` raises when the
    one who acts may no longer see what the first call gave them.
    """

    key: str | None
    payload: Mapping[str, Any]
    again: Callable[[Work, T], object]


def same_ticket(work: Work, ticket: Ticket) -> object:
    """For `Once.again`: the ticket that was given is still one to be seen (V14)."""
    return work.case(ticket.id)


@attrs.frozen
class Done(Generic[T]):
    """What a use-case gave, and what the one who acts is shown of it."""

    result: T
    shown: T
    is_new: bool


def done_once(work: Work, use_case: str, once: Once[T], do: Callable[[Work], T]) -> tuple[T, bool]:
    """What `do` gives, or gave first under this key and with this payload (T7); is it new?"""
    if once.key is None:
        return do(work), True
    work.claim(Claim.IDEMPOTENCY_KEYS)
    # a key is its caller's own
    key = f"{type(work.by).__name__}:{work.author_id}:{use_case}:{once.key}"
    asked = digest(use_case, once.payload)
    kept = work.session.recall(key)
    if kept is None:
        result = do(work)
        work.session.remember(key, Remembered(asked, result), work.now)
        return result, True
    if kept.digest != asked:
        raise IdempotencyKeyError(once.key)
    again = cast(T, kept.result)
    once.again(work, again)  # who may no longer see it is not shown it again (V14)
    return again, False


def digest(use_case: str, payload: Mapping[str, Any]) -> str:
    """The same for the same call, in every process and whatever PYTHONHASHSEED is.

    >>> digest("ticket.open", {"tags": {"ink", "toner"}}) == (
    ...     digest("ticket.open", {"tags": {"toner", "ink"}}))
    True
    >>> digest("ticket.open", {"tags": object()})
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: tags holds a object, which no key can compare
    """
    pairs = ",".join(f"{name}={written(name, payload[name])}" for name in sorted(payload))
    return digest_of(f"{use_case}({pairs})")
