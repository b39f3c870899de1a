"""Mails that nobody wrote, for as long as somebody likes: only the project's own errors come out.

HELPDESK_FUZZ_SECONDS=600 .venv/bin/python -m pytest -s -m long tests/test_parsing_fuzz.py
"""

from __future__ import annotations

import os
import random
import resource
import time
from collections import Counter
from pathlib import Path

import pytest

from helpdesk_core.adapters.mail import parse_email
from helpdesk_core.errors import InvalidValueError
from mails import AUTOMATIC, BOUNCE, BOUNCE_IN_TEXT, QUOTED, with_headers

SEED = 20260105
TOKENS = [
    b"\r\n", b"\n", b"\r", b"\n\n", b"\x00", b"\xff", b"\xed\xa0\x80", b" ", b"\t", b";", b":",
    b",",
    b"<", b">", b"(", b")", b'"', b"\\", b"@", b"=", b"=?", b"?=", b"=?utf-8?b?", b"=?x?q?=E2?=",
    b"> ", b"-- \n", b"--b", b"--b--", b"\n--b\n", b"From: a@b\n", b"From: ", b"Content-Type: ",
    b"multipart/mixed; boundary=b\n", b"multipart/alternative; boundary=b\n", b"message/rfc822\n",
    b"multipart/report; report-type=delivery-status; boundary=b\n", b"text/html; charset=",
    b"punycode",
    b"message/delivery-status\n", b"message/partial\n", b"text/plain; format=flowed; delsp=yes\n",
    b"Content-Transfer-Encoding: ", b"base64\n", b"quoted-printable\n", b"x-uuencode\n",
    b"begin 644 a\n",
    b"Content-Disposition: attachment; filename*0*=utf-8''a; filename*1=b\n", b"filename*=",
    b"''%E2%",
    b"charset*=a'b'c", b"; x*99999999999999999999=y", b"Date: ", b"99999999999999",
    b"Message-ID: <",
    b"On 5 Jan 2026, Bob <b@c> wrote:\n", b"Sent from my ", b"________________________________\n",
    b"<div>", b"</div>", b"<blockquote>", b"<pre>", b"<a href=http://x>", b"<!--",
    b"<table><tr><td>",
    b"utf-7", b"utf-16", b"idna", b"iso-2022-jp", b"\x1b$B", b"hex", b"rot13", b"unicode_escape",
    b"\\u0",
]  # fmt: skip
TYPES = [
    b"text/plain", b"text/html", b"multipart/mixed", b"multipart/alternative", b"multipart/related",
    b"multipart/report; report-type=delivery-status", b"multipart/digest", b"multipart/signed",
    b"multipart/encrypted", b"message/rfc822", b"message/delivery-status", b"text/rfc822-headers",
    b"text/calendar", b"image/png", b"application/ms-tnef", b"message/external-body", b"x", b"",
]  # fmt: skip
ENCODINGS = [b"7bit", b"8bit", b"base64", b"quoted-printable", b"x-uuencode", b"binary", b"?"]
NAMES = [
    b"From", b"To", b"Cc", b"Sender", b"Subject", b"Date", b"Message-ID", b"References",
    b"In-Reply-To",
    b"Return-Path", b"Precedence", b"Auto-Submitted", b"Delivered-To", b"Content-ID", b"List-Id",
]  # fmt: skip


