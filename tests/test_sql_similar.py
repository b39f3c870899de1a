"""The similarity store in a database: what the index in memory says, from tables kept exactly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import postgres
from helpdesk_core import RepositoryError, RetryableError, SimilarityIndex, Ticket
from helpdesk_core.adapters.sql import SqlSimilarityStore, similar
from helpdesk_core.adapters.sql.similar import counting, looking
from helpdesk_core.adapters.sql.similar import store as store_module
from helpdesk_core.adapters.sql.similar.spelling import index_words, kept, key, spelled
from helpdesk_core.duplicates import index as index_module
from sql_stores import on_each_store
from sql_things import MONDAY

#: Words that a splitter might give, by what stands for them in a text.
WORDS = {
    "ink": "ink",
    "inks": "inks",
    "upper": "Ink",
    "accent": "né",
    "quote": 'it\'s "so" \\ :*',
    "blank": "no ink",
    "nul": "a\x00b",
    "half": "\ud800",
    "private": "\ue002ink",
    "sign": "🖨",
    "wide": "印刷",
    "prefix": "in",
    "long": "x" * 3000,
    "longer": "x" * 3000 + "y",
    "empty": "",
}

anything = settings(
    deadline=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def split(text: str) -> list[str]:
    return [WORDS.get(word, word) for word in text.split()]


def ticket(id: Any, subject: str, description: str = "", **fields: Any) -> Ticket:
    values = {"team_id": "x", "stage_id": "new", "created_at": MONDAY} | fields
    return Ticket(id=id, subject=subject, description=description, **values)


@contextmanager
def opened(store: str, number: int = 1, **options: Any) -> Iterator[list[SqlSimilarityStore]]:
    """Some stores over one empty database."""
    if store == "postgresql":
        url, more = postgres.emptied_url()
    else:
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
        url, more = engine, {}
    stores = [SqlSimilarityStore(url, **more, **options) for _ in range(number)]
    try:
        yield stores
    finally:
        for one in stores:
            one.close()


def rows_in(store: SqlSimilarityStore) -> dict[str, list[tuple[Any, ...]]]:
    """What stands in its tables, but for the numbers that were given out."""
    tables = store._repository._tables
    teams, tickets = tables.similar_teams, tables.similar_tickets
    with store._repository._engine.connect() as connection:
        names = dict(map(tuple, connection.execute(sa.select(teams.c.number, teams.c.team_id))))
        return {
            "teams": sorted(
                connection.execute(sa.select(teams.c.team_id, teams.c.tickets)).all(),
                key=repr,
            ),
            "words": sorted(
                (
                    (names[row.team], *row[1:])
                    for row in connection.execute(sa.select(tables.similar_words))
                ),
                key=repr,
            ),
            "tickets": sorted(
                (names[row.team], *row[1:])
                for row in connection.execute(
                    sa.select(
                        tickets.c.team,
                        tickets.c.ticket_id,
                        tickets.c.customer_id,
                        tickets.c.tags,
                        tickets.c.terms,
                        tickets.c.amounts,
                        tickets.c.shares,
                    )
                )
            ),
        }


texts = st.lists(st.sampled_from(sorted(WORDS)), max_size=5).map(" ".join)
tickets = st.builds(
    ticket,
    id=st.integers(0, 9).map(lambda n: f"T-{n}"),
    subject=texts.map(lambda text: text or "-"),
    description=texts,
    team_id=st.sampled_from("xyz"),
    customer_id=st.sampled_from([None, "ann", "bob"]),
    tags=st.sets(st.sampled_from("ab")),
    created_at=st.integers(0, 3).map(lambda n: MONDAY + timedelta(days=n)),
    merged_into=st.sampled_from([None, None, None, None, "T-other"]),
)
steps = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["add", "update", "remove", "many"]), tickets),
    min_size=1,
    max_size=25,
)


def play(stores: list[SqlSimilarityStore], done: Any) -> dict[Any, Ticket]:
    """Do all of it; the tickets that are there afterwards."""
    there: dict[Any, Ticket] = {}
    for number, how, one in done:
        there.pop(one.id, None)
        if how == "remove":
            stores[number].remove(one.id)
            continue
        if how == "many":
            stores[number].add_many([one])
        else:
            getattr(stores[number], how)(one)
        if not one.is_merged_away:
            there[one.id] = one
    return there


@pytest.fixture
def large_teams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tickets make a team large, in the index as in the database."""
    for module in (index_module, counting):
        monkeypatch.setattr(module, "OWN", 3)


