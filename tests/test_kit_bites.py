"""The kit bites: ports that are broken on purpose, each caught by the test that should catch it."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest
from _pytest.outcomes import Failed, Skipped

from helpdesk_core import ConflictError, HelpdeskError, NotifierError
from helpdesk_core.adapters.files import FolderAttachmentStore
from helpdesk_core.adapters.memory import (
    MemoryCalendar,
    MemoryNotifier,
    MemoryRepository,
    MemorySession,
)
from helpdesk_core.adapters.memory.lending import lent
from helpdesk_core.duplicates import Group, SimilarityIndex
from helpdesk_core.duplicates import rate as similarity_rate
from helpdesk_core.plans import Add, AddFollow, Kind, RemoveFollow, SetField
from helpdesk_core.ports import ALL_CLAIMS, Claim, DeliveryStatus, Misworded, Wording
from helpdesk_core.search import Wanted, opening_of, words_in
from helpdesk_core.testing import (
    AttachmentStoreContract,
    CalendarContract,
    Contract,
    NotifierContract,
    Received,
    RepositoryContract,
    SimilarityStoreContract,
)
from helpdesk_core.testing.failing import FailingRepository
from helpdesk_core.visibility.scopes import CompanyIs, Everything

#: What a broken rule raises; anything else is an error in the broken port itself.
OF_A_RULE = (AssertionError, HelpdeskError, Failed, OSError)


def bitten(contract: type[Contract], test: str, folder: Path) -> BaseException | None:
    """What the test of this contract raises, run as pytest runs it; None when it passes."""
    one = contract()
    one.examples, one.shrink = 25, False
    method = getattr(one, test)
    one.begin(folder, method)
    try:
        method()
    except Skipped:
        pytest.fail(f"{test} was not tried")
    except (*OF_A_RULE, ExceptionGroup) as error:
        return error
    return None


# --- broken repositories -------------------------------------------------------------------------


class Broken(MemorySession):
    """A session over the memory repository's state, to be broken."""


def store_of(session_type: type[MemorySession], **broken: Any) -> type[RepositoryContract]:
    """The contract over a memory repository whose sessions are of this type."""

    class Store(MemoryRepository):
        @contextmanager
        def reading(self) -> Iterator[Any]:
            yield session_type(self._state)

        @contextmanager
        def writing(self) -> Iterator[Any]:
            with self._writer:
                state = self._state.copy()
                yield session_type(state)
                self._state = state

    for name, value in broken.items():
        setattr(Store, name, value)

    class Held(RepositoryContract):
        def new(self) -> Any:
            return Store()

    return Held


class ForgetsTheExpected(Broken):
    def apply(self, changes: Any) -> None:
        for change in changes:
            if isinstance(change, SetField):
                table = self._state.of_kind(change.kind)
                if change.id in table:
                    now = getattr(table[change.id], change.field)
                    change = attrs.evolve(change, expected=now)
            super().apply([change])


class ShowsEverything(Broken):
    def _matching(self, scope: Any, query: Any) -> Any:
        return super()._matching(Everything(), query)


class FoldsCase(Broken):
    """Finds followers without regard to case, as some databases compare texts."""

    def _matching(self, scope: Any, query: Any) -> Any:
        found = []
        for ticket in self._state.tickets.values():
            team = self._state.teams[ticket.team_id]
            loud = {str(id).casefold(): why for id, why in ticket.followers.items()}
            for id in self._state.users:
                if str(id).casefold() in loud:
                    followers = {**ticket.followers, id: loud[str(id).casefold()]}
                    ticket = attrs.evolve(ticket, followers=followers)
            stage = self._state.stages[ticket.stage_id]
            if query.matches(ticket, stage) and scope.matches(ticket, team):
                found.append(ticket)
        return found


class FindsBy(Broken):
    """Finds and counts, with something else than what was asked for."""

    def _with_words(self, scope: Any, query: Any, wanted: Any, internal: bool) -> Any:
        return super()._with_words(*self.of(scope, query, wanted, internal))

    def of(self, *asked: Any) -> Any:
        return asked


class FindsByNotes(FindsBy):
    def of(self, scope: Any, query: Any, wanted: Any, internal: bool) -> Any:
        return scope, query, wanted, True


class FindsWhatIsHidden(Broken):
    """Asks whether the ticket may be seen, and not the tombstone on which the words stand."""

    def _with_words(self, scope: Any, query: Any, wanted: Any, internal: bool) -> Any:
        inside = {ticket.id for ticket in self._matching(scope, query)}
        found = super()._with_words(Everything(), query, wanted, internal)
        return [ticket for ticket in found if ticket.id in inside]


class CountsWhatIsHidden(Broken):
    def count_found(self, scope: Any, query: Any, wanted: Any, *, internal: bool) -> Any:
        return super().count_found(Everything(), query, wanted, internal=internal)


class FindsAnyWord(FindsBy):
    """Is content with one of the words, as a search on the web is."""

    def of(self, scope: Any, query: Any, wanted: Any, internal: bool) -> Any:
        words = [*wanted.whole, *wanted.beginnings]
        return scope, query, Wanted(beginnings=frozenset(words[:1])), internal


class FindsWholeWords(FindsBy):
    def of(self, scope: Any, query: Any, wanted: Any, internal: bool) -> Any:
        whole = Wanted(whole=wanted.whole | wanted.beginnings)
        return scope, query, whole, internal


class FindsTombstones(Broken):
    def _with_words(self, scope: Any, query: Any, wanted: Any, internal: bool) -> Any:
        found = super()._with_words(scope, query, wanted, internal)
        return found + [
            ticket
            for ticket in self._matching(scope, query)
            if ticket.is_merged_away and wanted.matches(words_in(opening_of(ticket)))
        ]


class KnowsOnlyAscii(Broken):
    """Splits words as a database does that knows no other writing."""

    def _with_words(self, scope: Any, query: Any, wanted: Any, internal: bool) -> Any:
        found = super()._with_words(scope, query, wanted, internal)
        words = wanted.whole | wanted.beginnings
        return found if all(word.isascii() for word in words) else []


class ReadsALanguage(Broken):
    """Takes a sign for one of its own language of questions."""

    def _with_words(self, scope: Any, query: Any, wanted: Any, internal: bool) -> Any:
        if wanted.whole & {"or", "not", "near"}:
            wanted = Wanted(beginnings=wanted.beginnings)
        return super()._with_words(scope, query, wanted, internal)


