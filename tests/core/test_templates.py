"""Templates put named values into text, and nothing else (N4)."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.templates import (
    HTML_LIMIT,
    NAMES_LIMIT,
    SMS_LIMIT,
    SUBJECT_LIMIT,
    TEMPLATE_NAMES,
    TEXT_LIMIT,
    DigestTemplate,
    EmailTemplate,
    Letters,
    LetterTemplate,
    MinimalTemplate,
    Rendered,
    SmsTemplate,
)

pytestmark = pytest.mark.core

ALL_NAMES = sorted(TEMPLATE_NAMES)


@pytest.mark.parametrize("name", ALL_NAMES)
def test_every_name_is_put_in(name: str) -> None:
    """N4: each known name is replaced by its value, with braces or without, in all three texts."""
    mail = EmailTemplate(f"a ${{{name}}} b", f"c ${name}.")
    assert mail.render({name: "VALUE"}) == Rendered(subject="a VALUE b", text="c VALUE.")
    assert SmsTemplate(f"${{{name}}}${name}").render({name: "v"}) == Rendered(text="vv")


@pytest.mark.parametrize("name", ALL_NAMES)
def test_absent_value_is_empty(name: str) -> None:
    """N4: a known name without a value becomes empty text, and rendering never fails."""
    assert SmsTemplate(f"[${{{name}}}]").render({}).text == "[]"
    empty = EmailTemplate(f"[${{{name}}}]", f"[${{{name}}}]").render({})
    assert empty == Rendered(subject="[]", text="[]")


@pytest.mark.parametrize(
    "text",
    [
        "${ticket.body}",
        "${ticket.subjects}",
        "$customer.email",
        "${password.hash}",
        "${stage.name.upper}",
        "${team.name} and ${nobody.there}",
    ],
)
def test_unknown_name_is_an_error_when_made(text: str) -> None:
    """N4: an unknown name is an error that names the field, when the template is made."""
    for field, make in (
        ("subject", lambda: EmailTemplate(text, "fine")),
        ("text", lambda: EmailTemplate("fine", text)),
        ("text", lambda: SmsTemplate(text)),
    ):
        with pytest.raises(InvalidValueError, match="which is none of") as caught:
            make()
        assert caught.value.field == field


@pytest.mark.parametrize(
    "text",
    [
        "$",
        "100 $",
        "${}",
        "${ticket}",
        "${ticket.}",
        "${ticket.subject",
        "${ticket.__class__}",
        "${ticket.subject!r}",
        "${ticket.subject:>99999}",
        "${ticket.subject.upper()}",
        "${ticket['subject']}",
        "${7*7}",
        "${TICKET.SUBJECT}",
        "${tıcket.subject}",
        "$ ticket.subject",
        "$1",
    ],
)
def test_no_expressions(text: str) -> None:
    """N4: expressions, attributes, calls, formats and stray dollars are refused when made."""
    with pytest.raises(InvalidValueError, match=r"starts no name|is none of"):
        SmsTemplate(text)


@pytest.mark.parametrize(
    "text",
    [
        "{ticket.subject}",
        "{0.__class__}",
        "%(subject)s",
        "{{ 7*7 }}",
        "{% for x in y %}",
        "<%= 1 %>",
        "`id`",
        "#{1}",
    ],
)
def test_other_template_languages_are_plain_text(text: str) -> None:
    """N4: what another template language would run stays exactly as it was written."""
    assert SmsTemplate(text).render({"ticket.subject": "x"}).text == text
    assert EmailTemplate(text, text).render({}) == Rendered(subject=text, text=text)


def test_dollar() -> None:
    """N4: two dollars are one dollar and start no name."""
    assert SmsTemplate("$$5 for $${ticket.subject}").render({}).text == "$5 for ${ticket.subject}"


@given(st.text(), st.text())
def test_values_are_put_in_once(subject: str, name: str) -> None:
    """N4: a value is put in as it is and is never read as a template itself."""
    template = SmsTemplate("<${ticket.subject}|${customer.name}>")
    values = {"ticket.subject": subject, "customer.name": name}
    assert template.render(values).text == f"<{subject}|{name}>"
    nested = {"ticket.subject": "${customer.name}$", "customer.name": "${ticket.subject}"}
    assert template.render(nested).text == "<${customer.name}$|${ticket.subject}>"


@given(st.text(alphabet=st.characters(exclude_characters="$", exclude_categories=["Cs", "Cc"])))
def test_plain_text_stays(text: str) -> None:
    """N4: a text without a dollar is either refused for being empty or comes out unchanged."""
    if not text.strip():
        with pytest.raises(InvalidValueError, match="must not be empty"):
            SmsTemplate(text)
    else:
        assert SmsTemplate(text).render({}).text == text


@given(st.dictionaries(st.sampled_from(ALL_NAMES), st.text()))
def test_subject_stays_one_line(values: dict[str, str]) -> None:
    """N4: whatever the values hold, a rendered subject is one line, so no header can be added."""
    template = EmailTemplate("".join(f"${{{name}}}" for name in ALL_NAMES[:4]) + "!", "text")
    subject = template.render(values).subject
    assert subject is not None
    assert len(subject) <= 500
    assert not set(subject) & {"\r", "\n", "\x00", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"}


def test_header_injection() -> None:
    """N4: a line break in a value becomes a space in the subject and stays in the text."""
    mail = EmailTemplate("Re: ${ticket.subject}", "${ticket.subject}")
    rendered = mail.render({"ticket.subject": "x\r\nBcc: all@example.com"})
    assert rendered.subject == "Re: x  Bcc: all@example.com"
    assert rendered.text == "x\r\nBcc: all@example.com"


def test_what_cannot_be_sent_is_refused() -> None:
    """N4: a text that cannot be encoded or holds control characters is refused when saved."""
    for wrong in ("a\ud800b", "a\x00b"):
        with pytest.raises(InvalidValueError, match="text must not hold"):
            SmsTemplate(wrong)


@pytest.mark.parametrize("breaking", ["\n", "\r", "\x00", "\x7f", "\x85", "\u2028"])
def test_subject_template_is_one_line(breaking: str) -> None:
    """N4: a subject template with a line break or a control character is refused."""
    with pytest.raises(InvalidValueError, match="one line") as caught:
        EmailTemplate(f"a{breaking}b", "text")
    assert caught.value.field == "subject"


@pytest.mark.parametrize("empty", ["", " ", "   "])
def test_empty_is_refused(empty: str) -> None:
    """N4: an empty template is refused in every place."""
    for make in (
        lambda: EmailTemplate(empty, "text"),
        lambda: EmailTemplate("subject", empty),
        lambda: SmsTemplate(empty),
    ):
        with pytest.raises(InvalidValueError, match="must not be empty"):
            make()


def test_length_limits() -> None:
    """N4: a template of exactly the limit is fine and one more is refused, naming the limit."""
    EmailTemplate("s" * SUBJECT_LIMIT, "t" * TEXT_LIMIT, "h" * HTML_LIMIT)
    SmsTemplate("t" * SMS_LIMIT)
    for make, limit in (
        (lambda: EmailTemplate("s" * (SUBJECT_LIMIT + 1), "t"), SUBJECT_LIMIT),
        (lambda: EmailTemplate("s", "t" * (TEXT_LIMIT + 1)), TEXT_LIMIT),
        (lambda: EmailTemplate("s", "t", "h" * (HTML_LIMIT + 1)), HTML_LIMIT),
        (lambda: SmsTemplate("t" * (SMS_LIMIT + 1)), SMS_LIMIT),
    ):
        with pytest.raises(InvalidValueError, match=f"at most {limit:,} characters"):
            make()


@pytest.mark.parametrize("value", [None, 7, b"text", ["text"]])
def test_only_text(value: object) -> None:
    """N4: a template is text and nothing else."""
    with pytest.raises(InvalidValueError, match="must be text"):
        SmsTemplate(value)  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match="must be text"):
        EmailTemplate("subject", value)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["${ticket.__class__}", "{{7*7}}", "%s", "$" * 2**20])
def test_attacks(text: str) -> None:
    """N4: what attacks a template is refused by name when it is saved, or is plain text."""
    if text in ("{{7*7}}", "%s"):
        assert EmailTemplate(text, text, text).render({}).html == text
        return
    for make in (
        lambda: EmailTemplate(text, "fine"),
        lambda: EmailTemplate("fine", text),
        lambda: EmailTemplate("fine", "fine", text),
        lambda: SmsTemplate(text),
    ):
        with pytest.raises(InvalidValueError, match=r"starts no name|is none of|at most"):
            make()


def test_a_template_names_so_much() -> None:
    """N4: so many values in one text and no more; a dollar of two is none of them."""
    most = "${ticket.subject}" * NAMES_LIMIT
    assert SmsTemplate(most).render({"ticket.subject": "x"}).text == "x" * NAMES_LIMIT
    assert SmsTemplate(most + "$$" * 9).text
    for field, make in (
        ("text", lambda: EmailTemplate("s", most + "$team.name")),
        ("html", lambda: EmailTemplate("s", "t", most + "$team.name")),
    ):
        with pytest.raises(InvalidValueError, match="at most 50 values") as caught:
            make()
        assert caught.value.field == field


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_html_values_are_escaped(value: str) -> None:
    """N4: no value starts a tag, an entity or ends an attribute; its lines stay lines."""
    mail = EmailTemplate("s", "t", '<p title="${team.name}">${ticket.subject}</p>')
    html = mail.render({"ticket.subject": value, "team.name": value}).html
    assert html is not None
    inside = html.removeprefix('<p title="').removesuffix("</p>")
    assert inside.count('">') == 1
    left, _, right = inside.partition('">')
    assert left == right
    for part in (left, right):
        assert not set(part.replace("<br>\n", "")) & set("<>\"'\n")
        assert unescape(part.replace("<br>\n", "\n")) == value


def test_html_is_as_it_was_written() -> None:
    """N4: what the template itself says in HTML is left alone, and there may be none."""
    assert EmailTemplate("s", "t", "<b>&amp;").render({}).html == "<b>&amp;"
    assert EmailTemplate("s", "t").render({}).html is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("it", "Ciao"),
        ("IT", "Ciao"),
        ("it-CH", "Ciao"),
        ("it_CH", "Ciao"),
        ("pt-BR", "Oi"),
        ("pt-br-x", "Oi"),
        ("pt", "Hello"),
        ("en", "Hello"),
        ("i", "Hello"),
        ("ita", "Hello"),
        ("", "Hello"),
    ],
)
def test_the_reader_s_language(language: str, text: str) -> None:
    """G8, N4: the translation of the language is taken, or of a wider one, else the template."""
    sms = SmsTemplate("Hello", translations={"it": SmsTemplate("Ciao"), "pt-BR": SmsTemplate("Oi")})
    assert sms.in_language(language).text == text


def test_translations_are_templates_too() -> None:
    """N4: a translation is checked as any, is of the same kind, has none itself."""
    it = EmailTemplate("s", "t")
    for wrong in (
        {"it": SmsTemplate("t")},
        {"it": LetterTemplate("s", "t")},
        {"": it},
        {"i": it},
        {"it it": it},
        {"it": it, "IT": it},
        {7: it},
        ["it"],
        {"it": EmailTemplate("s", "t", translations={"de": it})},
    ):
        with pytest.raises(InvalidValueError) as caught:
            EmailTemplate("s", "t", translations=wrong)  # type: ignore[arg-type]
        assert caught.value.field == "translations"


def test_a_letter_for_who_may_not_view_names_nothing() -> None:
    """V5, N4: the minimal letter can name nothing of a ticket, and each letter is of its kind."""
    for name in sorted(LetterTemplate.names - {"recipient.name"}):
        with pytest.raises(InvalidValueError, match="which is none of"):
            MinimalTemplate("News", f"${{{name}}}")
    assert MinimalTemplate("News", "Dear $recipient.name").render({"recipient.name": "Eve"}).text
    letters = {"update": LetterTemplate, "minimal": MinimalTemplate, "digest": DigestTemplate}
    for name in letters:
        with pytest.raises(InvalidValueError, match="must be a") as caught:
            Letters(**{name: EmailTemplate("s", "t")})  # type: ignore[arg-type]
        assert caught.value.field == name
    for kind in (*letters.values(), EmailTemplate):
        with pytest.raises(InvalidValueError, match="which is none of"):
            kind("s", "${message.body}")
