"""Ratings, suggestions and groups of `helpdesk_core.duplicates`."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tracemalloc
import unicodedata
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.duplicates import (
    Explanation,
    Group,
    Match,
    SimilarityIndex,
    Weights,
    fingerprint,
    id_key,
    normalise,
    rate,
    similarity,
    words,
)
from helpdesk_core.duplicates import contents as contents_module
from helpdesk_core.duplicates import index as index_module
from helpdesk_core.duplicates import shelf as shelf_module
from helpdesk_core.duplicates.shelf import Spares
from helpdesk_core.duplicates.words import beginning
from helpdesk_core.entities import Ticket
from helpdesk_core.errors import InvalidValueError

pytestmark = pytest.mark.core

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def ticket(id: Any, subject: str, description: str = "", **fields: Any) -> Ticket:
    fields = {"team_id": "it", "stage_id": "new", "created_at": MONDAY} | fields
    return Ticket(id=id, subject=subject, description=description, **fields)


vocabulary = st.sampled_from(
    ["ink", "paper", "Printer", "PAPER", "étage", "Ελλάδα", "Ёлка", "印刷機が故障", "का", "7", "--"]
)
phrases = st.lists(vocabulary, min_size=1, max_size=6).map(" ".join)
any_text = st.one_of(
    phrases,
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20),
)
subjects = any_text.filter(str.strip)
tickets = st.builds(
    ticket,
    st.integers(0, 20),
    subjects,
    any_text,
    customer_id=st.sampled_from([None, "eve", "fay"]),
    team_id=st.sampled_from(["it", "hr"]),
    tags=st.sampled_from([(), ("vpn",), ("vpn", "mail")]),
    created_at=st.integers(0, 3).map(lambda days: MONDAY + timedelta(days=days)),
)
crowds = st.lists(tickets, max_size=12, unique_by=lambda ticket: ticket.id)
term_weights = st.one_of(
    st.none(),
    st.dictionaries(st.sampled_from(["ink", "paper", "printer", "7"]), st.floats(0, 10)),
)
settings_of_fields = st.builds(
    Weights,
    subject=st.floats(0.1, 5),
    description=st.floats(0, 5),
    saturation=st.floats(0, 3),
    length=st.floats(0, 1),
    rarity=st.floats(0, 4),
    pieces=st.floats(0, 0.9),
    chance=st.floats(0, 4),
    customer=st.floats(0, 0.3),
    team=st.floats(0, 0.3),
    tags=st.floats(0, 0.2),
    time=st.floats(0, 0.1),
)


# --- the number ----------------------------------------------------------------------------------


def test_range_and_symmetry() -> None:
    """M1: the rating is in [0, 1] and the same both ways, to the last digit."""

    @given(tickets, tickets, term_weights, settings_of_fields)
    def check(a: Ticket, b: Ticket, known: dict[str, float] | None, weights: Weights) -> None:
        rating = similarity(a, b, term_weights=known, weights=weights)
        assert 0 <= rating <= 1
        assert rating == similarity(b, a, term_weights=known, weights=weights)

    check()


def test_symmetry_of_long_texts() -> None:
    """M1: with many words, whose sums round, the rating is still the same both ways."""
    known = {f"w{n}": 1 / (n + 3) for n in range(60)}
    texts = [" ".join(f"w{n * step % 61}" for n in range(1, 50)) for step in range(1, 30)]
    for a, b in combinations([ticket(n, text) for n, text in enumerate(texts)], 2):
        assert rate(a, b, term_weights=known).shares == rate(b, a, term_weights=known).shares


def test_one_on_itself() -> None:
    """M1: the rating with itself, and with what says the same, is exactly 1."""

    @given(tickets, term_weights, settings_of_fields)
    def check(a: Ticket, known: dict[str, float] | None, weights: Weights) -> None:
        assert similarity(a, a, term_weights=known, weights=weights) == 1
        twin = attrs.evolve(a, id="twin", created_at=a.created_at)
        assert similarity(a, twin) == (1 if words(a.subject + " " + a.description) else 0)

    check()


def test_below_one_for_other_words() -> None:
    """M1: another word, or another number of them, makes less than 1."""
    assert similarity(ticket(1, "no ink"), ticket(2, "no ink left")) < 1
    assert similarity(ticket(1, "no ink"), ticket(2, "no ink ink")) < 1
    assert similarity(ticket(1, "ink"), ticket(2, "paper")) == 0


def test_without_content() -> None:
    """M1: without any content the rating is 0 with everything but itself."""
    empty = ticket(1, "???", "...", customer_id="eve")
    for other in (ticket(2, "???", customer_id="eve"), ticket(3, "ink", customer_id="eve")):
        assert similarity(empty, other) == 0
        assert similarity(other, empty) == 0
        assert SimilarityIndex([empty, other]).most_similar(empty, 5) == []
        assert SimilarityIndex([empty, other]).most_similar(other, 5) == []
        assert SimilarityIndex([empty, other]).groups(0.01) == []
    assert rate(empty, empty).shares["subject"] == 1
    assert similarity(empty, attrs.evolve(empty, subject="ink")) == 0


def test_blind_to_case_accents_and_form() -> None:
    """M1: case, accents and Unicode form of a text never show in a rating."""
    forms = [lambda text, form=form: unicodedata.normalize(form, text) for form in FORMS]

    @given(subjects, any_text, st.sampled_from([str.upper, str.lower, str.title, *forms]))
    def check(subject: str, description: str, change: Any) -> None:
        changed = change(subject), change(description)
        if changed[0].strip() and len(changed[0]) <= 500:
            assert fingerprint(ticket(1, subject, description)) == fingerprint(ticket(2, *changed))

    check()
    assert similarity(ticket(1, "Čeština ΆΛΦΑ Ёлка"), ticket(2, "cestina αλφα елка")) == 1


FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def test_blind_for_every_letter() -> None:
    """M1: of each letter of the Latin, Greek and Cyrillic blocks, no case and no form shows."""
    letters = [
        chr(code) for code in (*range(0x24FF), *range(0x1E00, 0x2000), *range(0xA640, 0xA800))
    ]
    for letter in letters:
        plain = normalise(letter)
        assert normalise(plain) == plain
        others = [letter.upper(), letter.lower(), letter.title(), letter.casefold()]
        others += [unicodedata.normalize(form, letter) for form in FORMS]
        assert {normalise(other) for other in others} == {plain}, hex(ord(letter))
        in_a_word = {normalise("x" + other) for other in (letter, *others)}
        assert len(in_a_word) == 1, hex(ord(letter))
    assert normalise("ı") == normalise("I")


def test_marks_of_other_scripts_stay() -> None:
    """M1: marks are accents on Latin, Greek and Cyrillic letters only."""
    for first, second in (("का", "की"), ("が", "か"), ("بِ", "بُ"), ("กา", "กี")):
        assert similarity(ticket(1, first), ticket(2, second)) == 0
    assert words("कि ताब") == ["कि", "ताब"]


def test_scripts_without_spaces() -> None:
    """M1: scripts without spaces are compared by pairs of characters, so that a part is found."""
    assert words("印刷機a、紙") == ["印刷", "刷機", "a", "紙"]
    assert words("紙a印刷機b") == ["紙", "a", "印刷", "刷機", "b"]
    assert 0 < similarity(ticket(1, "印刷機が故障"), ticket(2, "新しい印刷機")) < 1


def test_long_texts_and_words_are_cut() -> None:
    """M1: of a long text its beginning counts, of a long word too, whatever the Unicode form."""
    assert words("a" * 99) == ["a" * 64]
    assert words("\u0430" * 99) == ["\u0430" * 64]
    assert words("ink " * 9000) == ["ink"] * 2500
    for text in (
        "\u304c" * 9000,
        "\uac01" * 9000,
        "e\u0301\u0323" * 9000,
        "x" + "\uff76\uff9e" * 9000,
    ):
        beginnings = {
            tuple(words(unicodedata.normalize(form, text)))
            for form in (FORMS if "\uff76" not in text else ("NFC", "NFD"))
        }
        assert len(beginnings) == 1
        assert 0 < len(beginnings.pop()) <= 10_000
    assert len(words("\ufdfa" * 9000)) < 2500


def test_the_beginning_is_that_of_the_whole() -> None:
    """M1: wherever a long text is cut to be worked on, its beginning is that of the whole."""
    for unit in ("x", "\ufb01", "e\u0301\u0323", "\u304b\u3099", "\u1100\u1161\u11a8", "\u0301"):
        for before in range(4):
            text = "a" * before + unit * 9000
            assert beginning(text) == normalise(text)[:10_000]
            for length in (4095, 4096, 4097):
                assert beginning(text[:length]) == normalise(text[:length])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("no ink\n> any paper?\nnone", ["no", "ink", "none"]),
        ("no ink\nOn Monday Eve WROTE:\n> paper", ["no", "ink"]),
        ("no ink\n-- \nEve\nFirst floor", ["no", "ink"]),
        ("> only quoted", ["only", "quoted"]),
        ("a 2026-01-05T10:11:12.123Z b 2026-01-05 10:11:12 c", ["a", "b", "c"]),
        ("crash at 0x7ffe01 in Thread@1f2e3d4c", ["crash", "at", "in", "thread"]),
        ("at ink.Pump(Pump.java:12)\nstop", ["at", "ink", "pump", "pump", "java", "stop"]),
        (
            "".join(f'  File "p{n}.py", line {n}, in f\n' for n in range(9)),
            [w for n in range(4) for w in ("file", f"p{n}", "py", "line", "in", "f")],
        ),
        ("version 3.4 of 2026-01-05", ["version", "3", "4", "of", "2026", "01", "05"]),
    ],
)
def test_noise_is_left_out(text: str, left: list[str]) -> None:
    """M1: quotes, signatures, the depth of stack traces and the marks of logs say nothing."""
    assert words(text) == left


def test_pieces_of_words() -> None:
    """M1: words that are nearly alike count, as far as is wanted, beside one that is the same."""
    asked = ticket(1, "printer jammed")
    near, far = ticket(2, "printers jammed"), ticket(3, "scanner jammed")
    assert similarity(asked, near) > similarity(asked, far)
    whole = Weights(pieces=0)
    assert similarity(asked, near, weights=whole) == similarity(asked, far, weights=whole)
    assert similarity(ticket(1, "printer"), ticket(2, "printers")) == 0
    assert similarity(ticket(1, "no ink"), ticket(2, "no printer")) == similarity(
        ticket(1, "no ink"), ticket(2, "no printer"), weights=whole
    )


def test_beyond_chance() -> None:
    """M1: of two pairs of the same cosine, the one of rare words rates higher."""
    crowd = [ticket(n, f"the printer on floor {n}") for n in range(40)]
    index, plain = (
        SimilarityIndex(crowd, weights=Weights(chance=chance, pieces=0)) for chance in (1.5, 0)
    )
    common = ticket(50, "the printer on floor"), ticket(51, "the printer on")
    rare = ticket(52, "zebra labels here"), ticket(53, "zebra labels there")
    assert index.rate(*rare).rating > plain.rate(*rare).rating
    assert index.rate(*common).rating < plain.rate(*common).rating


def test_hash_seed() -> None:
    """M1: the same numbers come out whatever PYTHONHASHSEED."""
    script = (
        "from datetime import datetime, UTC\n"
        "from helpdesk_core.entities import Ticket\n"
        "from helpdesk_core.duplicates import SimilarityIndex\n"
        "def ticket(n):\n"
        "    text = ' '.join(f'w{n * k % 17}' for k in range(1, 40))\n"
        "    return Ticket(id=n, team_id=1, stage_id=1, subject=text, description=text[:50],\n"
        "                  created_at=datetime(2026, 1, 5, tzinfo=UTC))\n"
        "index = SimilarityIndex(map(ticket, range(30)))\n"
        "for m in index.most_similar(ticket(3), 29):\n"
        "    print(m.ticket_id, m.rating, *m.shares.values())\n"
        "print([(g.master_id, [(m.ticket_id, m.rating) for m in g.members])\n"
        "       for g in index.groups(0.5)])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1
    assert "[(0, [" in outputs.pop()


def test_ratings_are_values() -> None:
    """M2: what a rating tells of is named, never counted by its place, and two can be one."""
    match = Match(ticket_id=1, rating=0.5, shares={"subject": 0.5})
    for kind, values in (
        (Weights, (2.5,)),
        (Match, (1, 0.5)),
        (Group, (1, (match,))),
        (Explanation, (match,)),
    ):
        with pytest.raises(TypeError, match="positional"):
            kind(*values)
    twin = attrs.evolve(match)
    assert len({match, twin}) == 1
    assert len({Explanation(match=one, words={"ink": 0.5}) for one in (match, twin)}) == 1


def test_term_weights() -> None:
    """M1: a word that weighs more counts for more, and one that is not named weighs 3.5."""
    a, b = ticket(1, "no ink"), ticket(2, "no paper")
    even = similarity(a, b)
    assert 0.4 < even < 0.6
    assert similarity(a, b, term_weights={"no": 3.5, "ink": 3.5}) == even
    assert (
        similarity(a, b, term_weights={"no": 0.1}) < even < similarity(a, b, term_weights={"no": 9})
    )


FIELDS = ("customer", "team", "tags", "time")


# --- the shares ----------------------------------------------------------------------------------


def test_shares_sum_to_the_rating() -> None:
    """M2: the shares of the fields are not negative and sum to the rating."""

    @given(tickets, tickets, settings_of_fields)
    def check(a: Ticket, b: Ticket, weights: Weights) -> None:
        match = rate(a, b, weights=weights)
        assert {"subject", "description"} <= set(match.shares)
        assert set(match.shares) <= {"subject", "description", *FIELDS}
        assert min(match.shares.values()) >= 0
        assert math.fsum(match.shares.values()) == pytest.approx(match.rating, abs=1e-12)
        assert match.ticket_id == b.id

    check()


def test_words_and_pieces_sum_to_the_shares_of_texts() -> None:
    """M1, M2: what each word and the pieces gave is what the texts did, the same both ways."""

    @given(crowds, tickets, tickets, settings_of_fields)
    def check(crowd: list[Ticket], a: Ticket, b: Ticket, weights: Weights) -> None:
        index = SimilarityIndex(crowd, weights=weights)
        why, other_way = index.explain(a, b), index.explain(b, a)
        assert why.match == index.rate(a, b)
        assert why.match.shares == index.rate(a, b).shares
        assert (why.words, why.pieces) == (other_way.words, other_way.pieces)
        said = {word for text in (a.subject, a.description) for word in words(text)}
        shared = {w for text in (b.subject, b.description) for w in words(text) if w in said}
        if weights.description and shared:
            assert set(why.words) == shared
        if not said:
            assert why == Explanation(match=why.match)
            return
        of_texts = why.match.shares["subject"] + why.match.shares["description"]
        assert math.fsum([*why.words.values(), why.pieces]) == pytest.approx(of_texts, abs=1e-12)
        assert min([why.pieces, *why.words.values()]) >= 0
        gave = list(why.words.values())
        assert gave == sorted(gave, reverse=True)

    check()


def test_what_a_word_gave() -> None:
    """M2: of the words in common, a rare one gave more than a common one, in order."""
    crowd = [ticket(n, f"printer {name}") for n, name in enumerate(["ada", "ben", "cyd", "dee"])]
    index = SimilarityIndex(crowd)
    one, other = ticket(8, "printer of ada"), ticket(9, "Printer", "ADA says so")
    why = index.explain(one, other)
    assert list(why.words) == ["ada", "printer"]
    assert why.words["ada"] > 0 < why.words["printer"]
    # of the whole cosine, pieces are 0.3 of theirs, and the words the rest
    plain = SimilarityIndex(crowd, weights=Weights(pieces=0)).explain(one, other)
    assert plain.pieces == 0 < why.pieces
    assert plain.words["ada"] / plain.words["printer"] == pytest.approx(
        why.words["ada"] / why.words["printer"]
    )


@pytest.mark.parametrize(
    ("one", "other", "words_in_common"),
    [
        ("no ink", "a flood", []),  # nothing in common
        ("no printer", "No PRINTER", ["no", "printer"]),  # the same
        ("no ink", "ink!", ["ink"]),  # words too short to have pieces
        ("printer ink", "ink", ["ink"]),  # only one of them has pieces
    ],
)
def test_where_pieces_gave_nothing(one: str, other: str, words_in_common: list[str]) -> None:
    """M2: where two say the same, or one has no pieces, words gave all; nothing where none is."""
    index = SimilarityIndex([ticket(1, "no printer"), ticket(2, "ink printer"), ticket(3, "flood")])
    why = index.explain(ticket(8, one), ticket(9, other))
    assert sorted(why.words) == words_in_common
    assert why.pieces == 0
    assert bool(why.match.rating) == bool(words_in_common)


def test_shares_come_from_their_fields() -> None:
    """M2: each field's share is what that field gave, and weights are settings."""
    a = ticket(1, "ink", "paper", customer_id="eve")
    same_subject = rate(a, ticket(2, "ink", "flood")).shares
    assert same_subject["subject"] > 0 == same_subject["description"]
    same_text = rate(a, ticket(2, "flood", "paper")).shares
    assert same_text["description"] > 0 == same_text["subject"]
    crossed = rate(a, ticket(2, "paper", "flood")).shares
    assert crossed["subject"] == crossed["description"] > 0
    assert same_subject["subject"] > same_text["description"]  # the subject weighs more
    light = Weights(subject=1, description=2)
    assert rate(a, ticket(2, "ink", "flood"), weights=light).rating < same_subject["subject"]
    assert rate(a, ticket(2, "ink", "flood"), weights=Weights(description=0)).rating == 1