class FindsOldestFirst(Broken):
    def search(self, *asked: Any, **options: Any) -> Any:
        return super().search(*asked, **options)[::-1]


class FindsByOldWords(Broken):
    """Keeps the words of a ticket as it was opened."""

    opened: ClassVar[dict[Any, Any]] = {}

    def apply(self, changes: Any) -> None:
        changes = list(changes)
        super().apply(changes)
        for change in changes:
            if isinstance(change, Add) and type(change.thing).__name__ == "Ticket":
                self.opened[change.thing.id] = change.thing

    def _with_words(self, scope: Any, query: Any, wanted: Any, internal: bool) -> Any:
        state = self._state.copy()
        for id in state.tickets:
            state.tickets[id] = self.opened[id]
        found = MemorySession(state)._with_words(scope, query, wanted, internal)
        return [self._state.tickets[ticket.id] for ticket in found]


class RestsBy(Broken):
    """Finds what saw nothing since another moment, or otherwise."""

    def inactive(self, scope: Any, query: Any, since: Any, *, limit: Any = None) -> Any:
        events = self._state.events
        found = []
        for ticket in self._matching(scope, query):
            seen = [event.at for event in events.values() if event.ticket_id == ticket.id]
            if self.rests(ticket, seen, since):
                found.append(ticket)
        return sorted(found, key=lambda ticket: ticket.place)[:limit]

    def rests(self, ticket: Any, seen: Any, since: Any) -> bool:
        return ticket.created_at <= since and all(at <= since for at in seen)


class RestsByTheLastRecorded(RestsBy):
    def rests(self, ticket: Any, seen: Any, since: Any) -> bool:
        return super().rests(ticket, seen[-1:], since)


class RestsBeforeTheMoment(RestsBy):
    def rests(self, ticket: Any, seen: Any, since: Any) -> bool:
        return ticket.created_at < since and all(at < since for at in seen)


class RestsFromTheStart(RestsBy):
    """Forgets that a ticket without an event may be new."""

    def rests(self, ticket: Any, seen: Any, since: Any) -> bool:
        return all(at <= since for at in seen)


class RestsNeverWithoutHistory(RestsBy):
    def rests(self, ticket: Any, seen: Any, since: Any) -> bool:
        return bool(seen) and super().rests(ticket, seen, since)


class RestsHidden(Broken):
    def inactive(self, scope: Any, *asked: Any, **options: Any) -> Any:
        return super().inactive(Everything(), *asked, **options)


class RestsNewestFirst(Broken):
    def inactive(self, *asked: Any, limit: Any = None) -> Any:
        return super().inactive(*asked)[::-1][:limit]


class RestsNoMore(Broken):
    """As a database does that is asked for what is not in a list with a NULL in it."""

    def inactive(self, *asked: Any, **options: Any) -> Any:
        ids = [e.ticket_id for e in self._state.events.values() if e.at > asked[2]]
        return [] if None in ids else super().inactive(*asked, **options)


class CountsTombstones(Broken):
    def workloads(self, team_id: Any) -> Any:
        state = self._state.copy()
        for id, ticket in state.tickets.items():
            state.tickets[id] = attrs.evolve(ticket, merged_into=None)
        return MemorySession(state).workloads(team_id)


class RepeatsTheCursor(Broken):
    def find(self, scope: Any, query: Any, *, after: Any = None, **rest: Any) -> Any:
        found = super().find(scope, query, **{**rest, "limit": None})
        if after is not None:
            places = [(t.created_at, t.id) for t in found]
            mark = (after.created_at, after.id)
            found = found[places.index(mark) :] if mark in places else found
        return found[: rest.get("limit")]


class SkipsEqualTimes(Broken):
    def find(self, scope: Any, query: Any, *, after: Any = None, **rest: Any) -> Any:
        found = super().find(scope, query, **{**rest, "limit": None})
        if after is not None:
            new = rest.get("newest_first")
            found = [
                t
                for t in found
                if (t.created_at < after.created_at if new else t.created_at > after.created_at)
            ]
        return found[: rest.get("limit")]


class EndsTheWholeFollow(Broken):
    def apply(self, changes: Any) -> None:
        for change in changes:
            super().apply([change])
            if isinstance(change, RemoveFollow):
                table = self._state.of_kind(change.kind)
                thing = table[change.id]
                left = {k: v for k, v in thing.followers.items() if k != change.user_id}
                table[change.id] = attrs.evolve(thing, followers=left)


class LosesASource(Broken):
    def apply(self, changes: Any) -> None:
        for change in changes:
            if isinstance(change, AddFollow):
                table = self._state.of_kind(change.kind)
                if change.id in table and change.user_id in table[change.id].followers:
                    continue
            super().apply([change])


class LendsTwice(Broken):
    def take(self, now: Any, until: Any, limit: int) -> Any:
        return super().take(now, now, limit)


class ForgetsAttempts(Broken):
    def take(self, now: Any, until: Any, limit: int) -> Any:
        taken = super().take(now, until, limit)
        for mail in taken:
            self._state.outbox[mail.key] = attrs.evolve(mail, attempts=0)
        return taken


class LendsAnyOrder(Broken):
    """Whatever is due, one or several of a ticket."""

    def take(self, now: Any, until: Any, limit: int) -> Any:
        due = [
            one
            for one in self._state.outbox.values()
            if one.status is DeliveryStatus.PENDING
            and (one.not_before is None or one.not_before <= now)
        ]
        return lent(self._state, due[:limit], until)


class KeepsEverybodyWaiting(Broken):
    """Nothing of a ticket while an earlier one is pending."""

    def take(self, now: Any, until: Any, limit: int) -> Any:
        seen, due = set(), []
        for one in self._state.outbox.values():
            if one.status is DeliveryStatus.PENDING and one.notice.ticket_id not in seen:
                seen.add(one.notice.ticket_id)
                if one.not_before is None or one.not_before <= now:
                    due.append(one)
        return lent(self._state, due[:limit], until)


class ForgetsErrors(Broken):
    def settle(self, key: str, status: Any, *, error: Any = None, **values: Any) -> bool:
        return super().settle(key, status, **values)


class SettlesForAnybody(Broken):
    def settle(self, key: str, status: Any, **values: Any) -> bool:
        return super().settle(key, status, **{**values, "lent_until": None, "was": None})


