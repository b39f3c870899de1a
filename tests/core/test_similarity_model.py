"""Ratings against the second model, which counts every word anew for every pair."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.duplicates import Match, SimilarityIndex, Weights, rate, words
from helpdesk_core.entities import Ticket
from model import similarity as model

pytestmark = pytest.mark.core

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)

#: Short and long, nearly alike, with accents, and of scripts without spaces.
WORDS = [
    "ink",
    "no",
    "Printer",
    "PRINTERS",
    "imprimante",
    "étage",
    "Ёлка",
    "印刷機が故障",
    "7",
    "--",
]
texts = st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join)
subjects = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)

#: Sums of these are exact, so that nothing rounds to the other side of a half.
settings_of_fields = st.builds(
    Weights,
    subject=st.sampled_from([0.5, 1.0, 2.5, 3.0]),
    description=st.sampled_from([0.0, 0.0625, 0.5, 1.0, 2.0]),
    saturation=st.sampled_from([0.0, 0.5, 2.5, 8.0]),
    length=st.sampled_from([0.0, 0.5, 1.0]),
    usual_length=st.sampled_from([4.0, 35.0]),
    rarity=st.sampled_from([0.0, 1.0, 1.2, 4.0]),
    pieces=st.sampled_from([0.0, 0.3, 0.9]),
    chance=st.sampled_from([0.0, 1.5, 4.0]),
    customer=st.sampled_from([0.0, 0.1, 0.25]),
    team=st.sampled_from([0.0, 0.3]),
    tags=st.sampled_from([0.0, 0.1]),
    time=st.sampled_from([0.0, 0.2]),
    half_life_days=st.sampled_from([0.5, 30.0]),
)


def ticket(id: Any, subject: str, description: str = "", **fields: Any) -> Ticket:
    fields = {"team_id": "it", "stage_id": "new", "created_at": MONDAY} | fields
    return Ticket(id=id, subject=subject, description=description, **fields)


tickets = st.builds(
    ticket,
    st.integers(0, 12),
    subjects,
    texts,
    customer_id=st.sampled_from([None, "eve", "fay"]),
    team_id=st.sampled_from(["it", "hr"]),
    tags=st.sampled_from([(), ("vpn",), ("vpn", "mail")]),
    created_at=st.integers(0, 50).map(lambda hours: MONDAY + timedelta(hours=hours)),
)


def plain(one: Ticket) -> dict[str, Any]:
    """A ticket as the model has it."""
    return {
        "id": one.id,
        "subject": one.subject,
        "description": one.description,
        "customer": one.customer_id,
        "team": one.team_id,
        "tags": set(one.tags),
        "created": one.created_at,
    }


def agree(match: Match, expected: tuple[float, dict[str, float]]) -> None:
    rating, shares = expected
    assert match.rating == pytest.approx(rating, abs=1e-9)
    assert match.shares == pytest.approx(shares, abs=1e-9)


def agree_on_all(
    index: SimilarityIndex, held: Iterable[Ticket], asked: Ticket, among: set[int], limit: int
) -> None:
    """The index and the model say the same of one question."""
    weights, one = attrs.asdict(index.weights), plain(asked)
    crowd = model.spoken(map(plain, held), weights)
    for other in held:
        agree(index.rate(asked, other), model.rate(one, plain(other), crowd, weights))
        agree(index.rate(other, asked), model.rate(one, plain(other), crowd, weights))
        why = index.explain(asked, other)
        gave, of_pieces = model.explain(one, plain(other), crowd, weights)
        assert why.words == pytest.approx(gave, abs=1e-9)
        assert why.pieces == pytest.approx(of_pieces, abs=1e-9)
    for seen in (None, among):
        expected = model.most_similar(one, list(map(plain, held)), limit, weights, seen)
        found = index.most_similar(asked, limit, among=None if seen is None else seen.intersection)
        assert [match.rating for match in found] == pytest.approx([r for _, r in expected])
        # Two that rate the same but for the last digit may stand the other way round.
        for match in found:
            other = next(each for each in held if each.id == match.ticket_id)
            agree(match, model.rate(one, plain(other), crowd, weights))
        assert seen is None or seen.issuperset(match.ticket_id for match in found)
        assert len({match.ticket_id for match in found}) == len(found)


@given(st.text(st.sampled_from("aÀßıIİ7 .-\u0301\u0323éЁйΆςσ印刷がかﾊﾟกำ＠ﬁ"), max_size=30))
def test_words_are_the_models(text: str) -> None:
    """M1: the words of a text, in any case, form and script, are those of the second model."""
    assert words(text) == model.words(text)


@given(
    st.lists(st.tuples(st.sampled_from(["add", "update", "remove"]), tickets), max_size=14),
    tickets,
    st.sets(st.integers(0, 12)),
    st.integers(1, 9),
    settings_of_fields,
)
def test_an_index_rates_as_the_model(
    done: list[tuple[str, Ticket]],
    asked: Ticket,
    among: set[int],
    limit: int,
    weights: Weights,
) -> None:
    """M1, M2, M11: after any history an index says what the model does of the tickets it holds."""
    index = SimilarityIndex(weights=weights)
    held: dict[Any, Ticket] = {}
    for what, one in done:
        if what == "remove":
            index.remove(one.id)
            held.pop(one.id, None)
        else:
            getattr(index, what)(one)
            held[one.id] = one
        index.most_similar(asked, 3)
    agree_on_all(index, list(held.values()), asked, among, limit)


@given(
    tickets,
    tickets,
    st.dictionaries(st.sampled_from(["ink", "no", "printer", "7"]), st.floats(0, 60)),
    settings_of_fields,
)
def test_rate_as_the_model(a: Ticket, b: Ticket, known: dict[str, float], weights: Weights) -> None:
    """M1, M2: by weights that are given, and 3.5 for other words, a rating is the model's."""
    expected = model.rate(
        plain(a), plain(b), [], attrs.asdict(weights), lambda word: known.get(word, 3.5)
    )
    agree(rate(a, b, term_weights=known, weights=weights), expected)


@pytest.mark.parametrize("seed", range(3))
def test_a_large_index_rates_as_the_model(seed: int) -> None:
    """M1: among hundreds, where numbers are rounded and a team has its own words, too."""
    chance = random.Random(seed)

    def made(id: int) -> Ticket:
        often = [f"w{int(chance.paretovariate(0.6)) % 300}" for _ in range(6)]
        return ticket(id, " ".join(often), "the printer", team_id="it" if id % 5 else "hr")

    held = {id: made(id) for id in range(260)}
    index = SimilarityIndex(held.values())
    for id in chance.sample(sorted(held), 30):
        index.most_similar(held[id], 9)
        held[id] = made(id)
        index.update(held[id])
    weights = attrs.asdict(index.weights)
    of_team = [id for id in held if held[id].team_id == "it"]
    for left in (201, 200, 199):  # 200 tickets from which on a team has its own words
        while len(of_team) > left:
            index.remove(gone := of_team.pop(chance.randrange(left)))
            del held[gone]
        crowd = model.spoken(map(plain, held.values()), weights)
        for a in chance.sample(list(held.values()), 5):
            found = [index.rate(a, held[id]) for id in chance.sample(sorted(held), 4)]
            for match in found + index.most_similar(a, 3):
                agree(match, model.rate(plain(a), plain(held[match.ticket_id]), crowd, weights))
