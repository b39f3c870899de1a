"""The help desk behind the pages: the library's ports over a database, with the demo's company."""

from __future__ import annotations

import os
import secrets
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from helpdesk_core import Absence, Helpdesk, Id, SimilarityIndex, System
from helpdesk_core.adapters.files import FileNotifier, FolderAttachmentStore
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli import demo, demo_data

#: The host itself: for what it knows as the host, and never for what somebody is shown of tickets.
HOST = System(reason="the desk's own set-up")
#: The wall clock of the company, and the Monday after the demo's three weeks: then the desk opens.
ZONE, OPENS = ZoneInfo("Europe/Rome"), datetime(2026, 3, 23, 8, tzinfo=UTC)
#: Who there is. The library lists nobody: people are the host's.
PEOPLE = {user.id: user for user in demo_data.people()}


def _away(user_id: Id, month: int, day: int, days: int) -> Absence:
    start = datetime(2026, month, day, tzinfo=ZONE)
    return Absence(user_id=user_id, start=start, end=start + timedelta(days=days))


#: The demo's time off, what is planned after it, and Easter Monday for every member.
PLANNED = (_away("ada", 3, 25, 3), _away("giulia", 3, 30, 5), _away("nikos", 3, 26, 2))
EASTER = (_away(id, 4, 6, 1) for id in demo_data.schedules())
TIME_OFF = (*demo_data.time_off(), *PLANNED, *EASTER)


class DeskClock:
    """Goes as the real one, from when the desk opened: a real host has `SystemClock`."""

    def __init__(self, begun: float) -> None:
        self._begun = begun

    def now(self) -> datetime:
        """The moment of the desk."""
        return OPENS + timedelta(seconds=max(0.0, time.time() - self._begun))


def open_desk() -> Helpdesk:
    """The help desk, and the demo's three weeks played into it when its database is empty."""
    folder = Path(os.environ.get("HELPDESK_FOLDER", "desk"))
    folder.mkdir(parents=True, exist_ok=True)
    begun = folder / "begun"  # its age is that of the desk
    repository = SqlRepository(
        os.environ.get("HELPDESK_URL") or f"sqlite:///{folder / 'helpdesk.db'}"
    )
    calendar = MemoryCalendar(TIME_OFF, demo_data.schedules())
    files, past = FolderAttachmentStore(folder / "files"), ManualClock(demo_data.FIRST_DAY)
    before = Helpdesk(repository, MemoryNotifier(), calendar, past, attachments=files)
    if not before.teams(actor=HOST).items:
        print("The demo's three weeks are played: some seconds.", flush=True)
        demo.set_up(before)
        demo.ThreeWeeks(before, past, 7).play(demo_data.arrivals(7, demo_data.TICKETS))
        begun.touch()
    elif not begun.exists():
        raise SystemExit(
            "Its first start was broken off, or it is another's: take an empty database."
        )
    clock, mail = DeskClock(begun.stat().st_mtime), FileNotifier(folder / "mail")
    desk = Helpdesk(
        repository, mail, calendar, clock, attachments=files, similarity=SimilarityIndex(),
        id_factory=lambda: secrets.token_hex(4),  # people read them
    )  # fmt: skip
    desk.fill_similarity_store(actor=HOST)
    return desk