class TakesHalfADigest(Broken):
    def take_digest(self, now: Any, until: Any) -> Any:
        return lent(self._state, super().take_digest(now, until)[:1], until)


class FindsAddressesWithin(Broken):
    def users_at(self, email: str) -> Any:
        wanted = email.lower()
        users = self._state.users.values()
        return [user for user in users if user.email and wanted in user.email.lower()]


class LowersAddresses(Broken):
    """As a database does whose language knows more letters than A to Z."""

    def users_at(self, email: str) -> Any:
        wanted = email.lower()
        return [one for one in self._state.users.values() if (one.email or "").lower() == wanted]


class FoldsMailIds(Broken):
    def mails_named(self, mail_ids: Any) -> Any:
        wanted = {one.lower() for one in mail_ids}
        mails = self._state.mails.values()
        return [mail for mail in mails if mail.mail_id and mail.mail_id.lower() in wanted]


class ForgetsTheMoment(Broken):
    def mails_of(self, sender_id: Any, since: Any) -> Any:
        return super().mails_of(sender_id, since.replace(year=1))


class OverwritesKeys(Broken):
    def remember(self, key: str, remembered: Any, at: Any) -> None:
        self._state.remembered[key] = (remembered, at)


class PurgesWhatWaits(Broken):
    def purge(self, before: Any) -> int:
        old = [key for key, mail in self._state.outbox.items() if mail.created_at < before]
        for key in old:
            del self._state.outbox[key]
        return len(old)


class ReversesHistory(Broken):
    def history(self, ticket_ids: Any, *, after: int = 0, limit: int | None = None) -> Any:
        return super().history(ticket_ids, after=after)[::-1][:limit]


class SwallowsConflicts(Broken):
    def apply(self, changes: Any) -> None:
        for change in changes:
            try:
                super().apply([change])
            except ConflictError:
                return


class MendsWhatIsRight(Broken):
    """Sets counts right by taking everybody's tickets."""

    def recount(self, *, mend: bool = False) -> Any:
        for id, ticket in self._state.tickets.items() if mend else ():
            self._state.tickets[id] = attrs.evolve(ticket, assignee_id=None)
        return super().recount(mend=mend)


class MendsWordsThatAreRight(Broken):
    """Sets the words right by taking the texts."""

    def misworded(self, *, mend: bool = False) -> Any:
        for id, said in self._state.messages.items() if mend else ():
            self._state.messages[id] = attrs.evolve(said, body="")
        return super().misworded(mend=mend)


class KeepsOldWords(Broken):
    """Tells of words that are not those of the texts."""

    def misworded(self, *, mend: bool = False) -> Any:
        return [Misworded(how=Wording.STALE, number=1, ticket_ids=())]


class KeepsHalf(Broken):
    """Keeps what came before the change that was refused."""

    def apply(self, changes: Any) -> None:
        for change in changes:
            super().apply([change])


class ReplacesWhatIsThere(Broken):
    def apply(self, changes: Any) -> None:
        for change in changes:
            if isinstance(change, Add) and type(change.thing).__name__ == "Ticket":
                self._state.tickets[change.thing.id] = change.thing
            else:
                super().apply([change])


class ShowsInternalNotes(Broken):
    """Does not keep that a message was internal."""

    def messages(self, ticket_ids: Any) -> Any:
        return [attrs.evolve(m, internal=False) for m in super().messages(ticket_ids)]


class LocksOnlyWhatIsNamed(Broken):
    def lock(self, team_ids: Any, ticket_ids: Any) -> Any:
        return frozenset(team_ids)


class LimitIsAtLeastOne(Broken):
    def find(self, scope: Any, query: Any, **rest: Any) -> Any:
        if rest.get("limit") == 0:
            rest["limit"] = None
        return super().find(scope, query, **rest)


class ChildrenOfChildren(Broken):
    def merged_children(self, ticket_ids: Any) -> Any:
        children = super().merged_children(ticket_ids)
        for below in list(children.values()):
            for id in list(below):
                below.extend(super().merged_children([id]).get(id, []))
        return children


def _no_rollback(self: Any) -> Any:
    @contextmanager
    def writing() -> Iterator[Any]:
        with self._writer:
            yield Broken(self._state)

    return writing()


def _no_lock(self: Any) -> Any:
    """Writers do not wait for each other; the last one to end wins."""

    @contextmanager
    def writing() -> Iterator[Any]:
        state = self._state.copy()
        yield Broken(state)
        time.sleep(0.001)
        self._state = state

    return writing()


def _commits_by_the_way(self: Any) -> Any:
    """What raises is kept all the same."""

    @contextmanager
    def writing() -> Iterator[Any]:
        with self._writer:
            state = self._state.copy()
            try:
                yield Broken(state)
            finally:
                self._state = state

    return writing()


class ForgetsTheExpectedOfSome(Broken):
    """Checks what is expected where a help desk usually looks, and nowhere else."""

    unchecked: tuple[Any, ...] = ()

    def apply(self, changes: Any) -> None:
        settled = []
        for change in changes:
            if isinstance(change, SetField) and {change.kind, change.field} & {*self.unchecked}:
                thing = self._state.of_kind(change.kind).get(change.id)
                if thing is not None:
                    change = attrs.evolve(change, expected=getattr(thing, change.field))
            settled.append(change)
        super().apply(settled)


class OfPeopleAndTeams(ForgetsTheExpectedOfSome):
    unchecked = (Kind.USER, Kind.TEAM, Kind.STAGE)


class OfTombstones(ForgetsTheExpectedOfSome):
    unchecked = ("merged_into",)


class EndsTheWholeFollowOfATeam(Broken):
    def apply(self, changes: Any) -> None:
        for change in changes:
            if isinstance(change, RemoveFollow) and change.kind is Kind.TEAM:
                team = self._state.teams[change.id]
                followers = {id: why for id, why in team.followers.items() if id != change.user_id}
                self._state.teams[change.id] = attrs.evolve(team, followers=followers)
            else:
                super().apply([change])


