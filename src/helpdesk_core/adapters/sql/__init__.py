"""Everything in an SQL database, by SQLAlchemy Core; needs the extra `sql`."""

from helpdesk_core.adapters.sql.repository import SqlRepository
from helpdesk_core.adapters.sql.similar import SqlSimilarityStore

__all__ = ["SqlRepository", "SqlSimilarityStore"]
