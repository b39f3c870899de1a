"""Event logs and CSV files are read strictly: what cannot be read is named by line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.cli.csvfile import CELL_LIMIT, CsvFile, reading
from helpdesk_core.cli.errors import InputError
from helpdesk_core.cli.logs import (
    PRESETS,
    EventLog,
    LogFormat,
    check_names,
    choose_format,
    detect_preset,
    read_log,
    zone_named,
)

PLAIN = LogFormat(case="case", activity="what", person="who", time="when")
HEADER = "case,what,who,when\n"


def csv_file(text: str | bytes, **options: str) -> CsvFile:
    """A file of these bytes, by lines."""
    data = text.encode() if isinstance(text, str) else text
    return CsvFile(io.BytesIO(data), name="log.csv", **options)


def log_of(rows: str, form: LogFormat = PLAIN, **options: object) -> EventLog:
    """A log of these rows under the plain header."""
    return read_log(csv_file(HEADER + rows), form, **options)  # type: ignore[arg-type]


def refusal(act: Callable[[], object]) -> str:
    """The one line with which it is refused."""
    with pytest.raises(InputError) as caught:
        act()
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- CSV -----------------------------------------------------------------------------------------


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(
                st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8),
                min_size=width,
                max_size=width,
            ),
            min_size=1,
            max_size=6,
        )
    )
)
def test_what_csv_writes_is_read_back(rows: list[list[str]]) -> None:
    """Whatever the csv module writes with quotes is read back cell by cell."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    file = csv_file(text.getvalue())
    assert list(file.header) == rows[0]
    assert [cells for _, cells in file.rows()] == rows[1:]


def test_lines_are_counted_through_cells_of_several_lines() -> None:
    """The line named is the one on which the row begins, in the file as an editor shows it."""
    file = csv_file('a,b\r\n\r\n"x\r\ny",1\r\nz,2\r\n')
    assert list(file.rows()) == [(3, ["x\r\ny", "1"]), (5, ["z", "2"])]


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    """A byte order mark, as spreadsheets write it, is dropped."""
    assert csv_file(b"\xef\xbb\xbfcase,who\n").header == ("case", "who")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "log.csv: is empty"),
        (b"\n\n", "log.csv: is empty"),
        (b"a,b\n1\n", "log.csv: line 2: has 1 cells, the header has 2"),
        (b"a,b\n1,2\n3,\xff\n", "log.csv: line 3: byte 0xff at place 3 is not UTF-8"),
        (b"a\n1\n\xc3\n", "log.csv: line 3: byte 0xc3 at place 1 is not UTF-8"),
        ("a,b\n".encode("utf-16"), "log.csv: line 1: byte 0xff at place 1 is not UTF-8"),
        (
            b'a,b\n1,2\n"3,4\n5,6\n',
            "log.csv: line 3: a quote that opens on this line's row is never closed",
        ),
        (b'a,b\n"1"x,2\n', "log.csv: line 2: ',' expected after '\"'"),
        (b"a,b\r1,2\r", "log.csv: line 1: a carriage return inside a cell without quotes"),
    ],
)
def test_a_file_that_cannot_be_read_names_the_line(data: bytes, problem: str) -> None:
    """Each way in which bytes are no CSV is told in one line, with the line of the file."""
    assert refusal(lambda: list(csv_file(data).rows())) == problem


def test_a_huge_cell_names_line_and_column(tmp_path: Path) -> None:
    """A cell of exactly 1 MiB of UTF-8 is taken, a byte more, or 10 MB, is not."""
    path = tmp_path / "large.csv"
    for size in (CELL_LIMIT, CELL_LIMIT + 1, 10_000_000):
        path.write_bytes(b"a,b\n1,2\n3," + b"x" * (size - 2) + "é\n".encode())
        with reading(path) as file:
            if size == CELL_LIMIT:
                assert len(list(file.rows())) == 2
                continue
            told = refusal(lambda file=file: list(file.rows()))  # type: ignore[misc]
            assert told == (
                f"{path}: line 3, column 'b': a cell of {size:,} bytes; at most 1,048,576 are taken"
            )


