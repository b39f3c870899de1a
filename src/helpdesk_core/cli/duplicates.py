"""`duplicates`: groups of tickets in a CSV file that say the same, and what each field gave."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs
from rich.table import Table
from rich.text import Text

from helpdesk_core.cli import console
from helpdesk_core.cli.csvfile import reading, shown
from helpdesk_core.cli.errors import InputError
from helpdesk_core.cli.known import Known, Quality, ask, known_by_groups, known_by_ids
from helpdesk_core.cli.markup import counted, page_file, write_page
from helpdesk_core.cli.pages import PAIRS_LIMIT, Report, page
from helpdesk_core.cli.pairs import Gave, NearMiss, Pair, near_misses, pairs_of
from helpdesk_core.cli.rows import Columns, read_rows, title_of
from helpdesk_core.duplicates import Group, SimilarityIndex, words
from helpdesk_core.duplicates.contents import Splitter
from helpdesk_core.entities import Id, Ticket

_TEXT_HINT = "install it with: pip install 'helpdesk-core[text]'"
_AT = (1, 5, 10)
_AT_MOST = 100
_WORDS_LIMIT = 5  # words in common that are named in the table
_NEAR_LIMIT = 20  # pairs that nearly were one, in the table


@attrs.frozen(kw_only=True)
class Found:
    """What there is to tell of a file; `near` and `quality` when they were asked for."""

    tickets: dict[Id, Ticket]
    index: SimilarityIndex
    groups: Sequence[Group]
    known: Known | None = None
    near: Sequence[NearMiss] | None = None
    quality: Quality | None = None

    def pairs(self, group: Group) -> list[Pair]:
        """The pairs of a group, explained."""
        return list(pairs_of(group, self.tickets, self.index, self.known))

    @property
    def duplicates(self) -> int:
        """How many there are in all groups, without the masters."""
        return sum(len(group.members) for group in self.groups)


def run(arguments: argparse.Namespace) -> int:
    """Read the file, find the groups, print them."""
    _check(arguments)
    split = _splitter(arguments.language)
    found = _find(arguments, split)
    if arguments.report is not None:
        text = page(_report(arguments, found, split))
        write_page(Path(arguments.report), text)
    if arguments.json:
        console.print_json(_as_json(arguments, found))
    else:
        _print(arguments, found)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuse by name what cannot be done, before anything is read."""
    if not 0 < arguments.threshold <= 1:
        raise InputError("--threshold must be over 0 and at most 1")
    if arguments.title is None and arguments.text is None:
        raise InputError("give --title, --text or both")
    for option in ("labels_are", "at"):
        if getattr(arguments, option) is not None and arguments.labels is None:
            raise InputError(f"--{option.replace('_', '-')} is for --labels, which is not given")
    if not all(1 <= k <= _AT_MOST for k in arguments.at or _AT):
        raise InputError(f"--at must be from 1 to {_AT_MOST}")
    if arguments.report is not None:
        page_file(arguments.report)


def _splitter(language: str | None) -> Splitter:
    """What takes a text to its words."""
    if language is None:
        return words
    try:
        import snowballstemmer

        from helpdesk_core.adapters.text import SnowballWords
    except ModuleNotFoundError as error:
        raise InputError(f"--language needs {error.name}; {_TEXT_HINT}") from None
    languages = snowballstemmer.algorithms()
    if language not in languages:
        there = ", ".join(sorted(languages))
        raise InputError(f"--language {shown(language)} has no stemmer; there are {there}")
    return SnowballWords(language)


def _find(arguments: argparse.Namespace, split: Splitter) -> Found:
    columns = Columns(
        title=arguments.title,
        text=arguments.text,
        id=arguments.id,
        team=arguments.team,
        label=arguments.labels,
    )
    with reading(arguments.file, delimiter=arguments.delimiter) as file:
        rows = read_rows(file, columns)
    tickets = {row.ticket.id: row.ticket for row in rows}
    duplicates: Known | None = None
    if arguments.labels is not None:
        by = known_by_ids if arguments.labels_are == "ids" else known_by_groups
        duplicates = by({row.ticket.id: row.label for row in rows})
        if not duplicates:
            raise InputError(
                f"{arguments.file}: no row has a duplicate by column {shown(arguments.labels)}"
            )
    index = SimilarityIndex(split=split)
    with console.progress("indexing", len(tickets)) as steps:
        for ticket in tickets.values():
            index.add(ticket)
            steps.advance()
    with console.progress("grouping", len(tickets)) as steps:
        groups = index.groups(arguments.threshold, progress=steps.reached)
    near: list[NearMiss] | None = None
    if arguments.explain:
        with console.progress("looking for near ones", len(tickets)) as steps:
            near = near_misses(index, tickets, groups, arguments.threshold, steps)
    quality: Quality | None = None
    if duplicates is not None:
        at = sorted(set(arguments.at or _AT))
        with console.progress("asking", len(duplicates)) as steps:
            quality = ask(index, tickets.values(), duplicates, at, steps)
    return Found(
        tickets=tickets,
        index=index,
        groups=groups,
        known=duplicates,
        near=near,
        quality=quality,
    )


