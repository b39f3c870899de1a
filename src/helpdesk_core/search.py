"""The words of a text as a search knows them, what is searched for, and the passage that is shown.

Every store is given the same words and the same question, so that all find the same (V13): what is
a word is decided here, and never by a database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

import attrs

from helpdesk_core.duplicates.words import WORD_LIMIT, beginning, pairs, runs
from helpdesk_core.entities import Ticket
from helpdesk_core.errors import InvalidValueError

#: The most that can be searched for, in characters and in words.
QUERY_LIMIT, QUERY_WORDS = 500, 32
#: So much of a text is searched, in characters, normalised.
SEARCHED = 100_000
#: How long a passage is, in characters, and how much of it comes before what was found.
PASSAGE, BEFORE = 200, 40


def words_in(text: str) -> frozenset[str]:
    """The words by which a text is found: without case, and Latin, Greek and Cyrillic accents.

    Writing without spaces is found by its characters, by two at a time. A word is its first 64
    letters, and of a text the first 100,000 characters are searched.

    >>> sorted(words_in("No INK, né!")), sorted(words_in("印刷機"))
    (['ink', 'ne', 'no'], ['刷機', '印刷', '機'])
    """
    found: set[str] = set()
    for run, spaceless in runs(beginning(text, SEARCHED)):
        if spaceless:
            found.update(pairs(run))
            found.add(run[-1])
        else:
            found.add(run[:WORD_LIMIT])
    return frozenset(found)


def opening_of(ticket: Ticket) -> str:
    """What a ticket was opened with: one text, subject and description."""
    return opening_text(ticket.subject, ticket.description)


def opening_text(subject: str, description: str) -> str:
    """The same of the two fields.

    >>> opening_text("No ink", "Room 7")
    'No ink\\nRoom 7'
    """
    return f"{subject}\n{description}"


@attrs.frozen(kw_only=True)
class Wanted:
    """What is searched for: a text must have all of these words.

    `whole` are words as they are, `beginnings` what at least one word begins with. Both are in the
    form of `words_in`: letters, marks and digits, and nothing that means something to a database.
    """

    whole: frozenset[str] = frozenset()
    beginnings: frozenset[str] = frozenset()

    def matches(self, words: Collection[str]) -> bool:
        """Whether a text with these words is found: the meaning of a search in plain words.

        >>> wanted("ink prin").matches(words_in("The printer has no ink"))
        True
        """
        return self.whole.issubset(words) and all(
            any(word.startswith(start) for word in words) for start in self.beginnings
        )

    def meets(self, words: Collection[str]) -> bool:
        """Whether one of these words is among what is searched for."""
        return not self.whole.isdisjoint(words) or any(
            word.startswith(start) for start in self.beginnings for word in words
        )


def wanted(text: str, *, whole_words: bool = False) -> Wanted:
    """What somebody searches for who typed this: all of the words, the last perhaps not to its end.

    With `whole_words` the last one too is looked for as it is. Raises `InvalidValueError` for a
    text of over 500 characters or 32 words, or without any word.

    >>> wanted("No INK").beginnings, wanted("No INK", whole_words=True).beginnings
    (frozenset({'ink'}), frozenset())
    """
    if type(text) is not str:
        raise InvalidValueError("text", f"must be a str, is {type(text).__name__}")
    if len(text) > QUERY_LIMIT:
        raise InvalidValueError("text", f"must be at most {QUERY_LIMIT} characters")
    whole: list[str] = []
    beginnings: list[str] = []
    last = ""
    for run, spaceless in runs(beginning(text, SEARCHED)):
        if spaceless and len(run) == 1:  # in a text it stands beside another one
            beginnings.append(run)
            last = ""
        else:
            whole += pairs(run) if spaceless else [run[:WORD_LIMIT]]
            last = whole[-1]
    if last and not whole_words:
        beginnings.append(whole.pop())
    if not (whole or beginnings):
        raise InvalidValueError("text", "must have a word in it: a letter or a digit")
    if len({*whole, *beginnings}) > QUERY_WORDS:
        raise InvalidValueError("text", f"must be at most {QUERY_WORDS} words")
    return Wanted(whole=frozenset(whole), beginnings=frozenset(beginnings))


@attrs.frozen(kw_only=True)
class Snippet:
    """A passage of a text, with the places in it of what was found, from and up to."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


def snippet(text: str, what: Wanted) -> Snippet | None:
    r"""The passage around the first of the words searched for; None when it does not have all.

    >>> found = snippet("Good morning,\nthe PRINTER in room 7 has no ink.", wanted("printer ink"))
    >>> found.text, [found.text[start:end] for start, end in found.marks]
    ('Good morning, the PRINTER in room 7 has no ink.', ['PRINTER', 'ink'])
    """
    if not what.matches(words_in(text)):
        return None
    places = _places(text, what)
    first = next(places, (0, 0))
    start = 0
    if first[0] > BEFORE:
        start = first[0] - BEFORE
        space = text.find(" ", start, first[0])
        start = start if space < 0 else space + 1
    end = start + PASSAGE
    marks = [first] if first[1] else []
    for place in places:
        if place[0] >= end:
            break
        marks.append(place)
    passage = _NOT_SHOWN.sub(" ", text[start:end]).rstrip()
    before = "…" if start else ""
    shift = len(before) - start
    return Snippet(
        text=before + passage + ("…" if end < len(text) else ""),
        marks=tuple((at + shift, min(upto, end) + shift) for at, upto in marks),
    )


class _Signs(dict[int, int | str]):
    """A table for `str.translate`: what is a part of a word stays, everything else is a space."""

    def __missing__(self, code: int) -> int | str:
        plain = unicodedata.normalize("NFKD", chr(code))
        kept = any(unicodedata.category(sign)[0] in "LMN" for sign in plain)
        self[code] = value = code if kept else " "
        return value


_SIGNS = _Signs()
_RUN = re.compile(r"[^ ]+")
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _places(text: str, what: Wanted) -> Iterator[tuple[int, int]]:
    """Where in a text the words searched for are, as it is written; in order, none in another."""
    for run in _RUN.finditer(text[:SEARCHED].translate(_SIGNS)):
        if not any(spaceless for _, spaceless in runs(beginning(run[0], SEARCHED))):
            if what.meets(words_in(run[0])):
                yield run.span()
            continue
        start = end = -1
        for at in range(run.start(), run.end()):
            here = words_in(text[at : min(at + 2, run.end())])
            if not what.meets(here):
                continue
            if at > end:
                if end >= 0:
                    yield start, end
                start = at
            end = min(at + 2, run.end())
        if end >= 0:
            yield start, end
