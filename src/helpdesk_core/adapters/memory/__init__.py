"""Everything in memory: for tests, for trying things, and as the plainest reading of the ports.

A writer works on a copy of the dictionaries and puts it in place when it ends, so readers always
see one committed state. Counts are not kept but counted, which makes this the judge of stores that
keep them.
"""

from __future__ import annotations

from helpdesk_core.adapters.memory.asynchronous import AsyncMemoryRepository
from helpdesk_core.adapters.memory.other_ports import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.memory.repository import MemoryRepository
from helpdesk_core.adapters.memory.session import MemorySession

__all__ = [
    "AsyncMemoryRepository",
    "ManualClock",
    "MemoryCalendar",
    "MemoryNotifier",
    "MemoryRepository",
    "MemorySession",
]
