"""SQLite and PostgreSQL for programs of asyncio, over SQLAlchemy's asynchronous engine.

Everything is the plain repository's own: its sessions run in greenlets, where SQLAlchemy awaits its
drivers (`aiosqlite`, `psycopg`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from types import TracebackType
from typing import Any, ClassVar, Self, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as HostsSession
from sqlalchemy.util import await_only, greenlet_spawn

from helpdesk_core.adapters.sql.connection import Connection, DriverConnection
from helpdesk_core.adapters.sql.postgresql import PostgresqlConnection, PostgresqlTransactions
from helpdesk_core.adapters.sql.repository import Kind, SqlRepository
from helpdesk_core.adapters.sql.sqlite import SqliteTransactions, in_memory
from helpdesk_core.errors import RepositoryError, RetryableError
from helpdesk_core.ports import ALL_CLAIMS, AsyncSession, Claim, Repository, Session


class _Sessions:
    """The sessions of a plain repository, awaited."""

    claims: frozenset[Claim] = ALL_CLAIMS

    def _plain(self) -> Repository:
        raise NotImplementedError

    @property
    def in_greenlets(self) -> Repository:
        """The same for plain calls in a greenlet of SQLAlchemy's: `AsyncHelpdesk` makes them."""
        return _InGreenlets(self._plain)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one committed state, from its first question on."""
        async with _awaited(self._plain().reading()) as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed when the block ends, rolled back when it raises.

        Raises `RetryableError` when another writer does not end within `busy_timeout`.
        """
        async with _awaited(self._plain().writing()) as session:
            yield session


class _InGreenlets:
    """Looks for the plain repository each time: it may be opened later."""

    claims: frozenset[Claim] = ALL_CLAIMS

    def __init__(self, plain: Callable[[], Repository]) -> None:
        self._plain = plain

    def reading(self) -> AbstractContextManager[Session]:
        return self._plain().reading()

    def writing(self) -> AbstractContextManager[Session]:
        return self._plain().writing()


class AsyncSqlRepository(_Sessions):
    """`SqlRepository` for programs of asyncio; it is opened by `async with`, or by `open`.

    The URLs are those of `SqlRepository`, and so are the settings. A database in memory is refused:
    a task that is cancelled would take it away. One repository serves one loop.

    >>> import tempfile
    >>> async def main(folder):
    ...     async with AsyncSqlRepository(f"sqlite:///{folder}/desk.db") as repository:
    ...         async with repository.reading() as session:
    ...             return await session.tickets(["T-1"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     asyncio.run(main(folder))
    {}
    """

    def __init__(
        self,
        url: str | sa.URL,
        *,
        id_type: type = str,
        prefix: str = "helpdesk_",
        migrate: bool = True,
        read_only: bool = False,
        busy_timeout: float = 10.0,
        pool: Mapping[str, Any] | None = None,
    ) -> None:
        self._url = url
        self._options: dict[str, Any] = {
            "id_type": id_type,
            "prefix": prefix,
            "migrate": migrate,
            "read_only": read_only,
            "busy_timeout": busy_timeout,
            "pool": pool,
        }
        self._opened: SqlRepository | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> Self:
        """Connect, and bring the tables up to date; raises what `SqlRepository` raises."""
        async with self._opening:
            if self._opened is None:
                self._opened = await greenlet_spawn(_Awaiting, self._url, **self._options)
        return self

    async def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            opened, self._opened = self._opened, None
            await greenlet_spawn(opened.close)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def using(self, connection: AsyncConnection | HostsSession) -> AsyncJoinedRepository:
        """A repository inside a host's own transaction, for as long as that lasts.

        As `SqlRepository.using`, with a connection or a session of SQLAlchemy's asyncio extension.
        """
        plain = self._plain()
        if isinstance(connection, HostsSession):
            return AsyncJoinedRepository(plain.using(connection.sync_session))
        if connection.sync_connection is None:
            raise RepositoryError("the connection is not open")
        return AsyncJoinedRepository(plain.using(connection.sync_connection))

    def _plain(self) -> SqlRepository:
        if self._opened is None:
            raise RepositoryError("the repository is not open: use `async with`, or `open`")
        return self._opened


class AsyncJoinedRepository(_Sessions):
    """A repository inside a host's transaction: see `AsyncSqlRepository.using`."""

    def __init__(self, joined: Repository) -> None:
        self._joined = joined

    def _plain(self) -> Repository:
        return self._joined


