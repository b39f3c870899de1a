"""Mails that others wrote, where somebody has them: see docs/mails-of-others.md.

HELPDESK_MAILS=folder .venv/bin/python -m pytest -m long tests/test_mails_of_others.py
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from helpdesk_core.adapters.mail import parse_email
from helpdesk_core.errors import InvalidValueError

pytestmark = pytest.mark.long

#: By folder: what a file needs before it to be a mail, where it is only the body of one.
HEADERS = {
    "talon-html": b"From: eve@example.com\nContent-Type: text/html\n\n",
    "talon-signatures": b"From: eve@example.com\n\n",
}
COLUMNS = (
    "files", "read", "refused: sender", "refused: other", "with references", "generated", "replied",
    "bounce", "bulk", "with quoted words", "with files",
)  # fmt: skip
DOCUMENT = Path(__file__).parent.parent / "docs" / "mails-of-others.md"


def folders() -> list[Path]:
    given = os.environ.get("HELPDESK_MAILS")
    if not given:
        pytest.skip("HELPDESK_MAILS names no folder with mails: see docs/mails-of-others.md")
    return sorted(path for path in Path(given).iterdir() if path.is_dir())


def mails(folder: Path) -> list[tuple[str, bytes]]:
    before = HEADERS.get(folder.name, b"")
    return [
        (path.name, before + path.read_bytes())
        for path in sorted(folder.iterdir())
        if path.is_file()
    ]


def row(folder: Path) -> str:
    """A collection as a line of the table."""
    count = Counter[str]()
    for _, raw in mails(folder):
        count["files"] += 1
        try:
            mail = parse_email(raw)
        except InvalidValueError as error:
            count["refused: sender" if error.field == "sender" else "refused: other"] += 1
            continue
        count["read"] += 1
        count["with references"] += bool(mail.references)
        count["with quoted words"] += bool(mail.quoted)
        count["with files"] += bool(mail.files)
        if mail.automatic is not None:
            count[mail.automatic.value] += 1
    return f"| {folder.name} | {' | '.join(str(count[name]) for name in COLUMNS)} |"


def test_read_or_refused_by_name() -> None:
    """N3: every mail that others wrote is read or refused by name, as the docs' table says."""
    table = DOCUMENT.read_text(encoding="utf-8")
    rows = [row(folder) for folder in folders()]
    assert rows
    print("\n".join([f"| collection | {' | '.join(COLUMNS)} |", *rows]))
    assert [line for line in rows if line not in table] == []


def test_each_in_another() -> None:
    """N3: a mail that others wrote, sent on as a file, is that file to the last byte."""
    changed = []
    for folder in folders():
        for name, raw in mails(folder):
            head = b"From: eve@example.com\nContent-Type: multipart/mixed; boundary=of-ours\n\n"
            part = b"--of-ours\nContent-Type: message/rfc822\n\n" + raw + b"\n--of-ours--\n"
            if parse_email(head + part).files[0].content != raw:
                changed.append(name)
    assert changed == []
