"""A mail's bytes to what a desk takes in: `helpdesk_core.adapters.mail.parse_email`."""

from __future__ import annotations

import base64
import contextlib
import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.adapters.mail import MailLimits, parse_email
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import BODY_LIMIT, SUBJECT_LIMIT
from helpdesk_core.ports import IncomingEmail
from mails import with_headers
from test_quoting import letters

FROM = "From: Eve Rossi <eve@example.com>"


def parse(headers: str, body: str = "None left.") -> IncomingEmail:
    return parse_email(f"{headers}\n\n{body}".encode())


def of_type(content_type: str, body: str | bytes, *headers: str) -> IncomingEmail:
    head = "\n".join([FROM, f"Content-Type: {content_type}", *headers, "", ""]).encode()
    return parse_email(head + (body if isinstance(body, bytes) else body.encode()))


def multipart(kind: str, *parts: str) -> str:
    """A mail of this kind with these parts, each with its own headers."""
    inside = "".join(f"--b\n{part}\n" for part in parts)
    return f"{FROM}\nContent-Type: multipart/{kind}; boundary=b\n\n{inside}--b--\n"


def parse_parts(kind: str, *parts: str) -> IncomingEmail:
    return parse_email(multipart(kind, *parts).encode())


PLAIN = "Content-Type: text/plain\n\nNone left.\n"
HTML = "Content-Type: text/html\n\n<p>None <b>left</b>.</p>\n"
IMAGE = (
    "Content-Type: image/png\nContent-ID: <i>\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n"
)

# --- whom it is from, and for ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "address", "name"),
    [
        ("From: eve@example.com", "eve@example.com", ""),
        ("From: Eve Rossi <eve@example.com>", "eve@example.com", "Eve Rossi"),
        ('From: "Rossi, Eve" <eve@example.com>', "eve@example.com", "Rossi, Eve"),
        ('From: "bob@example.com" <eve@example.com>', "eve@example.com", "bob@example.com"),
        ("From: eve@example.com (Eve Rossi)", "eve@example.com", "Eve Rossi"),
        ("From: =?utf-8?q?Ev=C3=A9=2C_x?= <eve@example.com>", "eve@example.com", "Evé, x"),
        ("From: eve@example.com <eve@example.com>", "eve@example.com", ""),
        ("From: Evé <eve@example.com>", "eve@example.com", "Evé"),
        ("From:\n Eve\n <eve@example.com>", "eve@example.com", "Eve"),
        ("From: a@example.com, b@example.com\nSender: b@example.com", "b@example.com", ""),
    ],
)
def test_sender(header: str, address: str, name: str) -> None:
    """N3: the sender is the one plain address in From, however it is written."""
    mail = parse(header)
    assert (mail.sender, mail.sender_name) == (address, name)


@pytest.mark.parametrize(
    "header",
    [
        "Subject: nobody",
        "From:",
        "From: Eve",
        "From: eve@",
        "From: <>",
        "From: undisclosed-recipients:;",
        "From: all: a@example.com, b@example.com;",
        "From: one: a@example.com;",
        "From: a@b, c@d",
        "From: a@b, c@d\nSender: boss@example.com",
        "From: a@b, c@d\nSender: a@b, c@d",
        "From: a@b\nFrom: c@d",
        "From: boss@example.com <eve@example.com>",
        "From: eve@example.com (boss@example.com)",
        "From: <boss@example.com> <eve@example.com>",
        "From: a b@example.com, c",
        "From: " + "(" * 5000,
        "From: " + "a" * 400 + "@example.com",
        "From: " + '"\\' * 8000 + " <eve@example.com>",
    ],
)
def test_sender_refused(header: str) -> None:
    """N3: what names no address, several, or one that readers would see differently, is refused."""
    with pytest.raises(InvalidValueError) as caught:
        parse(header)
    assert caught.value.field == "sender"
    assert "example" not in str(caught.value)


def test_recipients() -> None:
    """N3: everybody whom it is for is named once, from each header that says so."""
    mail = parse(
        f"{FROM}\nTo: Desk <desk@example.com>, BOB@example.com\nCc: bob@example.com, all: c@d;\n"
        "Delivered-To: desk+7@example.com\nX-Original-To: x@example.com\nTo: undisclosed:;"
    )
    assert mail.recipients == (
        "desk@example.com",
        "BOB@example.com",
        "c@d",
        "desk+7@example.com",
        "x@example.com",
    )


