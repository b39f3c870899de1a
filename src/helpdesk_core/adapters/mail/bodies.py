"""The parts of a mail: which of them are its words, and which are files."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from email.message import EmailMessage

import attrs

from helpdesk_core.adapters.mail.characters import file_name, kept_text, text_of
from helpdesk_core.adapters.mail.headers import decoded, header, headers_in
from helpdesk_core.adapters.mail.hypertext import TooDeepError, charset_in, text_in
from helpdesk_core.adapters.mail.parts import media_type_of
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.ports import IncomingFile

# The types that Python knows by itself: what a machine's own list adds would differ by machine.
_TYPES = mimetypes.MimeTypes()
_ENDINGS = {"message/rfc822": ".eml", "text/calendar": ".ics", "application/ms-tnef": ".dat"}
_ALONE = frozenset({"encrypted"})  # multiparts with nothing to read
#: Where the words of a mail are, when they are not in it.
SEE_FILE = "[This mail is a page that cannot be shown as text: see the file {name}]"


@attrs.frozen
class Body:
    """What a mail's parts come to."""

    text: str
    files: tuple[IncomingFile, ...]


@attrs.define
class _Reading:
    most_files: int
    texts: list[str] = attrs.Factory(list)
    files: list[IncomingFile] = attrs.Factory(list)

    def add_file(self, part: EmailMessage, content: bytes | None = None) -> str:
        media_type = media_type_of(part)
        name = _name_of(part) or self._new_name(media_type, part)
        if content is None:
            content = content_of(part)
        self.keep(IncomingFile(name=name, media_type=media_type, content=content))
        return name

    def keep(self, file: IncomingFile) -> None:
        if len(self.files) >= self.most_files:
            raise InvalidValueError("files", f"must be at most {self.most_files:,}")
        self.files.append(file)

    def _new_name(self, media_type: str, part: EmailMessage) -> str:
        ending = _ENDINGS.get(media_type) or _TYPES.guess_extension(media_type) or ".bin"
        if media_type == "message/rfc822":
            subject = decoded(header(headers_in(text_of(content_of(part), None)), "Subject"))
            subject = file_name(subject.replace("/", " "))[:200]
            if subject:
                return subject + ending
        return f"file-{len(self.files) + 1}{ending}"


def body_of(mail: EmailMessage, *, most_files: int) -> Body:
    """The words and the files of a mail; `most_files` over, it is refused."""
    reading = _Reading(most_files=most_files)
    _read(mail, reading)
    return Body("\n\n".join(text.strip("\n") for text in reading.texts), tuple(reading.files))


def content_of(part: EmailMessage) -> bytes:
    """A part's bytes, without their transfer encoding."""
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError):  # a transfer encoding that it is not in
        content = str(part.get_payload()).encode("utf-8", "surrogateescape")
    return content if isinstance(content, bytes) else b""


def parts_within(mail: EmailMessage) -> Iterator[EmailMessage]:
    """A mail's parts, and theirs, but not those of a mail in it."""
    yield mail
    if mail.get_content_maintype() == "multipart":
        for part in _parts(mail):
            yield from parts_within(part)


# --- reading -------------------------------------------------------------------------------------


def _read(part: EmailMessage, reading: _Reading) -> None:
    kind = part.get_content_maintype()
    if kind == "multipart" and part.is_multipart():
        subtype, parts = part.get_content_subtype(), _parts(part)
        if subtype in _ALONE:
            for inner in parts:
                _read_as_files(inner, reading)
        elif subtype == "alternative":
            _read_best(parts, reading)
        elif subtype == "related":
            _read_related(part, parts, reading)
        else:
            for inner in parts:
                _read(inner, reading)
    elif _is_text(part):
        text = _text_of(part, reading)
        if text.strip():
            reading.texts.append(text)
    else:
        reading.add_file(part)


