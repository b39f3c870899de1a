"""To plain data and back, strictly: nothing is guessed, cut or left out when it is read.

Plain data are what JSON knows: objects, lists, texts, numbers, True, False and None. Ids are those
of the installation's one type, moments ISO 8601 in UTC, durations ISO 8601, enumerations their
values. What may be of several classes carries the name of its own, as in
`{"$": "TicketClosed", "value": {...}}`; by ids nothing is named, since JSON's names are texts: what
is kept by id is a list of pairs.
"""

from __future__ import annotations

import enum
import functools
import typing
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar, overload
from uuid import UUID

from helpdesk_core.adapters.declared import fields_of
from helpdesk_core.adapters.plain.schemas import (
    DIALECT,
    Schemas,
    classes_of,
    is_class,
    is_tagged,
)
from helpdesk_core.adapters.plain.values import (
    at_place,
    check_tag,
    duration_back,
    duration_out,
    enumeration_back,
    exactly,
    finite,
    literal_back,
    moment_back,
    moment_out,
    named_values,
    of_kind,
    same,
    shown,
    uuid_back,
)
from helpdesk_core.adapters.shapes import BUILT_IN, PLAIN, Hook, Shapes, named, text_of
from helpdesk_core.entities import FieldValue
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import check_id

_T = TypeVar("_T")

#: Rooms of which nothing is sent.
_APART = ("adapters.", "cli", "testing.")


def to_plain(value: Any, kind: Any = None, *, id_type: type = str) -> Any:
    """The value as plain data; `kind` says as what, where that is wider than its class.

    Raises `InvalidValueError` for ids that are of another type, and for what holds functions or
    files.

    >>> from helpdesk_core import Reason, User, UserKind
    >>> to_plain(User(id="ada", name="Ada", kind=UserKind.CONTACT))["kind"]
    'contact'
    >>> to_plain(Reason("stage.unchanged"))
    {'code': 'stage.unchanged', 'parameters': {}}
    """
    shape = type(value) if kind is None else kind
    with of_kind(shape):
        return _conversions(id_type).write(value, shape)


@overload
def from_plain(kind: type[_T], data: object, *, id_type: type = ...) -> _T: ...
@overload
def from_plain(kind: Any, data: object, *, id_type: type = ...) -> Any: ...
def from_plain(kind: Any, data: object, *, id_type: type = str) -> Any:
    """What `to_plain` wrote; `kind` is a class, `Event` for any event, or a type as `Page[Ticket]`.

    Raises `InvalidValueError` that names the field by its path, and shows nothing of what is there.

    >>> from helpdesk_core import Team
    >>> from_plain(Team, {"id": "a", "name": "A", "visibility": "open"})
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: visibility must be one of private, company, public
    >>> from_plain(Team, {"id": 7, "name": "A", "visibility": "public"})
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: id must be of type str
    """
    with of_kind(kind):
        return _conversions(id_type).read(data, kind)


def json_schema(kind: Any, *, id_type: type = str) -> dict[str, Any]:
    """What plain data of this kind look like, as JSON Schema 2020-12.

    >>> from helpdesk_core import Gap
    >>> json_schema(Gap)["$defs"]["Gap"]["required"]
    ['start', 'end']
    """
    with of_kind(kind):
        made = Schemas(id_type)
        root = made.of(kind)
        return {"$schema": DIALECT, **root, "$defs": dict(sorted(made.defs.items()))}


@functools.cache
def _conversions(id_type: type) -> Conversions:
    return Conversions(id_type)


