"""What happened, told to the project once it is committed.

The sender is the type of the event:

    @receiver(event_recorded, sender=TicketClosed)
    def ask_how_it_was(sender, event, using, **_):
        ...

What is rolled back was never told. A receiver that raises is logged by Django, and keeps nobody
from being told; whether the process lives to tell is not certain, as with every `on_commit`: what
must not be missed is in the history.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.db import transaction
from django.dispatch import Signal

from helpdesk_core.events import Event

#: Sent with `event`, and with `using`: the alias of the database.
event_recorded = Signal()


def tell_after_commit(events: Iterable[Event], using: str) -> None:
    """Send a signal for each of the events when the transaction is committed, the host's too."""
    told = tuple(events)
    if told:
        transaction.on_commit(partial(_tell, told, using), using=using)


def _tell(events: Iterable[Event], using: str) -> None:
    for event in events:
        event_recorded.send_robust(type(event), event=event, using=using)
