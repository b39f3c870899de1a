"""A small company to test with: two levels of people, three teams, a shared pipeline."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from helpdesk_core import (
    Absence,
    EmailTemplate,
    Helpdesk,
    Id,
    Role,
    SmsTemplate,
    System,
    User,
    UserKind,
    Visibility,
    every,
)
from helpdesk_core.adapters.files import FolderAttachmentStore
from helpdesk_core.adapters.memory import (
    ManualClock,
    MemoryCalendar,
    MemoryNotifier,
    MemoryRepository,
)
from helpdesk_core.ports import Repository

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
SETUP = System(reason="set-up of a test")
STORES = ("memory", "sqlite", "postgresql")
_EMPTY: dict[type, bytes] = {}


def repository_for(store: str, folder: Path, id_type: type = str) -> Repository:
    """A fresh repository of this kind; on SQLite its ids may be of another type."""
    if store == "memory":
        return MemoryRepository()
    if store == "postgresql":
        import postgres

        return postgres.empty()
    from helpdesk_core.adapters.sql import SqlRepository

    file = folder / "desk.sqlite"
    if id_type not in _EMPTY:  # made once: the migrations have tests of their own
        SqlRepository(f"sqlite:///{file}", id_type=id_type).close()
        _EMPTY[id_type] = file.read_bytes()
    file.write_bytes(_EMPTY[id_type])
    return SqlRepository(f"sqlite:///{file}", id_type=id_type)


def counter(prefix: str = "id") -> Callable[[], Id]:
    """An id factory that counts, so that failures can be read."""
    numbers = itertools.count(1)
    return lambda: f"{prefix}-{next(numbers):04}"


def next_id(desk: Helpdesk, id: Id) -> None:
    """The next id that this help desk makes, so that whoever opens a ticket can have a known one.

    To give it themselves takes an agent (T5).
    """
    made = desk._new_id

    def given() -> Id:
        desk._new_id = made
        return id

    desk._new_id = given


class Company:
    """A help desk with its ports at hand.

    People: agents `ann`, `bob`, `cyd`; `emp` without a role; `lea` a lead; `root` an
    administrator; `pat` and `pia` portal users; `con` a contact. Teams `public`, `company` and
    `private` share the stages New, Working, Solved (folded), Cancelled (folded).
    """

    def __init__(self, repository: Repository, folder: Path, **options: Any) -> None:
        self.repository = repository
        self.clock = ManualClock(MONDAY)
        self.calendar = MemoryCalendar()
        self.notifier = MemoryNotifier()
        self.store = FolderAttachmentStore(folder / "files")
        self.desk = Helpdesk(
            repository,
            self.notifier,
            self.calendar,
            self.clock,
            attachments=self.store,
            id_factory=options.pop("id_factory", counter()),
            **options,
        )
        add = self.desk.add_user
        for name in ("ann", "bob", "cyd"):
            add(_user(name, UserKind.INTERNAL, {Role.AGENT}), actor=SETUP)
        add(_user("emp", UserKind.INTERNAL), actor=SETUP)
        add(_user("lea", UserKind.INTERNAL, {Role.TEAM_LEAD, Role.AGENT}), actor=SETUP)
        add(_user("root", UserKind.INTERNAL, {Role.ADMINISTRATOR}), actor=SETUP)
        add(_user("pat", UserKind.PORTAL), actor=SETUP)
        add(_user("pia", UserKind.PORTAL), actor=SETUP)
        add(_user("con", UserKind.CONTACT, phone="+39 055 123"), actor=SETUP)
        stage = self.desk.create_stage
        stage(
            "New",
            id="new",
            actor=SETUP,
            email_template=EmailTemplate("Received: ${ticket.subject}", "Dear ${customer.name}"),
        )
        stage("Working", id="working", actor=SETUP)
        stage(
            "Solved",
            id="solved",
            folded=True,
            actor=SETUP,
            email_template=EmailTemplate("Solved: ${ticket.subject}", "By ${assignee.name}"),
            sms_template=SmsTemplate("${ticket.subject}: solved"),
        )
        stage("Cancelled", id="cancelled", folded=True, actor=SETUP)
        for level in Visibility:
            self.team(level.value, level)

    def team(self, id: Id, level: Visibility, **settings: Any) -> Any:
        """A further team, by default with all stages and the members ann, bob, cyd."""
        settings.setdefault("member_ids", ["ann", "bob", "cyd"])
        settings.setdefault("stage_ids", ["new", "working", "solved", "cancelled"])
        return self.desk.create_team(f"The {id} team", level, id=id, actor=SETUP, **settings)

    def open(
        self, team_id: Id = "company", *, actor: Any = SETUP, id: Id | None = None, **fields: Any
    ) -> Any:
        """A ticket, a minute after the one before; its id may be given for anybody."""
        self.clock.advance(timedelta(minutes=1))
        fields.setdefault("subject", "No ink")
        if id is not None:
            next_id(self.desk, id)
        return self.desk.open_ticket(team_id, actor=actor, **fields)

    def away(self, *user_ids: Id, days: float | None = 1, after: float = 0) -> None:
        """These people are away from now, or from `after` days on; for ever without `days`."""
        start = self.clock.now() + timedelta(days=after)
        end = None if days is None else start + timedelta(days=days)
        self.calendar.known_absences += [
            Absence(user_id=id, start=start, end=end) for id in user_ids
        ]

    def names(self, ticket_id: Id) -> list[str]:
        """The names of the events in a ticket's history."""
        return [event.name for event in every(self.desk.history, ticket_id, actor=SETUP)]

    def deliver(self) -> list[Any]:
        """What is sent now."""
        before = len(self.notifier.sent)
        self.desk.deliver(limit=10_000)
        return self.notifier.sent[before:]

    def reads(self, user_id: Id) -> set[Id]:
        """The tickets in somebody's list."""
        return {t.id for t in self.desk.tickets(actor=user_id, limit=500).items}


def _user(name: str, kind: UserKind, roles: Iterable[Role] = (), **fields: Any) -> User:
    fields.setdefault("email", f"{name}@example.com")
    return User(id=name, name=name.title(), kind=kind, roles=frozenset(roles), **fields)
