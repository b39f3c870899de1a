"""Searching: all that somebody may read is found, and nothing else shows, in no way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from against_model import Dice, dice, random_world, stage_of, team_of, ticket_of, user_of
from desks import MONDAY, SETUP, Company, repository_for
from helpdesk_core import (
    Helpdesk,
    InvalidValueError,
    Message,
    RefusedError,
    SearchPage,
    TicketFilter,
    every,
)
from helpdesk_core.adapters.memory import (
    ManualClock,
    MemoryCalendar,
    MemoryNotifier,
)
from helpdesk_core.plans import Add
from helpdesk_core.ports import Repository
from model.world import World

WORDS = ("ink", "inkling", "paper", "printer", "prints", "room")


def ids(page: SearchPage) -> list[Any]:
    """The tickets of a page."""
    return [found.ticket.id for found in page.items]


# --- what is found is what is read ---------------------------------------------------------------


@contextmanager
def emptied(store: str, folder: Path) -> Iterator[Repository]:
    """A fresh repository, closed at the end."""
    repository: Any = repository_for(store, folder)
    yield repository
    if store == "sqlite":
        repository.close()


def read_by(desk: Helpdesk, who: str) -> dict[Any, list[str]]:
    """Each ticket in somebody's list with every text that they are shown on it."""
    texts: dict[Any, list[str]] = {}
    for ticket in desk.tickets(actor=who, limit=500).items:
        opened = [ticket, *desk.merged_tickets(ticket.id, actor=who)]
        texts[ticket.id] = [f"{one.subject} {one.description}" for one in opened]
        texts[ticket.id] += [message.body for message in desk.messages(ticket.id, actor=who)]
    return texts


def has(text: str, words: list[str]) -> bool:
    """Whether the words are in a text, the last one as a beginning, by looking."""
    there = text.split()
    return {*words[:-1]} <= {*there} and any(word.startswith(words[-1]) for word in there)


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_a_search_finds_what_a_reader_of_everything_would(store: str, tmp_path: Path) -> None:
    """V13, V15, M7, M8: list, count and passages are those of reading all, and the model's."""
    seen = {"found": 0, "hidden": 0, "note": 0, "merged": 0}

    @settings(max_examples=200 if store == "memory" else 40)
    @given(dice(500))
    def check(dice: Dice) -> None:
        people, stages, teams, asked = random_world(dice)
        model = World(people, teams.values(), stages.values(), asked)
        opened = {ticket["id"]: " ".join(dice.some(WORDS, 3, 1)) for ticket in asked}
        said = [
            {
                "ticket": dice.pick(asked)["id"],
                "author": "ada",
                "body": " ".join(dice.some(WORDS, 3, 1)),
                "internal": dice.flag(),
                "at": MONDAY + timedelta(minutes=n),
            }
            for n in range(dice.number(0, 4))
        ]
        model.world["messages"] += said
        tickets = [
            attrs.evolve(ticket_of(one), subject=opened[one["id"]], links=())
            for one in model.tickets.values()  # whose assignees follow them
        ]
        messages = [
            Message(
                id=f"m{n}",
                ticket_id=one["ticket"],
                body=one["body"],
                at=one["at"],
                author_id=one["author"],
                internal=one["internal"],
            )
            for n, one in enumerate(said)
        ]
        things: list[Any] = [*map(user_of, people), *map(stage_of, stages.values())]
        things += [*map(team_of, teams.values()), *tickets, *messages]
        words = dice.some(WORDS, 2, 1)
        words[-1] = words[-1][: dice.number(1, 5)]
        everybody = len(model.found("nobody", words, opened))
        assert everybody == 0
        with emptied(store, tmp_path) as repository:
            with repository.writing() as session:
                session.lock([], [])
                session.apply(map(Add, things))
            desk = Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), ManualClock(MONDAY))
            for user in people:
                if not user["active"]:
                    continue
                who = user["id"]
                page = desk.search(" ".join(words), actor=who)
                texts = read_by(desk, who)
                expected = {id for id, all in texts.items() if any(has(t, words) for t in all)}
                assert set(ids(page)) == expected
                assert model.found(who, words, opened) == expected
                assert page.count == len(page.items) == len(expected)
                for found in page.items:
                    passage = found.snippet.text
                    assert passage in [" ".join(t.split()) for t in texts[found.ticket.id]]
                    assert found.ticket == desk.ticket(found.ticket.id, actor=who)
                    seen["found"] += 1
                    seen["note"] += found.message_id is not None
                    seen["merged"] += found.said_on_id != found.ticket.id
                seen["hidden"] += any(has(text, words) for text in opened.values()) - bool(expected)

    check()
    assert all(seen.values()), seen


