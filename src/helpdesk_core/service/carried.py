"""Words that a merge carried into the host's own fields of other tickets, which have to go (T9).

They are taken out of the tickets that have them now, as by un-merging: what the others had is on
their tombstones still. The records of the merges forget them, so that nothing brings them back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from helpdesk_core.entities import Id, Ticket
from helpdesk_core.entities.host_fields import changed_fields, names_of_texts
from helpdesk_core.events import TicketChanged
from helpdesk_core.merge.fields import fields_back
from helpdesk_core.plans import Change, Kind, Merge, SetField
from helpdesk_core.ports import Claim
from helpdesk_core.service.removed import forgetting
from helpdesk_core.service.work import Work


@attrs.frozen
class Carried:
    """The fields by ticket and name, how they are emptied, and what is told of it."""

    names: Mapping[Id, frozenset[str]] = attrs.field(factory=dict)
    changes: tuple[Change, ...] = ()
    events: tuple[TicketChanged, ...] = ()


def carried_from(work: Work, tickets: Mapping[Id, Ticket]) -> Carried:
    """Where words in the fields of these tickets are beside there; their roots must be held."""
    if not tickets or not {Claim.MERGE, Claim.HOST_FIELDS} <= work.claims:
        return Carried()
    above = _above(work, tickets)
    now = dict(work.session.tickets(list(above)))
    names: dict[Id, set[str]] = {}
    changes: list[Change] = []
    for record, in_it in _affected(work, tickets, above):
        left: list[Change] = []
        for change in record.changes:
            if isinstance(change, SetField) and change.field == "fields":
                gone = _texts(change) if in_it is None else _texts(change) & in_it
                names.setdefault(change.id, set()).update(gone)
                if in_it is not None and change.id in now:
                    fields, _ = fields_back(now[change.id].fields, _only(change, gone))
                    now[change.id] = attrs.evolve(now[change.id], fields=fields)
                change = forgetting(change, gone)
            left.append(change)
        if tuple(left) != record.changes:
            changes.append(SetField.of(Kind.MERGE, record, "changes", tuple(left)))
    events = []
    for id, before in work.session.tickets(list(above)).items():
        if emptied := changed_fields(before.fields, now[id].fields):
            work.holds(before.team_id)
            changes.append(SetField.of(Kind.TICKET, before, "fields", now[id].fields))
            told = tuple(f"fields.{name}" for name in emptied)
            events.append(
                TicketChanged(
                    at=work.now, by=work.by, ticket_id=id, team_id=before.team_id, fields=told
                )
            )
    kept = {id: frozenset(some) for id, some in names.items() if some and id not in tickets}
    return Carried(kept, tuple(changes), tuple(events))


def _above(work: Work, tickets: Mapping[Id, Ticket]) -> dict[Id, frozenset[str]]:
    """The tickets that these were merged into, with the names of the fields that may have it."""
    above: dict[Id, frozenset[str]] = {}
    for ticket in tickets.values():
        id = ticket.merged_into
        while id is not None:
            if id not in tickets:
                above[id] = above.get(id, frozenset()) | names_of_texts(ticket.fields)
            id = work.session.tickets([id])[id].merged_into
    return above


def _affected(
    work: Work, tickets: Mapping[Id, Ticket], above: Mapping[Id, frozenset[str]]
) -> list[tuple[Merge, frozenset[str] | None]]:
    """The merges that had to do with it, newest first, each with the fields in question.

    None: all of them, where one of the tickets is the master, and in merges that are undone. What
    was merged into a root after one of these stands on what that made.
    """
    merges = _merges(work, {*tickets, *above})
    into: set[Id] = set()
    found: list[tuple[Merge, frozenset[str] | None]] = []
    for merge in merges:
        if merge.undone_at is not None or merge.master_id in tickets:
            found.append((merge, None))
        elif merge.master_id in above:
            if not {*tickets, *above}.isdisjoint(merge.merged_ids):
                into.add(merge.master_id)
            if merge.master_id in into:
                found.append((merge, above[merge.master_id]))
    return found[::-1]


def _merges(work: Work, ids: set[Id]) -> list[Merge]:
    """The merges of these tickets, and those further up of what is apart again, oldest first."""
    found: dict[Id, Merge] = {}
    while ids:
        records = [r for r in work.session.merges(list(ids)) if r.id not in found]
        found |= {record.id: record for record in records}
        ids = {r.master_id for r in records if r.undone_at and not ids.isdisjoint(r.merged_ids)}
    return sorted(found.values(), key=lambda record: record.at)


def _texts(change: SetField) -> frozenset[str]:
    return names_of_texts(change.expected) | names_of_texts(change.value)


def _only(change: SetField, names: Collection[str]) -> SetField:
    return forgetting(change, {*change.expected, *change.value}.difference(names))
