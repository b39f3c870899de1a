"""The page of `duplicates --report`: all of it, nothing from elsewhere, hostile texts too."""

from __future__ import annotations

import csv
import html
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.adapters.text import SnowballWords
from helpdesk_core.cli import main, page_parts, pages
from helpdesk_core.cli.marks import Mark, marked, nearly_same
from helpdesk_core.duplicates import words
from html_pages import Page, luminance

ROWS = [
    ("A", "No ink in printer 7", "The printer is out of ink since Monday.", "ink"),
    ("B", "A flood in the cellar", "Water everywhere.", ""),
    ("C", "NO INK in Printer 7!", "The printer is out of ink since a week", "ink"),
    ("D", "Reinstall VPN client", "It drops each hour, after the updates.", ""),
    ("E", "Reinstalling the VPN client", "After the update it drops every hour", ""),
]


def page_of(folder: Path, rows: list[tuple[str, ...]], *options: str) -> Page:
    """The page about these rows."""
    source, target = folder / "rows.csv", folder / "page.html"
    with source.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("key", "title", "text", "of"), *rows])
    columns = ("--title", "title", "--text", "text", "--id", "key")
    asked = ["duplicates", str(source), *columns, "--report", str(target), *options]
    assert main(asked) == 0
    return Page(target.read_text(encoding="utf-8"))


def marks_of(page: Page) -> list[str]:
    """What is marked in titles and texts."""
    return [text for within, text in page.texts if within[-1:] == ("mark",) and "article" in within]


# --- the page ------------------------------------------------------------------------------------


def test_pairs_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """M2: each pair is there, words in common marked as they stand, with ratings and shares."""
    page = page_of(tmp_path, ROWS, "--labels", "of", "--threshold", "0.3")
    assert "the pairs side by side" in capsys.readouterr().out
    assert "2 groups with 2 duplicates at a rating of 0.3 or more, among 5 tickets" in page.text
    assert "known duplicates" in page.text
    assert "not known to be duplicates" in page.text
    assert "recall@10 1.000" in page.text
    assert {"INK", "Printer", "7", "Reinstall", "Reinstalling", "VPN"} <= set(marks_of(page))
    assert "Water" not in page.text
    near = [
        attrs.get("class") == "near"
        for attrs, text in zip(page.all("mark")[3:], marks_of(page), strict=True)
        if text.startswith("Reinstall")
    ]
    assert near == [True, True], "nearly the same words"
    common = {
        text.lower(): attrs.get("class") == "common"
        for attrs, text in zip(page.all("mark")[3:], marks_of(page), strict=True)
    }
    assert (common["ink"], common["the"]) == (False, True), "words that are everywhere"
    for share in ("subject 0.", "description 0.", "team 0."):
        assert share in page.text
    assert page.text.count("parts of words 0.") == len(page.all("article")) == 2


def test_stems_are_understood(tmp_path: Path) -> None:
    """M1: with a language, words with one stem are marked as the same, each as it stands."""
    marks = marks_of(page_of(tmp_path, ROWS, "--language", "english", "--threshold", "0.3"))
    assert {"Reinstall", "Reinstalling", "update", "updates"} <= set(marks)


def test_forms_of_a_word_in_common_are_nearly_the_same(tmp_path: Path) -> None:
    """M1: without a language too, a form of a word that both have is marked, as nearly the same."""
    rows = [("1", "printer jam", "two printers", ""), ("2", "printer", "", "")]
    page = page_of(tmp_path, rows, "--threshold", "0.1")
    assert marks_of(page) == ["printer", "printers", "printer"]
    assert [attrs.get("class") for attrs in page.all("mark")[3:]] == [None, "near", None]


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    """No script, font, picture or style comes from elsewhere, and none could."""
    page = page_of(tmp_path, ROWS)
    assert not {"script", "link", "img", "iframe", "object", "form", "base", "svg"} & {
        tag for tag, _ in page.tags
    }
    assert not re.search(r"url\(|@import|https?:|javascript:", page.source)
    (policy,) = [a["content"] for a in page.all("meta") if "http-equiv" in a]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert all(not name.startswith("on") for _, attrs in page.tags for name in attrs)


