"""Events, changes and remembered results to JSON and back, by cattrs.

What has a declared shape becomes plain JSON that other programs can read. Where the shape is open
(`SetField.expected`, `Remembered.result`) a value that JSON does not know carries its name, as in
`{"$": "UUID", "value": "..."}`.
"""

from __future__ import annotations

import enum
import functools
import json
import sys
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import attrs
import cattrs

from helpdesk_core import decisions, entities, plans, templates
from helpdesk_core.entities import (
    FieldValue,
    Followers,
    FollowSource,
    HostFields,
    Id,
    MemberOptions,
    Options,
)
from helpdesk_core.errors import HelpdeskError, InvalidValueError, RepositoryError
from helpdesk_core.events import EVENT_TYPES, Event
from helpdesk_core.fields import utc

_PLAIN = (type(None), bool, int, float, str)
_BASE_FIELDS = frozenset(field.name for field in attrs.fields(Event))
_NONE_TYPE = type(None)
_SOURCES = {source.value: source for source in FollowSource}
_PACKAGE = "helpdesk_core."
_KEPT = 10_000  # a text that is longer than this is not kept
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

# Records of merges stand for years: their classes are known by a name that is not a place.
_NAMED: dict[str, type] = {
    name: kind
    for module in (entities, templates, decisions, plans)
    for name, kind in vars(module).items()
    if isinstance(kind, type)
    and kind.__module__.startswith(_PACKAGE)
    and (attrs.has(kind) or issubclass(kind, enum.Enum))
} | EVENT_TYPES


def _name_of(kind: type) -> str:
    if _NAMED.get(kind.__name__) is kind:
        return kind.__name__
    if kind.__module__.startswith(_PACKAGE):
        return f"{kind.__module__.removeprefix(_PACKAGE)}:{kind.__qualname__}"
    raise InvalidValueError("result", f"holds a {kind.__name__}, which cannot be kept")


def _named(name: str) -> type:
    kind = _NAMED.get(name)
    if kind is None:
        # Only what is loaded already: data never make the library import anything.
        module, _, attribute = name.partition(":")
        kind = getattr(sys.modules.get(_PACKAGE + module), attribute, None)
    if not isinstance(kind, type) or not (attrs.has(kind) or issubclass(kind, enum.Enum)):
        raise RepositoryError(f"{name!r} is stored, which this release does not know")
    return kind


def _is_open(shape: Any) -> bool:
    """Whether the shape alone does not say how to read the value: a base, or a union of classes."""
    if shape is Any or shape is Event:
        return True
    if not isinstance(shape, types.UnionType) and typing.get_origin(shape) is not typing.Union:
        return False
    parts = {part for part in typing.get_args(shape) if part is not _NONE_TYPE}
    return len(parts) > 1 and parts != set(typing.get_args(Id))


def _is_id(shape: Any) -> bool:
    return set(typing.get_args(shape)) - {_NONE_TYPE} == set(typing.get_args(Id))


