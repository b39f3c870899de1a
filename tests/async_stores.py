"""Asynchronous repositories for tests, by functions that any process can find."""

from __future__ import annotations

from typing import Any

from helpdesk_core.adapters.sql import AsyncSqlRepository


async def opened(url: str, options: dict[str, Any]) -> AsyncSqlRepository:
    """An open repository."""
    return await AsyncSqlRepository(url, **options).open()
