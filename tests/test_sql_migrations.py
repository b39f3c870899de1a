"""Migrations forward with data in the tables, beside a host's own, and what is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import dumps
import postgres
from desks import MONDAY, SETUP
from helpdesk_core import Helpdesk, PendingMigrationsError, RepositoryError
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository, schema
from helpdesk_core.adapters.sql.tables import REVISION, tables_for
from helpdesk_core.cli import main
from sql_stores import SQL_STORES, is_no_index_of_words
from test_cli_main import state_of

TABLES = tables_for(str, "helpdesk_")
REVISIONS = [
    script.revision
    for script in ScriptDirectory.from_config(schema.alembic_config(TABLES)).walk_revisions()
]

#: A revision that is still to come, as a release might bring it.
NEXT = """
import sqlalchemy as sa
from alembic import context, op

revision, down_revision = "next", "{revision}"


def upgrade():
    prefix = context.config.attributes["tables"].prefix
    op.add_column(prefix + "tickets", sa.Column("mood", sa.String(20)))
    op.execute(sa.text("UPDATE " + prefix + "tickets SET mood = 'calm'"))
    {more}
"""


AT_NEXT = [(("version_num", "'next'"),)]


@pytest.fixture(params=SQL_STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.sqlite'}"
    return postgres.new_database()


@pytest.fixture
def next_release(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code of a release that brings one revision more; what it ends with is a parameter."""
    more = getattr(request, "param", "pass")
    folder = tmp_path / "versions"
    folder.mkdir()
    (folder / "next.py").write_text(NEXT.format(revision=REVISION, more=more))
    whole = schema.alembic_config

    def config(*arguments: Any) -> Any:
        made = whole(*arguments)
        scripts = Path(made.get_main_option("script_location"))
        made.set_main_option("path_separator", "newline")
        made.set_main_option("version_path_separator", "newline")
        made.set_main_option("version_locations", f"{scripts / 'versions'}\n{folder}")
        return made

    monkeypatch.setattr(schema, "alembic_config", config)
    monkeypatch.setattr(schema, "REVISION", "next")


Row = tuple[tuple[str, str], ...]