class Codec:
    """Turns values into JSON and back, for one type of ids.

    >>> codec_for(str).dumps(frozenset({"b", "a"}), frozenset[Id])
    '["a","b"]'
    """

    def __init__(self, id_type: type) -> None:
        self.id_type = id_type
        self._shared = functools.lru_cache(maxsize=2048)(self.loads)
        self._dumped = functools.lru_cache(maxsize=2048)(self.dumps)
        converter = self._converter = cattrs.Converter(
            unstruct_collection_overrides={frozenset: _sorted}, detailed_validation=False
        )
        simple: list[tuple[Any, Any, Any]] = [
            (UUID, str, lambda value, _: UUID(value)),
            (datetime, _moment, lambda value, _: datetime.fromisoformat(value)),
            (timedelta, _parts, lambda value, _: timedelta(*value)),
        ]
        for kind, out, back in simple:
            converter.register_unstructure_hook(kind, out)
            converter.register_structure_hook(kind, back)
        by_shape: list[tuple[Any, Any, Any]] = [
            (_is_id, self._id_out, self.id_back),
            (lambda shape: shape == Followers, self._followers_out, self._followers_back),
            (lambda shape: shape == HostFields, _fields_out, _fields_back),
            (lambda shape: shape == Options, self._options_out, self._options_back),
            (lambda shape: shape == Mapping[str, Any], self.open_out, self._open_back),
            (_is_open, self.open_out, self._open_back),
        ]
        for matches, out, back in by_shape:
            converter.register_unstructure_hook_func(matches, out)
            converter.register_structure_hook_func(matches, back)

    # --- values of a declared shape --------------------------------------------------------------

    def dumps(self, value: Any, shape: Any) -> str:
        """A value as JSON; equal values give equal texts."""
        return _text(self._converter.unstructure(value, unstructure_as=shape))

    def dumps_shared(self, value: Any, shape: Any) -> str:
        """The same for values that many rows share, and that cannot change."""
        try:
            return self._dumped(value, shape)
        except TypeError:  # it can change after all
            return self.dumps(value, shape)

    def loads(self, text: str, shape: Any) -> Any:
        """The value that `dumps` made into this text."""
        with _reading(shape):
            return self._converter.structure(json.loads(text), shape)

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

    def _id_out(self, value: Any) -> Any:
        return str(value) if isinstance(value, UUID) else value

    def id_back(self, value: Any, _: Any = None) -> Any:
        """An id out of JSON."""
        if value is None:
            return None
        return UUID(value) if self.id_type is UUID else value

    def _followers_out(self, value: Followers) -> list[Any]:
        pairs = [
            [self._id_out(user_id), sorted(source.value for source in sources)]
            for user_id, sources in value.items()
        ]
        return sorted(pairs)

    def _followers_back(self, value: list[Any], _: Any) -> dict[Any, frozenset[FollowSource]]:
        return {
            self.id_back(user_id): frozenset(map(FollowSource, sources))
            for user_id, sources in value
        }

    def _options_out(self, value: Options) -> list[Any]:
        unstructure = self._converter.unstructure
        pairs = ([self._id_out(id), unstructure(options)] for id, options in value.items())
        return sorted(pairs, key=_text)

    def _options_back(self, value: list[Any], _: Any) -> dict[Any, MemberOptions]:
        structure = self._converter.structure
        return {self.id_back(id, Id): structure(options, MemberOptions) for id, options in value}

    # --- values of any shape ---------------------------------------------------------------------

    def open_out(self, value: Any) -> Any:
        """A value whose shape nothing else says."""
        kind = type(value)
        if kind in _PLAIN:
            return value
        if isinstance(value, enum.Enum):
            return {"$": _name_of(kind), "value": value.value}
        if kind is UUID or kind is datetime or kind is timedelta:
            return {"$": kind.__name__, "value": self._converter.unstructure(value)}
        if kind is list:
            return [self.open_out(item) for item in value]
        if kind is tuple:
            return {"$": "tuple", "value": [self.open_out(item) for item in value]}
        if isinstance(value, frozenset | set):
            return {"$": "set", "value": sorted(map(self.open_out, value), key=_text)}
        if isinstance(value, Mapping):
            pairs = [[self.open_out(key), self.open_out(item)] for key, item in value.items()]
            return {"$": "map", "value": pairs}
        if attrs.has(kind):
            return {"$": _name_of(kind), "value": self._converter.unstructure(value, kind)}
        raise InvalidValueError("result", f"holds a {kind.__name__}, which cannot be kept")

    def _open_back(self, value: Any, _: Any = None) -> Any:
        if isinstance(value, list):
            return [self._open_back(item) for item in value]
        if not isinstance(value, dict):
            return value
        name, inner = value["$"], value["value"]
        if name == "tuple":
            return tuple(map(self._open_back, inner))
        if name == "set":
            return frozenset(map(self._open_back, inner))
        if name == "map":
            return {self._open_back(key): self._open_back(item) for key, item in inner}
        kind = _BUILT_IN.get(name) or _named(name)
        return self._converter.structure(inner, kind)

    # --- events ----------------------------------------------------------------------------------

    def event_data(self, event: Event) -> str:
        """What an event says beside its columns."""
        if EVENT_TYPES.get(event.name) is not type(event):
            raise InvalidValueError("event", f"{event.name!r} is none of this library's")
        return _text(
            {
                name: value
                if type(value := getattr(event, name)) in _PLAIN
                else self._converter.unstructure(value, unstructure_as=shape)
                for name, shape in _own_fields(type(event))
            }
        )

    def event(self, name: str, schema: int, data: str, **columns: Any) -> Event:
        """The event that was stored (T6)."""
        kind = EVENT_TYPES.get(name)
        if kind is None or schema > kind.schema:
            raise RepositoryError(f"event {name!r} of schema {schema} is newer than this release")
        structure = self._converter.structure
        with _reading(kind):
            stored = json.loads(data)
            fields = {
                field: structure(stored[field], shape)
                for field, shape in _own_fields(kind)
                if field in stored
            }
            return kind(**columns, **fields)


_BUILT_IN: dict[str, type] = {kind.__name__: kind for kind in (UUID, datetime, timedelta)}


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


def _sorted(values: Iterable[Any]) -> list[Any]:
    return sorted(values)


def _fields_out(value: HostFields) -> dict[str, Any]:
    """Plain JSON, in one order; a set of texts is a list of them."""
    return {
        name: sorted(one) if isinstance(one, frozenset) else one
        for name, one in sorted(value.items())
    }


def _fields_back(value: dict[str, Any], _: Any) -> dict[str, FieldValue]:
    return {name: frozenset(one) if type(one) is list else one for name, one in value.items()}


def _moment(value: datetime) -> str:
    return utc("a moment", value).isoformat()


def _parts(value: timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


def _text(value: Any) -> str:
    return _ENCODER.encode(value)
