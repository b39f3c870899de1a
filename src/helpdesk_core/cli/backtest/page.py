"""The page of a comparison, in one file that needs nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, tzinfo

import attrs

from helpdesk_core.cli import gaps, page_parts
from helpdesk_core.cli.backtest import parts
from helpdesk_core.cli.backtest.charts import area, over_time, rounded_up
from helpdesk_core.cli.backtest.course import Columns, Result, columns_of
from helpdesk_core.cli.backtest.figures import as_text, by_load, hour_named, most_open, rows, shown
from helpdesk_core.cli.backtest.words import summary, what_changed
from helpdesk_core.cli.logs import EventLog
from helpdesk_core.cli.markup import Html, counted, filled, joined
from helpdesk_core.cli.reports import owner_rule
from helpdesk_core.entities import Absence

MOST_PEOPLE = 40  # whose loads are drawn
_SHADE = 45  # per cent of colour behind the greatest number: it stays readable


@attrs.frozen(kw_only=True)
class Study:
    """What a page is made of. `inferred` are the absences worked out, None: they were not."""

    file: str
    log: EventLog
    zone: tzinfo
    results: Sequence[Result]
    calendar: str | None = None
    inferred: Sequence[Absence] | None = None


def page(study: Study) -> str:
    """The whole page, as HTML."""
    log, results, zone = study.log, study.results, study.zone
    past, *others = results
    columns = columns_of(log, zone)
    people = by_load(results)
    top = rounded_up(max(map(most_open, results)))
    left = len(people) - MOST_PEOPLE
    names = joined(filled(parts.HEAD, head=result.name) for result in results)
    return filled(
        parts.PAGE,
        hash=parts.SCRIPT_HASH,
        script=Html(parts.SCRIPT),
        style=Html(page_parts.STYLE + parts.STYLE),
        file=study.file,
        counts=", ".join(
            (
                counted(len(log.cases), "case"),
                counted(len(log.events), "event"),
                "1 person" if len(people) == 1 else f"{len(people):,} people",
            )
        ),
        first=_day(log.events[0].at, zone),
        last=_day(log.events[-1].at, zone),
        zone=str(zone),
        owners=owner_rule(log),
        absences=_absences(study),
        summary=summary(results),
        changes=joined(
            filled(parts.CHANGE, number=number, name=result.name, text=what_changed(past, result))
            for number, result in enumerate(others, start=1)
        ),
        heads=names,
        figures=joined(
            filled(
                parts.ROW,
                head=label,
                cells=joined(filled(parts.NUMBER, value=shown(value)) for value in values),
            )
            for label, values in rows(results)
        ),
        tsv=as_text(results),
        days="day" if columns.days == 1 else f"{columns.days} days",
        spread=over_time(
            "Spread of open cases",
            [(number, it.name, it.spread) for number, it in enumerate(results)],
            columns,
        ),
        top=f"{top:,}",
        left=f"The {MOST_PEOPLE} with the most cases in history; {left:,} more are among the"
        " figures as text."
        if left > 0
        else "",
        loads=_loads(results, people[:MOST_PEOPLE], top),
        waiting=_waiting(results, columns),
        **_hours(log, zone),
        away=Html() if study.inferred is None else _away(study.inferred, zone),
    )


def _absences(study: Study) -> str:
    if study.inferred is not None:
        return "Absences are worked out from the gaps of the log."
    if study.calendar is not None:
        return f"Absences are those of {study.calendar}."
    return "Everybody is taken to be there all the time."


def _loads(results: Sequence[Result], people: Sequence[str], top: int) -> Html:
    most = [result.most_open for result in results]
    return joined(
        filled(
            parts.ROW,
            head=person,
            cells=joined(
                filled(
                    parts.LOAD,
                    area=area(result.open[person], top),
                    most=f"{peak[person]:,}",
                    cases=counted(result.half.tickets[person], "case"),
                )
                for result, peak in zip(results, most, strict=True)
            ),
        )
        for person in people
    )


def _waiting(results: Sequence[Result], columns: Columns) -> Html:
    waits = [(number, it.name, it.waiting) for number, it in enumerate(results) if any(it.waiting)]
    if not waits:
        return Html(parts.NO_WAITS)
    chart = over_time("Cases that wait", waits, columns)
    others = ", ".join(f"“{it.name}”" for it in results if not any(it.waiting))
    return joined([chart, filled(parts.OTHERS, names=others)]) if others else chart


def _hours(log: EventLog, zone: tzinfo) -> dict[str, object]:
    """The table of hours, its head, and a sentence."""
    came: Counter[tuple[int, int]] = Counter()
    for events in log.cases.values():
        moment = events[0].at.astimezone(zone)
        came[moment.weekday(), moment.hour] += 1
    busiest = sorted(came, key=lambda hour: (-came[hour], hour))
    most = came[busiest[0]]
    named = ", ".join(f"{hour_named(hour)} ({came[hour]:,})" for hour in busiest[:3])
    return {
        "busiest": f"Most cases came on {named}; hours are those of {zone}.",
        "week": joined(
            filled(parts.HEAD, head=hour_named((day, 0)).partition(" ")[0]) for day in range(7)
        ),
        "hours": joined(
            filled(
                parts.ROW,
                head=f"{hour:02}",
                cells=joined(
                    filled(
                        parts.HOUR,
                        share=round(_SHADE * came[day, hour] / most),
                        number=f"{came[day, hour]:,}",
                    )
                    for day in range(7)
                ),
            )
            for hour in range(24)
        ),
    }


def _away(absences: Sequence[Absence], zone: tzinfo) -> Html:
    spells = joined(
        filled(
            parts.SPELL,
            person=away.user_id,
            first=_day(away.start, zone),
            back="-" if away.end is None else _day(away.end, zone),
        )
        for away in absences
    )
    return filled(parts.AWAY, rule=gaps.RULE, count=counted(len(absences), "absence"), rows=spells)


def _day(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d}"
