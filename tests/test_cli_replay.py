"""`replay`: what is played, what is counted, and that nothing half done is left behind."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from event_logs import COLUMNS, LOG, PLAIN, REAL, independent_count, real_log
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli import main
from helpdesk_core.cli.csvfile import CsvFile, reading
from helpdesk_core.cli.logs import PRESETS, EventLog, choose_format, read_log
from helpdesk_core.cli.replay import entries, play
from helpdesk_core.cli.reports import OpenLoads, history_of
from helpdesk_core.entities import AssignmentMethod

EQUAL_TICKETS, EQUAL_OPEN = AssignmentMethod.EQUAL_TICKETS, AssignmentMethod.EQUAL_OPEN


def log_of(text: str) -> EventLog:
    """A log of these lines."""
    return read_log(CsvFile(io.BytesIO(text.encode()), name="log.csv"), PLAIN)


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    """The small log as a file."""
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    return path


def report_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """What a replay says as JSON."""
    assert main(["replay", *arguments, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return json.loads(said.out)


# --- what is counted -----------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.booleans()), max_size=40))
def test_open_loads_are_those_of_a_plain_count(steps: list[tuple[str | None, bool]]) -> None:
    """The spread kept step by step is the greatest less the least of a plain count each time."""
    loads, plain = OpenLoads(["a", "b", "c"]), dict.fromkeys(["a", "b", "c"], 0)
    spreads = []
    for member, opens in steps:
        if opens:
            loads.opened(member)
        elif member is None or plain[member]:
            loads.closed(member)
        else:
            continue
        if member is not None:
            plain[member] += 1 if opens else -1
        loads.sample()
        spreads.append(max(plain.values()) - min(plain.values()))
    assert loads.open == plain
    assert loads.maximum == max(spreads, default=0)
    assert loads.mean == pytest.approx(sum(spreads) / len(spreads) if spreads else 0)


def test_history_of_a_small_log() -> None:
    """Each case is its owner's from its first event on, and nobody's counts for nobody."""
    history = history_of(log_of(LOG))
    assert history.tickets == {"ada": 2, "ben": 0, "cy": 1}
    assert (history.cases, history.events, history.nobody) == (4, 9, 1)
    assert (history.closings, history.reopenings) == (3, 1)
    assert (history.spread, history.busiest, history.waited) == (2, "ada", None)
    # after each event: cy; cy ada; the same twice more; ada; the same; cy ada; ada twice; cy ada
    assert (history.open_spread_max, history.open_spread_mean) == (2, 10 / 9)


@pytest.mark.parametrize("method", [EQUAL_TICKETS, EQUAL_OPEN])
def test_policy_on_a_small_log_in_both_stores(method: AssignmentMethod, tmp_path: Path) -> None:
    """A3, A4, A5: four cases over three members, in memory and on SQLite alike."""
    log = log_of(LOG)
    policy, problems = play(log, MemoryRepository(), method)
    with SqlRepository(f"sqlite:///{tmp_path / 'desk.db'}") as repository:
        assert play(log, repository, method) == (policy, problems)
    assert problems == ()
    assert (policy.cases, policy.events, policy.nobody, policy.waited) == (4, 9, 0, 0)
    assert (policy.closings, policy.reopenings) == (3, 1)
    # C is cy's and closed at once; by tickets the fourth goes round to ada, by open ones to cy
    busiest = "ada" if method is EQUAL_TICKETS else "cy"
    assert policy.tickets == {**dict.fromkeys(["ada", "ben", "cy"], 1), busiest: 2}


rows = st.tuples(
    st.integers(0, 5), st.sampled_from(["New", "Work", "Closed", "Resolved"]), st.integers(0, 3)
)


@settings(max_examples=25)
@given(st.lists(rows, min_size=1, max_size=25), st.sampled_from(AssignmentMethod))
def test_any_log_is_played_whole(
    events: list[tuple[int, str, int]], method: AssignmentMethod
) -> None:
    """A5, G3: every case and event is played, closings as in history, and tickets spread by one."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    lines = [
        f"C{case},{what},{f'p{who}' if who else ''},{(start + timedelta(hours=n)).isoformat()}"
        for n, (case, what, who) in enumerate(events)
    ]
    log = log_of("case,what,who,when\n" + "\n".join(lines) + "\n")
    policy, problems = play(log, MemoryRepository(), method)
    history = history_of(log)
    assert problems == ()
    assert (policy.cases, policy.events) == (history.cases, history.events)
    assert (policy.closings, policy.reopenings) == (history.closings, history.reopenings)
    assert sum(policy.tickets.values()) + policy.nobody == policy.cases
    if method is EQUAL_TICKETS:
        assert policy.spread <= 1
    if log.people:
        assert policy.nobody == policy.waited == 0
    else:  # A2: nobody to give it to, and the ticket is kept
        assert policy.nobody == policy.waited == policy.cases


