"""`AsyncHelpdesk`: the same help desk, for programs of asyncio (the extra `async`)."""

from __future__ import annotations

from helpdesk_core.aio.desk import AsyncHelpdesk, every

__all__ = ["AsyncHelpdesk", "every"]