@on_each_store
@pytest.mark.usefixtures("large_teams")
@pytest.mark.parametrize("few", [0, 16])
def test_it_says_what_the_index_says(store: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """M1, M4, M11: after whatever two stores did to one database, ratings are the index's."""
    monkeypatch.setattr(counting, "FEW", few)  # teams that are asked for one by one
    with opened(store, 2, split=split) as stores:

        @anything
        @given(steps, st.sets(tickets.map(lambda one: one.id)), tickets, st.integers(1, 5))
        def check(done: Any, visible: set[Any], new: Ticket, limit: int) -> None:
            stores[0].clear()
            there = play(stores, done)
            index = SimilarityIndex(there.values(), split=split)
            for one in (*there.values(), new):
                for among in (None, visible.intersection):
                    found = stores[1].most_similar(one, limit, among=among)
                    assert found == index.most_similar(one, limit, among=among)
                for other in there.values():
                    assert stores[0].rate(one, other) == index.rate(one, other)
            for among in (None, visible):
                discarded = [(one, "T-1") for one in sorted(visible)[:2]]
                asked: dict[str, Any] = {"among": among, "discarded": discarded}
                for threshold in (0.3, 1.0):
                    found_here, found_there = (
                        sorted(one.groups(threshold, **asked), key=lambda group: group.master_id)
                        for one in (stores[0], index)
                    )
                    assert found_here == found_there

        check()


@on_each_store
@pytest.mark.parametrize("team_id", ["x", "y"])
def test_what_is_left_out_is_what_the_index_leaves_out(
    store: str, team_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M1, M11: where candidates are too many, the same ones are looked at, whatever the history."""
    for module, found in ((index_module, "FOUND"), (store_module, "COMPARED")):
        for name, value in (("EFFORT", 10), (found, 3), ("RATED", 2)):
            monkeypatch.setattr(module, name, value)
    same_team = tickets.map(lambda one: attrs.evolve(one, team_id="x", merged_into=None))
    with opened(store, 1, split=split) as stores:

        @anything
        @given(st.lists(same_team, min_size=5, max_size=10), st.randoms(use_true_random=False))
        def check(made: list[Ticket], chance: Any) -> None:
            there = {one.id: one for one in made}
            mixed = list(there.values())
            chance.shuffle(mixed)
            stores[0].clear()
            stores[0].add_many(mixed)
            index = SimilarityIndex(there.values(), split=split)
            visible = set(list(there)[::2])
            for one in there.values():
                asked = attrs.evolve(one, team_id=team_id)
                for among in (None, visible.intersection):
                    found = stores[0].most_similar(asked, 1, among=among)
                    assert found == index.most_similar(asked, 1, among=among)

        check()


@on_each_store
def test_what_is_kept_does_not_depend_on_history(store: str) -> None:
    """M1, M8: after whatever was done, the tables are those of the tickets that are there."""
    with opened(store, 2, split=split) as stores:

        @anything
        @given(steps)
        def check(done: Any) -> None:
            stores[0].clear()
            there = play(stores, done)
            found = rows_in(stores[0])
            stores[0].clear()
            stores[1].add_many(there.values())
            assert found == rows_in(stores[0])

        check()


@on_each_store
def test_nothing_stays_of_what_was_removed(store: str) -> None:
    """M1, M8: of a ticket that was removed or merged away no row stays, in no table."""
    with opened(store, split=split) as [kept_here]:
        kept_here.add(ticket("T-1", "ink upper", "quote blank"))
        kept_here.add(ticket("T-2", "ink", team_id="y"))
        assert all(rows_in(kept_here).values())
        kept_here.remove("T-1")
        kept_here.update(ticket("T-2", "ink", team_id="y", merged_into="T-1"))
        kept_here.remove("T-3")
        kept_here.remove(7)
        assert rows_in(kept_here) == {"teams": [], "words": [], "tickets": []}


@on_each_store
def test_what_says_the_same_is_not_written_again(store: str) -> None:
    """M1: a change of what no rating looks at costs no writing."""
    with opened(store) as [kept_here]:
        tickets = kept_here._repository._tables.similar_tickets.c
        numbers = sa.select(tickets.number).where(tickets.ticket_id == "T-1")

        def number() -> Any:
            with kept_here._repository._engine.connect() as connection:
                return connection.execute(numbers).scalar()

        one = ticket("T-1", "No ink")
        kept_here.add(one)
        kept_here.add(ticket("T-2", "other"))
        before = number()
        kept_here.update(attrs.evolve(one, priority=2))
        assert number() == before
        kept_here.update(attrs.evolve(one, tags={"new"}))
        assert number() != before


@on_each_store
def test_tickets_many_at_a_time(store: str) -> None:
    """M1, M8: many in one call are what one call for each would be, the last of each id counts."""
    made = [
        ticket("T-1", "ink"),
        ticket("T-2", "paper ink"),
        ticket("T-1", "toner"),
        ticket("T-3", "paper", team_id="y"),
        ticket("T-2", "paper ink", merged_into="T-3"),
    ]
    with opened(store) as [kept_here]:
        kept_here.add_many(iter(made), together=2)
        together = rows_in(kept_here)
        kept_here.clear()
        for one in made:
            kept_here.add(one)
        assert together == rows_in(kept_here)
        assert [row[1] for row in together["tickets"]] == ["T-1", "T-3"]


@on_each_store
def test_writers_at_once_lose_no_count(store: str, tmp_path: Path) -> None:
    """M1: stores that write at once leave the counts of what is there, and none is turned away."""
    if store == "postgresql":
        url, options = postgres.emptied_url()
    else:
        url, options = f"sqlite:///{tmp_path / 'desk.sqlite'}", {}
    stores = [SqlSimilarityStore(url, **options) for _ in range(4)]
    failed: list[Exception] = []

    def work(mine: int) -> None:
        try:
            for n in range(12):
                own, shared = f"T-{mine}-{n}", f"T-{n % 3}"
                stores[mine].add(ticket(own, f"ink paper {n}", team_id="xy"[n % 2]))
                stores[mine].add(ticket(shared, f"toner paper {mine}", team_id="xy"[mine % 2]))
                stores[mine].most_similar(ticket("new", "paper"), 3)
                if n % 3 == 0:
                    stores[mine].remove(own)
                    stores[mine].remove(shared)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    for n in range(3):
        stores[0].add(ticket(f"T-{n}", "done"))
    found = rows_in(stores[0])
    assert len(found["tickets"]) == 3 + 4 * 8
    stores[0].clear()
    stores[1].add_many(ticket(f"T-{n}", "done") for n in range(3))
    for mine in range(4):
        stores[2].add_many(
            ticket(f"T-{mine}-{n}", f"ink paper {n}", team_id="xy"[n % 2])
            for n in range(12)
            if n % 3
        )
    assert found == rows_in(stores[3])
    for one in stores:
        one.close()


def test_any_word_is_kept_as_it_is() -> None:
    """M1: two words are never taken for one, and a word can be read again."""
    words = [*WORDS.values(), *(kept(word) for word in WORDS.values()), "s:", "\ue001", "a", "A"]
    made = {kept(word) for word in words}
    assert len(made) == len({key(term) for term in made}) == len(set(words))
    assert [spelled(kept(word)) for word in words] == words
    for term in made:
        assert " " not in term
        assert "'" not in term
        assert len(key(term)) <= 256


def test_words_of_an_index_say_where_they_are() -> None:
    """M1: a word is found by its team, and by the subject apart from the rest."""
    index = SimilarityIndex([ticket("T-1", "ink", "paper")], split=split)
    [content] = index._contents
    content = attrs.evolve(content, terms=("ink", "paper"))
    found = sorted(index_words(content, 7))
    assert found == ["ink\ue0027", "ink\ue0037", "paper\ue0027"]


# --- who may be found ----------------------------------------------------------------------------


@on_each_store
def test_more_are_asked_about_until_it_is_enough(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M11: the filter is asked about the best first, about each once, and about no more than need
    be.
    """
    monkeypatch.setattr(store_module, "COMPARED", 8)
    made = [ticket(f"T-{n:02}", "ink " + " ".join(f"w{k}" for k in range(n))) for n in range(80)]
    asked: list[list[Any]] = []

    def among(ids: Collection[Any]) -> Collection[Any]:
        asked.append(list(ids))
        return {id for id in ids if int(id[2:]) % 8 == 0} | {"T-other"}

    with opened(store) as [kept_here]:
        kept_here.add_many(made)
        found = kept_here.most_similar(ticket("new", made[70].subject), 1, among=among)
        assert [match.ticket_id for match in found] == ["T-72"]
        assert [len(ids) for ids in asked] == [8, 24, 45]
        seen = [id for ids in asked for id in ids]
        assert len(set(seen)) == len(seen)
        assert set(asked[0]) >= {"T-70", "T-71"}
        assert "new" not in seen


@on_each_store
def test_a_filter_may_use_the_database_itself(store: str) -> None:
    """M11: no transaction is open while the filter is asked."""
    with opened(store) as [kept_here]:
        kept_here.add(ticket("T-1", "No ink"))

        def among(ids: Collection[Any]) -> Collection[Any]:
            kept_here.add(ticket("T-2", "Ink"))
            return ids

        assert kept_here.most_similar(ticket("T-3", "Ink"), 5, among=among)


@on_each_store
def test_what_changes_while_it_is_asked_about(store: str) -> None:
    """M1, M11: what was removed meanwhile is not found, and no other one is in its place."""
    with opened(store) as [kept_here]:
        kept_here.add_many([ticket("T-1", "No ink"), ticket("T-2", "No ink, paper")])

        def among(ids: Collection[Any]) -> Collection[Any]:
            kept_here.remove("T-1")
            kept_here.remove("T-2")
            kept_here.add(ticket("T-3", "No ink"))
            kept_here.add(ticket("T-2", "Ink"))
            return ids

        new = ticket("T-4", "No ink")
        found = kept_here.most_similar(new, 5, among=among)
        assert found == [kept_here.rate(new, ticket("T-2", "Ink"))]


@on_each_store
@pytest.mark.parametrize("gone", ["T-1", "T-2"])
def test_groups_are_of_what_is_there_now(
    store: str, gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M4, M5: who was removed or changed while groups were looked for is in none."""
    with opened(store) as [kept_here]:
        made = [ticket(f"T-{n}", f"No ink {n}") for n in range(1, 5)]
        kept_here.add_many(made)

        def meanwhile(*_: Any) -> None:
            kept_here.remove(gone)
            kept_here.update(attrs.evolve(made[2], tags={"new"}))

        monkeypatch.setattr(store_module, "join_copies", meanwhile)
        found = kept_here.groups(0.01)
        there = {group.master_id: [one.ticket_id for one in group.members] for group in found}
        assert there == ({"T-1": ["T-4"]} if gone == "T-2" else {})


# --- bounds --------------------------------------------------------------------------------------


@on_each_store
def test_copies_cost_no_more_than_two(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """M4: groups among many with one text ask about two of them, and rate all."""
    asked = []
    whole = looking.lists_for
    monkeypatch.setattr(store_module, "lists_for", lambda *told: asked.append(told) or whole(*told))
    with opened(store) as [kept_here]:
        kept_here.add_many(ticket(f"T-{n:03}", "The printer prints nothing") for n in range(150))
        [group] = kept_here.groups(0.5)
        assert (group.master_id, len(group.members)) == ("T-000", 149)
        assert {match.rating for match in group.members} == {1.0}
        assert len(asked) == 2


@on_each_store
def test_a_question_reads_no_more_than_it_may(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """M1: of many that hold a word the contents of a hundred are read, whoever sent them."""
    read: list[int] = []
    whole = store_module.contents_of

    def counted(db: Any, ids: Collection[Any]) -> Any:
        read.append(len(ids))
        return whole(db, ids)

    with opened(store) as [kept_here]:
        kept_here.add_many(
            ticket(f"T-{n:03}", "The printer prints nothing", team_id="xy"[n % 2])
            for n in range(400)
        )
        monkeypatch.setattr(store_module, "contents_of", counted)
        found = kept_here.most_similar(ticket("new", "The printer prints nothing"), 10)
        assert [match.ticket_id for match in found] == [f"T-{n:03}" for n in range(0, 20, 2)]
        assert read == [100 + 25]


def looked_for(lists: looking.Lists, effort: int) -> tuple[list[Any], bool]:
    asked, every = lists.within(effort)
    return [(*one.terms, one.where, one.counts) for one in asked], every


def test_words_that_are_everywhere_are_left_out() -> None:
    """M1: so many entries of lists are read, the rarest words first, in texts and in subjects."""
    parts = [
        looking._Part("rare", 9, (2, 1), (2, 1)),
        looking._Part("usual", 5, (3, 0), (9, 0)),
        looking._Part("common", 1, (90, 4), (90, 4)),
    ]
    lists = looking.Lists(parts=parts, tickets=100, teams=(7,), apart_from=0, share=0.5)
    text, subject = looking.IN_TEXT, looking.IN_SUBJECT
    assert looked_for(lists, 12) == (
        [("rare", text, 9), ("usual", text, 5), ("rare", subject, 10), ("common", subject, 1)],
        False,
    )
    assert looked_for(lists, 10)[0] == [
        ("rare", text, 9),
        ("rare", subject, 10),
        ("common", subject, 1),
    ]
    assert looked_for(lists, 8)[0] == [("rare", text, 9), ("rare", subject, 10)]
    assert looked_for(lists, 1000)[1]


def test_no_text_has_too_many_words_to_be_asked_about() -> None:
    """M1: of however many words a ticket has, the 300 rarest are looked for, and no more."""
    parts = [looking._Part(f"w{n}", 1, (1, 1), (1, 1)) for n in range(1000)]
    lists = looking.Lists(parts=parts, tickets=9, teams=(7,), apart_from=0, share=1.0)
    asked, every = looked_for(lists, 3000)
    assert (len(asked), every) == (600, False)
    assert asked[299] == ("w299", looking.IN_TEXT, 1)


def test_words_that_are_all_common_are_asked_for_by_two() -> None:
    """M1: where too many hold the rarest word, those are found that hold two of the rarest."""
    parts = [looking._Part(word, n, (n, 0), (n, 0)) for n, word in enumerate("abcdefgh", 20)]
    lists = looking.Lists(parts=parts, tickets=100, teams=(7,), apart_from=0, share=1.0)
    text = looking.IN_TEXT
    assert looked_for(lists, 9) == ([("a", "b", text, 41), ("a", "c", text, 42)], False)
    assert looked_for(lists, 1)[0] == [("a", "b", text, 41)]
    assert ("e", "f", text, 49) in looked_for(attrs.evolve(lists, tickets=9**9), 9)[0]
    assert len(looked_for(attrs.evolve(lists, tickets=9**9), 9)[0]) == 15
    assert looked_for(attrs.evolve(lists, parts=parts[:1]), 1) == ([("a", text, 20)], False)


@on_each_store
@pytest.mark.parametrize("team_id", ["x", "y", "z"])
@pytest.mark.parametrize("few", [0, 16])
def test_those_that_hold_two_common_words_are_found(
    store: str, team_id: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M1: where all words are common, who has two of them comes before all who have one."""
    monkeypatch.setattr(counting, "FEW", few)
    monkeypatch.setattr(store_module, "EFFORT", 8)
    with opened(store) as [kept_here]:
        for n in range(40):
            kept_here.add(ticket(f"T-{n:02}", ("ink", "paper")[n % 2], team_id="x"))
        kept_here.add(ticket("T-98", "ink", "paper", team_id="x"))
        kept_here.add(ticket("T-99", "other", team_id="z"))
        found = kept_here.most_similar(ticket("new", "paper ink", team_id=team_id), 5)
        assert [match.ticket_id for match in found] == ["T-98"]


# --- what goes wrong -----------------------------------------------------------------------------


@on_each_store
def test_another_writer_is_not_waited_for_without_end(store: str, tmp_path: Path) -> None:
    """M1: who cannot have a turn within `busy_timeout` is told to try again; nothing is changed."""
    if store == "postgresql":
        url, options = postgres.emptied_url()
    else:
        url, options = f"sqlite:///{tmp_path / 'desk.sqlite'}", {}
    with (
        SqlSimilarityStore(url, **options) as one,
        SqlSimilarityStore(url, **options, busy_timeout=0.1) as other,
    ):
        one.add(ticket("T-1", "No ink"))
        with one._writing() as db:
            similar.keeping.put(db, {"T-1": None})
            with pytest.raises(RetryableError):
                other.add(ticket("T-2", "No ink"))
            assert [
                match.ticket_id for match in other.most_similar(ticket("T-2", "No ink"), 5)
            ] == ["T-1"]
        assert other.most_similar(ticket("T-2", "No ink"), 5) == []


@on_each_store
def test_an_error_says_nothing_of_what_was_written(store: str) -> None:
    """M1: what the database refuses comes out as the repository's error, without the values."""
    with opened(store) as [kept_here]:
        with kept_here._repository._engine.begin() as connection:
            name = kept_here._repository._tables.similar_words.name
            connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO elsewhere")
        try:
            for call in _calls(kept_here):
                with pytest.raises(RepositoryError) as raised:
                    call()
                assert "secret" not in str(raised.value)
                assert raised.value.__cause__ is None
        finally:
            with kept_here._repository._engine.begin() as connection:
                connection.exec_driver_sql(f"ALTER TABLE elsewhere RENAME TO {name}")


def _calls(store: SqlSimilarityStore) -> list[Callable[[], Any]]:
    one = ticket("T-1", "Secret words")
    return [
        lambda: store.add(one),
        lambda: store.rate(one, one),
        lambda: store.most_similar(one, 1),
    ]


def test_a_store_that_cannot_be_opened() -> None:
    """M1: an address that cannot be used is refused by name, as a repository's is."""
    with pytest.raises(RepositoryError, match="not supported"):
        SqlSimilarityStore("mysql://host/database")
