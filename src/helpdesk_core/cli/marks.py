"""Words as they stand in a text, with whether another text has them too (M1, M2)."""

from __future__ import annotations

import enum
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from helpdesk_core.duplicates.contents import Splitter, pieces
from helpdesk_core.duplicates.words import normalise, runs

_WORDS = re.compile("w+|s")
_ALIKE = 0.5  # of the pieces of two words, so many in common: nearly the same


class Mark(enum.IntEnum):
    """Whether another text has a word too: not, nearly, it does as many do, or it does."""

    NONE = 0
    NEAR = 1
    COMMON = 2
    SAME = 3


class _Shapes(dict[int, str]):
    """A table for `str.translate`: `w` for a part of a word, `s` for one without spaces."""

    def __missing__(self, code: int) -> str:
        found = [spaceless for _, spaceless in runs(normalise(chr(code)))]
        self[code] = shape = " " if not found else "s" if any(found) else "w"
        return shape


_SHAPES = _Shapes()


def marked(text: str, marks: Mapping[str, Mark], split: Splitter) -> list[tuple[str, Mark]]:
    """The text in parts; `marks` are those of words as `split` gives them.

    >>> from helpdesk_core.duplicates import words
    >>> [part for part, mark in marked("No INK, no paper", {"ink": Mark.SAME}, words) if mark]
    ['INK']
    """
    found = [Mark.NONE] * len(text)
    known: dict[str, Mark] = {}
    for start, end in _places(text):
        word = text[start:end]
        mark = known.get(word)
        if mark is None:
            mark = max((marks.get(term, Mark.NONE) for term in split(word)), default=Mark.NONE)
            known[word] = mark
        if mark:
            found[start:end] = [mark] * (end - start)
    parts: list[tuple[str, Mark]] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or found[end] is not found[start]:
            parts.append((text[start:end], found[start]))
            start = end
    return parts


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Where words stand; of scripts without spaces, where each pair of characters does."""
    shapes = text.translate(_SHAPES)
    for found in _WORDS.finditer(shapes):
        start, end = found.span()
        if found[0] == "s":
            alone = "s" not in (shapes[start - 1 : start], shapes[end : end + 1])
            if not alone and shapes[end : end + 1] != "s":
                continue  # the second of a pair
            end += not alone
        yield start, end


def nearly_same(ones: Collection[str], others: Collection[str]) -> set[str]:
    """Words of either text that have half of their pieces in common with one of the other.

    >>> sorted(nearly_same({"reinstall", "ink"}, {"reinstalling", "inc"}))
    ['reinstall', 'reinstalling']
    """
    holders: defaultdict[int, list[str]] = defaultdict(list)
    pieces_of = {word: frozenset(pieces(word)) for word in (*ones, *others)}
    for word in others:
        for piece in pieces_of[word]:
            holders[piece].append(word)
    found: set[str] = set()
    for word in ones:
        shared: defaultdict[str, int] = defaultdict(int)
        for piece in pieces_of[word]:
            for other in holders[piece]:
                shared[other] += 1
        for other, count in shared.items():
            if count >= _ALIKE * max(len(pieces_of[word]), len(pieces_of[other])):
                found |= {word, other}
    return found