def _report(arguments: argparse.Namespace, found: Found, split: Splitter) -> Report:
    """The first groups, as many as a page holds; a group that is larger is cut."""
    groups: list[list[Pair]] = []
    room = PAIRS_LIMIT
    for group in found.groups:
        if room <= 0:
            break
        shorter = attrs.evolve(group, members=group.members[:room])
        groups.append(found.pairs(shorter))
        room -= len(shorter.members)
    return Report(
        file=Path(arguments.file).name,
        tickets=len(found.tickets),
        threshold=arguments.threshold,
        groups=groups,
        duplicates=found.duplicates,
        all_groups=len(found.groups),
        split=split,
        language=arguments.language,
        near=(found.near or ())[:PAIRS_LIMIT],
        quality=found.quality,
    )


# --- JSON ----------------------------------------------------------------------------------------


def _as_json(arguments: argparse.Namespace, found: Found) -> dict[str, Any]:
    told: dict[str, Any] = {
        "file": arguments.file,
        "tickets": len(found.tickets),
        "threshold": arguments.threshold,
        "groups": [_group_as_json(found, group, arguments.explain) for group in found.groups],
    }
    if found.near is not None:
        told["near"] = [near.as_json(arguments.threshold) for near in found.near]
    if found.quality is not None:
        told["quality"] = found.quality.as_json()
    return told


def _group_as_json(found: Found, group: Group, explain: bool) -> dict[str, Any]:
    members: list[dict[str, Any]] = [
        {"id": match.ticket_id, "rating": match.rating, "shares": dict(match.shares)}
        for match in group.members
    ]
    if explain:
        for member, pair in zip(members, found.pairs(group), strict=True):
            member |= {"words": dict(pair.why.words), "pieces": pair.why.pieces}
    return {"master": group.master_id, "members": members}


# --- tables --------------------------------------------------------------------------------------


def _print(arguments: argparse.Namespace, found: Found) -> None:
    out = console.out()
    out.print(
        f"{len(found.tickets):,} tickets; {len(found.groups):,} groups with"
        f" {found.duplicates:,} duplicates at {arguments.threshold:g} or more"
    )
    if found.groups:
        out.print(_table(found, arguments.explain))
    if found.near:
        out.print(_near(found.near, arguments.threshold))
    if found.quality is not None:
        table = Table("", f"{len(found.quality.places):,} asked")
        table.columns[1].justify = "right"
        for name, value in found.quality.rows():
            table.add_row(name, f"{value:.3f}")
        out.print(table)
    if arguments.report is not None:
        out.print(Text(f"the pairs side by side: {arguments.report}"))


def _table(found: Found, explain: bool) -> Table:
    table = Table("id", "rating", "of which", "title")
    table.columns[0].overflow = table.columns[3].overflow = "fold"
    table.columns[1].justify = "right"
    for group in found.groups:
        table.add_section()
        master = found.tickets[group.master_id]
        table.add_row(Text(str(master.id)), "master", "", Text(title_of(master)))
        why = found.pairs(group) if explain else []
        for place, match in enumerate(group.members):
            gave = Text(_gave(match.shares.items()))
            if explain:
                named, others = why[place].in_common(_WORDS_LIMIT)
                gave.append(f"\nby {_gave(named + others) or 'nothing in common'}")
            title = Text(title_of(found.tickets[match.ticket_id]))
            table.add_row(Text(str(match.ticket_id)), f"{match.rating:.2f}", gave, title)
    return table


def _gave(parts: Iterable[Gave]) -> str:
    return ", ".join(f"{name} {share:.2f}" for name, share in parts if share >= 0.005)


def _near(near: Sequence[NearMiss], threshold: float) -> Table:
    title = f"nearly: {counted(len(near), 'pair')}"
    if len(near) > _NEAR_LIMIT:
        title += f", of which the first {_NEAR_LIMIT}"
    table = Table("id", "rating", "not grouped, for", "title", title=title, title_justify="left")
    table.columns[0].overflow = table.columns[3].overflow = "fold"
    table.columns[1].justify = "right"
    for one in near[:_NEAR_LIMIT]:
        table.add_section()
        table.add_row(
            Text(str(one.ticket.id)),
            one.shown,
            Text(one.reason(threshold)),
            Text(title_of(one.ticket)),
        )
        table.add_row(Text(str(one.other.id)), "", "", Text(title_of(one.other)))
    return table
