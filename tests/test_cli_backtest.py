"""`replay --against`: the command, what is refused, and the page."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_logs import COLUMNS, LOG
from helpdesk_core.cli import console, main, page_parts
from helpdesk_core.cli.backtest import parts
from helpdesk_core.cli.backtest.charts import rounded_up
from helpdesk_core.cli.backtest.variants import MOST, variant_of, variants_of
from helpdesk_core.cli.csvfile import CsvFile
from helpdesk_core.cli.errors import InputError
from helpdesk_core.cli.logs import LogFormat, read_log
from helpdesk_core.entities import AssignmentMethod, CatchUp
from html_pages import Page, luminance


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    """The small log as a file."""
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    return path


def compared(log: Path, *options: str) -> Page:
    """The page that a comparison of this log writes."""
    target = log.parent / "page.html"
    assert main(["replay", str(log), *COLUMNS, "--report", str(target), *options]) == 0
    return Page(target.read_text(encoding="utf-8"))


def log_with(path: Path, lines: list[tuple[str, str, str, str]]) -> Path:
    """A log of these lines, as a file."""
    text = "".join(",".join(line) + "\n" for line in [("case", "what", "who", "when"), *lines])
    path.write_text(text, encoding="utf-8")
    return path


# --- what is compared ----------------------------------------------------------------------------


def test_a_variant_as_it_is_written() -> None:
    """A19: options of everybody, of one, and of one whose name holds what parts options."""
    people = ("ada", "ben", "Rossi, Ugo: 2nd")
    text = 'equal_tickets, catch_up=smoothed, defer, capacity=9, capacity=ben:0, "weight=Rossi, '
    variant = variant_of(text + 'Ugo: 2nd:3"', people)
    assert (variant.method, variant.catch_up) == (AssignmentMethod.EQUAL_TICKETS, CatchUp.SMOOTHED)
    assert variant.defer
    options = variant.member_options
    assert {who: (it.capacity, it.weight) for who, it in options.items()} == {
        "ada": (9, 1),
        "ben": (0, 1),
        "Rossi, Ugo: 2nd": (9, 3),
    }
    assert variant_of("equal_open,weight=ada:2", people).member_options.keys() == {"ada"}
    assert not variant_of("equal_open", people).defer


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no method is ''; there are 'equal_tickets', 'equal_open'"),
        ("fair", "no method is 'fair'"),
        ("equal_open,speed=2", "no option is 'speed'; there are 'catch_up', 'capacity'"),
        ("equal_open,", "no option is ''"),
        ("equal_open,defer=yes", "defer takes no value"),
        ("equal_open,capacity", "capacity takes a value"),
        ("equal_open,capacity=", "capacity must be a whole number, not ''"),
        ("equal_open,capacity=-1", "capacity must be a whole number, not '-1'"),
        ("equal_open,capacity=٣", "capacity must be a whole number, not '٣'"),
        ("equal_open,capacity=1,capacity=2", "capacity is there twice"),
        ("equal_open,defer,defer", "defer is there twice"),
        ("equal_open,weight=2", "weight is of one person, as in weight=NAME:2"),
        ("equal_open,weight=ada:0", "weight must be between 1 and 100"),
        ("equal_open,weight=ada:2,weight=ada:3", "weight of 'ada' is there twice"),
        ("equal_open,weight=Zoe:2", "nobody of the log is 'Zoe'"),
        ("equal_open,catch_up=none", "catch_up is for equal_tickets"),
        ("equal_tickets,catch_up=soon", "no catch_up is 'soon'; there are 'full', 'none'"),
        ("equal_tickets,catch_up=none,catch_up=full", "catch_up is there twice"),
        ('equal_open,"weight=ada:2', "unexpected end of data"),
    ],
)
def test_variants_that_are_refused(text: str, problem: str) -> None:
    """A variant that says nothing is refused with the option's name, and what there is."""
    with pytest.raises(InputError) as refused:
        variant_of(text, ("ada", "ben"))
    assert problem in str(refused.value)
    assert str(refused.value).startswith("--against ")


