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
import math
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar, overload
from uuid import UUID

from helpdesk_core.adapters.plain.schemas import (
    DIALECT,
    DURATION,
    MOMENT,
    UUID_TEXT,
    Schemas,
    classes_of,
    fields_of,
    is_class,
    is_tagged,
)
from helpdesk_core.adapters.shapes import BUILT_IN, PLAIN, Hook, Shapes, named, text_of
from helpdesk_core.entities import FieldValue
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import NAME_LIMIT, check_id, utc

_T = TypeVar("_T")

_DURATION, _MOMENT, _UUID = map(re.compile, (DURATION, MOMENT, UUID_TEXT))
_UNITS = ("weeks", "days", "hours", "minutes", "seconds", "microseconds")
_WORDS = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}
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
    with _of(shape):
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
    with _of(kind):
        return _conversions(id_type).read(data, kind)


def json_schema(kind: Any, *, id_type: type = str) -> dict[str, Any]:
    """What plain data of this kind look like, as JSON Schema 2020-12.

    >>> from helpdesk_core import Gap
    >>> json_schema(Gap)["$defs"]["Gap"]["required"]
    ['start', 'end']
    """
    with _of(kind):
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
            *((kind, _same, _exactly) for kind in (str, int, bool)),
            (float, _finite, lambda value, _: _finite(value)),
            (datetime, _moment_out, _moment_back),
            (timedelta, _duration_out, _duration_back),
            (UUID, str, _uuid_back),
            (enum.Enum, lambda value: value.value, _enumeration_back),
            (lambda shape: _origin(shape) is typing.Literal, _same, _literal_back),
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
            return _uuid_back(value)
        self._check_id_type(value)
        check_id("", value)
        return value

    def _check_id_type(self, value: Any) -> None:
        if type(value) is not self.id_type:
            raise InvalidValueError("", f"must be of type {self.id_type.__name__}")

    def fields_back(self, value: Any, _: Any = None) -> dict[str, FieldValue]:
        """A host's fields."""
        found: dict[str, FieldValue] = {}
        for name, one in _named_values(value):
            with _at(_shown(name)):
                if type(one) is list:
                    found[name] = self._set_back(frozenset[str], one)
                elif type(one) in (str, bool, int, float):
                    found[name] = _finite(one) if type(one) is float else one
                else:
                    raise InvalidValueError("", "must be text, a number, true, false or texts")
        return found

    def open_out(self, value: Any) -> Any:
        """A value of any shape; what JSON does not know carries its name."""
        if type(value) is float:
            return _finite(value)
        return super().open_out(value)

    def open_back(self, value: Any, _: Any = None) -> Any:
        """The same, out of plain data."""
        if type(value) is float:
            return _finite(value)
        if type(value) is dict:
            _check_tag(value)
            rows = value["value"]
            if value["$"] in ("tuple", "set", "map"):
                _exactly(rows, list)
            if value["$"] == "map" and any(type(row) is not list or len(row) != 2 for row in rows):
                raise InvalidValueError("value", "must be a list of pairs")
        elif type(value) not in (*PLAIN, list):
            raise InvalidValueError("", "must be plain data")
        with _at("value" if type(value) is dict else ""):
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
        with _at(place):
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
        found = enumerate(_exactly(value, list))
        return tuple(self._back(one, part, f"[{n}]") for n, one in found)

    def _row_out(self, parts: tuple[Any, ...]) -> Callable[[Any], Any]:
        return lambda value: [self._out(*pair) for pair in zip(value, parts, strict=True)]

    def _row(self, value: Any, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(_exactly(value, list)) != len(parts):
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
            named_values = _named_values(value)
            return {name: self._back(one, part, _shown(name)) for name, one in named_values}
        found: dict[Any, Any] = {}
        for n, one in enumerate(_exactly(value, list)):
            with _at(f"[{n}]"):
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
                with _at(field.name):
                    found[field.name] = self._out(getattr(value, field.name), field.shape)
            return found

        return out

    def _class_back(self, shape: Any, value: Any) -> Any:
        kind, fields = _origin(shape) or shape, fields_of(shape)
        known = {field.name for field in fields}
        for name, _ in _named_values(value):
            if name not in known:
                raise InvalidValueError(_shown(name), f"is no field of {kind.__name__}")
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
        _check_tag(value)
        kind = classes_of(shape).get(value["$"])
        if kind is None:
            raise InvalidValueError("$", f"must be one of {', '.join(classes_of(shape))}")
        return self._back(value["value"], kind, "value")


# --- errors, by their places ---------------------------------------------------------------------


@contextmanager
def _at(place: str) -> Iterator[None]:
    """What is wrong inside is wrong at this place; nothing of what is there is shown."""
    try:
        yield
    except InvalidValueError as error:
        inner = error.field
        dot = "." if place and inner and not inner.startswith("[") else ""
        raise InvalidValueError(f"{place}{dot}{inner}", error.problem) from None
    except Exception as error:  # a date that is none, a number too large: whatever a class says
        raise InvalidValueError(place, f"cannot be read: {type(error).__name__}") from None


@contextmanager
def _of(shape: Any) -> Iterator[None]:
    """The same for the whole, which has the name of its kind."""
    try:
        with _at(""):
            yield
    except InvalidValueError as error:
        if error.field:
            raise
        name = getattr(shape, "__name__", None) or "data"
        raise InvalidValueError(name, error.problem) from None


def _shown(name: Any) -> str:
    """A name out of data, unless it is a text that was never meant to be one."""
    return name if name.isprintable() and 0 < len(name) <= NAME_LIMIT else "a name"


# --- single values -------------------------------------------------------------------------------


def _called(back: Callable[[Any, Any], Any], shape: Any, value: Any, _: Any) -> Any:
    return back(shape, value)


def _origin(shape: Any) -> Any:
    return typing.get_origin(shape)


def _is_mapping(shape: Any) -> bool:
    by = typing.get_args(shape)[:1]
    return _origin(shape) is Mapping and shape != Mapping[str, FieldValue] and bool(by)


def _same(value: Any) -> Any:
    return value


def _exactly(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise InvalidValueError("", f"must be {_WORDS[kind]}")
    return value


def _finite(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise InvalidValueError("", "must be a finite number")
    return float(value)


def _named_values(value: Any) -> list[tuple[str, Any]]:
    found = _exactly(value, dict)
    if not all(type(name) is str for name in found):
        raise InvalidValueError("", "must have names that are texts")
    return list(found.items())


def _check_tag(value: Any) -> None:
    _exactly(value, dict)
    if value.keys() != {"$", "value"} or type(value["$"]) is not str:
        raise InvalidValueError("", "must be an object of '$', a name, and 'value'")


def _moment_out(value: datetime) -> str:
    return utc("", value).isoformat()


def _moment_back(value: Any, _: Any = None) -> datetime:
    if type(value) is not str or not _MOMENT.fullmatch(value):
        raise InvalidValueError("", "must be a moment as 2026-01-05T09:30:00+00:00")
    return utc("", datetime.fromisoformat(value))


def _duration_out(value: timedelta) -> str:
    sign, length = ("-", -value) if value < timedelta(0) else ("", value)
    seconds = f"{length.seconds}.{length.microseconds:06}".rstrip("0").rstrip(".")
    days = f"{length.days}D" if length.days else ""
    rest = f"T{seconds}S" if seconds != "0" or not days else ""
    return f"{sign}P{days}{rest}"


def _duration_back(value: Any, _: Any = None) -> timedelta:
    found = _DURATION.fullmatch(value) if type(value) is str else None
    if found is None:
        raise InvalidValueError("", "must be a duration as P30D or PT1.5S")
    sign, *numbers, fraction = found.groups()
    parts = [int(number or 0) for number in (*numbers, (fraction or "").ljust(6, "0"))]
    length = timedelta(**dict(zip(_UNITS, parts, strict=True)))
    return -length if sign else length


def _uuid_back(value: Any, _: Any = None) -> UUID:
    if type(value) is not str or not _UUID.fullmatch(value):
        raise InvalidValueError("", "must be a UUID")
    return UUID(value)


def _enumeration_back(value: Any, kind: type[enum.Enum]) -> enum.Enum:
    for one in kind:
        if type(value) is str and one.value == value:
            return one
    raise InvalidValueError("", f"must be one of {', '.join(str(one.value) for one in kind)}")


def _literal_back(value: Any, shape: Any) -> Any:
    parts = typing.get_args(shape)
    if type(value) is not str or value not in parts:
        raise InvalidValueError("", f"must be one of {', '.join(parts)}")
    return value
