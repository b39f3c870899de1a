"""Bringing a database up to date by the migrations in the package, and knowing whose it is."""

from __future__ import annotations

from importlib import resources
from typing import Any

import sqlalchemy as sa

from helpdesk_core.adapters.sql.tables import REVISION, Tables
from helpdesk_core.adapters.sql.types import ID_TYPES
from helpdesk_core.errors import PendingMigrationsError, RepositoryError


def prepare_schema(
    connection: sa.Connection, tables: Tables, *, migrate: bool, read_only: bool = False
) -> None:
    """Check the revision and the type of ids; make or migrate what is older.

    Everything happens in the caller's transaction, so that of two programs that open a new file
    one makes the tables and the other finds them.
    """
    present = stored_revision(connection, tables)
    if present != REVISION:
        pending = _revisions_after(present, tables)
        if not migrate:
            if present is None:
                raise RepositoryError(
                    f"the schema has no tables, {REVISION} is needed: open to migrate"
                )
            raise PendingMigrationsError(
                f"the schema is of revision {present}, {REVISION} is needed: open to migrate",
                pending,
            )
        _upgrade(connection, tables)
    _check_id_type(connection, tables, made=present is None, read_only=read_only)


def stored_revision(connection: sa.Connection, tables: Tables) -> str | None:
    """The revision of the database's tables; None when there are none."""
    name = tables.version_table
    if not sa.inspect(connection).has_table(name):
        return None
    table = sa.table(name, sa.column("version_num"))
    revision: str | None = connection.execute(sa.select(table.c.version_num)).scalar()
    return revision


def alembic_config(tables: Tables, connection: sa.Connection | None = None) -> Any:
    """Alembic's configuration for these tables; what varies is in its attributes."""
    from alembic.config import Config  # takes a while to load, and is rarely needed

    config = Config()
    folder = str(resources.files(__package__) / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes.update(connection=connection, tables=tables)
    return config


def _upgrade(connection: sa.Connection, tables: Tables) -> None:
    from alembic import command

    command.upgrade(alembic_config(tables, connection), "head")


def _revisions_after(present: str | None, tables: Tables) -> tuple[str, ...]:
    """The revisions that are still to come, in order; one that is not known is refused."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(alembic_config(tables))
    known = [script.revision for script in scripts.walk_revisions()][::-1]
    if present is None:
        return tuple(known)
    if present not in known:
        raise RepositoryError(
            f"the schema is of revision {present}, newer than this release knows ({REVISION})"
        )
    return tuple(known[known.index(present) + 1 :])


def _check_id_type(
    connection: sa.Connection, tables: Tables, *, made: bool, read_only: bool
) -> None:
    name = next(name for name, kind in ID_TYPES.items() if kind is tables.id_type)
    if made:
        connection.execute(sa.insert(tables.meta), {"name": "id_type", "value": name})
        return
    asked = sa.select(tables.meta.c.value).where(tables.meta.c.name == "id_type")
    kept = connection.execute(asked).scalar()
    if kept != name:
        raise RepositoryError(f"its ids are of type {kept}, not {name}")
    if read_only:
        return
    # Changes nothing, and finds out that the file cannot be written to.
    connection.execute(sa.update(tables.meta).values(value=tables.meta.c.value))
