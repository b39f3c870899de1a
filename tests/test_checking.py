"""What an operator sees and mends: each kind of damage, on each store, and by the command line."""

from __future__ import annotations

import io
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa

import postgres
from desks import MONDAY, SETUP, Company, repository_for
from helpdesk_core import NotifierError, RefusedError, System
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli import main
from helpdesk_core.events import StoreRepaired
from sql_stores import SQL_STORES
from test_cli_main import state_of

OPERATOR = System(reason="the operator")


@pytest.fixture(params=SQL_STORES)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    """The small company with two tickets, in a database that can be spoiled by hand."""
    if request.param == "sqlite":
        repository = repository_for("sqlite", tmp_path)
    else:
        repository = SqlRepository(postgres.new_database())
    company = Company(repository, tmp_path)
    company.open("public", id="T-1", customer_id="pat", assignee_id="ann")
    company.open("company", id="T-2", assignee_id="bob")
    company.desk.reply("T-1", "Hello", actor="ann")
    company.desk.attach("T-1", "a.txt", b"ink", actor="ann")
    assert company.desk.check() == ()
    return company


def spoil(company: Any, *statements: str) -> None:
    """Change rows as no program should, past the keys between tables."""
    engine = company.repository._engine
    free = (
        "PRAGMA foreign_keys = OFF"
        if engine.dialect.name == "sqlite"
        else "SET session_replication_role = replica"
    )
    other = sa.create_engine(engine.url, poolclass=sa.NullPool)
    with other.connect() as connection:
        connection.exec_driver_sql(free)
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()
    other.dispose()


