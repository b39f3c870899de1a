"""What stands in tickets and says little of them: quotes, signatures, logs, stack traces (M1)."""

from __future__ import annotations

import re

_FRAMES = 4  # of a stack trace: those further down are the same in many

_SIGNATURE = re.compile(r"^--[ \t]*$.*\Z", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"^[ \t]*>.*$|^on .{0,200} wrote:[ \t]*$", re.MULTILINE)
_FRAME = re.compile(
    r"^[ \t]*(?:at [^\s()]{1,300}\([^()\n]{0,200}\)|file \"[^\"\n]{1,300}\", line \d+.*)[ \t]*$",
    re.MULTILINE,
)
_LOGGED = re.compile(
    r"\b\d{4}-\d\d-\d\d[t ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:z|[+-]\d\d:?\d\d)?"  # when
    r"|\b0x[0-9a-f]+\b|(?<=\w)@[0-9a-f]{5,16}\b"  # where in memory
    r"|(?<=\.java):\d+|(?<=\", line )\d+"  # in which line, of a version nobody named
)


def without_noise(text: str) -> str:
    r"""A normalised text without what says little; all of it where nothing else is there.

    Left out are quoted lines, the signature, all but the first frames of stack traces, and times,
    addresses in memory and line numbers as they stand in logs.

    >>> without_noise("no ink\n> is there paper?\n-- \njohn doe").split()
    ['no', 'ink']
    """
    if "\n" not in text:
        return _LOGGED.sub(" ", text) if any(map(str.isdigit, text)) else text
    left = _QUOTED.sub("", _SIGNATURE.sub("", text))
    seen = 0

    def first_ones(frame: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return frame[0] if seen <= _FRAMES else ""

    left = _LOGGED.sub(" ", _FRAME.sub(first_ones, left))
    return left if left.strip() else text