# --- ids, time, subject ---------------------------------------------------------------------------


def test_references_nearest_first() -> None:
    """N3: what a mail answers comes first, then what that answered, each once, itself never."""
    mail = parse(
        f"{FROM}\nMessage-ID: <me@x>\nIn-Reply-To: <3@x>\nReferences: <1@x>\n <2@x>\n\t<3@x> <me@x>"
    )
    assert mail.mail_id == "<me@x>"
    assert mail.references == ("<3@x>", "<2@x>", "<1@x>")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('In-Reply-To: Your message of "Mon, 5 Jan" <7@x>', ("<7@x>",)),
        ("In-Reply-To: 7@x", ("<7@x>",)),
        ("In-Reply-To: message from Eve of Monday", ()),
        ("References: <1@x><2@x>,<3@x>", ("<3@x>", "<2@x>", "<1@x>")),
        ("References: <1@\n x>", ("<1@x>",)),
        ("References: <> < > <1@x", ()),
        ("References: <" + "a" * 2000 + "@x> <1@x>", ("<1@x>",)),
    ],
)
def test_references_as_they_come(header: str, expected: tuple[str, ...]) -> None:
    """N3: old and broken forms of references are read; what is no id is passed over."""
    assert parse(f"{FROM}\n{header}").references == expected


def test_references_are_bounded() -> None:
    """N3: of a long thread the nearest fifty are kept."""
    mail = parse(f"{FROM}\nReferences: {' '.join(f'<{n}@x>' for n in range(200))}")
    assert mail.references == tuple(f"<{n}@x>" for n in range(199, 149, -1))


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 5 Jan 2026 10:12:00 +0100", datetime(2026, 1, 5, 9, 12, tzinfo=UTC)),
        ("5 Jan 26 10:12 GMT", datetime(2026, 1, 5, 10, 12, tzinfo=UTC)),
        ("Mon, 5 Jan 2026 10:12:00 -0000", datetime(2026, 1, 5, 10, 12, tzinfo=UTC)),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
        ("Mon, 99 Jan 2026 10:12:00 +0100", None),
        ("Mon, 5 Jan 2026 10:12:00 +" + "9" * 50, None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_time(date: str, expected: datetime | None) -> None:
    """N3: the time that a mail says is a moment, or nothing where it says none."""
    assert parse(f"{FROM}\nDate: {date}").at == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("No ink", "No ink"),
        ("No\r\n ink", "No ink"),
        ("=?utf-8?q?Caff=C3=A8?=", "Caffè"),
        ("=?utf-8?b?Y2Fm?=\n =?utf-8?b?ZsOo?=", "caffè"),
        ("=?utf-8?q?caff=C3?= =?utf-8?q?=A8?=", "caffè"),
        ("=?x-unknown?q?caff=C3=A8?=", "caffè"),
        ("=?iso-2022-jp?b?GyRCJTQbKEI=?=", "ゴ"),
        ("=?utf-8?b?a?= bad", "=?utf-8?b?a?= bad"),
        ("=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        ("=?punycode?q?a-b?=", "a-b"),
        ("Caffè", "Caffè"),
        ("\x00No\x07 ink\x1b", "No ink"),
    ],
)
def test_subject(subject: str, expected: str) -> None:
    """N3: the subject is what its writer meant, in one line, without control characters."""
    assert parse(f"{FROM}\nSubject: {subject}").subject == expected


def test_bytes_in_a_subject() -> None:
    """N3: a subject in bytes that nobody named is read as Windows' Latin when it is not UTF-8."""
    assert parse_email(b"From: a@b\nSubject: caff\xe8\n\nx").subject == "caffè"