ADD_WORDS = "INSERT INTO helpdesk_texts (ticket_id, message_id, internal, words)"
#: The figures of stages are what they would be if the library had done it.
COUNTED_ANEW = (
    "DELETE FROM helpdesk_stage_counts",
    """INSERT INTO helpdesk_stage_counts (team_id, stage_id, tickets, unassigned, waiting)
    SELECT team_id, stage_id, count(*), count(CASE WHEN assignee_id IS NULL THEN 1 END), 0
    FROM helpdesk_tickets WHERE merged_into IS NULL AND team_id <> 'gone' GROUP BY 1, 2""",
)
#: What is done to the database, and what is found then.
DAMAGE: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "counts": (
        ("UPDATE helpdesk_workloads SET total = 7, open = 3 WHERE member_id = 'ann'",),
        [
            "The team public has for ann 7 tickets, 3 of them open, and a recount gives 1 and 1."
        ],
    ),
    "credit": (
        ("UPDATE helpdesk_workloads SET credit = 5 WHERE member_id = 'ann'",),
        ["The team public has for ann a credit of 5"],
    ),
    "figures": (
        ("UPDATE helpdesk_stage_counts SET tickets = 7, waiting = 2 WHERE team_id = 'public'",),
        [
            "Kept of new in public is 7, 0, 2 tickets, of nobody, waiting; counted 1, 0, 0."
        ],
    ),
    "figures that nobody keeps": (
        ("DELETE FROM helpdesk_stage_counts WHERE team_id = 'company'",),
        [
            "Kept of new in company is 0, 0, 0 tickets, of nobody, waiting; counted 1, 0, 0."
        ],
    ),
    "a count that nobody keeps": (
        ("DELETE FROM helpdesk_workloads WHERE member_id = 'bob'",),
        [
            "The team company has for bob 0 tickets, 0 of them open, and a recount gives 1 and 1."
        ],
    ),
    "rows of a ticket that is gone": (
        ("DELETE FROM helpdesk_tickets WHERE id = 'T-1'",),
        [
            "The team public has for ann 1 tickets, 1 of them open, and a recount gives 0 and 0.",
            "Kept of new in public is 1, 0, 0 tickets, of nobody, waiting; counted 0, 0, 0.",
            "Texts that a search knows twice, or that are not there: 1, on tickets such as T-1.",
            "A row hangs on something that is not there: helpdesk_messages 'id-",
            "A row hangs on something that is not there: helpdesk_attachments 'id-",
            "A row hangs on something that is not there: helpdesk_ticket_follows 'T-1', 'ann'.",
            "A row hangs on something that is not there: helpdesk_ticket_follows 'T-1', 'pat'.",
        ],
    ),
    "a stage of another team": (
        ("DELETE FROM helpdesk_team_stages WHERE team_id = 'company' AND stage_id = 'new'",),
        [
            "The ticket T-2 is in the stage new, which its team company lacks"
        ],
    ),
    "no stage": (
        ("UPDATE helpdesk_tickets SET stage_id = 'gone', assignee_id = NULL WHERE id = 'T-2'",
         "DELETE FROM helpdesk_workloads WHERE member_id = 'bob'", *COUNTED_ANEW),
        ["The ticket T-2 is in the stage gone, which is not there."],
    ),
    "no team": (
        ("UPDATE helpdesk_tickets SET team_id = 'gone' WHERE id = 'T-2'",
         "UPDATE helpdesk_workloads SET total = 0, open = 0 WHERE member_id = 'bob'",
         "UPDATE helpdesk_tickets SET assignee_id = NULL WHERE id = 'T-2'", *COUNTED_ANEW),
        ["The ticket T-2 is of the team gone, which is not there."],
    ),
    "strangers": (
        ("DELETE FROM helpdesk_users WHERE id IN ('pat', 'cyd')",),
        [
            "The team public names cyd as member, of whom nothing is known",
            "The team company names cyd as member",
            "The team private names cyd as member",
            "The ticket T-1 names pat as customer",
            "The ticket T-1 names pat as follower",
        ],
    ),
    "a tombstone to nowhere": (
        ("UPDATE helpdesk_tickets SET merged_into = 'T-9', assignee_id = NULL WHERE id = 'T-2'",
         "DELETE FROM helpdesk_workloads WHERE member_id = 'bob'", *COUNTED_ANEW),
        ["The ticket T-2 was merged into T-9, which is not there."],
    ),
    "a circle": (
        ("UPDATE helpdesk_tickets SET merged_into = 'T-2' WHERE id = 'T-1'",
         "UPDATE helpdesk_tickets SET merged_into = 'T-1' WHERE id = 'T-2'",
         "DELETE FROM helpdesk_workloads", *COUNTED_ANEW),
        ["These tickets were merged in a circle: T-1, T-2."],
    ),
    "words of a message that are missing": (
        ("DELETE FROM helpdesk_texts WHERE message_id IS NOT NULL",),
        ["Texts that a search does not know: 1, on tickets such as T-1."],
    ),
    "words of openings that are missing": (
        ("DELETE FROM helpdesk_texts WHERE message_id IS NULL",),
        ["Texts that a search does not know: 2, on tickets such as T-1, T-2."],
    ),
    "words that are stale": (
        ("UPDATE helpdesk_texts SET words = 'another' WHERE message_id IS NOT NULL",
         "UPDATE helpdesk_texts SET words = '' WHERE ticket_id = 'T-2'"),
        ["Texts that a search knows by what they do not say: 2, on tickets such as T-"],
    ),
    "words of a message that are taken for a note's": (
        ("UPDATE helpdesk_texts SET internal = NOT internal WHERE message_id IS NOT NULL",),
        ["Texts that a search knows by what they do not say: 1, on tickets such as T-1."],
    ),
    "words of no text": (
        (f"{ADD_WORDS} VALUES ('T-9', NULL, FALSE, 'ink'), ('T-2', 'no-message', FALSE, 'ink')",
         f"{ADD_WORDS} SELECT 'T-2', id, FALSE, 'hello' FROM helpdesk_messages"),
        ["Texts that a search knows twice, or that are not there: 3, on tickets such as "],
    ),
    "words that are there twice": (
        (f"{ADD_WORDS} SELECT ticket_id, message_id, internal, words FROM helpdesk_texts",),
        ["Texts that a search knows twice, or that are not there: 3, on tickets such as "],
    ),
    "words of another text": (
        ("UPDATE helpdesk_texts SET message_id = 'no-message' WHERE message_id IS NOT NULL",
         "UPDATE helpdesk_texts SET ticket_id = 'T-1' WHERE ticket_id = 'T-2'"),
        [
            "Texts that a search does not know: 2, on tickets such as T-1, T-2.",
            "Texts that a search knows twice, or that are not there: 2, on tickets such as ",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_each_damage_is_found(kept: Company, name: str) -> None:
    """A7, G5, M9, N1, V13: counts, words, rows on nothing, lost stages and people are found."""
    statements, expected = DAMAGE[name]
    spoil(kept, *statements)
    found = [str(finding) for finding in kept.desk.check()]
    assert len(found) == len(expected)
    for line in expected:
        assert [text for text in found if text.startswith(line)], (line, found)


@pytest.mark.parametrize("name", DAMAGE)
def test_only_what_has_one_right_answer_is_mended(kept: Company, name: str) -> None:
    """A7, T5, V13: a repair sets counts and words right, says so, and changes nothing else."""
    spoil(kept, *DAMAGE[name][0])
    before = kept.desk.check()
    rows = _rows(kept)
    repaired = kept.desk.repair(actor=OPERATOR)
    assert [f for f in before if f.mendable] == list(repaired.mended)
    assert repaired.left == kept.desk.check() == tuple(f for f in before if not f.mendable)
    after = _rows(kept)
    changed = {table for table in rows if rows[table] != after[table]}
    table_of = {"words": "texts", "figures": "stage_counts"}
    mended = {table_of.get(f.code.rpartition("_")[2], "workloads") for f in repaired.mended}
    assert changed == (mended | {"events"} if mended else set())
    assert len(after["events"]) == len(rows["events"]) + len(repaired.mended)
    again = kept.desk.repair(actor=OPERATOR)
    assert (again.mended, _rows(kept)) == ((), after)


def _rows(company: Any) -> dict[str, list[Any]]:
    tables = company.repository._tables
    with company.repository._engine.connect() as connection:
        return {
            table.name.removeprefix(tables.prefix): sorted(
                map(str, connection.execute(sa.select(table)).all())
            )
            for table in tables.metadata.sorted_tables
        }


def test_who_may_repair(company: Company) -> None:
    """T5, V11: only an administrator, or the system by a reason, repairs; nobody by default."""
    for actor in ("ann", "lea", "pat"):
        with pytest.raises(RefusedError):
            company.desk.repair(actor=actor)
    assert company.desk.repair(actor="root").mended == ()


def _old(company: Company, *ids: str, hours: float = 25) -> None:
    """Let the files look as old as that."""
    company.clock.set(MONDAY + timedelta(days=1))
    then = (company.clock.now() - timedelta(hours=hours)).timestamp()
    for id in ids:
        os.utime(company.store._path(id), (then, then))


def test_lost_files_go_when_they_are_old(company: Company) -> None:
    """N1, M6: bytes that a crash left go after a day, an attachment's and new ones never."""
    ticket = company.open()
    file = company.desk.attach(ticket.id, "a", b"a", actor="ann")
    for id in ("young", "lost"):
        company.store.put(id, io.BytesIO(b"b"), limit=10)
    _old(company, file.id, "lost")
    _old(company, "young", hours=23)
    codes = {f.code: f.reason.parameters["attachment_id"] for f in company.desk.check()}
    assert codes == {"check.orphan_file": "lost", "check.young_file": "young"}
    published = _published(company)
    repaired = company.desk.repair(actor=OPERATOR)
    assert [str(f) for f in repaired.mended] == ["The file lost has no attachment."]
    assert [f.code for f in repaired.left] == ["check.young_file"]
    assert set(company.store.ids()) == {file.id, "young"}
    assert [attrs.evolve(e, at=MONDAY) for e in published] == [
        StoreRepaired(at=MONDAY, by=OPERATOR, code="check.orphan_file", ids=("lost",))
    ]


def _published(company: Company) -> list[Any]:
    """The events that are published from now on."""
    told: list[Any] = []
    repository: Any = company.desk._repository
    whole = repository.writing

    class Watched:
        def __init__(self, block: Any) -> None:
            self.block = block

        def __enter__(self) -> Any:
            session = self.block.__enter__()
            publish = session.publish

            def noting(events: Any, notifications: Any) -> None:
                told.extend(events)
                publish(events, notifications)

            session.publish = noting
            return session

        def __exit__(self, *error: Any) -> Any:
            return self.block.__exit__(*error)

    repository.writing = lambda: Watched(whole())
    return told


def test_files_of_somebody_else_are_left(company: Company) -> None:
    """M6: where no file is of the help desk, the folder may be another's: nothing is dropped."""
    for id in ("one", "two"):
        company.store.put(id, io.BytesIO(b"b"), limit=10)
    _old(company, "one", "two")
    repaired = company.desk.repair(actor=OPERATOR)
    assert repaired.mended == ()
    assert [f.code for f in repaired.left] == ["check.foreign_file"] * 2
    assert set(company.store.ids()) == {"one", "two"}


def test_dead_messages_are_left_to_a_person(company: Company) -> None:
    """N1: a message that is given up is told by its key, and a repair sends it to nobody."""
    company.open("public", id="T-1", customer_id="con")

    def refusing(_: object) -> None:
        raise NotifierError("the server is down")

    company.notifier.send = refusing  # type: ignore[method-assign]
    for _ in range(9):
        company.desk.deliver()
        company.clock.advance(timedelta(days=1))
    (dead,) = company.desk.repair(actor=OPERATOR).left
    assert str(dead).startswith("A message to con on the ticket T-1 is given up after 8 attempts")
    assert not dead.mendable


def test_tombstones_of_many_levels_are_fine(company: Company) -> None:
    """M9: chains of merges that end somewhere are no damage, nor is a merge that was undone."""
    ids = [company.open().id for _ in range(4)]
    for master, away in ((ids[1], ids[0]), (ids[2], ids[1]), (ids[3], ids[2])):
        merge = company.desk.merge([master, away], actor=SETUP, master_id=master)
    assert company.desk.check() == ()
    company.desk.unmerge(merge.id, actor=SETUP)
    assert company.desk.check() == ()


# --- the command line ----------------------------------------------------------------------------


def _url(company: Any) -> str:
    text: str = company.repository._engine.url.render_as_string(hide_password=False)
    return text


def _said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    code = main(["check", *arguments])
    said = capsys.readouterr()
    assert said.err == ""
    return code, said.out.splitlines()


def test_checking_changes_nothing(
    kept: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """N1: a plain check leaves rows, files and folders as they were, damage or none."""
    files = str(tmp_path / "files")
    for damage in (None, "counts", "a circle"):
        if damage is not None:
            spoil(kept, *DAMAGE[damage][0])
        rows = _rows(kept)
        kept.repository._engine.dispose()  # type: ignore[attr-defined]
        before = state_of(tmp_path)
        code, lines = _said(capsys, _url(kept), "--attachments", files)
        assert state_of(tmp_path) == before
        assert _rows(kept) == rows
        assert code == (damage is not None)
    assert lines[-1] == "These tickets were merged in a circle: T-1, T-2."


def test_checking_a_database_in_use_and_after_a_crash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """N1: what is still beside a SQLite file is seen, and what a crash left stays where it is."""
    company = Company(repository_for("sqlite", tmp_path), tmp_path)
    company.open("company", id="T-1", assignee_id="ann")
    spoil(company, "UPDATE helpdesk_workloads SET open = 9")
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for path in tmp_path.glob("desk.sqlite*"):
        (crashed / path.name).write_bytes(path.read_bytes())
    assert (crashed / "desk.sqlite-wal").stat().st_size
    before = state_of(tmp_path)
    code, lines = _said(capsys, str(crashed / "desk.sqlite"))
    assert (code, len(lines)) == (1, 1)
    assert "9 of them open" in lines[0]
    after = state_of(tmp_path)
    index = "crashed/desk.sqlite-shm"  # an index of the one beside it, made anew by each reader
    assert {**after, index: ""} == {**before, index: ""}
    assert _said(capsys, _url(company)) == (code, lines), "while it is open"


def test_checking_a_file_that_keeps_another_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """N1: how a SQLite file keeps its journal is a setting too, and stays as it is."""
    repository_for("sqlite", tmp_path).close()  # type: ignore[attr-defined]
    file = tmp_path / "desk.sqlite"
    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    before = state_of(tmp_path)
    assert _said(capsys, str(file))[0] == 0
    assert state_of(tmp_path) == before


def test_repairing_by_the_command_line(
    kept: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A7, N1: line by line what was mended and what is left; green afterwards, and then quiet."""
    files = str(tmp_path / "files")
    spoil(kept, *DAMAGE["counts"][0])
    kept.store.put("lost", io.BytesIO(b"b"), limit=10)
    os.utime(kept.store._path("lost"), (0, 0))
    url = _url(kept)
    code, lines = _said(capsys, url, "--attachments", files)
    assert code == 1
    assert [line.endswith(" (--repair)") for line in lines] == [True, True]
    code, mended = _said(capsys, url, "--attachments", files, "--repair")
    assert code == 0
    assert mended == [f"mended: {line.removesuffix(' (--repair)')}" for line in lines]
    for more in ((), ("--repair",)):
        code, lines = _said(capsys, url, "--attachments", files, *more)
        assert code == 0
        assert lines[0].endswith("nothing wrong was found")
    spoil(kept, *DAMAGE["a circle"][0])
    code, lines = _said(capsys, url, "--repair")
    assert (code, lines) == (1, ["left: These tickets were merged in a circle: T-1, T-2."])


REFUSED = (
    "no file", "a folder", "in memory", "no database", "another program's",
    "another program's, to be repaired", "another kind", "no URL", "no server", "no folder",
)  # fmt: skip


def _refusals(tmp_path: Path) -> dict[str, tuple[tuple[str, ...], str]]:
    text, other, folder = tmp_path / "a.txt", tmp_path / "other.sqlite", tmp_path
    text.write_text("No database. " * 200)
    engine = sa.create_engine(f"sqlite:///{other}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (id integer)")
    engine.dispose()
    return {
        "no file": ((str(tmp_path / "none.sqlite"),), "No such file or directory"),
        "a folder": ((str(folder),), "is not a file"),
        "in memory": (("sqlite://",), "a database in memory holds nothing to check"),
        "no database": ((str(text),), "file is not a database"),
        "another program's": ((str(other),), "has no tables, "),
        "another program's, to be repaired": ((str(other), "--repair"), "has no tables, "),
        "another kind": (("mysql://u:secret@h/d",), "'mysql' is not supported"),
        "no URL": (("what://ever",), "none that SQLAlchemy knows"),
        "no server": (
            ("postgresql+psycopg://u:secret@127.0.0.1:1/d",),
            "the database cannot be reached",
        ),
        "no folder": ((str(other), "--attachments", str(tmp_path / "none")), "is not a folder"),
    }


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_checked_is_told(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """N1: what is no help desk of ours is one line and exit code 2, and stays as it was."""
    arguments, problem = _refusals(tmp_path)[name]
    before = state_of(tmp_path)
    assert main(["check", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert problem in said.err
    assert "secret" not in said.err
    assert state_of(tmp_path) == before


def test_other_prefixes_and_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """T6: a database with another prefix and ids of another type is checked when they are named."""
    url = f"sqlite:///{tmp_path / 'own.sqlite'}"
    SqlRepository(url, prefix="own_", id_type=int).close()
    assert _said(capsys, url, "--prefix", "own_", "--ids", "int")[0] == 0
    assert main(["check", url, "--prefix", "own_"]) == 2
    assert "its ids are of type int, not str" in capsys.readouterr().err
