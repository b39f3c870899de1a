"""Mails of machines: `helpdesk_core.adapters.mail.automatic`."""

from __future__ import annotations

import pytest

from helpdesk_core.adapters.mail import parse_email
from helpdesk_core.adapters.mail.automatic import SIGNS
from helpdesk_core.ports import Automatic
from mails import AUTOMATIC, BOUNCE, BOUNCE_IN_TEXT, with_headers


@pytest.mark.parametrize("name", AUTOMATIC)
def test_how_a_machine_is_known(name: str) -> None:
    """N3: a mail that a machine wrote is known by its headers, and of which kind it is."""
    headers, expected = AUTOMATIC[name]
    assert parse_email(with_headers(headers)).automatic is expected


def test_each_sign_is_tried() -> None:
    """N3: each sign has a reason and decides at least one mail of the table."""
    decided = set()
    for headers, _ in AUTOMATIC.values():
        lines = [line.partition(":")[0] for line in headers.splitlines()]
        decided.update(lines)
    named = {"sender": "From", "name": "From", "content": "Content-Type"}
    assert {named.get(sign.name, sign.name) for sign in SIGNS} <= decided
    assert all(sign.because for sign in SIGNS)


@pytest.mark.parametrize(
    ("kind", "rest"),
    [(b"message/rfc822", b"None left."), (b"text/rfc822-headers", b""),
     (b"message/rfc822-headers", b""), (b"message/global", b"None left.")],
)  # fmt: skip
def test_what_came_back_is_named_first(kind: bytes, rest: bytes) -> None:
    """N3: a mail that did not arrive is found by its own id first, then by what it answered."""
    mail = parse_email(BOUNCE % {b"kind": kind, b"rest": rest})
    assert mail.automatic is Automatic.BOUNCE
    assert mail.references == (
        "<key.1@desk.example.com>",
        "<ticket.s.7@desk.example.com>",
        "<first@example.com>",
    )
    assert "mailbox full" in mail.text
    assert len(mail.files) == 2


def test_what_came_back_in_the_text() -> None:
    """N3: where the mail that did not arrive stands in the text, it is found there."""
    mail = parse_email(BOUNCE_IN_TEXT)
    assert mail.references[:2] == ("<key.1@desk.example.com>", "<ticket.s.7@desk.example.com>")
    assert mail.quoted == ""


def test_ids_in_the_words_of_people_are_words() -> None:
    """N3: what somebody writes about an id, or sends as a file, answers nothing."""
    told = with_headers("Subject: x", "It says\nMessage-ID: <key.1@desk.example.com>")
    assert parse_email(told).references == ()
    passed_on = BOUNCE.replace(b"report; report-type=delivery-status", b"mixed")
    passed_on = passed_on.replace(b"Return-Path: <>\n", b"").replace(b"MAILER-DAEMON", b"eve")
    passed_on = passed_on.replace(b"Mail Delivery System", b"").replace(b"auto-replied", b"no")
    mail = parse_email(passed_on % {b"kind": b"message/rfc822", b"rest": b""})
    assert (mail.automatic, mail.references) == (None, ())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("Precedence: bulk", Automatic.BULK),
        ("Precedence: bulk\nIn-Reply-To: <1@x>", Automatic.REPLIED),
        ("Precedence: junk\nReferences: <1@x>", Automatic.REPLIED),
        ("Precedence: list\nIn-Reply-To: <1@x>\nList-Id: <l.x>", Automatic.BULK),
        ("Precedence: bulk\nIn-Reply-To: <1@x>\nList-Unsubscribe: <http://x>", Automatic.BULK),
        ("List-Id: <l.x>\nIn-Reply-To: <1@x>", Automatic.BULK),
        ("Precedence: bulk\nIn-Reply-To: <1@x>\nAuto-Submitted: no", None),
    ],
)
def test_an_answer_that_nobody_shall_answer(headers: str, expected: Automatic | None) -> None:
    """N3, G11: a vacation program's `Precedence: bulk` on an answer is no list's."""
    assert parse_email(with_headers(headers)).automatic is expected
