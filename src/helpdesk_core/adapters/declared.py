"""What the fields of the library's classes are declared to be, those of generic classes too."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping
from typing import Any

import attrs

from helpdesk_core.entities import Id

_NONE_TYPE = type(None)


def parts_of(shape: Any) -> tuple[Any, ...]:
    """Of what a union consists, None apart; nothing for what is no union."""
    if not isinstance(shape, types.UnionType) and typing.get_origin(shape) is not typing.Union:
        return ()
    return tuple(part for part in typing.get_args(shape) if part is not _NONE_TYPE)


def is_id(shape: Any) -> bool:
    """Whether it is an id, or an id that may be missing."""
    return set(parts_of(shape)) == set(typing.get_args(Id))


@attrs.frozen
class Field:
    """A field of a class: its name, what its constructor calls it, and what it must be."""

    name: str
    alias: str
    shape: Any
    required: bool


@functools.cache
def fields_of(kind: Any) -> tuple[Field, ...]:
    """The fields that a class is made of, those of `Page[Ticket]` too."""
    origin = typing.get_origin(kind) or kind
    meant: dict[Any, Any] = {}
    for said in (*getattr(origin, "__orig_bases__", ()), kind):  # `SearchPage` is a `Page[Found]`
        variables = getattr(typing.get_origin(said), "__parameters__", ())
        meant |= dict(zip(variables, typing.get_args(said), strict=False))  # `Generic` has none
    return tuple(
        Field(
            field.name,
            field.alias or field.name,
            _put_in(field.type, meant),
            field.default is attrs.NOTHING,
        )
        for field in attrs.fields(attrs.resolve_types(origin))
        if field.init
    )


def _put_in(shape: Any, meant: Mapping[Any, Any]) -> Any:
    """A shape with what its variables stand for."""
    variables = getattr(shape, "__parameters__", ()) if meant else ()
    return shape[tuple(meant[one] for one in variables)] if variables else shape