def test_the_page_can_be_used_by_keyboard_and_read_aloud(tmp_path: Path) -> None:
    """Landmarks, headings in order, names for parts, and links that lead to what is there."""
    page = page_of(tmp_path, ROWS, "--labels", "of", "--explain")
    (html,) = page.all("html")
    assert html["lang"] == "en"
    for once in ("header", "nav", "main", "footer", "h1", "title"):
        assert len(page.all(once)) == 1, once
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [str(attrs["href"]) for attrs in page.all("a")]
    assert links[0] == "#pairs", "first of all past the contents"
    assert {link[1:] for link in links} <= set(ids)
    assert {attrs["aria-labelledby"] for _, attrs in page.tags if "aria-labelledby" in attrs} <= {
        *ids
    }
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all("scope" in attrs for attrs in page.all("th"))
    assert "width=device-width, initial-scale=1" in [a.get("content") for a in page.all("meta")]
    sections = [attrs["id"] for attrs in page.all("section") if "id" in attrs]
    assert [link[1:] for link in links if link[1:] in sections] == sections, "the contents"


def test_colours_can_be_told_apart() -> None:
    """In light and in dark, text has a contrast of 4.5 at least (AA), bars and marks of 3."""
    light, dark = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", page_parts.STYLE, re.DOTALL)
    )
    assert light.keys() == dark.keys()
    for colors in (light, dark):
        pairs = [(name, paper, 4.5) for name in ("ink", "quiet", "link", "yes", "no")
                 for paper in ("paper", "panel", "common")]  # fmt: skip
        pairs += [("same-ink", "same", 4.5), ("near", "panel", 3), ("bar", "line", 3)]
        for one, other, least in pairs:
            lower, higher = sorted([luminance(colors[one]), luminance(colors[other])])
            assert (higher + 0.05) / (lower + 0.05) >= least, (one, other)


def test_no_groups_is_a_page_too(tmp_path: Path) -> None:
    """M3: where nothing is alike, the page says so."""
    page = page_of(tmp_path, ROWS[:2])
    assert "No two are that much alike." in page.text
    assert page.all("article") == []


