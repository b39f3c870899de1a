"""The adapter that puts a help desk over the tables of `tables.py`, which know nothing of it."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import attrs

from helpdesk_core.assignment import Workload
from helpdesk_core.entities import (
    Attachment,
    FollowSource,
    Id,
    Message,
    Role,
    Stage,
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
)  # fmt: skip
from helpdesk_core.errors import ConflictError, NotClaimedError, RepositoryError, RetryableError
from helpdesk_core.plans import Add, AddFollow, Change, Kind, RemoveFollow, SetField
from helpdesk_core.ports import Claim, Figures, Position, TicketFilter
from helpdesk_core.stages.boards import figures_of
from helpdesk_core.visibility.scopes import Everything, Scope

#: A status is a number that this program's code knows; 3 and 4 are closed.
STAGES = tuple(
    Stage(id=number, name=name, position=number, folded=number >= 3)
    for number, name in enumerate(("Open", "Waiting", "Resolved", "Closed"), start=1)
)
_STAGE_IDS = frozenset(stage.id for stage in STAGES)
#: Where each field is: the table, and its columns by our names.
_TABLES: dict[type, tuple[str, dict[str, str]]] = {
    Ticket: ("ticket", {
        "team_id": "queue_id", "stage_id": "status", "subject": "title", "description": "body",
        "customer_id": "submitter_id", "opener_id": "creator_id", "assignee_id": "assigned_to",
        "priority": "urgency", "created_at": "opened",
    }),
    Team: ("queue", {"name": "title", "company": "org", "public_description": "blurb"}),
    User: ("person", {
        "name": "full_name", "email": "email", "phone": "mobile", "company": "org",
        "language": "lang", "active": "is_active",
    }),
    Message: ("followup", {
        "ticket_id": "ticket_id", "body": "comment", "at": "at", "author_id": "person_id",
        "automatic": "by_machine", "internal": "private",
    }),
    Attachment: ("upload", {
        "ticket_id": "ticket_id", "name": "filename", "size": "size", "digest": "sha", "at": "at",
        "media_type": "mime", "author_id": "person_id", "message_id": "followup_id",
        "internal": "private",
    }),
}  # fmt: skip
_KINDS: dict[Kind, type] = {Kind.TICKET: Ticket, Kind.TEAM: Team, Kind.USER: User}
_ROLES = {"agent": Role.AGENT, "lead": Role.TEAM_LEAD, "superuser": Role.ADMINISTRATOR}


class LegacyRepository:
    """The help desk over the host's tables; it claims nothing beyond the least."""

    claims: frozenset[Claim] = frozenset()

    def __init__(self, path: str, busy_timeout: float = 10.0) -> None:
        self._path, self._busy_timeout = path, busy_timeout
        self._writers = threading.Lock()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[LegacySession]:
        try:
            db = sqlite3.connect(self._path, isolation_level=None, timeout=self._busy_timeout)
            try:
                db.row_factory = sqlite3.Row
                db.execute(begin)
                yield LegacySession(db)
                db.execute("COMMIT")
            finally:
                db.close()  # without a COMMIT all is undone
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise RetryableError("the database is busy: nothing was changed") from None
            raise RepositoryError(f"the database cannot be used: {error}") from None

    @contextmanager
    def reading(self) -> Iterator[LegacySession]:
        with self._transaction("BEGIN") as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[LegacySession]:
        with self._writers, self._transaction("BEGIN IMMEDIATE") as session:
            yield session


