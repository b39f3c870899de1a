"""What the server of processes loads, plays and compiles once, before it forks the first worker."""

import tempfile
from pathlib import Path

from sqlalchemy.dialects.postgresql import psycopg

from desks import Company
from helpdesk_core import Visibility
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.adapters.sql.statements import statements_for
from workers import LOADS, MEMBERS, TEAM

#: Of each load; they meet most of what it does.
CALLS = 12


def _play() -> None:
    """A little of each load, on a database in memory that is closed before anybody is forked."""
    for load in LOADS.values():
        with (
            tempfile.TemporaryDirectory() as folder,
            SqlRepository("sqlite:///:memory:") as repository,
        ):
            company = Company(repository, Path(folder))
            company.team(TEAM, Visibility.PUBLIC, member_ids=MEMBERS, auto_assign=True)
            for number in range(CALLS):
                load(repository, number)


def _compile() -> None:
    """What PostgreSQL is asked; where it runs is not known here."""
    psycopg.dialect.import_dbapi()
    statements = statements_for(str, "str_", "postgresql")
    for statement in list(statements._own):
        statements.query(statement)


_play()
_compile()