def test_shares_of_fields() -> None:
    """M2: what a field of the same value gives is its share, another value takes that away."""
    a = ticket(1, "no ink", customer_id="eve", tags=["vpn", "mail"])
    weights = Weights(customer=0.2, team=0.3, tags=0.1, time=0.15, half_life_days=2)
    text = rate(a, ticket(2, "no paper"), weights=Weights(customer=0, team=0)).rating
    alike = {"customer_id": "eve", "tags": ["vpn", "mail"]}

    def given(**fields: Any) -> Match:
        return rate(a, ticket(2, "no paper", **(alike | fields)), weights=weights)

    assert given().rating == pytest.approx(text)
    assert [given().shares[field] for field in FIELDS] == pytest.approx(
        [text * part for part in (0.2, 0.3, 0.1, 0.15)]
    )
    for fields, left, name, share in (
        ({"customer_id": "fay"}, 0.8, "customer", 0),
        ({"team_id": "hr"}, 0.7, "team", 0),
        ({"tags": ["wifi"]}, 0.9, "tags", 0),
        ({"tags": ["vpn"]}, 0.95, "tags", 0.05),
        ({"created_at": MONDAY + timedelta(days=2)}, 0.925, "time", 0.075),
        ({"created_at": MONDAY - timedelta(days=2)}, 0.925, "time", 0.075),
    ):
        match = given(**fields)
        assert match.rating == pytest.approx(text * left)
        assert match.shares[name] == pytest.approx(text * share)
    for fields, name in (({"customer_id": None}, "customer"), ({"tags": []}, "tags")):
        assert given(**fields).rating == pytest.approx(text)
        assert name not in given(**fields).shares
    assert rate(a, a, weights=weights).rating == 1