def test_a_note_is_found_inside_only(company: Company) -> None:
    """V15: nobody outside finds a ticket by a word of a note, or sees one in a passage."""
    desk = company.desk
    company.open("public", id="T-1", subject="No ink", customer_id="pat")
    desk.note("T-1", "The ink thief is a zebra", actor="ann")
    for word, inside, outside in (("zebra", 1, 0), ("thief zebra", 1, 0), ("ink", 1, 1)):
        assert desk.search(word, actor="ann").count == inside
        page = desk.search(word, actor="pat")
        assert page.count == len(page.items) == outside
        assert "zebra" not in repr(page)


def test_a_tombstone_is_found_on_its_root_by_who_may_see_both(company: Company) -> None:
    """M6, M7, M8: what a merged ticket says leads to the root, for those who could read it."""
    desk = company.desk
    company.open("private", id="secret", subject="Quagga", actor=SETUP)
    company.open("company", id="T-1", subject="No ink")
    desk.reply("secret", "An okapi", actor=SETUP)
    desk.merge(["T-1", "secret"], master_id="T-1", actor=SETUP, allow_cross_visibility=True)
    for word in ("quagga", "okapi"):
        assert desk.search(word, actor="ann") == SearchPage(items=(), next=None, count=0)
        [found] = desk.search(word, actor="root").items
        assert (found.ticket.id, found.said_on_id) == ("T-1", "secret")
        assert desk.search(word, actor="root", query=TicketFilter(merged=True)).count == 0
    # who may see the tombstone and not the root finds neither
    company.open("public", id="hers", subject="Zebra", customer_id="pia")
    company.open("public", id="his", subject="Gnu", customer_id="pat")
    desk.merge(["his", "hers"], master_id="his", actor=SETUP)
    assert desk.search("zebra", actor="pia").count == 0
    assert desk.search("zebra", actor="pat").count == 0
    assert desk.search("zebra", actor="ann").count == 1


def test_unmerging_takes_the_words_back(company: Company) -> None:
    """M14: what a merge brought under the root is found where it was again."""
    desk = company.desk
    company.open(id="T-1", subject="Quagga")
    company.open(id="T-2", subject="Gnu")
    merge = desk.merge(["T-1", "T-2"], master_id="T-1", actor="lea")
    assert ids(desk.search("gnu", actor="ann")) == ["T-1"]
    desk.unmerge(merge.id, actor="lea")
    assert ids(desk.search("gnu", actor="ann")) == ["T-2"]


def test_a_transfer_hides_at_once(company: Company) -> None:
    """V13, V16: what went to another team is found by those who may see it there."""
    desk = company.desk
    company.open("public", id="T-1", subject="Quagga", customer_id="pat")
    assert desk.search("quagga", actor="pat").count == 1
    desk.transfer("T-1", "private", actor=SETUP)
    assert [desk.search("quagga", actor=who).count for who in ("pat", "emp", "root")] == [0, 0, 1]


# --- the question --------------------------------------------------------------------------------


