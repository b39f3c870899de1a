"""The words of texts, what is searched for, and passages."""

from __future__ import annotations

import sys
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk_core.entities import Ticket
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.search import PASSAGE, SEARCHED, Wanted, opening_of, snippet, wanted, words_in

pytestmark = pytest.mark.core

TEXTS = st.text(max_size=60) | st.text("abé 印刷機ก\u0301\n.-", max_size=60)


def test_words_are_letters_marks_and_digits() -> None:
    """V13: of all of Unicode, no word has a sign that a database could read as anything else."""
    known = [chr(n) for n in range(sys.maxunicode) if unicodedata.category(chr(n))[0] in "LMNPSZ"]
    assert len(known) > 100_000
    for first in range(0, len(known), 1000):
        for word in words_in(" ".join(f"x{sign}y" for sign in known[first : first + 1000])):
            assert {unicodedata.category(sign)[0] for sign in word} <= set("LMN")
            assert not any("A" <= sign <= "Z" for sign in word)


@given(TEXTS, TEXTS)
def test_words_do_not_hang_on_case_and_form(text: str, other: str) -> None:
    """V13: words are those of the composed and decomposed form, and of two texts, both's."""
    for form in ("NFC", "NFD"):
        assert words_in(unicodedata.normalize(form, text)) == words_in(text)
    assert words_in(f"{text}\n{other}") == words_in(text) | words_in(other)


@given(TEXTS)
@example("printer")
@example("印")
@example("a印 b")
def test_a_text_is_found_by_itself(text: str) -> None:
    """V13: whoever types what stands there, to its end or not quite, finds it, in any case."""
    try:
        asked = [wanted(text), wanted(text, whole_words=True), wanted(text.swapcase())]
    except InvalidValueError:
        asked = []
    if not asked:
        assert not words_in(text) or len(words_in(text)) > 20
        return
    assert all(what.matches(words_in(f"before {text} after")) for what in asked[:2])
    assert asked[0].matches(words_in(text.upper())) or text.upper().lower() != text.lower()


def test_long_texts_are_searched_at_their_beginning() -> None:
    """V13: so much of a text is searched and so much of a word kept that every index can."""
    assert words_in("a " * SEARCHED + "ink") == {"a"}
    assert words_in("a" * 70) == {"a" * 64}
    assert snippet("a " * SEARCHED + "ink", wanted("ink")) is None
    found = snippet("a" * 70, wanted("a" * 70))
    assert found is not None
    assert found.marks == ((0, 70),)


def test_what_is_wanted_at_the_same_time() -> None:
    """V13: all of the words, only the last as a beginning; a single sign of its kind always so."""
    assert wanted("No ink") == Wanted(whole=frozenset({"no"}), beginnings=frozenset({"ink"}))
    assert wanted("印 ink", whole_words=True) == Wanted(
        whole=frozenset({"ink"}), beginnings=frozenset({"印"})
    )
    assert wanted("ink 印") == Wanted(whole=frozenset({"ink"}), beginnings=frozenset({"印"}))
    assert wanted("印刷機") == Wanted(whole=frozenset({"印刷"}), beginnings=frozenset({"刷機"}))
    assert not wanted("ink paper").matches({"inkling", "paper"})
    assert not wanted("ink paper").matches({"ink"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (7, "text must be a str, is int"),
        ("i" * 501, "text must be at most 500 characters"),
        ("-- ?", "text must have a word in it: a letter or a digit"),
        (" ".join(map(str, range(33))), "text must be at most 32 words"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    """V13: what cannot be searched for is refused by its name and its limit, never echoed."""
    with pytest.raises(InvalidValueError) as refused:
        wanted(text)
    assert str(refused.value) == said


@given(TEXTS, TEXTS, TEXTS)
@example("x" * 300, "ink", "")
@example("a printer " * 40, "印刷機が", "b" * 400)
def test_a_passage_is_of_the_text(before: str, typed: str, after: str) -> None:
    """V13: a passage is a piece of its text, in one line, with marks in order and inside it."""
    text = f"{before} {typed} {after}"
    try:
        what = wanted(typed)
    except InvalidValueError:
        return
    found = snippet(text, what)
    assert found is not None
    passage = found.text.removeprefix("…").removesuffix("…")
    assert len(passage) <= PASSAGE
    assert "\n" not in passage
    plain = "".join(
        " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text
    )
    assert passage in plain
    ends = [0, *(place for mark in found.marks for place in mark)]
    assert ends == sorted(ends)
    for start, end in found.marks:
        assert start < end <= len(found.text)


@pytest.mark.parametrize(
    ("text", "typed", "passage", "marked"),
    [
        ("No INK, no ink!", "ink", "No INK, no ink!", ["INK", "ink"]),
        ("L'étage", "ETAG", "L'étage", ["étage"]),
        ("この印刷機が故障", "印刷機", "この印刷機が故障", ["印刷機"]),
        ("印刷と故障", "印刷 故障", "印刷と故障", ["印刷", "故障"]),
        ("printer\nink", "ink", "printer ink", ["ink"]),
        (f"{'x' * 100} ink", "ink", "…ink", ["ink"]),
        (f"{'some words ' * 20}ink", "ink", "…words some words some words some words ink", ["ink"]),
        (f"ink {'y' * 300}", "ink", "ink " + "y" * 196 + "…", ["ink"]),
        (f"ink {'x ' * 200} ink", "ink", "ink " + "x " * 97 + "x…", ["ink"]),
    ],
)
def test_passages(text: str, typed: str, passage: str, marked: list[str]) -> None:
    """V13: a passage begins a little before the first word that is found, at a word if it can."""
    found = snippet(text, wanted(typed))
    assert found is not None
    assert [found.text[start:end] for start, end in found.marks] == marked
    assert found.text == passage


def test_subject_and_description_are_one_text() -> None:
    """V13: a ticket is found by a word of its subject and one of its description together."""
    at = datetime(2026, 1, 5, tzinfo=UTC)
    ticket = Ticket(
        id=1, team_id=1, stage_id=1, subject="No ink", description="Room 7", created_at=at
    )
    assert opening_of(ticket) == "No ink\nRoom 7"
    assert wanted("ink room").matches(words_in(opening_of(ticket)))


def test_no_passage_of_what_is_not_found() -> None:
    """V13: a text that lacks one of the words gives none."""
    assert snippet("No ink", wanted("ink paper")) is None