@pytest.mark.parametrize(
    "values",
    [
        {"subject": 0},
        {"subject": math.inf},
        {"description": -1},
        {"description": math.inf},
        {"saturation": math.nan},
        {"customer": 1},
        {"customer": 0.5, "team": 0.3, "tags": 0.1, "time": 0.1},
        {"team": -0.1},
        {"tags": 1},
        {"time": math.nan},
        {"length": 1.1},
        {"length": -0.1},
        {"pieces": 1},
        {"rarity": 5},
        {"chance": -1},
        {"usual_length": 0},
        {"half_life_days": 0},
    ],
)
def test_weights_are_checked(values: dict[str, float]) -> None:
    """M2: weights with which a rating would leave [0, 1] are refused by name."""
    with pytest.raises(InvalidValueError) as caught:
        Weights(**values)
    assert caught.value.field in values


# --- the index -----------------------------------------------------------------------------------


def test_index_has_no_memory() -> None:
    """M1: order of indexing, changes, and removing and adding again never show in the index."""

    @given(crowds, st.lists(tickets, max_size=12), st.randoms(use_true_random=False))
    def check(wanted: list[Ticket], others: list[Ticket], random: Any) -> None:
        churned = SimilarityIndex(others)
        for one in wanted:
            churned.add(attrs.evolve(one, subject="before", customer_id="gus"))
        for other in others:
            churned.remove(other.id)
            churned.remove(other.id)
        for one in random.sample(wanted, len(wanted)):
            churned.update(one)
            assert one.id in churned
            churned.most_similar(one, 5)  # nothing that it worked out may outlive the next change
            churned.groups(0.4)
        fresh = SimilarityIndex(wanted)
        assert len(churned) == len(fresh)
        assert dict(churned.term_weights) == dict(fresh.term_weights)
        assert len(churned.term_weights) == len(fresh.term_weights)
        for one in wanted:
            assert churned.most_similar(one, 5) == fresh.most_similar(one, 5)
        assert churned.groups(0.4) == fresh.groups(0.4)

    check()


