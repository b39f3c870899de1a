"""`replay --against`: history and several policies on one log, as a page (A3, A4, A8, A19).

The policies run alone, by `Dispatcher`: there is no help desk and no database.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path

from rich.table import Table
from rich.text import Text

from helpdesk_core.cli import console
from helpdesk_core.cli.backtest import figures
from helpdesk_core.cli.backtest.page import Study, page
from helpdesk_core.cli.backtest.playing import compare
from helpdesk_core.cli.backtest.variants import variants_of
from helpdesk_core.cli.backtest.words import summary
from helpdesk_core.cli.logs import EventLog
from helpdesk_core.cli.markup import page_file, write_page
from helpdesk_core.entities import Absence
from helpdesk_core.ports import Calendar

PAGE = "backtest.html"


def run(
    arguments: argparse.Namespace,
    log: EventLog,
    zone: tzinfo,
    calendar: Calendar | None,
    inferred: Sequence[Absence] | None,
) -> int:
    """Compare, write the page, and print the figures."""
    file = page_file(arguments.report or PAGE)
    variants = variants_of(arguments.method, arguments.against, log.people)
    started = time.perf_counter()
    results = compare(log, variants, calendar, zone)
    study = Study(
        file=Path(arguments.log).name,
        log=log,
        zone=zone,
        results=results,
        calendar=arguments.absences and Path(arguments.absences).name,
        inferred=inferred,
    )
    write_page(file, page(study))
    seconds = round(time.perf_counter() - started, 2)
    if arguments.json:
        console.print_json(
            {
                "log": arguments.log,
                "time_zone": str(zone),
                "absences": arguments.absences,
                "inferred_absences": None if inferred is None else len(inferred),
                "results": figures.as_json(results),
                "report": str(file),
                "seconds": seconds,
            }
        )
        return 0
    out = console.out()
    table = Table("", results[0].name)
    for number, result in enumerate(results[1:], start=1):
        out.print(Text(f"{number}: {result.name}"))
        table.add_column(str(number))
    for column in table.columns[1:]:
        column.justify = "right"
    for label, values in figures.rows(results):
        table.add_row(label, *(Text(figures.shown(value)) for value in values))
    out.print(table)
    out.print(Text(summary(results)))
    out.print(Text(f"Compared in {seconds:.2f} s; the page is {file}."))
    return 0
