"""`check`: looks a database over and prints what is wrong in it, a line each."""

from __future__ import annotations

import argparse
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.memory import MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli.errors import InputError
from helpdesk_core.service import Helpdesk


def run(arguments: argparse.Namespace) -> int:
    """Check one database; 1 when anything was found."""
    name, url = database_url(arguments.url)
    try:
        repository = SqlRepository(url, migrate=False)
        helpdesk = Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), SystemClock())
        problems = helpdesk.check()
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or type(error).__name__
        raise InputError(f"{name}: {cause}") from None
    except ModuleNotFoundError as error:
        raise InputError(f"{name}: the database needs {error.name}, which is not there") from None
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{name}: nothing wrong was found")
    return 1 if problems else 0


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
