"""`Helpdesk`: load, decide, save, announce. The only caller of the ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import uuid4

from helpdesk_core.assignment import FILTERS, RANKING, Filter, Term
from helpdesk_core.entities import Id, Ticket
from helpdesk_core.mail_ids import NO_DOMAIN
from helpdesk_core.merge import Strategies
from helpdesk_core.merge.fields import NO_STRATEGIES
from helpdesk_core.ports import (
    AttachmentStore,
    Calendar,
    Clock,
    Notifier,
    Repository,
    SimilarityStore,
)
from helpdesk_core.service.boards import BoardUseCases
from helpdesk_core.service.checking import CheckingUseCases, Finding, Repaired
from helpdesk_core.service.closing import ClosedInactive, ClosingUseCases
from helpdesk_core.service.conversation import ConversationUseCases
from helpdesk_core.service.delivering import DeadLetter, Delivered, DeliveringUseCases
from helpdesk_core.service.files import FileUseCases
from helpdesk_core.service.following import FollowingUseCases
from helpdesk_core.service.incoming import Received
from helpdesk_core.service.keeping import NewFile
from helpdesk_core.service.merging import MergingUseCases
from helpdesk_core.service.moving import MovingUseCases
from helpdesk_core.service.observing import Observed, Observer, observe
from helpdesk_core.service.pages import Page, every
from helpdesk_core.service.people import PeopleUseCases
from helpdesk_core.service.permissions import PERMISSIONS, may
from helpdesk_core.service.reading import ReadingUseCases
from helpdesk_core.service.receiving import ReceivingUseCases
from helpdesk_core.service.removing import Removed, RemovingUseCases
from helpdesk_core.service.searching import Found, SearchingUseCases, SearchPage
from helpdesk_core.service.stage_texts import StageTextUseCases
from helpdesk_core.service.stages import StageUseCases
from helpdesk_core.service.suggesting import SuggestingUseCases
from helpdesk_core.service.teams import TeamUseCases
from helpdesk_core.service.tickets import TicketUseCases
from helpdesk_core.stages import ALL_MOVES, MoveRule
from helpdesk_core.templates import Letters

__all__ = [
    "PERMISSIONS",
    "ClosedInactive",
    "DeadLetter",
    "Delivered",
    "Finding",
    "Found",
    "Helpdesk",
    "NewFile",
    "Observed",
    "Page",
    "Received",
    "Removed",
    "Repaired",
    "SearchPage",
    "every",
    "may",
]


LETTERS = Letters()


def _text_id() -> Id:
    return str(uuid4())


class Helpdesk(
    TicketUseCases,
    MovingUseCases,
    ClosingUseCases,
    ConversationUseCases,
    FileUseCases,
    FollowingUseCases,
    SuggestingUseCases,
    MergingUseCases,
    TeamUseCases,
    StageUseCases,
    StageTextUseCases,
    PeopleUseCases,
    RemovingUseCases,
    ReadingUseCases,
    ReceivingUseCases,
    BoardUseCases,
    SearchingUseCases,
    DeliveringUseCases,
    CheckingUseCases,
):
    """A help desk over a host's ports.

    Every call that changes something takes `actor`, the id of the user who does it or
    `System(reason=...)` (V11), runs in one transaction with its events (N1), and may take an
    `idempotency_key` (T7). What a rule refuses is raised as `RefusedError`, which carries the
    decision; what the actor may not know of is a `NotFoundError` (V14).

    `id_factory` makes ids of the installation's one type; `permissions` is the table of T5;
    `company_scope` shuts other companies' teams to employees (T1); `link_to` makes the link to a
    ticket that goes into messages, for recipients who can view it (V5, V20). `observer` is told of
    each use-case as it ended, by ids alone (`Observed`). `filters` and `ranking` say who is for a
    ticket and who comes first, by the host's own functions too (A19). `moves` limits who may put
    tickets from which stage into which (`AllowedMoves`). `letters` are what the desk writes of
    itself, and `mail_domain` is the part after the `@` in the ids of its mails: one that is yours
    (N3). `merge_fields` says of the host's own fields what a merge makes of them (`MergeStrategy`).

    >>> from datetime import datetime, UTC
    >>> from helpdesk_core import Role, System, User, UserKind, Visibility
    >>> from helpdesk_core.adapters.memory import (
    ...     ManualClock, MemoryCalendar, MemoryNotifier, MemoryRepository)
    >>> desk = Helpdesk(MemoryRepository(), MemoryNotifier(), MemoryCalendar(),
    ...                 ManualClock(datetime(2026, 1, 5, 9, tzinfo=UTC)))
    >>> setup = System(reason="first set-up")
    >>> for name in ("ada", "bob"):
    ...     _ = desk.add_user(User(id=name, name=name.title(), kind=UserKind.INTERNAL,
    ...                            roles={Role.AGENT}), actor=setup)
    >>> new = desk.create_stage("New", actor=setup)
    >>> team = desk.create_team("Support", Visibility.COMPANY, actor=setup,
    ...                         stage_ids=[new.id], auto_assign=True)
    >>> [desk.open_ticket(team.id, f"No ink {n}", actor="ada").assignee_id for n in range(3)]
    ['ada', 'bob', 'ada']
    """

    def __init__(
        self,
        repository: Repository,
        notifier: Notifier,
        calendar: Calendar,
        clock: Clock,
        *,
        attachments: AttachmentStore | None = None,
        similarity: SimilarityStore | None = None,
        id_factory: Callable[[], Id] = _text_id,
        permissions: Mapping[str, frozenset[str]] = PERMISSIONS,
        company_scope: bool = False,
        link_to: Callable[[Ticket], str] | None = None,
        observer: Observer | None = None,
        filters: Mapping[str, Filter] = FILTERS,
        ranking: Mapping[str, Term] = RANKING,
        moves: MoveRule = ALL_MOVES,
        letters: Letters = LETTERS,
        mail_domain: str = NO_DOMAIN,
        merge_fields: Strategies = NO_STRATEGIES,
    ) -> None:
        super().__init__(
            repository,
            notifier,
            calendar,
            clock,
            attachments=attachments,
            similarity=similarity,
            id_factory=id_factory,
            permissions=permissions,
            company_scope=company_scope,
            link_to=link_to,
            filters=filters,
            ranking=ranking,
            moves=moves,
            letters=letters,
            mail_domain=mail_domain,
            merge_fields=merge_fields,
        )
        if observer is not None:
            observe(self, (name for name in dir(type(self)) if not name.startswith("_")), observer)
