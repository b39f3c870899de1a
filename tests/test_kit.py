"""The conformance kit over the ports that the library brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID

import postgres
from desks import repository_for
from helpdesk_core import CalendarError
from helpdesk_core.adapters.files import FileNotifier, FolderAttachmentStore
from helpdesk_core.adapters.memory import MemoryCalendar, MemoryNotifier, MemoryRepository
from helpdesk_core.adapters.sql import SqlRepository, SqlSimilarityStore
from helpdesk_core.duplicates import SimilarityIndex
from helpdesk_core.entities import Absence, Id, WeeklySchedule
from helpdesk_core.ports import AttachmentStore, Calendar, Notifier, Repository, SimilarityStore
from helpdesk_core.testing import (
    AttachmentStoreContract,
    CalendarContract,
    NotifierContract,
    Received,
    RepositoryContract,
    SimilarityStoreContract,
)
from sent_mails import received_as


class TestMemory(RepositoryContract):
    """In memory, which is there once."""

    examples = 8

    def new(self) -> Repository:
        return MemoryRepository()


class TestSqlite(RepositoryContract):
    """A SQLite file, which any process can open."""

    examples = 8

    def new(self) -> Repository:
        folder = self.new_path()
        folder.mkdir()
        return repository_for("sqlite", folder)

    def open_again(self, repository: Repository) -> Callable[[], Repository] | None:
        return partial(SqlRepository, repository._engine.url.render_as_string(False))


class TestPostgres(RepositoryContract):
    """A PostgreSQL database, which any process can open; its tables are emptied for each store."""

    examples = 5
    stride = 9  # the code is that of SQLite, where each call is

    def new(self) -> Repository:
        url, options = postgres.emptied_url()
        return SqlRepository(url, **options)

    def open_again(self, repository: Repository) -> Callable[[], Repository] | None:
        url, options = postgres.where()
        return partial(SqlRepository, url, **options)


class TestSqliteWithNumbers(RepositoryContract):
    """A SQLite file, whose ids are numbers."""

    examples = 4
    stride = 9  # the code is that of texts, where each call is
    id_type = int

    def new(self) -> Repository:
        folder = self.new_path()
        folder.mkdir()
        return repository_for("sqlite", folder, int)


class TestMemoryWithUuids(RepositoryContract):
    """In memory, whose ids are UUIDs."""

    examples = 4
    id_type = UUID

    def new(self) -> Repository:
        return MemoryRepository()


class TestMemoryNotifier(NotifierContract):
    """Keeps what it was given."""

    def new(self) -> Notifier:
        return MemoryNotifier()

    def received(self, notifier: Notifier) -> list[Received]:
        return [
            Received(
                key=one.key,
                to_address=one.to_address,
                subject=one.subject,
                text=f"{one.text}\n{one.link or ''}",
            )
            for one in notifier.sent
        ]


class TestFileNotifier(NotifierContract):
    """Writes files."""

    def new(self) -> Notifier:
        return FileNotifier(self.new_path())

    def failing(self) -> Notifier:
        path = self.new_path()
        notifier = FileNotifier(path)
        path.rmdir()
        return notifier

    def received(self, notifier: Notifier) -> list[Received]:
        return [_read(path) for path in sorted(notifier._folder.glob("*.eml"))]


def _read(path: Path) -> Received:
    return received_as(path.read_bytes(), key=unquote(path.name).rsplit(".", 2)[0])


class _Silent:
    def absences(self, *_: object) -> Sequence[Absence]:
        raise CalendarError("no answer")

    def schedules(self, *_: object) -> Mapping[Id, WeeklySchedule]:
        raise CalendarError("no answer")


class TestMemoryCalendar(CalendarContract):
    """Knows what it was given."""

    def new(self, absences: Sequence[Absence], schedules: Mapping[Id, WeeklySchedule]) -> Calendar:
        return MemoryCalendar(absences, schedules)

    def silent(self) -> Calendar:
        return _Silent()


class TestFolder(AttachmentStoreContract):
    """A folder of files."""

    def new(self) -> AttachmentStore:
        return FolderAttachmentStore(self.new_path())


class TestIndex(SimilarityStoreContract):
    """The index that the library brings."""

    def new(self) -> SimilarityStore:
        return SimilarityIndex()


class TestSqliteSimilarity(SimilarityStoreContract):
    """A SQLite file with an index of words."""

    examples = 8

    def new(self) -> SimilarityStore:
        return SqlSimilarityStore(f"sqlite:///{self.new_path()}.sqlite")


class TestPostgresSimilarity(SimilarityStoreContract):
    """A PostgreSQL database with an index of words; its tables are emptied for each store."""

    examples = 10

    def new(self) -> SimilarityStore:
        url, options = postgres.emptied_url()
        return SqlSimilarityStore(url, **options)


class TestSqliteSimilarityWithNumbers(SimilarityStoreContract):
    """A SQLite database in memory, whose ids are numbers."""

    examples = 4
    id_type = int

    def new(self) -> SimilarityStore:
        return SqlSimilarityStore("sqlite:///:memory:", id_type=int)


class TestPostgresSimilarityWithUuids(SimilarityStoreContract):
    """A PostgreSQL database, whose ids are UUIDs."""

    examples = 4
    id_type = UUID

    def new(self) -> SimilarityStore:
        url, options = postgres.emptied_url(UUID)
        return SqlSimilarityStore(url, **options)
