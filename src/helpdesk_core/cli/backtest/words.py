"""What changed, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from helpdesk_core.cli.backtest.course import Result
from helpdesk_core.cli.backtest.figures import most_open, moved
from helpdesk_core.cli.markup import counted


def summary(results: Sequence[Result]) -> str:
    """Which of all kept the load of one person lowest."""
    past, *others = results
    best = min(others, key=most_open)
    lowest, before = most_open(best), most_open(past)
    if lowest >= before:
        return (
            f"Nothing that was compared keeps the load of one person lower than history did: "
            f"{before:,} open at once."
        )
    waiting = ""
    if best.half.waited:
        waiting = f", and {counted(best.half.waited, 'case')} had to wait for somebody"
    return (
        f"The most that one person had open at once was {before:,} in history"
        f"{_named(past)}; with {best.name} it is {lowest:,}{waiting}."
    )


def what_changed(past: Result, result: Result) -> str:
    """What a variant changes, beside history."""
    cases, most, before = result.half.cases, most_open(result), most_open(past)
    sentences = []
    if most < before:
        sentences.append(
            f"Nobody has more than {most:,} open at once, where history had {before:,}."
        )
    else:
        sentences.append(f"Somebody has {most:,} open at once, where history had {before:,}.")
    sentences.append(
        f"The busiest and the idlest are {counted(result.half.spread, 'case')} apart, where they"
        f" were {past.half.spread:,}; of open ones up to {result.half.open_spread_max:,}, where"
        f" they were {past.half.open_spread_max:,}."
    )
    other = moved(past, result)
    sentences.append(f"{other:,} of {counted(cases, 'case')} ({other / cases:.1%}) go to others.")
    sentences.append(_waiting(result))
    if result.half.nobody:
        sentences.append(f"{counted(result.half.nobody, 'case')} nobody gets.")
    return " ".join(sentences)


def _waiting(result: Result) -> str:
    if not result.half.waited:
        return "No case waits for somebody."
    median, longest, _ = result.hours_waited
    waits = "case waits" if result.half.waited == 1 else "cases wait"
    return (
        f"{result.half.waited:,} {waits} for somebody: half of them {lasting(median)} or more, the"
        f" longest {lasting(longest)}; up to {max(result.waiting):,} at once."
    )


def lasting(hours: float) -> str:
    """How long something is, as it is said.

    >>> lasting(0.25), lasting(7), lasting(120)
    ('15 minutes', '7.0 hours', '5.0 days')
    """
    if hours < 1:
        return counted(round(60 * hours), "minute")
    return f"{hours:,.1f} hours" if hours < 48 else f"{hours / 24:,.1f} days"


def _named(result: Result) -> str:
    return "" if result.most_loaded is None else f" ({result.most_loaded})"
