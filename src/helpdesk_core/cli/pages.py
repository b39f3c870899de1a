"""A page of pairs side by side, in one file that needs nothing else (M2, M4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from helpdesk_core.cli import page_parts as parts
from helpdesk_core.cli.known import Quality
from helpdesk_core.cli.marks import Mark, marked, nearly_same
from helpdesk_core.cli.markup import Html, counted, filled, joined
from helpdesk_core.cli.pairs import NearMiss, Pair
from helpdesk_core.cli.rows import cut, title_of
from helpdesk_core.duplicates.contents import Splitter

PAIRS_LIMIT = 500  # on one page
TEXT_LIMIT = 2_000  # characters of a text that are shown
_HEADING_LIMIT = 120  # characters of a title above its group
_WORDS_LIMIT = 12  # words in common that are named one by one
_COMMON = 0.2  # of what the first word gave: below, a word is one of the common ones
_MARKS = {
    Mark.SAME: parts.SAME,
    Mark.COMMON: parts.COMMON,
    Mark.NEAR: parts.NEAR,
    Mark.NONE: parts.PLAIN,
}


@attrs.frozen(kw_only=True)
class Report:
    """What a page is made of: the pairs of each group, which may not be all that there are."""

    file: str
    tickets: int
    threshold: float
    groups: Sequence[Sequence[Pair]]
    duplicates: int  #: in all groups, those that are not on the page too
    all_groups: int
    split: Splitter
    language: str | None = None
    near: Sequence[NearMiss] = ()
    quality: Quality | None = None


def page(report: Report) -> str:
    """The whole page, as HTML."""
    on_it = sum(map(len, report.groups))
    left = report.duplicates - on_it
    sections = joined(
        _group(number, pairs, report.split) for number, pairs in enumerate(report.groups, start=1)
    )
    return filled(
        parts.PAGE,
        style=Html(parts.STYLE),
        file=report.file,
        tickets=counted(report.tickets, "ticket"),
        groups=counted(report.all_groups, "group"),
        duplicates=counted(report.duplicates, "duplicate"),
        threshold=f"{report.threshold:g}",
        left=filled(parts.LEFT, shown=counted(on_it, "pair"), left=f"{left:,}") if left else Html(),
        words=parts.STEMS if report.language else parts.AS_WRITTEN,
        contents=_contents(report),
        quality=_quality(report.quality),
        sections=sections or Html(parts.NOTHING),
        near=_near(report),
    )


def _contents(report: Report) -> Html:
    lines: list[tuple[str, str, str]] = []
    if report.quality is not None:
        lines.append(("quality", "Known duplicates", f"{len(report.quality.places):,} asked"))
    for number, pairs in enumerate(report.groups, start=1):
        count = f"{counted(len(pairs) + 1, 'ticket')}, up to {pairs[0].why.match.rating:.2f}"
        lines.append((f"group-{number}", cut(title_of(pairs[0].master)), count))
    if report.near:
        lines.append(("near", "Nearly", counted(len(report.near), "pair")))
    return joined(filled(parts.LINE, to=to, text=text, count=count) for to, text, count in lines)


def _quality(quality: Quality | None) -> Html:
    if quality is None:
        return Html()
    figures = quality.rows()
    rows = joined(filled(parts.FIGURE, name=name, value=f"{rate:.3f}") for name, rate in figures)
    return filled(parts.QUALITY, asked=f"{len(quality.places):,}", rows=rows)


def _near(report: Report) -> Html:
    if not report.near:
        return Html()
    rows = joined(
        filled(
            parts.NEAR_ROW,
            one=near.ticket.id,
            one_title=cut(title_of(near.ticket)),
            other=near.other.id,
            other_title=cut(title_of(near.other)),
            rating=near.shown,
            reason=near.reason(report.threshold),
        )
        for near in report.near
    )
    return filled(parts.NEARLY, rows=rows)


def _group(number: int, pairs: Sequence[Pair], split: Splitter) -> Html:
    return filled(
        parts.GROUP,
        number=number,
        title=cut(title_of(pairs[0].master), _HEADING_LIMIT),
        count=counted(len(pairs) + 1, "ticket"),
        pairs=joined(
            _pair(f"{number}-{place}", pair, split) for place, pair in enumerate(pairs, start=1)
        ),
    )


def _pair(place: str, pair: Pair, split: Splitter) -> Html:
    marks = _marks(pair, split)
    sides = joined(
        filled(
            parts.TICKET,
            role=role,
            id=ticket.id,
            title=_marked(title_of(ticket), marks, split),
            text=_text(ticket.description.strip(), marks, split),
        )
        for role, ticket in (("Master", pair.master), ("Duplicate", pair.member))
    )
    known = "" if pair.known is None else parts.KNOWN if pair.known else parts.NOT_KNOWN
    shares = joined(
        filled(parts.SHARE, name=name, value=f"{share:.2f}", width=f"{100 * share:.1f}")
        for name, share in pair.why.match.shares.items()
    )
    return filled(
        parts.PAIR,
        place=place,
        id=pair.member.id,
        master=pair.master.id,
        rating=f"{pair.why.match.rating:.2f}",
        known=Html(known),
        sides=sides,
        shares=shares,
        words=_words(pair),
    )


def _words(pair: Pair) -> Html:
    named, others = pair.in_common(_WORDS_LIMIT)
    words = [filled(parts.WORD, word=word, value=f"{gave:.2f}") for word, gave in named]
    return joined(
        words + [filled(parts.REST, what=what, value=f"{gave:.2f}") for what, gave in others]
    )


def _text(text: str, marks: Mapping[str, Mark], split: Splitter) -> Html:
    if not text:
        return Html(parts.NO_TEXT)
    shown = text if len(text) <= TEXT_LIMIT else text[:TEXT_LIMIT].rstrip()
    more = len(text) - len(shown)
    return filled(
        parts.TEXT,
        text=_marked(shown, marks, split),
        more=filled(parts.MORE, more=f"{more:,}") if more else Html(),
    )


def _marks(pair: Pair, split: Splitter) -> dict[str, Mark]:
    """How each word of the two is marked."""
    gave = pair.why.words
    most = max(gave.values(), default=0.0)
    master, member = (
        {word for text in (ticket.subject, ticket.description) for word in split(text)}
        for ticket in (pair.master, pair.member)
    )
    marks = dict.fromkeys(nearly_same(master, member), Mark.NEAR)
    for word, share in gave.items():
        marks[word] = Mark.COMMON if share < _COMMON * most else Mark.SAME
    return marks


def _marked(text: str, marks: Mapping[str, Mark], split: Splitter) -> Html:
    return joined(filled(_MARKS[mark], part=part) for part, mark in marked(text, marks, split))