class FoldsWords(Broken):
    """Compares companies and tags without regard to case and blanks, as some databases do."""

    def _matching(self, scope: Any, query: Any) -> Any:
        def plain(text: str) -> str:
            return text.casefold().strip()

        if isinstance(scope, CompanyIs):
            scope = CompanyIs(plain(scope.company))
        if query.tag is not None:
            query = attrs.evolve(query, tag=plain(query.tag))
        found = []
        for ticket in self._state.tickets.values():
            team = self._state.teams[ticket.team_id]
            stage = self._state.stages[ticket.stage_id]
            seen = attrs.evolve(ticket, tags=frozenset(map(plain, ticket.tags)))
            home = attrs.evolve(team, company=plain(team.company))
            if query.matches(seen, stage) and scope.matches(seen, home):
                found.append(ticket)
        return found


class FoldsCompanies(FoldsWords):
    def _matching(self, scope: Any, query: Any) -> Any:
        folded = super()._matching(scope, attrs.evolve(query, tag=None))
        return [t for t in folded if query.tag is None or query.tag in t.tags]


class PurgesTheHistory(Broken):
    def purge(self, before: Any) -> int:
        gone = super().purge(before)
        for sequence, event in list(self._state.events.items()):
            if event.at < before:
                del self._state.events[sequence]
        return gone


class CutsKeys(Broken):
    def remember(self, key: str, remembered: Any, at: Any) -> None:
        super().remember(key[:64], remembered, at)

    def recall(self, key: str) -> Any:
        return super().recall(key[:64])


class MovesMessages(Broken):
    """Takes the messages of a merged ticket over to the master, from where none finds back."""

    def apply(self, changes: Any) -> None:
        changes = list(changes)
        super().apply(changes)
        for change in changes:
            if isinstance(change, SetField) and change.field == "merged_into" and change.value:
                for id, message in list(self._state.messages.items()):
                    if message.ticket_id == change.id:
                        moved = attrs.evolve(message, ticket_id=change.value)
                        self._state.messages[id] = moved


class OfNow(MemorySession):
    """Has no state of its own, and looks at the store's each time."""

    def __init__(self, store: MemoryRepository) -> None:
        self._store = store

    @property
    def _state(self) -> Any:
        return self._store._state


@contextmanager
def _sees_each_commit(self: Any) -> Iterator[Any]:
    yield OfNow(self)


@contextmanager
def _commits_when_interrupted(self: Any) -> Iterator[Any]:
    with self._writer:
        state = self._state.copy()
        try:
            yield MemorySession(state)
        except Exception:
            raise
        except BaseException:
            self._state = state
            raise
        self._state = state


class KeepsNotes(Broken):
    """Finds no time entries of somebody."""

    def written_by(self, user_id: Any) -> Any:
        return [one for one in super().written_by(user_id) if not hasattr(one, "minutes")]


class FindsWholeTexts(Broken):
    """Finds a result only where all of it is what is looked for."""

    def remembered(self, holding: Any) -> Any:
        return [(key, kept) for key, kept in super().remembered(holding) if kept.result in holding]


class RewritesTexts(Broken):
    """Writes over texts, and leaves what was to be sent to be sent."""

    def rewrite(self, notifications: Any, remembered: Any) -> None:
        waiting = DeliveryStatus.PENDING
        super().rewrite([attrs.evolve(n, status=waiting) for n in notifications], remembered)


class ForgetsTheExpectedOfMessages(ForgetsTheExpectedOfSome):
    unchecked = (Kind.MESSAGE,)


class ForgetsTheExpectedOfMerges(ForgetsTheExpectedOfSome):
    unchecked = (Kind.MERGE,)


class ForgetsTheExpectedOfFields(ForgetsTheExpectedOfSome):
    unchecked = ("fields",)


class KeepsNumbersAsOneKind(Broken):
    """As a column of JSON does whose whole numbers are what is true or false, too."""

    def tickets(self, ids: Any) -> Any:
        return {
            id: attrs.evolve(
                ticket,
                fields={n: int(v) if v is True else v for n, v in ticket.fields.items()},
            )
            for id, ticket in super().tickets(ids).items()
        }


class RemovedIsKept(Broken):
    def attachment_ids(self, *, removed: bool = False) -> Any:
        return set(self._state.attachments) if not removed else set()


class PagesByTime(Broken):
    """Goes on after a moment, and forgets what else there was at it."""

    def messages(self, ticket_ids: Any, *, after: Any = None, limit: Any = None) -> Any:
        found = super().messages(ticket_ids)
        return [m for m in found if after is None or m.at > after.created_at][:limit]


class PagesTicketByTicket(Broken):
    """Gives the page of each ticket, one after the other."""

    def messages(self, ticket_ids: Any, *, after: Any = None, limit: Any = None) -> Any:
        whole = super().messages
        return [m for id in ticket_ids for m in whole([id], after=after, limit=limit)][:limit]


class PagesWithoutEnd(Broken):
    def attachments(self, ticket_ids: Any, *, after: Any = None, limit: Any = None) -> Any:
        return super().attachments(ticket_ids, after=after)


class ColumnsInTime(Broken):
    """Knows a rank, and does not go by it."""

    def in_board_order(self, scope: Any, query: Any, **page: Any) -> Any:
        found = super().in_board_order(scope, query, **page)
        return sorted(found, key=lambda ticket: ticket.place)


class OneWayColumns(Broken):
    def in_board_order(
        self, scope: Any, query: Any, *, backwards: bool = False, **page: Any
    ) -> Any:
        return super().in_board_order(scope, query, **page)


class NobodysAreNotCounted(Broken):
    def figures(self, scope: Any, query: Any) -> Any:
        return [attrs.evolve(one, unassigned=0) for one in super().figures(scope, query)]


class EveryMoment(Broken):
    def history(self, ticket_ids: Any, *, at: Any = None, **page: Any) -> Any:
        return super().history(ticket_ids, **page)