class LegacySession:
    """A transaction; what `helpdesk_core.ports.Session` asks, said in this host's words."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def lock(self, team_ids: Iterable[Id], ticket_ids: Iterable[Id]) -> frozenset[Id]:
        """Nothing more to hold: SQLite has one writer at a time."""
        homes = {ticket.team_id for ticket in self.tickets(list(ticket_ids)).values()}
        return frozenset(self.teams(list(team_ids))) | homes

    # --- people, queues, statuses ----------------------------------------------------------------

    def users(self, ids: Collection[Id]) -> Mapping[Id, User]:
        found = {row["id"]: _user(row) for row in self._rows("person", ids)}
        for id in ids:  # somebody of whom there is an address alone
            if isinstance(id, str) and "@" in id:
                found[id] = User(id=id, name=id, kind=UserKind.CONTACT, email=id)
        return {id: found[id] for id in ids if id in found}

    def eligible_users(self) -> Sequence[User]:
        rows = self._db.execute("SELECT * FROM person WHERE agent AND is_active ORDER BY id")
        return [user for user in map(_user, rows) if user.is_eligible]

    def teams(self, ids: Collection[Id] | None = None) -> Mapping[Id, Team]:
        members: dict[Id, dict[Id, None]] = {}
        for row in self._db.execute("SELECT * FROM queue_member ORDER BY person_id"):
            members.setdefault(row["queue_id"], {})[row["person_id"]] = None
        return {
            row["id"]: Team(
                id=row["id"],
                visibility=Visibility.PUBLIC if row["allow_public"] else Visibility.COMPANY,
                member_ids=tuple(members.get(row["id"], ())),
                stage_ids=_STAGE_IDS,
                **_fields(Team, row),
            )
            for row in self._rows("queue", ids)
        }

    def stages(self) -> Sequence[Stage]:
        return STAGES

    # --- tickets ---------------------------------------------------------------------------------

    def tickets(self, ids: Collection[Id] | None) -> Mapping[Id, Ticket]:
        rows = self._rows("ticket", ids)
        copies: dict[Id, set[Id]] = {}
        for row in self._rows("ticket_cc", [row["id"] for row in rows], "ticket_id"):
            follower = row["email"] if row["person_id"] is None else row["person_id"]
            copies.setdefault(row["ticket_id"], set()).add(follower)
        customers = self.users([row["submitter_id"] for row in rows])
        found = {row["id"]: _ticket(row, copies.get(row["id"], set()), customers) for row in rows}
        return found if ids is None else {id: found[id] for id in ids if id in found}

    def find(
        self,
        scope: Scope,
        query: TicketFilter,
        *,
        after: Position | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Sequence[Ticket]:
        teams, stages = self.teams(), {stage.id: stage for stage in STAGES}
        found = [
            ticket
            for ticket in self.tickets(None).values()
            if query.matches(ticket, stages[ticket.stage_id])
            and scope.matches(ticket, teams[ticket.team_id])
        ]
        found.sort(key=_place, reverse=newest_first)
        if after is not None:
            mark = (after.created_at, after.id)
            found = [t for t in found if (_place(t) < mark if newest_first else _place(t) > mark)]
        return found[:limit]

    def count(self, scope: Scope, query: TicketFilter) -> int:
        return len(self.find(scope, query))

    def figures(self, scope: Scope, query: TicketFilter) -> Sequence[Figures]:
        return figures_of(self.find(scope, query))

    def workloads(self, team_id: Id | None) -> Mapping[Id, Workload]:
        query = TicketFilter(team_ids=None if team_id is None else frozenset({team_id}))
        tickets = [t for t in self.find(Everything(), query) if t.assignee_id is not None]
        folded = {stage.id for stage in STAGES if stage.folded}
        total = Counter(ticket.assignee_id for ticket in tickets)
        open_ = Counter(t.assignee_id for t in tickets if t.stage_id not in folded)
        return {id: Workload(member_id=id, total=n, open=open_[id]) for id, n in total.items()}

    def messages(self, ticket_ids: Collection[Id], **page: Any) -> Sequence[Any]:
        return self._parts(Message, ticket_ids, **page)

    def attachments(self, ticket_ids: Collection[Id], **page: Any) -> Sequence[Any]:
        return self._parts(Attachment, ticket_ids, **page)

    def _parts(
        self,
        made: type,
        ticket_ids: Collection[Id],
        *,
        after: Position | None = None,
        limit: int | None = None,
    ) -> Sequence[Any]:
        rows = self._rows(_TABLES[made][0], ticket_ids, "ticket_id")
        parts = [made(id=row["id"], **_fields(made, row)) for row in rows]
        if after is not None:
            mark = (after.created_at, after.id)
            parts = [part for part in parts if (part.at, part.id) > mark]
        return sorted(parts, key=lambda part: (part.at, part.id))[:limit]

    def merged_children(self, ticket_ids: Collection[Id]) -> Mapping[Id, Sequence[Id]]:
        return {}

    def recount(self, *, mend: bool = False) -> Sequence[Any]:
        return []

    def dangling(self) -> Sequence[str]:
        return []

    def attachment_ids(self) -> Collection[Id]:
        return {row["id"] for row in self._db.execute("SELECT id FROM upload")}

    # --- changes ---------------------------------------------------------------------------------

    def apply(self, changes: Iterable[Change]) -> None:
        self._db.execute("SAVEPOINT changes")
        try:
            for change in changes:
                self._make(change)
        except BaseException:
            self._db.execute("ROLLBACK TO changes")
            raise

    def _make(self, change: Change) -> None:
        if isinstance(change, SetField):
            self._set(change)
        elif isinstance(change, Add):
            self._add(change.thing)
        elif isinstance(change, AddFollow | RemoveFollow):
            self._follow(change)
        else:
            raise NotClaimedError(type(change).__name__)

    def _set(self, change: SetField) -> None:
        ask: dict[Kind, Any] = {Kind.TICKET: self.tickets, Kind.TEAM: self.teams}
        thing = ask.get(change.kind, self.users)([change.id]).get(change.id)
        id, value, field = change.id, change.value, change.field
        if thing is None or getattr(thing, field) != change.expected:
            raise ConflictError(f"{field} of {id!r} is not what was expected")
        table, columns = _TABLES[_KINDS[change.kind]]
        if field == "member_ids":
            self._members(id, value)
        elif field in columns:
            self._update(table, id, **{columns[field]: value})
        elif field in ("roles", "kind", "visibility"):
            self._update(table, id, **_derived(attrs.evolve(thing, **{field: value})))
        else:
            raise NotClaimedError(field)

    def _members(self, team_id: Id, user_ids: Iterable[Id]) -> None:
        self._db.execute("DELETE FROM queue_member WHERE queue_id = ?", (team_id,))
        for user_id in user_ids:
            self._insert("queue_member", queue_id=team_id, person_id=user_id)

    def _follow(self, change: AddFollow | RemoveFollow) -> None:
        if change.kind is not Kind.TICKET or change.source is not FollowSource.CHOSEN:
            raise NotClaimedError(Claim.FOLLOW_SOURCES.value)
        if not self.tickets([change.id]):
            raise ConflictError(f"there is no ticket {change.id!r}")
        column = "email" if isinstance(change.user_id, str) else "person_id"
        key = (change.id, change.user_id)
        # all of them: the other program adds people twice
        self._db.execute(f"DELETE FROM ticket_cc WHERE ticket_id = ? AND {column} = ?", key)
        if isinstance(change, AddFollow):
            self._insert("ticket_cc", **{"ticket_id": change.id, column: change.user_id})

    def _add(self, thing: Any) -> None:
        if type(thing) not in _TABLES:
            raise NotClaimedError(type(thing).__name__)
        table, columns = _TABLES[type(thing)]
        values = {column: getattr(thing, field) for field, column in columns.items()}
        self._insert(table, id=thing.id, **values, **_derived(thing))
        if isinstance(thing, Team):
            self._members(thing.id, thing.member_ids)
        if isinstance(thing, Ticket):
            chosen = [id for id, why in thing.followers.items() if FollowSource.CHOSEN in why]
            column = {True: "email", False: "person_id"}
            for id in chosen:
                self._insert("ticket_cc", ticket_id=thing.id, **{column[isinstance(id, str)]: id})

    # --- SQL -------------------------------------------------------------------------------------

    def _rows(self, table: str, ids: Collection[Id] | None, column: str = "id") -> list[Any]:
        if ids is None:
            return list(self._db.execute(f"SELECT * FROM {table} ORDER BY id"))
        known = [id for id in ids if type(id) is int]
        where = f"{column} IN ({','.join('?' * len(known))})"
        return list(self._db.execute(f"SELECT * FROM {table} WHERE {where}", known))

    def _insert(self, table: str, **values: Any) -> None:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        try:
            given = [_sql(value) for value in values.values()]
            self._db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", given)
        except sqlite3.IntegrityError:
            raise ConflictError(f"{table} {values.get('id')!r} is there already") from None

    def _update(self, table: str, id: Id, **values: Any) -> None:
        for column, value in values.items():
            self._db.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (_sql(value), id))


def _sql(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _derived(thing: Any) -> dict[str, bool]:
    """What this host keeps in its own way."""
    if isinstance(thing, Team):
        return {"allow_public": thing.visibility is Visibility.PUBLIC}
    if not isinstance(thing, User):
        return {}
    roles = {column: role in thing.roles for column, role in _ROLES.items()}
    inside = thing.kind is UserKind.INTERNAL
    return {"login": thing.kind is not UserKind.CONTACT, "staff": inside, **roles}


def _fields(made: type, row: Any) -> dict[str, Any]:
    fields = {field: row[column] for field, column in _TABLES[made][1].items()}
    for name in {"at", "created_at"} & fields.keys():
        fields[name] = datetime.fromisoformat(fields[name])
    return fields | {n: bool(fields[n]) for n in ("active", "internal", "automatic") if n in fields}


def _user(row: Any) -> User:
    inside = UserKind.INTERNAL if row["staff"] else UserKind.PORTAL
    kind = inside if row["login"] else UserKind.CONTACT
    roles = frozenset(role for column, role in _ROLES.items() if row[column])
    return User(id=row["id"], kind=kind, roles=roles, **_fields(User, row))


def _ticket(row: Any, copied: Iterable[Id], users: Mapping[Id, User]) -> Ticket:
    followers = {id: {FollowSource.CHOSEN} for id in copied}
    if row["assigned_to"] is not None:
        followers.setdefault(row["assigned_to"], set()).add(FollowSource.ASSIGNED)
    customer = users.get(row["submitter_id"])
    if customer is not None and customer.kind is UserKind.PORTAL:
        followers.setdefault(customer.id, set()).add(FollowSource.CUSTOMER)
    return Ticket(id=row["id"], followers=followers, **_fields(Ticket, row))


def _place(ticket: Ticket) -> tuple[Any, Any]:
    return ticket.created_at, ticket.id
