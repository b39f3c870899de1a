"""Mails as they are made: one recipient, one header each, the thread, the mark of the automatic."""

from __future__ import annotations

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk_core import NotifierError
from helpdesk_core.adapters.files import FileNotifier
from helpdesk_core.adapters.mail import compose
from helpdesk_core.plans import Channel, NoticeKind
from helpdesk_core.ports import AutoSubmitted
from helpdesk_core.testing.notifiers import outgoing
from helpdesk_core.testing.things import lines, texts
from helpdesk_core.testing.worlds import MONDAY
from sent_mails import file, read, text_of

SENDER = "help@example.com"
LINK = "https://desk.example.com/T-1?a=1&b=2"
#: What would begin a header of its own.
INJECTED = ("\r\nBcc: ann@x.org", "\nBcc: ann@x.org", "\rBcc: ann@x.org", "\x85Bcc:", "\u2028Bcc:")


def sent(message=None, /, **settings) -> EmailMessage:
    """The mail as it is read again from the bytes that leave."""
    return read(as_sent(message or outgoing(), **settings))


def as_sent(message, **settings) -> bytes:
    mail = compose(message, **{"sender": SENDER} | settings)
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def test_headers_say_what_it_is() -> None:
    """N3: sender and recipient with their names, subject, date, id, thread, and the automatic."""
    message = outgoing(
        "k 1",
        kind=NoticeKind.STAGE,
        references=("<old@x.org>", "<ticket.s.T-1@desk.example.com>"),
        language="pt-BR",
        auto_submitted=AutoSubmitted.REPLIED,
    )
    mail = sent(message, sender_name="Help, Desk")
    assert {name: mail[name] for name in mail if name not in ("MIME-Version", "Content-Type")} == {
        "From": '"Help, Desk" <help@example.com>',
        "To": "Eve <eve@example.com>",
        "Subject": "Re: No ink",
        "Date": "Mon, 05 Jan 2026 09:00:00 +0000",
        "Message-ID": "<key.k%201@helpdesk.invalid>",
        "In-Reply-To": "<ticket.s.T-1@desk.example.com>",
        "References": "<old@x.org> <ticket.s.T-1@desk.example.com>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "X-Helpdesk-Kind": "stage",
        "Content-Transfer-Encoding": "7bit",
        "Content-Language": "pt-BR",
    }
    assert parsedate_to_datetime(mail["Date"]) == MONDAY
    assert "In-Reply-To" not in sent()
    assert "References" not in sent()


@pytest.mark.parametrize("how", AutoSubmitted, ids=lambda how: how.name)
def test_every_mail_says_who_wrote_it(how: AutoSubmitted) -> None:
    """N3: Auto-Submitted is what the message says, also that somebody wrote it."""
    assert sent(outgoing(auto_submitted=how))["Auto-Submitted"] == how.value


_MAIL_IDS = st.from_regex(r"<[!-;=?A-~]{1,300}@[a-z.-]{1,60}>", fullmatch=True)


def test_whatever_the_texts_hold_the_mail_is_whole() -> None:
    """N3, V15: subject, names, text and thread are read again as they were; lines are short."""

    @given(lines(200), lines(200), texts, st.lists(_MAIL_IDS, max_size=9))
    @example("=?utf-8?q?a=0Ab?=", "=?utf-8?q?b?=", "", ["<" + "a" * 900 + "@x>"] * 2)
    @example("x" * 500, 'Ev, "e" <x@y.org>\\', "\r\n.\r\n.\rQUIT", [])
    @example("x" * 1200, "y " * 600, "", [])
    @example("", "\u202e,@" * 20, "From here\n" + "x" * 2000, [])
    def check(subject: str, name: str, text: str, references: list[str]) -> None:
        message = outgoing(
            subject=subject, to_name=name, text=text, html=text, references=tuple(references)
        )
        content = as_sent(message, sender_name=name)
        mail = read(content)
        assert content.isascii()
        assert max(map(len, content.split(b"\r\n"))) <= 998
        assert b"\r" not in content.replace(b"\r\n", b"")
        assert b"\n" not in content.replace(b"\r\n", b"")
        assert str(mail["Subject"]).split() == subject.split()
        assert str(mail["References"] or "").split() == references
        assert all(one.encode() in content for one in references)
        assert text_of(mail).split() == text.split()
        assert text_of(mail, "html").split() == text.split()
        for header, address in (("To", "eve@example.com"), ("From", SENDER)):
            [one] = mail[header].addresses
            assert one.addr_spec == address
            assert _name(content, header).split() == name.split()

    check()


def _name(content: bytes, header: str) -> str:
    """The name before an address, read by the older of Python's two readers.

    The newer one puts a space between encoded words.
    """
    value = "".join(message_from_bytes(content)[header].splitlines())
    return str(make_header(decode_header(parseaddr(value)[0])))


