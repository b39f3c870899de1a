"""Everything in an SQL database, by SQLAlchemy Core; needs the extra `sql`."""

from helpdesk_core.adapters.sql.repository import SqlRepository

__all__ = ["SqlRepository"]