def test_the_limit_of_the_csv_module_is_put_back(tmp_path: Path) -> None:
    """Reading raises the process-wide limit of the csv module only for as long as it lasts."""
    path = tmp_path / "small.csv"
    path.write_text("a\n1\n")
    kept = csv.field_size_limit(1_000)
    try:
        with reading(path) as file:
            assert csv.field_size_limit() > CELL_LIMIT
            assert len(list(file.rows())) == 1
        assert csv.field_size_limit() == 1_000
    finally:
        csv.field_size_limit(kept)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    """A file that is not there, or is a folder, is one line."""
    missing = tmp_path / "none.csv"
    for path, problem in ((missing, "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(InputError, match=problem), reading(path):
            pass
    with (
        pytest.raises(InputError, match="delimiter must be one character"),
        reading("x", delimiter=""),
    ):
        pass


def test_a_header_name_that_comes_twice_matters_only_when_it_is_wanted() -> None:
    """A column name that is there twice is refused when it is asked for, and only then."""
    file = csv_file("case,Variant,n,Variant\n")
    assert file.column("n") == 2
    assert "'Variant' is there 2 times" in refusal(lambda: file.column("Variant"))
    told = refusal(lambda: file.column("Case"))
    assert told == "log.csv: no column 'Case'; there are 'case', 'Variant', 'n'"


# --- logs ----------------------------------------------------------------------------------------


def test_events_come_in_order_of_time_and_ties_in_file_order() -> None:
    """Rows are played by time, and rows of the same moment as they stand in the file."""
    log = log_of("A,one,ada,2026-01-02\nB,two,ben,2026-01-01\nA,three,cy,2026-01-01\n")
    assert [(event.activity, event.line) for event in log.events] == [
        ("two", 3),
        ("three", 4),
        ("one", 2),
    ]
    assert log.activities == ("two", "three", "one")
    assert log.people == ("ben", "cy", "ada")
    assert [event.activity for event in log.cases["A"]] == ["three", "one"]


@pytest.mark.parametrize(
    ("rule", "owner"), [("first", "ada"), ("last", "cy"), ("take", "ben"), ("other", "cy")]
)
def test_owners_by_each_rule(rule: str, owner: str) -> None:
    """The owner is the first or last person, or that of an activity, else the last."""
    rows = (
        "A,new,,2026-01-01\nA,new,ada,2026-01-02\nA,take,,2026-01-03\nA,take,ben,2026-01-04\n"
        "A,take,ada,2026-01-05\nA,shut,cy,2026-01-06\nA,shut, ,2026-01-07\nB,new,?,2026-01-08\n"
    )
    log = log_of(rows, attrs.evolve(PLAIN, owner=rule, missing=frozenset("?")))
    assert log.owners == {"A": owner, "B": None}


def test_cases_that_never_close_and_that_go_on_after_closing() -> None:
    """A case goes on after closing when any event follows its first closing activity."""
    log = log_of(
        "A,new,ada,2026-01-01\n"
        "B,new,ada,2026-01-01\nB,Closed,ada,2026-01-02\n"
        "C,new,ada,2026-01-01\nC,Closed,ada,2026-01-02\nC,Closed,ada,2026-01-03\n"
        "D,Resolved,ada,2026-01-01\nD,new,ada,2026-01-03\n"
    )
    assert (log.never_close, log.go_on_after_closing) == (1, 2)
    assert log.closing == {"Closed", "Resolved"}


@pytest.mark.parametrize(
    ("row", "place"),
    [
        (",new,ada,2026-01-01", "line 2, column 'case': is empty"),
        ("A, ,ada,2026-01-01", "line 2, column 'what': is empty"),
        ("A,new,ada,", "line 2, column 'when': '' is no time that exists: the cell is empty"),
        ("A,new,ada,2026-02-30", "line 2, column 'when': '2026-02-30' is no time that exists"),
        ("A,new,ada,yesterday", "line 2, column 'when': 'yesterday' is no time that exists"),
        ("A,new,ad\x1ba,2026-01-01", "line 2, column 'who': must be one line without control"),
        ("A" * 201 + ",new,ada,2026-01-01", "line 2, column 'case': must have at most 200"),
        ("A,new,ada,0001-01-01T00:00:00+14:00", "line 2, column 'when': '0001-01-01T00:00"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(row: str, place: str) -> None:
    """A row that cannot be read is named by line and column, with what is wrong in it."""
    assert place in refusal(lambda: log_of(row + "\n"))


def test_a_log_without_events_is_refused() -> None:
    """A header alone is no log."""
    assert refusal(lambda: log_of("")) == "log.csv: has a header and no events"


@pytest.mark.parametrize(
    ("preset", "row", "at"),
    [
        ("italian", "2012/10/09 14:50:17.250", datetime(2012, 10, 9, 14, 50, 17, 250_000, UTC)),
        ("servicenow", "29-02-2016 01:23", datetime(2016, 2, 29, 1, 23, tzinfo=UTC)),
    ],
)
def test_presets_know_their_columns_and_times(preset: str, row: str, at: datetime) -> None:
    """A preset is seen from the header, reads its times as UTC, and says that they are naive."""
    form = PRESETS[preset]
    text = f"x,{form.time},{form.person},{form.activity},{form.case}\n1,{row},ada,Closed,A\n"
    file = csv_file(text)
    assert detect_preset(file) == preset
    assert choose_format(file) == (form, preset)
    log = read_log(file, form)
    assert log.events[0].at == at
    assert log.naive


def test_a_leap_day_that_never_was_is_refused_by_the_presets() -> None:
    """29 February 2014 is named with its line and its column."""
    form = PRESETS["servicenow"]
    text = f"{form.case},{form.activity},{form.person},{form.time}\nA,New,?,29-02-2014 10:00\n"
    told = refusal(lambda: read_log(csv_file(text), form))
    assert told == (
        "log.csv: line 2, column 'sys_updated_at': '29-02-2014 10:00' is no time that exists: "
        "day is out of range for month"
    )


def test_named_columns_go_over_a_preset_and_stand_without_one() -> None:
    """Options put their columns over those of a preset; without a preset all four are needed."""
    italian = csv_file("Case ID,Activity,Resource,Complete Timestamp,workgroup\n")
    form, preset = choose_format(italian, person="workgroup", closing=["Done"], owner="first")
    assert (form.person, form.case, form.closing, form.owner) == (
        "workgroup",
        "Case ID",
        ("Done",),
        "first",
    )
    assert preset == "italian"
    plain = csv_file(HEADER)
    assert choose_format(plain, case="case", activity="what", person="who", time="when") == (
        PLAIN,
        None,
    )
    told = refusal(lambda: choose_format(plain, case="case"))
    assert "give --activity, --person, --time; there are 'case', 'what', 'who', 'when'" in told
    wrong = LogFormat(case="case", activity="Activity", person="who", time="when")
    assert "no column 'Activity'; there are 'case'" in refusal(lambda: read_log(plain, wrong))


def test_names_that_were_asked_for_must_happen() -> None:
    """A closing activity or an owner's activity that never happens is a slip of the pen."""
    file, log = csv_file(HEADER), log_of("A,new,ada,2026-01-01\n")
    check_names(file, log, closing=[], owner="first")
    check_names(file, log, closing=["new"], owner="new")
    assert "no activity is 'New'; there are 'new'" in refusal(
        lambda: check_names(file, log, closing=["New"], owner=None)
    )
    assert "no activity is 'Take'" in refusal(
        lambda: check_names(file, log, closing=[], owner="Take")
    )


def test_naive_times_are_read_in_the_zone_given() -> None:
    """Summer and winter time are told apart, an hour that never was is refused."""
    rome = zone_named("Europe/Rome")
    log = log_of("A,n,a,2026-01-01T12:00\nA,n,a,2026-07-01T12:00\n", zone=rome)
    assert [event.at.hour for event in log.events] == [11, 10]
    twice = log_of("A,n,a,2026-10-25T02:30\n", zone=rome)
    assert twice.events[0].at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first of both
    told = refusal(lambda: log_of("A,n,a,2026-03-29T02:30\n", zone=rome))
    assert "line 2, column 'when'" in told
    assert "the clocks of Europe/Rome went over it" in told
    assert "is no time that exists" in refusal(lambda: log_of("A,n,a,0001-01-01\n", zone=rome))
    aware = log_of("A,n,a,2026-01-01T12:00+05:00\n", zone=rome)
    assert aware.events[0].at == datetime(2026, 1, 1, 7, tzinfo=UTC)
    assert not aware.naive


@pytest.mark.parametrize("name", ["Europe/Roma", "", "../../etc/passwd", "/etc", "Europe", "\x00"])
def test_zones_that_are_none(name: str) -> None:
    """What is no IANA name is refused in one line."""
    assert "no time zone is named" in refusal(lambda: zone_named(name))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 2)), min_size=1))
def test_no_event_is_lost_and_every_case_has_one_owner(
    rows: list[tuple[int, int, int]],
) -> None:
    """As many events as rows, each in its case, and an owner or nobody for every case."""
    day = datetime(2026, 1, 1, tzinfo=UTC)
    text = "".join(
        f"C{case},act{who},{f'p{who}' if who else ''},{day + timedelta(hours=at)}\n"
        for case, at, who in rows
    )
    log = log_of(text)
    assert sorted(event.line for event in log.events) == list(range(2, len(rows) + 2))
    assert sum(len(events) for events in log.cases.values()) == len(rows)
    assert set(log.owners) == {f"C{case}" for case, _, _ in rows}
    for case, owner in log.owners.items():
        named = {event.person for event in log.cases[case]} - {None}
        assert (owner in named) if named else owner is None
