"""Databases that cannot be written to: read-only ones and full ones, told by name, unchanged."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import postgres
from desks import MONDAY, SETUP
from helpdesk_core import Helpdesk
from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.memory import MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli import main
from helpdesk_core.entities import Message
from helpdesk_core.errors import RepositoryError
from helpdesk_core.plans import Add
from helpdesk_core.ports import Remembered
from sql_stores import TEAMS, fill, setting, ticket_of
from test_cli_main import state_of

FULL = "the disk is full: nothing was changed"
READ_ONLY = "can only be read: nothing was changed"
BODY = "x" * 90_000


def message(n: int) -> Add:
    """Something large to write."""
    return Add(Message(id=f"M-{n}", ticket_id="T-1", body=BODY, at=MONDAY))


def desk_over(repository: Any) -> Helpdesk:
    return Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), SystemClock())


def small_world(url: str) -> None:
    """Three teams and a ticket, then closed."""
    with SqlRepository(url) as repository:
        fill(repository, TEAMS, [ticket_of(assignee_id="ada")])


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A folder on a disk of 1 MB, where this process may make one."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("a small disk cannot be mounted here; a database of few pages is tried instead")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


# --- full ----------------------------------------------------------------------------------------


def until_full(repository: SqlRepository) -> int:
    """Write until nothing fits any more; how many messages were kept, each with its change."""
    kept: list[int] = []
    with pytest.raises(RepositoryError, match=f"^{FULL}$"):
        _keep_on(repository, kept)
    return len(kept)


def _keep_on(repository: SqlRepository, kept: list[int]) -> None:
    for n in range(100):
        with repository.writing() as session:
            session.apply([setting("version", n + 1, n + 2), message(n)])
        kept.append(n)


def is_as_kept(repository: SqlRepository, kept: int) -> None:
    """What was committed is there, what was refused is not, and the counts are right."""
    with repository.reading() as session:
        assert session.tickets(["T-1"])["T-1"].version == kept + 1
        assert len(session.messages(["T-1"])) == kept
        assert session.recall("k") is None
    assert desk_over(repository).check() == ()


def few_pages(repository: SqlRepository) -> None:
    """Let the file have no more than a few pages more than it has."""

    @sa.event.listens_for(repository._engine, "checkout")
    def limit(raw: Any, *_: object) -> None:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count = {max(pages, 150)}")


def test_a_file_that_may_not_grow_is_full(tmp_path: Path) -> None:
    """N1, M10: on SQLite a full database is told by name, and only what was committed is kept."""
    url = f"sqlite:///{tmp_path / 'desk.sqlite'}"
    small_world(url)
    with SqlRepository(url) as repository:
        few_pages(repository)
        kept = until_full(repository)
        assert kept > 0
        is_as_kept(repository, kept)
    with SqlRepository(url) as repository:  # and with room again it goes on
        with repository.writing() as session:
            session.apply([message(999)])
        assert desk_over(repository).check() == ()


def test_a_disk_without_room_is_full(tmp_path: Path) -> None:
    """N1, M10: on a full disk too; when SQLite itself undoes all, nothing is written past it."""
    folder = tmp_path / "disk"
    with small_disk(folder):
        url = f"sqlite:///{folder / 'desk.sqlite'}"
        small_world(url)
        with SqlRepository(url) as repository:
            kept = until_full(repository)
            is_as_kept(repository, kept)
            with pytest.raises(RepositoryError, match="has undone the transaction"):
                _go_on_regardless(repository)
            is_as_kept(repository, kept)
            (folder / "new").write_bytes(b"")
            with pytest.raises(RepositoryError, match=f"cannot open .*: ({FULL}|.*disk I/O)"):
                SqlRepository(f"sqlite:///{folder / 'other.sqlite'}")


def _go_on_regardless(repository: SqlRepository) -> None:
    """Take the failure for a small one, as a careless host does, and write more."""
    with repository.writing() as session:
        session._db._connection.exec_driver_sql("PRAGMA cache_size = 5")
        session.apply([setting("priority", 0, 1)])
        with pytest.raises(RepositoryError, match=FULL):
            session.apply([message(100 + n) for n in range(30)])
        for call in (
            lambda: session.publish([], []),
            lambda: session.apply([setting("subject", "Ink", "Written past it")]),
            lambda: session.remember("k", Remembered("", 1), MONDAY),
            lambda: session.tickets(["T-1"]),
        ):
            with suppress(RepositoryError):
                call()
        with pytest.raises(RepositoryError, match="has undone the transaction"):
            session.tickets(["T-1"])


def test_a_full_disk_of_postgresql(tmp_path: Path) -> None:
    """N1, M10: where PostgreSQL's disk is full it is told by name, and what was kept stays."""
    url = sa.make_url(postgres.new_database())
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        data = Path(str(connection.exec_driver_sql("SHOW data_directory").scalar()))
    if not data.exists():
        pytest.skip("the server is on another machine, whose disks are not ours to fill")
    name = f"small_{os.getpid()}"
    folder = data.parent / name
    with small_disk(folder):
        owner = data.stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
        postgres.run(url, f"CREATE TABLESPACE {name} LOCATION '{folder}'")
        small_world(url.render_as_string(hide_password=False))
        postgres.run(url, f"ALTER TABLE helpdesk_messages SET TABLESPACE {name}")
        postgres.run(url, "ALTER TABLE helpdesk_messages ALTER body SET STORAGE EXTERNAL")
        with SqlRepository(url) as repository:
            kept = until_full(repository)
            assert kept > 0
            is_as_kept(repository, kept)
        postgres.run(url, "DROP TABLE helpdesk_messages")
        postgres.run(url, f"DROP TABLESPACE {name}")
    folder.rmdir()