REPOSITORIES: dict[str, tuple[type[RepositoryContract], str]] = {
    "the expected value is ignored": (
        store_of(ForgetsTheExpected),
        "test_another_value_there_is_a_conflict",
    ),
    "the expected value of people and teams is ignored": (
        store_of(OfPeopleAndTeams),
        "test_of_people_and_teams_too",
    ),
    "the expected value of a tombstone is ignored": (
        store_of(OfTombstones),
        "test_another_value_there_is_a_conflict",
    ),
    "the expected fields of a host's are ignored": (
        store_of(ForgetsTheExpectedOfFields),
        "test_a_field_is_changed_where_the_expected_is",
    ),
    "what is true becomes a number": (
        store_of(KeepsNumbersAsOneKind),
        "test_fields_are_kept_whole",
    ),
    "the expected changes of a merge are ignored": (
        store_of(ForgetsTheExpectedOfMerges),
        "test_a_merge_forgets_what_has_to_go",
    ),
    "a team's follow ends with its first source": (
        store_of(EndsTheWholeFollowOfATeam),
        "test_a_follow_ends_with_its_last_source",
    ),
    "a search finds by notes": (store_of(FindsByNotes), "test_nothing_hidden_is_found"),
    "a search finds by hidden tombstones": (
        store_of(FindsWhatIsHidden),
        "test_nothing_hidden_is_found",
    ),
    "a search counts what is hidden": (
        store_of(CountsWhatIsHidden),
        "test_nothing_hidden_is_found",
    ),
    "a search finds tombstones": (store_of(FindsTombstones), "test_nothing_hidden_is_found"),
    "a search finds any word": (store_of(FindsAnyWord), "test_all_words_stand_in_one_text"),
    "a search finds whole words": (store_of(FindsWholeWords), "test_all_words_stand_in_one_text"),
    "a search knows only ASCII": (
        store_of(KnowsOnlyAscii),
        "test_words_are_those_of_the_library",
    ),
    "a search has a language": (store_of(ReadsALanguage), "test_no_sign_means_anything"),
    "a search is oldest first": (store_of(FindsOldestFirst), "test_what_was_found_is_paged"),
    "a search finds by old words": (
        store_of(FindsByOldWords),
        "test_what_is_changed_is_found_by_its_new_words",
    ),
    "a search finds what was removed": (
        store_of(FindsByOldWords),
        "test_what_was_removed_is_not_found",
    ),
    "words are compared without case": (
        store_of(FoldsWords),
        "test_words_that_look_alike_are_two",
    ),
    "companies are compared without case": (
        store_of(FoldsCompanies),
        "test_words_that_look_alike_are_two",
    ),
    "the history is purged": (
        store_of(PurgesTheHistory),
        "test_the_history_outlives_the_outbox",
    ),
    "keys are cut": (store_of(CutsKeys), "test_a_key_gives_its_first_result"),
    "messages move to the master": (
        store_of(MovesMessages),
        "test_messages_stay_where_they_were_said",
    ),
    "a reader sees each commit as it comes": (
        store_of(MemorySession, reading=_sees_each_commit),
        "test_a_reader_goes_on_seeing_what_it_saw",
    ),
    "an interrupt commits": (
        store_of(MemorySession, writing=_commits_when_interrupted),
        "test_an_interrupt_leaves_nothing",
    ),
    "a list shows everything": (
        store_of(ShowsEverything),
        "test_a_list_is_what_the_check_allows",
    ),
    "ids are compared without case": (
        store_of(FoldsCase),
        "test_who_looks_like_a_follower_is_none",
    ),
    "tombstones are counted": (
        store_of(CountsTombstones),
        "test_workloads_are_what_a_count_gives",
    ),
    "a page begins with the last one again": (
        store_of(RepeatsTheCursor),
        "test_pages_follow_on_without_gap_or_repetition",
    ),
    "a page leaves out the same moment": (
        store_of(SkipsEqualTimes),
        "test_pages_follow_on_without_gap_or_repetition",
    ),
    "a limit of nothing gives all": (
        store_of(LimitIsAtLeastOne),
        "test_pages_follow_on_without_gap_or_repetition",
    ),
    "a follow ends with its first source": (
        store_of(EndsTheWholeFollow),
        "test_a_follow_ends_with_its_last_source",
    ),
    "a second source is lost": (
        store_of(LosesASource),
        "test_a_follow_ends_with_its_last_source",
    ),
    "a notification is lent twice": (
        store_of(LendsTwice),
        "test_no_notification_is_lent_twice",
    ),
    "attempts are not counted": (
        store_of(ForgetsAttempts),
        "test_a_notification_is_lent_to_one_at_a_time",
    ),
    "a ticket's messages are lent in any order": (
        store_of(LendsAnyOrder),
        "test_of_a_ticket_the_first_is_first",
    ),
    "who cannot be reached stops the ticket": (
        store_of(KeepsEverybodyWaiting),
        "test_who_cannot_be_reached_keeps_nobody_else_waiting",
    ),
    "what is put off stops the ticket": (
        store_of(KeepsEverybodyWaiting),
        "test_what_is_put_off_keeps_nobody_else_waiting",
    ),
    "why it failed is forgotten": (store_of(ForgetsErrors), "test_what_became_of_each_is_kept"),
    "who has it no more settles it": (
        store_of(SettlesForAnybody),
        "test_who_has_it_no_more_says_nothing_of_it",
    ),
    "a digest is lent in halves": (store_of(TakesHalfADigest), "test_a_digest_is_taken_as_a_whole"),
    "a part of an address is one": (
        store_of(FindsAddressesWithin),
        "test_a_sender_is_found_by_the_whole_address",
    ),
    "addresses are lowered by language": (
        store_of(LowersAddresses),
        "test_a_sender_is_found_by_the_whole_address",
    ),
    "ids of mails are lowered": (store_of(FoldsMailIds), "test_a_mail_is_found_by_its_id"),
    "what was sent long ago is recent": (
        store_of(ForgetsTheMoment),
        "test_what_somebody_sent_is_found",
    ),
    "a key is overwritten": (store_of(OverwritesKeys), "test_a_key_gives_its_first_result"),
    "two remember one key": (store_of(OverwritesKeys), "test_a_key_is_remembered_once"),
    "what waits is purged": (store_of(PurgesWhatWaits), "test_what_is_done_is_purged"),
    "the history is backwards": (store_of(ReversesHistory), "test_every_event_comes_back"),
    "a conflict is swallowed half way": (
        store_of(SwallowsConflicts),
        "test_another_value_there_is_a_conflict",
    ),
    "mending changes what is right": (
        store_of(MendsWhatIsRight),
        "test_mending_changes_nothing_that_is_right",
    ),
    "mending changes the texts": (
        store_of(MendsWordsThatAreRight),
        "test_mending_changes_nothing_that_is_right",
    ),
    "words are not those of the texts": (
        store_of(KeepsOldWords),
        "test_mending_changes_nothing_that_is_right",
    ),
    "what came before a conflict is kept": (
        store_of(KeepsHalf),
        "test_a_batch_that_fails_leaves_nothing_of_it",
    ),
    "adding replaces what is there": (
        store_of(ReplacesWhatIsThere),
        "test_what_is_there_or_not_there_is_a_conflict",
    ),
    "a note is no longer internal": (
        store_of(ShowsInternalNotes),
        "test_everything_comes_back_as_it_went_in",
    ),
    "a ticket's own team is not held": (
        store_of(LocksOnlyWhatIsNamed),
        "test_locking_tells_which_teams_are_held",
    ),
    "tombstones of tombstones are children": (
        store_of(ChildrenOfChildren),
        "test_tombstones_are_found_from_their_masters",
    ),
    "nothing is rolled back": (
        store_of(Broken, writing=_no_rollback),
        "test_what_raises_leaves_nothing",
    ),
    "what raises is committed": (
        store_of(Broken, writing=_commits_by_the_way),
        "test_a_failure_leaves_exactly_before_or_exactly_after",
    ),
    "what raises is committed, by the machine": (
        store_of(Broken, writing=_commits_by_the_way),
        "test_it_is_what_memory_is",
    ),
    "a reader sees what is not committed": (
        store_of(Broken, writing=_no_rollback),
        "test_a_reader_sees_one_committed_state",
    ),
    "writers do not wait": (
        store_of(Broken, writing=_no_lock),
        "test_no_change_is_lost_between_threads",
    ),
    "a note of somebody is not found": (
        store_of(KeepsNotes),
        "test_what_somebody_wrote_is_found",
    ),
    "a result is found by all of it": (
        store_of(FindsWholeTexts),
        "test_what_is_kept_beside_is_written_over",
    ),
    "what is removed is sent": (
        store_of(RewritesTexts),
        "test_what_is_kept_beside_is_written_over",
    ),
    "the expected words are ignored": (
        store_of(ForgetsTheExpectedOfMessages),
        "test_what_hangs_on_a_ticket_is_written_over",
    ),
    "a removed file is to be kept": (
        store_of(RemovedIsKept),
        "test_what_hangs_on_a_ticket_is_written_over",
    ),
    "what is removed is removed though it raises": (
        store_of(Broken, writing=_commits_by_the_way),
        "test_removed_with_the_transaction",
    ),
    "messages go on after a moment": (
        store_of(PagesByTime),
        "test_messages_of_one_moment_are_read_in_pages",
    ),
    "messages come ticket by ticket": (
        store_of(PagesTicketByTicket),
        "test_messages_of_one_moment_are_read_in_pages",
    ),
    "a page of files has no end": (
        store_of(PagesWithoutEnd),
        "test_what_hangs_on_tickets_is_read_in_pages",
    ),
    "columns go by time": (
        store_of(ColumnsInTime),
        "test_dragged_tickets_stand_where_they_were_put",
    ),
    "columns go one way": (
        store_of(OneWayColumns),
        "test_dragged_tickets_stand_where_they_were_put",
    ),
    "nobody's tickets are not counted": (
        store_of(NobodysAreNotCounted),
        "test_figures_are_counted_anew",
    ),
    **{
        f"{kind.__name__} by example": (
            store_of(kind),
            "test_the_latest_event_need_not_be_the_last_recorded",
        )
        for kind in (
            RestsByTheLastRecorded,
            RestsBeforeTheMoment,
            RestsFromTheStart,
            RestsNeverWithoutHistory,
            RestsNewestFirst,
            RestsNoMore,
        )
    },
    "what is hidden rests": (store_of(RestsHidden), "test_what_saw_nothing_is_found"),
    "events of every moment": (store_of(EveryMoment), "test_events_of_one_moment"),
    "two have one ticket": (store_of(Broken, writing=_no_lock), "test_a_ticket_has_one_taker"),
    "workers assign past each other": (
        store_of(Broken, writing=_no_lock),
        "test_workers_assign_in_turn",
    ),
}


