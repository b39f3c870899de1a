"""What a declared shape is as plain data, by cattrs: for what is kept, and for what is sent.

Where the shape is open (`SetField.expected`, `Remembered.result`) a value that JSON does not know
carries its name, as in `{"$": "UUID", "value": "..."}`.
"""

from __future__ import annotations

import enum
import inspect
import json
import sys
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import attrs
import cattrs

from helpdesk_core import decisions, entities, plans, templates
from helpdesk_core.adapters.declared import is_id, parts_of
from helpdesk_core.entities import FieldValue, HostFields
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import EVENT_TYPES, Event
from helpdesk_core.fields import utc

#: The values that are plain already.
PLAIN = (type(None), bool, int, float, str)
#: By their names in open values.
BUILT_IN: dict[str, type] = {kind.__name__: kind for kind in (UUID, datetime, timedelta)}

_PACKAGE = "helpdesk_core."
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

# Records of merges stand for years: their classes are known by a name that is not a place.
_NAMED: dict[str, type] = {
    name: kind
    for module in (entities, templates, decisions, plans)
    for name, kind in inspect.getmembers(module)  # also what is imported when asked for
    if isinstance(kind, type)
    and kind.__module__.startswith(_PACKAGE)
    and (attrs.has(kind) or issubclass(kind, enum.Enum))
} | EVENT_TYPES

#: A class, or whether a shape is meant; how its values are written, and how they are read.
Hook = tuple[type | Callable[[Any], bool], Callable[[Any], Any], Callable[[Any, Any], Any]]


def name_of(kind: type) -> str | None:
    """By which name an open value says that it is one of these; None: it is not the library's."""
    if _NAMED.get(kind.__name__) is kind:
        return kind.__name__
    if kind.__module__.startswith(_PACKAGE):
        return f"{kind.__module__.removeprefix(_PACKAGE)}:{kind.__qualname__}"
    return None


def named(name: str) -> type | None:
    """What is called so: an entity, an enumeration, an event; None: nothing of this release.

    >>> named("Ticket") is entities.Ticket, named("os:environ")
    (True, None)
    """
    kind = _NAMED.get(name)
    if kind is None:
        # Only what is loaded already: data never make the library import anything.
        place, _, attribute = name.partition(":")
        module = sys.modules.get(_PACKAGE + place)
        kind = None if module is None else vars(module).get(attribute)
    known = isinstance(kind, type) and (attrs.has(kind) or issubclass(kind, enum.Enum))
    return kind if known else None


def is_open(shape: Any) -> bool:
    """Whether the shape alone does not say how to read the value: a base, or a union of classes."""
    if shape is Any or shape is Event or isinstance(shape, typing.TypeVar):
        return True
    return len(parts_of(shape)) > 1 and not is_id(shape)


class Shapes:
    """The converter for one type of ids, and how open values are written.

    Of the `hooks` that fit a shape the last one serves, and those of classes come first.
    """

    def __init__(self, id_type: type) -> None:
        self.id_type = id_type
        self.converter = cattrs.Converter(
            unstruct_collection_overrides={frozenset: _sorted, tuple: list},
            detailed_validation=False,
        )
        for meant, out, back in self.hooks():
            if isinstance(meant, type):
                self.converter.register_unstructure_hook(meant, out)
                self.converter.register_structure_hook(meant, back)
            else:
                self.converter.register_unstructure_hook_func(meant, out)
                self.converter.register_structure_hook_func(meant, back)

    def hooks(self) -> list[Hook]:
        """How the shapes that cattrs does not know are written and read."""
        return [
            (UUID, str, lambda value, _: UUID(value)),
            (datetime, moment_out, lambda value, _: datetime.fromisoformat(value)),
            (is_id, self.id_out, self.id_back),
            (lambda shape: shape == HostFields, _fields_out, self.fields_back),
            (is_open, self.open_out, self.open_back),
        ]

    def id_out(self, value: Any) -> Any:
        """An id in JSON."""
        return str(value) if isinstance(value, UUID) else value

    def id_back(self, value: Any, _: Any = None) -> Any:
        """An id out of JSON."""
        if value is None:
            return None
        return UUID(value) if self.id_type is UUID else value

    def fields_back(self, value: Any, _: Any = None) -> dict[str, FieldValue]:
        """A host's fields out of JSON."""
        return {name: frozenset(one) if type(one) is list else one for name, one in value.items()}

    def open_out(self, value: Any) -> Any:
        """A value whose shape nothing else says."""
        kind = type(value)
        if kind in PLAIN:
            return value
        name = name_of(kind)
        if isinstance(value, enum.Enum) and name:
            return {"$": name, "value": value.value}
        if kind.__name__ in BUILT_IN and kind is BUILT_IN[kind.__name__]:
            return {"$": kind.__name__, "value": self.converter.unstructure(value)}
        if kind is list:
            return [self.open_out(item) for item in value]
        if kind is tuple:
            return {"$": "tuple", "value": [self.open_out(item) for item in value]}
        if isinstance(value, frozenset | set):
            return {"$": "set", "value": sorted(map(self.open_out, value), key=text_of)}
        if isinstance(value, Mapping):
            pairs = [[self.open_out(key), self.open_out(item)] for key, item in value.items()]
            return {"$": "map", "value": pairs}
        if attrs.has(kind) and name:
            return {"$": name, "value": self.converter.unstructure(value, kind)}
        raise self.refused(kind)

    def open_back(self, value: Any, _: Any = None) -> Any:
        """The value that `open_out` wrote."""
        if isinstance(value, list):
            return [self.open_back(item) for item in value]
        if not isinstance(value, dict):
            return value
        name, inner = value["$"], value["value"]
        if name == "tuple":
            return tuple(map(self.open_back, inner))
        if name == "set":
            return frozenset(map(self.open_back, inner))
        if name == "map":
            return {self.open_back(key): self.open_back(item) for key, item in inner}
        return self.converter.structure(inner, self.kind_named(name))

    def kind_named(self, name: str) -> type:
        """The class that an open value is of."""
        raise NotImplementedError

    def refused(self, kind: type) -> InvalidValueError:
        """The error about a value that cannot be written."""
        raise NotImplementedError


def text_of(value: Any) -> str:
    """Plain data as JSON, as short as it goes."""
    return _ENCODER.encode(value)


def moment_out(value: datetime) -> str:
    """A moment as ISO 8601, in UTC."""
    return utc("a moment", value).isoformat()


def _sorted(values: Iterable[Any]) -> list[Any]:
    return sorted(values)


def _fields_out(value: HostFields) -> dict[str, Any]:
    """Plain JSON, in one order; a set of texts is a list of them."""
    return {
        name: sorted(one) if isinstance(one, frozenset) else one
        for name, one in sorted(value.items())
    }