def test_large_index_has_no_memory() -> None:
    """M1: what an index keeps of its work never shows, also once numbers are rounded."""

    def made(n: int, step: int) -> Ticket:
        text = " ".join(f"w{n * k % (40 + step)}" for k in range(1, 9)) + " ink"
        return ticket(n, text, text[:9], team_id="it" if n % 3 else "hr")

    churned = SimilarityIndex(made(n, 3) for n in range(365))
    for n in range(0, 365, 7):
        churned.most_similar(made(n, 3), 5)
    for n in range(365):
        churned.update(made(n, 1))
        if n % 11 == 0:
            churned.most_similar(made(n, 1), 5)
    for n in range(300, 365):
        churned.remove(n)
    fresh = SimilarityIndex(made(n, 1) for n in reversed(range(300)))
    assert dict(churned.term_weights) == dict(fresh.term_weights)
    for n in range(0, 360, 5):
        asked = made(n, 1)
        found = churned.most_similar(asked, 9)
        assert found == fresh.most_similar(asked, 9)
        for match in found:
            assert match == churned.rate(asked, made(match.ticket_id, 1))
            assert match.rating == churned.rate(made(match.ticket_id, 1), asked).rating


def test_words_never_seen_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """M1: what a word says that tickets hold is worked out once; of others, nothing is kept."""
    said: list[float] = []

    def pack(how_much: float, weights: Weights) -> int:
        said.append(how_much)
        return contents_module.pack(how_much, weights)

    monkeypatch.setattr(shelf_module, "pack", pack)
    index = SimilarityIndex([ticket(1, "no ink"), ticket(2, "no paper")])
    for asked, kept in (("ink", True), ("flood", False), ("ink and paper", False)):
        index.most_similar(ticket(3, asked, team_id="new"), 1)
        assert said
        said.clear()
        index.most_similar(ticket(3, asked, team_id="new"), 1)
        assert (not said) is kept