def test_a_log_in_which_everything_closes() -> None:
    """G7: a team always keeps an open stage, so one is added where every activity closes."""
    policy, _ = play(
        log_of("case,what,who,when\nA,Closed,a,2026-01-01\nB,Closed,b,2026-01-02\n"),
        MemoryRepository(),
        EQUAL_OPEN,
    )
    assert (policy.cases, policy.closings, policy.tickets) == (2, 2, {"a": 1, "b": 1})


# --- the command ---------------------------------------------------------------------------------


def test_the_report_side_by_side(log_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The tables hold both halves, the cases that never close, and how times were read."""
    assert main(["replay", str(log_file), *COLUMNS]) == 0
    said = capsys.readouterr().out
    assert "times without a zone are read as UTC" in " ".join(said.split())
    assert "1 cases never close, 1 go on after closing" in " ".join(said.split())
    cells = [[c.strip() for c in line.strip("│").split("│")] for line in said.splitlines()]
    assert ["nobody", "0", "1"] in cells
    assert ["ada", "2", "2"] in cells
    assert ["tickets per person, most - fewest", "1", "2"] in cells


def test_the_report_as_json(log_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same figures as JSON, with nothing else on stdout or stderr."""
    report = report_of(capsys, str(log_file), *COLUMNS, "--method", "equal_open")
    assert (report["cases"], report["events"], report["people"]) == (4, 9, 3)
    assert (report["never_close"], report["go_on_after_closing"]) == (1, 1)
    assert report["policy"]["tickets_per_person"] == {"ada": 1, "ben": 1, "cy": 2}
    assert report["history"]["tickets_per_person"] == {"ada": 2, "ben": 0, "cy": 1}
    assert (report["preset"], report["time_zone"], report["closing"]) == (None, "UTC", ["Closed"])


def test_owner_closing_and_zone_are_options(
    log_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--owner, --closing and --tz change what the log is taken for."""
    options = ("--owner", "first", "--closing", "Work", "Closed", "--tz", "Europe/Rome")
    report = report_of(capsys, str(log_file), *COLUMNS, *options)
    assert report["history"]["tickets_per_person"] == {"ada": 3, "ben": 0, "cy": 0}
    assert (report["never_close"], report["time_zone"]) == (0, "Europe/Rome")
    assert report["closing"] == ["Closed", "Work"]


def test_the_database_is_kept_where_it_was_asked_for(
    log_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --database the help desk is there afterwards, whole, and nothing beside it."""
    target = log_file.parent / "desk.db"
    report_of(capsys, str(log_file), *COLUMNS, "--database", str(target))
    assert sorted(path.name for path in log_file.parent.iterdir()) == ["desk.db", "log.csv"]
    assert main(["check", str(target)]) == 0
    before = target.read_bytes()
    for again in (target, log_file):  # holds a replay; is no database at all
        text = again.read_bytes()
        assert main(["replay", str(log_file), *COLUMNS, "--database", str(again)]) == 2
        assert "is there already; a replay makes a new database" in capsys.readouterr().err
        assert again.read_bytes() == text
    assert target.read_bytes() == before


AWAY = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
DTSTART:20260105T080000Z
DTEND:20260105T103000Z
ATTENDEE;CN=Ada:mailto:a.rossi@example.com
END:VEVENT
END:VCALENDAR
"""


def test_absences(log_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A9: a replay gives nothing to who is away by the calendar, named by name or by address."""
    absences = tmp_path / "off.ics"
    shares = []
    for text in (
        None,
        AWAY,
        AWAY.replace("CN=Ada:mailto:a.rossi", "CN=x:mailto:ADA").replace("@example.com", ""),
    ):
        options = () if text is None else ("--absences", str(absences))
        if text is not None:
            absences.write_text(text)
        assert main(["replay", str(log_file), *COLUMNS, *options, "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["absences"] == (None if text is None else str(absences))
        shares.append(report["policy"]["tickets_per_person"])
    assert shares[0] != shares[1] == shares[2]
    assert shares[1]["ada"] < shares[0]["ada"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            AWAY.replace("20260105T08", "20260105T25"),
            "off.ics, line 5: DTSTART must be a date or a",
        ),
        (AWAY.replace("CN=Ada", "CN=Zoe"), "nobody of the log is away after 2026-01-05"),
        ("", "off.ics: must hold a VCALENDAR"),
    ],
)
def test_absences_that_cannot_be_used(
    text: str, problem: str, log_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A14: a calendar that tells nothing is refused by name and line, and nothing is played."""
    absences = tmp_path / "off.ics"
    absences.write_text(text)
    target = tmp_path / "kept.db"
    options = ("--absences", str(absences), "--database", str(target))
    assert main(["replay", str(log_file), *COLUMNS, *options]) == 2
    assert problem in capsys.readouterr().err
    assert not target.exists()


def test_absences_without_the_extra(
    log_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The extra that `--absences` needs is named when it is not there."""
    for name in [name for name in sys.modules if name.startswith("helpdesk_core.adapters.ical")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "icalendar", None)
    assert main(["replay", str(log_file), *COLUMNS, "--absences", "off.ics"]) == 2
    assert "pip install 'helpdesk-core[ical]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--absences", "no/off.ics"), "no/off.ics: No such file or directory"),
        (("--tz", "Europe/Roma"), "no time zone is named 'Europe/Roma'"),
        (("--closing", "Done"), "no activity is 'Done'; there are 'New', 'Closed', 'Work'"),
        (("--owner", "Take"), "no activity is 'Take'"),
        (("--database", "no/such/folder.db"), "no/such: is not a folder"),
        (("--time-format", "%Y"), "line 2, column 'when': '2026-01-05T09:00' is no time"),
        (("--preset", "italian", "--case", "Case ID"), "no column 'Case ID'"),
    ],
)
def test_wrong_options(
    options: tuple[str, ...], problem: str, log_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option that fits nothing is one line, and nothing was written."""
    assert main(["replay", str(log_file), *COLUMNS, *options]) == 2
    said = capsys.readouterr()
    assert problem in said.err
    assert (said.err.count("\n"), said.out) == (1, "")
    assert [path.name for path in log_file.parent.iterdir()] == ["log.csv"]


def test_a_date_that_does_not_exist_is_found_before_anything_is_written(
    log_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line of a log is read before the first is played."""
    log_file.write_text(LOG + "E,New,ada,2026-02-30T10:00\n")
    target = log_file.parent / "desk.db"
    assert main(["replay", str(log_file), *COLUMNS, "--database", str(target)]) == 2
    assert "line 11, column 'when': '2026-02-30T10:00' is no time" in capsys.readouterr().err
    assert [path.name for path in log_file.parent.iterdir()] == ["log.csv"]


def test_presets_are_seen_from_the_header(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log with a preset's columns needs no options, and the report says which it was."""
    form, path = PRESETS["servicenow"], tmp_path / "incidents.csv"
    header = f"{form.case},{form.activity},{form.person},{form.time}\n"
    path.write_text(header + "I1,New,?,01-03-2016 10:00\nI1,Resolved,?,01-03-2016 11:00\n")
    report = report_of(capsys, str(path))
    assert (report["preset"], report["closing"]) == ("servicenow", ["Resolved"])
    assert report["history"]["nobody"] == report["policy"]["waited"] == 1
    assert main(["replay", str(path)]) == 0
    assert "preset servicenow (by its header)" in " ".join(capsys.readouterr().out.split())


# --- the real logs -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "cases", "events", "never", "after"),
    [("italian", 4_580, 21_348, 21, 17), ("servicenow", 890, 5_998, 0, 890)],
)
def test_the_real_logs_are_counted_as_by_other_means(
    kind: str, cases: int, events: int, never: int, after: int
) -> None:
    """The historical half of the report agrees with SQL over the raw rows."""
    path = real_log(kind)
    with reading(path) as file:
        form, preset = choose_format(file)
        log = read_log(file, form)
    history, other = history_of(log), independent_count().count(kind, str(path))
    assert preset == kind
    assert (history.cases, history.events) == (cases, events) == (other["cases"], other["events"])
    assert (log.never_close, log.go_on_after_closing) == (never, after)
    assert (other["never_close"], other["go_on_after_closing"]) == (never, after)
    assert history.nobody == other["nobody"]
    assert Counter(history.tickets) == Counter(other["tickets_per_person"])
    assert sum(history.tickets.values()) + history.nobody == cases


def agree(kind: str, path: Path, repository: Any) -> int:
    """How many entries of stages there are, the same by history and by SQL over the raw rows."""
    with reading(path) as file:
        log = read_log(file, choose_format(file)[0])
    play(log, repository, EQUAL_TICKETS)
    other: dict[tuple[str, str], int] = independent_count().entered(kind, str(path))
    assert dict(entries(repository, log.cases)) == other
    return sum(other.values())


def sample(kind: str, path: Path, one_in: int) -> None:
    """Every so manieth case of a real log, with all of its rows, as a log of its own."""
    with real_log(kind).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    place = header.index(PRESETS[kind].case)
    cases = set(list(dict.fromkeys(row[place] for row in rows))[::one_in])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if row[place] in cases)])


