"""Words of a language, by `helpdesk_core.adapters.text`."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from unittest.mock import patch

import pytest

from helpdesk_core.adapters import text
from helpdesk_core.adapters.text import SnowballWords
from helpdesk_core.duplicates import SimilarityIndex, words
from helpdesk_core.entities import Ticket
from helpdesk_core.errors import InvalidValueError


def ticket(id: int, subject: str) -> Ticket:
    return Ticket(
        id=id,
        team_id=1,
        stage_id=1,
        subject=subject,
        created_at=datetime(2026, 1, 5, tzinfo=UTC),
    )


def test_words_with_one_stem_are_one() -> None:
    """M1: with the words of a language, forms of a word count as the same, and a rating is 1."""
    tickets = [ticket(1, "printers failing"), ticket(2, "Printer FAILED"), ticket(3, "no ink")]
    plain, stemmed = (
        SimilarityIndex(tickets),
        SimilarityIndex(tickets, split=SnowballWords("english")),
    )
    assert plain.most_similar(tickets[0], 5) == []
    assert [(m.ticket_id, m.rating) for m in stemmed.most_similar(tickets[0], 5)] == [(2, 1.0)]
    assert stemmed.rate(*tickets[:2]).rating == 1


def test_stop_words_are_left_out() -> None:
    """M1: stop words that are given are left out, whatever their case and accents."""
    split = SnowballWords("french", stop_words=["À", "le"])
    assert split("Le réseau à l'étage") == SnowballWords("french")("réseau l'étage")


def test_stems_are_remembered_up_to_a_limit() -> None:
    """M1: how many words were seen before never shows in what a text is taken to."""
    asked = "printers printing printed"
    expected = SnowballWords("english")(asked)
    with patch.object(text, "_KEPT", 5):
        split = SnowballWords("english")
        for other in ("no ink", "paper jams", "floods everywhere", asked, asked):
            assert len(split(other)) == len(words(other))
        assert split(asked) == expected


def test_a_language_without_a_stemmer_is_refused() -> None:
    """M1: a language that has no stemmer is refused by name."""
    with pytest.raises(InvalidValueError, match="language has no stemmer"):
        SnowballWords("klingon")


def test_threads_share_a_stemmer() -> None:
    """M1: words that several threads ask about at once are those that one would be told."""
    texts = [" ".join(f"{word}{n}ings" for word in ("print", "fail", "jam")) for n in range(300)]
    expected = [SnowballWords("english")(one) for one in texts]
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with patch.object(text, "_KEPT", 50), ThreadPoolExecutor(8) as pool:
            shared = SnowballWords("english")
            assert list(pool.map(shared, texts)) == expected
    finally:
        sys.setswitchinterval(often)