def test_words_and_fields_together(company: Company) -> None:
    """V13: a search asks the fields of a list too, and outsiders only what they may ask a list."""
    desk = company.desk
    company.open(id="T-1", subject="No ink", priority=2, tags={"a"})
    company.open(id="T-2", subject="No ink")
    desk.close("T-2", actor="ann")
    for query, expected in (
        (TicketFilter(priority=2), ["T-1"]),
        (TicketFilter(closed=True), ["T-2"]),
        (TicketFilter(tag="a"), ["T-1"]),
        (TicketFilter(), ["T-2", "T-1"]),
    ):
        page = desk.search("ink", actor="ann", query=query)
        assert ids(page) == expected
        assert page.count == len(expected)
    with pytest.raises(RefusedError):
        desk.search("ink", actor="pat", query=TicketFilter(tag="a"))


def test_the_last_word_may_be_unfinished(company: Company) -> None:
    """V13: as one types, the last word finds longer ones, unless whole words are asked for."""
    company.open(id="T-1", subject="Two printers")
    search = company.desk.search
    assert search("TWO prin", actor="ann").count == 1
    assert search("tw printers", actor="ann").count == 0
    assert search("two prin", actor="ann", whole_words=True).count == 0
    assert search("printers TWO two", actor="ann", whole_words=True).count == 1


def test_pages_of_what_was_found(company: Company) -> None:
    """T8: newest first by cursor; what is opened meanwhile is on no later page, and is counted."""
    desk = company.desk
    for n in range(5):
        company.open(id=f"T-{n}", subject=f"Ink {n}")
    first = desk.search("ink", actor="ann", limit=2)
    company.open(id="T-9", subject="Ink")
    second = desk.search("ink", actor="ann", limit=2, after=first.next)
    third = desk.search("ink", actor="ann", limit=2, after=second.next)
    assert [ids(page) for page in (first, second, third)] == [
        ["T-4", "T-3"],
        ["T-2", "T-1"],
        ["T-0"],
    ]
    assert (first.count, second.count, third.count) == (5, 6, 6)
    assert third.next is None
    found = every(desk.search, "ink", actor="ann", limit=1)
    assert [one.ticket.id for one in found] == ["T-9", *ids(first), *ids(second), *ids(third)]


@pytest.mark.parametrize(
    "text", ["", "  ", "?!*", "ink" * 200, " ".join(map(str, range(33))), None, b"ink"], ids=repr
)
def test_what_cannot_be_searched_for(company: Company, text: Any) -> None:
    """V13: a text without a word, too long, of too many words or of another type, by its name."""
    with pytest.raises(InvalidValueError, match=r"^text "):
        company.desk.search(text, actor="ann")


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_pages_have_a_size(company: Company, limit: int) -> None:
    """T8: a page of nothing, or of over 500, is refused by name."""
    with pytest.raises(InvalidValueError, match=r"^limit "):
        company.desk.search("ink", actor="ann", limit=limit)


def test_any_text_is_a_question_or_refused(company: Company) -> None:
    """V13: whatever is typed finds the ticket that says just that, or is refused by its name."""
    desk = company.desk

    @settings(max_examples=50)
    @given(text=st.text(max_size=60))
    def check(text: str) -> None:
        said = "".join(sign for sign in text if sign.isprintable())
        ticket = desk.open_ticket("company", "Hello", description=said, actor=SETUP)
        for whole in (True, False):
            try:
                page = desk.search(said, actor=SETUP, whole_words=whole, limit=500)
            except InvalidValueError as error:
                refused = error.field
            else:
                refused = None
                assert ticket.id in ids(page)
            assert refused in (None, "text")

    check()


def test_what_a_store_finds_wrongly_is_not_shown(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """V15: a passage is taken from what is shown, so a ticket found by hidden words is left out."""
    company.open("public", id="T-1", subject="No ink", customer_id="pat")
    company.desk.note("T-1", "A zebra", actor="ann")
    work = company.repository.reading

    @contextmanager
    def careless() -> Iterator[Any]:
        with work() as session:
            found = session.search
            session.search = lambda *asked, internal, **more: found(  # type: ignore[method-assign]
                *asked, internal=True, **more
            )
            yield session

    monkeypatch.setattr(company.repository, "reading", careless)
    assert company.desk.search("zebra", actor="pat").items == ()
    assert ids(company.desk.search("zebra", actor="ann")) == ["T-1"]