# --- read-only -----------------------------------------------------------------------------------


def _refuses_writing(open_it: Callable[..., SqlRepository]) -> None:
    """It is refused when it is opened, told by name; opened to be read only it can be looked at."""
    with pytest.raises(RepositoryError, match=f"cannot open .*({READ_ONLY}|unable to open)"):
        open_it()
    with open_it(read_only=True) as repository:
        desk = desk_over(repository)
        assert desk.check() == ()
        assert desk.ticket("T-1", actor=SETUP).assignee_id == "ada"
        for call in (
            lambda: desk.open_ticket("x", "Toner", actor=SETUP),
            lambda: desk.repair(actor=SETUP),
            lambda: desk.deliver(),
        ):
            with pytest.raises(RepositoryError, match="opened to be read only"):
                call()


def test_a_file_opened_to_be_read(tmp_path: Path) -> None:
    """N1: a SQLite URL that says `mode=ro` is refused for work and good for looking."""
    file = tmp_path / "desk.sqlite"
    small_world(f"sqlite:///{file}")
    before = file.read_bytes()
    _refuses_writing(
        lambda **options: SqlRepository(f"sqlite:///file:{file}?mode=ro&uri=true", **options)
    )
    assert file.read_bytes() == before


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_file_without_the_right_to_write(tmp_path: Path, what: str) -> None:
    """N1: a SQLite file or folder that may not be written to is refused by name, unchanged."""
    folder = tmp_path / "kept"
    folder.mkdir()
    file = folder / "desk.sqlite"
    small_world(f"sqlite:///{file}")
    before = state_of(tmp_path)
    with _forbidden(file if what == "file" else folder):
        with pytest.raises(RepositoryError, match=f"cannot open .*({READ_ONLY}|unable to open)"):
            SqlRepository(f"sqlite:///{file}")
        assert main(["check", str(file)]) == (0 if what == "file" else 2)
        if what == "folder":
            with pytest.raises(RepositoryError, match=r"cannot open .*other.*unable to open"):
                SqlRepository(f"sqlite:///{folder / 'other.sqlite'}")
    assert {name: now for name, now in state_of(tmp_path).items() if name in before} == before


@contextmanager
def _forbidden(path: Path) -> Iterator[None]:
    """Nobody may write there, not even root, who is asked in another way."""
    if os.geteuid():
        mode = path.stat().st_mode
        path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            yield
        finally:
            path.chmod(mode)
        return
    if subprocess.run(["chattr", "+i", str(path)], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be forbidden to root on this file system")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", str(path)], check=True)


def test_a_database_set_to_be_read_only() -> None:
    """N1: where PostgreSQL's own setting says so nothing overrides it, in a pool in use neither."""
    url = sa.make_url(postgres.new_database())
    text = url.render_as_string(hide_password=False)
    small_world(text)
    with SqlRepository(text, pool={"pool_size": 1, "max_overflow": 0}) as repository:
        postgres.run(url, f"ALTER DATABASE {url.database} SET default_transaction_read_only = on")
        _refuses_writing(lambda **options: SqlRepository(text, **options))
        repository._engine.dispose()  # who connects from now on is told
        for _ in range(2):  # before and after a reading session had the connection
            with pytest.raises(RepositoryError, match=READ_ONLY), repository.writing() as session:
                session.apply([setting("priority", 0, 1)])
            with repository.reading() as session:
                assert session.tickets(["T-1"])["T-1"].priority == 0


def test_a_standby_server() -> None:
    """N1: a PostgreSQL that follows another is refused for work and good for looking."""
    text = postgres.standby(small_world)
    _refuses_writing(lambda **options: SqlRepository(text, **options))
    assert main(["check", text]) == 0
    assert main(["check", text, "--repair"]) == 2


# --- another kind --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:secret@h/d",
        "mysql+pymysql://u:secret@h/d",
        "oracle://u:secret@h/d",
        "postgresql+asyncpg://u:secret@h/d",
        "sqlite+aiosqlite:///desk.sqlite",
        "nonsense://u:secret@h/d",
    ],
)
def test_another_kind_of_database(url: str) -> None:
    """N1: what is no SQLite and no PostgreSQL by psycopg is refused with what to use instead."""
    with pytest.raises(RepositoryError, match="is not supported: use sqlite:///") as caught:
        SqlRepository(url)
    assert "postgresql+psycopg://" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_postgresql_without_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """N1: without psycopg the extra that brings it is named."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(RepositoryError, match=r"needs psycopg: install helpdesk-core"):
        SqlRepository("postgresql+psycopg://u:secret@h/d")
