"""Which tickets hold a word: the lists from which candidates are found (M1).

Tickets are known here by their places, small numbers that are given out again; words by numbers
too. Neither shows in what is found.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

from helpdesk_core.duplicates.contents import (
    Content,
    Weights,
    information,
    measure,
    pack,
    pieces,
)
from helpdesk_core.duplicates.ranking import OWN

SUBJECT = 1.2  # what a word of the subject counts beyond the same in the description, when looking


def rounded(number: int) -> int:
    """A number up to its first six binary digits: what is known of it stays longer.

    >>> rounded(63), rounded(1000), rounded(1001)
    (63, 1008, 1008)
    """
    low = number.bit_length() - 6
    return number if low <= 0 else ((number >> low) + 1) << low


class Spares:
    """Numbers to give out again, once nobody asks who may mean by them what they stood for."""

    def __init__(self) -> None:
        self.askers = 0
        self._spare: list[int] = []
        self._waiting: list[int] = []

    def take(self) -> int | None:
        if not self.askers:
            self._spare += self._waiting
            self._waiting.clear()
        return self._spare.pop() if self._spare else None

    def give(self, number: int) -> None:
        self._waiting.append(number)


class Vocabulary:
    """The words that tickets hold, as numbers."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.holders = array("I")
        self._numbers: dict[str, int] = {}
        self._pieces: list[Sequence[int]] = []
        self.spare = Spares()

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def number(self, word: str) -> int | None:
        return self._numbers.get(word)

    def known(self, words: Iterable[str]) -> list[int | str]:
        """Their numbers, to ask with; words that nobody holds stay words."""
        numbers = self._numbers
        return [numbers.get(word, word) for word in words]

    def take(self, words: Iterable[str]) -> array[int]:
        """Their numbers, to keep: one more ticket holds each of them."""
        numbers = self._numbers
        taken = array("I")
        for word in words:
            number = numbers.get(word)
            if number is None:
                number = self._new(word)
            self.holders[number] += 1
            taken.append(number)
        return taken

    def give_back(self, numbers: Iterable[int]) -> None:
        """One ticket less holds each of them; no trace stays of those that nobody holds (M1)."""
        for number in numbers:
            self.holders[number] -= 1
            if not self.holders[number]:
                del self._numbers[self.words[number]]
                self.words[number], self._pieces[number] = "", ()
                self.spare.give(number)

    def pieces(self, term: int | str) -> Sequence[int]:
        return pieces(term) if isinstance(term, str) else self._pieces[term]

    @property
    def pieces_of_numbers(self) -> Callable[[int], Sequence[int]]:
        """The same for numbers only, and faster."""
        return self._pieces.__getitem__

    def spelled(self, term: int | str) -> str:
        return term if isinstance(term, str) else self.words[term]

    def _new(self, word: str) -> int:
        number = self.spare.take()
        if number is None:
            number = len(self.words)
            self.words.append(word)
            self.holders.append(0)
            self._pieces.append(())
        self.words[number] = word
        self._numbers[word] = number
        self._pieces[number] = array("I", pieces(word))
        return number


class Sayings(dict[Any, int], ABC):
    """How much each word says among some tickets, packed; worked out when asked, then kept.

    So are the measures of tickets. Both are kept as long as they are what they would be when worked
    out anew: a change moves `_now`, and the words that say something else since are marked with it.
    """

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self._weights = weights
        self._size = 0
        self._now = self._all_changed = 0
        self._changed = array("I")

    @abstractmethod
    def holders(self, term: Any) -> int:
        """How many of them hold it."""

    @abstractmethod
    def holders_of(self, numbers: Iterable[int]) -> Iterable[int]:
        """How many of them hold each of some words that are kept; the same, and faster."""

    def said(self, term: Any) -> float:
        return information(rounded(self.holders(term)), self._size)

    def __missing__(self, term: Any) -> int:
        packed = pack(self.said(term), self._weights)
        if isinstance(term, int):  # words never seen come without end: they are not kept
            self[term] = packed
        return packed

    def measured(self, content: Content) -> tuple[int, float]:
        """The measures of a ticket that is kept: see `measure`."""
        known = content.measured
        if known is not None and known[0] is self:
            since = known[1]
            if since == self._now or (
                since >= self._all_changed
                and max(map(self._changed.__getitem__, content.terms)) <= since
            ):
                return known[2:]
        length, chance = measure(content, self.__getitem__)
        content.measured = self, self._now, length, chance
        return length, chance

    def all_changed(self, tickets: int) -> None:
        """Of so many tickets now, everything is worked out anew when asked."""
        self._now += 1
        self._all_changed = self._now
        self._size = rounded(tickets)
        self.clear()

    def changed(self, terms: Sequence[int], tickets: int, *, more: bool) -> None:
        """Of so many tickets now, one more or one less holds these words."""
        if self._size == rounded(tickets):
            self._now += 1
        else:
            self.all_changed(tickets)
        if not terms:
            return
        self._changed.extend([0] * (max(terms) + 1 - len(self._changed)))
        now, changed, forget = self._now, self._changed, self.pop
        for term, most in zip(terms, self.holders_of(terms), strict=True):
            if not more:
                most += 1
            if most < 64 or not most & ((1 << most.bit_length() - 6) - 1):  # rounded to another
                changed[term] = now
                forget(term, None)


