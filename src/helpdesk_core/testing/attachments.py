"""`AttachmentStoreContract`: what a host's keeping of files is held to."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import Id
from helpdesk_core.errors import AttachmentStoreError, InvalidValueError
from helpdesk_core.ports import AttachmentStore
from helpdesk_core.testing.contract import Contract
from helpdesk_core.testing.things import ids_of

_WILD = ("../up", "a/b", ".", "..", "a\\b", "CON", "é", "e\u0301", "%2e", "A", "a", "x" * 200)


class _BreaksOff(io.RawIOBase):
    """Content that cannot be read to its end."""

    def __init__(self) -> None:
        self._parts = [b"the beginning"]

    def read(self, size: int = -1) -> bytes:
        if self._parts:
            return self._parts.pop()
        raise OSError("the sender has gone")


class AttachmentStoreContract(Contract):
    """Subclass it, say how a fresh store is made, and run pytest."""

    #: The types of the ids that it is given.
    id_types: Collection[type] = (str, int, UUID)

    def new(self) -> AttachmentStore:
        """A fresh, empty store."""
        raise NotImplementedError("say how a store is made: def new(self)")

    @property
    def _ids(self) -> st.SearchStrategy[Any]:
        own = st.one_of([ids_of(id_type) for id_type in self.id_types])
        return own | st.sampled_from(_WILD) if str in self.id_types else own

    def _id(self, number: int) -> Id:
        if str in self.id_types:
            return f"A-{number}"
        return number if int in self.id_types else UUID(int=number)

    def test_bytes_come_back(self) -> None:
        """M6: what was put under an id comes back, with its size and SHA-256, and nothing else."""

        @self.tries()
        @given(st.dictionaries(self._ids, st.binary(max_size=300), max_size=4))
        def check(files: dict[Id, bytes]) -> None:
            store = self.new()
            for id, content in files.items():
                size, digest = store.put(id, io.BytesIO(content), limit=300)
                assert (size, digest) == (len(content), hashlib.sha256(content).hexdigest())
            for id, content in files.items():
                assert _bytes_of(store, id) == content
            kept = list(store.ids())
            assert len(kept) == len(files)
            assert {(type(id), id) for id in kept} == {(type(id), id) for id in files}

        check()

    def test_a_large_file_comes_back(self) -> None:
        """M6: a file larger than any buffer is kept whole, up to its limit exactly."""
        store, content = self.new(), bytes(range(256)) * 5000
        store.put(self._id(1), io.BytesIO(content), limit=len(content))
        assert _bytes_of(store, self._id(1)) == content

    def test_what_is_too_large_is_not_kept(self) -> None:
        """M6: over the limit it is refused by name, and nothing of it is kept."""
        store = self.new()
        for size in (11, 200_000):
            with pytest.raises(InvalidValueError):
                store.put(self._id(1), io.BytesIO(b"x" * size), limit=10)
            assert list(store.ids()) == []
        store.put(self._id(1), io.BytesIO(b"x" * 10), limit=10)
        assert list(store.ids()) == [self._id(1)]

    def test_what_breaks_off_is_not_kept(self) -> None:
        """M6, N1: content that cannot be read to its end leaves nothing."""
        store = self.new()
        with pytest.raises((AttachmentStoreError, OSError)):
            store.put(self._id(1), _BreaksOff(), limit=100)  # type: ignore[arg-type]
        assert list(store.ids()) == []

    def test_what_is_deleted_is_gone(self) -> None:
        """T9: a deleted file cannot be read, deleting it again is fine, and others stay."""
        store = self.new()
        for number in (1, 2):
            store.put(self._id(number), io.BytesIO(b"ink"), limit=10)
        for _ in range(2):
            store.delete(self._id(1))
        assert list(store.ids()) == [self._id(2)]
        assert _bytes_of(store, self._id(2)) == b"ink"
        with pytest.raises(AttachmentStoreError):
            _bytes_of(store, self._id(1))

    def test_old_files_are_told_from_new_ones(self) -> None:
        """N1: what was kept before a moment is told, so that nothing is lost while it comes in."""
        store = self.new()
        for number in (1, 2):
            store.put(self._id(number), io.BytesIO(b"ink"), limit=10)
        both = {self._id(1), self._id(2)}
        assert set(store.ids(before=datetime(2970, 1, 1, tzinfo=UTC))) == both
        assert list(store.ids(before=datetime(1971, 1, 1, tzinfo=UTC))) == []
        assert set(store.ids()) == both

    def test_what_was_never_there_is_told(self) -> None:
        """V14: reading what is not there is AttachmentStoreError, and makes nothing."""
        store = self.new()
        with pytest.raises(AttachmentStoreError):
            _bytes_of(store, self._id(7))
        assert list(store.ids()) == []

    def test_several_keep_files_at_once(self) -> None:
        """M6: files of several threads are each kept whole."""
        store = self.new()
        contents = {self._id(n): bytes([n]) * 50_000 for n in range(6)}

        def keep(id: Id) -> None:
            with suppress(AttachmentStoreError):
                store.put(id, io.BytesIO(contents[id]), limit=50_000)

        threads = [threading.Thread(target=keep, args=(id,)) for id in contents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {id: _bytes_of(store, id) for id in store.ids()} == contents


def _bytes_of(store: AttachmentStore, id: Id) -> bytes:
    with store.get(id) as file:
        return file.read()