@pytest.mark.parametrize("team_id", ["it", "hr"])
def test_what_was_worked_out_is_kept(team_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """M1: of tickets that were looked at, only those whose words say another thing are anew."""
    measured: list[Any] = []

    def measure(content: Any, packed: Any) -> tuple[int, float]:
        measured.append(content.ticket_id)
        return contents_module.measure(content, packed)

    monkeypatch.setattr(shelf_module, "measure", measure)
    held = {n: ticket(n, f"w{n % 3} v{n}") for n in range(400)}
    index = SimilarityIndex(held.values())

    def anew(*words: str) -> list[int]:
        """Who is measured when asked about w1, once there is one more ticket with such words."""
        if words:
            held[len(held)] = ticket(len(held), " ".join(words))
            index.add(held[len(held) - 1])
        measured.clear()
        found = index.most_similar(ticket(1000, "w1", team_id=team_id), 5)
        again, measured[:] = sorted(measured), []
        assert found == index.most_similar(ticket(1000, "w1", team_id=team_id), 5)
        assert measured == []
        fresh = SimilarityIndex(held.values())
        assert found == fresh.most_similar(ticket(1000, "w1", team_id=team_id), 5)
        return again

    of_w1 = list(range(1, 400, 3))
    assert anew() == of_w1
    assert anew("flood") == anew("w2") == []
    assert anew("v7", "v8") == [7]  # 8 does not hold w1
    assert anew("w1", "v10") == [10, 403]  # that 133 or 134 hold w1 is the same when rounded
    assert anew("w1") == [404]
    assert anew("w1") == [*of_w1, 403, 404, 405]  # 136 is another
    assert anew("w1") == [406]
    assert anew("flood") == [*of_w1, 403, 404, 405, 406]  # and so is 408 of tickets


def test_a_large_team_has_its_own_common_words() -> None:
    """M1: between tickets of one large team, how common a word is goes by that team."""
    weights = Weights(pieces=0, chance=0)
    many = [ticket(n, f"printer w{n}") for n in range(200)]
    others = [ticket(n, f"salary w{n}", team_id="hr") for n in range(1000, 1300)]
    a, b = ticket(1, "printer salary"), ticket(2, "printer holiday")
    large, small, alone = (
        SimilarityIndex(crowd, weights=weights)
        for crowd in (many + others, many[1:] + others, many)
    )
    assert large.rate(a, b).rating == alone.rate(a, b).rating
    assert small.rate(a, b).rating > large.rate(a, b).rating
    apart = attrs.evolve(b, team_id="hr")
    assert large.rate(a, apart).rating == pytest.approx(
        similarity(a, b, term_weights=large.term_weights, weights=weights) * (1 - weights.team)
    )


def test_more_alike_than_are_looked_at() -> None:
    """M1: of more tickets that tie than are looked at, those with the first ids are found."""
    crowd = [ticket(n, "no ink") for n in range(400)]
    for index in (SimilarityIndex(crowd), SimilarityIndex(crowd[::-1])):
        found = index.most_similar(ticket(3, "no ink"), 5)
        assert [match.ticket_id for match in found] == [0, 1, 2, 4, 5]
        assert {match.rating for match in found} == {1.0}
    mixed = [ticket(n, "no ink" if n % 2 else "no ink ink") for n in range(400)]
    found = SimilarityIndex(mixed).most_similar(ticket(500, "no ink"), 3)
    assert [match.ticket_id for match in found] == [1, 3, 5]


def test_common_words_alone_are_not_followed() -> None:
    """M1: the long lists of common words are left unread once those of rarer ones were read."""
    crowd = [ticket(n, f"w{n % 50} ink", "printer") for n in range(3500)]
    index = SimilarityIndex(crowd)
    asked = ticket(9999, "w7 ink", "printer")
    found = index.most_similar(asked, 80)
    assert [match.ticket_id for match in found] == list(range(7, 3500, 50))
    assert [match.ticket_id for match in index.most_similar(ticket(9999, "printer"), 2)] == [0, 1]


@pytest.mark.parametrize(
    ("effort", "found", "besides_zebras"),
    [
        (1, "zebra", ""),  # the list of the rarest word is always read
        (2, "zebra", "ink"),  # four times as far for who may not see what was found: 8
        (3, "zebra", "ink, no in subjects"),  # in subjects 3 + 5 + 2
        (7, "zebra", "ink, no in subjects, no"),  # 3 + 5 + 20
        (8, "zebra, ink", "ink, no in subjects, no"),
        (9, "zebra, ink", "ink, no in subjects, no"),
        (10, "zebra, ink, no in subjects", "ink, no in subjects, no"),
        (27, "zebra, ink, no in subjects", "ink, no in subjects, no"),
        (28, "zebra, ink, no in subjects, no", "ink, no in subjects, no"),
    ],
)
def test_how_far_lists_are_read(
    effort: int, found: str, besides_zebras: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M1, M11: the rarest words first, in any text and in subjects, until the effort is spent."""
    monkeypatch.setattr(index_module, "EFFORT", effort)
    holding = {
        "zebra": [ticket(n, "zebra") for n in range(3)],
        "ink": [ticket(n, "ink") for n in range(10, 15)],
        "no in subjects": [ticket(n, "no", "no") for n in range(20, 22)],
        "no": [ticket(n, "other", "no") for n in range(22, 40)],
    }
    index = SimilarityIndex(one for some in holding.values() for one in some)
    asked = ticket(99, "zebra ink no")

    def ids(words: str) -> list[int]:
        return [one.id for word in words.split(", ") if word for one in holding[word]]

    assert [match.ticket_id for match in index.most_similar(asked, 50)] == ids(found)
    others = set(range(10, 40)).intersection
    seen = index.most_similar(asked, 50, among=others)
    assert [match.ticket_id for match in seen] == ids(besides_zebras)


def test_a_word_is_rare_where_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """M1: in a team, its rarest words are looked for first, however common they are elsewhere."""
    monkeypatch.setattr(index_module, "EFFORT", 1)
    here = [ticket(1, "zebra"), *(ticket(n, "ink") for n in range(2, 5))]
    index = SimilarityIndex(
        here + [ticket(n, "zebra", team_id=f"t{n % 2}") for n in range(100, 150)]
    )
    found = index.most_similar(ticket(99, "zebra ink"), 200)
    assert [match.ticket_id for match in found if match.ticket_id < 100] == [1]


def test_other_teams_get_a_quarter_of_the_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """M1: who has a team looks for tickets of others with a quarter, and else with all of it."""
    teams = {"it": 0, "hr": 100}
    index = SimilarityIndex(
        ticket(first + n, "zebra" if n < 3 else "ink", team_id=team)
        for team, first in teams.items()
        for n in range(8)
    )

    def found(team_id: str) -> list[int]:
        asked = ticket(999, "zebra ink", team_id=team_id)
        return sorted(match.ticket_id for match in index.most_similar(asked, 50))

    both = [*range(8), *range(100, 108)]
    for effort, of_it, of_nobody in (
        (8, [*range(8), 100, 101, 102], [0, 1, 2, 100, 101, 102]),
        (16, [*range(8), 100, 101, 102], both),
        (31, [*range(8), 100, 101, 102], both),
        (32, both, both),
    ):
        monkeypatch.setattr(index_module, "EFFORT", effort)
        assert found("it") == of_it
        assert found("new") == of_nobody
    for name in ("FOUND_EACH", "COMPARED_EACH"):
        for most, of_it in (
            (4, [0, 1, 2, 3, 100]),
            (11, [*range(8), 100, 101]),
            (12, [*range(8), 100, 101, 102]),
        ):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(index_module, name, 0)
                patch.setattr(index_module, name.removesuffix("_EACH"), most)
                assert found("it") == of_it


def test_a_word_in_the_subject_counts_more_while_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """M1: once more and a fifth: more than another word in the description, less than two."""
    for name in ("FOUND", "FOUND_EACH"):
        monkeypatch.setattr(index_module, name, 1)
    index = SimilarityIndex(
        [ticket(1, "ink"), ticket(2, "red", "ink paper"), ticket(3, "red", "paper")]
    )
    asked: list[list[int]] = []
    index.most_similar(
        ticket(99, "ink paper"), 1, among=lambda ids: asked.append(sorted(ids)) or ()
    )
    assert asked == [[1], [2, 3]]


def test_those_with_the_most_words_for_their_length_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """M1: of those found, a short text with one of the words comes before a long one with more."""
    monkeypatch.setattr(index_module, "COMPARED", 1)
    monkeypatch.setattr(index_module, "COMPARED_EACH", 1)

    def long(id: int, words: int) -> str:
        return " ".join(f"w{id}x{n}" for n in range(words))

    crowd = [
        ticket(1, "zebra", long(1, 40)),
        ticket(2, "zebra"),
        ticket(3, "zebra ink", long(3, 40)),
        ticket(4, "ink", long(4, 5)),
        ticket(5, "zebra no ink", long(5, 300)),
        *(ticket(n, f"f{n} no") for n in range(50, 60)),
    ]
    index = SimilarityIndex(crowd)
    found = [
        {match.ticket_id for match in index.most_similar(ticket(99, "zebra ink no"), limit)}
        for limit in range(1, 6)
    ]
    assert found == [{2}, {2, 3}, {2, 3, 4}, {2, 3, 4, 5}, {1, 2, 3, 4, 5}]


def test_those_alike_by_their_words_are_rated_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """M1: of two that are as alike by whole words, pieces decide, where both are rated."""
    monkeypatch.setattr(index_module, "RATED_EACH", 1)
    index = SimilarityIndex([ticket(1, "scanner jammed"), ticket(2, "printers jammed")])
    for rated, best in ((1, 1), (2, 2)):
        monkeypatch.setattr(index_module, "RATED", rated)
        (match,) = index.most_similar(ticket(3, "printer jammed"), 1)
        assert match.ticket_id == best
    # before that, whole words and the other fields do
    monkeypatch.setattr(index_module, "RATED", 1)
    crowd = [
        ticket(1, "printer ink"),
        ticket(2, "printer jammed now", customer_id="fay"),
        ticket(4, "printer jammed"),
    ]
    index = SimilarityIndex(crowd, weights=Weights(customer=0.5))
    for customer_id, best in (("eve", 4), (None, 2)):
        asked = ticket(3, "printer jammed again now", customer_id=customer_id)
        (match,) = index.most_similar(asked, 1)
        assert match.ticket_id == best


def test_who_is_as_alike_is_listed_by_id() -> None:
    """M1: those that rate the same stand in the order of their ids, whatever team they are of."""
    index = SimilarityIndex(
        [ticket(n, "no ink", team_id="it" if n % 2 else "hr") for n in range(8)],
        weights=Weights(team=0),
    )
    found = index.most_similar(ticket(99, "no ink left"), 8)
    assert len({match.rating for match in found}) == 1
    assert [match.ticket_id for match in found] == list(range(8))


def test_who_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """M11: the best are asked about first, each once, and then four times as many."""
    for name, value in (("FOUND", 2), ("FOUND_EACH", 1)):
        monkeypatch.setattr(index_module, name, value)
    crowd = [ticket(n, "no ink", "zebra" * (n == 30)) for n in range(50)]
    index = SimilarityIndex(crowd)
    asked: list[list[int]] = []

    def only(*may: int) -> Any:
        asked.clear()
        return lambda ids: asked.append(sorted(ids)) or [id for id in ids if id in may]

    question = ticket(99, "no zebra ink")
    for may, batches, found in (
        ((30, 0), [[0, 30]], [30]),
        ((0, 1), [[0, 30], list(range(1, 7))], [0]),
        ((), [[0, 30], list(range(1, 7)), [*range(7, 30), 31], list(range(32, 50))], []),
    ):
        matches = index.most_similar(question, 1, among=only(*may))
        assert [match.ticket_id for match in matches] == found
        assert asked == batches
    # who may see two has enough with the two best
    assert len(index.most_similar(question, 2, among=only(0, 30))) == 2
    assert asked == [[0, 30]]
    # three are wanted: three are asked about at once
    assert len(index.most_similar(question, 3, among=only(*range(50)))) == 3
    assert asked == [[0, 1, 30]]


def test_a_ticket_of_no_known_team_is_asked_with() -> None:
    """M1: tickets of other teams are found too, also where the asker's team has none."""
    index = SimilarityIndex(ticket(n, f"w{n} ink", team_id=f"t{n % 3}") for n in range(30))
    (match,) = index.most_similar(ticket(99, "w7", team_id="new"), 5)
    assert match.ticket_id == 7


def test_few_among_many() -> None:
    """M11: few that may be seen among many are found, though others say the same words."""
    crowd = [ticket(n, "no ink", f"w{n}") for n in range(4000)]
    index = SimilarityIndex(crowd)
    found = index.most_similar(ticket(5000, "no ink"), 2, among={3999, 3998, 3997}.intersection)
    assert [match.ticket_id for match in found] == [3997, 3998]


def test_what_changes_while_a_filter_thinks(monkeypatch: pytest.MonkeyPatch) -> None:
    """M1, M11: what comes in the place of a word that goes meanwhile is not taken for it."""
    monkeypatch.setattr(index_module, "EFFORT", 10)
    index = SimilarityIndex(ticket(n, "no ink") for n in range(200))
    index.add(ticket(300, "zebra"))

    def slow(ids: Collection[int]) -> Collection[int]:
        if 300 in index:
            index.remove(300)
            index.add(ticket(302, "no"))  # would take its place, and the next one its word's
            index.add(ticket(301, "flood"))
        return [id for id in ids if id == 301]

    assert index.most_similar(ticket(500, "zebra no ink"), 2, among=slow) == []
    assert [match.ticket_id for match in index.most_similar(ticket(500, "flood"), 2)] == [301]


def test_numbers_are_given_out_again() -> None:
    """M1: a long life of an index costs no more memory than what it holds."""
    spares = Spares()
    assert spares.take() is None
    spares.give(7)
    spares.give(8)
    spares.askers += 1
    assert spares.take() is None  # somebody may still mean by them what they stood for
    spares.askers -= 1
    assert sorted([spares.take(), spares.take()]) == [7, 8]
    assert spares.take() is None
    spares.give(9)
    assert spares.take() == 9


def test_a_long_life_costs_no_memory() -> None:
    """M1: tickets that come and go, with questions between, leave nothing that grows."""
    index = SimilarityIndex([ticket(1, "no ink")])
    held: list[int] = []
    tracemalloc.start()
    try:
        for turn in range(300):
            index.add(ticket(2, "ink", " ".join(f"w{turn}x{n}" for n in range(30))))
            assert index.most_similar(ticket(3, "ink"), 1)
            index.remove(2)
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert held[-1] - held[100] < 50_000  # a number for each of 6,000 words is more


def test_many_teams_cost_no_more_than_one() -> None:
    """M1: what a ticket costs in memory does not grow with the number of teams."""
    costs: list[int] = []
    for teams in (1, 150):
        tracemalloc.start()
        try:
            index = SimilarityIndex()
            for n in range(1200):
                index.add(ticket(n, " ".join(f"w{n}x{k}" for k in range(8)), team_id=n % teams))
            costs.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
        assert len(index) == 1200
    assert costs[1] < 1.3 * costs[0]


def test_a_team_that_shrinks_and_grows() -> None:
    """M1: what is common in a team of 200 is forgotten when it is smaller, and found out anew."""
    held = {n: ticket(n, f"w{n % 7} v{n}") for n in range(202)}
    held |= {n: ticket(n, f"w{n % 5} v{n}", team_id="hr") for n in range(1000, 1100)}
    index = SimilarityIndex(held.values())
    asked = ticket(5000, "w3 w4 v8")
    for gone, come in ((range(3), "w3"), (range(3, 5), "w4"), (range(5, 9), "x"), ((), "v8")):
        for n in gone:
            index.remove(n)
            del held[n]
            assert index.most_similar(asked, 9)
        for n in range(2):
            one = ticket(2000 + len(held) + 1000 * n, f"{come} y")
            index.add(one)
            held[one.id] = one
            fresh = SimilarityIndex(held.values())
            assert index.most_similar(asked, 9) == fresh.most_similar(asked, 9)


def test_what_is_rounded_follows_a_removal() -> None:
    """M1: a word that was held by 128 says more once 127 hold it, among as many as before."""
    crowd = [ticket(n, f"w{n}" + " ink" * (n < 128)) for n in range(405)]
    index = SimilarityIndex(crowd)
    a, b = ticket(500, "ink w1"), ticket(501, "ink w2")
    before = index.rate(a, b)
    index.remove(0)
    assert index.rate(a, b) == SimilarityIndex(crowd[1:]).rate(a, b) != before


def test_none_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """M11: who may see none of those that are found is told of none, and the search has an end."""
    monkeypatch.setattr(index_module, "EFFORT", 10)
    index = SimilarityIndex(ticket(n, "no ink", f"w{n}") for n in range(200))
    asked: list[int] = []

    def none(ids: Collection[int]) -> Collection[int]:
        asked.extend(ids)
        return ()

    assert index.most_similar(ticket(500, "no ink", "w5 w7"), 2, among=none) == []
    assert asked == [5, 7]


def test_a_filter_is_a_function() -> None:
    """M11: a set where a filter is meant is refused, and not taken for one that denies all."""
    with pytest.raises(InvalidValueError, match="among must be a function"):
        SimilarityIndex().most_similar(ticket(1, "ink"), 1, among={1})  # type: ignore[arg-type]


def test_uuids_of_one_hash() -> None:
    """M1: ids that were made to collide are told apart."""
    ids = [UUID(int=7 + n * (2**61 - 1)) for n in range(50)]
    assert len({hash(id) for id in ids}) == 1
    index = SimilarityIndex(ticket(id, "no ink", team_id=id) for id in ids)
    assert len(index) == 50
    assert ids[3] in index
    assert len(index.most_similar(ticket(ids[0], "no ink"), 99)) == 49
    index.remove(ids[3])
    assert ids[3] not in index


def test_most_similar_is_the_full_listing_cut() -> None:
    """M1: suggestions are what rating everybody gives, by the rating shown and then by id."""

    @given(crowds, tickets, st.integers(1, 12), settings_of_fields)
    def check(crowd: list[Ticket], asked: Ticket, limit: int, weights: Weights) -> None:
        index = SimilarityIndex(crowd, weights=weights)
        expected = [index.rate(asked, other) for other in crowd if other.id != asked.id]
        expected = [match for match in expected if match.rating > 0]
        expected.sort(key=lambda match: (-match.rating, match.ticket_id))
        assert index.most_similar(asked, limit) == expected[:limit]

    check()


def test_index_rates_as_similarity_does() -> None:
    """M1: the index's rating is `similarity` with its weights, and rare words count more."""
    crowd = [ticket(n, f"printer w{n}") for n in range(6)] + [ticket(9, "flood printer")]
    index = SimilarityIndex(crowd)
    asked = ticket(7, "printer flood")
    assert index.term_weights["flood"] > index.term_weights["printer"]
    assert index.term_weights["unheard"] > index.term_weights["flood"]
    (best, second) = index.most_similar(asked, 2)
    assert (best.ticket_id, best.rating) == (9, 1.0)
    assert second.ticket_id == 0
    for match in (best, second):
        other = next(one for one in crowd if one.id == match.ticket_id)
        assert match.rating == similarity(asked, other, term_weights=index.term_weights)


def test_among() -> None:
    """M11: only those among which the caller asks are suggested or grouped."""
    index = SimilarityIndex(ticket(n, "no ink") for n in range(5))
    found = index.most_similar(ticket(0, "no ink"), 9, among={4, 2, 77}.intersection)
    assert [match.ticket_id for match in found] == [
        2,
        4,
    ]
    (group,) = index.groups(0.9, among=[1, 3])
    assert (group.master_id, [m.ticket_id for m in group.members]) == (1, [3])
    assert index.most_similar(ticket(0, "no ink"), 9, among=set().intersection) == []


def test_tombstones_are_not_kept() -> None:
    """M8: a ticket that was merged away leaves the index."""
    index = SimilarityIndex([ticket(1, "no ink"), ticket(2, "no ink")])
    index.update(ticket(2, "no ink", merged_into=1))
    assert 2 not in index
    assert len(index) == 1


@pytest.mark.parametrize("limit", [0, True, 1.5])
def test_limit_is_checked(limit: Any) -> None:
    """M1: a limit that is no positive whole number is refused."""
    with pytest.raises(InvalidValueError, match="limit must be at least 1"):
        SimilarityIndex().most_similar(ticket(1, "ink"), limit)


# --- groups --------------------------------------------------------------------------------------


def groups_by_the_letter(
    index: SimilarityIndex, crowd: list[Ticket], threshold: float, discarded: set[frozenset[int]]
) -> list[Group]:
    pairs = []
    for a, b in combinations(sorted(crowd, key=lambda one: one.id), 2):
        match = index.rate(a, b)
        if match.rating >= threshold and {a.id, b.id} not in discarded:
            pairs.append((-match.rating, a.id, b.id, a, b, match.shares))
    pairs.sort(key=lambda pair: pair[:3])
    role: dict[int, str] = {}
    members: dict[int, list[Match]] = {}
    for rating, _, _, a, b, shares in pairs:
        old, young = (a, b) if (a.created_at, a.id) < (b.created_at, b.id) else (b, a)

        def join(master: Ticket, free: Ticket, r: float = -rating, s: Any = shares) -> None:
            role[free.id] = "member"
            members[master.id].append(Match(ticket_id=free.id, rating=r, shares=s))

        roles = role.get(old.id, "free"), role.get(young.id, "free")
        if roles == ("free", "free"):
            role[old.id] = "master"
            members[old.id] = []
            join(old, young)
        elif roles == ("master", "free"):
            join(old, young)
        elif roles == ("free", "master"):
            join(young, old)
    return [Group(master_id=id, members=tuple(found)) for id, found in members.items()]


def test_groups_by_the_letter() -> None:
    """M3, M4: pairs at or above the threshold are taken by rating and ids, as the rule says."""

    @given(
        crowds,
        st.floats(0.01, 1),
        st.sets(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=8),
        settings_of_fields,
    )
    def check(
        crowd: list[Ticket], threshold: float, pairs: set[tuple[int, int]], weights: Weights
    ) -> None:
        index = SimilarityIndex(crowd, weights=weights)
        found = index.groups(threshold, discarded=pairs)
        assert found == groups_by_the_letter(index, crowd, threshold, {frozenset(p) for p in pairs})
        everybody = [group.master_id for group in found]
        everybody += [member.ticket_id for group in found for member in group.members]
        assert len(everybody) == len(set(everybody))
        assert all(member.rating >= threshold for group in found for member in group.members)

    check()


def test_groups_of_copies() -> None:
    """M3, M4: among many tickets that say the same, too, groups are those that the rule gives."""
    copies = st.builds(
        ticket,
        st.integers(0, 40),
        st.sampled_from(["no ink", "no INK", "no ink ink", "flood"]),
        customer_id=st.sampled_from([None, None, "eve", "fay"]),
        created_at=st.integers(0, 2).map(lambda days: MONDAY + timedelta(days=days)),
    )

    @given(
        st.lists(copies, min_size=8, max_size=25, unique_by=lambda one: one.id),
        st.floats(0.2, 1),
        st.sets(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=3),
        st.sampled_from([0.0, 0.05]),
    )
    def check(
        crowd: list[Ticket], threshold: float, pairs: set[tuple[int, int]], time: float
    ) -> None:
        index = SimilarityIndex(crowd, weights=Weights(time=time))
        found = index.groups(threshold, discarded=pairs)
        assert found == groups_by_the_letter(index, crowd, threshold, {frozenset(p) for p in pairs})

    check()


def test_copies_cost_no_more_than_two() -> None:
    """M4: of tickets that say the same, two are asked with, unless they differ by their time."""
    for number in (3, 40):
        for time, asked in ((0.0, 3), (0.1, number + 1)):
            crowd = [ticket(n, "no ink") for n in range(number)] + [ticket(99, "a flood")]
            index = SimilarityIndex(crowd, weights=Weights(time=time))
            told: dict[int, int] = {}
            (group,) = index.groups(0.9, progress=told.__setitem__)
            assert [member.ticket_id for member in group.members] == list(range(1, number))
            assert told == dict.fromkeys(range(1, asked + 1), asked)


def test_master_is_the_older() -> None:
    """M4: the master of a group is the older ticket, by creation and then by id, not by rating."""
    young = ticket(1, "no ink", created_at=MONDAY + timedelta(hours=1))
    index = SimilarityIndex([young, ticket(2, "no ink"), ticket(3, "no ink")])
    (group,) = index.groups(1)
    # The pair of 1 and 2 comes first, by ids, and 2 is the older; 3 joins through its pair with 2.
    assert (group.master_id, [m.ticket_id for m in group.members]) == (2, [1, 3])
    index.remove(3)
    assert [(g.master_id, g.members[0].ticket_id) for g in index.groups(1)] == [(2, 1)]


def test_groups_of_a_large_team_rate_by_its_own_words() -> None:
    """M1, M4: the rating of a group's member is the index's, that of its team when it is large."""
    many = [ticket(n, f"printer w{n} v{n // 2}") for n in range(200)]
    others = [ticket(n, f"w{n % 9} v{n % 5}", team_id="hr") for n in range(1000, 1200)]
    index = SimilarityIndex(many + others)
    groups = index.groups(0.3, among=range(6))
    assert groups
    for group in groups:
        for match in group.members:
            assert match == index.rate(many[group.master_id], many[match.ticket_id])
            assert match.rating >= 0.3


def test_a_free_ticket_joins_through_a_master_only() -> None:
    """M4: a ticket near a member but not near the master stays out."""
    index = SimilarityIndex([ticket(1, "a b c d"), ticket(2, "a b c d e"), ticket(3, "b c d e f")])
    near = index.rate(ticket(2, "a b c d e"), ticket(3, "b c d e f")).rating
    far = index.rate(ticket(1, "a b c d"), ticket(3, "b c d e f")).rating
    assert far < near
    (group,) = index.groups((far + near) / 2)
    assert (group.master_id, [m.ticket_id for m in group.members]) == (1, [2])


@pytest.mark.parametrize("threshold", [0, -1, 1.01, math.nan])
def test_threshold_is_checked(threshold: float) -> None:
    """M3: a threshold with which everything or nothing would be alike is refused."""
    with pytest.raises(InvalidValueError, match="threshold must be above 0"):
        SimilarityIndex().groups(threshold)


def test_progress_of_groups() -> None:
    """M4: whoever waits for groups is told how far they are, and may change the index meanwhile."""
    index = SimilarityIndex([ticket(n, "no ink") for n in (1, 2)] + [ticket(3, "a flood")])
    told: list[tuple[int, int]] = []
    (group,) = index.groups(0.5, progress=lambda *steps: told.append(steps))
    assert [member.ticket_id for member in group.members] == [2]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert index.groups(0.5, among=[3], progress=lambda *steps: told.append(steps)) == []
    assert told[3:] == [(1, 1)]
    assert index.groups(0.5, progress=lambda done, _: index.remove(2)) == []


# --- discards ------------------------------------------------------------------------------------


def test_discarded_pairs() -> None:
    """M5: a discarded pair is not grouped, whichever way round it is named."""
    index = SimilarityIndex([ticket(1, "no ink"), ticket(2, "no ink")])
    assert index.groups(0.5)
    assert index.groups(0.5, discarded=[(1, 2)]) == index.groups(0.5, discarded=[(2, 1)]) == []


def test_fingerprint_follows_the_content() -> None:
    """M5: the fingerprint changes with what the rating looks at, and with nothing else."""
    plain = ticket(1, "no ink", "help")
    prints = {
        fingerprint(plain),
        fingerprint(attrs.evolve(plain, subject="no paper")),
        fingerprint(attrs.evolve(plain, description="help me")),
        fingerprint(attrs.evolve(plain, subject="no ink help", description="")),
        fingerprint(attrs.evolve(plain, customer_id=1)),
        fingerprint(attrs.evolve(plain, customer_id="1")),
    }
    assert len(prints) == 6
    same = attrs.evolve(plain, id=2, subject="INK: no", priority=3, tags={"x"}, stage_id="done")
    assert fingerprint(same) == fingerprint(plain)
    assert rate(plain, same).rating == 1


def test_id_key() -> None:
    """M4: ids are put in order by their type and then by themselves."""
    assert sorted(["b", 2, "a", 10], key=id_key) == [2, 10, "a", "b"]
