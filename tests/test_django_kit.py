"""The conformance kit over `DjangoRepository`, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("django")

from django.db import connections

import django_stores
from helpdesk_core.ports import Repository
from helpdesk_core.testing import RepositoryContract


class TestDjangoSqlite(RepositoryContract):
    """A SQLite file of Django's, which any process can open."""

    examples = 3
    stride = 5

    def new(self) -> Repository:
        return django_stores.on_sqlite(self.new_path(".sqlite"))

    def open_again(self, repository: Repository) -> Callable[[], Repository] | None:
        name = connections.databases[repository.alias]["NAME"]
        return partial(django_stores.opened_on_sqlite, Path(name))


class TestDjangoPostgres(RepositoryContract):
    """A PostgreSQL database of Django's; its tables are emptied for each store."""

    examples = 3
    stride = 17  # the code is that of SQLite

    def new(self) -> Repository:
        return django_stores.on_postgres()

    def open_again(self, repository: Repository) -> Callable[[], Repository] | None:
        return partial(django_stores.opened_on_postgres, django_stores.postgres_url())