class Conversions(Shapes):
    """Writes and reads plain data with ids of one type."""

    def __init__(self, id_type: type) -> None:
        super().__init__(id_type)
        self._known = functools.cache(Schemas(id_type).of)
        by_shape: list[tuple[Callable[[Any], bool], Any, Any]] = [
            (lambda shape: _origin(shape) is tuple, self._tuple_out, self._tuple_back),
            (lambda shape: _origin(shape) is frozenset, self._set_out, self._set_back),
            (_is_mapping, self._mapping_out, self._mapping_back),
            (is_class, self._class_out, self._class_back),
            (is_tagged, self._tagged_out, self._tagged_back),
        ]
        for matches, out, back in by_shape:
            self.converter.register_unstructure_hook_factory(matches, out)
            self.converter.register_structure_hook_factory(
                matches, lambda shape, back=back: functools.partial(_called, back, shape)
            )

    def hooks(self) -> list[Hook]:
        """Values that are read as they are written, and as nothing else."""
        return [
            *super().hooks(),
            *((kind, same, exactly) for kind in (str, int, bool)),
            (float, finite, lambda value, _: finite(value)),
            (datetime, moment_out, moment_back),
            (timedelta, duration_out, duration_back),
            (UUID, str, uuid_back),
            (enum.Enum, lambda value: value.value, enumeration_back),
            (lambda shape: _origin(shape) is typing.Literal, same, literal_back),
        ]

    def write(self, value: Any, shape: Any) -> Any:
        """The value as plain data."""
        self._known(shape)
        return self.converter.unstructure(value, unstructure_as=shape)

    def read(self, data: Any, shape: Any) -> Any:
        """The value out of plain data."""
        self._known(shape)
        return self.converter.structure(data, shape)

    # --- ids, and what is of any shape -----------------------------------------------------------

    def id_out(self, value: Any) -> Any:
        """An id of the installation's type."""
        if value is not None:
            self._check_id_type(value)
        return super().id_out(value)

    def id_back(self, value: Any, shape: Any = None) -> Any:
        """The same, out of plain data."""
        if value is None and shape is not None and type(None) in typing.get_args(shape):
            return None
        if self.id_type is UUID:
            return uuid_back(value)
        self._check_id_type(value)
        check_id("", value)
        return value

    def _check_id_type(self, value: Any) -> None:
        if type(value) is not self.id_type:
            raise InvalidValueError("", f"must be of type {self.id_type.__name__}")

    def fields_back(self, value: Any, _: Any = None) -> dict[str, FieldValue]:
        """A host's fields."""
        found: dict[str, FieldValue] = {}
        for name, one in named_values(value):
            with at_place(shown(name)):
                if type(one) is list:
                    found[name] = self._set_back(frozenset[str], one)
                elif type(one) in (str, bool, int, float):
                    found[name] = finite(one) if type(one) is float else one
                else:
                    raise InvalidValueError("", "must be text, a number, true, false or texts")
        return found

    def open_out(self, value: Any) -> Any:
        """A value of any shape; what JSON does not know carries its name."""
        if type(value) is float:
            return finite(value)
        return super().open_out(value)

    def open_back(self, value: Any, _: Any = None) -> Any:
        """The same, out of plain data."""
        if type(value) is float:
            return finite(value)
        if type(value) is dict:
            check_tag(value)
            rows = value["value"]
            if value["$"] in ("tuple", "set", "map"):
                exactly(rows, list)
            if value["$"] == "map" and any(type(row) is not list or len(row) != 2 for row in rows):
                raise InvalidValueError("value", "must be a list of pairs")
        elif type(value) not in (*PLAIN, list):
            raise InvalidValueError("", "must be plain data")
        with at_place("value" if type(value) is dict else ""):
            return super().open_back(value)

    def refused(self, kind: type) -> InvalidValueError:
        """The error about a value that cannot be sent."""
        return InvalidValueError("", f"holds a {kind.__name__}, which cannot be plain data")

    def kind_named(self, name: str) -> type:
        """The class that a value is of: none of what is never sent."""
        kind = BUILT_IN.get(name) or (None if name.startswith(_APART) else named(name))
        if kind is None:
            raise InvalidValueError("", "is of a kind that this release does not know")
        if kind not in BUILT_IN.values():
            self._known(kind)
        return kind

    # --- what holds others -----------------------------------------------------------------------

    def _out(self, value: Any, shape: Any) -> Any:
        return self.converter.unstructure(value, unstructure_as=shape)

    def _back(self, value: Any, shape: Any, place: str) -> Any:
        with at_place(place):
            return self.converter.structure(value, shape)

    def _tuple_out(self, shape: Any) -> Callable[[Any], Any]:
        parts = typing.get_args(shape)
        return self._list_out(parts[0]) if parts[-1] is Ellipsis else self._row_out(parts)

    def _tuple_back(self, shape: Any, value: Any) -> tuple[Any, ...]:
        parts = typing.get_args(shape)
        return self._list(value, parts[0]) if parts[-1] is Ellipsis else self._row(value, parts)

    def _list_out(self, part: Any) -> Callable[[Any], Any]:
        return lambda value: [self._out(one, part) for one in value]

    def _list(self, value: Any, part: Any) -> tuple[Any, ...]:
        found = enumerate(exactly(value, list))
        return tuple(self._back(one, part, f"[{n}]") for n, one in found)

    def _row_out(self, parts: tuple[Any, ...]) -> Callable[[Any], Any]:
        return lambda value: [self._out(*pair) for pair in zip(value, parts, strict=True)]

    def _row(self, value: Any, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(exactly(value, list)) != len(parts):
            raise InvalidValueError("", f"must be a list of {len(parts)}")
        pairs = enumerate(zip(value, parts, strict=True))
        return tuple(self._back(*pair, f"[{n}]") for n, pair in pairs)

    def _set_out(self, shape: Any) -> Callable[[Any], Any]:
        out = self._list_out(typing.get_args(shape)[0])
        return lambda value: sorted(out(value), key=text_of)

    def _set_back(self, shape: Any, value: Any) -> frozenset[Any]:
        found = self._list(value, typing.get_args(shape)[0])
        if len(set(found)) < len(found):
            raise InvalidValueError("", "must not hold anything twice")
        return frozenset(found)

    def _mapping_out(self, shape: Any) -> Callable[[Any], Any]:
        by, part = typing.get_args(shape)
        if by is str:
            return lambda value: {name: self._out(value[name], part) for name in sorted(value)}
        row = self._row_out((by, part))
        return lambda value: sorted(map(row, value.items()), key=text_of)

    def _mapping_back(self, shape: Any, value: Any) -> dict[Any, Any]:
        by, part = typing.get_args(shape)
        if by is str:
            texts = named_values(value)
            return {name: self._back(one, part, shown(name)) for name, one in texts}
        found: dict[Any, Any] = {}
        for n, one in enumerate(exactly(value, list)):
            with at_place(f"[{n}]"):
                id, kept = self._row(one, (by, part))
                if id in found:
                    raise InvalidValueError("", "names an id a second time")
                found[id] = kept
        return found

    def _class_out(self, shape: Any) -> Callable[[Any], Any]:
        kind, fields = _origin(shape) or shape, fields_of(shape)

        def out(value: Any) -> dict[str, Any]:
            if not isinstance(value, kind):
                raise InvalidValueError("", f"must be a {kind.__name__}")
            found = {}
            for field in fields:
                with at_place(field.name):
                    found[field.name] = self._out(getattr(value, field.name), field.shape)
            return found

        return out

    def _class_back(self, shape: Any, value: Any) -> Any:
        kind, fields = _origin(shape) or shape, fields_of(shape)
        known = {field.name for field in fields}
        for name, _ in named_values(value):
            if name not in known:
                raise InvalidValueError(shown(name), f"is no field of {kind.__name__}")
        made = {}
        for field in fields:
            if field.name in value:
                made[field.alias] = self._back(value[field.name], field.shape, field.name)
            elif field.required:
                raise InvalidValueError(field.name, "is missing")
        return kind(**made)

    def _tagged_out(self, shape: Any) -> Callable[[Any], Any]:
        classes = classes_of(shape)

        def out(value: Any) -> Any:
            name = type(value).__name__
            if classes.get(name) is type(value):
                return {"$": name, "value": self._out(value, type(value))}
            return self._other_out(value, shape)

        return out

    def _other_out(self, value: Any, shape: Any) -> Any:
        if value is None and type(None) in typing.get_args(shape):
            return None
        if UUID in typing.get_args(shape):
            return self.id_out(value)
        raise InvalidValueError("", f"must be one of {', '.join(classes_of(shape))}")

    def _tagged_back(self, shape: Any, value: Any) -> Any:
        if type(value) is not dict and UUID in typing.get_args(shape):
            return self.id_back(value, shape)
        if value is None and type(None) in typing.get_args(shape):
            return None
        check_tag(value)
        kind = classes_of(shape).get(value["$"])
        if kind is None:
            raise InvalidValueError("$", f"must be one of {', '.join(classes_of(shape))}")
        return self._back(value["value"], kind, "value")


def _called(back: Callable[[Any, Any], Any], shape: Any, value: Any, _: Any) -> Any:
    return back(shape, value)


def _origin(shape: Any) -> Any:
    return typing.get_origin(shape)


def _is_mapping(shape: Any) -> bool:
    by = typing.get_args(shape)[:1]
    return _origin(shape) is Mapping and shape != Mapping[str, FieldValue] and bool(by)