def test_what_does_not_fit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many pairs, or characters of a text, it is told how much is left."""
    monkeypatch.setattr("helpdesk_core.cli.duplicates.PAIRS_LIMIT", 3)
    rows = [(f"{n}", f"same {'x' * (n // 3 + 3)}", "word " * 1_000, "") for n in range(9)]
    page = page_of(tmp_path, rows, "--threshold", "0.9")
    assert len(page.all("article")) == 3
    assert "Only the first 3 pairs are on this page; 3 are not." in page.text
    assert "3 groups with 6 duplicates" in page.text
    assert page.text.count("… and 3,000 more characters, not shown.") == 6
    assert len(page.source) < 100_000


# --- hostile texts -------------------------------------------------------------------------------

NASTY = st.lists(
    st.one_of(
        st.sampled_from(["<b>", "</p>", '"><i>', "'><i>", "<!--", "&lt;", "&amp;"]),
        st.sampled_from("<>&\"'$`{}%\u202e\u2066\u200f\u0301\u0085 \n印刷ก"),
        st.characters(codec="utf-8", exclude_categories=["Cs"]),
    ),
    max_size=30,
).map("".join)


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror='alert(1)'>",
        "</title></style></p></article></main>",
        "$title ${file} $$ %s {title}",
        "<!-- -- > <![CDATA[ &amp; &lt; &#60;script&#62;",
        "pay \u202egnp.exe\u2066 \u2069now\u202c",
    ],
)
def test_hostile_texts_are_texts(hostile: str, tmp_path: Path) -> None:
    """Whatever a file holds is shown as text: it opens no tag, fills no place, turns nothing."""
    rows = [(f"{hostile} {n}", f"{hostile} printer", f"{hostile} ink", hostile) for n in (1, 2)]
    page = page_of(tmp_path, rows, "--labels", "of", "--explain", "--team", "of")
    assert page.text.count(" ".join(turned(hostile).split())) >= 6
    allowed = {tag for tag, _ in page_of(tmp_path, ROWS, "--labels", "of", "--explain").tags}
    assert {tag for tag, _ in page.tags} <= allowed | {"p"}
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.source)
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]


def turned(text: str) -> str:
    """As it is shown: characters that turn the writing around, by their numbers."""
    return re.sub("[\u202a-\u202e\u2066-\u2069]", lambda found: f"U+{ord(found[0]):04X}", text)


def test_any_value_is_escaped() -> None:
    """In each place of each template any value is read as it is written, and no tag more."""
    templates = {
        name: template
        for name, template in vars(page_parts).items()
        if isinstance(template, page_parts.Template) and name != "PAGE"
    }
    assert len(templates) > 10

    @given(NASTY, st.sampled_from(sorted(templates)))
    def check(value: str, name: str) -> None:
        template = templates[name]
        names = template.get_identifiers()
        page = Page(pages.filled(template, **dict.fromkeys(names, value)))
        plain = Page(pages.filled(template, **dict.fromkeys(names, "plain")))
        odd = ("span", {"class": "odd"})
        # Within a tag there are numbers only; whatever stood there would be text, and no tag.
        there = html.unescape(pages.filled(page_parts.Template("$value"), value=value))
        assert [tag for tag in page.tags if tag != odd] == [
            (tag, {a: v if v is None else v.replace("plain", there) for a, v in at.items()})
            for tag, at in plain.tags
        ]

    check()


# --- marks ---------------------------------------------------------------------------------------


def test_marks_lose_nothing() -> None:
    """M1: the parts of a marked text are the text, and what is marked is said by the words."""

    @given(NASTY, NASTY)
    def check(text: str, other: str) -> None:
        same = set(words(other))
        parts = marked(text, dict.fromkeys(same, Mark.SAME), words)
        assert "".join(part for part, _ in parts) == text
        kinds = [mark for _, mark in parts]
        assert all(a is not b for a, b in pairwise(kinds))
        for part, mark in parts:
            if mark is Mark.SAME:
                assert same & {word for at in range(len(part)) for word in words(part[at:])}
        if not text.strip(">\n ") or "\n" in text or any(c.isdigit() for c in text):
            return  # what is left out as noise may be marked: it stands there all the same
        assert any(mark is Mark.SAME for mark in kinds) or not same & set(words(text))

    check()


@pytest.mark.parametrize(
    ("text", "same", "expected"),
    [
        ("No INK, no inks!", {"ink"}, ["INK"]),
        ("RÉSEAU e\u0301tage", {"reseau", "etage"}, ["RÉSEAU", "e\u0301tage"]),
        ("印刷機が故障", {"刷機", "機が"}, ["刷機が"]),
        ("A印B", {"印"}, ["印"]),
        ("ﬁne ½", {"fine", "2"}, ["ﬁne", "½"]),
        ("printer-ink", {"ink"}, ["ink"]),
        ("x" * 70, {"x" * 64}, ["x" * 70]),
        ("nothing", set(), []),
        ("", {"ink"}, []),
    ],
)
def test_words_are_marked_as_they_stand(text: str, same: set[str], expected: list[str]) -> None:
    """M1: whatever case, accents, form or script, a word is marked as it stands in the text."""
    marks = dict.fromkeys(same, Mark.SAME)
    assert [part for part, mark in marked(text, marks, words) if mark] == expected


def test_stems_are_marked_as_they_stand() -> None:
    """M1: with stems, each form of a word is marked; nearly the same ones in another way."""
    english = SnowballWords("english")
    marks = {"print": Mark.SAME, "printer": Mark.NEAR, "no": Mark.COMMON}
    text = "Printers print printing; no prints"
    assert [part for part in marked(text, marks, english) if part[1]] == [
        ("Printers", Mark.NEAR),
        ("print", Mark.SAME),
        ("printing", Mark.SAME),
        ("no", Mark.COMMON),
        ("prints", Mark.SAME),
    ]
    assert nearly_same({"reinstall", "no"}, {"reinstalled", "not"}) == {"reinstall", "reinstalled"}
    assert nearly_same({"reinstall"}, {"installment", "stall"}) == set()


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        ("rows.csv", "rows.csv: the name of a report must end in .html"),
        ("none/page.html", "none: is not a folder"),
        ("folder.html", "folder.html: is a folder"),
    ],
)
def test_reports_that_cannot_be_written(
    report: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report that would go nowhere, or over what is no page, is refused by name."""
    (tmp_path / "folder.html").mkdir()
    source = tmp_path / "rows.csv"
    source.write_text("title\nNo ink\n")
    options = ("--title", "title", "--report", str(tmp_path / report))
    assert main(["duplicates", str(source), *options]) == 2
    assert problem in capsys.readouterr().err
    assert source.read_text() == "title\nNo ink\n"