def samples() -> list[bytes]:
    """The mails of the tests, and those of others where somebody has them."""
    own = [with_headers(headers) for headers, _ in AUTOMATIC.values()]
    own += [with_headers("Subject: x", mail.body) for mail in QUOTED.values()]
    own += [BOUNCE % {b"kind": b"message/rfc822", b"rest": b"x"}, BOUNCE_IN_TEXT]
    if folder := os.environ.get("HELPDESK_MAILS"):
        own += [path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    return own


def mutated(chance: random.Random, mail: bytes, others: list[bytes]) -> bytes:
    """The mail with pieces taken out, put in, said again, or from another mail."""
    data = bytearray(mail[: 64 * 1024])
    for _ in range(chance.randint(1, 12)):
        at = chance.randint(0, len(data))
        to = min(len(data), at + chance.choice([0, 1, 4, 40, 400]))
        match chance.randrange(6):
            case 0:
                del data[at:to]
            case 1:
                data[at:to] = chance.choice(TOKENS)
            case 2:
                data[at:at] = chance.choice(TOKENS) * chance.choice([1, 2, 100, 3000])
            case 3:
                data[at:at] = data[at:to] * chance.choice([1, 3, 50])
            case 4:
                other = chance.choice(others)
                start = chance.randint(0, len(other))
                data[at:to] = other[start : start + chance.choice([10, 100, 1000])]
            case _:
                data[at:to] = chance.randbytes(to - at)
    return bytes(data[: 256 * 1024])


def made(chance: random.Random, depth: int = 0) -> bytes:
    """A mail with a shape: headers of all kinds with words of all kinds, parts in parts."""

    def words(most: int) -> bytes:
        return b"".join(
            chance.choice([*TOKENS, b"a@example.com", b"ink", b"Eve <e@example.com>"])
            for _ in range(chance.randint(0, most))
        )  # fmt: skip

    lines = []
    if depth == 0:
        lines.append(
            b"From: " + chance.choice([b"a@example.com", b"Eve <e@example.com>", words(4)])
        )
        lines += [chance.choice(NAMES) + b": " + words(6) for _ in range(chance.randint(0, 8))]
    kind = chance.choice(TYPES)
    boundary = b"b%d" % chance.randint(0, 3)
    said = [kind, b"boundary=" + boundary, b"charset=" + chance.choice(TOKENS), b"name=" + words(3)]
    lines.append(b"Content-Type: " + b"; ".join(said[: chance.randint(1, 4)]))
    lines.append(b"Content-Transfer-Encoding: " + chance.choice(ENCODINGS))
    if chance.random() < 0.3:
        lines.append(
            b"Content-Disposition: "
            + chance.choice([b"inline", b"attachment; filename="])
            + words(3)
        )
    head = b"\n".join(lines) + b"\n\n"
    if depth < 25 and kind.startswith((b"multipart", b"message")) and chance.random() < 0.9:
        parts = [made(chance, depth + 1) for _ in range(chance.choice([1, 1, 2, 3]))]
        if kind.startswith(b"message"):
            return head + parts[0]
        return (
            head
            + b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in parts)
            + (b"--" + boundary + b"--\n" if chance.random() < 0.8 else b"")
        )
    return head + words(40)


@pytest.mark.long
def test_only_our_own_errors(capsys: pytest.CaptureFixture[str]) -> None:
    """N3: whatever the bytes, a mail is read or refused by name, and what is read can be kept."""
    seconds = float(os.environ.get("HELPDESK_FUZZ_SECONDS", "600"))
    chance = random.Random(int(os.environ.get("HELPDESK_FUZZ_SEED", SEED)))
    mails = samples()
    refused: Counter[str] = Counter()
    count, slowest, slow_mail = 0, 0.0, b""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        is_made = chance.random() < 0.4
        raw = made(chance) if is_made else mutated(chance, chance.choice(mails), mails)
        began = time.perf_counter()
        try:
            parse_email(raw)
        except InvalidValueError as error:
            refused[f"{error.field} {error.problem}" if error.field == "mail" else error.field] += 1
        took = time.perf_counter() - began
        count += 1
        if took > slowest:
            slowest, slow_mail = took, raw
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    with capsys.disabled():
        print(f"\n{count:,} mails, {count - refused.total():,} read, refused: {dict(refused)}")
        print(f"slowest {slowest:.3f} s ({len(slow_mail):,} bytes), peak memory {peak} MiB")
    assert count > refused.total()