def _read_best(parts: list[EmailMessage], reading: _Reading) -> None:
    """One of several forms of the same: the plain one when it has words; the rest is files."""
    plain_first = sorted(parts, key=lambda part: part.get_content_type() != "text/plain")
    forms: dict[int, _Reading] = {}  # each is read once, or forms in forms would take for ever
    best: EmailMessage | None = None
    for part in plain_first:
        if best is None or _is_container(part):
            if not (_is_text(part) or _is_container(part)):
                continue
            forms[id(part)] = form = _Reading(most_files=reading.most_files)
            _read(part, form)
            if best is None and any(text.strip() for text in form.texts):
                best = part
                reading.texts += form.texts
    for part in parts:
        if id(part) in forms:  # the files of a form that was not chosen are nowhere else
            for file in forms[id(part)].files:
                reading.keep(file)
        elif not _is_text(part):
            reading.add_file(part)


def _read_related(whole: EmailMessage, parts: list[EmailMessage], reading: _Reading) -> None:
    """A page and what it shows: the page is read, the rest are files."""
    start = str(whole.get_param("start", "") or "").strip("<> ")
    roots = [part for part in parts if start and header(part, "Content-ID").strip("<> ") == start]
    root = roots[0] if roots else parts[0]
    _read(root, reading)
    for part in parts:
        if part is not root:
            _read_as_files(part, reading)


def _read_as_files(part: EmailMessage, reading: _Reading) -> None:
    if _is_container(part):
        for inner in _parts(part):
            _read_as_files(inner, reading)
    else:
        reading.add_file(part)


def _text_of(part: EmailMessage, reading: _Reading) -> str:
    content = content_of(part)
    charset = part.get_param("charset")
    said = charset if isinstance(charset, str) else None
    if part.get_content_type() != "text/html":
        text = kept_text(text_of(content, said))
        if str(part.get_param("format", "")).lower() == "flowed":
            text = unfolded(text, joined=str(part.get_param("delsp", "")).lower() == "yes")
        return text
    try:
        page = text_in(kept_text(text_of(content, said or charset_in(content))))
        return kept_text(page)  # a page can name characters that it does not hold
    except TooDeepError:
        return SEE_FILE.format(name=reading.add_file(part, content))


def unfolded(text: str, *, joined: bool = False) -> str:
    """A text of `format=flowed` with each paragraph on one line (RFC 3676).

    >>> unfolded("no \\nink\\n> who \\n> says\\n-- \\nEve")
    'no ink\\n> who says\\n-- \\nEve'
    """
    lines: list[str] = []
    pieces: list[str] = []  # of the paragraph that goes on
    depth = 0
    for line in text.split("\n"):
        words = line.lstrip(">")
        deep = len(line) - len(words)
        words = words.removeprefix(" ")
        if pieces and (deep != depth or words == "-- "):
            lines.append(_marked(depth, pieces))
            pieces = []
        depth = deep
        flows = words.endswith(" ") and words != "-- "
        pieces.append(words[:-1] if flows and joined else words)
        if not flows:
            lines.append(_marked(depth, pieces))
            pieces = []
    if pieces:
        lines.append(_marked(depth, pieces))
    return "\n".join(lines)


def _marked(depth: int, pieces: list[str]) -> str:
    words = "".join(pieces)
    return f"{'>' * depth} {words}" if depth else words


# --- parts ---------------------------------------------------------------------------------------


def _parts(part: EmailMessage) -> list[EmailMessage]:
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, EmailMessage)]


def _is_container(part: EmailMessage) -> bool:
    return part.get_content_maintype() == "multipart" and part.is_multipart()


def _is_text(part: EmailMessage) -> bool:
    """Whether it is words to be read: not sent as a file, and of a kind that people write."""
    if part.get_content_maintype() == "multipart":
        return not part.is_multipart()  # one without its boundaries
    if part.get_content_type() not in {"text/plain", "text/html", "text/markdown"}:
        return False
    disposition = header(part, "Content-Disposition").partition(";")[0].strip().lower()
    return disposition != "attachment" and not _name_of(part)


def _name_of(part: EmailMessage) -> str:
    try:
        name = part.get_filename("")
    except Exception:  # what its parameters can raise has no end
        return ""
    return file_name(decoded(name))
