"""Draws what pages say in the language of Mermaid as SVG: a row of stages, a sequence of calls.

Only what they use is known; anything else is an error, so that nothing is left out unseen.
"""

from __future__ import annotations

import re
from html import escape, unescape

_LETTER, _LINE, _GAP = 7.2, 18, 28
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:g}" height="{height:g}" '
    'viewBox="0 0 {width:g} {height:g}" fill="none" stroke="currentColor">'
    '<g font-family="sans-serif" font-size="13">'
)
_NODE = re.compile(r'(\w+)(\(?)\["(.*)"\]\)?')
_CALL = re.compile(r"(\w+)(--?)>>(\w+): (.*)")
_NOTE = re.compile(r"Note over (\w+),(\w+): (.*)")


def draw(chart: str) -> str:
    """The chart as SVG.

    >>> draw('flowchart LR\\n    a["New"]\\n    b(["Solved"])\\n    a --> b').count("<rect")
    2
    >>> draw("pie")
    Traceback (most recent call last):
    ValueError: 'pie' is no chart that can be drawn here
    """
    kind, *lines = [line.strip() for line in chart.strip().splitlines()]
    if kind == "flowchart LR":
        return _row(lines)
    if kind == "sequenceDiagram":
        return _sequence(lines)
    raise ValueError(f"{kind!r} is no chart that can be drawn here")


def _row(lines: list[str]) -> str:
    boxes: dict[str, tuple[list[str], bool]] = {}
    styles: dict[str, str] = {}
    of: dict[str, list[str]] = {}
    pairs: list[tuple[str, str]] = []
    for line in lines:
        if made := _NODE.fullmatch(line):
            boxes[made[1]] = made[3].split("<br/>"), bool(made[2])
        elif line.startswith("classDef "):
            _, name, style = line.split(" ", 2)
            styles[name] = style.replace(":", "=")
        elif line.startswith("class "):
            _, names, style = line.split()
            for name in names.split(","):
                of.setdefault(name, []).append(style)
        elif " --> " in line:
            first, second = line.split(" --> ")
            pairs.append((first, second))
        elif line:
            raise ValueError(f"{line!r} cannot be drawn here")
    drawn, places, across = [], {}, 2.0
    for name, (texts, is_round) in boxes.items():
        width = max(len(unescape(text)) for text in texts) * _LETTER + 24
        places[name] = across, across + width
        look = " ".join(re.sub(r"=\s*(.+)", r'="\1"', styles[style]) for style in of.get(name, []))
        drawn.append(
            f'<rect x="{across:g}" y="2" width="{width:g}" height="52" '
            f'rx="{26 if is_round else 4}" {look}/>'
        )
        for number, text in enumerate(texts):
            top = 33 - _LINE * (len(texts) - 1) / 2 + _LINE * number
            drawn.append(_text(across + width / 2, top, unescape(text)))
        across += width + _GAP
    for first, second in pairs:
        drawn.append(_arrow(places[first][1], places[second][0], 28))
    return _HEAD.format(width=across - _GAP + 2, height=56) + "".join(drawn) + "</g></svg>"


def _sequence(lines: list[str]) -> str:
    apart = 150
    who: dict[str, float] = {}
    drawn: list[str] = []
    top = 52.0
    for line in lines:
        if line.startswith("participant "):
            who[line.split()[1]] = 70 + apart * len(who)
        elif call := _CALL.fullmatch(line):
            start, end = who[call[1]], who[call[3]]
            middle = (start + end) / 2
            words = _broken(call[4], int(abs(end - start) / _LETTER))
            for text in words:
                drawn.append(_text(middle, top, text, over=True))
                top += _LINE
            drawn.append(_arrow(start, end, top - 10, dashed=call[2] == "--"))
            top += _GAP - 8
        elif note := _NOTE.fullmatch(line):
            middle = (who[note[1]] + who[note[2]]) / 2
            drawn.append(_text(middle, top, note[3], over=True, slanted=True))
            top += _GAP
        elif line:
            raise ValueError(f"{line!r} cannot be drawn here")
    width, names = 70 + apart * len(who), []
    for name, place in who.items():
        names.append(f'<rect x="{place - 52:g}" y="2" width="104" height="26" rx="4"/>')
        names.append(_text(place, 20, name))
        names.append(f'<path d="M{place:g} 28V{top:g}" stroke-opacity="0.35"/>')
    return _HEAD.format(width=width, height=top + 4) + "".join(names + drawn) + "</g></svg>"


def _broken(text: str, letters: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > letters:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _text(x: float, y: float, text: str, *, over: bool = False, slanted: bool = False) -> str:
    style = ' class="over"' if over else ""
    style += ' font-style="italic"' if slanted else ""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="middle" fill="currentColor" stroke="none"{style}>'
        f"{escape(text)}</text>"
    )


def _arrow(start: float, end: float, y: float, *, dashed: bool = False) -> str:
    back = 6 if end > start else -6
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<path d="M{start:g} {y:g}H{end:g}"{dash}/>'
        f'<path d="M{end - back:g} {y - 4:g}L{end:g} {y:g}L{end - back:g} {y + 4:g}"/>'
    )
