"""Events, changes and remembered results to JSON and back.

What has a declared shape becomes plain JSON that other programs can read; what is of an open one
carries its name (`helpdesk_core.adapters.shapes`).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import attrs

from helpdesk_core.adapters.shapes import BUILT_IN, PLAIN, Hook, Shapes, named, text_of
from helpdesk_core.entities import Followers, FollowSource, Id, MemberOptions, Options
from helpdesk_core.errors import HelpdeskError, InvalidValueError, RepositoryError
from helpdesk_core.events import EVENT_TYPES, Event

_BASE_FIELDS = frozenset(field.name for field in attrs.fields(Event))
_SOURCES = {source.value: source for source in FollowSource}
_KEPT = 10_000  # a text that is longer than this is not kept


class Codec(Shapes):
    """Turns values into JSON and back, for one type of ids.

    >>> codec_for(str).dumps(frozenset({"b", "a"}), frozenset[Id])
    '["a","b"]'
    """

    def __init__(self, id_type: type) -> None:
        super().__init__(id_type)
        self._shared = functools.lru_cache(maxsize=2048)(self.loads)
        self._dumped = functools.lru_cache(maxsize=2048)(self.dumps)

    def hooks(self) -> list[Hook]:
        """What is kept as no other program has to write it."""
        return [
            *super().hooks(),
            (timedelta, _parts, lambda value, _: timedelta(*value)),
            (lambda shape: shape == Followers, self._followers_out, self._followers_back),
            (lambda shape: shape == Options, self._options_out, self._options_back),
            (lambda shape: shape == Mapping[str, Any], self.open_out, self.open_back),
        ]

    def kind_named(self, name: str) -> type:
        """The class that a stored value is of."""
        kind = BUILT_IN.get(name) or named(name)
        if kind is None:
            raise RepositoryError(f"{name!r} is stored, which this release does not know")
        return kind

    def refused(self, kind: type) -> InvalidValueError:
        """The error about a value that cannot be stored."""
        return InvalidValueError("result", f"holds a {kind.__name__}, which cannot be kept")

    # --- values of a declared shape --------------------------------------------------------------

    def dumps(self, value: Any, shape: Any) -> str:
        """A value as JSON; equal values give equal texts."""
        return text_of(self.converter.unstructure(value, unstructure_as=shape))

    def dumps_shared(self, value: Any, shape: Any) -> str:
        """The same for values that many rows share, and that cannot change."""
        try:
            return self._dumped(value, shape)
        except TypeError:  # it can change after all
            return self.dumps(value, shape)

    def loads(self, text: str, shape: Any) -> Any:
        """The value that `dumps` made into this text."""
        with _reading(shape):
            return self.converter.structure(json.loads(text), shape)

    def loads_shared(self, text: str, shape: Any) -> Any:
        """The same for values that many rows share, and that cannot change."""
        return (self._shared if len(text) < _KEPT else self.loads)(text, shape)

    def listed(self, text: str | None) -> list[Id]:
        """Ids as a database lists them in JSON."""
        return [self.id_back(id) for id in json.loads(text or "[]")]

    def followers(self, text: str | None) -> dict[Id, set[FollowSource]]:
        """Who follows, and why, by pairs that a database lists in JSON."""
        found: dict[Id, set[FollowSource]] = {}
        for user_id, name in json.loads(text or "[]"):
            source = _SOURCES.get(name) or FollowSource(name)
            found.setdefault(self.id_back(user_id), set()).add(source)
        return found

    def _followers_out(self, value: Followers) -> list[Any]:
        pairs = [
            [self.id_out(user_id), sorted(source.value for source in sources)]
            for user_id, sources in value.items()
        ]
        return sorted(pairs)

    def _followers_back(self, value: list[Any], _: Any) -> dict[Any, frozenset[FollowSource]]:
        return {
            self.id_back(user_id): frozenset(map(FollowSource, sources))
            for user_id, sources in value
        }

    def _options_out(self, value: Options) -> list[Any]:
        unstructure = self.converter.unstructure
        pairs = ([self.id_out(id), unstructure(options)] for id, options in value.items())
        return sorted(pairs, key=text_of)

    def _options_back(self, value: list[Any], _: Any) -> dict[Any, MemberOptions]:
        structure = self.converter.structure
        return {self.id_back(id, Id): structure(options, MemberOptions) for id, options in value}

    # --- events ----------------------------------------------------------------------------------

    def event_data(self, event: Event) -> str:
        """What an event says beside its columns."""
        if EVENT_TYPES.get(event.name) is not type(event):
            raise InvalidValueError("event", f"{event.name!r} is none of this library's")
        return text_of(
            {
                name: value
                if type(value := getattr(event, name)) in PLAIN
                else self.converter.unstructure(value, unstructure_as=shape)
                for name, shape in _own_fields(type(event))
            }
        )

    def event(self, name: str, schema: int, data: str, **columns: Any) -> Event:
        """The event that was stored (T6)."""
        kind = EVENT_TYPES.get(name)
        if kind is None or schema > kind.schema:
            raise RepositoryError(f"event {name!r} of schema {schema} is newer than this release")
        structure = self.converter.structure
        with _reading(kind):
            stored = json.loads(data)
            fields = {
                field: structure(stored[field], shape)
                for field, shape in _own_fields(kind)
                if field in stored
            }
            return kind(**columns, **fields)


@contextmanager
def _reading(shape: Any) -> Iterator[None]:
    """Whatever a constructor raises over stored values, as the library's error."""
    try:
        yield
    except RepositoryError:
        raise
    except Exception as error:
        said = error if isinstance(error, HelpdeskError) else f"{type(error).__name__} in {shape!r}"
        raise RepositoryError(f"what is stored cannot be read: {said}") from None


@functools.cache
def codec_for(id_type: type) -> Codec:
    """The codec for this type of ids."""
    return Codec(id_type)


def _own_fields(kind: type[Event]) -> tuple[tuple[str, Any], ...]:
    own = _OWN_FIELDS.get(kind)
    if own is None:
        fields = attrs.fields(attrs.resolve_types(kind))
        own = tuple((field.name, field.type) for field in fields if field.name not in _BASE_FIELDS)
        _OWN_FIELDS[kind] = own
    return own


_OWN_FIELDS: dict[type[Event], tuple[tuple[str, Any], ...]] = {}


def _parts(value: timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]
