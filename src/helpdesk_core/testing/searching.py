"""What a store finds by words: all that somebody may read, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import (
    REMOVED,
    FollowSource,
    Id,
    Message,
    Ticket,
    User,
    Visibility,
)
from helpdesk_core.errors import ConflictError, InvalidValueError
from helpdesk_core.plans import Add, Kind, SetField
from helpdesk_core.ports import Claim, Position, Session, TicketFilter
from helpdesk_core.search import Wanted, opening_of, wanted, words_in
from helpdesk_core.testing.stores import ALL, StoreContract
from helpdesk_core.testing.worlds import MONDAY, World, filters, make_id
from helpdesk_core.visibility import can_view, scope_for
from helpdesk_core.visibility.scopes import Everything

#: Texts in which a store may see more than words.
ODD = (
    "ink* OR paper",
    "paper OR ink",
    '"no" ink"',
    "ink' & paper:*",
    "ink NOT paper",
    "NEAR(ink paper)",
    "words : ink",
    "^ink - -ink !ink",
    "%ink_",
    "(ink",
    "ink\\",
    "ink\x00paper",
)
#: Texts and what is typed to find them, in the scripts of the world.
ALIKE = (
    ("Imprimante EN PANNE à l'Étage", "ETAGE"),
    ("STRASSE gesperrt", "straße"),
    ("Δεν τυπώνει", "τυπωνει"),
    ("Не печатает ёлка", "елка"),
    ("印刷機が故障", "故障"),
    ("印刷機", "機"),
    ("เครื่องพิมพ์เสีย", "พิมพ์"),
    ("인쇄가 안 됩니다", "인쇄"),
    ("ﬁle №5", "file no5"),
    ("the printers", "printer"),
)


class SearchRules(StoreContract):
    """What `search` and `count_found` give."""

    def test_a_search_finds_what_may_be_read(self) -> None:
        """V13, V15, M7: for each person, just the tickets in which they may read the words."""
        self.needs(Claim.SEARCH)

        @self.tries(2)
        @given(st.data())
        def check(data: st.DataObject) -> None:
            world = data.draw(self.worlds())
            what = data.draw(_questions(world))
            query = data.draw(filters(world, self.claims))
            user, internal = data.draw(st.sampled_from(world.users)), data.draw(st.booleans())
            expected = _readable(world, user, query, what, internal)
            with self.filled(world) as repository, repository.reading() as session:
                scope = scope_for(user)
                found = session.search(scope, query, what, internal=internal)
                assert [ticket.id for ticket in found] == [ticket.id for ticket in expected]
                assert session.count_found(scope, query, what, internal=internal) == len(expected)

        check()

    def test_nothing_hidden_is_found(self) -> None:
        """V13, V15, M7: words of a hidden tombstone, a note, another's ticket find nothing."""
        self.needs(Claim.SEARCH)
        world, secret = self._with_secrets()
        user = world.users[0]
        with self.filled(world) as repository, repository.reading() as session:
            for word in secret:
                for seen, scope in ((1, Everything()), (0, scope_for(user))):
                    found = session.search(scope, ALL, wanted(word), internal=False)
                    assert len(found) == seen, word
                    assert session.count_found(scope, ALL, wanted(word), internal=False) == seen
            note = wanted("zebra")
            assert not session.search(Everything(), ALL, note, internal=False)
            assert session.count_found(Everything(), ALL, note, internal=True) == 1

    def _with_secrets(self) -> tuple[World, tuple[str, ...]]:
        """A ticket with a note; what is hidden from the first user, and the words in it."""
        plain = self.plain(tickets=3)
        team = attrs.evolve(plain.teams[0], visibility=Visibility.PUBLIC)
        first, second, third = plain.tickets
        outsider = plain.users[2]
        follows = {outsider.id: frozenset({FollowSource.CUSTOMER})}
        tickets = [
            attrs.evolve(first, followers=follows),
            attrs.evolve(second, subject="Quagga", description="okapi", followers={}),
            attrs.evolve(third, subject="Third", followers={}),
        ]
        words = ["quagga", "okapi", "third"]
        if self.has(Claim.MERGE):
            tickets[1] = attrs.evolve(tickets[1], merged_into=first.id)
            words.append("gnu")
        bodies = ((first.id, "A zebra", True), (second.id, "A gnu", False))
        messages = tuple(
            Message(
                id=make_id(self.id_type, "message", n),
                ticket_id=id,
                body=body,
                at=MONDAY,
                internal=internal,
            )
            for n, (id, body, internal) in enumerate(bodies, start=1)
        )
        world = attrs.evolve(
            plain,
            users=(outsider, *(user for user in plain.users if user != outsider)),
            teams=(self.fit(team, plain), *plain.teams[1:]),
            tickets=tuple(self.fit(ticket, plain) for ticket in tickets),
            messages=messages,
        )
        return world, tuple(words)

    def test_all_words_stand_in_one_text(self) -> None:
        """V13: subject and description are one text, each message is another, and each must do."""
        self.needs(Claim.SEARCH)
        plain = self.plain(tickets=1)
        ticket = attrs.evolve(plain.tickets[0], subject="No ink", description="in room seven")
        message = Message(
            id=make_id(self.id_type, "message", 1),
            ticket_id=ticket.id,
            body="Paper is here",
            at=MONDAY,
        )
        world = attrs.evolve(plain, tickets=(ticket,), messages=(message,))
        asked = {
            "ink seven": 1,
            "sev ink": 0,  # only the last word may be unfinished
            "ink sev": 1,
            "paper here": 1,
            "here ink": 0,
            "nk": 0,
            "ink ink INK": 1,
        }
        with self.filled(world) as repository, repository.reading() as session:
            for text, n in asked.items():
                assert _count(session, wanted(text)) == n, text
            assert _count(session, wanted("sev", whole_words=True)) == 0

    def test_words_are_those_of_the_library(self) -> None:
        """V13: case, accents and scripts as the library has them, whatever the database thinks."""
        self.needs(Claim.SEARCH)
        plain = self.plain(tickets=1)
        ticket = plain.tickets[0]
        for text, typed in ALIKE:
            world = attrs.evolve(plain, tickets=(attrs.evolve(ticket, description=text),))
            with self.filled(world) as repository, repository.reading() as session:
                assert _count(session, wanted(typed)) == 1, (text, typed)

        @self.tries()
        @given(st.text(max_size=30), st.text(min_size=1, max_size=8))
        def check(text: str, typed: str) -> None:
            try:
                what = wanted(typed)
                one = attrs.evolve(ticket, description=text)
            except InvalidValueError:  # no word in it, or a sign that no text may have
                return
            world = attrs.evolve(plain, tickets=(one,))
            with self.filled(world) as repository, repository.reading() as session:
                assert _count(session, what) == what.matches(words_in(opening_of(one)))

        check()

    def test_no_sign_means_anything(self) -> None:
        """V13: whatever is typed is words, and a store's own language of questions is not met."""
        self.needs(Claim.SEARCH)
        plain = self.plain(tickets=1)
        tickets = (attrs.evolve(plain.tickets[0], subject="ink", description=""),)
        world = attrs.evolve(plain, tickets=tickets)
        with self.filled(world) as repository, repository.reading() as session:
            for text in ODD:
                what = wanted(text)
                assert _count(session, what) == what.matches({"ink"}), text

    def test_what_was_found_is_paged(self) -> None:
        """T8: newest first, each ticket once, and one that comes in later moves nothing."""
        self.needs(Claim.SEARCH)
        plain = self.plain(tickets=5)
        at_once = [attrs.evolve(ticket, created_at=MONDAY) for ticket in plain.tickets[:3]]
        world = attrs.evolve(plain, tickets=(*at_once, *plain.tickets[3:]))
        newest = sorted(world.tickets, key=_place, reverse=True)
        late = attrs.evolve(newest[0], id=make_id(self.id_type, "ticket", 99))
        what, scope, found = wanted("ink"), Everything(), list[Ticket]()
        with self.filled(world) as repository:
            while len(found) < 5:
                mark = Position(*_place(found[-1])) if found else None
                with repository.reading() as session:
                    page = session.search(scope, ALL, what, internal=False, after=mark, limit=2)
                    assert not session.search(scope, ALL, what, internal=False, limit=0)
                assert page
                found += page
                if late is not None:
                    with repository.writing() as session:
                        session.lock([late.team_id], [])
                        session.apply([Add(late)])
                    late = None  # type: ignore[assignment]
            assert [ticket.id for ticket in found] == [ticket.id for ticket in newest]
            with repository.reading() as session:
                assert _count(session, what) == 6

    def test_what_is_changed_is_found_by_its_new_words(self) -> None:
        """V13: by what a ticket says now, and not by what it said; what was undone never counts."""
        self.needs(Claim.SEARCH)
        world = self.plain(tickets=2)
        ticket = world.tickets[0]
        message = Message(
            id=make_id(self.id_type, "message", 1), ticket_id=ticket.id, body="Okapi", at=MONDAY
        )
        subject = SetField.of(Kind.TICKET, ticket, "subject", "Quagga")
        more = SetField.of(Kind.TICKET, ticket, "description", "and gnu")
        with self.filled(world) as repository:
            with suppress(_UndoneError), repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([subject, Add(message)])
                raise _UndoneError
            with repository.writing() as session:
                session.lock([], [ticket.id])
                with suppress(ConflictError):
                    session.apply([Add(message), attrs.evolve(subject, expected="Another")])
                assert _count(session, wanted("okapi")) == 0
            self._counts(repository, {"quagga": 0, "okapi": 0, "ink": 2})
            with repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([subject, Add(message)])
                assert _count(session, wanted("quagga")) == 1, "also before it is committed"
            self._counts(repository, {"quagga": 1, "okapi": 1, "ink": 1})
            with repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([more])
            self._counts(repository, {"quagga gnu": 1, "okapi": 1, "ink": 1})

    def test_what_was_removed_is_not_found(self) -> None:
        """T9: a message and what a ticket was opened with are found by what stands there now."""
        self.needs(Claim.SEARCH, Claim.REMOVAL)
        world = self.plain(tickets=2)
        ticket = world.tickets[0]
        message = Message(
            id=make_id(self.id_type, "message", 1), ticket_id=ticket.id, body="Okapi", at=MONDAY
        )
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([Add(message), SetField.of(Kind.TICKET, ticket, "subject", "Quagga")])
            self._counts(repository, {"okapi": 1, "quagga": 1})
            named = attrs.evolve(ticket, subject="Quagga")
            with repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply(
                    [
                        SetField.of(Kind.MESSAGE, message, "body", REMOVED),
                        SetField.of(Kind.TICKET, named, "subject", REMOVED),
                    ]
                )
            self._counts(repository, {"okapi": 0, "quagga": 0})

    def _counts(self, repository: Any, expected: dict[str, int]) -> None:
        with repository.reading() as session:
            assert {text: _count(session, wanted(text)) for text in expected} == expected


