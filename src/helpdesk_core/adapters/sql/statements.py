"""The statements that never change, built once, so that SQLAlchemy knows each of them again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg

from helpdesk_core.adapters.sql.queries import Query
from helpdesk_core.adapters.sql.tables import Tables, tables_for
from helpdesk_core.adapters.sql.types import OpaqueId
from helpdesk_core.entities import UserKind
from helpdesk_core.events import CreditGiven
from helpdesk_core.plans import Kind
from helpdesk_core.ports import DeliveryStatus

_Statement = TypeVar("_Statement", bound=sa.Executable)

#: The columns of the history that are the same for every event.
EVENT_COLUMNS = ("sequence", "ticket_id", "team_id", "name", "schema", "at", "by_id", "by_system")
#: What is counted of the tickets of a team in a stage.
FIGURES = ("tickets", "unassigned", "waiting")
_REMEMBERED = 500  # questions about many tickets, each with its text


def _among(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam("ids", expanding=True, type_=column.type))


def _is(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    return column == sa.bindparam(name, type_=column.type)


@functools.cache
def entity_columns(table: sa.Table) -> tuple[sa.Column[Any], ...]:
    """The columns that are fields of the entity: not the number, nor what is made of another."""
    left_out = {"team_id"} if table.name.endswith("workloads") else {"number", "address"}
    return tuple(column for column in table.c if column.name not in left_out)


@attrs.frozen
class ByIds:
    """One question for many `ids`; the same for one `id` is asked at half the price."""

    many: sa.Select[Any]
    one: sa.Select[Any] | None = None


def _by_ids(statement: sa.Select[Any], column: sa.Column[Any]) -> ByIds:
    return ByIds(statement.where(_among(column)), statement.where(_is(column, "id")))


class Statements:
    """For one installation and one dialect; parameters are bound by name."""

    def __init__(self, tables: Tables, dialect: str) -> None:
        self.tables = tables
        self.postgresql = dialect == "postgresql"
        self._insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
        self._dialect: sa.Dialect = (
            psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
            if self.postgresql
            else sqlite.dialect()
        )
        self._remembered: dict[Any, Any] = {}
        self._updates: dict[tuple[Kind, tuple[str, ...]], sa.Update] = {}
        t = tables
        self.names: Mapping[sa.Table, tuple[str, ...]] = {
            table: tuple(column.name for column in entity_columns(table))
            for table in t.metadata.tables.values()
        }
        self.by_kind: Mapping[Kind, sa.Table] = {
            Kind.TICKET: t.tickets,
            Kind.TEAM: t.teams,
            Kind.STAGE: t.stages,
            Kind.USER: t.users,
            Kind.MESSAGE: t.messages,
            Kind.ATTACHMENT: t.attachments,
            Kind.TIME_ENTRY: t.time_entries,
            Kind.MAIL: t.mails,
            Kind.MERGE: t.merges,
        }
        self._reading(t)
        self._history_and_outbox(t)
        self._writing(t)
        self._counting(t)
        self._counting_stages(t)
        self._searching(t)
        self._own: set[Any] = set(_all_of(vars(self).values()))
        self._queries: dict[tuple[Any, int], Query] = {}

    def query(self, statement: Any, rows: int = 1) -> Query | None:
        """One of these statements as a driver runs it; None for any other, or when its text varies.

        Of several rows at once there are only insertions.

        >>> statements_for(str, "helpdesk_", "sqlite").query(sa.select(sa.literal(1))) is None
        True
        """
        try:
            query = self._queries[statement, rows]
        except KeyError:
            if statement not in self._own or (rows > 1 and not isinstance(statement, sa.Insert)):
                return None
            query = self._queries[statement, rows] = Query(statement, self._dialect, rows)
        return None if query.varies else query

    def remembered(self, key: Any, build: Callable[[], _Statement]) -> _Statement:
        """The statement of this kind, built when it is asked for the first time."""
        statement: _Statement | None = self._remembered.get(key)
        if statement is None:
            if len(self._remembered) >= _REMEMBERED:  # a host that asks everything only once
                self._forget()
            statement = self._remembered[key] = build()
            self._own.add(statement)
        return statement

    def _forget(self) -> None:
        forgotten, self._remembered = self._remembered, {}
        for statement in forgotten.values():
            self._own.discard(statement)
            self._queries.pop((statement, 1), None)

    def inside(self, column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
        """Whether the text is somewhere in the column, to the letter."""
        f = sa.func
        found = f.strpos(column, text) if self.postgresql else f.instr(column, text)
        return found > 0

    def _listed(self, of: sa.ColumnElement[bool], *columns: sa.Column[Any]) -> sa.ScalarSelect[Any]:
        """A JSON array of a column, or of several together, in the rows of which this is true."""
        f = sa.func
        item: Any = columns[0]
        listed: sa.ColumnElement[str]
        if self.postgresql:
            if len(columns) > 1:
                item = f.json_build_array(*columns)
            listed = sa.cast(f.json_agg(item, type_=sa.JSON()), sa.Text())
        else:
            if len(columns) > 1:
                item = f.json_array(*columns)
            listed = f.json_group_array(item, type_=sa.Text())
        return sa.select(listed).where(of).scalar_subquery()

    def listed(self, *values: Any) -> sa.ColumnElement[str]:
        """A JSON array of values of one row, as text."""
        if self.postgresql:
            return sa.cast(sa.func.json_build_array(*values), sa.Text())
        return sa.func.json_array(*values, type_=sa.Text())

    def lists_of(self, rows: sa.FromClause) -> tuple[sa.ScalarSelect[Any], sa.ScalarSelect[Any]]:
        """The tags and the followers of each of these rows of tickets."""
        tags, follows = self.tables.ticket_tags.c, self.tables.ticket_follows.c
        return (
            self._listed(tags.ticket_id == rows.c.id, tags.tag),
            self._listed(follows.ticket_id == rows.c.id, follows.user_id, follows.source),
        )

    def _reading(self, t: Tables) -> None:
        users, stages = (sa.select(*entity_columns(table)) for table in (t.users, t.stages))
        # What hangs on a team or a ticket comes with it, as JSON: one question instead of three.
        follows = t.team_follows.c
        tickets = sa.select(*t.tickets.c, *self.lists_of(t.tickets))
        teams = sa.select(
            *entity_columns(t.teams),
            self._listed(t.team_stages.c.team_id == t.teams.c.id, t.team_stages.c.stage_id),
            self._listed(follows.team_id == t.teams.c.id, follows.user_id, follows.source),
        )
        # What opening a ticket asks about a team that it holds; see `around`.
        eligible = t.users.c.kind == UserKind.INTERNAL, t.users.c.active
        order = t.stages.c.position, t.stages.c.number
        people = t.users.c.number, *entity_columns(t.users)
        self.around = teams.add_columns(
            self._listed(sa.true(), *order, *entity_columns(t.stages)),
            self._listed(t.workloads.c.team_id == t.teams.c.id, *entity_columns(t.workloads)),
            sa.case((t.teams.c.auto_assign, self._listed(sa.and_(*eligible), *people))),
        ).where(_is(t.teams.c.id, "id"))
        self.users = _by_ids(users, t.users.c.id)
        self.users_at = users.where(_is(t.users.c.address, "address")).order_by(t.users.c.number)
        self.mails_named = sa.select(*t.mails.c).where(_among(t.mails.c.mail_id))
        self.mails_of = sa.select(*t.mails.c).where(
            _is(t.mails.c.sender_id, "id"),
            t.mails.c.at >= sa.bindparam("since", type_=t.mails.c.at.type),
        )
        # Narrowed here, decided by `User.is_eligible`: the rule itself is not said twice.
        self.perhaps_eligible = users.where(*eligible).order_by(t.users.c.number)
        self.all_teams = teams.order_by(t.teams.c.number)
        self.teams = _by_ids(teams, t.teams.c.id)
        stage_ids = sa.select(t.team_stages.c.team_id, t.team_stages.c.stage_id)
        self.team_stages = _by_ids(stage_ids, t.team_stages.c.team_id)
        self.stages = stages.order_by(t.stages.c.position, t.stages.c.number)
        self.folds = sa.select(t.stages.c.id, t.stages.c.folded)
        # FOR SHARE where there is such a thing: a fold must not change while it is counted with.
        self.folds_to_hold = self.folds.order_by(t.stages.c.id).with_for_update(read=True)
        self.hold_stages = self.folds_to_hold.where(_among(t.stages.c.id))
        self.tickets = _by_ids(tickets, t.tickets.c.id)
        self.ticket_tags = _by_ids(sa.select(*t.ticket_tags.c), t.ticket_tags.c.ticket_id)
        self.messages, self.attachments, self.time_entries, self.mails = (
            _by_ids(sa.select(*table.c), table.c.ticket_id)
            for table in (t.messages, t.attachments, t.time_entries, t.mails)
        )
        self.children = _by_ids(
            sa.select(t.tickets.c.merged_into, t.tickets.c.id).order_by(
                t.tickets.c.created_at, t.tickets.c.id
            ),
            t.tickets.c.merged_into,
        )
        self.merge = sa.select(t.merges).where(_is(t.merges.c.id, "id"))
        of_tickets = sa.select(t.merge_tickets.c.merge_id).where(
            _among(t.merge_tickets.c.ticket_id)
        )
        self.merges = ByIds(sa.select(t.merges).where(t.merges.c.id.in_(of_tickets)))
        self.discards = ByIds(
            sa.select(t.discards).where(
                sa.or_(_among(t.discards.c.first_id), _among(t.discards.c.second_id))
            )
        )
        self.homes = _by_ids(sa.select(t.tickets.c.team_id), t.tickets.c.id)
        self.lock_teams, self.lock_tickets = (
            _by_ids(sa.select(table.c.id).order_by(table.c.id).with_for_update(), table.c.id)
            for table in (t.teams, t.tickets)
        )
        using = sa.select(t.team_stages.c.team_id).where(_is(t.team_stages.c.stage_id, "id"))
        self.lock_teams_using = (
            sa.select(t.teams.c.id)
            .where(t.teams.c.id.in_(using))
            .order_by(t.teams.c.id)
            .with_for_update()
        )

    def _history_and_outbox(self, t: Tables) -> None:
        events, outbox, keys = t.events.c, t.outbox.c, t.keys.c
        self.history = (
            sa.select(*(events[name] for name in EVENT_COLUMNS), events.data)
            .where(_among(events.ticket_id), events.sequence > sa.bindparam("after"))
            .order_by(events.sequence)
        )
        before = sa.bindparam("before", type_=outbox.created_at.type)
        self.purge_outbox = sa.delete(t.outbox).where(
            outbox.status.in_([DeliveryStatus.SENT, DeliveryStatus.SKIPPED]),
            outbox.created_at < before,
        )
        self.purge_keys = sa.delete(t.keys).where(keys.at < before)
        # Who comes with the same key at the same time waits here, and is then told the result.
        self.wait_for_key = sa.select(
            sa.func.pg_advisory_xact_lock(
                sa.func.hashtextextended(sa.bindparam("key", type_=keys.key.type), 0)
            )
        )
        self.recall = sa.select(keys.digest, keys.result).where(_is(keys.key, "key"))

    def _writing(self, t: Tables) -> None:
        self.set_address = (
            sa.update(t.users)
            .where(_is(t.users.c.id, "of"))
            .values(address=sa.bindparam("to", type_=t.users.c.address.type))
        )
        self.insert: Mapping[str, sa.Insert] = {
            table.name.removeprefix(t.prefix): sa.insert(table).inline()
            for table in t.metadata.tables.values()
        }
        self.follow = {
            Kind.TICKET: self._insert(t.ticket_follows).on_conflict_do_nothing(),
            Kind.TEAM: self._insert(t.team_follows).on_conflict_do_nothing(),
        }
        self.unfollow = {
            Kind.TICKET: _delete_exactly(t.ticket_follows, "ticket_id", "user_id", "source"),
            Kind.TEAM: _delete_exactly(t.team_follows, "team_id", "user_id", "source"),
        }
        self.delete_tag = _delete_exactly(t.ticket_tags, "ticket_id", "tag")
        self.delete_team_stage = _delete_exactly(t.team_stages, "team_id", "stage_id")
        self.delete_stage = _delete_exactly(t.stages, "id")
        self.stage_in_use = sa.select(
            sa.or_(
                sa.exists().where(_is(t.tickets.c.stage_id, "id")),
                sa.exists().where(_is(t.team_stages.c.stage_id, "id")),
            )
        )
        discard = self._insert(t.discards)
        self.discard = discard.on_conflict_do_update(
            index_elements=["first_id", "second_id"],
            set_={
                name: discard.excluded[name] for name in ("first_fingerprint", "second_fingerprint")
            },
        )
        self.mark_undone = (
            sa.update(t.merges)
            .where(_is(t.merges.c.id, "of"), t.merges.c.undone_at.is_(None))
            .values(undone_at=sa.bindparam("undone"))
        )

    def _counting(self, t: Tables) -> None:
        tickets, stages, kept = t.tickets.c, t.stages.c, t.workloads.c
        self.workloads = sa.select(*entity_columns(t.workloads)).where(_is(kept.team_id, "team_id"))
        self.all_workloads = sa.select(
            kept.member_id, sa.func.sum(kept.total), sa.func.sum(kept.open)
        ).group_by(kept.member_id)
        self.placing = (
            sa.select(
                tickets.team_id,
                tickets.stage_id,
                tickets.assignee_id,
                tickets.merged_into,
                tickets.waiting,
            )
            .where(_is(tickets.id, "id"))
            .with_for_update()
        )
        self.in_stage = (
            sa.select(tickets.team_id, tickets.assignee_id, sa.func.count())
            .where(
                _is(tickets.stage_id, "stage_id"),
                tickets.assignee_id.is_not(None),
                tickets.merged_into.is_(None),
            )
            .group_by(tickets.team_id, tickets.assignee_id)
        )
        self.kept_counts = sa.select(
            kept.team_id, kept.member_id, kept.total, kept.open, kept.credit
        )
        self.credits_given = sa.select(t.events.c.team_id, t.events.c.data).where(
            t.events.c.name == CreditGiven.__name__
        )
        remembered = t.catching_up.c
        names = [column.name for column in remembered if column.name != "team_id"]
        self.catching_up = sa.select(*(remembered[name] for name in names)).where(
            _is(remembered.team_id, "team_id")
        )
        note = self._insert(t.catching_up)
        self.note_catching_up = note.on_conflict_do_update(
            index_elements=["team_id"], set_={name: note.excluded[name] for name in names}
        )
        self.counted = (
            sa.select(
                tickets.team_id,
                tickets.assignee_id,
                sa.func.count(),
                sa.func.sum(sa.case((stages.folded, 0), else_=1)),
            )
            .join_from(t.tickets, t.stages, tickets.stage_id == stages.id)
            .where(tickets.assignee_id.is_not(None), tickets.merged_into.is_(None))
            .group_by(tickets.team_id, tickets.assignee_id)
        )
        # Keys forbid it, unless somebody wrote without them.
        self.dangling: Mapping[str, sa.Select[Any]] = {
            table.name: sa.select(
                *(column for column in table.primary_key if isinstance(column.type, OpaqueId))
            ).where(sa.or_(*(_hangs_on_nothing(key) for key in table.foreign_keys)))
            for table in t.metadata.sorted_tables
            if table.foreign_keys
            and table not in (t.tickets, t.texts)  # asked one by one; numbered
        }
        add = self._insert(t.workloads)
        self.add_workload = add.on_conflict_do_update(
            index_elements=["team_id", "member_id"],
            set_={
                "total": kept.total + add.excluded.total,
                "open": kept.open + add.excluded.open,
                "credit": kept.credit + add.excluded.credit,
                "last_assigned": sa.func.coalesce(add.excluded.last_assigned, kept.last_assigned),
            },
        )

    def _counting_stages(self, t: Tables) -> None:
        tickets, kept = t.tickets.c, t.stage_counts.c
        self.kept_figures = sa.select(t.stage_counts)
        self.counted_figures = (
            sa.select(tickets.team_id, tickets.stage_id, *counted_columns(t))
            .where(tickets.merged_into.is_(None), tickets.team_id.in_(sa.select(t.teams.c.id)))
            .group_by(tickets.team_id, tickets.stage_id)
        )
        add = self._insert(t.stage_counts)
        self.add_figures = add.on_conflict_do_update(
            index_elements=["team_id", "stage_id"],
            set_={name: kept[name] + add.excluded[name] for name in FIGURES},
        )
        self.drop_figures = sa.delete(t.stage_counts).where(_is(kept.stage_id, "id"))

    def _searching(self, t: Tables) -> None:
        self.opening = sa.select(t.tickets.c.subject, t.tickets.c.description).where(
            _is(t.tickets.c.id, "id")
        )
        words = sa.bindparam("v_words", type_=t.texts.c.words.type)
        reword = sa.update(t.texts).values(words=words)
        self.reword_opening = reword.where(
            _is(t.texts.c.ticket_id, "of"), t.texts.c.message_id.is_(None)
        )
        its = sa.select(t.messages.c.ticket_id).where(_is(t.messages.c.id, "of")).scalar_subquery()
        self.reword_message = reword.where(
            t.texts.c.ticket_id == its, _is(t.texts.c.message_id, "of")
        )

    def update(self, kind: Kind, fields: tuple[str, ...]) -> sa.Update:
        """Put new values where the expected ones are: `of` the id, `x_…` expected, `v_…` new."""
        statement = self._updates.get((kind, fields))
        if statement is None:
            table = self.by_kind[kind]
            columns = [table.c[field] for field in fields]
            statement = (
                sa.update(table)
                .where(
                    _is(table.c.id, "of"),
                    *(
                        column.is_not_distinct_from(
                            sa.bindparam(f"x_{column.name}", type_=column.type)
                        )
                        for column in columns
                    ),
                )
                .values(
                    {
                        column.name: sa.bindparam(f"v_{column.name}", type_=column.type)
                        for column in columns
                    }
                )
            )
            self._updates[kind, fields] = statement
            self._own.add(statement)
        return statement


def counted_columns(t: Tables) -> tuple[sa.ColumnElement[int], ...]:
    """What is counted of a group of tickets, in the order of `FIGURES`."""
    count: Any = sa.func.count
    unassigned = sa.case((t.tickets.c.assignee_id.is_(None), 1))
    return count(), count(unassigned), count(sa.case((t.tickets.c.waiting, 1)))


def _hangs_on_nothing(key: sa.ForeignKey) -> sa.ColumnElement[bool]:
    there = key.column.table.alias()
    found = sa.exists().where(there.c[key.column.name] == key.parent)
    return sa.and_(key.parent.is_not(None), ~found)


def _all_of(values: Iterable[Any]) -> Iterator[Any]:
    """The statements among these values, and in them."""
    for value in values:
        if isinstance(value, dict):
            yield from _all_of(value.values())
        elif isinstance(value, ByIds):
            yield from _all_of((value.many, value.one))
        elif isinstance(value, sa.Select | sa.Insert | sa.Update | sa.Delete):
            yield value


def _delete_exactly(table: sa.Table, *columns: str) -> sa.Delete:
    return sa.delete(table).where(*(_is(table.c[name], name) for name in columns))


@functools.cache
def statements_for(id_type: type, prefix: str, dialect: str) -> Statements:
    """The statements for one installation and one dialect."""
    return Statements(tables_for(id_type, prefix), dialect)
