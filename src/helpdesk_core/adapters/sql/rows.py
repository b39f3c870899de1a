"""From rows to values and back, where a value is not just the columns of its row."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import attrs
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from helpdesk_core.adapters.codec import Codec
from helpdesk_core.adapters.sql.types import OpaqueId
from helpdesk_core.assignment import Workload
from helpdesk_core.entities import Id, Team, Ticket
from helpdesk_core.errors import InvalidValueError, RepositoryError
from helpdesk_core.plans import Merge, Notice
from helpdesk_core.ports import Figures, Notification

_FIGURES = tuple(field.name for field in attrs.fields(Figures))
_NOTICE = tuple(field.name for field in attrs.fields(Notice))
_KEPT = 50_000  # a text that is longer than this is not kept


def made(kind: Any, names: Sequence[str], values: Sequence[Any], **more: Any) -> Any:
    """The thing in a row; what another program spoiled is not guessed at."""
    try:
        return kind(**dict(zip(names, values, strict=True)), **more)
    except InvalidValueError as error:
        raise RepositoryError(f"{kind.__name__} {values[0]!r} cannot be read: {error}") from None


@functools.lru_cache(maxsize=4096)
def made_before(kind: Any, names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """The same for rows that are read over and over: equal rows are one thing."""
    return made(kind, names, values)


def workloads_of(found: Iterable[Workload]) -> dict[Id, Workload]:
    """By member. A row is kept for all who ever had a ticket; what says nothing is left out."""
    return {
        load.member_id: load
        for load in found
        if load.total or load.credit or load.last_assigned is not None
    }


def team_of(row: Sequence[Any], names: tuple[str, ...], codec: Codec) -> Team:
    """A team, whose row ends with its stages and its followers."""
    short = len(row[-1] or "") < _KEPT
    make = _team_of if short else _team_of.__wrapped__
    values = list(row)
    at = names.index("member_options")
    values[at] = tuple(values[at].items())
    team: Team = make(tuple(values), names, codec)
    return team


@functools.lru_cache(maxsize=256)
def _team_of(row: tuple[Any, ...], names: tuple[str, ...], codec: Codec) -> Team:
    *columns, stage_ids, follows = row
    at = names.index("member_options")
    columns[at] = dict(columns[at])
    followers = codec.followers(follows)
    team: Team = made(Team, names, columns, stage_ids=codec.listed(stage_ids), followers=followers)
    return team


def ticket_of(row: Sequence[Any], names: tuple[str, ...], codec: Codec) -> Ticket:
    """A ticket, whose row ends with its tags and its followers."""
    *columns, tags, follows = row
    followers = codec.followers(follows)
    ticket: Ticket = made(
        Ticket, names, columns, tags=json.loads(tags or "[]"), followers=followers
    )
    return ticket


def things_in(
    text: str | None,
    kind: Any,
    columns: tuple[sa.Column[Any], ...],
    codec: Codec,
    as_: Callable[[Iterable[Any]], Any] = tuple,
) -> Any:
    """The things in a JSON array of rows, which begin with what they are ordered by.

    Texts come again and again: what `as_` makes of the things is made once for each, and shared.
    """
    keep = text is None or len(text) < _KEPT
    return (_things_in if keep else _things_in.__wrapped__)(text, kind, columns, codec, as_)


@functools.lru_cache(maxsize=256)
def _things_in(
    text: str | None, kind: Any, columns: Any, codec: Codec, as_: Callable[[Iterable[Any]], Any]
) -> Any:
    names = tuple(column.name for column in columns)
    turns = [(n, turn) for n, c in enumerate(columns) if (turn := _from_json(c.type, codec))]
    things = []
    for row in sorted(json.loads(text or "[]")):
        values = row[-len(names) :]
        for n, turn in turns:
            values[n] = turn(values[n])
        things.append(made_before(kind, names, tuple(values)))
    return as_(things)


def _from_json(kind: Any, codec: Codec) -> Callable[[Any], Any] | None:
    """How a value of this column comes out of JSON; None: as it is."""
    if isinstance(kind, OpaqueId):
        return codec.id_back if codec.id_type is UUID else None
    if isinstance(kind, sa.Boolean):
        return bool
    if isinstance(kind, TypeDecorator):
        return lambda value: kind.process_result_value(value, None)  # type: ignore[arg-type]
    return None


def grouped(pairs: Iterable[Any]) -> dict[Id, list[Any]]:
    """The second of each pair, by the first."""
    groups: dict[Id, list[Any]] = {}
    for of, item in pairs:
        groups.setdefault(of, []).append(item)
    return groups


def figures_in(whole: Iterable[Any], one_by_one: Iterable[Any], codec: Codec) -> list[Figures]:
    """The figures of whole teams, and of tickets that were looked up; see `listings.figures`."""
    found = {
        (row[0], row[1]): Figures(**dict(zip(_FIGURES, row, strict=True)))
        for row in whole
        if row[2]  # a row stays when all have left
    }
    for place, tickets in one_by_one:
        if place is None:
            continue
        *ids, unassigned, waiting = json.loads(place)
        team_id, stage_id = map(codec.id_back, ids)
        more = Figures(
            team_id=team_id,
            stage_id=stage_id,
            tickets=tickets,
            unassigned=tickets if unassigned else 0,
            waiting=tickets if waiting else 0,
        )
        before = found.get((team_id, stage_id))
        found[team_id, stage_id] = more if before is None else before.plus(more)
    return list(found.values())


def merge_of(row: Any) -> Merge:
    """The record of a merge."""
    fields = row._asdict()
    del fields["sequence"]
    return Merge(**fields)


def outbox_row(notification: Notification) -> dict[str, Any]:
    """A notification as a row of the outbox."""
    notice = notification.notice
    return {
        **{name: getattr(notice, name) for name in _NOTICE},
        "key": notification.key,
        "created_at": notification.created_at,
        "attempts": notification.attempts,
        "status": notification.status,
        "not_before": notification.not_before,
        "error": notification.error,
        "held_until": notification.held_until,
    }


def notification_of(row: Any, **other: Any) -> Notification:
    """The notification in a row of the outbox, with `other` values in place of its own."""
    fields = {
        "key": row.key,
        "created_at": row.created_at,
        "attempts": row.attempts,
        "status": row.status,
        "not_before": row.not_before,
        "error": row.error,
        "held_until": row.held_until,
    } | other
    notice = Notice(**{name: getattr(row, name) for name in _NOTICE})
    return Notification(notice=notice, **fields)