@pytest.mark.parametrize("injected", INJECTED, ids=ascii)
@pytest.mark.parametrize("field", ["subject", "to_name", "language", "link"])
def test_no_text_begins_a_header(field: str, injected: str) -> None:
    """V15: a line break in a text, a name or a link is none in the mail's head."""
    message = outgoing(**{field: f"en{injected}"}, files=(file(f"a{injected}.txt", b"-"),))
    mail = sent(message, sender_name=f"Help{injected}")
    assert mail["Bcc"] is None
    assert all("Bcc" not in part for part in mail.iter_attachments())
    assert len(mail["To"].addresses) == len(mail["From"].addresses) == 1


@pytest.mark.parametrize(
    "address",
    [
        "a@b.org, c@d.org",
        "a@b.org,c@d.org",
        "a@b.org;c@d.org",
        "a@b.org c@d.org",
        "a@b.org\r\nBcc: c@d.org",
        "a@b.org\x00",
        "a@b.org\x01",
        "a@b.org\u2028",
        "a@b.org\u200b",
        "Eve <a@b.org>",
        "<a@b.org>",
        "undisclosed:a@b.org;",
        "a@b@c.org",
        '"a b"@c.org',
        "a(b)@c.org",
        "@b.org",
        "a@",
        "nobody",
        "",
        "a@" + "b" * 320,
        "a\ud800@b.org",
    ],
    ids=ascii,
)
def test_what_is_not_one_plain_address_is_refused(address: str) -> None:
    """V15: as a recipient and as the sender, by an error that shows neither address nor text."""
    for message, sender, named in (
        (outgoing(to_address=address, recipient_id="eve-7"), SENDER, "eve-7"),
        (outgoing(), address, "sender"),
    ):
        with pytest.raises(NotifierError, match=named) as refused:
            compose(message, sender=sender)
        assert "b.org" not in str(refused.value)
        assert message.text not in str(refused.value)


def test_an_address_beyond_ascii_needs_utf8_in_headers() -> None:
    """N3: it is written as it is, in a mail that says that its headers are UTF-8."""
    mail = compose(outgoing(to_address="jörg@bücher.example"), sender=SENDER)
    assert mail.policy.utf8
    assert "To: Eve <jörg@bücher.example>\n".encode() in bytes(mail)
    assert not compose(outgoing(to_name="Jörg"), sender=SENDER).policy.utf8


def test_an_id_that_is_none_is_in_no_header() -> None:
    """N3: of ids that others wrote the ill-formed are left out; ours must be well-formed."""
    bad = ("", "x", "<a b@x>", "<a@x>\r\nBcc: ann@x.org", "<ü@x>", "<" + "a" * 990 + ">", "<<a@x>")
    assert sent(outgoing(references=(*bad, "<a@x>", *bad)))["References"] == "<a@x>"
    assert "References" not in sent(outgoing(references=bad))
    for one in bad:
        with pytest.raises(NotifierError, match="id"):
            compose(outgoing(mail_id=one), sender=SENDER)


def test_those_who_follow_get_the_headers_of_a_list() -> None:
    """V20, V5: followers see List-*, with the link when there is one; the customer never does."""
    settings = {
        "list_id": "it.desk.example.com",
        "unsubscribe": lambda message: f"https://desk.example.com/stop/{message.recipient_id}",
    }
    mail = sent(outgoing(link=LINK), **settings)
    assert {name: mail[name] for name in mail if name.startswith("List-")} == {
        "List-Id": "<it.desk.example.com>",
        "List-Archive": f"<{LINK}>",
        "List-Unsubscribe": "<https://desk.example.com/stop/eve>",
    }
    without = sent(outgoing(), list_id="it.desk.example.com", unsubscribe=lambda message: None)
    assert [name for name in without if name.startswith("List-")] == ["List-Id"]
    customer = sent(outgoing(link=LINK, to_customer=True), **settings)
    assert [name for name in customer if name.startswith("List-")] == []


@pytest.mark.parametrize("bad", ["<x>", "a b", "one", "a.b\r\nBcc: ann@x.org", "a." + "b" * 260])
def test_a_list_id_that_is_none_is_refused(bad: str) -> None:
    """N3: what would be no List-Id is a setting's mistake, told by name; a URL is left out."""
    with pytest.raises(NotifierError, match="list_id"):
        compose(outgoing(), sender=SENDER, list_id=bad)
    mail = sent(outgoing(link="https://x.org/a b"), unsubscribe=lambda _: bad.replace("one", ">"))
    assert [name for name in mail if name.startswith("List-")] == (
        ["List-Unsubscribe"] if bad.startswith("a." + "b" * 9) else []
    )