def rows_of(url: str) -> dict[str, list[Row]]:
    """Every row of every table, with the names of its columns."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    metadata = sa.MetaData()
    with engine.connect() as connection:
        metadata.reflect(connection)
        found = {
            table.name: sorted(
                tuple(sorted((name, repr(value)) for name, value in row.items()))
                for row in connection.execute(sa.select(table)).mappings()
            )
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


def desk_over(repository: Any) -> Helpdesk:
    """The help desk of the dumps, an hour later."""
    clock = ManualClock(MONDAY + timedelta(hours=1))
    return Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), clock)


def without(rows: dict[str, list[Row]], *changed: str) -> dict[str, list[Row]]:
    """The rows of the other tables."""
    return {name: kept for name, kept in rows.items() if name not in changed}


def test_every_revision_has_its_dump() -> None:
    """T6: what each release made is kept, so that a new revision comes with a dump of its own."""
    for store in SQL_STORES:
        found = {path.name for path in dumps.FOLDER.glob(f"*.{store}.sql")}
        assert found == {f"{revision}.{store}.sql" for revision in REVISIONS}


@pytest.mark.parametrize("revision", REVISIONS)
def test_data_of_every_release_is_brought_up_to_date(url: str, revision: str) -> None:
    """T6: what was kept at a revision is all there after the migrations, and can be worked with."""
    dumps.load(url, revision)
    before = rows_of(url)
    with SqlRepository(url) as repository:
        after = rows_of(url)
        for table, rows in without(before, TABLES.version_table).items():
            assert len(after[table]) == len(rows), table
            there = [set(row) for row in after[table]]
            assert all(any(set(row) <= now for now in there) for row in rows), table
        with repository._engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "version_table": TABLES.version_table,
                    "compare_type": True,
                    "include_name": is_no_index_of_words,
                },
            )
            assert context.get_current_revision() == REVISION
            assert compare_metadata(context, TABLES.metadata) == []
        desk = desk_over(repository)
        assert {finding.code for finding in desk.check()} == set()
        _is_what_was_kept(desk)
        with repository.reading() as session:
            assert [user.id for user in session.users_at("PAT@Example.com")] == ["pat"]
        served = desk.open_ticket("auto", "New", actor=SETUP, id="T-new")
        assert served.assignee_id == "ann", "who was away has the fewest"
        assert desk.check() == ()


def _is_what_was_kept(desk: Helpdesk) -> None:
    tickets = {ticket.id: ticket for ticket in desk.tickets(actor=SETUP, limit=100).items}
    assert set(tickets) == {"T-1", "T-2", "T-3", "T-4", "T-5", "T-7", "T-8"}
    assert tickets["T-1"].subject == "Another subject"
    assert tickets["T-7"].subject == "Ticket 7: l'encre – né 🖨"
    assert tickets["T-7"].description == "Line one\n\ttwo; 'three' \\ \"four\" 100%"
    assert tickets["T-7"].tags == {"ink", "Né"}
    bodies = [message.body for message in desk.messages("T-4", actor=SETUP)]
    assert bodies == ["It's here\n-- it says", "An internal note"]
    assert len(desk.attachments("T-4", actor=SETUP)) == 2
    assert desk.resolve("T-6", actor=SETUP) == "T-2"
    for id in tickets:
        assert desk.history(id, actor=SETUP)
    found = {
        text: [one.ticket.id for one in desk.search(text, actor=SETUP).items]
        for text in ("TICKET 7 encre", "ne", "it's here", "internal no", "ticket 6", "subject 1")
    }
    assert found == {
        "TICKET 7 encre": ["T-7"],
        "ne": ["T-8", "T-7", "T-5", "T-4", "T-3", "T-2"],
        "it's here": ["T-4"],
        "internal no": ["T-4"],
        "ticket 6": ["T-2"],
        "subject 1": ["T-1"],
    }
    again = desk.change_ticket(
        "T-1", actor="lea", subject="Another subject", idempotency_key="a key"
    )
    assert again.subject == "Another subject", "a key gives its first result"


@pytest.mark.usefixtures("next_release")
def test_what_is_pending_is_named_and_not_done(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """T6: an older schema is told by the revisions to come and left so, unless repaired."""
    dumps.load(url, REVISION)
    before, files = rows_of(url), state_of(tmp_path)
    for options in ({"migrate": False}, {"read_only": True}):
        with pytest.raises(PendingMigrationsError, match=f"of revision {REVISION}") as caught:
            SqlRepository(url, **options)  # type: ignore[arg-type]
        assert caught.value.pending == ("next",)
    assert main(["check", url]) == 1
    assert capsys.readouterr().out.startswith("The migration next is pending. (--repair)\n")
    assert rows_of(url) == before
    assert state_of(tmp_path) == files
    assert main(["check", url, "--repair"]) == 0
    assert capsys.readouterr().out == "mended: The migration next was pending.\n"
    after = rows_of(url)
    changed = (TABLES.version_table, "helpdesk_tickets")
    assert without(after, *changed) == without(before, *changed)
    assert after[TABLES.version_table] == AT_NEXT
    mood = ("mood", "'calm'")
    calm = [tuple(item for item in row if item != mood) for row in after["helpdesk_tickets"]]
    assert calm == before["helpdesk_tickets"]
    assert all(mood in row for row in after["helpdesk_tickets"])
    assert main(["check", url]) == 0


@pytest.mark.parametrize("next_release", ["raise TimeoutError('half way')"], indirect=True)
@pytest.mark.usefixtures("next_release")
def test_a_migration_that_fails_leaves_the_schema_before(url: str) -> None:
    """T6, M10: a migration that raises half way changes neither a table nor a row."""
    dumps.load(url, REVISION)
    before = rows_of(url)
    with pytest.raises(TimeoutError):
        SqlRepository(url)
    assert rows_of(url) == before


def test_a_schema_of_a_later_release_is_refused(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """T6: code older than the schema opens nothing, in no way, and changes nothing."""
    dumps.load(url, REVISION)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE helpdesk_alembic_version SET version_num = '9999'")
    engine.dispose()
    before, files = rows_of(url), state_of(tmp_path)
    newer = "the schema is of revision 9999, newer than this release knows"
    for options in ({}, {"migrate": False}, {"read_only": True}):
        with pytest.raises(RepositoryError, match=newer) as caught:
            SqlRepository(url, **options)  # type: ignore[arg-type]
        assert type(caught.value) is RepositoryError
    for arguments in (("check", url), ("check", url, "--repair")):
        assert main(arguments) == 2
        assert newer in capsys.readouterr().err
    assert rows_of(url) == before
    assert state_of(tmp_path) == files


@pytest.mark.parametrize("revision", REVISIONS)
def test_migrations_go_forward_only(url: str, revision: str) -> None:
    """T6: going back is refused by name, and nothing is dropped."""
    dumps.load(url, revision)
    before = rows_of(url)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with (
        pytest.raises(NotImplementedError, match="go back to a copy of the database"),
        engine.begin() as connection,
    ):
        command.downgrade(schema.alembic_config(TABLES, connection), "base")
    engine.dispose()
    assert rows_of(url) == before


@pytest.fixture
def shared(url: str) -> Iterator[sa.Engine]:
    """A host's database: a table of a name that we use too, and its own Alembic."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE tickets (id integer PRIMARY KEY, title text)",
            "INSERT INTO tickets VALUES (1, 'the host''s')",
            "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
            "INSERT INTO alembic_version VALUES ('host')",
        ):
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()


