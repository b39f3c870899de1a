"""Event logs: one row per event, read into events in order of time; strict, and pure.

What is in a log: cases, the activity of each event, who did it and when. Presets know the columns
of the Italian help desk's export and of ServiceNow's audit log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import Any

import attrs

from helpdesk_core.cli.csvfile import CsvFile, shown
from helpdesk_core.cli.errors import InputError
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import NAME_LIMIT, check_line, zone_of

OWNER_FIRST = "first"
OWNER_LAST = "last"
TAKE_IN_CHARGE = "Take in charge ticket"


@attrs.frozen(kw_only=True)
class LogFormat:
    """The columns of a log, how its times are written, and what closes a case.

    Without a `time_format` (as of `strptime`) times are ISO 8601. `owner` is the rule for who had
    a case: `first` or `last` of its people, or the activity whose first person had it (nobody did
    that: the last). A person written as one of `missing` is nobody.
    """

    case: str
    activity: str
    person: str
    time: str
    time_format: str | None = None
    closing: tuple[str, ...] = ("Closed", "Resolved")
    owner: str = TAKE_IN_CHARGE
    missing: frozenset[str] = frozenset()


PRESETS: Mapping[str, LogFormat] = {
    "italian": LogFormat(
        case="Case ID",
        activity="Activity",
        person="Resource",
        time="Complete Timestamp",
        time_format="%Y/%m/%d %H:%M:%S.%f",
        closing=("Closed",),
    ),
    "servicenow": LogFormat(
        case="number",
        activity="incident_state",
        person="assigned_to",
        time="sys_updated_at",
        time_format="%d-%m-%Y %H:%M",
        owner=OWNER_LAST,
        missing=frozenset({"?"}),
    ),
}


def detect_preset(file: CsvFile) -> str | None:
    """The preset whose columns are all in the header, if there is one.

    >>> detect_preset(CsvFile([b"Case ID,Activity,Resource,Complete Timestamp"], name="log.csv"))
    'italian'
    """
    for name, preset in PRESETS.items():
        if file.has(preset.case, preset.activity, preset.person, preset.time):
            return name
    return None


@attrs.frozen
class LogEvent:
    """One row: somebody, or nobody who is named, did something to a case."""

    case: str
    activity: str
    person: str | None
    at: datetime
    line: int


@attrs.frozen(kw_only=True)
class EventLog:
    """A log as read: its events in order of time, those of one moment in file order.

    >>> log = read_log(CsvFile([b"case,what,who,when\\n", b"A,New,ada,2026-01-05\\n",
    ...     b"A,Closed,ben,2026-01-06\\n"], name="log.csv"),
    ...     LogFormat(case="case", activity="what", person="who", time="when"))
    >>> log.activities, log.people, log.owners["A"], log.never_close
    (('New', 'Closed'), ('ada', 'ben'), 'ben', 0)
    """

    format: LogFormat
    events: tuple[LogEvent, ...] = attrs.field(repr=False)
    naive: bool  #: whether times were without a zone, so that the one given, or UTC, was taken
    closing: frozenset[str]  #: the closing activities that the log has

    @cached_property
    def cases(self) -> Mapping[str, Sequence[LogEvent]]:
        """The events of each case, by first appearance."""
        cases: defaultdict[str, list[LogEvent]] = defaultdict(list)
        for event in self.events:
            cases[event.case].append(event)
        return dict(cases)

    @cached_property
    def activities(self) -> tuple[str, ...]:
        """The activities by first appearance."""
        return tuple(dict.fromkeys(event.activity for event in self.events))

    @cached_property
    def people(self) -> tuple[str, ...]:
        """Everybody who is named, by first appearance."""
        return tuple(dict.fromkeys(event.person for event in self.events if event.person))

    @cached_property
    def owners(self) -> Mapping[str, str | None]:
        """Who had each case by the rule of the format; None: nobody is named in it."""
        return {case: _owner(events, self.format.owner) for case, events in self.cases.items()}

    @cached_property
    def never_close(self) -> int:
        """How many cases have no closing activity."""
        return sum(1 for events in self.cases.values() if self._closed_at(events) is None)

    @cached_property
    def go_on_after_closing(self) -> int:
        """How many cases have an event after their first closing activity."""
        closed = (self._closed_at(events) for events in self.cases.values())
        lengths = (len(events) for events in self.cases.values())
        return sum(
            1
            for place, length in zip(closed, lengths, strict=True)
            if place is not None and place < length - 1
        )

    def _closed_at(self, events: Sequence[LogEvent]) -> int | None:
        places = (place for place, event in enumerate(events) if event.activity in self.closing)
        return next(places, None)


def _owner(events: Sequence[LogEvent], rule: str) -> str | None:
    people = [event.person for event in events if event.person]
    if not people:
        return None
    if rule == OWNER_FIRST:
        return people[0]
    if rule != OWNER_LAST:
        for event in events:
            if event.activity == rule and event.person:
                return event.person
    return people[-1]


# --- reading -------------------------------------------------------------------------------------


def read_log(file: CsvFile, form: LogFormat, *, zone: tzinfo = UTC) -> EventLog:
    """Read a whole log, or raise `InputError` for the first thing that is wrong in it.

    Times without a zone are read in `zone`; one that its clocks never showed does not exist there,
    and of one that they showed twice the first is meant.
    """
    names = (form.case, form.activity, form.person, form.time)
    places = [file.column(name) for name in names]
    events: list[LogEvent] = []
    naive = False
    for line, cells in file.rows():
        case, activity, person, time = (cells[place] for place in places)
        for column, value in zip(names[:2], (case, activity), strict=True):
            _check_name(file, line, column, value)
        if not person.strip() or person in form.missing:
            person = ""
        else:
            _check_name(file, line, form.person, person)
        try:
            stamp = _parse(time, form.time_format)
            naive = naive or stamp.tzinfo is None
            moment = _in_utc(stamp, zone)
        except (ValueError, OverflowError) as error:
            raise file.error(
                f"{shown(time)} is no time that exists: {error}", line=line, column=form.time
            ) from None
        events.append(LogEvent(case, activity, person or None, moment, line))
    if not events:
        raise file.error("has a header and no events")
    events.sort(key=lambda event: event.at)  # a stable sort: of one moment, in file order
    present = {event.activity for event in events}
    return EventLog(
        format=form,
        events=tuple(events),
        naive=naive,
        closing=frozenset(form.closing) & present,
    )


def _check_name(file: CsvFile, line: int, column: str, value: str) -> None:
    if not value.strip():
        raise file.error("is empty", line=line, column=column)
    try:
        check_line("it", value, NAME_LIMIT)
    except InvalidValueError as error:
        raise file.error(error.problem, line=line, column=column) from None


def _parse(text: str, time_format: str | None) -> datetime:
    if not text:
        raise ValueError("the cell is empty")
    if time_format is None:
        return datetime.fromisoformat(text)
    return datetime.strptime(text, time_format)  # noqa: DTZ007 - the zone comes next


def _in_utc(stamp: datetime, zone: tzinfo) -> datetime:
    if stamp.tzinfo is not None or zone is UTC:
        return stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)
    moment = stamp.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != stamp:
        raise ValueError(f"the clocks of {zone} went over it")
    return moment


def zone_named(name: str) -> tzinfo:
    """The time zone of this IANA name.

    >>> zone_named("Europe/Roma")
    Traceback (most recent call last):
    helpdesk_core.cli.errors.InputError: no time zone is named 'Europe/Roma'
    """
    if name == "UTC":
        return UTC
    try:
        return zone_of("tz", name)
    except InvalidValueError:
        raise InputError(f"no time zone is named {shown(name)}") from None


def choose_format(
    file: CsvFile,
    *,
    preset: str | None = None,
    case: str | None = None,
    activity: str | None = None,
    person: str | None = None,
    time: str | None = None,
    time_format: str | None = None,
    closing: Sequence[str] = (),
    owner: str | None = None,
) -> tuple[LogFormat, str | None]:
    """The format by a preset, given or seen in the header, with what was named put over it."""
    name = preset or detect_preset(file)
    given: dict[str, Any] = {
        key: value
        for key, value in {
            "case": case,
            "activity": activity,
            "person": person,
            "time": time,
            "time_format": time_format,
            "closing": tuple(closing) or None,
            "owner": owner,
        }.items()
        if value is not None
    }
    if name is not None:
        return attrs.evolve(PRESETS[name], **given), name
    lacking = [key for key in ("case", "activity", "person", "time") if key not in given]
    if lacking:
        there = ", ".join(shown(column) for column in dict.fromkeys(file.header))
        options = ", ".join(f"--{key}" for key in lacking)
        raise file.error(f"no preset knows these columns: give {options}; there are {there}")
    return LogFormat(**given), None


def check_names(file: CsvFile, log: EventLog, *, closing: Sequence[str], owner: str | None) -> None:
    """Refuse a closing activity or an owner's activity that was asked for and never happens."""
    there = ", ".join(shown(activity) for activity in log.activities)
    for name in closing:
        if name not in log.activities:
            raise file.error(f"no activity is {shown(name)}; there are {there}")
    if owner not in (None, OWNER_FIRST, OWNER_LAST) and owner not in log.activities:
        raise file.error(f"no activity is {shown(str(owner))}; there are {there}")