@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_broken_repository_is_caught(name: str, tmp_path: Path) -> None:
    """V13, T7, A17, N1: each broken repository fails the test that should catch it."""
    contract, test = REPOSITORIES[name]
    assert bitten(contract, test, tmp_path) is not None


@pytest.mark.parametrize("test", sorted({test for _, test in REPOSITORIES.values()}))
def test_the_one_that_is_whole_passes(test: str, tmp_path: Path) -> None:
    """V13, T7: over the repository that nothing was broken in, the same tests pass."""
    assert bitten(store_of(MemorySession), test, tmp_path) is None


#: What a store may lose when it is opened again.
_LOSSES: dict[str, Callable[[Any], Any]] = {
    "events": lambda kept: {},
    "remembered": lambda kept: {},
    "outbox": lambda kept: {
        key: attrs.evolve(one, attempts=0, status=DeliveryStatus.PENDING)
        for key, one in kept.items()
    },
}


@pytest.mark.parametrize("lost", [None, *_LOSSES])
def test_what_is_lost_when_opened_again_is_noticed(lost: str | None, tmp_path: Path) -> None:
    """N1, T7: history, outbox and keys that another opening does not know are noticed."""

    class Opened(RepositoryContract):
        def new(self) -> Any:
            return MemoryRepository()

        def open_again(self, repository: Any) -> Any:
            def again() -> MemoryRepository:
                opened = MemoryRepository()
                opened._state = repository._state.copy()
                if lost is not None:
                    kept = getattr(opened._state, lost)
                    setattr(opened._state, lost, _LOSSES[lost](kept))
                return opened

            return again

    test = "test_what_became_of_the_outbox_is_there_when_opened_again"
    assert (bitten(Opened, test, tmp_path) is None) is (lost is None)


# --- the other ports -----------------------------------------------------------------------------


class ShortSighted(MemoryCalendar):
    """Leaves out what begins after the horizon."""

    def absences(self, user_ids: Any, since: Any, until: Any) -> Any:
        return [a for a in super().absences(user_ids, since, until) if a.start < until]


class OnlyWhatBegins(MemoryCalendar):
    """Leaves out what has begun already."""

    def absences(self, user_ids: Any, since: Any, until: Any) -> Any:
        return [a for a in super().absences(user_ids, since, until) if a.start >= since]


class Everybody(MemoryCalendar):
    """Tells of people who were not asked for, by a likeness of their ids."""

    def absences(self, user_ids: Any, since: Any, until: Any) -> Any:
        alike = [a.user_id for a in self.known_absences for id in user_ids
                 if str(a.user_id).startswith(str(id))]  # fmt: skip
        return super().absences([*user_ids, *alike], since, until)