class _UndoneError(Exception):
    pass


def _place(ticket: Ticket) -> tuple[Any, Any]:
    return ticket.created_at, ticket.id


def _count(session: Session, what: Wanted) -> int:
    count = session.count_found(Everything(), ALL, what, internal=True)
    assert len(session.search(Everything(), ALL, what, internal=True)) == count
    return count


def _questions(world: World) -> st.SearchStrategy[Wanted]:
    """Questions of which many are answered: words out of the texts, and beginnings of some."""
    texts = [*map(opening_of, world.tickets), *(message.body for message in world.messages)]
    found = sorted({word for text in texts for word in words_in(text)}) or ["ink"]
    word = st.sampled_from(found)
    start = st.builds(lambda word, n: word[: n or 1], word, st.integers(1, 4))
    return st.one_of(
        st.builds(Wanted, whole=st.frozensets(word, min_size=1, max_size=2)),
        st.builds(
            Wanted,
            whole=st.frozensets(word, max_size=1),
            beginnings=st.frozensets(start, min_size=1, max_size=1),
        ),
    )


def _readable(
    world: World, user: User, query: TicketFilter, what: Wanted, internal: bool
) -> list[Ticket]:
    """The tickets that are to be found, newest first, by looking at everything there is."""
    by_id = {ticket.id: ticket for ticket in world.tickets}

    def sees(ticket: Ticket) -> bool:
        return can_view(user, ticket, world.team_by_id[ticket.team_id]).allowed

    def leads_to(id: Id) -> Iterable[Id]:
        yield id
        for ticket in world.tickets:
            if ticket.merged_into == id:
                yield from leads_to(ticket.id)

    def says(ticket: Ticket) -> bool:
        texts = [
            message.body
            for message in world.messages
            if message.ticket_id == ticket.id and (internal or not message.internal)
        ]
        return any(what.matches(words_in(text)) for text in (opening_of(ticket), *texts))

    found = [
        ticket
        for ticket in world.tickets
        if ticket.merged_into is None
        and sees(ticket)
        and query.matches(ticket, world.stage_by_id[ticket.stage_id])
        and any(sees(by_id[id]) and says(by_id[id]) for id in leads_to(ticket.id))
    ]
    return sorted(found, key=_place, reverse=True)
