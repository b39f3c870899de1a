"""Everything in an SQL database, by SQLAlchemy Core; needs the extra `sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_core.adapters.sql.repository import SqlRepository
from helpdesk_core.adapters.sql.similar import SqlSimilarityStore

if TYPE_CHECKING:
    from helpdesk_core.adapters.sql.asynchronous import AsyncSqlRepository as AsyncSqlRepository

__all__ = ["AsyncSqlRepository", "SqlRepository", "SqlSimilarityStore"]


def __getattr__(name: str) -> Any:
    """What needs the extra `async` is loaded when it is asked for."""
    if name == "AsyncSqlRepository":
        from helpdesk_core.adapters.sql.asynchronous import AsyncSqlRepository

        return AsyncSqlRepository
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