def test_long_subject() -> None:
    """N3: a subject that does not fit is cut, and whole in the text."""
    subject = "No ink " * 200
    mail = parse(f"{FROM}\nSubject: {subject}")
    assert mail.subject == subject[:SUBJECT_LIMIT].strip()
    assert mail.text == f"{subject.strip()}\n\nNone left."


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charset", "content", "expected"),
    [
        ("utf-8", "caffè".encode(), "caffè"),
        ("iso-8859-1", b"caff\xe8 \x80", "caffè €"),
        ("iso-8859-1", "caffè".encode(), "caffè"),  # a lie that is told often
        ("gb2312", "咖啡".encode("gb18030"), "咖啡"),
        ("gb2312", "开发票".encode(), "开发票"),
        ("us-ascii", b"caff\xe8", "caffè"),
        ("utf-8", b"caff\xe8.", "caff�."),
        ("no-such", "caffè".encode(), "caffè"),
        ("hex", b"caffe", "caffe"),
        ("punycode", b"caffe-", "caffe-"),
        ("unicode_escape", b"\\x41", "\\x41"),
        ('"utf-8', "caffè".encode(), "caffè"),
        ("utf-16", "caffè".encode("utf-16"), "caffè"),
    ],
)
def test_charsets(charset: str, content: bytes, expected: str) -> None:
    """N3: words are read in the charset that they are in, whatever is said of it."""
    assert of_type(f"text/plain; charset={charset}", content).text == expected


def test_control_characters_are_taken_out() -> None:
    """N3: what no text may hold is taken out of it, and line ends are of one kind."""
    assert of_type("text/plain", b"a\x00b\x1b\r\nc\rd\x0ce").text == "ab\nc\nd\ne"


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("base64", "Tm9uZQ==", "None"),
        ("base64", "Tm9u!!ZQ", "None"),
        ("base64", "T", "T"),
        ("quoted-printable", "N=6Fne=\nhere=", "Nonehere"),
        ("quoted-printable", "N=ZZone", "N=ZZone"),
        ("no-such", "None", "None"),
    ],
)
def test_transfer_encodings(encoding: str, body: str, expected: str) -> None:
    """N3: a transfer encoding that is broken, or none, leaves the words that are there."""
    mail = of_type("text/plain", body, f"Content-Transfer-Encoding: {encoding}")
    assert mail.text == expected


def test_flowed_lines_are_joined() -> None:
    """N3: a paragraph wrapped for the way is one line again, a quoted one too (RFC 3676)."""
    body = "> Have you \n> tried?\n>> No.\nIt was wrapped \nby me.\n\n From here \n-- \nEve"
    mail = of_type("text/plain; format=flowed", body)
    assert mail.text == "It was wrapped by me.\n\nFrom here "
    assert mail.quoted == "> Have you tried?\n>> No.\n\n-- \nEve"
    assert of_type("text/plain; format=flowed; delsp=yes", "wrap \nped").text == "wrapped"
    assert of_type("text/plain", "wrap \nped").text == "wrap \nped"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>None <b>left</b>.<p>Really", "None left.\n\nReally"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("a   \n  b&nbsp;&lt;c&gt; &#x1F5A8;", "a b\xa0<c> 🖨"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"),
        ("<pre>a\n  b</pre>c", "a\n  b\nc"),
        ("<style>p{}</style><script>x()</script><title>t</title>a<!-- b -->", "a"),
        ('<span style="display: none">spam</span>a<img src="http://t/1.gif">', "a"),
        ('a <img alt="logo" src=x>', "a logo"),
        ('<a href="https://example.com/x">here</a>', "here <https://example.com/x>"),
        ('<a href="https://example.com/">example.com</a>', "example.com"),
        ('<a href="javascript:x()">here</a>', "here"),
        ("caffè</b></i></p>!", "caffè!"),
        ("a&#1;b&#27;c", "abc"),
        ("<" * 3, "<<<"),
    ],
)
def test_pages(page: str, expected: str) -> None:
    """N3: a mail that is a page alone is the text that its reader saw, and nothing else."""
    assert of_type("text/html; charset=utf-8", page).text == expected


def test_quotes_in_a_page() -> None:
    """V15: what a page quotes is quoted, as deep as it is."""
    page = "No.<div>On 5 Jan 2026, Bob wrote:<br><blockquote>Ink?<blockquote>a<br>b"
    mail = of_type("text/html", page)
    assert mail.text == "No."
    assert mail.quoted == "On 5 Jan 2026, Bob wrote:\n> Ink?\n> > a\n> > b"


def test_a_page_that_names_its_charset() -> None:
    """N3: a page says of its own characters what the mail does not."""
    page = '<meta charset="koi8-r"><p>привет'.encode("koi8-r")
    assert of_type("text/html", page).text == "привет"


def test_a_page_too_deep() -> None:
    """N3: a page that is no mail is kept as a file, and the text says so."""
    mail = of_type("text/html", "<b></p>" * 5000)
    assert [file.media_type for file in mail.files] == ["text/html"]
    assert mail.files[0].name in mail.text
    assert mail.files[0].content == b"<b></p>" * 5000


