"""Every port failing at every k-th call of every use-case: exactly before, or exactly after.

The use-cases are those of the kit's script, one after the other over one store, each with its ids
and its moment whenever it is made. What the store holds is compared as a session shows it.
"""

from __future__ import annotations

import inspect
import io
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

import postgres
from helpdesk_core import (
    Absence,
    AttachmentStoreError,
    CalendarError,
    Finding,
    Helpdesk,
    HelpdeskError,
    NotifierError,
    Removed,
    RepositoryError,
    RetryableError,
    SmsTemplate,
    System,
    Visibility,
    ports,
)
from helpdesk_core.adapters.files import FolderAttachmentStore
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.duplicates import SimilarityIndex
from helpdesk_core.ports import ALL_CLAIMS, DeliveryStatus
from helpdesk_core.testing.failing import FailingRepository
from helpdesk_core.testing.script import Step, Workplace, newcomer, script
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.worlds import MONDAY, World, plain_world

STORES = ("memory", "sqlite", "postgresql")
#: What is tried on PostgreSQL too; all of it is tried there by the kit, for the repository alone.
SAMPLE = {
    "open_ticket", "attach", "assign_waiting", "merge", "unmerge", "remove_stage",
    "redact_attachment", "redact_message",
}  # fmt: skip
SETUP = System(reason="a test")
#: The ports beside the repository, what they are called in a workplace, and what they raise.
OTHERS: dict[str, tuple[type, Exception]] = {
    "notifier": (ports.Notifier, NotifierError("no way out")),
    "calendar": (ports.Calendar, CalendarError("silent")),
    "clock": (ports.Clock, OSError("stopped")),
    "attachments": (ports.AttachmentStore, AttachmentStoreError("full")),
    "similarity": (ports.SimilarityStore, TimeoutError("too slow")),
}
_WORLD = plain_world(str, ALL_CLAIMS, None)
WORLD: World = attrs.evolve(_WORLD, users=(*_WORLD.users, newcomer(str)))
_TICKET, _TEAM = WORLD.tickets[0].id, WORLD.teams[0].id
_ADA = WORLD.users[0].id

READS: dict[str, Callable[[Helpdesk], object]] = {
    "access": lambda d: d.access(_TICKET, actor=_ADA),
    "allowed_moves": lambda d: d.allowed_moves(_TICKET, actor=_ADA),
    "attachments": lambda d: d.attachments(_TICKET, actor=_ADA),
    "board": lambda d: d.board(_TEAM, actor=_ADA),
    "check": lambda d: d.check(),
    "column": lambda d: d.column(WORLD.tickets[0].stage_id, actor=_ADA),
    "count": lambda d: d.count(actor=_ADA),
    "coverage": lambda d: d.coverage(_TEAM, MONDAY, MONDAY, actor=_ADA),
    "dashboard": lambda d: d.dashboard(actor=_ADA),
    "duplicate_groups": lambda d: d.duplicate_groups(actor=_ADA),
    "duplicates": lambda d: d.duplicates(_TICKET, actor=_ADA),
    "duplicates_of_new": lambda d: d.duplicates_of_new(_TEAM, "No ink", actor=_ADA),
    "explain_access": lambda d: d.explain_access(_TICKET, _ADA, actor=SETUP),
    "explain_assignment": lambda d: d.explain_assignment(_TEAM, actor=_ADA),
    "fill_similarity_store": lambda d: d.fill_similarity_store(actor=SETUP),
    "history": lambda d: d.history(_TICKET, actor=_ADA),
    "dead_letters": lambda d: d.dead_letters(actor=SETUP),
    "mails": lambda d: d.mails(_TICKET, actor=_ADA),
    "preview_template": lambda d: d.preview_template(_TICKET, SmsTemplate("x"), actor=SETUP),
    "merged_tickets": lambda d: d.merged_tickets(_TICKET, actor=_ADA),
    "messages": lambda d: d.messages(_TICKET, actor=_ADA),
    "my_board": lambda d: d.my_board(actor=_ADA),
    "preview_fold": lambda d: d.preview_fold(WORLD.stages[0].id, True, actor=SETUP),
    "preview_handover": lambda d: d.preview_handover(
        _TEAM, Absence(user_id=_ADA, start=MONDAY), actor=_ADA
    ),
    "preview_merge": lambda d: d.preview_merge(WORLD.ticket_ids[:2], actor=_ADA),
    "preview_reorder": lambda d: d.preview_reorder(
        [stage.id for stage in reversed(WORLD.stages)], actor=SETUP
    ),
    "preview_stage_removal": lambda d: d.preview_stage_removal(
        WORLD.stages[0].id, move_to=WORLD.stages[1].id, actor=SETUP
    ),
    "preview_team": lambda d: d.preview_team(_TEAM, actor=SETUP, auto_assign=True),
    "preview_team_reorder": lambda d: d.preview_team_reorder(
        _TEAM, [stage.id for stage in reversed(WORLD.stages)], actor=SETUP
    ),
    "preview_visibility": lambda d: d.preview_visibility(_TEAM, Visibility.COMPANY, actor=SETUP),
    "read_attachment": lambda d: _read(
        d.read_attachment(_TICKET, d.attachments(_TICKET, actor=_ADA)[0].id, actor=_ADA)
    ),
    "resolve": lambda d: d.resolve(_TICKET, actor=_ADA),
    "search": lambda d: d.search("ink", actor=_ADA),
    "stages": lambda d: d.stages(_TEAM, actor=_ADA),
    "team": lambda d: d.team(_TEAM, actor=_ADA),
    "teams": lambda d: d.teams(actor=_ADA),
    "ticket": lambda d: d.ticket(_TICKET, actor=_ADA),
    "tickets": lambda d: d.tickets(actor=_ADA),
    "time_entries": lambda d: d.time_entries(_TICKET, actor=_ADA),
    "user": lambda d: d.user(_ADA, actor=_ADA),
    "workloads": lambda d: d.workloads(_TEAM, actor=_ADA),
}


