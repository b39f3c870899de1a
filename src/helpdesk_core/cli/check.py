"""`check`: what is wrong in a database, a line each; with `--repair` also what was mended.

Without `--repair` the database is opened to be read only: nothing is made, migrated or changed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from uuid import UUID

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.files import FolderAttachmentStore
from helpdesk_core.adapters.memory import MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli.errors import InputError
from helpdesk_core.entities import System
from helpdesk_core.errors import PendingMigrationsError
from helpdesk_core.service import Helpdesk

ACTOR = System(reason="helpdesk-core check --repair")
_ID_TYPES: dict[str, type] = {"str": str, "int": int, "uuid": UUID}


def run(arguments: argparse.Namespace) -> int:
    """Check one database; 1 when anything is wrong, or is left so."""
    name, url = database_url(arguments.url)
    folder = arguments.attachments
    if folder is not None and not Path(folder).is_dir():
        raise InputError(f"{folder}: is not a folder")
    try:
        return _look(arguments, name, url)
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or type(error).__name__
        raise InputError(f"{name}: {cause}") from None
    except ModuleNotFoundError as error:
        raise InputError(f"{name}: the database needs {error.name}, which is not there") from None


def _look(arguments: argparse.Namespace, name: str, url: str) -> int:
    options = {"prefix": arguments.prefix, "id_type": _ID_TYPES[arguments.ids]}
    pending: tuple[str, ...] = ()
    try:  # looked at before anything is done, also when it is to be mended
        with SqlRepository(url, read_only=True, **options) as repository:
            if not arguments.repair:
                return _told(name, _desk(repository, arguments.attachments))
    except PendingMigrationsError as error:
        pending = error.pending
    if not arguments.repair:
        for revision in pending:
            print(f"The migration {revision} is pending. (--repair)")
        print(f"{name}: looked no further: open it with this release, or use --repair")
        return 1
    with SqlRepository(url, **options) as repository:
        for revision in pending:
            print(f"mended: The migration {revision} was pending.")
        return _mended(name, _desk(repository, arguments.attachments), anything=bool(pending))


def _told(name: str, desk: Helpdesk) -> int:
    findings = desk.check()
    for finding in findings:
        print(f"{finding} (--repair)" if finding.mendable else finding)
    if not findings:
        print(f"{name}: nothing wrong was found")
    return 1 if findings else 0


def _mended(name: str, desk: Helpdesk, *, anything: bool) -> int:
    repaired = desk.repair(actor=ACTOR)
    for finding in repaired.mended:
        print(f"mended: {finding}")
    for finding in repaired.left:
        print(f"left: {finding}")
    if not (anything or repaired.mended or repaired.left):
        print(f"{name}: nothing wrong was found")
    return 1 if repaired.left else 0


def _desk(repository: SqlRepository, folder: str | None) -> Helpdesk:
    files = None if folder is None else FolderAttachmentStore(folder)
    return Helpdesk(
        repository, MemoryNotifier(), MemoryCalendar(), SystemClock(), attachments=files
    )


def database_url(given: str) -> tuple[str, str]:
    """A name that may be shown, and the URL, of a database given by URL or by path.

    A SQLite file that is not there is refused, since connecting would make an empty one.

    >>> database_url("no-such-file.db")
    Traceback (most recent call last):
    helpdesk_core.cli.errors.InputError: no-such-file.db: No such file or directory
    """
    if "://" not in given:
        _check_file(Path(given))
        return given, f"sqlite:///{given}"
    try:
        url = make_url(given)
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise InputError("the URL is none that SQLAlchemy knows") from None  # may hold a password
    name = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise InputError(f"{name}: a database in memory holds nothing to check")
        _check_file(Path(url.database))
    return name, given


def _check_file(path: Path) -> None:
    if not path.exists():
        raise InputError(f"{path}: No such file or directory")
    if not path.is_file():
        raise InputError(f"{path}: is not a file")
