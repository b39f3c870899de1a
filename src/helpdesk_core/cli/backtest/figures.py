"""The figures of a comparison, one list for the terminal, for the page and to be copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpdesk_core.cli.backtest.course import Result

Value = int | float | str
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: What makes a spreadsheet take a cell for a formula.
_FORMULA = ("=", "+", "-", "@")


def rows(results: Sequence[Result]) -> list[tuple[str, list[Value]]]:
    """Each figure with its value in every result; the first is history."""
    past = results[0]
    figures: tuple[tuple[str, Any], ...] = (
        ("cases that nobody had", lambda it: it.half.nobody),
        ("cases of somebody else than in history", lambda it: moved(past, it)),
        ("cases per person, most - fewest", lambda it: it.half.spread),
        ("person with the most cases", lambda it: it.half.busiest or "nobody"),
        ("cases of that person", lambda it: max(it.half.tickets.values(), default=0)),
        ("open cases of one person, most at once", most_open),
        ("person who had so many", lambda it: it.most_loaded or "nobody"),
        ("open cases, most - fewest: mean", lambda it: round(it.half.open_spread_mean, 2)),
        ("open cases, most - fewest: maximum", lambda it: it.half.open_spread_max),
        ("cases that waited for somebody", lambda it: it.half.waited),
        ("most that waited at once", lambda it: max(it.waiting)),
        ("hours waited: median", lambda it: round(it.hours_waited[0], 1)),
        ("hours waited: longest", lambda it: round(it.hours_waited[1], 1)),
        ("hours waited: all together", lambda it: round(it.hours_waited[2], 1)),
        ("when most began to wait", worst_hour),
    )
    return [(label, [value(result) for result in results]) for label, value in figures]


def most_open(result: Result) -> int:
    """The most open cases that anybody had at once."""
    return max(result.most_open.values(), default=0)


def moved(past: Result, result: Result) -> int:
    """How many cases somebody else has than in history."""
    return sum(result.owners[case] != owner for case, owner in past.owners.items())


def worst_hour(result: Result) -> str:
    """The hour of the week in which most cases began to wait; of equals the first in the week."""
    began = result.began_to_wait
    worst = min(began, key=lambda hour: (-began[hour], hour), default=None)
    return "never" if worst is None else hour_named(worst)


def hour_named(hour: tuple[int, int]) -> str:
    """An hour of the week.

    >>> hour_named((0, 9)), hour_named((6, 23))
    ('Mon 9-10', 'Sun 23-24')
    """
    return f"{_DAYS[hour[0]]} {hour[1]}-{hour[1] + 1}"


def by_load(results: Sequence[Result]) -> list[str]:
    """The people, who had the most cases in history first; of equals as they come in the log."""
    tickets = results[0].half.tickets
    return sorted(tickets, key=lambda person: -tickets[person])


def as_text(results: Sequence[Result]) -> str:
    """The figures, and those of each person, with tabs between: to be put into a spreadsheet."""
    names = [result.name for result in results]
    lines = [["", *names]]
    lines += [[label, *map(str, values)] for label, values in rows(results)]
    heads = [f"{name}: {what}" for name in names for what in ("cases", "most open")]
    lines += [[], ["person", *heads]]
    most = [result.most_open for result in results]
    for person in by_load(results):
        line = [person]
        for result, peak in zip(results, most, strict=True):
            line += [str(result.half.tickets[person]), str(peak[person])]
        lines.append(line)
    return "".join("\t".join(map(_cell, line)) + "\n" for line in lines)


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def shown(value: Value) -> str:
    """A figure as it is read.

    >>> shown(1234), shown(12.5), shown("ada")
    ('1,234', '12.5', 'ada')
    """
    return value if isinstance(value, str) else f"{value:,}"


def as_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    """The same as plain values."""
    past = results[0]
    found = []
    for result in results:
        median, longest, together = result.hours_waited
        found.append(
            {
                "name": result.name,
                **result.half.as_json(),
                "moved": moved(past, result),
                "most_open_per_person": dict(result.most_open),
                "most_waiting": max(result.waiting),
                "hours_waited": {
                    "median": round(median, 3),
                    "longest": round(longest, 3),
                    "together": round(together, 3),
                },
            }
        )
    return found
