"""Searching: what is found is what somebody would find who reads all that they are shown (V13).

Nothing that is hidden takes part: not in the list, not in the count, not in the order, which is by
time and not by how rare a word is among all texts. Passages are taken from what is shown to the one
who acts, and not from what the store found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from helpdesk_core.entities import Actor, Id, Message, Ticket
from helpdesk_core.ports import Claim, TicketFilter
from helpdesk_core.search import Snippet, Wanted, opening_of, snippet, wanted
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.pages import Cursors, Page, check_limit
from helpdesk_core.service.showing import shown_all
from helpdesk_core.service.work import Work


@attrs.frozen(kw_only=True)
class Found:
    """A ticket that was found, and the passage by which.

    `said_on_id` is the ticket on which the passage stands: this one, or one merged into it.
    `message_id` is None for a passage of the subject or the description.
    """

    ticket: Ticket
    snippet: Snippet
    said_on_id: Id
    message_id: Id | None = None


@attrs.frozen
class SearchPage(Page[Found]):
    """A page of what was found, and how many tickets there are in all (T8, V13)."""

    count: int = attrs.field(kw_only=True)


class SearchingUseCases(Desk):
    """Finding tickets by their words."""

    def search(
        self,
        text: str,
        *,
        actor: Actor,
        query: TicketFilter = TicketFilter(),  # noqa: B008 - frozen
        whole_words: bool = False,
        after: str | None = None,
        limit: int = 50,
    ) -> SearchPage:
        """The tickets in which all of the words stand together in one text, newest first (V13, T8).

        A text is subject and description together, or one message; what was said on a ticket that
        was merged into another is found there by those who may see both (M6, M7, M8). Case and
        accents make no difference, and the last word may be unfinished unless `whole_words`.
        Outsiders find nothing by an internal note (V15).
        """
        check_limit(limit)
        what = wanted(text, whole_words=whole_words)

        cursors = Cursors.of("search", text=text, whole_words=whole_words, query=query)
        place = cursors.position(after)

        def ask(work: Work) -> SearchPage:
            work.claim(Claim.SEARCH)
            work.can_ask(query)
            session, inside = work.session, work.sees_internal
            with cursors.refusing():
                found = session.search(
                    work.scope, query, what, internal=inside, after=place, limit=limit + 1
                )
            page = cursors.page(found, limit, lambda ticket: ticket.place)
            return SearchPage(
                items=tuple(_passages(work, what, page.items)),
                next=page.next,
                count=session.count_found(work.scope, query, what, internal=inside),
            )

        return self._read(actor, ask)


def _passages(work: Work, what: Wanted, tickets: Sequence[Ticket]) -> Iterable[Found]:
    """What was found, each with its passage; what is not shown to the one who acts is no reason."""
    shown = {ticket.id: ticket for ticket in shown_all(work, tickets)}
    found = {id: _of_opening(ticket, ticket, what) for id, ticket in shown.items()}
    rest = [id for id, one in found.items() if one is None]
    if rest:
        below = {id: shown_all(work, tickets) for id, tickets in work.below(rest).items()}
        said: dict[Id, list[Message]] = {}
        ids = [one.id for id in rest for one in (shown[id], *below[id])]
        for message in work.session.messages(ids):
            if work.sees_internal or not message.internal:
                said.setdefault(message.ticket_id, []).append(message)
        for id in rest:
            found[id] = _in_time(shown[id], below[id], said, what)
    return [one for one in found.values() if one is not None]


def _of_opening(ticket: Ticket, opened: Ticket, what: Wanted) -> Found | None:
    passage = snippet(opening_of(opened), what)
    if passage is None:
        return None
    return Found(ticket=ticket, snippet=passage, said_on_id=opened.id)


def _in_time(
    ticket: Ticket,
    below: Sequence[Ticket],
    said: Mapping[Id, Sequence[Message]],
    what: Wanted,
) -> Found | None:
    """The first text that has the words: a message, or what a ticket below was opened with."""
    texts: list[Ticket | Message] = [*below]
    for one in (ticket, *below):
        texts += said.get(one.id, ())
    texts.sort(key=lambda text: text.at if isinstance(text, Message) else text.created_at)
    for text in texts:
        if isinstance(text, Ticket):
            found = _of_opening(ticket, text, what)
            if found is not None:
                return found
        elif (passage := snippet(text.body, what)) is not None:
            return Found(
                ticket=ticket, snippet=passage, said_on_id=text.ticket_id, message_id=text.id
            )
    return None
