"""`RepositoryContract`: every rule that a host's store is held to."""

from __future__ import annotations

from helpdesk_core.testing.columns import ColumnRules
from helpdesk_core.testing.delivering import DeliveryRules
from helpdesk_core.testing.failing import FailingRules
from helpdesk_core.testing.following import FollowingRules
from helpdesk_core.testing.machine import MachineRules
from helpdesk_core.testing.mailing import MailRules
from helpdesk_core.testing.merges import MergeRules
from helpdesk_core.testing.own_fields import HostFieldRules
from helpdesk_core.testing.paging import PagingRules
from helpdesk_core.testing.racing import OutboxRaces, RacingRules
from helpdesk_core.testing.reading import ReadingRules
from helpdesk_core.testing.remembering import RememberingRules
from helpdesk_core.testing.removing import RemovingRules
from helpdesk_core.testing.resting import RestingRules
from helpdesk_core.testing.searching import SearchRules
from helpdesk_core.testing.transactions import TransactionRules
from helpdesk_core.testing.writing import WritingRules


class RepositoryContract(
    ReadingRules,
    SearchRules,
    WritingRules,
    TransactionRules,
    MergeRules,
    RememberingRules,
    DeliveryRules,
    MailRules,
    PagingRules,
    ColumnRules,
    HostFieldRules,
    RestingRules,
    RemovingRules,
    FollowingRules,
    OutboxRaces,
    RacingRules,
    FailingRules,
    MachineRules,
):
    """Subclass it, say how a fresh store is made, and run pytest.

    `new()` gives a store without people, teams and tickets, each time it is called;
    `open_again(repository)` gives what opens the same store once more, for the rules on reopening
    and on several processes. `id_type` is the type of the ids that the store is given.

    >>> from helpdesk_core.adapters.memory import MemoryRepository
    >>> class TestMemory(RepositoryContract):
    ...     def new(self):
    ...         return MemoryRepository()
    >>> sorted(claim.value for claim in TestMemory().claims)[:2]
    ['answers', 'assignment_order']
    """