class NoHours(MemoryCalendar):
    """Does not know when people work."""

    def schedules(self, user_ids: Any) -> Any:
        return {}


class ToldOnce(MemoryCalendar):
    """Hands out what it has, and has it no more."""

    def absences(self, user_ids: Any, since: Any, until: Any) -> Any:
        found = super().absences(user_ids, since, until)
        self.known_absences = []
        return found


class AlwaysFree(MemoryCalendar):
    """Reads silence as nobody being away."""

    def absences(self, user_ids: Any, since: Any, until: Any) -> Any:
        return []


def calendar_of(kind: type[MemoryCalendar]) -> type[CalendarContract]:
    class Held(CalendarContract):
        def new(self, absences: Any, schedules: Any) -> Any:
            return kind(absences, schedules)

        def silent(self) -> Any:
            return AlwaysFree()

    return Held


def notifier_of(send: Callable[[MemoryNotifier, Any], None]) -> type[NotifierContract]:
    class Sends(MemoryNotifier):
        def send(self, message: Any) -> None:
            send(self, message)

    class Shut(Sends):
        def send(self, message: Any) -> None:
            if send is _swallows:
                return
            raise (NotifierError if send is _tells_too_much else OSError)(message.text)

    class Held(NotifierContract):
        def new(self) -> Any:
            return Sends()

        def failing(self) -> Any:
            return Shut()

        def received(self, notifier: Any) -> list[Received]:
            return [
                Received(key=m.key, to_address=m.to_address, subject=m.subject,
                         text=f"{m.text}\n{m.link or ''}")
                for m in notifier.sent
            ]  # fmt: skip

    return Held


def _swallows(notifier: MemoryNotifier, message: Any) -> None:
    notifier.sent.append(message)


def _tells_too_much(notifier: MemoryNotifier, message: Any) -> None:
    notifier.sent.append(message)


def _ascii(notifier: MemoryNotifier, message: Any) -> None:
    text = message.text.encode("ascii", "ignore").decode()
    notifier.sent.append(attrs.evolve(message, text=text))


def _new_key(notifier: MemoryNotifier, message: Any) -> None:
    notifier.sent.append(attrs.evolve(message, key=f"{message.key}-{len(notifier.sent)}"))


def _splits(notifier: MemoryNotifier, message: Any) -> None:
    for address in message.to_address.replace("\n", ",").split(","):
        notifier.sent.append(attrs.evolve(message, to_address=address.strip()))


def _no_link(notifier: MemoryNotifier, message: Any) -> None:
    notifier.sent.append(attrs.evolve(message, link=None))


class KeepsThePart(FolderAttachmentStore):
    """Keeps what was too large, up to the limit."""

    def put(self, id: Any, content: Any, *, limit: int) -> Any:
        data = content.read()
        super().put(id, io.BytesIO(data[:limit]), limit=limit)
        return super().put(id, io.BytesIO(data), limit=limit)


class OneForAllTypes(FolderAttachmentStore):
    """Takes 1 and "1" for the same."""

    def _path(self, id: Any) -> Any:
        return super()._path(str(id))


class WalksOut(FolderAttachmentStore):
    """Uses an id as a path."""

    def _path(self, id: Any) -> Any:
        return self._folder / f"s-{str(id).replace('/', '_').lower()[:40]}.bin"


class WrongDigest(FolderAttachmentStore):
    def put(self, id: Any, content: Any, *, limit: int) -> Any:
        size, _ = super().put(id, content, limit=limit)
        return size, hashlib.sha1(b"").hexdigest()


class AllAreOld(FolderAttachmentStore):
    def ids(self, *, before: Any = None) -> Any:
        return super().ids()


class DeleteOnceOnly(FolderAttachmentStore):
    def delete(self, id: Any) -> None:
        self._path(id).unlink()


def folder_of(kind: type[FolderAttachmentStore]) -> type[AttachmentStoreContract]:
    class Held(AttachmentStoreContract):
        def new(self) -> Any:
            return kind(self.new_path())

    return Held


class Unremoved(SimilarityIndex):
    def remove(self, ticket_id: Any) -> None:
        pass


class Hints(SimilarityIndex):
    def most_similar(self, ticket: Any, limit: int, *, among: Any = None) -> Any:
        return super().most_similar(ticket, limit)


class FiltersLate(SimilarityIndex):
    def most_similar(self, ticket: Any, limit: int, *, among: Any = None) -> Any:
        found = super().most_similar(ticket, limit)
        return [
            match for match in found if among is None or match.ticket_id in among([match.ticket_id])
        ]


class RatesOtherwise(SimilarityIndex):
    def rate(self, a: Any, b: Any) -> Any:
        return similarity_rate(a, b)


class GroupsAll(SimilarityIndex):
    def groups(self, threshold: float, *, among: Any = None, discarded: Any = ()) -> Any:
        return super().groups(threshold, discarded=discarded)


class GroupsDiscarded(SimilarityIndex):
    def groups(self, threshold: float, *, among: Any = None, discarded: Any = ()) -> Any:
        return super().groups(threshold, among=among)


class YoungestFirst(SimilarityIndex):
    def groups(self, threshold: float, *, among: Any = None, discarded: Any = ()) -> Any:
        found = super().groups(threshold, among=among, discarded=discarded)
        return [
            Group(
                master_id=group.members[0].ticket_id,
                members=(attrs.evolve(group.members[0], ticket_id=group.master_id),
                         *group.members[1:]),
            )
            for group in found
        ]  # fmt: skip


class KeepsTombstones(SimilarityIndex):
    def add(self, ticket: Any) -> None:
        super().add(attrs.evolve(ticket, merged_into=None))


class Assumes(SimilarityIndex):
    def most_similar(self, ticket: Any, limit: int, *, among: Any = None) -> Any:
        try:
            return super().most_similar(ticket, limit, among=among)
        except TimeoutError:
            return super().most_similar(ticket, limit)


class OneAtATime(SimilarityIndex):
    busy = False

    def add(self, ticket: Any) -> None:
        if self.busy:  # somebody else is at it
            return
        self.busy = True
        time.sleep(0.001)
        super().add(ticket)
        self.busy = False


def index_of(kind: type[SimilarityIndex]) -> type[SimilarityStoreContract]:
    class Held(SimilarityStoreContract):
        def new(self) -> Any:
            return kind()

    return Held