def _read(file: Any) -> bytes:
    with file:
        content: bytes = file.read()
    return content


def test_every_use_case_is_tried() -> None:
    """N1: each public method of the service is a step of the script, or looks only."""
    public = {n for n, _ in inspect.getmembers(Helpdesk, inspect.isfunction) if n[0] != "_"}
    made = {step.method for step in script(str, ALL_CLAIMS)} | {"repair"}  # which has its own test
    assert made | READS.keys() == public, "give it a step in the kit's script, or a line in READS"
    assert not made & READS.keys()


# --- ports that fail, and stores that go back ----------------------------------------------------


class FailsAt:
    """A port whose k-th call raises; with `for_good`, every later one too."""

    def __init__(self, port: Any, kind: type, k: int, error: Exception, for_good: bool) -> None:
        self._port, self._error, self._for_good = port, error, for_good
        self._names = {name for name in vars(kind) if not name.startswith("_")}
        self._k = k
        self.calls = 0

    @property
    def failed(self) -> bool:
        """Whether it has failed."""
        return self.calls >= self._k

    def dies(self) -> None:
        """Fail at every call from now."""
        self._k, self._for_good = 1, True

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name not in self._names:
            return method

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls += 1
            if self.calls == self._k or (self._for_good and self.calls > self._k):
                raise self._error
            return method(*arguments, **options)

        return call


class _Contract(StoreContract):
    """What of the kit reads a store."""

    _claims = ALL_CLAIMS


