"""The operator's use-cases: look the store over, and mend what can be mended without guessing.

Whatever has one right answer is mended: a kept count is what a recount gives, a file that nothing
records and that nobody can still be keeping goes. Everything else is left to a person, who is told
what it is; nothing that somebody wrote is ever dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import timedelta
from typing import Any

import attrs

from helpdesk_core.decisions import Reason
from helpdesk_core.entities import Actor, Id, Team, Ticket
from helpdesk_core.errors import AttachmentStoreError
from helpdesk_core.events import StoreRepaired
from helpdesk_core.ports import (
    Claim,
    DeliveryStatus,
    Miscount,
    Misworded,
    Position,
    Session,
    TicketFilter,
    Wording,
    WrongFigures,
)
from helpdesk_core.sentences import sentence
from helpdesk_core.service.answers import answered
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.work import Work
from helpdesk_core.visibility.scopes import Everything

#: How old a file without its attachment must be to be dropped: a younger one may just be coming in.
GRACE = timedelta(hours=24)
_PAGE = 500
_WORDING = {
    Wording.MISSING: "check.missing_words",
    Wording.STALE: "check.stale_words",
    Wording.STRAY: "check.stray_words",
}
_DROPPED = ("check.orphan_file", "check.removed_file")


@attrs.frozen(kw_only=True)
class Finding:
    """Something that is wrong: a code, ids, and whether `repair` mends it.

    >>> finding = Finding(reason=Reason("check.no_file", {"attachment_id": "A-1"}))
    >>> print(finding)
    The file of the attachment A-1 is not there.
    """

    reason: Reason
    mendable: bool = False

    @property
    def code(self) -> str:
        """The stable code of what is wrong."""
        return self.reason.code

    def __str__(self) -> str:
        return sentence(self.reason)


@attrs.frozen(kw_only=True)
class Repaired:
    """What `repair` mended, and what it left to a person."""

    mended: tuple[Finding, ...] = ()
    left: tuple[Finding, ...] = ()


class CheckingUseCases(Desk):
    """What an operator calls, now and then and after a crash."""

    def check(self) -> tuple[Finding, ...]:
        """What is wrong in the store; nothing is well. It only looks, however long it takes.

        Kept counts against a recount (A7, T2); what a search knows against the texts (V13); rows
        that hang on nothing; tickets in a stage that their team lacks (G5); people who are named
        and not known; tombstones that lead nowhere or in a circle (M9); dead messages (N1); files
        without their attachment and the other way round, which is what a crash leaves.
        """
        with self._repository.reading() as session:
            found = [wrong for miscount in session.recount() for wrong in _miscounted(miscount)]
            found += map(_misworded, _wording(session, self._repository.claims))
            found += [_finding("check.dangling", row=row) for row in session.dangling()]
            found += _misplaced(session)
            if Claim.OUTBOX in self._repository.claims:
                found += [
                    _finding(
                        "check.dead_message",
                        key=mail.key,
                        ticket_id=mail.notice.ticket_id,
                        recipient_id=mail.notice.recipient_id,
                        attempts=mail.attempts,
                    )
                    for mail in session.outbox(status=DeliveryStatus.DEAD)
                ]
            known, removed = _recorded(session, self._repository.claims)
        # Listed after the records: a file that comes in meanwhile is young, none is missed.
        return tuple(found) + tuple(self._files(GRACE).against(known, removed))

    def repair(self, *, actor: Actor, grace: timedelta = GRACE) -> Repaired:
        """Mend what can be mended without guessing; what, and what is left, as findings (T5).

        Kept counts are set to what a recount gives, and what a search knows to what the texts say
        (V13). Files without their attachment are dropped when they are older than `grace`, and
        those that were to be removed for legal reasons whatever their age (T9). Each is
        recorded as a `StoreRepaired`.
        """
        files = self._files(grace)
        with self._repository.reading() as session:  # it takes long, and nobody waits for a reader
            wording = bool(_wording(session, self._repository.claims))

        def do(work: Work) -> list[Finding]:
            work.require("work.repair")
            recounted = work.session.recount(mend=True)
            counts = [wrong for miscount in recounted for wrong in _miscounted(miscount)]
            words = work.session.misworded(mend=True) if wording else ()
            recorded = _recorded(work.session, work.claims)
            mended = counts + [_misworded(wrong) for wrong in words]
            mended += [found for found in files.against(*recorded) if found.mendable]
            work.write([], [_repaired(work, finding) for finding in mended])
            return mended

        def teams() -> list[Id]:
            with self._repository.reading() as session:
                return list(session.teams())

        mended = self._write("work.repair", actor, do, team_ids=teams)
        for finding in mended:
            if finding.code in _DROPPED and self._attachments is not None:
                with answered("attachment store", AttachmentStoreError):
                    self._attachments.delete(finding.reason.parameters["attachment_id"])
        return Repaired(mended=tuple(mended), left=self.check())

    def _files(self, grace: timedelta) -> _Files:
        if self._attachments is None:
            return _Files()
        with answered("attachment store", AttachmentStoreError):
            old = frozenset(self._attachments.ids(before=self._now() - grace))
            return _Files(there=True, kept=frozenset(self._attachments.ids()), old=old)


@attrs.frozen(kw_only=True)
class _Files:
    """The files of the attachment store, if there is one."""

    there: bool = False
    kept: frozenset[Id] = frozenset()
    old: frozenset[Id] = frozenset()

    def against(self, known: Set[Id], removed: Set[Id]) -> Iterator[Finding]:
        """Attachments without their file, and files without their attachment, or removed."""
        if not self.there:
            return
        for id in sorted(known - self.kept, key=str):
            yield _finding("check.no_file", attachment_id=id)
        for id in sorted(self.kept & removed, key=str):
            yield _finding("check.removed_file", mendable=True, attachment_id=id)
        ours = not self.kept.isdisjoint(known | removed)
        for id in sorted(self.kept - known - removed, key=str):
            if id not in self.old:
                yield _finding("check.young_file", attachment_id=id)
            elif ours:
                yield _finding("check.orphan_file", mendable=True, attachment_id=id)
            else:  # perhaps the store, or the database, is another one's
                yield _finding("check.foreign_file", attachment_id=id)


def _recorded(session: Session, claims: frozenset[Claim]) -> tuple[Set[Id], Set[Id]]:
    """The attachments whose file is kept, and those whose file was removed (T9)."""
    removed = session.attachment_ids(removed=True) if Claim.REMOVAL in claims else ()
    return set(session.attachment_ids()), set(removed)


def _repaired(work: Work, finding: Finding) -> StoreRepaired:
    parameters = finding.reason.parameters
    names = ("member_id", "stage_id", "attachment_id")
    ids = [parameters[name] for name in names if name in parameters]
    ids += parameters.get("ticket_ids", ())
    return StoreRepaired(
        at=work.now,
        by=work.by,
        team_id=parameters.get("team_id"),
        code=finding.code,
        ids=tuple(ids),
    )


def _finding(code: str, *, mendable: bool = False, **parameters: object) -> Finding:
    return Finding(reason=Reason(code, parameters), mendable=mendable)


def _miscounted(it: Miscount | WrongFigures) -> Iterator[Finding]:
    if isinstance(it, WrongFigures):
        yield _finding(
            "check.wrong_figures",
            mendable=True,
            team_id=it.team_id,
            stage_id=it.kept.stage_id,
            kept=(it.kept.tickets, it.kept.unassigned, it.kept.waiting),
            counted=(it.counted.tickets, it.counted.unassigned, it.counted.waiting),
        )
        return
    whose = {"team_id": it.team_id, "member_id": it.member_id}
    if (it.kept_total, it.kept_open) != (it.total, it.open):
        yield _finding(
            "check.miscount",
            mendable=True,
            **whose,
            kept_total=it.kept_total,
            kept_open=it.kept_open,
            total=it.total,
            open=it.open,
        )
    if it.kept_credit != it.credit:
        yield _finding(
            "check.miscredit",
            mendable=True,
            **whose,
            kept_credit=it.kept_credit,
            credit=it.credit,
        )


def _wording(session: Session, claims: frozenset[Claim]) -> Sequence[Misworded]:
    """What a search is wrong about, where there is one."""
    return session.misworded() if Claim.SEARCH in claims else ()


def _misworded(it: Misworded) -> Finding:
    return _finding(_WORDING[it.how], mendable=True, number=it.number, ticket_ids=it.ticket_ids)


# --- tickets, teams and people -------------------------------------------------------------------


def _misplaced(session: Session) -> Iterable[Finding]:
    """Tickets and teams, one by one: each must stand where there is something to stand on."""
    teams, stages = session.teams(), {stage.id for stage in session.stages()}
    for team in teams.values():
        yield from _strangers(session, [("team", team)])
    into: dict[Id, Id] = {}
    for page in _pages(session):
        for ticket in page:
            yield from _standing(ticket, teams, stages)
            if ticket.merged_into is not None:
                into[ticket.id] = ticket.merged_into
        yield from _strangers(session, [("ticket", ticket) for ticket in page])
    yield from _lost_tombstones(session, into)


def _pages(session: Session) -> Iterator[list[Ticket]]:
    after: Position | None = None
    everything = TicketFilter(merged=None)
    while page := list(session.find(Everything(), everything, after=after, limit=_PAGE)):
        yield page
        after = Position(page[-1].created_at, page[-1].id)


def _standing(ticket: Ticket, teams: Mapping[Id, Team], stages: Collection[Id]) -> list[Finding]:
    team = teams.get(ticket.team_id)
    place: dict[str, Any] = {
        "ticket_id": ticket.id,
        "team_id": ticket.team_id,
        "stage_id": ticket.stage_id,
    }
    if team is None:
        return [_finding("check.no_team", **place)]
    if ticket.stage_id not in stages:
        return [_finding("check.no_stage", **place)]
    if ticket.stage_id not in team.stage_ids:
        return [_finding("check.stage_not_in_team", **place)]
    return []


def _strangers(session: Session, things: list[tuple[str, Team | Ticket]]) -> list[Finding]:
    """People who have, asked for or follow something, and whom nobody knows."""
    named = [(kind, thing.id, role, id) for kind, thing in things for role, id in _named(thing)]
    known = session.users({id for *_, id in named})
    return [
        _finding("check.stranger", kind=kind, id=of, role=role, user_id=id)
        for kind, of, role, id in named
        if id not in known
    ]


def _named(thing: Team | Ticket) -> Iterator[tuple[str, Id]]:
    if isinstance(thing, Team):
        yield from (("member", id) for id in thing.member_ids)
    else:
        for role, id in (("assignee", thing.assignee_id), ("customer", thing.customer_id)):
            if id is not None:
                yield role, id
    yield from (("follower", id) for id in thing.followers)


def _lost_tombstones(session: Session, into: Mapping[Id, Id]) -> Iterator[Finding]:
    """Tombstones that point to nothing, and circles, each told once (M9)."""
    masters = {master for master in into.values() if master not in into}
    there = set(session.tickets(masters)) if masters else set()
    for tombstone, master in into.items():
        if master in masters and master not in there:
            yield _finding("check.tombstone_to_nowhere", ticket_id=tombstone, merged_into=master)
    seen: set[Id] = set()
    for start in into:
        way: list[Id] = []
        id = start
        while id in into and id not in seen:
            seen.add(id)
            way.append(id)
            id = into[id]
        if id in way:
            yield _finding("check.tombstone_circle", ticket_ids=tuple(way[way.index(id) :]))