def test_without_the_extra() -> None:
    """N3: without the extra a page alone is refused, naming it; other mails are read."""
    with patch.dict(sys.modules, {"lxml": None}):
        with pytest.raises(InvalidValueError, match=r"helpdesk-core\[mail\]"):
            of_type("text/html", "<p>None")
        assert parse_parts("alternative", PLAIN, HTML).text == "None left."


def test_a_text_that_does_not_fit() -> None:
    """N3: a text over the limit is cut, says so, and is whole in a file."""
    body = "è" * BODY_LIMIT
    mail = parse(FROM, body)
    assert len(mail.text.encode()) <= BODY_LIMIT
    assert mail.files[0].content.decode() == body
    assert mail.text.startswith("è" * 500_000)
    assert mail.files[0].name in mail.text[-100:]


# --- parts ---------------------------------------------------------------------------------------


def test_the_plain_form_is_taken() -> None:
    """N3: of two forms of the same the plain one is read, when it says anything."""
    page = HTML.replace("None", "All")
    assert parse_parts("alternative", page, PLAIN).text == "None left."
    empty = PLAIN.replace("None left.", " ")
    assert parse_parts("alternative", empty, page).text == "All left."
    assert parse_parts("alternative", PLAIN, HTML).files == ()


def test_pictures_in_a_page_are_files() -> None:
    """N3: what a page shows is a file, also when the plain form is read."""
    page = f"Content-Type: multipart/related; boundary=c\n\n--c\n{HTML}\n--c\n{IMAGE}\n--c--\n"
    for parts in ([PLAIN, page], [page]):
        mail = parse_parts("alternative", *parts)
        assert mail.text == "None left."
        assert [(file.name, file.content) for file in mail.files] == [
            ("file-1.png", b"\x89PNG\r\n\x1a\n")
        ]


def test_the_root_of_what_is_related() -> None:
    """N3: which of the related parts is read is named by `start`, or is the first."""
    start = HTML.replace("\n\n", "\nContent-ID: <r>\n\n", 1)
    mail = parse_email(
        multipart("related", IMAGE, start).replace("boundary=b", 'boundary=b; start="<r>"').encode()
    )
    assert (mail.text, len(mail.files)) == ("None left.", 1)


def test_texts_one_after_the_other() -> None:
    """N3: the texts of a mail are read in order, and what is sent as a file is one."""
    attached = PLAIN.replace("\n\n", "\nContent-Disposition: attachment\n\n", 1)
    named = PLAIN.replace("plain", "plain; name=log.txt", 1)
    mail = parse_parts("mixed", PLAIN, IMAGE, HTML, attached, named)
    assert mail.text == "None left.\n\nNone left."
    assert [file.name for file in mail.files] == ["file-1.png", "file-2.txt", "log.txt"]


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("text/calendar; method=REQUEST", "file-1.ics"),
        ("application/ms-tnef; name=winmail.dat", "winmail.dat"),
        ("application/ms-tnef", "file-1.dat"),
        ("application/pkcs7-mime; name=smime.p7m", "smime.p7m"),
        ("application/pgp-signature", "file-1.bin"),
        ("text/csv", "file-1.csv"),
        ("x-no/such", "file-1.bin"),
        ("", "file-1.bin"),
    ],
)
def test_what_is_no_words_is_a_file(content_type: str, name: str) -> None:
    """N3: calendars, signatures, sealed mails and Outlook's own form are files."""
    mail = parse_parts("mixed", PLAIN, f"Content-Type: {content_type}\n\nx")
    if not content_type:  # the standard's way with it: plain words
        assert mail.text == "None left.\n\nx"
    else:
        assert (mail.text, [file.name for file in mail.files]) == ("None left.", [name])
        assert mail.files[0].media_type == content_type.partition(";")[0]
        assert mail.files[0].content == b"x"


def test_a_sealed_mail_is_its_files() -> None:
    """N3: of an encrypted mail every part is a file."""
    mail = parse_parts(
        "encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1\n", PLAIN
    )
    assert (mail.text, len(mail.files)) == ("", 2)