class Shelf(Sayings):
    """The tickets of one team, by the words in them."""

    def __init__(self, weights: Weights) -> None:
        super().__init__(weights)
        self.tickets = 0
        self._in_text: dict[int, array[int]] = {}
        self._in_subject: dict[int, array[int]] = {}

    def holders(self, term: Any) -> int:
        return len(self._in_text.get(term, ()))

    def holders_of(self, numbers: Iterable[int]) -> Iterable[int]:
        return map(len, map(self._in_text.get, numbers, repeat(())))

    def add(self, place: int, content: Content) -> None:
        self.tickets += 1
        for number in content.terms:
            _put(self._in_text, number, place)
        for number, _ in zip(content.terms, content.subject, strict=False):
            _put(self._in_subject, number, place)
        self._follow(content, more=True)

    def remove(self, place: int, content: Content) -> None:
        self.tickets -= 1
        for number in content.terms:
            _take(self._in_text, number, place)
        for number, _ in zip(content.terms, content.subject, strict=False):
            _take(self._in_subject, number, place)
        self._follow(content, more=False)

    def _follow(self, content: Content, *, more: bool) -> None:
        if self.tickets < OWN:  # nobody asks what is common here: no word has its place
            self.all_changed(self.tickets)
        else:
            self.changed(content.terms, self.tickets, more=more)

    @property
    def lists(self) -> tuple[dict[int, array[int]], dict[int, array[int]]]:
        """Who holds a word in any text, and who in the subject."""
        return self._in_text, self._in_subject


class Everybody(Sayings):
    """All tickets, by the words that their vocabulary counts."""

    def __init__(self, weights: Weights, vocabulary: Vocabulary) -> None:
        super().__init__(weights)
        self._vocabulary = vocabulary

    def holders(self, term: Any) -> int:
        return 0 if isinstance(term, str) else self._vocabulary.holders[term]

    def holders_of(self, numbers: Iterable[int]) -> Iterable[int]:
        return map(self._vocabulary.holders.__getitem__, numbers)


class TermWeights(Mapping[str, float]):
    """How much each word of an index counts: the rarer, the more (M1).

    Goes with the index as it changes. A word that the index never saw counts the most.
    """

    def __init__(self, vocabulary: Vocabulary, sayings: Sayings) -> None:
        self._vocabulary = vocabulary
        self._sayings = sayings

    def __getitem__(self, word: str) -> float:
        number = self._vocabulary.number(word)
        return self._sayings.said(word if number is None else number)

    def __iter__(self) -> Iterator[str]:
        return iter(self._vocabulary)

    def __len__(self) -> int:
        return len(self._vocabulary)


def look(
    shelves: Sequence[Shelf], parts: Sequence[tuple[int, int]], effort: int
) -> tuple[dict[int, int], bool]:
    """Places of tickets that may be alike, and roughly how much; whether that is all of them.

    `parts` are words, the rarest first, as (number, what it counts). So many entries of the lists
    are read, twice: in any text, and in subjects, whose lists are short, so that they reach words
    that are more common.
    """
    found: dict[int, int] = {}
    get = found.get  # twice as fast as a defaultdict
    every = True
    for which, scale in enumerate((1.0, SUBJECT)):
        left = effort
        lists = [shelf.lists[which] for shelf in shelves]
        for number, counts in parts:
            held = [places for by_word in lists if (places := by_word.get(number))]
            left -= sum(map(len, held))
            if left < 0 and found:
                every = False
                break
            count = int(counts * scale)
            for places in held:
                for place in places:
                    found[place] = get(place, 0) + count
    return found, every


def best(found: dict[int, int], limit: int) -> tuple[list[int], list[int]]:
    """The places that count the most, and those that tie for what is left of the limit."""
    if len(found) <= limit:
        return list(found), []
    least = sorted(found.values())[-limit]  # faster than a heap of so many
    return (
        [place for place, count in found.items() if count > least],
        [place for place, count in found.items() if count == least],
    )


def _put(lists: dict[int, array[int]], number: int, place: int) -> None:
    places = lists.get(number)
    if places is None:
        lists[number] = array("I", (place,))
    elif place > places[-1]:
        places.append(place)
    else:
        places.insert(bisect_left(places, place), place)


def _take(lists: dict[int, array[int]], number: int, place: int) -> None:
    """Take a place out of a list, and an empty list out of all, so that no trace stays (M1)."""
    places = lists[number]
    del places[bisect_left(places, place)]
    if not places:
        del lists[number]
