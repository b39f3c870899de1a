"""Tickets that look alike, found and rated in a database."""

from helpdesk_core.adapters.sql.similar.store import SqlSimilarityStore

__all__ = ["SqlSimilarityStore"]