def test_a_mail_in_a_mail_is_a_file_as_it_came() -> None:
    """N3: a mail in a mail is a file named after its subject, byte for byte."""
    inner = b"Subject: =?utf-8?q?No/ink?=\nX-Raw: caff\xe8\nTo: a@b,\n  c@d\n\n>From caff\xe8\n"
    raw = multipart("mixed", PLAIN, "Content-Type: message/rfc822\n\nINNER").encode()
    mail = parse_email(raw.replace(b"INNER", inner))
    assert [(file.name, file.media_type) for file in mail.files] == [
        ("No ink.eml", "message/rfc822")
    ]
    assert mail.files[0].content == inner
    assert mail.text == "None left."


def test_a_broken_mail_in_a_mail() -> None:
    """N3: a mail in a mail is not taken apart: whatever is broken in it comes with it."""
    inner = b'Content-Type: multipart/mixed; boundary="\xe8"\nno header\n--\xe8\n\nx\n--\xe8\n-\n'
    for encoding, sent in (("8bit", inner), ("base64", base64.encodebytes(inner))):
        head = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}\n\nINNER"
        raw = multipart("mixed", head).encode()
        mail = parse_email(raw.replace(b"INNER", sent), limits=MailLimits(parts=1))
        assert [file.content for file in mail.files] == [inner]


def test_a_multipart_without_its_boundary() -> None:
    """N3: a mail whose parts cannot be found is read as it is."""
    mail = of_type("multipart/mixed", "--b\n\nNone left.")
    assert "None left." in mail.text


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("filename=log.txt", "log.txt"),
        ('filename="../../etc/passwd"', "passwd"),
        ('filename="C:\\\\\\\\Users\\\\\\\\eve\\\\\\\\log.txt"', "log.txt"),
        ("filename*=utf-8''caff%C3%A8.txt", "caffè.txt"),
        ("filename*0*=utf-8''caff; filename*1*=%C3%A8.txt", "caffè.txt"),
        ('filename="=?utf-8?q?caff=C3=A8.txt?="', "caffè.txt"),
        ("filename*=utf-8''a%0D%0Ab.txt", "a b.txt"),
        ("filename*=utf-8''a%00b.txt", "a b.txt"),
        ("filename*=utf-8''a%E2%80%AEb.txt", "ab.txt"),
        ("filename*=no-such''a%E8.txt", "aè.txt"),
        ('filename=".htaccess"', "htaccess"),
        ('filename=".."', "file-1.png"),
        ('filename=""', "file-1.png"),
        (f"filename={'a' * 300}.txt", "a" * 251 + ".txt"),
        (f"filename={'a' * 300}", "a" * 255),
        (f"filename=a.{'b' * 300}", "a." + "b" * 253),
    ],
)
def test_file_names(parameters: str, expected: str) -> None:
    """N3: a file has a name that is only a name, and one where the mail gives none."""
    part = IMAGE.replace("\n", f"\nContent-Disposition: inline; {parameters}\n", 1)
    assert [file.name for file in parse_parts("mixed", part).files] == [expected]


# --- limits and attacks --------------------------------------------------------------------------


def nested(depth: int, kind: str = "mixed") -> str:
    parts = [f"Content-Type: multipart/{kind}; boundary=b{n}\n\n--b{n}\n" for n in range(depth)]
    return f"{FROM}\n" + "".join(parts) + "\nx"