@pytest.mark.parametrize(
    ("kind", "one_in", "total"), [("italian", 40, 513), ("servicenow", 20, 186)]
)
def test_real_moves_from_stage_to_stage(kind: str, one_in: int, total: int, tmp_path: Path) -> None:
    """G3, G5, T6: as many tickets come into each stage on each day as by SQL over the raw rows."""
    path = tmp_path / "sample.csv"
    sample(kind, path, one_in)
    repository = SqlRepository(f"sqlite:///{tmp_path / 'played.db'}")
    try:
        assert agree(kind, path, repository) == total
    finally:
        repository.close()


rows = st.lists(
    st.tuples(st.sampled_from("ABC"), st.sampled_from(["Assign", "Wait", "Closed"]),
              st.integers(0, 30)), min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(rows)
def test_moves_from_stage_to_stage(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int]]
) -> None:
    """G3, G5, T6: the same of any log: rows in any order, of one moment, of one activity twice."""
    path = tmp_path_factory.mktemp("log") / "log.csv"
    lines = ["Case ID,Activity,Resource,Complete Timestamp", "A,Assign,ada,2026/01/01 00:00:00.000"]
    for case, activity, quarter in rows:
        at = datetime(2026, 1, 5, 22, tzinfo=UTC) + timedelta(minutes=15 * quarter)
        lines.append(f"{case},{activity},ada,{at:%Y/%m/%d %H:%M:%S}.000")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert agree("italian", path, MemoryRepository()) > 0


@pytest.mark.long
@pytest.mark.parametrize("kind", list(REAL))
def test_the_real_logs_are_played_whole(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A5: every case of a real log is assigned, and nobody has more than one ticket more."""
    report = report_of(capsys, str(real_log(kind)))
    assert report["policy"]["cases"] == report["cases"]
    assert report["policy"]["events"] == report["events"]
    assert report["policy"]["spread"] <= 1
    assert report["policy"]["nobody"] == 0
    assert report["problems"] == []