class Kept:
    """A store whose content can be put back, with the files beside it."""

    def __init__(self, store: str, folder: Path) -> None:
        self.repository: Any = MemoryRepository()
        if store != "memory":
            url = "sqlite:///:memory:"
            self.repository = SqlRepository(url) if store == "sqlite" else postgres.empty()
            self._run("DROP TABLE IF EXISTS saved_{0}")
            self._run("CREATE TABLE saved_{0} AS SELECT * FROM {0}")
        self.files = FolderAttachmentStore(folder)
        with self.repository.writing() as session:
            session.apply(_WORLD.changes)

    def save(self) -> None:
        """Remember what it holds now."""
        if isinstance(self.repository, MemoryRepository):
            self._saved = self.repository._state.copy()
        else:
            self._run("DELETE FROM saved_{0}", "INSERT INTO saved_{0} SELECT * FROM {0}")
        self._bytes = {id: _read(self.files.get(id)) for id in self.files.ids()}

    def restore(self) -> None:
        """Hold again what was saved."""
        if isinstance(self.repository, MemoryRepository):
            self.repository._state = self._saved.copy()
        else:
            self._run("DELETE FROM {0}", backwards=True)
            self._run("INSERT INTO {0} SELECT * FROM saved_{0}")
        for id in self.orphans():
            self.files.delete(id)
        for id in self._bytes.keys() - set(self.files.ids()):  # it was removed since
            self.files.put(id, io.BytesIO(self._bytes[id]), limit=10**6)

    def _run(self, *statements: str, backwards: bool = False) -> None:
        tables = self.repository._tables.metadata.sorted_tables
        with self.repository._engine.begin() as connection:
            for table in reversed(tables) if backwards else tables:
                for statement in statements:
                    connection.exec_driver_sql(statement.format(table.name))

    def seen(self) -> dict[str, Any]:
        """All that a reader sees; events without the numbers, of which some are left out."""
        found = _Contract().everything(self.repository, WORLD)
        found["history"] = [recorded.event for recorded in found["history"]]
        with self.repository.reading() as session:
            known = set(session.attachment_ids())
        assert known <= set(self.files.ids()), "no attachment is without its bytes"
        return found

    def orphans(self) -> set[Any]:
        """Files without an attachment."""
        with self.repository.reading() as session:
            return set(self.files.ids()) - set(session.attachment_ids())


@contextmanager
def _opened(store: str, folder: Path) -> Iterator[tuple[Kept, Workplace]]:
    kept = Kept(store, folder / "files")
    place = Workplace(
        world=WORLD,
        id_type=str,
        claims=ALL_CLAIMS,
        repository=FailingRepository(kept.repository),
        attachments=kept.files,
    )
    yield kept, place
    if store == "sqlite":
        kept.repository.close()


@contextmanager
def _failing(place: Workplace, port: str, k: int, for_good: bool = False) -> Iterator[Any]:
    """The port failing at its k-th call from now, and whole again afterwards."""
    whole: Any = getattr(place, port)
    if port == "repository":
        whole.fail_at(k)
        yield whole
        whole.fail_at(0)
        return
    kind, error = OTHERS[port]
    failing = FailsAt(whole, kind, k, error, for_good)
    setattr(place, port, failing)
    yield failing
    setattr(place, port, whole)


def _tries(place: Workplace, port: str, for_good: bool = False) -> Iterator[Any]:
    """For k = 1, 2, ... the port failing at its k-th call, until that call comes no more."""
    for k in range(1, 200):
        with _failing(place, port, k, for_good) as failing:
            yield failing
            if not failing.failed:
                return
    raise AssertionError("never ends")


def _steps(place: Workplace, store: str) -> Iterator[tuple[int, Step, bool]]:
    """Each step, and whether it is to be broken off on this store."""
    for number, step in enumerate(place.steps):
        tried = step.whole and (store != "postgresql" or step.method in SAMPLE)
        yield number, step, tried


# --- the repository ------------------------------------------------------------------------------


@pytest.mark.parametrize("store", STORES)
def test_a_repository_that_fails_anywhere(store: str, tmp_path: Path) -> None:
    """N1, M10, T7: a lost connection leaves exactly what was, or at the commit exactly what is."""
    with _opened(store, tmp_path) as (kept, place):
        for number, step, tried in _steps(place, store):
            if not tried:
                place.play(number)
                continue
            kept.save()
            before = kept.seen()
            place.play(number)
            after = kept.seen()
            kept.restore()
            assert before != after
            ends = set()
            for failing in _tries(place, "repository"):
                try:
                    place.play(number)
                except RepositoryError as error:
                    told, now = str(error), kept.seen()
                    assert told == "the connection is gone"
                    assert now == (after if failing.committed else before), step.method
                    ends.add(failing.committed)
                    if failing.committed:
                        kept.restore()
                    for id in kept.orphans():  # nobody knew how the commit had ended
                        kept.files.delete(id)
                else:
                    assert not failing.failed, step.method
                    assert kept.seen() == after, step.method
            assert ends == {False, True}, step.method


