"""Django in this process: its settings, and repositories over databases of its own."""

from __future__ import annotations

import functools
import itertools
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import sqlalchemy as sa
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections

import postgres

_NUMBERS = itertools.count(1)
_ON_SQLITE = {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"timeout": 10}}


def set_up() -> None:
    """Configure Django once; `default` is a database in memory that nothing should use."""
    if settings.configured:
        return
    settings.configure(
        SECRET_KEY="of the tests",
        USE_TZ=True,
        DATABASES={"default": {**_ON_SQLITE, "NAME": ":memory:"}},
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "helpdesk_core.adapters.django",
        ],
    )
    django.setup()


set_up()

from helpdesk_core.adapters.django import DjangoRepository  # noqa: E402 - once Django is set up


class Repository(DjangoRepository):
    """One that gives back the connections of threads that are the tests' own, as a request does."""

    def __init__(self, alias: str) -> None:
        super().__init__(using=alias)
        self.alias = alias
        self._home = threading.get_ident()

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with self._given_back(), super().reading() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Any]:
        with self._given_back(), super().writing() as session:
            yield session

    @contextmanager
    def _given_back(self) -> Iterator[None]:
        try:
            yield
        finally:
            if threading.get_ident() != self._home:
                connections[self.alias].close()

    def close(self) -> None:
        """Close the connection of this thread."""
        connections[self.alias].close()


def known_as(**database: Any) -> str:
    """A further database, by the alias that it is given."""
    alias = f"database_{next(_NUMBERS)}"
    known = connections.configure_settings({"default": {}, alias: database})
    connections.databases[alias] = known[alias]
    return alias


# --- SQLite --------------------------------------------------------------------------------------


@functools.cache
def _migrated() -> bytes:
    """A SQLite file with the tables, made once and copied."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.sqlite"
        db = sqlite3.connect(path)
        db.execute("PRAGMA journal_mode = WAL")
        db.close()
        alias = sqlite_alias(path)
        call_command("migrate", database=alias, verbosity=0)
        connections[alias].close()
        return path.read_bytes()


def sqlite_alias(path: Path) -> str:
    """The file as a database of Django's."""
    return known_as(**_ON_SQLITE, NAME=str(path))


def on_sqlite(path: Path) -> Repository:
    """A repository in a new file."""
    path.write_bytes(_migrated())
    return opened_on_sqlite(path)


def opened_on_sqlite(path: Path) -> Repository:
    """The one in this file, from any process."""
    return Repository(sqlite_alias(path))


# --- PostgreSQL ----------------------------------------------------------------------------------


@functools.cache
def postgres_alias(url: str) -> str:
    """A database of PostgreSQL's, by its URL, as one of Django's."""
    parts = sa.make_url(url)
    host = parts.query.get("host", parts.host)
    return known_as(
        ENGINE="django.db.backends.postgresql",
        NAME=parts.database,
        USER=parts.username or "",
        PASSWORD=parts.password or "",
        HOST=str(host or ""),
        PORT=str(parts.port or ""),
    )


@functools.cache
def postgres_url() -> str:
    """The URL of this process's database, with the tables in it."""
    url = postgres.new_database()
    call_command("migrate", database=postgres_alias(url), verbosity=0)
    return url


def on_postgres() -> Repository:
    """A repository with nothing in it; tests share the database one after the other."""
    alias = postgres_alias(postgres_url())
    with connections[alias].cursor() as cursor:
        cursor.execute("; ".join(f'DELETE FROM "{table}"' for table in _tables()))
    return Repository(alias)


def opened_on_postgres(url: str) -> Repository:
    """The one in this database, from any process."""
    return Repository(postgres_alias(url))


@functools.cache
def _tables() -> tuple[str, ...]:
    models = apps.get_app_config("helpdesk_core").get_models()
    return tuple(model._meta.db_table for model in models)
