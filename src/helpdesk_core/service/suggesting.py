"""Use-cases of suggesting: what looks like a duplicate, and what is none (M1-M5, M11)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from helpdesk_core.duplicates import Among, Group, Match, SimilarityIndex, fingerprint
from helpdesk_core.entities import Actor, Id, Ticket
from helpdesk_core.errors import InvalidValueError, PortError
from helpdesk_core.events import DuplicateDiscarded
from helpdesk_core.fields import check_id, distinct
from helpdesk_core.plans import Discard
from helpdesk_core.ports import Claim, Position, SimilarityStore, TicketFilter
from helpdesk_core.service.answers import answered
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.once import Once
from helpdesk_core.service.showing import seen
from helpdesk_core.service.work import Work
from helpdesk_core.visibility.scopes import Everything

#: What is alike enough to be suggested, unless the host says otherwise (M3).
THRESHOLD = 0.5
_PAGE = 500  # tickets that are read at once to fill a similarity store


class SuggestingUseCases(Desk):
    """What is suggested. Nothing is done to a ticket by it (M3, M5).

    Without a similarity store the tickets that may be seen are compared anew for each question,
    which is for desks of some thousand tickets.
    """

    def duplicates(
        self, ticket_id: Id, *, actor: Actor, limit: int = 10, threshold: float = THRESHOLD
    ) -> tuple[Match, ...]:
        """Tickets that look like this one, best first, each with its shares (M2, M3).

        Only those that the one who acts may see (M11), and no pair discarded before unless its
        content changed since (M5). Nothing for outsiders: the shares tell of tags and customers.
        """

        def ask(work: Work) -> tuple[Match, ...]:
            ticket = work.case(ticket_id).ticket
            return self._similar(work, ticket, limit, threshold)

        return self._read(actor, ask)

    def duplicates_of_new(
        self,
        team_id: Id,
        subject: str,
        *,
        actor: Actor,
        description: str = "",
        customer_id: Id | None = None,
        tags: Collection[str] = (),
        limit: int = 10,
        threshold: float = THRESHOLD,
    ) -> tuple[Match, ...]:
        """Tickets that look like one that is about to be opened: `duplicates`, before it is (M3).

        For who may open it (T5), and nothing for outsiders, as in `duplicates`.
        """
        check_id("team_id", team_id)

        def ask(work: Work) -> tuple[Match, ...]:
            work.require("ticket.open")
            if not work.sees_internal:
                return ()
            team = work.team(team_id)
            ticket = Ticket(
                id=self._new_id(),
                team_id=team.id,
                stage_id=self._new_id(),  # it is in none yet
                subject=subject,
                description=description,
                customer_id=customer_id,
                tags=distinct("tags", tags),
                created_at=work.now,
            )
            return self._similar(work, ticket, limit, threshold)

        return self._read(actor, ask)

    def duplicate_groups(
        self,
        *,
        actor: Actor,
        query: TicketFilter = TicketFilter(),  # noqa: B008 - frozen
        threshold: float = THRESHOLD,
    ) -> tuple[Group, ...]:
        """Groups of tickets that look like one, among those to be seen and asked for (M4, M11).

        Nothing for outsiders, as in `duplicates`.
        """

        def ask(work: Work) -> tuple[Group, ...]:
            work.can_ask(query)
            if not work.sees_internal:
                return ()
            tickets = {t.id: t for t in work.session.find(work.scope, query)}
            discarded = _discarded(_discards(work, tickets), tickets)
            store: SimilarityStore | None = self._similarity
            if store is None:
                store = SimilarityIndex(tickets.values())
            with answered("similarity store"):
                return tuple(store.groups(threshold, among=tickets, discarded=discarded))

        return self._read(actor, ask)

    def discard_duplicate(
        self, ticket_id: Id, other_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> Discard:
        """Say that two tickets are not the same; not suggested again until one changes (M5)."""
        if ticket_id == other_id:
            raise InvalidValueError("other_id", "must be another ticket")

        def do(work: Work) -> Discard:
            tickets = [case.ticket for case in work.cases([ticket_id, other_id])]
            work.require("ticket.merge")
            work.claim(Claim.DISCARDS)
            first, second = sorted(tickets, key=lambda ticket: str(ticket.id))
            discard = Discard(
                first_id=first.id,
                second_id=second.id,
                first_fingerprint=fingerprint(first),
                second_fingerprint=fingerprint(second),
            )
            events = [
                DuplicateDiscarded(
                    at=work.now,
                    by=work.by,
                    ticket_id=one.id,
                    team_id=one.team_id,
                    other_id=two.id,
                )
                for one, two in ((first, second), (second, first))
            ]
            work.write([discard], events)
            return discard

        return self._write(
            "ticket.discard_duplicate",
            actor,
            do,
            ticket_ids=[ticket_id, other_id],
            once=Once(
                key=idempotency_key,
                payload={"ticket_id": ticket_id, "other_id": other_id},
                again=lambda work, discard: work.cases([ticket_id, other_id]),
            ),
        )

    def fill_similarity_store(self, *, actor: Actor) -> int:
        """Tell the similarity store of every ticket there is; how many there were (M1).

        For an index that begins empty with its process, or after the store was out of reach. The
        desk goes on meanwhile: what changes is told as ever. Raises `PortError` without a store,
        and when it does not take a ticket.
        """
        store = self._similarity
        if store is None:
            raise PortError("the help desk was made without a similarity store")
        number, after = 0, None
        while True:

            def ask(work: Work, after: Position | None = after) -> Sequence[Ticket]:
                work.require("work.repair")
                query = TicketFilter(merged=None)
                return work.session.find(Everything(), query, after=after, limit=_PAGE)

            tickets = self._read(actor, ask)
            with answered("similarity store"):
                for ticket in tickets:
                    store.update(ticket)
            number += len(tickets)
            if len(tickets) < _PAGE:
                return number
            after = Position(*tickets[-1].place)

    # --- what both ways of asking share ----------------------------------------------------------

    def _similar(
        self, work: Work, ticket: Ticket, limit: int, threshold: float
    ) -> tuple[Match, ...]:
        if not work.sees_internal:
            return ()
        store: SimilarityStore | None = self._similarity
        if store is None:
            store = SimilarityIndex(work.session.find(work.scope, TicketFilter()))
        asked = _Asked(_to_suggest(work, ticket))
        try:
            with answered("similarity store"):
                found = store.most_similar(ticket, limit, among=asked)
        except PortError:
            if asked.failed is not None:  # it was the repository that did not answer
                raise asked.failed from None
            raise
        return tuple(match for match in found if match.rating >= threshold)


class _Asked:
    """A filter for a similarity store that remembers what was raised in it."""

    def __init__(self, among: Among) -> None:
        self._among = among
        self.failed: Exception | None = None

    def __call__(self, ids: Collection[Id]) -> Collection[Id]:
        try:
            return self._among(ids)
        except Exception as error:
            self.failed = error
            raise


def _to_suggest(work: Work, ticket: Ticket) -> Among:
    """Of some tickets, those that are there, may be seen, and were not discarded (M5, M8, M11)."""
    discards = _discards(work, [ticket.id])

    def among(ids: Collection[Id]) -> Collection[Id]:
        tickets = seen(work, ids)
        aside = _discarded(discards, {**tickets, ticket.id: ticket})
        return {
            id
            for id, other in tickets.items()
            if not other.is_merged_away and id != ticket.id and (ticket.id, id) not in aside
        }

    return among


def _discards(work: Work, ticket_ids: Iterable[Id]) -> Sequence[Discard]:
    return work.session.discards(list(ticket_ids)) if Claim.DISCARDS in work.claims else ()


def _discarded(
    discards: Iterable[Discard], tickets: Mapping[Id, Ticket]
) -> frozenset[tuple[Id, Id]]:
    """Pairs discarded whose content is still what it was, both ways round (M5)."""
    pairs: set[tuple[Id, Id]] = set()
    for discard in discards:
        first, second = tickets.get(discard.first_id), tickets.get(discard.second_id)
        if first is None or second is None:
            continue
        now = (fingerprint(first), fingerprint(second))
        if now == (discard.first_fingerprint, discard.second_fingerprint):
            pairs |= {(first.id, second.id), (second.id, first.id)}
    return frozenset(pairs)
