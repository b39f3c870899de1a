"""`duplicates`: groups of tickets in a CSV file that say the same, and what each field gave."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rich.table import Table
from rich.text import Text

from helpdesk_core.cli import console
from helpdesk_core.cli.csvfile import CsvFile, reading, shown
from helpdesk_core.cli.errors import InputError
from helpdesk_core.entities import Id, Ticket
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import NAME_LIMIT, SUBJECT_LIMIT, check_line
from helpdesk_core.similarity import Group, SimilarityIndex

_NO_TITLE = "…"  # says nothing that could be alike
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)


def run(arguments: argparse.Namespace) -> int:
    """Read the file, find the groups, print them."""
    if not 0 < arguments.threshold <= 1:
        raise InputError("--threshold must be over 0 and at most 1")
    if arguments.title is None and arguments.text is None:
        raise InputError("give --title, --text or both")
    with reading(arguments.file, delimiter=arguments.delimiter) as file:
        tickets = read_tickets(
            file, title=arguments.title, text=arguments.text, id_column=arguments.id
        )
    index = SimilarityIndex()
    with console.progress("indexing", len(tickets)) as steps:
        for ticket in tickets:
            index.add(ticket)
            steps.advance()
    groups = index.groups(arguments.threshold)
    by_id = {ticket.id: ticket for ticket in tickets}
    if arguments.json:
        console.print_json(
            {
                "file": arguments.file,
                "tickets": len(tickets),
                "threshold": arguments.threshold,
                "groups": [as_json(group) for group in groups],
            }
        )
    else:
        _print(groups, by_id, arguments.threshold)
    return 0


def read_tickets(
    file: CsvFile, *, title: str | None, text: str | None, id_column: str | None = None
) -> list[Ticket]:
    r"""A ticket per row; the id is that of its column, or the line, and must not come twice.

    Line breaks in a title become spaces, control characters too, and what a title has over the
    limit of a subject goes before the text, so that no word is lost.

    >>> file = CsvFile([b"key,title\n", b"A,No ink\n"], name="tickets.csv")
    >>> read_tickets(file, title="title", text=None, id_column="key")[0].subject
    'No ink'
    """
    id_place, title_place, text_place = (
        None if column is None else file.column(column) for column in (id_column, title, text)
    )
    tickets: list[Ticket] = []
    lines: dict[Id, int] = {}
    for line, cells in file.rows():
        id = line if id_place is None else _id(file, cells[id_place], line, str(id_column))
        if id in lines:
            raise file.error(
                f"{shown(str(id))} is on line {lines[id]} too", line=line, column=id_column
            )
        lines[id] = line
        subject = "" if title_place is None else _CONTROLS.sub(" ", cells[title_place])
        subject = " ".join(subject.split())
        description = "" if text_place is None else _CONTROLS.sub(" ", cells[text_place])
        if len(subject) > SUBJECT_LIMIT:
            cut = subject.rfind(" ", 1, SUBJECT_LIMIT + 1)
            cut = cut if cut > 0 else SUBJECT_LIMIT
            subject, rest = subject[:cut], subject[cut:].strip()
            description = f"{rest}\n{description}"
        try:
            tickets.append(
                Ticket(
                    id=id,
                    team_id="team",
                    stage_id="stage",
                    subject=subject or _NO_TITLE,
                    description=description,
                    created_at=_FIRST + timedelta(seconds=len(tickets)),  # older is further up
                )
            )
        except InvalidValueError as error:
            raise file.error(str(error), line=line) from None
    if not tickets:
        raise file.error("has a header and no rows")
    return tickets


def _id(file: CsvFile, value: str, line: int, column: str) -> str:
    try:
        check_line("it", value, NAME_LIMIT)
    except InvalidValueError as error:
        raise file.error(error.problem, line=line, column=column) from None
    if not value.strip():
        raise file.error("is empty", line=line, column=column)
    return value


def as_json(group: Group) -> dict[str, object]:
    """A group as plain values: its master and its members with their ratings and shares."""
    return {
        "master": group.master_id,
        "members": [
            {"id": match.ticket_id, "rating": match.rating, "shares": dict(match.shares)}
            for match in group.members
        ],
    }


def _print(groups: Sequence[Group], tickets: dict[Id, Ticket], threshold: float) -> None:
    out = console.out()
    found = sum(len(group.members) for group in groups)
    out.print(
        f"{len(tickets):,} tickets; {len(groups):,} groups with {found:,} duplicates"
        f" at {threshold:g} or more"
    )
    if not groups:
        return
    table = Table("id", "rating", "of which", "title")
    table.columns[0].overflow = table.columns[3].overflow = "fold"
    table.columns[1].justify = "right"
    for group in groups:
        table.add_section()
        master = tickets[group.master_id]
        table.add_row(Text(str(master.id)), "master", "", Text(_title(master)))
        for match in group.members:
            shares = ", ".join(
                f"{field} {share:.2f}" for field, share in match.shares.items() if share >= 0.005
            )
            title = _title(tickets[match.ticket_id])
            table.add_row(Text(str(match.ticket_id)), f"{match.rating:.2f}", shares, Text(title))
    out.print(table)


def _title(ticket: Ticket) -> str:
    if ticket.subject != _NO_TITLE:
        return ticket.subject
    words = " ".join(ticket.description.split())
    return words if len(words) <= 80 else f"{words[:79]}…"