def test_html_and_text_say_the_same() -> None:
    """V5, V20: the link is below both, escaped in HTML, inside its body; and in neither without."""
    html = "<html><body><p>Which printer?</p></body></html>"
    mail = sent(outgoing(html=html, link=LINK))
    assert mail.get_content_type() == "multipart/alternative"
    assert text_of(mail) == f"Which printer?\n\n{LINK}\n"
    escaped = LINK.replace("&", "&amp;")
    link = f'<p><a href="{escaped}">{escaped}</a></p>'
    assert text_of(mail, "html") == f"<html><body><p>Which printer?</p>{link}</body></html>\n"
    assert text_of(sent(outgoing(html="<p>x", link=LINK)), "html") == f"<p>x{link}\n"
    assert text_of(sent(outgoing(html=html)), "html") == f"{html}\n"
    attack = '"><script>'
    assert attack not in text_of(sent(outgoing(html=html, link=attack)), "html")
    assert sent(outgoing(link=LINK)).get_content_type() == "text/plain"


def test_files_go_with_it() -> None:
    """V15: bytes, names and types of files are as they were, whatever is in the names."""
    files = (
        file("déjà vu.txt", "Grüße\n".encode()),
        file('a "quoted"; name=x.pdf', bytes(range(256)), "application/PDF"),
        file("../../etc/passwd", b"-", "no type\r\n"),
        file("mail.eml", b"Subject: x\n\ny", "message/rfc822"),
        file("\r\n", b"", "multipart/mixed"),
    )
    mail = sent(outgoing(html="<p>x</p>", files=files))
    assert [
        (part.get_filename(), part.get_payload(decode=True), part.get_content_type())
        for part in mail.iter_attachments()
    ] == [
        ("déjà vu.txt", "Grüße\n".encode(), "text/plain"),
        ('a "quoted"; name=x.pdf', bytes(range(256)), "application/pdf"),
        (".._.._etc_passwd", b"-", "application/octet-stream"),
        ("mail.eml", b"Subject: x\n\ny", "application/octet-stream"),
        ("file", b"", "application/octet-stream"),
    ]
    assert text_of(mail) == "Which printer?\n"
    assert mail["Content-Language"] == "en"


def test_files_that_do_not_fit_are_named() -> None:
    """N1: files go with it up to the limit, in all; the others are named, in text and in HTML."""
    files = [file(name, b"x" * size) for name, size in (("a", 6), ("<b>", 5), ("c", 4), ("d", 1))]
    mail = sent(
        outgoing(html="<p>Here</p>", files=tuple(files), link=LINK),
        files_limit=10,
        not_attached="Zu groß:",
    )
    assert [part.get_filename() for part in mail.iter_attachments()] == ["a", "c"]
    assert text_of(mail) == f"Which printer?\n\n{LINK}\n\nZu groß:\n- <b>\n- d\n"
    assert "<p>Zu groß:<br>- &lt;b&gt;<br>- d</p>" in text_of(mail, "html")


def test_a_file_that_is_larger_than_it_is_said_to_be_is_no_way_round_the_limit() -> None:
    """N1: what is read counts; and what is said to be too large is not even opened."""
    opened = []
    large = file("large", b"", size=11, open=lambda: opened.append("large"))
    mail = sent(outgoing(files=(file("liar", b"x" * 11, size=1), large)), files_limit=10)
    assert text_of(mail).endswith("- liar\n- large\n")
    assert list(mail.iter_attachments()) == opened == []


def test_a_file_that_cannot_be_read_is_told() -> None:
    """N1: the message is not sent without what belongs to it; the error shows no text."""

    def gone():
        raise OSError("secret")

    with pytest.raises(NotifierError, match="OSError") as failure:
        compose(outgoing(files=(file("a", b"-", open=gone),)), sender=SENDER)
    assert "secret" not in str(failure.value)


def test_what_utf8_cannot_write_is_refused() -> None:
    """V15: a lone surrogate in a text is an error by name, not one that shows the text."""
    for field in ("subject", "text", "to_name", "html"):
        with pytest.raises(NotifierError, match="key-1") as failure:
            compose(outgoing(**{field: "the secret \ud800"}), sender=SENDER)
        assert "secret" not in str(failure.value)
        assert failure.value.__cause__ is None
        assert failure.value.__suppress_context__


def test_a_file_holds_the_mail_that_would_be_sent(tmp_path) -> None:
    """N3: FileNotifier writes it whole; a text message has the number, on one line, and no `To`."""
    notifier = FileNotifier(tmp_path, SENDER)
    message = outgoing(html="<p>x</p>", references=("<a@x>",), files=(file("a", b"-"),))
    notifier.send(message)
    number = "+39 055\r\nBcc: ann@x.org"
    notifier.send(outgoing(channel=Channel.SMS, to_address=number))
    mail = read((tmp_path / "key-1.email.eml").read_bytes())
    assert (mail["In-Reply-To"], text_of(mail, "html")) == ("<a@x>", "<p>x</p>\n")
    assert [part.get_filename() for part in mail.iter_attachments()] == ["a"]
    sms = read((tmp_path / "key-1.sms.eml").read_bytes())
    assert (sms["X-Phone"], sms["To"], sms["Bcc"]) == ("+39 055Bcc: ann@x.org", None, None)
