"""What a search knows is held against the texts, and set right, on either database."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from helpdesk_core.adapters.sql import SqlRepository, wording
from helpdesk_core.entities import Message, Stage, Team, Ticket, Visibility
from helpdesk_core.errors import RepositoryError
from helpdesk_core.plans import Add
from helpdesk_core.ports import Misworded, TicketFilter, Wording
from helpdesk_core.search import wanted
from helpdesk_core.visibility.scopes import Everything
from sql_stores import ID_TYPES, TEAMS, fill, on_each_store, opened, ticket_of
from sql_things import MONDAY

pytestmark = on_each_store


def _id(id_type: type, n: int) -> Any:
    return UUID(int=n) if id_type is UUID else id_type(n)


def _of(id: str) -> list[Any]:
    """Team x has tickets with a message and a note, and y one with nothing."""
    return [ticket_of(id, description="printer")] + [
        Message(id=f"{id} {n}", ticket_id=id, body=f"paper {id}", internal=n == 1, at=MONDAY)
        for n in range(2)
    ]


def _filled(repo: Any, number: int) -> None:
    things = [thing for n in range(number) for thing in _of(f"T-{n}")]
    fill(repo, TEAMS, [*things, ticket_of("other", team_id="y")])


def _rows(repo: SqlRepository) -> list[Any]:
    texts = repo._tables.texts.c
    columns = (texts.ticket_id, texts.message_id, texts.internal, texts.words)
    with repo._engine.connect() as connection:
        return sorted(map(str, connection.execute(sa.select(*columns))))


def _spoil(repo: SqlRepository, chance: random.Random) -> None:
    texts = repo._tables.texts
    with repo._engine.begin() as connection:
        for row in connection.execute(sa.select(texts)).all():
            its = texts.c.number == row.number
            other = {"internal": chance.random() < 0.5, "words": ["gnu"][: chance.randrange(2)]}
            place = {"ticket_id": row.ticket_id, "message_id": row.message_id}
            match chance.randrange(8):
                case 0:
                    connection.execute(sa.delete(texts).where(its))
                case 1:
                    connection.execute(sa.update(texts).where(its).values(other))
                case 2:
                    connection.execute(sa.insert(texts).values({**place, **other}))
                case 3:
                    lost = {"message_id": "no-message"}
                    connection.execute(sa.update(texts).where(its).values(lost))
                case 4:
                    connection.execute(sa.update(texts).where(its).values(ticket_id="other"))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_was_done_to_the_words_is_set_right(
    store: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """V13: rows taken, changed, doubled and moved are told, and put right as they were before."""
    monkeypatch.setattr(wording, "_PAGE", 7)
    with opened(store) as repo:
        _filled(repo, 20)
        before = _rows(repo)
        _spoil(repo, random.Random(seed))
        assert _rows(repo) != before
        with repo.reading() as session:
            told = session.misworded()
        with repo.writing() as session:
            session.lock(["x", "y"], [])
            assert session.misworded(mend=True) == told
            assert {one.how for one in told} == set(Wording)
        assert _rows(repo) == before
        _found(repo, {"printer": 20, "paper": 20, "gnu": 0})


def _found(repo: SqlRepository, expected: dict[str, int]) -> None:
    """What is found, by notes too; and SQLite's index is what its table says."""
    with repo.reading() as session:
        assert session.misworded() == []
        for text, number in expected.items():
            query = (Everything(), TicketFilter(), wanted(text))
            assert session.count_found(*query, internal=True) == number
    if repo._engine.dialect.name == "sqlite":
        name = repo._tables.text_index
        with repo._engine.begin() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)"
            )


def test_much_that_is_wrong_is_told_in_short(store: str) -> None:
    """V13: of many texts that are wrong their number is told, and a few of the tickets."""
    with opened(store) as repo:
        _filled(repo, 20)
        with repo._engine.begin() as connection:
            connection.execute(sa.delete(repo._tables.texts))
        with repo.reading() as session:
            (told,) = session.misworded()
        assert (told.how, told.number, len(told.ticket_ids)) == (Wording.MISSING, 61, 5)


def test_words_are_set_right_where_they_are_held(store: str) -> None:
    """V13, T9: what somebody may be writing over just now is left; a reader sets nothing right."""
    with opened(store) as repo:
        _filled(repo, 1)
        with repo._engine.begin() as connection:
            change = sa.update(repo._tables.texts).values(words=["gnu"])
            connection.execute(change)
            taken = repo._tables.texts.c.message_id.is_not(None)
            connection.execute(sa.delete(repo._tables.texts).where(taken))
        with repo.reading() as session:
            every = session.misworded()
            with pytest.raises(RepositoryError, match="a reading session changes nothing"):
                session.misworded(mend=True)
        assert [(one.how, one.number) for one in every] == [
            (Wording.MISSING, 2),
            (Wording.STALE, 2),
        ]
        with repo.writing() as session:
            session.lock(["y"], [])
            of_y = [Misworded(how=Wording.STALE, number=1, ticket_ids=("other",))]
            assert session.misworded(mend=True) == (of_y if store == "postgresql" else every)
        with repo.writing() as session:
            session.lock(["x"], [])
            session.misworded(mend=True)
        _found(repo, {"gnu": 0, "paper": 1, "ink": 2})


def test_an_index_is_made_anew_with_its_table(store: str) -> None:
    """V13, T9: where words were set right, SQLite's index holds those of the texts and no other."""
    with opened(store) as repo:
        _filled(repo, 3)
        name, table = repo._tables.text_index, repo._tables.texts.name
        spoiling = [f"DELETE FROM {table} WHERE ticket_id = 'other'"]
        if store == "sqlite":
            spoiling += [
                f"INSERT INTO {name} ({name}, rowid, words) SELECT 'delete', 1, words FROM {table}",
                f"INSERT INTO {name} (rowid, words) VALUES (1, 'gnu')",
            ]
        with repo._engine.begin() as connection:
            for statement in spoiling:
                connection.exec_driver_sql(statement)
        with repo.writing() as session:
            session.lock(["x", "y"], [])
            session.misworded(mend=True)
        _found(repo, {"paper": 3, "ink": 4, "gnu": 0})


@pytest.mark.parametrize("id_type", ID_TYPES, ids=lambda one: one.__name__)
def test_ids_of_any_type_are_gone_through(
    store: str, id_type: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """V13, M6: nothing is passed over between two pages, whatever the ids are."""
    monkeypatch.setattr(wording, "_PAGE", 2)
    with opened(store, id_type) as repo:
        with repo.writing() as session:
            team, stage, ticket, *messages = (_id(id_type, n) for n in range(1, 13))
            session.lock([], [])
            session.apply(map(Add, _small_desk(team, stage, ticket, messages)))
        with repo._engine.begin() as connection:
            connection.execute(sa.delete(repo._tables.texts))
        with repo.writing() as session:
            session.lock([team], [])
            session.misworded(mend=True)
        with repo.reading() as session:
            assert session.misworded() == []
        assert len(_rows(repo)) == 10


def _small_desk(team: Any, stage: Any, ticket: Any, messages: list[Any]) -> list[Any]:
    return [
        Stage(id=stage, name="New", position=0),
        Team(id=team, name="T", visibility=Visibility.PUBLIC, stage_ids={stage}),
        Ticket(id=ticket, team_id=team, stage_id=stage, subject="Ink", created_at=MONDAY),
        *(Message(id=id, ticket_id=ticket, body="paper", at=MONDAY) for id in messages),
    ]
