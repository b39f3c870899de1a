"""A ticket per row of a CSV file, to look for duplicates among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import attrs

from helpdesk_core.cli.csvfile import CsvFile, shown
from helpdesk_core.entities import Id, Ticket
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import NAME_LIMIT, SUBJECT_LIMIT, check_line

NO_TITLE = "…"  # says nothing that could be alike
_NO_TEAM = 0
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Columns:
    """Which columns hold what; None for what no column holds."""

    title: str | None = None
    text: str | None = None
    id: str | None = None
    team: str | None = None
    label: str | None = None


@attrs.frozen
class Row:
    """A row as a ticket, with its label, which may be empty."""

    ticket: Ticket
    label: str


def read_rows(file: CsvFile, columns: Columns) -> list[Row]:
    r"""A ticket per row; the id is that of its column, or the line, and must not come twice.

    Line breaks in a title become spaces, control characters too, and what a title has over the
    limit of a subject goes before the text, so that no word is lost.

    >>> file = CsvFile([b"key,title\n", b"A,No ink\n"], name="tickets.csv")
    >>> read_rows(file, Columns(title="title", id="key"))[0].ticket.subject
    'No ink'
    """
    rows = list(_rows(file, columns))
    if not rows:
        raise file.error("has a header and no rows")
    return rows


def _rows(file: CsvFile, columns: Columns) -> Iterator[Row]:
    place = {
        name: file.column(column)
        for name, column in attrs.asdict(columns).items()
        if column is not None
    }
    lines: dict[Id, int] = {}
    for line, cells in file.rows():
        cell = {name: cells[at] for name, at in place.items()}
        id: Id = line
        if columns.id is not None:
            id = _name(file, cell["id"], line, columns.id)
            if not id.strip():
                raise file.error("is empty", line=line, column=columns.id)
        if id in lines:
            raise file.error(
                f"{shown(str(id))} is on line {lines[id]} too", line=line, column=columns.id
            )
        team_id: Id = _NO_TEAM
        if columns.team is not None:
            team_id = _name(file, cell["team"].strip(), line, columns.team) or _NO_TEAM
        subject, description = _texts(cell.get("title", ""), cell.get("text", ""))
        try:
            ticket = Ticket(
                id=id,
                team_id=team_id,
                stage_id="stage",
                subject=subject or NO_TITLE,
                description=description,
                created_at=_FIRST + timedelta(seconds=len(lines)),  # older is further up
            )
        except InvalidValueError as error:
            raise file.error(str(error), line=line) from None
        lines[id] = line
        yield Row(ticket, cell.get("label", ""))


def _texts(title: str, text: str) -> tuple[str, str]:
    subject = " ".join(_CONTROLS.sub(" ", title).split())
    description = _CONTROLS.sub(" ", text)
    if len(subject) > SUBJECT_LIMIT:
        cut = subject.rfind(" ", 1, SUBJECT_LIMIT + 1)
        cut = cut if cut > 0 else SUBJECT_LIMIT
        subject, rest = subject[:cut], subject[cut:].strip()
        description = f"{rest}\n{description}"
    return subject, description


def _name(file: CsvFile, value: str, line: int, column: str) -> str:
    try:
        check_line("it", value, NAME_LIMIT)
    except InvalidValueError as error:
        raise file.error(error.problem, line=line, column=column) from None
    return value


def title_of(ticket: Ticket) -> str:
    """The title, or how the text begins where there is none."""
    if ticket.subject != NO_TITLE:
        return ticket.subject
    return cut(" ".join(ticket.description.split())) or NO_TITLE


def cut(text: str, limit: int = 80) -> str:
    """The beginning of a text, when it is long.

    >>> cut("No ink", 4)
    'No …'
    """
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
