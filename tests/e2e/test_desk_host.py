"""What the desk does when what it stands on fails: no browser is needed to see it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk_core import NotFoundError, RepositoryError, RetryableError

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
BROKEN_OFF = """
import os
from desk.company import open_desk
from helpdesk_core import Helpdesk
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli import demo, demo_data

repository = SqlRepository(f"sqlite:///{os.environ['HELPDESK_FOLDER']}/helpdesk.db")
clock = ManualClock(demo_data.FIRST_DAY)
demo.set_up(Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), clock))
open_desk()
"""


def test_a_first_start_that_was_broken_off_is_told(tmp_path: Path) -> None:
    """A desk whose people are there and whose weeks are not does not open as if it were whole."""
    environment = {**os.environ, "HELPDESK_FOLDER": str(tmp_path), "HELPDESK_URL": ""}
    ended = subprocess.run(
        [sys.executable, "-c", BROKEN_OFF],
        cwd=EXAMPLES,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Its first start was broken off")


def test_what_does_not_answer_is_a_plain_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is busy or away is a 503, and no page tells what it said."""
    pytest.importorskip("multipart")
    pytest.importorskip("itsdangerous")
    fastapi = pytest.importorskip("fastapi")
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from desk.app import refused

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"a=b", "headers": []}
    for error, status in (
        (RetryableError("secret"), 503),
        (RepositoryError("secret"), 503),
        (NotFoundError("ticket", "secret"), 404),
    ):
        answer = refused(fastapi.Request(scope), error)
        assert answer.status_code == status
        assert b"secret" not in answer.body