@pytest.mark.parametrize(
    ("raw", "limits", "field"),
    [
        (with_headers("Subject: x", "x" * 100), {"size": 100}, "size"),
        (with_headers("Subject: x", "x\n" * 100), {"lines": 100}, "lines"),
        (with_headers("Subject: x", "x\r" * 100), {"lines": 100}, "lines"),
        (multipart("mixed", *[PLAIN] * 11).encode(), {"parts": 10}, "parts"),
        (nested(11).encode(), {"depth": 10}, "depth"),
        (multipart("mixed", *[IMAGE] * 11).encode(), {"files": 10}, "files"),
        (nested(10_000).encode(), {}, "depth"),
        (multipart("mixed", *[PLAIN] * 10_000).encode(), {}, "parts"),
        (b"x\n" * 2_000_000, {}, "lines"),
        (b"", {}, "sender"),
        ("From: a@b\n\n", {}, "mail"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 9 else "",
)
def test_limits(raw: Any, limits: dict[str, int], field: str) -> None:
    """N3: what is over a limit is refused, and the limit named."""
    with pytest.raises(InvalidValueError) as caught:
        parse_email(raw, limits=MailLimits(**limits))
    assert caught.value.field == field


def test_within_the_limits() -> None:
    """N3: what is just within each limit is read."""
    raw = with_headers("Subject: x").replace(b"\n", b"\r\n")
    parse_email(raw, limits=MailLimits(size=len(raw), lines=raw.count(b"\n")))
    parse_email(multipart("mixed", *[IMAGE] * 10).encode(), limits=MailLimits(parts=10, files=10))
    parse_email(nested(10).encode(), limits=MailLimits(depth=10))
    assert parse_email(nested(20, "alternative").encode()).text == "x"


@pytest.mark.parametrize(
    "headers",
    [
        "Subject: " + "x" * 1024 * 1024,
        "Subject: " + "=?utf-8?q?" * 100_000,
        "Subject: " + "=?utf-8?b?Y2FmZsOo?= " * 50_000,
        "To: " + "(" * 1024 * 1024,
        "To: " + "a@b, " * 200_000,
        "To: " + '"\\' * 500_000,
        "References: " + "<" * 1024 * 1024,
        "Date: " + "1" * 1024 * 1024,
        "Content-Type: " + ";" * 1024 * 1024,
        'Content-Type: text/plain; x="' + '\\"' * 500_000,
        "Content-Disposition: " + "; filename*0*=" * 50_000,
        "\n".join(f"X-{n}: x" for n in range(50_000)),
    ],
    ids=range(12),
)
def test_headers_without_end(headers: str) -> None:
    """N3: a mail with a header of a megabyte is read; of the header as much as somebody writes."""
    mail = parse_email(with_headers(headers, "None left."))
    assert mail.sender == "eve@example.com"
    assert mail.text.endswith("None left.")


@pytest.mark.parametrize(
    "line", ["<a ", "<!--", "<div>", "</b>", '<a b="', "<?", "&", "<![", "<p>x"]
)
def test_a_megabyte_of_page(line: str) -> None:
    """N3: a megabyte of what pages are made of is read, or kept as a file."""
    assert of_type("text/html", line * (1024 * 1024 // len(line))).automatic is None


def test_what_no_library_foresaw() -> None:
    """N3: what the standard library raises is refused by name, and its words are not echoed."""
    broken = patch("helpdesk_core.adapters.mail.parsing.body_of", side_effect=KeyError("secret"))
    with broken, pytest.raises(InvalidValueError, match=r"mail cannot be read \(KeyError\)$"):
        parse(FROM)


# --- what is composed comes back -----------------------------------------------------------------

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60
)
BODIES = st.lists(WORDS, min_size=1, max_size=8).map("\n".join)
NAMES = st.text(st.sampled_from("abcè中 -_()"), min_size=1, max_size=20).map(
    lambda name: f"a{name.strip()}.txt"
)


@given(
    WORDS,
    BODIES,
    st.lists(st.tuples(NAMES, st.binary(max_size=50)), max_size=3),
    st.lists(st.integers(0, 10**6), max_size=20, unique=True),
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - as it takes them
)
def test_what_is_composed_comes_back(
    subject: str,
    body: str,
    files: list[tuple[str, bytes]],
    answered: list[int],
    at: datetime,
) -> None:
    """N3: subject, words, files, ids and time of a mail by the standard library come back."""
    mail = EmailMessage()
    mail["From"] = "Eve <eve@example.com>"
    mail["To"] = "desk@example.com"
    mail["Subject"] = subject
    mail["Date"] = format_datetime(at.replace(tzinfo=UTC))
    mail["Message-ID"] = "<me@example.com>"
    ids = [f"<{n}@example.com>" for n in answered]
    if ids:
        mail["References"] = " ".join(ids)
    mail.set_content(body)
    for name, content in files:
        mail.add_attachment(content, maintype="application", subtype="x-ink", filename=name)
    found = parse_email(bytes(mail))
    assert letters(found.subject) == letters(subject)
    assert letters(found.text + found.quoted) == letters(body)
    assert [(file.name, file.content) for file in found.files] == files
    assert found.references == tuple(reversed(ids))
    assert found.mail_id == "<me@example.com>"
    assert found.at == at.replace(microsecond=0, tzinfo=UTC)
    assert (found.sender, found.automatic) == ("eve@example.com", None)


@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    """N3: whatever the bytes after it, a sender's mail is read or refused by name."""
    with contextlib.suppress(InvalidValueError):
        parse_email(b"From: a@b\n" + raw)