@pytest.mark.usefixtures("next_release")
def test_beside_a_hosts_own_tables(shared: sa.Engine, url: str) -> None:
    """T6: ours are made and migrated by their prefix, and the host's stay as they are."""
    before = rows_of(url)
    dumps.load(url, REVISION)
    SqlRepository(url).close()
    SqlRepository(url, prefix="other_", id_type=int).close()
    after = rows_of(url)
    assert {name: after[name] for name in before} == before
    ours = set(after) - set(before)
    assert all(name.startswith(("helpdesk_", "other_")) for name in ours)
    for prefix in ("helpdesk_", "other_"):
        assert after[f"{prefix}alembic_version"] == AT_NEXT
    others = [name for name in ours if name.startswith("other_")]
    filled = [name for name in others if after[name] and "_fts" not in name]
    assert sorted(filled) == ["other_alembic_version", "other_meta"]
    with shared.begin() as connection:  # and the host's own Alembic sees only its own
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == "host"


def test_a_host_may_refer_to_our_tables(shared: sa.Engine, url: str) -> None:
    """T6: rows of the host's that point to tickets of ours outlive a migration."""
    dumps.load(url, REVISION)
    with shared.begin() as connection:
        for statement in (
            "CREATE TABLE orders (id int, ticket varchar(200) REFERENCES helpdesk_tickets (id))",
            "INSERT INTO orders VALUES (1, 'T-1')",
        ):
            connection.exec_driver_sql(statement)
    with SqlRepository(url) as repository:
        assert desk_over(repository).ticket("T-1", actor=SETUP).id == "T-1"
    assert rows_of(url)["orders"] == [(("id", "1"), ("ticket", "'T-1'"))]


def test_dumps_are_plain_sql() -> None:
    """T6: the dumps hold no path and no setting of the machine that made them."""
    for path in dumps.FOLDER.glob("*.sql"):
        text = path.read_text(encoding="utf-8")
        assert "/tmp" not in text
        assert "\\restrict" not in text
    with sqlite3.connect(":memory:") as memory:
        memory.executescript(dumps.path_of(REVISION, "sqlite").read_text(encoding="utf-8"))
    memory.close()
