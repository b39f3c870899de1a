"""HTML out of templates, with what is put into them escaped, and the file that a page becomes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from helpdesk_core.cli.errors import InputError

# Characters that turn the writing around, also of what comes after them: shown, not obeyed.
_TURNING = {
    code: f"<span class='odd'>U+{code:04X}</span>"
    for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


class Html(str):
    """Text that is HTML: nothing in it is escaped again."""

    __slots__ = ()


def filled(template: Template, **values: object) -> Html:
    """The template with these values, escaped unless they are HTML.

    >>> filled(Template("<p>$text</p>"), text="<script>")
    '<p>&lt;script&gt;</p>'
    """
    return Html(template.substitute({name: _html(value) for name, value in values.items()}))


def _html(value: object) -> str:
    return value if isinstance(value, Html) else escape(str(value)).translate(_TURNING)


def joined(each: Iterable[Html]) -> Html:
    """One after the other.

    >>> joined([Html("<br>"), Html("<hr>")])
    '<br><hr>'
    """
    return Html("".join(each))


def counted(number: int, thing: str) -> str:
    """A number of things.

    >>> counted(1, "pair"), counted(2_000, "pair")
    ('1 pair', '2,000 pairs')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def page_file(name: str) -> Path:
    """Where a page of this name goes; what is no place for one is refused.

    >>> page_file("log.csv")
    Traceback (most recent call last):
    helpdesk_core.cli.errors.InputError: log.csv: the name of a report must end in .html
    """
    file = Path(name)
    if file.suffix not in (".html", ".htm"):  # never over the CSV file itself
        raise InputError(f"{name}: the name of a report must end in .html")
    if not file.parent.is_dir():
        raise InputError(f"{file.parent}: is not a folder")
    if file.is_dir():
        raise InputError(f"{file}: is a folder")
    return file


def write_page(file: Path, text: str) -> None:
    """Write all of it, or leave what was there."""
    with tempfile.TemporaryDirectory(prefix=".helpdesk-page-", dir=file.parent) as folder:
        whole = Path(folder) / file.name
        whole.write_text(text, encoding="utf-8")
        os.replace(whole, file)
