"""Lines and areas over time as SVG that stretches with the page; its words stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from helpdesk_core.cli.backtest import parts
from helpdesk_core.cli.backtest.course import Columns
from helpdesk_core.cli.markup import Html, filled, joined

_DAY = timedelta(days=1)


def over_time(
    title: str,
    lines: Sequence[tuple[int, str, Sequence[int]]],
    columns: Columns,
) -> Html:
    """Lines with their number and name, on one scale, with a legend, and the values as a table."""
    top = rounded_up(max(max(values) for _, _, values in lines))
    drawn = joined(
        filled(parts.LINE, number=number, path=stepped(values, top)) for number, _, values in lines
    )
    legend = joined(
        filled(parts.KEY, number=number, name=name, most=f"{max(values):,}")
        for number, name, values in lines
    )
    days = [_shown(columns.day_of(place)) for place in range(columns.number)]
    rows = joined(
        filled(
            parts.ROW,
            head=day,
            cells=joined(
                filled(parts.NUMBER, value=f"{values[place]:,}") for _, _, values in lines
            ),
        )
        for place, day in enumerate(days)
    )
    return filled(
        parts.CHART,
        label=f"{title}. "
        + "; ".join(f"{name}: at most {max(values):,}" for _, name, values in lines),
        columns=columns.number,
        top=top,
        middle=f"{top / 2:g}",
        lines=drawn,
        legend=legend,
        first=days[0],
        half=days[len(days) // 2] if len(days) > 2 else "",
        last=_shown(columns.day_of(columns.number) - _DAY),
        title=title,
        heads=joined(filled(parts.HEAD, head=name) for _, name, _ in lines),
        rows=rows,
    )


def area(values: Sequence[int], top: int) -> Html:
    """What somebody had open, as an area; the number stands beside it."""
    path = f"M0 {top}V{top - values[0]}{_steps(values, top)}V{top}Z"
    return filled(parts.AREA, columns=len(values), top=top, path=path)


def rounded_up(number: int) -> int:
    """The top of a scale for this number.

    >>> [rounded_up(number) for number in (0, 3, 13, 136, 1278)]
    [2, 3, 15, 150, 1500]
    """
    unit = 10.0 ** (len(str(number)) - 1)
    tops = (round(unit * step) for step in (1, 1.5, 2, 3, 4, 6, 8, 10))
    return max(2, next(top for top in tops if top >= number))


def stepped(values: Sequence[int], top: int) -> str:
    """The path of a line with a step for each value, in a picture as wide as there are values.

    >>> stepped([1, 1, 3], top=4)
    'M0 3H2V1H3'
    """
    return f"M0 {top - values[0]}{_steps(values, top)}"


def _steps(values: Sequence[int], top: int) -> str:
    """Each value for the width of one, what is level in one stroke."""
    strokes = []
    for place in range(1, len(values)):
        if values[place] != values[place - 1]:
            strokes.append(f"H{place}V{top - values[place]}")
    return "".join([*strokes, f"H{len(values)}"])


def _shown(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