OTHERS: dict[str, tuple[type[Contract], str]] = {
    "a calendar without late absences": (
        calendar_of(ShortSighted),
        "test_a_late_absence_is_told",
    ),
    "a calendar without what goes on": (
        calendar_of(OnlyWhatBegins),
        "test_what_is_over_is_not_needed_and_what_goes_on_is",
    ),
    "a calendar of everybody": (calendar_of(Everybody), "test_nobody_else_is_told_of"),
    "a calendar that tells once": (calendar_of(ToldOnce), "test_it_tells_the_same_again"),
    "a calendar without hours": (calendar_of(NoHours), "test_people_are_available_as_they_are"),
    "a silent calendar that says free": (
        calendar_of(MemoryCalendar),
        "test_a_calendar_that_cannot_answer_says_so",
    ),
    "a notifier that swallows": (notifier_of(_swallows), "test_what_was_not_sent_is_told"),
    "a notifier with its own errors": (notifier_of(_ascii), "test_what_was_not_sent_is_told"),
    "a notifier that echoes the text": (
        notifier_of(_tells_too_much),
        "test_what_was_not_sent_is_told",
    ),
    "a notifier for ASCII": (notifier_of(_ascii), "test_a_message_arrives_whole"),
    "a notifier with keys of its own": (
        notifier_of(_new_key),
        "test_the_same_message_twice_can_be_told",
    ),
    "a notifier that splits addresses": (
        notifier_of(_splits),
        "test_one_address_is_one_recipient",
    ),
    "a notifier without links": (
        notifier_of(_no_link),
        "test_a_link_is_sent_when_there_is_one",
    ),
    "a store that keeps part": (folder_of(KeepsThePart), "test_what_is_too_large_is_not_kept"),
    "a store that mixes types": (folder_of(OneForAllTypes), "test_bytes_come_back"),
    "a store that mixes names": (folder_of(WalksOut), "test_bytes_come_back"),
    "a store with a wrong digest": (folder_of(WrongDigest), "test_bytes_come_back"),
    "a store whose files are all old": (
        folder_of(AllAreOld),
        "test_old_files_are_told_from_new_ones",
    ),
    "a store that deletes once": (folder_of(DeleteOnceOnly), "test_what_is_deleted_is_gone"),
    "an index that forgets nothing": (
        index_of(Unremoved),
        "test_what_was_removed_or_changed_is_forgotten",
    ),
    "an index that hints": (index_of(Hints), "test_only_what_may_be_seen_is_found"),
    "an index that rates otherwise": (
        index_of(RatesOtherwise),
        "test_a_rating_is_the_one_shown_everywhere",
    ),
    "an index that groups all": (index_of(GroupsAll), "test_groups_are_of_those_asked_for"),
    "an index that groups what was discarded": (
        index_of(GroupsDiscarded),
        "test_groups_are_of_those_asked_for",
    ),
    "an index with young masters": (index_of(YoungestFirst), "test_the_older_is_the_master"),
    "an index with tombstones": (
        index_of(KeepsTombstones),
        "test_what_was_merged_away_is_forgotten",
    ),
    "an index that assumes": (index_of(Assumes), "test_what_the_filter_raises_comes_out"),
    "an index for one at a time": (index_of(OneAtATime), "test_several_threads_use_it"),
    "an index that filters late": (index_of(FiltersLate), "test_a_limit_counts_what_may_be_seen"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_broken_port_is_caught(name: str, tmp_path: Path) -> None:
    """A14, N1, M6, M11: each broken calendar, notifier and store fails its test."""
    contract, test = OTHERS[name]
    assert bitten(contract, test, tmp_path) is not None


# --- what is not tried ---------------------------------------------------------------------------

_MODULE = """
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.ports import ALL_CLAIMS, Claim, DeliveryStatus
from helpdesk_core.testing import RepositoryContract


class TestOurs(RepositoryContract):
    examples = 1

    def new(self):
        repository = MemoryRepository()
        repository.claims = ALL_CLAIMS - {Claim.DISCARDS}
        return repository
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_what_is_not_tried_is_printed(workers: tuple[str, ...], tmp_path: Path) -> None:
    """M5, T7: the end of a run lists each rule not tried, with the claim, workers or not."""
    if workers:
        (tmp_path / "conftest.py").write_text('pytest_plugins = ["helpdesk_core.testing.summary"]')
    (tmp_path / "test_ours.py").write_text(_MODULE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "discards"]
    run = subprocess.run(
        [*command, *workers], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
    assert run.stdout.count("rules not tried") == 1
    line = "TestOurs: discards is not claimed: M5: a pair is found by either ticket"
    assert run.stdout.count(line) == 1


def test_claiming_too_much_is_caught(tmp_path: Path) -> None:
    """T7: a store that claims what it does not do fails, and one that disclaims it is not tried."""

    class NoTags(Broken):
        def apply(self, changes: Any) -> None:
            super().apply(
                [
                    Add(attrs.evolve(c.thing, tags=frozenset()))
                    if isinstance(c, Add) and hasattr(c.thing, "tags")
                    else c
                    for c in changes
                    if not (isinstance(c, SetField) and c.field == "tags")
                ]
            )

    test = "test_everything_comes_back_as_it_went_in"
    assert bitten(store_of(NoTags), test, tmp_path) is not None
    assert bitten(store_of(NoTags, claims=ALL_CLAIMS - {Claim.TAGS}), test, tmp_path) is None


def test_of_a_slow_store_fewer_calls_fail(tmp_path: Path) -> None:
    """N1: with a stride each use-case is broken off, at every so many of its calls."""
    tried: list[int] = []

    class Failing(FailingRepository):
        def fail_at(self, k: int) -> None:
            tried.append(k)
            super().fail_at(k)

    class Slow(RepositoryContract):
        stride = 7

        def new(self) -> Any:
            return MemoryRepository()

        def _break_off(self, place: Any, number: int, before: Any) -> bool:
            tried.clear()
            place.repository = Failing(place.repository.repository)
            done = super()._break_off(place, number, before)
            chosen = [k for k in tried if k]
            assert chosen == list(range(1 + number % 7, chosen[-1] + 1, 7))
            return done

    name = "test_a_failure_leaves_exactly_before_or_exactly_after"
    assert bitten(Slow, name, tmp_path) is None
    assert tried