# --- the others ----------------------------------------------------------------------------------


@pytest.mark.parametrize("store", STORES)
def test_every_other_port_that_fails_anywhere(store: str, tmp_path: Path) -> None:
    """N1, A14: a port that fails is told and nothing was done, or it hinders only the choice."""
    asked: dict[str, set[str]] = {port: set() for port in OTHERS}
    with _opened(store, tmp_path) as (kept, place):
        for number, step, tried in _steps(place, store):
            if tried:
                kept.save()
                before = kept.seen()
                given = place.play(number)
                after = kept.seen()
                kept.restore()
                for port, failing in _each_failure(place, for_good=store == "memory"):
                    result, told = _result(place, number)
                    now = kept.seen()
                    where = f"{port} in {step.method}"
                    if told is not None:
                        assert failing.failed
                        assert _is_clear(told, port), where
                        assert now == before, where
                    elif failing.failed and port == "calendar":
                        failing.dies()
                        kept.restore()
                        place.play(number)
                        assert now == kept.seen(), where
                    else:
                        assert now == after, where
                        assert _whole(result) == given, where
                    if now != before:
                        kept.restore()
                    if failing.failed:
                        asked[port].add(step.method)
            place.play(number)
    assert asked.pop("notifier") == set(), "the notifier is asked by deliver alone"
    kept_or_dropped = {"attach", "redact_attachment"}
    if store != "postgresql":  # where only some steps are broken off
        kept_or_dropped |= {"receive", "erase_person"}
    assert asked["attachments"] == kept_or_dropped
    assert all(asked.values())


def _each_failure(place: Workplace, *, for_good: bool) -> Iterator[tuple[str, FailsAt]]:
    """Each port failing at each of its calls, once, and also from then on."""
    for port in OTHERS:
        for ever in (False, True) if for_good else (False,):
            for failing in _tries(place, port, ever):
                yield port, failing


def _result(place: Workplace, number: int) -> tuple[object, HelpdeskError | None]:
    try:
        return place.play(number), None
    except HelpdeskError as error:
        return None, error


def _whole(result: object) -> object:
    """What was removed, though after the commit something was left, which it says (T9)."""
    return attrs.evolve(result, left=()) if isinstance(result, Removed) else result


def _is_clear(told: HelpdeskError, port: str) -> bool:
    """Whether it says which port failed and how: by the port's own words, or by the service's."""
    error = OTHERS[port][1] if port in OTHERS else RepositoryError("the connection is gone")
    return str(told) in (str(error), f"the {port} did not answer: {type(error).__name__}")


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("port", ["repository", "notifier", "clock"])
def test_a_delivery_that_fails_anywhere(port: str, store: str, tmp_path: Path) -> None:
    """N1: whichever call of a delivery fails, each message is sent once or more with its key."""
    with _opened(store, tmp_path) as (kept, place):
        last = max(n for n, step in enumerate(place.steps) if step.method == "deliver")
        later = attrs.evolve(place.steps[last], days=2)
        for number in range(last):
            place.play(number)
        place.steps = [*place.steps[: last + 1], later]
        kept.save()
        place.play(last)
        wanted = {message.key for message in place.notifier.sent}
        assert len(wanted) > 1
        for k in range(1, 200):
            kept.restore()
            place.notifier.sent.clear()
            with _failing(place, port, k) as failing:
                told = _result(place, last)[1]
                failed = failing.failed
            assert told is None or _is_clear(told, port)
            place.play(last + 1)
            assert {message.key for message in place.notifier.sent} == wanted, k
            with kept.repository.reading() as session:
                assert session.outbox(status=DeliveryStatus.PENDING) == [], k
                assert session.outbox(status=DeliveryStatus.DEAD) == [], k
            if not failed:
                return
        raise AssertionError("never ends")


