"""Words of a language by their stems: the extra `text`."""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock

import snowballstemmer

from helpdesk_core.duplicates import normalise, words
from helpdesk_core.errors import InvalidValueError

_KEPT = 100_000  # stems that are remembered: a language has no more, what people type has


class SnowballWords:
    """The words of a text by their stems, for `SimilarityIndex(split=...)`; a language is named.

    Stop words are left out when they are given. Where there is no reason to, give none: how common
    a word is counts anyway, and the lists that go around hold words that mean something in tickets.

    >>> SnowballWords("english")("Printers printing: no ink")
    ['printer', 'print', 'no', 'ink']
    >>> SnowballWords("english", stop_words=["No", "the"])("no ink")
    ['ink']
    """

    def __init__(self, language: str, *, stop_words: Collection[str] = ()) -> None:
        if language not in snowballstemmer.algorithms():
            raise InvalidValueError("language", "has no stemmer")
        self._stem = snowballstemmer.stemmer(language).stemWord
        self._stop_words = frozenset(map(normalise, stop_words))
        self._stems: dict[str, str] = {}
        self._lock = Lock()  # a stemmer works on one word at a time

    def __call__(self, text: str) -> list[str]:
        found = words(text)
        if self._stop_words:
            found = [word for word in found if word not in self._stop_words]
        stems = self._stems
        try:
            return [stems[word] for word in found]
        except KeyError:
            with self._lock:
                if len(stems) + len(found) > _KEPT:
                    stems = self._stems = {}
                for word in found:
                    if word not in stems:
                        stems[word] = self._stem(word)
                return [stems[word] for word in found]
