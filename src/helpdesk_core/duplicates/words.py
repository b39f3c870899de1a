"""Text as words, whatever its case, accents and Unicode form (M1, M5)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from helpdesk_core.duplicates.noise import without_noise
from helpdesk_core.entities import Id, Ticket

TEXT_LIMIT = 10_000  # characters of a text, normalised, that are looked at
WORD_LIMIT = 64  # letters of a word
_SLICE = 4096

#: Marks that are an accent when they stand on a Latin, Greek or Cyrillic letter; on other letters
#: they are a part of the writing, a vowel say, and stay.
_ACCENTS = re.compile(
    "(?<=[A-Za-z\u00aa-\u02b8\u0370-\u052f\u1c80-\u1c8f\u1d00-\u1dbf\u1e00-\u1fff\u2c60-\u2c7f"
    "\ua640-\ua69f\ua720-\ua7ff\uab30-\uab6f])"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u2de0-\u2dff"
    "\ua66f-\ua67d\ufe20-\ufe2f]+"
)

#: Scripts that put no space between words: they are compared by pairs of characters.
_SPACELESS = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
)


class _WordCharacters(dict[int, int | str]):
    """A table for `str.translate`: letters, marks and digits stay, everything else is a space."""

    def __missing__(self, code: int) -> int | str:
        kept = unicodedata.category(chr(code))[0] in "LMN"
        self[code] = value = code if kept else " "
        return value


_WORD_CHARACTERS = _WordCharacters()
_DOTLESS = str.maketrans("ı", "i")  # "ı" in capitals is "I": without this, case would show


def normalise(text: str) -> str:
    """The text without case, accents, and differences of Unicode form (M1).

    Marks are taken from Latin, Greek and Cyrillic letters only.

    >>> normalise("Imprimante EN PANNE à l’Étage"), normalise("STRASSE") == normalise("Straße")
    ('imprimante en panne a l’etage', True)
    """
    if text.isascii():
        return text.lower()
    # What is decomposed can be folded, and what is folded be decomposed further.
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFKD", text).translate(_DOTLESS)
    return unicodedata.normalize("NFC", _ACCENTS.sub("", text))


def beginning(text: str, limit: int = TEXT_LIMIT) -> str:
    """The beginning of a text, normalised; of a long one no more than that is worked on.

    >>> beginning("No INK", 4)
    'no i'
    """
    found = ""
    start = 0
    while start < len(text) and len(found) < limit:
        end = start + _SLICE
        while end < len(text) and _goes_on(text[end]):
            end += 1
        found += normalise(text[start:end])
        start = end
    return found[:limit]


def _goes_on(character: str) -> bool:
    """Whether it may become one with what comes before it, so that no text is cut there."""
    first = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"


def words(text: str) -> list[str]:
    """The words of a text as they are compared, in order, without what says nothing.

    Of a long text the first 10,000 characters are looked at, of a long word the first 64.

    >>> words("No ink, NO paper!"), words("印刷機が故障")
    (['no', 'ink', 'no', 'paper'], ['印刷', '刷機', '機が', 'が故', '故障'])
    """
    found: list[str] = []
    for run, spaceless in runs(without_noise(beginning(text))):
        if spaceless:
            found += pairs(run)
        else:
            found.append(run[:WORD_LIMIT])
    return found


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """The runs of letters and digits in a normalised text, and of each whether it has no spaces.

    >>> list(runs("2 印刷機"))
    [('2', False), ('印刷機', True)]
    """
    for run in text.translate(_WORD_CHARACTERS).split():
        if run.isascii():
            yield run, False
            continue
        for number, part in enumerate(_SPACELESS.split(run)):
            if part:
                yield part, number % 2 == 1


def pairs(run: str) -> list[str]:
    """The pairs of characters in a run that has no spaces; of a single one, that one.

    >>> pairs("印刷機"), pairs("印")
    (['印刷', '刷機'], ['印'])
    """
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def fingerprint(ticket: Ticket) -> str:
    """A digest of what the rating looks at: as long as it stays, a discard holds (M5).

    >>> import attrs
    >>> from helpdesk_core import Ticket
    >>> from datetime import datetime, UTC
    >>> ticket = Ticket(id="T-1", team_id="support", stage_id="new", subject="No ink",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> fingerprint(ticket) == fingerprint(attrs.evolve(ticket, id="T-2", subject="NO INK!"))
    True
    """
    customer = ticket.customer_id
    parts = (
        " ".join(sorted(words(ticket.subject))),
        " ".join(sorted(words(ticket.description))),
        "" if customer is None else f"{type(customer).__name__} {customer}",
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def id_key(id: Id) -> tuple[str, Any]:
    """A key that puts ids in order, whatever their type.

    >>> sorted([10, 9, "a"], key=id_key)
    [9, 10, 'a']
    """
    return type(id).__name__, id
