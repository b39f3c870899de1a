"""Use-cases of removal for legal reasons: words, files, people (T9).

The one exception to M6 and M8. The structure stays: that something was said, by whom and when; who
a ticket's customer was, by an id that nothing is known of any more. Each removal is an event that
says who, when and why, and nothing of what is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import attrs

from helpdesk_core.decisions import Reason
from helpdesk_core.entities import (
    Actor,
    Attachment,
    Id,
    Message,
    ReceivedMail,
    Ticket,
    TimeEntry,
)
from helpdesk_core.errors import InvalidValueError, NotFoundError
from helpdesk_core.events import (
    AttachmentRedacted,
    Event,
    MessageRedacted,
    PersonErased,
    TimeEntryRedacted,
)
from helpdesk_core.fields import NAME_LIMIT, check_id, check_line
from helpdesk_core.plans import Change, Kind
from helpdesk_core.ports import Claim
from helpdesk_core.service.answers import noted
from helpdesk_core.service.carried import carried_from
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.once import Once
from helpdesk_core.service.people import memberships
from helpdesk_core.service.removed import Going
from helpdesk_core.service.showing import known
from helpdesk_core.service.work import Work
from helpdesk_core.service.writing_over import undigested, write_over

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_Said = TypeVar("_Said", Message, Attachment)
_Thing = TypeVar("_Thing", Ticket, Message, Attachment, TimeEntry)


@attrs.frozen(kw_only=True)
class Removed:
    """What is gone, by id: the opening words of tickets, messages, files, notes, and somebody.

    `left` is what could not be reached after the commit, each with its code: the same call again,
    or for files `repair`, sees to it.
    """

    ticket_ids: tuple[Id, ...] = ()
    message_ids: tuple[Id, ...] = ()
    attachment_ids: tuple[Id, ...] = ()
    time_entry_ids: tuple[Id, ...] = ()
    user_id: Id | None = None
    left: tuple[Reason, ...] = ()


class RemovingUseCases(Desk):
    """What an administrator is asked for by law (T5)."""

    def redact_message(
        self,
        ticket_id: Id,
        message_id: Id | None,
        *,
        actor: Actor,
        reason: str,
        idempotency_key: str | None = None,
    ) -> Removed:
        """Remove what a message said, and its files; None: what the ticket was opened with.

        The message stays, with its author and its time, and says `REMOVED`. Gone too are the texts
        of stages about the words that a ticket was opened with, all that is text in the host's own
        fields of it, also where a merge carried it to, what is still to be sent of it, and what
        idempotency keys would give again. `reason` is recorded: it quotes nothing.
        """

        def going(work: Work) -> Going:
            if message_id is None:
                ticket = work.case(ticket_id).ticket
                return Going(tickets={ticket.id: ticket})
            message = _said(work, ticket_id, message_id, "message", work.session.messages)
            files = work.session.attachments([message.ticket_id])
            return Going(
                messages={message.id: message},
                attachments={file.id: file for file in files if file.message_id == message.id},
            )

        asked = {"ticket_id": ticket_id, "message_id": message_id, "reason": reason}
        return self._redact("message.redact", ticket_id, asked, going, actor, idempotency_key)

    def redact_attachment(
        self,
        ticket_id: Id,
        attachment_id: Id,
        *,
        actor: Actor,
        reason: str,
        idempotency_key: str | None = None,
    ) -> Removed:
        """Remove one file with its name; that there was one stays."""

        def going(work: Work) -> Going:
            file = _said(work, ticket_id, attachment_id, "attachment", work.session.attachments)
            return Going(attachments={file.id: file})

        asked = {"ticket_id": ticket_id, "attachment_id": attachment_id, "reason": reason}
        return self._redact("attachment.redact", ticket_id, asked, going, actor, idempotency_key)

    def erase_person(
        self,
        user_id: Id,
        *,
        actor: Actor,
        reason: str,
        words: bool,
        idempotency_key: str | None = None,
    ) -> Removed:
        """Remove what is known of somebody; with `words` what they wrote, too.

        Name, addresses and roles go. The id stays wherever it stands, and names nobody: they are
        inactive for ever. `words` has no default: whether what somebody wrote goes too is for the
        host to know. With it go their messages, files and notes, and what their tickets were
        opened with, as `redact_message` removes it.
        """

        def allowed(work: Work) -> None:
            work.require("person.erase")

        def remove(work: Work) -> Removed:
            user = work.user(user_id)
            work.claim(Claim.REMOVAL)
            work.holds(*work.session.teams())  # no stage writes of them meanwhile
            theirs = work.session.written_by(user_id) if words else ()
            messages = _those(theirs, Message)
            files = _those(theirs, Attachment) | {
                file.id: file
                for file in work.session.attachments({m.ticket_id for m in messages.values()})
                if file.message_id in messages
            }
            going = Going(
                tickets=_those(theirs, Ticket),
                messages=messages,
                attachments=files,
                time_entries=_those(theirs, TimeEntry),
                user=user,
            )
            follows = memberships(work, attrs.evolve(user, active=False))
            return _carry_out(work, going, reason, *follows)

        def teams() -> Collection[Id]:
            with self._repository.reading() as session:
                return list(session.teams())

        asked = {"user_id": user_id, "reason": reason, "words": words}
        key = idempotency_key
        return self._remove("person.erase", actor, allowed, remove, asked, key, team_ids=teams)

    def _redact(
        self,
        use_case: str,
        ticket_id: Id,
        asked: dict[str, Any],
        going: Callable[[Work], Going],
        actor: Actor,
        key: str | None,
    ) -> Removed:
        def allowed(work: Work) -> None:
            work.case(ticket_id)
            work.require("content.redact")

        def remove(work: Work) -> Removed:
            work.claim(Claim.REMOVAL)
            return _carry_out(work, going(work), asked["reason"])

        def tickets() -> Collection[Id]:
            return self._whole_tree(ticket_id)

        return self._remove(use_case, actor, allowed, remove, asked, key, ticket_ids=tickets)

    def _remove(
        self,
        use_case: str,
        actor: Actor,
        allowed: Callable[[Work], None],
        remove: Callable[[Work], Removed],
        asked: dict[str, Any],
        key: str | None,
        *,
        team_ids: Callable[[], Collection[Id]] | Collection[Id] = (),
        ticket_ids: Callable[[], Collection[Id]] | Collection[Id] = (),
    ) -> Removed:
        """Remove in one transaction, and drop after it what is kept elsewhere, each time anew."""
        _check_reason(asked["reason"])
        reworded: list[Ticket] = []

        def see(work: Work, removed: Removed) -> Removed:
            reworded[:] = work.session.tickets(removed.ticket_ids).values()
            return removed

        def do(work: Work) -> Removed:
            allowed(work)
            return see(work, remove(work))

        def again(work: Work, removed: Removed) -> None:
            allowed(work)
            see(work, removed)

        once = Once(key=key, payload=asked, again=again)
        removed = self._write(
            use_case, actor, do, team_ids=team_ids, ticket_ids=ticket_ids, once=once
        )
        return self._dropped(removed, reworded)

    def _whole_tree(self, ticket_id: Id) -> list[Id]:
        """The ticket, its root, and all that were merged into that: where a message can be."""
        check_id("ticket_id", ticket_id)
        with self._repository.reading() as session:
            ids = [ticket_id]
            while (ticket := session.tickets(ids[-1:]).get(ids[-1])) and ticket.merged_into:
                ids.append(ticket.merged_into)
            level = ids[-1:] if Claim.MERGE in self._repository.claims else []
            while level:
                children = session.merged_children(level)
                level = [child for parent in level for child in children.get(parent, ())]
                ids += level
        return list(dict.fromkeys(ids))

    def _dropped(self, removed: Removed, tickets: Collection[Ticket]) -> Removed:
        """Drop the files and tell the similarity store, after the commit; and say what is left.

        Also when an earlier result is given again: what was left then is tried once more.
        """
        left: list[Reason] = []
        if (files := self._attachments) is not None:
            for id in removed.attachment_ids:
                try:
                    files.delete(id)
                except Exception as error:
                    noted("is a file that was to be removed", id, error)
                    left.append(Reason("removal.left.file", {"attachment_id": id}))
        if (similarity := self._similarity) is not None:
            for ticket in tickets:
                try:
                    similarity.update(ticket)  # which forgets what was merged away (M8)
                except Exception as error:
                    noted("is in the similarity store as it was", ticket.id, error)
                    left.append(Reason("removal.left.similarity", {"ticket_id": ticket.id}))
        return attrs.evolve(removed, left=tuple(left))


# --- one removal ---------------------------------------------------------------------------------


def _carry_out(
    work: Work,
    going: Going,
    reason: str,
    changes: Iterable[Change] = (),
    events: Iterable[Event] = (),
) -> Removed:
    """Write over all of it, wherever it is kept, in this transaction; twice is fine."""
    carried = carried_from(work, going.tickets)
    going = attrs.evolve(going, mails=_mails(work, going), carried=carried.names)
    own = going.changes()
    told = _events(work, going, reason, {(change.kind, change.id) for change in own})
    touched = {event.ticket_id for event in told if event.ticket_id is not None}
    work.write(
        [*own, *carried.changes, *undigested(work, going), *changes],
        [*told, *carried.events, *events],
        touched=sorted(touched),
    )
    write_over(work, going)
    return Removed(
        ticket_ids=tuple(going.tickets),
        message_ids=tuple(going.messages),
        attachment_ids=tuple(going.attachments),
        time_entry_ids=tuple(going.time_entries),
        user_id=None if going.user is None else going.user.id,
    )


def _mails(work: Work, going: Going) -> dict[Id, ReceivedMail]:
    """The mails that go, and those that may quote what goes: all of the tickets of that matter."""
    if Claim.MAIL not in work.claims:
        return {}
    on = {*going.tickets, *(message.ticket_id for message in going.messages.values())}
    ids: dict[Id, None] = {}
    for id in [*on, *(link for t in work.session.tickets(on).values() for link in t.links)]:
        root = work.resolve(id)
        ids.update(dict.fromkeys(work.tree(root)))
        ids.setdefault(id)
    mails = [*work.session.mails(list(ids))] if ids else []
    if going.user is not None:
        mails += work.session.mails_of(going.user.id, _BEGINNING)
    return {mail.id: mail for mail in mails}


def _events(
    work: Work, going: Going, reason: str, changed: Collection[tuple[Kind, Id]]
) -> list[Event]:
    """What is gone now and was there before; the teams of the tickets must be held."""
    events: list[Event] = []
    said: list[tuple[Kind, Any, str, Any, Id]] = [
        *((Kind.TICKET, MessageRedacted, "", t, t.id) for t in going.tickets.values()),
        *(
            (kind, event, name, one, one.ticket_id)
            for kind, event, name, things in (
                (Kind.MESSAGE, MessageRedacted, "message_id", going.messages),
                (Kind.ATTACHMENT, AttachmentRedacted, "attachment_id", going.attachments),
                (Kind.TIME_ENTRY, TimeEntryRedacted, "time_entry_id", going.time_entries),
            )
            for one in things.values()
        ),
    ]
    said = [one for one in said if (one[0], one[3].id) in changed]
    tickets = work.session.tickets({ticket_id for *_, ticket_id in said})
    work.holds(*(ticket.team_id for ticket in tickets.values()))
    for _, event, name, thing, ticket_id in said:
        which: dict[str, Any] = {name: thing.id} if name else {"message_id": None}
        events.append(
            event(
                at=work.now,
                by=work.by,
                ticket_id=ticket_id,
                team_id=tickets[ticket_id].team_id,
                reason=reason,
                **which,
            )
        )
    if going.user is not None and (Kind.USER, going.user.id) in changed:
        events.append(PersonErased(at=work.now, by=work.by, user_id=going.user.id, reason=reason))
    return events


def _said(
    work: Work,
    ticket_id: Id,
    id: Id,
    what: str,
    load: Callable[[Collection[Id]], Sequence[_Said]],
) -> _Said:
    """What was said on this ticket, its root, or what was merged into it, as far as it is shown."""
    check_id(f"{what}_id", id)
    ids = {*work.tree(ticket_id)}
    root: Id = work.resolve(ticket_id)
    if known(work, [root]):
        ids |= {*work.tree(root)}
    for one in load(list(ids)):
        if one.id == id and (work.sees_internal or not one.internal):
            return one
    raise NotFoundError(what, id)


def _those(things: Iterable[Any], kind: type[_Thing]) -> dict[Id, _Thing]:
    return {thing.id: thing for thing in things if isinstance(thing, kind)}


def _check_reason(reason: str) -> None:
    check_line("reason", reason, NAME_LIMIT)
    if not reason.strip():
        raise InvalidValueError("reason", "must not be empty")
