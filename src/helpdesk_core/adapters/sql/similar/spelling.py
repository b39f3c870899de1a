"""Words as both databases keep them, whatever a host's splitter gives: none is split or folded.

A word of small Latin letters, digits and whatever is beyond ASCII stays as it is. Any other one is
spelled out, with a character of private use before it that stands in no plain word; so are the
words by which an index knows a ticket, which say in which team it is, and whether the word is in
the subject.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator, Sequence

from helpdesk_core.duplicates.contents import Content, pieces

_PLAIN = re.compile("[a-z0-9\u0080-\ud7ff\uf900-\U0010ffff]+")
_SPELLED, _DIGEST = "\ue000", "\ue001"
#: What stands between a word and the number of a team in an index.
IN_TEXT, IN_SUBJECT = "\ue002", "\ue003"
#: Letters of a word beyond which it is found by its digest: an index has its limits.
LONG = 256


def kept(word: str) -> str:
    r"""The word as it is kept; `spelled` gives it back.

    >>> kept("ink"), kept("né"), kept("A B") == "\ue000" + "412042"
    ('ink', 'né', True)
    """
    if _PLAIN.fullmatch(word):
        return word
    return _SPELLED + word.encode("utf-8", "surrogatepass").hex()


def spelled(term: str) -> str:
    """The word that is kept like this.

    >>> spelled(kept("A B")), spelled("ink")
    ('A B', 'ink')
    """
    if not term.startswith(_SPELLED):
        return term
    return bytes.fromhex(term[1:]).decode("utf-8", "surrogatepass")


def key(term: str) -> str:
    """By what a kept word is looked for."""
    if len(term) <= LONG:
        return term
    return _DIGEST + hashlib.sha256(term.encode()).hexdigest()


@functools.lru_cache(maxsize=16_384)
def pieces_of(term: str) -> Sequence[int]:
    """The pieces of a kept word; of those that come again and again they are worked out once."""
    return tuple(pieces(spelled(term)))


def index_words(content: Content, team: int) -> Iterator[str]:
    """The words by which an index finds a ticket of this team."""
    for term in content.terms:
        yield f"{key(term)}{IN_TEXT}{team}"
    for term, _ in zip(content.terms, content.subject, strict=False):
        yield f"{key(term)}{IN_SUBJECT}{team}"


def question(
    terms: Sequence[str], where: str, teams: Sequence[int] | None, *, postgresql: bool
) -> str:
    """What finds those that hold all of some words there, in one of these teams or in any.

    >>> question(["ink"], "/", [7], postgresql=True), question(["ink"], "/", None, postgresql=True)
    ("'ink/7'", "'ink/':*")
    >>> question(["no", "ink"], "/", [7, 8], postgresql=False)
    '("no/7" OR "no/8") AND ("ink/7" OR "ink/8")'
    """
    quote, or_, and_ = ("'", "|", "&") if postgresql else ('"', " OR ", " AND ")

    def one(term: str) -> str:
        word = f"{quote}{key(term)}{where}"
        if teams is None:
            return f"{word}{quote}:*" if postgresql else f"{word}{quote} *"
        its = or_.join([f"{word}{number}{quote}" for number in teams])
        return f"({its})" if len(teams) > 1 else its

    return and_.join(map(one, terms))
