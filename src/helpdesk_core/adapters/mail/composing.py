"""Makes of a message that leaves the mail that is sent (N3, V5, V15, V20).

Whatever the texts hold, a header is one header, and a recipient one recipient. What the header
classes of `email` make of long ids and of names with commas differs between releases of Python, so
such headers are written here, and go out as they were written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from email.errors import HeaderParseError
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from helpdesk_core.adapters.mail.headers import ADDRESS
from helpdesk_core.errors import NotifierError
from helpdesk_core.fields import ADDRESS_LIMIT
from helpdesk_core.mail_ids import MAIL_ID_LIMIT
from helpdesk_core.ports import OutgoingFile, OutgoingMessage

#: How many bytes of files go with a mail, if nothing else is said: many servers take no more.
FILES_LIMIT = 10 * 1024 * 1024
NOT_ATTACHED = "Not attached, because of the size:"

# 7bit: every server takes it. As written: a header that was folded here is not folded anew.
_POLICY = EmailPolicy(cte_type="7bit", refold_source="none")
_LINE = 78
_LONGEST_LINE = 998
_LONG_TEXT = 400  # from there on a text is encoded, which folds it wherever it must be
# Visible ASCII without < and > inside, which fits on one line.
_MAIL_ID = re.compile(rf"<[!-;=?-~]{{1,{MAIL_ID_LIMIT - 2}}}>")
_URI = re.compile(rf"[!-;=?-~]{{1,{MAIL_ID_LIMIT - 2}}}")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,8}")
_LIST_ID = re.compile(r"(?=.{3,255}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_MEDIA_TYPE = re.compile(r"(?!message/|multipart/)([a-z0-9.+-]+)/([a-z0-9.+-]+)")
_NOT_SHOWN = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")


def compose(
    message: OutgoingMessage,
    *,
    sender: str,
    sender_name: str = "",
    files_limit: int = FILES_LIMIT,
    not_attached: str = NOT_ATTACHED,
    list_id: str | None = None,
    unsubscribe: Callable[[OutgoingMessage], str | None] | None = None,
) -> EmailMessage:
    """The mail to one recipient, threaded and marked as automatic (N3).

    The link stands below the text. Files go with it, in their order, as far as they fit into
    `files_limit` bytes together; below the text the others are named after `not_attached`. To
    those who follow it is a list's mail: `list_id` is a name like a domain, and `unsubscribe`
    gives a URL or None. The customer is on no list (V20).

    A recipient that is not one plain address is a `NotifierError`, and so are a sender that is
    not, and a file that cannot be read. An address beyond ASCII makes a mail with UTF-8 in its
    headers (`mail.policy.utf8`), which not every server takes.

    >>> from datetime import UTC, datetime
    >>> from helpdesk_core.plans import Channel, NoticeKind
    >>> message = OutgoingMessage(
    ...     key="k-1", channel=Channel.EMAIL, kind=NoticeKind.UPDATE, recipient_id="eve",
    ...     to_address="eve@example.com", to_name="Eve, of Care", subject="Re: No ink",
    ...     text="Which printer?", ticket_id="T-1", at=datetime(2026, 1, 5, 9, tzinfo=UTC),
    ...     references=("<ticket.s.T-1@desk.example.com>",),
    ... )
    >>> mail = compose(message, sender="help@example.com", sender_name="Help")
    >>> mail["To"], mail["Message-ID"], mail["In-Reply-To"], mail["Auto-Submitted"]
    ... # doctest: +NORMALIZE_WHITESPACE
    ('"Eve, of Care" <eve@example.com>', '<key.k-1@helpdesk.invalid>',
     '<ticket.s.T-1@desk.example.com>', 'auto-generated')
    """
    problem = None
    if not _is_plain(sender):
        problem = "the sender is not one plain address"
    elif not _is_plain(message.to_address):
        problem = f"recipient {message.recipient_id!r} has no plain address"
    elif not _MAIL_ID.fullmatch(message.mail_id):
        problem = f"message {message.key!r} has an id that no mail can have"
    if problem is not None:
        raise NotifierError(problem)
    beyond_ascii = not (sender + message.to_address).isascii()
    mail = EmailMessage(policy=_POLICY.clone(utf8=True) if beyond_ascii else _POLICY)
    try:
        _set_headers(mail, message, sender, sender_name)
        if not message.to_customer:
            _set_list_headers(mail, message, list_id, unsubscribe)
        _set_content(mail, message, files_limit, not_attached)
        if _LANGUAGE.fullmatch(message.language):
            _put(mail, "Content-Language", message.language)  # of the whole, so it comes last
    except (UnicodeError, HeaderParseError) as error:
        # lone surrogates; its own text would show the message's
        raise NotifierError(
            f"message {message.key!r} cannot be written: {type(error).__name__}"
        ) from None
    return mail


def _is_plain(address: str) -> bool:
    return (
        len(address) <= ADDRESS_LIMIT
        and address.isprintable()
        and ADDRESS.fullmatch(address) is not None
    )


# --- headers -------------------------------------------------------------------------------------


def _set_headers(
    mail: EmailMessage, message: OutgoingMessage, sender: str, sender_name: str
) -> None:
    # An id that somebody else's mail had, and that is none, is left out.
    references = [one for one in message.references if _MAIL_ID.fullmatch(one)]
    _put(mail, "From", _mailbox("From", sender_name, sender))
    _put(mail, "To", _mailbox("To", message.to_name, message.to_address))
    _put(mail, "Subject", _words("Subject", message.subject))
    _put(mail, "Date", format_datetime(message.at))
    _put(mail, "Message-ID", _folded("Message-ID", [message.mail_id]))
    if references:
        _put(mail, "In-Reply-To", _folded("In-Reply-To", references[-1:]))
        _put(mail, "References", _folded("References", references))
    _put(mail, "Auto-Submitted", message.auto_submitted.value)
    _put(mail, "X-Auto-Response-Suppress", "OOF, AutoReply")
    _put(mail, "X-Helpdesk-Kind", message.kind.value)


def _set_list_headers(
    mail: EmailMessage,
    message: OutgoingMessage,
    list_id: str | None,
    unsubscribe: Callable[[OutgoingMessage], str | None] | None,
) -> None:
    if list_id is not None:
        if not _LIST_ID.fullmatch(list_id):
            raise NotifierError("list_id is no name like a domain")
        _put(mail, "List-Id", _folded("List-Id", [f"<{list_id}>"]))
    for name, uri in (
        ("List-Archive", message.link),
        ("List-Unsubscribe", None if unsubscribe is None else unsubscribe(message)),
    ):
        if uri is not None and _URI.fullmatch(uri):
            _put(mail, name, _folded(name, [f"<{uri}>"]))


def _put(mail: EmailMessage, name: str, value: str) -> None:
    """A header that goes out as it is written here."""
    mail.set_raw(name, value)


def _folded(name: str, parts: Iterable[str]) -> str:
    """Parts that must stay whole, on as many lines as they need."""
    value, width = "", len(name) + 2
    for n, part in enumerate(parts):
        if width + 1 + len(part) > _LINE and (n or width + len(part) > _LONGEST_LINE):
            value, width = f"{value}\n ", 1
        elif n:
            value, width = f"{value} ", width + 1
        value, width = value + part, width + len(part)
    return value


def _words(name: str, text: str, *, quoted: bool = False) -> str:
    """A text for people as a header has it: ASCII, or encoded and folded."""
    text = _NOT_SHOWN.sub(" ", text).strip()
    if not text.isascii() or "=?" in text or len(text) > _LONG_TEXT:
        return Header(text, "utf-8", header_name=name, maxlinelen=_LINE - 2).encode()
    if quoted and not _ATOMS.fullmatch(text):
        text = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{text}"'
    return text


def _mailbox(header: str, name: str, address: str) -> str:
    words = _words(header, name, quoted=True)
    return _folded(header, [words, f"<{address}>"]) if words else address


# --- content -------------------------------------------------------------------------------------


def _set_content(
    mail: EmailMessage, message: OutgoingMessage, files_limit: int, not_attached: str
) -> None:
    attached, left_out = _read(message, files_limit)
    below = [message.link] if message.link else []
    if left_out:
        below.append("\n".join([not_attached, *(f"- {_file_name(one)}" for one in left_out)]))
    mail.set_content("\n\n".join([message.text, *below]) + "\n")
    if message.html is not None:
        mail.add_alternative(_with_below(message.html, message.link, below), subtype="html")
    for file, content in attached:
        found = _MEDIA_TYPE.fullmatch(file.media_type.lower())
        maintype, subtype = found.groups() if found else ("application", "octet-stream")
        mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=_file_name(file))


def _read(
    message: OutgoingMessage, limit: int
) -> tuple[list[tuple[OutgoingFile, bytes]], list[OutgoingFile]]:
    """The files that fit, with their bytes, and those that do not."""
    attached: list[tuple[OutgoingFile, bytes]] = []
    left_out: list[OutgoingFile] = []
    for file in message.files:
        content = b""
        if file.size <= limit:
            try:
                with file.open() as opened:
                    content = opened.read(limit + 1)  # it may be larger than is said
            except Exception as error:  # of a host's store
                raise NotifierError(
                    f"a file of message {message.key!r} cannot be read: {type(error).__name__}"
                ) from error
        if file.size <= limit and len(content) <= limit:
            limit -= len(content)
            attached.append((file, content))
        else:
            left_out.append(file)
    return attached, left_out


def _file_name(file: OutgoingFile) -> str:
    return re.sub(r"[/\\]", "_", _NOT_SHOWN.sub(" ", file.name).strip()) or "file"


def _with_below(text: str, link: str | None, below: list[str]) -> str:
    """The HTML with what stands below the text, inside its body where it has one."""
    paragraphs = "".join(
        f'<p><a href="{html.escape(part)}">{html.escape(part)}</a></p>'
        if part == link
        else "<p>{}</p>".format(html.escape(part).replace("\n", "<br>"))
        for part in below
    )
    before, body, after = text.rpartition("</body>")
    return f"{before}{paragraphs}{body}{after}" if body else f"{after}{paragraphs}\n"
