"""`duplicates` and `check` on small files."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli import main
from helpdesk_core.cli.csvfile import CsvFile
from helpdesk_core.cli.rows import Columns, read_rows
from helpdesk_core.entities import Role, System, User, UserKind, Visibility
from helpdesk_core.fields import SUBJECT_LIMIT
from helpdesk_core.service import Helpdesk

REQUESTS = """key,title,text
A,No ink in printer 7,The printer is out of ink since Monday.
B,A flood in the cellar,Water everywhere near the server.
C,NO INK in Printer 7!,The printer is out of ink since Monday
D,Holiday,When is the next holiday?
"""


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    """A file with two requests that say the same."""
    path = tmp_path / "requests.csv"
    path.write_text(REQUESTS)
    return path


def test_groups_are_printed_with_ratings_and_shares(
    requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """M2, M4: the group is there with its master, the rating and what each field gave."""
    options = ["--title", "title", "--text", "text", "--id", "key"]
    assert main(["duplicates", str(requests), *options]) == 0
    said = capsys.readouterr().out
    assert "4 tickets; 1 groups with 1 duplicates at 0.5 or more" in said
    lines = [line for line in said.splitlines() if "1.00" in line]
    assert len(lines) == 1
    assert "C" in lines[0]
    assert "subject" in lines[0]
    assert "flood" not in said


def test_groups_as_json(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """M2: the shares of a rating add up to it; without an id column the line is the id."""
    assert main(["duplicates", str(requests), "--title", "title", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["tickets"], report["threshold"]) == (4, 0.5)
    (group,) = report["groups"]
    assert group["master"] == 2
    (match,) = group["members"]
    assert match["id"] == 4
    assert sum(match["shares"].values()) == pytest.approx(match["rating"])


def test_the_threshold_is_kept(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """M3: below the threshold nothing is listed; one that is no number from 0 to 1 is refused."""
    requests.write_text(REQUESTS.replace("NO INK", "Still no ink"))
    options = ["--title", "title", "--json", "--threshold"]
    assert main(["duplicates", str(requests), *options, "1"]) == 0
    assert json.loads(capsys.readouterr().out)["groups"] == []
    for wrong in ("0", "1.01", "-1", "nan"):
        assert main(["duplicates", str(requests), *options, wrong]) == 2
        assert "--threshold must be over 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((), "give --title, --text or both"),
        (("--title", "Title"), "no column 'Title'; there are 'key', 'title', 'text'"),
        (("--title", "title", "--id", "nr"), "no column 'nr'"),
        (("--title", "title", "--delimiter", ";;"), "the delimiter must be one character"),
    ],
)
def test_wrong_options(
    options: tuple[str, ...], problem: str, requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A column that is not there, or none at all, is one line."""
    assert main(["duplicates", str(requests), *options]) == 2
    said = capsys.readouterr().err
    assert problem in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("A,again,text", "line 6, column 'key': 'A' is on line 2 too"),
        (" ,again,text", "line 6, column 'key': is empty"),
        ("\x1b[31m,again,text", "line 6, column 'key': must be one line without control"),
    ],
)
def test_ids_that_cannot_be_used(
    row: str, problem: str, requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An id that comes twice, is empty, or is no line of text is named with its line."""
    requests.write_text(REQUESTS + row + "\n")
    assert main(["duplicates", str(requests), "--title", "title", "--id", "key"]) == 2
    assert problem in capsys.readouterr().err


def test_any_text_can_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """M1: titles that are empty, long, or of several lines lose no word and print no escape."""
    path = tmp_path / "odd.csv"
    long = " ".join(f"word{n}" for n in range(200))
    assert len(long) > SUBJECT_LIMIT
    rows = [f'"{long}",first', f'"{long.upper()}",first', ",", ",", '"a\x1b[31m b\nc",[red]x']
    path.write_text("title,text\n" + "\n".join(rows) + "\n")
    assert main(["duplicates", str(path), "--title", "title", "--text", "text"]) == 0
    said = capsys.readouterr().out
    assert "5 tickets; 1 groups with 1 duplicates" in said  # two without content are not alike
    assert "\x1b" not in said


def test_a_long_title_loses_no_word() -> None:
    """M1: what a title has over the limit of a subject goes before the text."""
    long = " ".join(f"word{n}" for n in range(200))
    for title in (long, "x" * (SUBJECT_LIMIT + 7)):
        lines = [b"title,text\n", f"{title},first\n".encode()]
        columns = Columns(title="title", text="text")
        (row,) = read_rows(CsvFile(lines, name="odd.csv"), columns)
        ticket = row.ticket
        rest, text = ticket.description.split("\n")
        assert text == "first"
        assert f"{ticket.subject} {rest}".replace(" ", "") == title.replace(" ", "")
        assert len(ticket.subject) <= SUBJECT_LIMIT


def test_check_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A database is checked by path and by URL: 0 when it is well, 1 with a line each if not."""
    path, now = tmp_path / "desk.db", datetime(2026, 1, 5, tzinfo=UTC)
    setup = System(reason="test")
    with SqlRepository(f"sqlite:///{path}") as repository:
        desk = Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), ManualClock(now))
        desk.add_user(
            User(id="ada", name="Ada", kind=UserKind.INTERNAL, roles=frozenset({Role.AGENT})),
            actor=setup,
        )
        stage = desk.create_stage("New", actor=setup)
        team = desk.create_team(
            "IT", Visibility.COMPANY, actor=setup, stage_ids=[stage.id], auto_assign=True
        )
        desk.open_ticket(team.id, "No ink", actor=setup)
    for url in (str(path), f"sqlite:///{path}"):
        assert main(["check", url]) == 0
        assert "nothing wrong was found" in capsys.readouterr().out
    with closing(sqlite3.connect(path)) as database, database:
        assert database.execute("update helpdesk_outbox set status = 'dead'").rowcount == 1
    assert main(["check", str(path)]) == 1
    assert "is given up after 0 attempts" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("none.db", "No such file or directory"),
        ("sqlite:///none.db", "No such file or directory"),
        ("sqlite://", "a database in memory holds nothing to check"),
        ("nonsense://eve:secret@host/x", "the URL is none that SQLAlchemy knows"),
        ("other.db", "cannot open"),
        ("empty.db", "cannot open"),
        ("text.db", "cannot open"),
        (".", "is not a file"),
    ],
)
def test_check_makes_and_changes_no_database(
    url: str,
    problem: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is no help desk's database is told in one line, and is as it was; no password shows."""
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("other.db")) as other, other:
        other.execute("create table mine (x)")
    Path("empty.db").touch()
    Path("text.db").write_text("not a database, " * 100)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert main(["check", url]) == 2
    said = capsys.readouterr()
    assert problem in said.err
    assert said.err.count("\n") == 1
    assert "secret" not in said.err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