# --- sessions ------------------------------------------------------------------------------------


@asynccontextmanager
async def _awaited(manager: AbstractContextManager[Session]) -> AsyncIterator[AsyncSession]:
    session = await greenlet_spawn(manager.__enter__)
    try:
        yield cast(AsyncSession, _AwaitedSession(session))
    except BaseException as error:
        if not await greenlet_spawn(manager.__exit__, type(error), error, error.__traceback__):
            raise
    else:
        await greenlet_spawn(manager.__exit__, None, None, None)


class _AwaitedSession:
    def __init__(self, session: Session) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._session, name)

        async def ask(*arguments: Any, **options: Any) -> Any:
            return await greenlet_spawn(_whole, method, *arguments, **options)

        setattr(self, name, ask)
        return ask


def _whole(method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What it gives; what would be read on later is read now, where it can be awaited."""
    given = method(*arguments, **options)
    return list(given) if isinstance(given, Iterator) else given


# --- how the plain repository is opened over an asynchronous driver ------------------------------


def _engine(url: sa.URL, **options: Any) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, **options).sync_engine
    url = url.set(drivername="sqlite+aiosqlite")
    options.setdefault("poolclass", sa.AsyncAdaptedQueuePool)  # older SQLAlchemy opens anew
    engine = create_async_engine(url, **options).sync_engine

    @sa.event.listens_for(engine, "invalidate")
    def let_go(connection: Any, _record: Any, _error: BaseException | None) -> None:
        # A cancelled statement, for as long as anybody has it, keeps a closed connection's lock.
        with suppress(Exception):
            connection.rollback()

    return engine


class _SqliteConnection(DriverConnection):
    def _send(self, text: str, values: Sequence[Any], many: bool) -> Any:
        cursor = self._driver.cursor()
        (cursor.executemany if many else cursor.execute)(text, values)
        return cursor


class _SqliteTransactions(SqliteTransactions):
    make_engine = staticmethod(_engine)
    own_connection: type[Connection] = _SqliteConnection

    def __init__(self, engine: sa.Engine, busy_timeout: float, *, own: bool) -> None:
        if in_memory(engine.url):
            raise RepositoryError("a database in memory is for SqlRepository, not for asyncio")
        super().__init__(engine, busy_timeout, own=own)
        self._turns = asyncio.Lock()

    @contextmanager
    def _queue(self) -> Iterator[None]:
        await_only(self._take_turn())
        try:
            yield
        finally:
            self._turns.release()

    async def _take_turn(self) -> None:
        try:
            async with asyncio.timeout(self._busy_timeout):
                await self._turns.acquire()
        except TimeoutError:
            raise RetryableError("the database is busy: nothing was changed, try again") from None


class _Cursor:
    """An asynchronous cursor of psycopg, waited for."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        return int(self._cursor.rowcount)

    def execute(self, text: str, values: Sequence[Any]) -> None:
        await_only(self._cursor.execute(text, values))

    def executemany(self, text: str, values: Sequence[Any]) -> None:
        await_only(self._cursor.executemany(text, values))

    def fetchall(self) -> list[Any]:
        return cast(list[Any], _at_once(self._cursor.fetchall()))


def _at_once(coroutine: Any) -> Any:
    """What a coroutine gives that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as given:
        return given.value
    raise RepositoryError("the driver waits for what it has")  # pragma: no cover


class _PostgresqlConnection(PostgresqlConnection):
    def _new_cursor(self, connection: sa.Connection) -> Any:
        from psycopg import AsyncRawCursor

        return _Cursor(AsyncRawCursor(cast(Any, connection.connection.driver_connection)))


class _PostgresqlTransactions(PostgresqlTransactions):
    make_engine = staticmethod(_engine)
    own_connection: type[Connection] = _PostgresqlConnection


class _Awaiting(SqlRepository):
    """Over an engine that awaits: to be made, used and closed in greenlets of SQLAlchemy's."""

    kinds: ClassVar[Mapping[tuple[str, str], Kind]] = {
        ("sqlite", "pysqlite"): _SqliteTransactions,
        ("sqlite", "aiosqlite"): _SqliteTransactions,
        ("postgresql", "psycopg"): _PostgresqlTransactions,
    }
    closes_itself: ClassVar[bool] = False
