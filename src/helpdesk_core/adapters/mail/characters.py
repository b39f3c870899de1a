"""Bytes of a mail to text that can be kept: whatever a mail says of its characters, or does not."""

from __future__ import annotations

import re
import unicodedata

_NOT_KEPT = re.compile(r"[\x00-\x08\x0e-\x1f\ud800-\udfff]")
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029][\x00-\x20\x7f-\x9f\u2028\u2029]*")
# Names in mails that mean more than Python knows under them, or that it does not know.
_MEANT = {
    "": "ascii",
    "us-ascii": "ascii",
    "iso-8859-1": "cp1252",  # as every browser reads it
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "windows-874": "cp874",
    "x-mac-roman": "mac-roman",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
}
# What Python has under these is no character set, and some of it takes for ever.
_NONE = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
_SINGLE_BYTES = ("ascii", "cp125", "windows-125", "iso-8859", "koi8", "latin")


def text_of(content: bytes, charset: str | None) -> str:
    """The text that these bytes are; what is not in the charset is replaced, never refused.

    A charset that is unknown, or in which this is nothing, is UTF-8 where it can be, as most mails
    are, and Windows' Latin else. So is one of single bytes: their text is never UTF-8 by chance.

    >>> text_of("caffè".encode(), None), text_of(b"caff\\xe8", "x-unknown")
    ('caffè', 'caffè')
    """
    name = (charset or "").strip().strip("'\"").lower()
    name = _MEANT.get(name, name).replace("_", "-")
    known = name not in _NONE and _is_known(name)
    if known and not name.startswith(_SINGLE_BYTES):
        try:
            return content.decode(name)
        except ValueError:
            pass
    try:
        return content.decode()
    except ValueError:
        return content.decode(name if known and name != "ascii" else "cp1252", "replace")


def _is_known(name: str) -> bool:
    try:
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return False
    return True


def kept_text(text: str) -> str:
    """The text without what `check_text` refuses, with one kind of line end.

    >>> kept_text("a\\x00b\\r\\nc\\x0cd")
    'ab\\nc\\nd'
    """
    text = (
        text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    )
    return _NOT_KEPT.sub("", text)


def one_line(text: str) -> str:
    """The text as one line, without control characters and halves of characters.

    >>> one_line("no\\r\\n ink\\x00 left ")
    'no ink left'
    """
    text = _NOT_IN_A_LINE.sub(" ", text)
    return _NOT_KEPT.sub("", text).strip()


def file_name(text: str) -> str:
    """A name that is only a name: no folders, nothing unseen, at most 255 characters; or nothing.

    >>> file_name("../../etc/passwd"), file_name("..")
    ('passwd', '')
    """
    text = re.split(r"[/\\]", one_line(text))[-1]
    seen = "".join(letter for letter in text if unicodedata.category(letter) not in {"Cc", "Cf"})
    name = seen.strip().lstrip(".").strip()
    if len(name) > 255:
        stem, dot, ending = name.rpartition(".")
        room = 255 - len(dot + ending)
        name = stem[:room] + dot + ending if stem and room > 200 else name[:255]
    return name
