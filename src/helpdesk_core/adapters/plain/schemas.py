"""What plain data look like, as JSON Schema 2020-12 made from the classes themselves."""

from __future__ import annotations

import enum
import inspect
import typing
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import attrs

from helpdesk_core.adapters.declared import fields_of, is_id, parts_of
from helpdesk_core.entities import HostFields, Id
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import EVENT_TYPES, Event
from helpdesk_core.fields import NAME_LIMIT

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: How a moment, a duration and a UUID are written: ISO 8601, and RFC 9562.
MOMENT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})$"
)
DURATION = (
    r"^(-?)P(?=[0-9T])(?:([0-9]+)W)?(?:([0-9]+)D)?"
    r"(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]{1,6}))?S)?)?$"
)
UUID_TEXT = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

_TEXTS = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
_SIMPLE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
}
_IDS: dict[type, dict[str, Any]] = {
    str: {"type": "string", "minLength": 1, "maxLength": NAME_LIMIT},
    int: {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    UUID: {"type": "string", "format": "uuid", "pattern": UUID_TEXT},
}
_ANYTHING = {
    "description": "A value whose shape nothing else says; what JSON does not know has its name.",
    "anyOf": [
        {"type": ["null", "boolean", "number", "string"]},
        {"type": "array", "items": {"$ref": "#/$defs/anything"}},
        {
            "type": "object",
            "properties": {"$": {"type": "string"}, "value": True},
            "required": ["$", "value"],
            "additionalProperties": False,
        },
    ],
}
_WRITTEN = {
    datetime: ("moment", {"type": "string", "format": "date-time", "pattern": MOMENT}),
    timedelta: ("duration", {"type": "string", "pattern": DURATION}),
}


def is_class(shape: Any) -> bool:
    """Whether it is one of the library's classes, or `Page[Ticket]`."""
    return attrs.has(typing.get_origin(shape) or shape)


def is_tagged(shape: Any) -> bool:
    """Whether a value carries the name of its class: any event, or one of several classes."""
    return shape is Event or bool(classes_of(shape))


def classes_of(shape: Any) -> dict[str, type]:
    """The classes that a value may be of, by name, where its shape says several."""
    if shape is Event:
        return dict(EVENT_TYPES)
    parts = parts_of(shape)
    classes = {part.__name__: part for part in parts if is_class(part)}
    rest = {part for part in parts if not is_class(part)}
    known = rest <= set(typing.get_args(Id)) and len(parts) > 1
    return classes if known else {}


class Schemas:
    """Makes schemas for one type of ids; `defs` are the parts that they refer to."""

    def __init__(self, id_type: type) -> None:
        self._id_type = id_type
        self.defs: dict[str, Any] = {}

    def of(self, shape: Any) -> dict[str, Any]:
        """The schema of a shape; `InvalidValueError` for what cannot be plain data."""
        if shape in _SIMPLE:
            return dict(_SIMPLE[shape])
        if shape in _WRITTEN:
            return self._defined(*_WRITTEN[shape])
        if shape is Any or isinstance(shape, typing.TypeVar):
            return self._defined("anything", _ANYTHING)
        if shape == HostFields:
            values = [{"type": ["string", "number", "boolean"]}, _TEXTS]
            return {"type": "object", "additionalProperties": {"anyOf": values}}
        if is_tagged(shape):
            return self._one_of_several(shape)
        if parts_of(shape):
            return self._union(shape)
        if is_class(shape):
            return self._class(shape)
        if isinstance(shape, type) and issubclass(shape, enum.Enum):
            values = [one.value for one in shape]
            return self._defined(shape.__name__, {"enum": values, **_said_of(shape)})
        return self._collection(shape)

    def _defined(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        self.defs.setdefault(name, schema)
        return {"$ref": f"#/$defs/{name}"}

    def _or_null(self, schemas: list[dict[str, Any]], shape: Any) -> dict[str, Any]:
        if type(None) in typing.get_args(shape):
            schemas = [*schemas, {"type": "null"}]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def _id(self) -> dict[str, Any]:
        return self._defined("id", _IDS[self._id_type])

    def _union(self, shape: Any) -> dict[str, Any]:
        if is_id(shape):
            return self._or_null([self._id()], shape)
        parts = parts_of(shape)
        if len(parts) > 1:
            raise _not_plain(shape)
        return self._or_null([self.of(parts[0])], shape)

    def _one_of_several(self, shape: Any) -> dict[str, Any]:
        schemas = [
            {
                "type": "object",
                "properties": {"$": {"const": name}, "value": self.of(kind)},
                "required": ["$", "value"],
                "additionalProperties": False,
            }
            for name, kind in classes_of(shape).items()
        ]
        if set(typing.get_args(Id)) <= set(parts_of(shape)):
            schemas.insert(0, self._id())
        if shape is Event:
            return self._defined("Event", {"anyOf": schemas, **_said_of(Event)})
        return self._or_null(schemas, shape)

    def _class(self, shape: Any) -> dict[str, Any]:
        kind, name = typing.get_origin(shape) or shape, _name_of(shape)
        if name not in self.defs:
            self.defs[name] = {}  # it may hold others of itself
            fields = fields_of(shape)
            try:
                properties = {field.name: self.of(field.shape) for field in fields}
            except InvalidValueError:
                del self.defs[name]
                raise
            self.defs[name] = {
                "type": "object",
                **_said_of(kind),
                "properties": properties,
                "required": [field.name for field in fields if field.required],
                "additionalProperties": False,
            }
        return {"$ref": f"#/$defs/{name}"}

    def _collection(self, shape: Any) -> dict[str, Any]:
        origin, parts = typing.get_origin(shape), typing.get_args(shape)
        if origin is typing.Literal:
            return {"enum": list(parts)}
        if origin is frozenset:
            return {"type": "array", "items": self.of(parts[0]), "uniqueItems": True}
        if origin is tuple and parts[-1] is Ellipsis:
            return {"type": "array", "items": self.of(parts[0])}
        if origin is tuple:
            return self._row(*parts)
        if origin is Mapping and parts[0] is str:
            return {"type": "object", "additionalProperties": self.of(parts[1])}
        if origin is Mapping and is_id(parts[0]):
            return {"type": "array", "items": self._row(*parts)}
        raise _not_plain(shape)

    def _row(self, *shapes: Any) -> dict[str, Any]:
        return {
            "type": "array",
            "prefixItems": [self.of(shape) for shape in shapes],
            "items": False,
            "minItems": len(shapes),
        }


def _not_plain(shape: Any) -> InvalidValueError:
    name = getattr(shape, "__name__", None) or str(shape)
    return InvalidValueError(name, "cannot be plain data")


def _name_of(shape: Any) -> str:
    origin = typing.get_origin(shape) or shape
    return "Of".join([origin.__name__, *map(_name_of, typing.get_args(shape))])


def _said_of(kind: type) -> dict[str, str]:
    """The first sentence, or sentences, of its documentation."""
    return {"description": " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())}
