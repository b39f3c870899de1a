"""The conformance kit over the asynchronous repositories that the library brings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

pytest.importorskip("greenlet")
pytest.importorskip("aiosqlite")

import async_stores
import postgres
from desks import repository_for
from helpdesk_core.adapters.memory import AsyncMemoryRepository
from helpdesk_core.ports import AsyncRepository
from helpdesk_core.testing import AsyncRepositoryContract


class TestAsyncMemory(AsyncRepositoryContract):
    """In memory, awaited."""

    examples = 5
    stride = 5

    async def make(self) -> AsyncRepository:
        return AsyncMemoryRepository()


class TestAsyncSqlite(AsyncRepositoryContract):
    """A SQLite file, by `aiosqlite`."""

    examples = 2
    stride = 13

    async def make(self) -> AsyncRepository:
        folder = self.new_path()
        folder.mkdir()
        with repository_for("sqlite", folder) as made:  # a copy of one that is made already
            return await async_stores.opened(made._engine.url.render_as_string(False), {})

    def make_again(
        self, repository: AsyncRepository
    ) -> Callable[[], Awaitable[AsyncRepository]] | None:
        return partial(async_stores.opened, repository._url, {})


class TestAsyncPostgres(AsyncRepositoryContract):
    """A PostgreSQL database, by `psycopg` awaited."""

    examples = 2
    stride = 13  # the code is that of SQLite

    async def make(self) -> AsyncRepository:
        url, options = postgres.emptied_url()
        return await async_stores.opened(url, options)

    def make_again(
        self, repository: AsyncRepository
    ) -> Callable[[], Awaitable[AsyncRepository]] | None:
        url, options = postgres.where()
        return partial(async_stores.opened, url, options)
