"""`AsyncHelpdesk`: the same help desk for programs of asyncio, whose tasks may be cancelled."""

from __future__ import annotations

import asyncio
import inspect
import io
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Generator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

import attrs
import pytest

pytest.importorskip("greenlet")
pytest.importorskip("aiosqlite")

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

import asynchronous
import postgres
from desks import MONDAY, repository_for
from helpdesk_core import (
    Absence,
    AssignmentMethod,
    Helpdesk,
    NewFile,
    Role,
    SimilarityIndex,
    System,
    Ticket,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.adapters.files import FolderAttachmentStore
from helpdesk_core.adapters.memory import (
    AsyncMemoryRepository,
    ManualClock,
    MemoryCalendar,
    MemoryNotifier,
)
from helpdesk_core.adapters.sql import AsyncSqlRepository, SqlRepository
from helpdesk_core.adapters.threads import (
    ThreadAttachmentStore,
    ThreadCalendar,
    ThreadNotifier,
    ThreadSimilarityStore,
)
from helpdesk_core.aio import AsyncHelpdesk, every
from helpdesk_core.aio.bridge import run, wait
from helpdesk_core.aio.desk import Settings
from helpdesk_core.errors import (
    CollisionError,
    ConflictError,
    NotFoundError,
    PortError,
    RepositoryError,
    RetryableError,
)
from helpdesk_core.ports import OutgoingMessage, TicketFilter
from helpdesk_core.service import Observed
from helpdesk_core.testing import AsyncRepositoryContract
from helpdesk_core.visibility.scopes import Everything

SETUP = System(reason="test")
MEMBERS = ("ann", "bob", "cyd")


def url_of(store: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """The URL of an empty database."""
    if store == "postgresql":
        return postgres.emptied_url()
    with repository_for("sqlite", folder) as made:
        return made._engine.url.render_as_string(False), {}


on_each_database = pytest.mark.parametrize("store", ["sqlite", "postgresql"])


def desk_over(repository: Any, **settings: Any) -> AsyncHelpdesk:
    """A help desk over it, with everything else in memory."""
    others = {
        "notifier": ThreadNotifier(MemoryNotifier()),
        "calendar": ThreadCalendar(MemoryCalendar()),
    }
    others |= {name: settings.pop(name) for name in others if name in settings}
    return AsyncHelpdesk(repository, clock=ManualClock(MONDAY), **others, **settings)


async def set_up(desk: AsyncHelpdesk) -> None:
    """A team of three that assigns by itself, and a customer."""
    for id in MEMBERS:
        person = User(
            id=id, name=id, kind=UserKind.INTERNAL, roles={Role.AGENT}, email=f"{id}@x.org"
        )
        await desk.add_user(person, actor=SETUP)
    pat = User(id="pat", name="Pat", kind=UserKind.PORTAL, email="pat@x.org")
    await desk.add_user(pat, actor=SETUP)
    await desk.create_stage("New", actor=SETUP, id="new")
    await desk.create_team(
        "Support",
        Visibility.PUBLIC,
        actor=SETUP,
        id="support",
        stage_ids=["new"],
        member_ids=MEMBERS,
        auto_assign=True,
        assignment_method=AssignmentMethod.EQUAL_TICKETS,
    )


# --- one source ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", asynchronous.MADE, ids=lambda path: path.stem)
def test_what_is_made_is_what_the_source_says(path: Path) -> None:
    """T5: the asynchronous ports and use-cases are those of the plain ones, made from them."""
    assert path.read_text(encoding="utf-8") == asynchronous.MADE[path](), "run `make async`"


def test_every_use_case_can_be_awaited() -> None:
    """T5: AsyncHelpdesk has each use-case of Helpdesk, with the same arguments and answer."""

    def public(kind: type) -> dict[str, Any]:
        return {n: m for n, m in inspect.getmembers(kind, inspect.isfunction) if n[0] != "_"}

    plain, awaited = public(Helpdesk), public(AsyncHelpdesk)
    assert plain.keys() == awaited.keys()
    for name, method in awaited.items():
        assert inspect.iscoroutinefunction(method), name
        assert inspect.signature(method) == inspect.signature(plain[name]), name


def test_every_setting_can_be_given() -> None:
    """T5: AsyncHelpdesk takes each setting of Helpdesk, of the same type, beside the ports."""
    of_plain = inspect.signature(Helpdesk.__init__).parameters.values()
    names = {one.name for one in of_plain if one.kind is one.KEYWORD_ONLY}
    hints = get_type_hints(Helpdesk.__init__)
    settings = names - {"attachments", "similarity"}
    assert get_type_hints(Settings) == {name: hints[name] for name in settings}


# --- the bridge ----------------------------------------------------------------------------------


def test_what_is_awaited_gives_and_raises() -> None:
    """N1: a plain call in a task is given what it waited for, or what that raised."""

    async def answer(value: int) -> int:
        await asyncio.sleep(0)
        if value < 0:
            raise ValueError(value)
        return value

    def call() -> tuple[int, str]:
        try:
            wait(answer(-1))
        except ValueError as error:
            return wait(answer(41)) + 1, str(error)
        raise AssertionError

    assert asyncio.run(run(call)) == (42, "-1")


def test_a_plain_call_sees_the_context_of_its_task() -> None:
    """N1: what a host keeps in context variables, a language say, a clock of its own sees."""
    language: ContextVar[str] = ContextVar("language")

    async def main() -> list[str]:
        async def asked(name: str) -> str:
            language.set(name)
            return await run(lambda: (wait(asyncio.sleep(0)), language.get())[1])

        return await asyncio.gather(*(asked(name) for name in ("eu", "fi")))

    assert asyncio.run(main()) == ["eu", "fi"]


def test_nothing_is_awaited_outside_of_a_task() -> None:
    """N1: to wait where no task runs the call is refused by name, and nothing is left to await."""

    async def answer() -> None: ...

    with pytest.raises(PortError, match="AsyncHelpdesk only"):
        wait(answer())


def test_the_loop_goes_on_while_a_call_waits() -> None:
    """N1: while one use-case waits for its ports the others of the loop go on."""
    turns: list[str] = []

    async def slow(name: str) -> None:
        for _ in range(3):
            turns.append(name)
            await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(*(run(wait, slow(name)) for name in "ab"))

    asyncio.run(main())
    assert turns == ["a", "b"] * 3


# --- many at once --------------------------------------------------------------------------------


@pytest.mark.parametrize("store", ["memory", "sqlite", "postgresql"])
def test_many_at_once_are_spread_evenly(store: str, tmp_path: Path) -> None:
    """A17: of many tickets that are opened at once none is lost, and the spread is at most one."""
    many = 100

    async def main() -> list[Ticket]:
        if store == "memory":
            return await opened(AsyncMemoryRepository())
        url, options = url_of(store, tmp_path)
        async with AsyncSqlRepository(url, busy_timeout=60, **options) as repository:
            return await opened(repository)

    async def opened(repository: Any) -> list[Ticket]:
        desk = desk_over(repository)
        await set_up(desk)
        opening = (desk.open_ticket("support", f"Ink {n}", actor="ann") for n in range(many))
        tickets = await asyncio.gather(*opening)
        assert len({ticket.id for ticket in tickets}) == many
        page = [ticket async for ticket in every(desk.tickets, actor="ann", limit=30)]
        assert {ticket.id for ticket in page} == {ticket.id for ticket in tickets}
        return page

    loads = Counter(ticket.assignee_id for ticket in asyncio.run(main()))
    assert loads.keys() == set(MEMBERS)
    assert max(loads.values()) - min(loads.values()) <= 1


def test_a_collision_is_tried_again_without_holding_the_loop(monkeypatch: Any) -> None:
    """A17: after a collision a use-case waits for its next attempt, and the loop goes on."""
    repository = AsyncMemoryRepository()
    desk = desk_over(repository)
    slept: list[float] = []
    sleep = asyncio.sleep

    async def counted(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    async def main() -> None:
        await set_up(desk)
        once_through, failures = desk._desk._once_through, iter([CollisionError("met"), None])

        def collides(do: Any) -> Any:
            if (failure := next(failures, None)) is not None:
                raise failure
            return once_through(do)

        desk._desk._once_through = collides
        monkeypatch.setattr("helpdesk_core.aio.desk.asyncio.sleep", counted)
        await desk.open_ticket("support", "Ink", actor="ann")

    asyncio.run(main())
    assert any(0 < seconds <= 0.02 for seconds in slept)


# --- cancelled -----------------------------------------------------------------------------------


@attrs.define
class CancelledAt:
    """Awaits something, and is cancelled at the k-th moment at which it waits.

    With `twice` it is again at the next one, while what was begun is being given up.
    """

    of: Awaitable[Any]
    k: int
    twice: bool = False
    came: bool = False

    def __await__(self) -> Generator[Any, Any, Any]:
        waiting, left = self.of.__await__(), self.k
        step: Callable[[], Any] = partial(next, waiting)
        while True:
            try:
                asked = step()
            except StopIteration as ended:
                return ended.value
            left -= 1
            if left == 0 or (left == -1 and self.twice):
                self.came = True
                if asked is not None:  # a future, which nobody waits for now
                    asked.cancel()
                step = partial(waiting.throw, asyncio.CancelledError())
                continue
            try:
                sent = yield asked
            except BaseException as error:
                step = partial(waiting.throw, error)
            else:
                step = partial(waiting.send, sent)


async def _seen(repository: AsyncSqlRepository) -> dict[str, Any]:
    async with repository.reading() as session:
        tickets = await session.find(Everything(), TicketFilter(merged=None))
        ids = [ticket.id for ticket in tickets]
        return {
            "tickets": {ticket.id: ticket for ticket in tickets},
            "messages": {message.id for message in await session.messages(ids)},
            "merges": len(await session.merges(ids)),
            "history": len(await session.history(ids)),
            "outbox": len(await session.outbox()),
            "recount": list(await session.recount()),
        }


CALLS: dict[str, Callable[[AsyncHelpdesk, str], Awaitable[Any]]] = {
    "open": lambda desk, key: desk.open_ticket(
        "support", "Ink", actor="ann", id="new", customer_id="pat", idempotency_key=key
    ),
    "reply": lambda desk, key: desk.reply("t0", "Is it on?", actor="ann", idempotency_key=key),
    "merge": lambda desk, key: desk.merge(["t0", "t1"], actor=SETUP, idempotency_key=key),
}


@on_each_database
@pytest.mark.parametrize(("call", "twice"), [*((call, False) for call in CALLS), ("reply", True)])
def test_whenever_it_is_cancelled_it_is_before_or_after(
    store: str, call: str, twice: bool, tmp_path: Path
) -> None:
    """N1, M10, T7: at whichever moment of a call its task is cancelled, all is done or nothing."""

    async def main() -> None:
        url, options = url_of(store, tmp_path)
        async with AsyncSqlRepository(url, **options) as repository:
            desk = desk_over(repository)
            await set_up(desk)
            for id in ("t0", "t1"):
                await desk.open_ticket("support", "Ink", actor=SETUP, id=id, customer_id="pat")
            before, cancelled = await _seen(repository), 0
            for k in range(1, 400):
                cancelling = CancelledAt(CALLS[call](desk, "key"), k, twice)
                try:
                    await asyncio.wait_for(_awaiting(cancelling), 30)
                except asyncio.CancelledError:
                    cancelled += 1
                    if await _seen(repository) != before:
                        break
                else:
                    assert not cancelling.came
                    break
            after = await _seen(repository)
            await CALLS[call](desk, "key")  # what was done is known by its key
            assert after != before
            assert await _seen(repository) == after
            assert not after["recount"]
            assert cancelled > 5

    asyncio.run(main())


class Hasty(AsyncMemoryRepository):
    """Commits what a cancelled task had done by then."""

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Any]:
        cancelled = None
        async with super().writing() as session:
            try:
                yield session
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled


def test_a_store_that_keeps_half_of_what_was_cancelled_is_caught(tmp_path: Path) -> None:
    """N1, M10: the kit finds a repository that commits when its task is cancelled."""

    class Kit(AsyncRepositoryContract):
        async def make(self) -> Any:
            return Hasty()

    kit = Kit()
    test = kit.test_a_cancellation_leaves_exactly_before_or_exactly_after
    kit.begin(tmp_path, test)
    with pytest.raises((AssertionError, ConflictError)):  # half of it, or all but its key
        test()


async def _awaiting(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


# --- other ports ---------------------------------------------------------------------------------


def test_files_go_with_a_message_and_are_closed(tmp_path: Path) -> None:
    """N2, V15: a notifier that is awaited is given each file open, and it is closed afterwards."""
    handles: list[Any] = []

    class Notifier:
        async def send(self, message: OutgoingMessage) -> None:
            for file in message.files:
                handle = file.open()
                handles.append((handle, handle.read(), handle.closed))

    async def main() -> None:
        store = ThreadAttachmentStore(FolderAttachmentStore(tmp_path / "files"))
        desk = desk_over(AsyncMemoryRepository(), notifier=Notifier(), attachments=store)
        await set_up(desk)
        ticket = await desk.open_ticket("support", "Ink", actor="ann", customer_id="pat")
        file = NewFile(name="label.png", content=b"label", media_type="image/png")
        await desk.reply(ticket.id, "See the label", actor="ann", files=[file])
        assert (await desk.deliver()).failed == 0
        [attachment] = (await desk.attachments(ticket.id, actor="ann")).items
        with await desk.read_attachment(ticket.id, attachment.id, actor="ann") as read:
            assert read.read() == b"label"
        assert [id async for id in _each(await store.ids())] == [attachment.id]
        await store.delete(attachment.id)
        assert not list(await store.ids(before=MONDAY + timedelta(days=9000)))

    asyncio.run(main())
    assert handles
    assert all(content == b"label" and not closed for _, content, closed in handles)
    assert all(handle.closed for handle, _, _ in handles)


async def _each(things: Any) -> Any:
    for thing in things:
        yield thing


def test_threads_ask_what_they_were_asked(tmp_path: Path) -> None:
    """A12, N1: a calendar and a folder in threads say what they say without."""
    files = FolderAttachmentStore(tmp_path)
    away = Absence(user_id="ann", start=MONDAY, end=MONDAY + timedelta(hours=8))
    calendar = ThreadCalendar(MemoryCalendar(absences=[away]))

    async def main() -> None:
        store = ThreadAttachmentStore(files)
        await store.put("f", io.BytesIO(b"ink"), limit=9)
        assert list(await store.ids()) == ["f"]
        assert list(await store.ids(before=MONDAY - timedelta(days=9999))) == []
        day = MONDAY + timedelta(days=1)
        assert list(await calendar.absences(["ann", "bob"], MONDAY, day)) == [away]
        assert list(await calendar.absences(["bob"], MONDAY, day)) == []

    asyncio.run(main())


def test_a_similarity_store_asks_who_may_be_found() -> None:
    """M11: an awaited store of duplicates asks the repository about its candidates, before."""

    async def main() -> None:
        index = ThreadSimilarityStore(SimilarityIndex())
        desk = desk_over(AsyncMemoryRepository(), similarity=index)
        await set_up(desk)
        await desk.create_team(
            "Secret", Visibility.PRIVATE, actor=SETUP, id="secret", stage_ids=["new"]
        )
        for id, team in (("t0", "support"), ("t1", "support"), ("t2", "secret")):
            await desk.open_ticket(team, "The printer has no ink", actor=SETUP, id=id)
        found = await desk.duplicates("t0", actor="ann")
        assert [match.ticket_id for match in found] == ["t1"]
        everything = await desk.duplicates("t0", actor=SETUP)
        assert {match.ticket_id for match in everything} == {"t1", "t2"}
        [group] = await desk.duplicate_groups(actor="ann")
        assert {group.master_id, *(m.ticket_id for m in group.members)} == {"t0", "t1"}
        await desk.merge(["t0", "t1"], actor=SETUP)
        assert not await desk.duplicates("t0", actor="ann")
        ticket = await desk.ticket("t0", actor=SETUP)
        assert (await index.rate(ticket, ticket)).rating == 1
        await index.add(attrs.evolve(ticket, id="t9"))
        assert "t9" in {match.ticket_id for match in await index.most_similar(ticket, 9)}

    asyncio.run(main())


def test_a_cancelled_search_asks_nobody_afterwards() -> None:
    """M11, N1: a search for duplicates that is cancelled has ended before that is told."""
    # Else it might ask of a session that is closed, or that somebody else has by then.
    began, asked = threading.Event(), []

    class Slow(SimilarityIndex):
        def most_similar(self, ticket: Any, limit: int, *, among: Any = None) -> Any:
            for _ in range(3):
                began.set()
                asked.append(among([ticket.id]))
            return []

    async def among(ids: Collection[Any]) -> Collection[Any]:
        await asyncio.sleep(0.01)
        return ids

    async def main() -> int:
        ticket = Ticket(id="t", team_id="x", stage_id="new", subject="Ink", created_at=MONDAY)
        store = ThreadSimilarityStore(Slow())
        searching = asyncio.create_task(store.most_similar(ticket, 1, among=among))
        await asyncio.to_thread(began.wait)
        searching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await searching
        return len(asked)

    assert asyncio.run(main()) == 3


def test_a_desk_without_a_store_compares_what_may_be_seen() -> None:
    """M3, M11: without a store of duplicates the tickets that may be seen are compared."""

    async def main() -> Sequence[Any]:
        desk = desk_over(AsyncMemoryRepository())
        await set_up(desk)
        for id in ("t0", "t1"):
            await desk.open_ticket("support", "The printer has no ink", actor=SETUP, id=id)
        return await desk.duplicates("t0", actor="ann")

    assert [match.ticket_id for match in asyncio.run(main())] == ["t1"]


def test_an_observer_is_told_of_each_task_by_itself() -> None:
    """T5: the observer is told of each use-case, also of those that run at the same time."""
    told: list[Observed] = []

    async def main() -> None:
        desk = desk_over(AsyncMemoryRepository(), observer=told.append)
        await set_up(desk)
        told.clear()
        opening = (desk.open_ticket("support", "Ink", actor="ann", id=f"t{n}") for n in range(5))
        await asyncio.gather(*opening)
        with pytest.raises(NotFoundError):
            await desk.ticket("none", actor="ann")

    asyncio.run(main())
    assert Counter(one.use_case for one in told) == {"open_ticket": 5, "ticket": 1}
    assert {one.ticket_ids for one in told[:5]} == {(f"t{n}",) for n in range(5)}


def test_what_is_not_awaitable_is_a_ports_error_of_its_own() -> None:
    """N1: a plain port where an awaited one is due is refused, and not taken for an answer."""

    class Plain:
        def absences(self, user_ids: Collection[Any], since: Any, until: Any) -> list[Any]:
            return []

        schedules = absences

    async def main() -> None:
        desk = desk_over(AsyncMemoryRepository(), calendar=Plain())
        await set_up(desk)
        ticket = await desk.open_ticket("support", "Ink", actor="ann")
        assert ticket.assignee_id is None  # the calendar did not answer (A14)

    asyncio.run(main())


# --- the repository over SQL ---------------------------------------------------------------------


def test_a_database_in_memory_is_refused() -> None:
    """T7: a database that a cancelled task would take away is refused by name."""
    with pytest.raises(RepositoryError, match="in memory"):
        asyncio.run(AsyncSqlRepository("sqlite://").open())


def test_a_repository_is_opened_first(tmp_path: Path) -> None:
    """T7: a repository that is not open, or closed again, says so."""
    repository = AsyncSqlRepository(f"sqlite:///{tmp_path / 'desk.db'}")

    async def ask() -> None:
        async with repository.reading() as session:
            await session.stages()

    async def main() -> None:
        with pytest.raises(RepositoryError, match="not open"):
            await ask()
        await asyncio.gather(repository.open(), repository.open())
        opened = repository._opened
        async with repository:
            assert repository._opened is opened  # open already
            await ask()
        with pytest.raises(RepositoryError, match="not open"):
            await ask()
        await repository.close()

    asyncio.run(main())


def test_other_drivers_are_refused() -> None:
    """T7: a driver that is not tried is refused by name."""
    with pytest.raises(RepositoryError, match="not supported"):
        asyncio.run(AsyncSqlRepository("mysql+aiomysql://host/desk").open())


@on_each_database
def test_a_hosts_own_transaction_takes_ours_with_it(store: str, tmp_path: Path) -> None:
    """N1: inside a host's transaction nothing is there before the host commits, and all after."""
    from sqlalchemy.ext.asyncio import AsyncSession

    async def main() -> None:
        url, options = url_of(store, tmp_path)
        async with AsyncSqlRepository(url, **options) as repository:
            await set_up(desk_over(repository))
            async_url = url.replace("sqlite:", "sqlite+aiosqlite:")
            engine = create_async_engine(async_url)
            try:
                async with engine.connect() as connection:
                    await connection.begin()
                    joined = desk_over(repository.using(connection))
                    await joined.open_ticket("support", "Ink", actor="ann", id="back")
                    assert (await joined.ticket("back", actor="ann")).id == "back"
                    await connection.rollback()
                async with AsyncSession(engine) as session, session.begin():
                    joined = desk_over(repository.using(session))
                    await joined.open_ticket("support", "Ink", actor="ann", id="kept")
                    await session.execute(sa.text("SELECT 1"))
            finally:
                await engine.dispose()
            desk = desk_over(repository)
            assert [t.id for t in (await desk.tickets(actor="ann")).items] == ["kept"]
            closed = engine.connect()
            with pytest.raises(RepositoryError, match="not open"):
                repository.using(closed)

    asyncio.run(main())


def test_writers_of_sqlite_wait_for_their_turn_and_no_longer(tmp_path: Path) -> None:
    """A17: a writer that waits longer than it may is told to try again; nothing was changed."""

    async def main() -> None:
        url, _ = url_of("sqlite", tmp_path)
        async with AsyncSqlRepository(url, busy_timeout=0.2) as repository:
            async with repository.writing() as session:
                await session.lock([], [])
                with pytest.raises(RetryableError, match="busy"):
                    await asyncio.create_task(_writing(repository))
            await _writing(repository)

    asyncio.run(main())


async def _writing(repository: Any) -> None:
    async with repository.writing() as session:
        await session.lock([], [])


def test_one_task_writes_once_at_a_time_in_memory() -> None:
    """A17: a task that writes while it writes would wait for itself, and is told so."""

    async def main() -> None:
        repository = AsyncMemoryRepository()
        async with repository.writing():
            with pytest.raises(RepositoryError, match="writing already"):
                await _writing(repository)

    asyncio.run(main())


def test_what_is_opened_plain_is_the_same_database(tmp_path: Path) -> None:
    """T7: what was written by awaiting is read by the plain repository, and the other way round."""

    async def main() -> str:
        async with AsyncSqlRepository(f"sqlite:///{tmp_path / 'desk.db'}") as repository:
            desk = desk_over(repository)
            await set_up(desk)
            await desk.open_ticket("support", "Ink", actor="ann", id="t0")
        return f"sqlite:///{tmp_path / 'desk.db'}"

    with SqlRepository(asyncio.run(main())) as plain, plain.reading() as session:
        assert session.tickets(["t0"])["t0"].subject == "Ink"
