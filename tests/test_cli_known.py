"""`duplicates` with labels, reasons, languages and teams: what it counts, tells and refuses."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.cli import main
from helpdesk_core.cli.csvfile import CsvFile
from helpdesk_core.cli.known import Quality, known_by_groups, known_by_ids
from helpdesk_core.cli.pairs import NearMiss
from helpdesk_core.cli.rows import Columns, read_rows

COLUMNS = ("--title", "title", "--text", "text", "--id", "key")
REPORTS = """key,title,text,product,group,of
A,No ink in printer 7,It is out of ink since Monday.,hw,ink,
B,A flood in the cellar,Water everywhere.,hw,,
C,NO INK in Printer 7!,It is out of ink since Monday again,hw,ink,A
D,Printers failing again,They fail whenever one prints.,hw,fail,
E,The printer failed,It fails when printing,hr,fail,D; B2
F,Holiday,When is the next holiday?,hr,alone,NULL
"""


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A file with two known pairs."""
    path = tmp_path / "reports.csv"
    path.write_text(REPORTS)
    return path


def told(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> Any:
    """What the command says as JSON."""
    assert main(["duplicates", str(path), *COLUMNS, *options, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == "", "no bar where nobody looks"
    return json.loads(said.out)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal on which no line is broken."""
    monkeypatch.setenv("COLUMNS", "200")


def refused(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> str:
    """The one line with which it stops."""
    assert main(["duplicates", str(path), *COLUMNS, *options]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    return said.err


# --- labels --------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [("group",), ("of", "--labels-are", "ids")])
def test_known_duplicates_are_asked_for(
    labels: tuple[str, ...], reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """M1: of the rows with a known duplicate, by groups or by ids, it is told how many find one."""
    quality = told(capsys, reports, "--labels", *labels)["quality"]
    # not F: what it is labelled with is no other row; D and E have no word in common but by stems
    assert quality == {"questions": 4, "recall": {"1": 0.5, "5": 0.5, "10": 0.5}, "mrr": 0.5}
    options = ("--labels", *labels, "--language", "english", "--at", "5")
    assert told(capsys, reports, *options)["quality"]["recall"] == {"5": 1}
    assert main(["duplicates", str(reports), *COLUMNS, "--labels", *labels, "--at", "3", "1"]) == 0
    said = capsys.readouterr().out
    assert "4 asked" in said
    assert [line.split()[1] for line in said.splitlines() if "@" in line] == [
        "recall@1",
        "recall@3",
    ]


def test_figures_by_hand() -> None:
    """M1: recall@k counts places up to k, and MRR is the mean of 1 / place up to the tenth."""
    quality = Quality(places=(1, 2, 10, 11, 0), at=(1, 10, 20))
    assert [quality.recall(k) for k in quality.at] == [0.2, 0.6, 0.8]
    assert quality.mrr == pytest.approx((1 + 1 / 2 + 1 / 10) / 5)
    assert quality.as_json()["recall"] == {"1": 0.2, "10": 0.6, "20": 0.8}


def test_labels_are_taken_as_the_rows_have_them() -> None:
    """M4: duplicates go both ways and through others, and nothing is its own; however written."""

    @given(st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 12), max_size=3), max_size=8))
    def check(named: dict[int, list[int]]) -> None:
        known = known_by_ids({id: " ; ".join(map(str, ids)) for id, ids in named.items()})
        # the same by walking from one to the next until nothing is new
        for id in named:
            reached, new = {id}, {id}
            while new:
                new = {b for b in named if any(b in named[a] or a in named[b] for a in new)}
                new -= reached
                reached |= new
            assert known.get(id, frozenset()) == reached - {id}
        roots = {id: str(min([id, *known.get(id, ())])) for id in named}
        assert known_by_groups(roots) == known

    check()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--labels", "of"), "no row has a duplicate by column 'of'"),
        (("--labels", "text", "--labels-are", "ids"), "no row has a duplicate by column 'text'"),
        (("--labels", "none"), "no column 'none'"),
        (("--at", "5"), "--at is for --labels, which is not given"),
        (("--labels-are", "ids"), "--labels-are is for --labels, which is not given"),
        (("--labels", "group", "--at", "0"), "--at must be from 1 to 100"),
        (("--labels", "group", "--at", "1", "101"), "--at must be from 1 to 100"),
    ],
)
def test_labels_that_say_nothing_are_refused(
    options: tuple[str, ...], problem: str, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """M1: labels by which nothing could be asked, and options without them, are refused by name."""
    reports.write_text(REPORTS.replace("NULL", ""))
    assert problem in refused(capsys, reports, *options)


# --- reasons -------------------------------------------------------------------------------------


def test_each_pair_is_explained(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """M2: each pair tells what each word in common gave, what gave the most first."""
    plain = told(capsys, reports)
    explained = told(capsys, reports, "--explain")
    assert "near" not in plain
    for before, group in zip(plain["groups"], explained["groups"], strict=True):
        for without, member in zip(before["members"], group["members"], strict=True):
            assert without.items() <= member.items()
            assert member.keys() - without.keys() == {"words", "pieces"}
            of_texts = member["shares"]["subject"] + member["shares"]["description"]
            assert sum(member["words"].values()) + member["pieces"] == pytest.approx(of_texts)
    (group,) = [one for one in explained["groups"] if one["master"] == "A"]
    assert next(iter(group["members"][0]["words"])) == "ink"
    assert main(["duplicates", str(reports), *COLUMNS, "--explain"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "by ink 0." in said
    assert "parts of words 0." in said


def test_what_was_nearly_grouped_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """M3, M4: what came close is told once, with the reason; what is far from all is not."""
    path = tmp_path / "near.csv"
    rows = ["a b c d", "a b c d e", "b c d e f", "x y z", "x y z p q", "something else z g h i j k"]
    path.write_text("title\n" + "\n".join(rows) + "\n")
    options = ["duplicates", str(path), "--title", "title", "--explain", "--threshold", "0.51"]
    assert main([*options, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [(g["master"], len(g["members"])) for g in report["groups"]] == [(2, 1)]
    reasons = {(near["id"], near["other"]): near["reason"] for near in report["near"]}
    assert set(reasons) == {(4, 3), (5, 6)}
    assert reasons[5, 6] == "it is less than 0.51"
    assert reasons[4, 3].startswith("3 is in the group of 2, to which 4 rates only 0.")
    assert main(options) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "nearly: 2 pairs" in said
    assert "something else" not in said


def test_a_rating_below_the_threshold_is_never_shown_as_reaching_it() -> None:
    """M3: what is less than the threshold looks like less."""
    file = CsvFile([b"t\n", b"a\n", b"b\n"], name="two.csv")
    tickets = [row.ticket for row in read_rows(file, Columns(title="t"))]
    near = NearMiss(ticket=tickets[0], other=tickets[1], rating=0.34996)
    assert (near.shown, near.reason(0.35)) == ("0.349", "it is less than 0.35")


# --- languages and teams -------------------------------------------------------------------------


def test_words_of_a_language(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """M1: with a language, forms of a word are the same word."""
    plain, stemmed = (
        told(capsys, reports, "--explain", "--threshold", "0.05", *options)
        for options in ((), ("--language", "english"))
    )

    def words(report: Any) -> set[str]:
        return {
            word
            for group in report["groups"]
            for member in group["members"]
            if {group["master"], member["id"]} == {"D", "E"}
            for word in member["words"]
        }

    assert "printer" not in words(plain)
    assert {"printer", "fail", "print"} <= words(stemmed)


def test_a_language_without_the_extra_is_refused(
    reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """M1: without the extra, and for a language that it does not know, it is refused by name."""
    said = refused(capsys, reports, "--language", "klingon")
    assert "--language 'klingon' has no stemmer; there are arabic, " in said
    monkeypatch.setitem(sys.modules, "snowballstemmer", None)
    said = refused(capsys, reports, "--language", "english")
    assert said.endswith(
        "--language needs snowballstemmer; install it with: pip install 'helpdesk-core[text]'\n"
    )


def test_teams_count(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """M2: with a column for it, another team takes its part away; without a name is one too."""
    reports.write_text(REPORTS.replace("again,hw", "again,"))
    apart, together = (
        told(capsys, reports, "--threshold", "0.5", *options)["groups"][0]["members"][0]
        for options in (("--team", "product"), ())
    )
    assert apart["id"] == together["id"] == "C"
    assert apart["shares"]["team"] == 0
    assert apart["rating"] == pytest.approx(together["rating"] * 0.7)
    reports.write_text(REPORTS.replace(",hr,", ",\x1b,"))
    said = refused(capsys, reports, "--team", "product")
    assert "line 6, column 'product': must be one line without control characters" in said


# --- progress ------------------------------------------------------------------------------------


def test_a_bar_is_shown_where_somebody_looks(
    reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Indexing, grouping and asking show how far they are on a terminal, and come to the end."""

    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", screen)
    options = ["--labels", "group", "--explain", "--json"]
    assert main(["duplicates", str(reports), *COLUMNS, *options]) == 0
    json.loads(capsys.readouterr().out)
    shown = screen.getvalue()
    for label, steps in (("indexing", 6), ("grouping", 6), ("looking", 6), ("asking", 4)):
        lines = [line for line in shown.splitlines() if label in line]
        assert any(f"{steps}/{steps}" in line for line in lines), label