@given(st.text(max_size=30))
def test_any_text_is_a_variant_or_refused(text: str) -> None:
    """Whatever stands there, it is read or refused in one way."""
    for start in ("", "equal_open,", "equal_tickets,capacity="):
        try:
            variant_of(start + text, ("ada",))
        except InputError as error:
            refusal = str(error)
        else:
            continue
        assert refusal.startswith("--against ")


def test_each_variant_once_and_not_too_many() -> None:
    """The same twice is one; history is there anyway; so many lines can be told apart."""
    assert len(variants_of("equal_open", ["equal_open", "history", "equal_open ,defer"], ())) == 2
    many = [f"equal_open,capacity={number}" for number in range(MOST)]
    assert len(variants_of("equal_open", many[1:], ())) == MOST
    with pytest.raises(InputError, match=f"at most {MOST} can be compared"):
        variants_of("equal_open", many, ())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--report", "page.html"), "--report is for --against, which is not given"),
        (("--against", "equal_open", "--report", "log.csv"), "must end in .html"),
        (("--against", "equal_open", "--report", "no/page.html"), "no: is not a folder"),
        (("--against", "equal_open", "--database", "x.db"), "--database is not for --against"),
        (("--against", "fair"), "--against 'fair': no method is 'fair'"),
        (("--infer-absences", "--absences", "x.ics"), "--absences or --infer-absences, not both"),
    ],
)
def test_options_that_do_not_fit(
    options: tuple[str, ...],
    problem: str,
    log_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An option that fits nothing is one line, and nothing was written."""
    monkeypatch.chdir(log_file.parent)
    assert main(["replay", "log.csv", *COLUMNS, *options]) == 2
    said = capsys.readouterr()
    assert problem in said.err
    assert (said.err.count("\n"), said.out) == (1, "")
    assert [path.name for path in log_file.parent.iterdir()] == ["log.csv"]


# --- the command ---------------------------------------------------------------------------------


def test_what_is_printed(
    log_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figures of history and each variant, and where the page is: backtest.html at first."""
    monkeypatch.chdir(log_file.parent)
    assert main(["replay", "log.csv", *COLUMNS, "--against", "equal_open,capacity=1"]) == 0
    said = capsys.readouterr().out
    assert "1: equal_tickets\n2: equal_open, capacity=1\n" in said
    cells = [[c.strip() for c in line.strip("│").split("│")] for line in said.splitlines()]
    assert ["cases per person, most - fewest", "2", "1", "1"] in cells
    assert "the page is backtest.html." in said
    assert sorted(path.name for path in log_file.parent.iterdir()) == ["backtest.html", "log.csv"]


def test_what_is_said_as_json(log_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A3, A4: the same as plain values, and nothing else on stdout."""
    page = log_file.parent / "page.html"
    options = ("--method", "equal_open", "--against", "history", "--infer-absences", "--json")
    assert main(["replay", str(log_file), *COLUMNS, *options, "--report", str(page)]) == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert said.err == ""
    assert [result["name"] for result in report["results"]] == ["history", "equal_open"]
    past, policy = report["results"]
    assert past["tickets_per_person"] == {"ada": 2, "ben": 0, "cy": 1}
    assert past["most_open_per_person"] == {"ada": 2, "ben": 0, "cy": 1}
    assert policy["tickets_per_person"] == {"ada": 1, "ben": 1, "cy": 2}
    assert policy["moved"] == 4  # C was nobody's
    assert past["waited"] == 0  # of C nobody is named, and it is closed at once
    assert past["hours_waited"] == {"median": 0, "longest": 0, "together": 0}
    assert (report["report"], report["inferred_absences"]) == (str(page), 0)
    assert page.is_file()


def test_inferred_absences_go_with_a_plain_replay_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A9: who leaves a long gap gets nothing in it, through the service as in a comparison."""
    lines = [
        (f"{who}{day}", "New", who, f"2026-01-{day:02}T09:00")
        for day in range(1, 31)
        for who in ("ada", "ben")
        if who == "ada" or not 10 <= day <= 20
    ]
    log = log_with(tmp_path / "log.csv", lines)
    assert main(["replay", str(log), *COLUMNS, "--infer-absences", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["inferred_absences"] == 1
    page = ("--report", str(tmp_path / "page.html"))
    options = ("--infer-absences", "--against", "history", "--json", *page)
    assert main(["replay", str(log), *COLUMNS, *options]) == 0
    result = json.loads(capsys.readouterr().out)["results"][1]
    assert result["tickets_per_person"] == report["policy"]["tickets_per_person"]


def test_absences_of_a_calendar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A9, A10, A16: by an .ics file nobody gets a case while away; who defers lets it wait."""
    lines = [
        ("A", "New", "ada", "2026-01-05T09:00"),
        ("B", "New", "ada", "2026-01-05T10:00"),
        ("C", "New", "ada", "2026-01-06T10:00"),
    ]
    (tmp_path / "off.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nDTSTART:20260105T093000Z\n"
        "DTEND:20260105T113000Z\nATTENDEE;CN=Ada:mailto:a@example.com\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    log = log_with(tmp_path / "log.csv", lines)
    page = tmp_path / "page.html"
    options = ("--absences", str(tmp_path / "off.ics"), "--against", "equal_open,defer")
    assert main(["replay", str(log), *COLUMNS, *options, "--report", str(page), "--json"]) == 0
    past, now, deferred = json.loads(capsys.readouterr().out)["results"]
    assert (past["waited"], now["waited"], deferred["waited"]) == (0, 1, 1)
    assert now["hours_waited"] == deferred["hours_waited"]
    assert now["hours_waited"]["longest"] == 1.5
    assert "Absences are those of off.ics." in Page(page.read_text()).text


def test_an_earlier_page_is_written_over(log_file: Path) -> None:
    """The page of an earlier comparison makes room for the new one, whole."""
    compared(log_file, "--against", "equal_open")
    before = (log_file.parent / "page.html").read_text()
    compared(log_file, "--against", "equal_open,defer")
    assert (log_file.parent / "page.html").read_text() != before
    assert sorted(path.name for path in log_file.parent.iterdir()) == ["log.csv", "page.html"]


def test_the_bar_moves(log_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event is told of once for history and once for each variant, a good many at a time."""
    lines = [(f"C{n}", "New", "ada", f"2026-01-05T09:00:{n % 60:02}") for n in range(450)]
    log_with(log_file, lines)
    told: list[Any] = []

    class Told:
        """Takes the place of a progress bar."""

        def __init__(self, label: str, total: int) -> None:
            told.append(total)

        def __enter__(self) -> Told:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def advance(self, by: int) -> None:
            told.append(by)

    monkeypatch.setattr(console, "progress", Told)
    compared(log_file, "--against", "equal_open")
    assert told == [1350, *(3 * [200, 200, 50])]


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """Interrupted, it says so in one line, and neither page nor scratch folder is left."""
    lines = [(f"C{n}", "New", f"p{n % 9}", f"2026-01-05T09:00:{n % 60:02}") for n in range(60_000)]
    log = log_with(tmp_path / "log.csv", lines)
    options = ("--against", "equal_open", "--report", str(tmp_path / "page.html"))
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, "replay", str(log), *COLUMNS, "--json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        # Where the tests run in the background of a script, they are born deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    assert process.stderr.readline() == b"comparing\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"helpdesk-core: interrupted\n")
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


INTERRUPTED = """
import sys
from helpdesk_core.cli import console, main
plain = console.progress
def progress(label, total):
    print(label, file=sys.stderr, flush=True)
    return plain(label, total)
console.progress = progress
sys.exit(main())
"""


def test_a_page_that_cannot_be_written_leaves_the_old_one(
    log_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk, say, at the last moment: one line, and the earlier page is as it was."""
    page = log_file.parent / "page.html"
    page.write_text("earlier")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    options = ("--against", "equal_open", "--report", str(page))
    assert main(["replay", str(log_file), *COLUMNS, *options]) == 2
    assert capsys.readouterr().err == "helpdesk-core: No space left on device\n"
    assert page.read_text() == "earlier"
    assert sorted(path.name for path in log_file.parent.iterdir()) == ["log.csv", "page.html"]


# --- the page ------------------------------------------------------------------------------------


def test_the_page_has_everything(log_file: Path) -> None:
    """What changes, figures, curves, people, waiting, hours, and what it cannot tell."""
    page = compared(log_file, "--against", "equal_open,capacity=1,defer")
    for text in (
        "Backtest of log.csv",
        "4 cases, 9 events, 3 people, from 2026-01-05 to 2026-01-06 (UTC)",
        "Everybody is taken to be there all the time.",
        "The most that one person had open at once was 2 in history (ada); with equal_open",
        "equal_tickets Somebody has 2 open at once, where history had 2.",
        "The busiest and the idlest are 1 case apart, where they were 2; of open ones up to 2,",
        "3 of 4 cases (75.0%) go to others. No case waits for somebody.",
        "equal_open, capacity=1, defer Nobody has more than 1 open at once, where history had 2.",
        "adaup to 2 open2 casesup to 2 open2 casesup to 1 open1 case",
        "Most cases came on Mon 9-10 (1), Mon 10-11 (1), Mon 11-12 (1); hours are those of UTC.",
        "What this cannot tell",
    ):
        assert text in page.text, text
    hours = [attrs for attrs in page.all("td") if "--v" in str(attrs.get("style"))]
    assert len(hours) == 7 * 24
    assert sum(attrs["style"] != "--v: 0%" for attrs in hours) == 4


def test_the_text_to_copy_is_the_table(log_file: Path) -> None:
    """The text holds each figure as a plain number, then each person, and is what is copied."""
    page = compared(log_file, "--against", "equal_open")
    (place,) = [a for a in page.all("pre") if a.get("id") == "tsv"]
    (button,) = page.all("button")
    assert (button["data-copies"], "hidden" in button) == (place["id"], True)
    text = "".join(data for within, data in page.texts if "pre" in within)
    lines = [line.split("\t") for line in text.splitlines()]
    assert lines[0] == ["", "history", "equal_tickets", "equal_open"]
    assert ["cases per person, most - fewest", "2", "1", "1"] in lines
    assert lines[lines.index([""]) + 1][:3] == ["person", "history: cases", "history: most open"]
    assert lines[-3:] == [
        ["ada", "2", "2", "2", "2", "1", "1"],
        ["cy", "1", "1", "1", "0", "2", "1"],
        ["ben", "0", "0", "1", "1", "1", "1"],
    ]


def test_absences_that_were_worked_out_are_told(tmp_path: Path) -> None:
    """A9: the rule stands on the page, with each absence that it found."""
    days = [("ada", day) for day in range(1, 31)]
    days += [("ben", day) for day in range(1, 22) if not 5 <= day <= 12]
    lines = [(f"{who}{day}", "New", who, f"2026-01-{day:02}T09:00") for who, day in days]
    log = log_with(tmp_path / "log.csv", lines)
    page = compared(log, "--against", "equal_open", "--infer-absences", "--tz", "Europe/Rome")
    assert "Absences are worked out from the gaps of the log." in page.text
    assert "nothing in the log is theirs for 5 working days or more" in page.text
    assert "2 absences" in page.text
    assert "ben2026-01-052026-01-13 ben2026-01-22-" in page.text
    assert "hours are those of Europe/Rome" in page.text


def test_nobody_is_named_in_a_log(tmp_path: Path) -> None:
    """A2: a log without people has a page too: every case waits, and nobody gets one."""
    log = log_with(tmp_path / "log.csv", [("A", "New", "", "2026-01-05T09:00")])
    page = compared(log, "--against", "equal_open,capacity=3", "--infer-absences")
    assert "Nothing that was compared keeps the load of one person lower" in page.text
    assert "1 case nobody gets." in page.text
    assert "1 case, 1 event, 0 people" in page.text


def test_many_people_are_among_the_figures_alone(tmp_path: Path) -> None:
    """So many people are drawn; how many are left is told, and they are in the text."""
    lines = [(f"C{n}", "New", f"p{n}", "2026-01-05T09:00") for n in range(43)]
    page = compared(log_with(tmp_path / "log.csv", lines), "--against", "equal_open")
    assert (
        "The 40 with the most cases in history; 3 more are among the figures as text." in page.text
    )
    assert sum(attrs.get("class") == "area" for attrs in page.all("svg")) == 3 * 40
    assert "p42\t1\t1" in page.source


def test_curves_are_drawn_as_they_are(tmp_path: Path) -> None:
    """The line of the spread steps up and down where the numbers do, on a scale that holds it."""
    lines = [(f"C{day}", "New", "ada", f"2026-01-{day:02}T09:00") for day in range(1, 6)]
    lines += [("C1", "Closed", "ben", "2026-01-06T09:00"), ("C9", "New", "ben", "2026-01-07T09:00")]
    log = log_with(tmp_path / "log.csv", lines)
    page = compared(log, "--against", "history", "--owner", "first")
    drawn = [attrs["d"] for attrs in page.all("path") if attrs.get("class") == "line s0"]
    # ada has one more each day; what a day begins with counts as well as what comes in it
    assert drawn[1] == "M0 5H1V4H2V3H3V2H4V1H6V2H7"
    numbers = [data for within, data in page.texts if "details" in within and within[-1] == "td"]
    assert [int(number) for number in numbers[::2]] == [1, 2, 3, 4, 5, 5, 4]
    assert "history: at most 5" in str(page.source)


@given(st.integers(0, 10**7))
def test_a_scale_holds_what_is_on_it(number: int) -> None:
    """No curve leaves its picture, and none is lost at the bottom of it."""
    top = rounded_up(number)
    assert number <= top
    assert top == 2 or top < 2 * number


def test_the_page_needs_nothing_else(log_file: Path) -> None:
    """No script, font, picture or style comes from elsewhere; only this script runs."""
    page = compared(log_file, "--against", "equal_open")
    assert not {"link", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in page.tags}
    assert not re.search(r"url\(|@import|https?:|javascript:", page.source)
    (policy,) = [str(a["content"]) for a in page.all("meta") if "http-equiv" in a]
    (script,) = [data for within, data in page.texts if "script" in within]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )
    assert page.all("script") == [{}]
    assert all(not name.startswith("on") for _, attrs in page.tags for name in attrs)


def test_the_page_can_be_used_by_keyboard_and_read_aloud(log_file: Path) -> None:
    """Landmarks, headings in order, names for parts, and words for each picture."""
    page = compared(log_file, "--against", "equal_open,capacity=1,defer", "--infer-absences")
    assert page.all("html")[0]["lang"] == "en"
    for once in ("header", "main", "footer", "h1", "title"):
        assert len(page.all(once)) == 1, once
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {str(attrs["href"])[1:] for attrs in page.all("a")} <= set(ids)
    assert {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a} <= {*ids}
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all("scope" in attrs for attrs in page.all("th"))
    pictures = [attrs for attrs in page.all("svg") if attrs.get("aria-hidden") != "true"]
    assert pictures
    assert all(a["role"] == "img" and "history: at most" in str(a["aria-label"]) for a in pictures)
    boxes = [attrs for attrs in page.all("div") if str(attrs.get("class")).startswith("scroll")]
    assert len(boxes) >= 5
    assert all(a["tabindex"] == "0" and a["role"] == "region" for a in boxes)
    assert "width=device-width, initial-scale=1" in [a.get("content") for a in page.all("meta")]


def test_colours_can_be_told_apart() -> None:
    """In light and in dark each line has a contrast of 3 (AA), and hours can be read on theirs."""
    blocks = [
        re.findall(r":root \{(.*?)\}", it, re.DOTALL) for it in (page_parts.STYLE, parts.STYLE)
    ]
    for both in zip(*blocks, strict=True):
        colors = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", "".join(both)))
        assert len([name for name in colors if re.fullmatch(r"s\d", name)]) == MOST + 1
        for number in range(MOST + 1):
            assert contrast(colors[f"s{number}"], colors["paper"]) >= 3
        shade = mixed(colors["bar"], colors["paper"], 0.45)
        assert contrast(colors["ink"], shade) >= 4.5
        assert contrast(colors["bar"], colors["paper"]) >= 3


def contrast(one: str, other: str) -> float:
    """By WCAG 2."""
    lower, higher = sorted([luminance(one), luminance(other)])
    return (higher + 0.05) / (lower + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """Two colours, so much of the first."""
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</title></style></pre></table></main></script>",
    "$title ${file} $$ %s {title}",
    "\u202edlrow",
    "=HYPERLINK(1)",
    "&lt;b&gt;",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_names_are_shown_as_text(hostile: str, tmp_path: Path) -> None:
    """Whatever people and activities are called, it is text: on the page, and in a spreadsheet."""
    log = tmp_path / "log.csv"
    cells = hostile.replace('"', '""')
    log.write_text(
        f'case,what,who,when\nA,New,"{cells}",2026-01-05T09:00\nB,"{cells}",x,2026-01-06T09:00\n',
        encoding="utf-8",
    )
    plain = log_with(tmp_path / "plain.csv", [
        ("A", "New", "z", "2026-01-05T09:00"), ("B", "y", "x", "2026-01-06T09:00"),
    ])  # fmt: skip
    quoted = '"weight=' + cells + ':2"'
    page = compared(log, "--against", f"equal_open,{quoted}", "--owner", hostile)
    other = compared(plain, "--against", "equal_open,weight=z:2", "--owner", "y")
    spans = [tag for tag, attrs in page.tags if attrs.get("class") == "odd"]
    tags = [tag for tag, attrs in page.tags if attrs.get("class") != "odd"]
    assert tags == [tag for tag, _ in other.tags]
    assert bool(spans) is ("\u202e" in hostile)
    if not spans:
        assert hostile in " ".join(data for _, data in page.texts)
    text = "".join(data for within, data in page.texts if "pre" in within)
    assert not re.search(r"(^|\t)[=+@-]", text, re.MULTILINE)


def test_a_log_as_it_is_read_is_a_study() -> None:
    """A19: a variant names people as the log has them, spaces and all."""
    lines = [b"case,what,who,when\n", b"A,New,Value 2,2026-01-05\n"]
    form = LogFormat(case="case", activity="what", person="who", time="when")
    log = read_log(CsvFile(io.BytesIO(b"".join(lines)), name="log.csv"), form)
    assert "Value 2" in variant_of("equal_open,capacity=Value 2:4", log.people).member_options


def test_the_time_that_it_takes_is_told(log_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report says how long the comparison took, which was not before it began."""
    started = time.perf_counter()
    compared(log_file, "--against", "equal_open")
    found = re.search(r"Compared in (\d+\.\d\d) s", capsys.readouterr().out)
    assert found is not None
    assert float(found[1]) <= time.perf_counter() - started + 0.01
