"""`demo`: a small company at work; here with fewer tickets than in the real one."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli import demo, demo_data, main
from helpdesk_core.cli.errors import InputError

FEW = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo of this module is made."""
    return tmp_path_factory.mktemp("demo") / "company"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer tickets, for the sake of time."""
    monkeypatch.setattr(demo_data, "TICKETS", FEW)


def rows_of(said: str, title: str) -> list[list[str]]:
    """The cells of the table that begins with this heading."""
    lines = said.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"┃ {title}"))
    rows = []
    for line in lines[start + 2 :]:
        if line.startswith("└"):
            break
        if line.startswith("│"):
            rows.append([cell.strip() for cell in line.strip("│").split("│")])
    return rows


@pytest.mark.usefixtures("few")
def test_the_demo_shows_what_it_promises(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A3, A10, V3, G8, M14: one run shows them all, and its tables add up."""
    monkeypatch.setenv("COLUMNS", "140")
    assert main(["demo", "--folder", str(folder), "--seed", "3"]) == 0
    said = capsys.readouterr()
    assert said.err == ""  # no progress bar where nobody looks
    assert "\x1b" not in said.out
    text = said.out
    assert f"{FEW} requests in 7 languages" in text
    assert "Giulia Ferri gets it, and is there from Tue 10 Mar 08:00 UTC." in text
    assert "Passed over: Tom Baker. The person is absent. Back on Thu 12 Mar" in text
    # a portal user sees some of what an internal user sees, a contact nothing
    sees = {row[0]: [int(cell) for cell in row[2:]] for row in rows_of(text, "sees how many")}
    assert sees["Rita Rossi"] == [max(column) for column in zip(*sees.values(), strict=True)]
    assert sum(sees["Rita Rossi"]) == FEW + 1
    assert 0 < sees["Ελένη Γεωργίου"][2] < sees["Sam Okafor"][2]
    assert sees["Ελένη Γεωργίου"][:2] == [0, 0]
    assert sees["Bruno Sala"] == [0, 0, 0]
    assert sees["Sam Okafor"][0] == 0 < sees["Giulia Ferri"][0]
    # duplicates are found, merged, un-merged
    assert "all of them are as they were" in text
    assert "and left so" in text
    # what members have is what the teams have
    teams = {row[0]: [int(cell) for cell in row[2:]] for row in rows_of(text, "team ")}
    members = rows_of(text, "member ")
    assert len(members) == 12
    for name, (opened, waiting, closed, _) in teams.items():
        assert sum(int(row[3]) for row in members if row[1] == name) == opened + closed
        assert sum(int(row[4]) for row in members if row[1] == name) == opened
        assert waiting == 0
    assert sum(sum(row) for row in teams.values()) == FEW + 1
    assert "check: nothing wrong was found." in text


def test_what_is_in_the_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """G8: stage messages are files that a mail program reads; the database can be opened again."""
    letters = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (folder / "mail").glob("*.eml")
    ]
    kinds = {letter["X-Helpdesk-Kind"] for letter in letters}
    assert kinds == {"assigned", "opened", "stage", "update"}
    greek = [str(x["Subject"]) for x in letters if "eleni@" in str(x["To"])]
    assert any(re.search("[α-ω]", subject) for subject in greek)
    assert len(list((folder / "files").iterdir())) == 1
    url = f"sqlite:///{folder / 'helpdesk.db'}"
    with SqlRepository(url) as repository, repository.reading() as session:
        assert len(session.teams()) == 3
    assert main(["check", str(folder / "helpdesk.db")]) == 0
    capsys.readouterr()
    options = ["--id", "id", "--title", "subject", "--text", "description", "--threshold", "0.85"]
    assert main(["duplicates", str(folder / "tickets.csv"), *options]) == 0
    assert f"{FEW} tickets" in capsys.readouterr().out


@pytest.mark.usefixtures("few")
def test_the_same_seed_gives_the_same_company(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of an earlier demo is replaced, what else is in it stays, and all is the same."""
    monkeypatch.setenv("COLUMNS", "140")
    (folder / "my notes.txt").write_text("mine")
    mail = {path.name: path.read_bytes() for path in (folder / "mail").iterdir()}
    assert main(["demo", "--folder", str(folder), "--seed", "3"]) == 0
    assert {path.name: path.read_bytes() for path in (folder / "mail").iterdir()} == mail
    assert (folder / "my notes.txt").read_text() == "mine"


def test_a_folder_that_is_no_demos_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder or a file that no demo made is left alone, with one line."""
    taken, file, parent = tmp_path / "taken", tmp_path / "file", tmp_path / "file" / "below"
    taken.mkdir()
    (taken / "helpdesk.db").write_text("mine")
    file.write_text("mine")
    for path in (taken, file, parent):
        assert main(["demo", "--folder", str(path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert (taken / "helpdesk.db").read_text() == "mine"
    assert [path.name for path in taken.iterdir()] == ["helpdesk.db"]
    assert file.read_text() == "mine"


def test_a_link_inside_the_folder_is_not_followed(tmp_path: Path) -> None:
    """Replacing removes a link that was put in place of a folder, and nothing behind it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine")
    folder = demo.fresh_folder(tmp_path / "demo")
    (folder / demo.MAIL).symlink_to(outside)
    demo.fresh_folder(folder)
    assert not (folder / demo.MAIL).exists()
    assert (outside / "mine.txt").read_text() == "mine"
    (folder / demo.MARKER).unlink()
    with pytest.raises(InputError, match="is there already"):
        demo.fresh_folder(folder)


def test_arrivals_are_many_in_many_languages_and_some_come_twice() -> None:
    """The made-up tickets are in order, of seven languages, and about one in twelve is a repeat."""
    arrivals = demo_data.arrivals(17, demo_data.TICKETS)
    assert [ticket.at for ticket in arrivals] == sorted(ticket.at for ticket in arrivals)
    assert {ticket.language for ticket in arrivals} == {"en", "it", "de", "fr", "es", "pl", "el"}
    assert {ticket.team_id for ticket in arrivals} == {"hr", "it", "care"}
    assert 0.04 < sum(ticket.again for ticket in arrivals) / len(arrivals) < 0.14
    assert arrivals != demo_data.arrivals(18, demo_data.TICKETS)
