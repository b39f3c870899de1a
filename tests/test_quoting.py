"""What was said, what is quoted: `helpdesk_core.adapters.mail.quoting`."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.adapters.mail.quoting import is_forwarded, split_quoted
from mails import QUOTED


@pytest.mark.parametrize("name", QUOTED)
def test_what_an_eye_sees(name: str) -> None:
    """V15: what was said is told from what is quoted and signed, as mail programs write it."""
    mail = QUOTED[name]
    said, quoted = split_quoted(mail.body, forwarded=mail.forwarded)
    assert said == mail.said
    assert letters(said + quoted) == letters(mail.body)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [("FW: Ink", True), ("Fwd: Ink", True), ("WG: Tinte", True), ("I: Toner", True),
     ("TR : Encre", True), ("Re: Ink", False), ("Ink", False), ("If: Ink", False)],
)  # fmt: skip
def test_passed_on(subject: str, expected: bool) -> None:
    """V15: a mail that is passed on is known by its subject, and is then what was said."""
    assert is_forwarded(subject) is expected


LINES = st.one_of(
    st.sampled_from(
        ["", "> Any ink?", ">", "> > Who?", "-- ", "--", "Sent from my iPhone", "None left.",
         "On 5 Jan 2026, Bob <bob@example.com> wrote:", "Bob wrote:", "________________________",
         "-----Original Message-----", "From: Bob", "Sent: Monday", "To: Eve", "Subject: Ink",
         "---------- Forwarded message ---------", "Il giorno 5/1/2026 Bob", "ha scritto:"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=20),
)  # fmt: skip


@given(st.lists(LINES, max_size=25), st.booleans())
def test_nothing_is_lost(lines: list[str], forwarded: bool) -> None:
    """V15: every letter of a mail is said or quoted, once, and something is said in each."""
    body = "\n".join(lines)
    said, quoted = split_quoted(body, forwarded=forwarded)
    assert letters(said) + letters(quoted) == letters(body)
    assert letters(said) or not letters(body)


@given(st.lists(LINES, max_size=15))
def test_what_was_said_is_said_again(lines: list[str]) -> None:
    """V15: of what was said alone, without anything quoted before it, no word is lost anew."""
    said, _ = split_quoted("\n".join(lines), forwarded=True)
    assert split_quoted(said, forwarded=True)[0].strip("\n") == said.strip("\n")


@pytest.mark.parametrize(
    "line",
    [">", ">" * 1024, "> ", "On ", "On a,", "", "-- ", "From: a", "_" * 40, "Sent from my iPhone",
     "On 1:", "wrote:", "-----Original Message"],
)  # fmt: skip
def test_a_megabyte_of_it(line: str) -> None:
    """V15: a megabyte of what quotes are made of is split like any other text."""
    body = (line + "\n") * (1024 * 1024 // (len(line) + 1))
    for text in (body, "None.\n" + body, body.replace("\n", "")):
        said, quoted = split_quoted(text)
        assert letters(said) + letters(quoted) == letters(text)


def letters(text: str) -> Counter[str]:
    """How often each character stands in it that is no space."""
    return Counter("".join(text.split()))
