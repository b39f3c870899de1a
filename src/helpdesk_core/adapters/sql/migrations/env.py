"""How Alembic runs the migrations: on the connection and for the tables that it is given."""

from __future__ import annotations

from alembic import context


def run() -> None:
    """Run them in the transaction that the connection is in."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=attributes["tables"].metadata,
        version_table=attributes["tables"].version_table,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):  # not so when something else than Alembic reads this file
    run()