@pytest.mark.parametrize("port", ["repository", "attachments", "clock"])
def test_a_repair_that_fails_anywhere(port: str, tmp_path: Path) -> None:
    """N1: whichever call of a repair fails, it is told, nothing else is touched, and it goes on."""
    with _opened("memory", tmp_path) as (kept, place):
        _filled_for_reading(place)
        kept.save()
        before = kept.seen()
        place.steps = [Step("repair", lambda d, _: d.repair(actor=SETUP))]
        for failing in _tries(place, port):
            kept.restore()
            kept.files.put("lost", io.BytesIO(b"1"), limit=9)
            for path in tmp_path.rglob("*"):  # long before the clock of the script
                os.utime(path, (0, 0))
            told = _result(place, 0)[1]
            assert (told is not None) is failing.failed
            assert {**kept.seen(), "history": []} == {**before, "history": []}
            place.repository.fail_at(0)
            place.attachments = kept.files
            place.clock = getattr(place.clock, "_port", place.clock)
            place.play(0)
            assert not kept.orphans()
            if told is None:
                return


@pytest.mark.parametrize("port", ["repository", *OTHERS])
def test_a_port_that_fails_while_somebody_looks(port: str, tmp_path: Path) -> None:
    """V13, V14: who only looks is shown all of it or is told, and nothing is changed."""
    with _opened("memory", tmp_path) as (kept, place):
        _filled_for_reading(place)
        kept.save()
        before = kept.seen()
        place.steps = [Step(name, lambda d, _, call=call: call(d)) for name, call in READS.items()]
        for number, step in enumerate(place.steps):
            shown = place.play(number)
            place.repository.fail_at(0)
            for _ in _tries(place, port):
                result, told = _result(place, number)
                assert told is None or str(told), step.method
                assert told is not None or result == shown, step.method
                assert not place.repository.committed, step.method
        assert kept.seen() == before


def _filled_for_reading(place: Workplace) -> None:
    for number, step in enumerate(place.steps):
        if step.method in ("reply", "note", "attach", "log_time"):
            place.play(number)


@pytest.mark.parametrize("method", ["open_ticket", "change_ticket", "merge", "unmerge"])
def test_a_similarity_store_that_fails_is_logged(
    method: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """M1: what the similarity store did not take is done all the same, and its id is logged."""
    with _opened("memory", tmp_path) as (_, place):
        for number, step in enumerate(place.steps):
            kind, error = OTHERS["similarity"]
            place.similarity = FailsAt(SimilarityIndex(), kind, 1, error, True)
            caplog.clear()
            place.play(number)
            if step.method == method:
                break
    assert place.similarity.failed
    for record in caplog.records:
        assert record.levelno == logging.WARNING
        assert "the similarity store: TimeoutError" in record.getMessage()
        assert "too slow" not in record.getMessage()
    assert len(caplog.records) == place.similarity.calls


@pytest.mark.parametrize("deletes", [True, False])
@pytest.mark.parametrize("error", [RepositoryError("gone"), RetryableError("busy")], ids=repr)
def test_no_attachment_is_without_its_bytes(
    error: Any, deletes: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """N1, M10: bytes that nobody asks for may be left, `check` finds them; never the other way."""
    with _opened("memory", tmp_path) as (kept, place):
        number = next(n for n, step in enumerate(place.steps) if step.method == "attach")
        place.repository.error = error
        if not deletes:
            whole = kept.files
            place.attachments = FailsAt(whole, ports.AttachmentStore, 2, OSError("shut"), True)
        kept.save()
        left = 0
        for failing in _tries(place, "repository"):
            if not deletes:
                place.attachments.calls = 0
            told = _result(place, number)[1]
            assert told is (error if failing.failed else None)
            kept.seen()
            orphans = kept.orphans()
            left += len(orphans)
            found = [(f.code, f.reason.parameters["attachment_id"]) for f in _check(kept)]
            assert found == [("check.young_file", id) for id in orphans]
            kept.restore()
            assert _check(kept) == ()
        # where nobody knows how the commit ended they are kept, and where they cannot be deleted
        assert (left > 0) is (not deletes or isinstance(error, RepositoryError))


def _check(kept: Kept) -> tuple[Finding, ...]:
    place = Workplace(
        world=WORLD,
        id_type=str,
        claims=ALL_CLAIMS,
        repository=kept.repository,
        attachments=kept.files,
    )
    place.steps = [Step("check", lambda d, _: d.check())]
    found: Any = place.play(0)
    return found
