"""Counts a log once more by another means: plain SQL over the raw rows, none of the package's code.

    python benchmarks/independent_count.py italian LOG.csv
    python benchmarks/independent_count.py servicenow LOG.csv

Prints one JSON object: events, cases, cases that never close, cases that go on after their first
closing, and how many cases each person had in history.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import sys

#: Of each log: its four columns, and the time as text that sorts (SQL over the column `at`).
LOGS = {
    "italian": (("Case ID", "Activity", "Resource", "Complete Timestamp"), "at", ("Closed",)),
    "servicenow": (
        ("number", "incident_state", "assigned_to", "sys_updated_at"),
        "substr(at, 7, 4) || substr(at, 4, 2) || substr(at, 1, 2) || substr(at, 11)",
        ("Closed", "Resolved"),
    ),
}

#: The rows of each case numbered in order of time, rows of one moment as they stand in the file.
ORDERED = """
    create table event as
    select c, activity, nullif(person, '?') as person,
           row_number() over (partition by c order by {sortable}, line) as place
    from raw
"""

#: Who did the first *Take in charge ticket*, else who did the last thing, of those named.
OWNERS = """
    create table owner as
    select c, coalesce(
        (select person from event e where e.c = cases.c and person is not null
            and activity = 'Take in charge ticket' order by place limit 1),
        (select person from event e where e.c = cases.c and person is not null
            order by place desc limit 1)) as person
    from (select distinct c from event) cases
"""

NEVER = "select count(*) from (select 1 from event group by c having sum(activity in ({0})) = 0)"
GO_ON = """
    select count(*) from (
        select 1 from event group by c
        having max(place) > min(case when activity in ({0}) then place end))
"""


#: How many came into which stage on which day. Every case opens in the first stage that closes
#: nothing, and goes on from there when its first activity is another; the same again is no entry.
ENTERED = """
    with begin as (
        select activity from raw where activity not in ({0}) order by {sortable}, line limit 1),
    step as (
        select activity, substr(replace({sortable}, '/', ''), 1, 8) as day,
               lag(activity) over (partition by c order by {sortable}, line) as before from raw)
    select activity, day, count(*) from (
        select (select activity from begin) as activity, day from step where before is null
        union all
        select activity, day from step
        where activity <> coalesce(before, (select activity from begin)))
    group by activity, day
"""


#: After each event of the log: how many cases each person has open, and how many cases are open
#: that no event has named anybody for. A case is its owner's from its first event on.
GRID = """
    create table step as
    select row_number() over (order by {sortable}, line) as n,
           cast((julianday({day}) - julianday(min({day}) over ())) / {days} as integer) as col,
           c, activity not in ({closing}) as is_open,
           max(nullif(person, '?') is not null)
               over (partition by c order by {sortable}, line) as named
    from raw;
    create table delta as
    select n, col, c,
           is_open - coalesce(lag(is_open) over by_case, 0) as opened,
           (is_open and not named) - coalesce(lag(is_open and not named) over by_case, 0) as waits
    from step window by_case as (partition by c order by n);
    create table grid as
    select n, col, people.person,
           sum(case when owner.person = people.person then opened else 0 end)
               over (partition by people.person order by n) as count
    from delta join owner using (c),
         (select distinct nullif(person, '?') as person from raw
          where trim(person) not in ('', '?')) as people;
    create table total as
    select 'spread' as what, n, col, max(count) - min(count) as count from grid group by n
    union all
    select 'waiting', n, col, sum(waits) over (order by n) from delta
    union all
    select person, n, col, count from grid;
    create index total_by_place on total (what, col, n);
"""
#: The greatest in each column, of those after an event and the one that it begins with.
CURVES = """
    with recursive place (col) as (select 0 union all select col + 1 from place where col < {last})
    select what, col, max(
        coalesce((select max(count) from total t where t.what = w.what and t.col = place.col), 0),
        coalesce((select count from total t where t.what = w.what and t.col < place.col
                  order by t.col desc, n desc limit 1), 0))
    from (select distinct what from total) w, place order by what, col
"""


def loaded(kind: str, path: str) -> sqlite3.Connection:
    """The raw rows of one log, as they stand in the file."""
    columns, _, _ = LOGS[kind]
    database = sqlite3.connect(":memory:")
    database.execute("create table raw (line integer primary key, c, activity, person, at)")
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        places = [header.index(column) for column in columns]
        database.executemany(
            "insert into raw (c, activity, person, at) values (?, ?, ?, ?)",
            ([row[place] for place in places] for row in rows),
        )
    return database


def entered(kind: str, path: str) -> dict[tuple[str, str], int]:
    """How many cases came into each stage on each day, a day as in 20260105."""
    _, sortable, closing = LOGS[kind]
    names = ", ".join(f"'{name}'" for name in closing)
    rows = loaded(kind, path).execute(ENTERED.format(names, sortable=sortable))
    return {(stage, day): number for stage, day, number in rows}


def curves(kind: str, path: str, days: int, columns: int) -> dict[str, list[int]]:
    """Open cases of each person, the `spread`, and what is `waiting`, in columns of days."""
    _, sortable, closing = LOGS[kind]
    database = loaded(kind, path)
    database.execute(ORDERED.format(sortable=sortable))
    database.execute("create index by_case on event (c, place)")
    database.execute(OWNERS)
    stamp = f"replace({sortable}, '/', '')"
    day = f"substr({stamp}, 1, 4) || '-' || substr({stamp}, 5, 2) || '-' || substr({stamp}, 7, 2)"
    names = ", ".join(f"'{name}'" for name in closing)
    database.executescript(GRID.format(sortable=sortable, day=day, days=days, closing=names))
    found: dict[str, list[int]] = {}
    for what, _, number in database.execute(CURVES.format(last=columns - 1)):
        found.setdefault(what, []).append(number)
    return found


def count(kind: str, path: str) -> dict[str, object]:
    """The figures of one log."""
    _, sortable, closing = LOGS[kind]
    database = loaded(kind, path)
    names = ", ".join(f"'{name}'" for name in closing)
    database.execute(ORDERED.format(sortable=sortable))
    database.execute("create index by_case on event (c, place)")
    database.execute(OWNERS)

    def number(query: str) -> int:
        return int(database.execute(query).fetchone()[0])

    tickets = "select person, count(*) from owner where person is not null group by person"
    return {
        "events": number("select count(*) from event"),
        "cases": number("select count(distinct c) from event"),
        "never_close": number(NEVER.format(names)),
        "go_on_after_closing": number(GO_ON.format(names)),
        "nobody": number("select count(*) from owner where person is null"),
        "tickets_per_person": dict(database.execute(tickets).fetchall()),
    }


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in LOGS:
        sys.exit(__doc__)
    print(json.dumps(count(sys.argv[1], sys.argv[2]), indent=2))
