"""What is compared on one log: a method with options, as they are given to `--against`."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from helpdesk_core.cli.csvfile import shown
from helpdesk_core.cli.errors import InputError
from helpdesk_core.entities import AssignmentMethod, CatchUp, Id, MemberOptions

HISTORY = "history"
MOST = 7  #: variants beside history: more lines cannot be told apart
_METHODS = {method.value: method for method in AssignmentMethod}
_CATCH_UPS = {catch_up.value: catch_up for catch_up in CatchUp}
_OPTIONS = ("catch_up", "capacity", "weight", "defer")


@attrs.frozen(kw_only=True)
class Variant:
    """A method with its options, under the name that it is shown by."""

    name: str
    method: AssignmentMethod
    catch_up: CatchUp = CatchUp.FULL
    defer: bool = False
    member_options: Mapping[Id, MemberOptions] = MappingProxyType({})


def variants_of(method: str, against: Iterable[str], people: Collection[str]) -> list[Variant]:
    """The method and what it is compared with, each once; `history` is there anyway.

    >>> [each.name for each in variants_of("equal_open", ["history", "equal_tickets,defer"], [])]
    ['equal_open', 'equal_tickets, defer']
    """
    texts = [text for text in against if text.strip() != HISTORY]
    variants = [Variant(name=method, method=_METHODS[method])]
    variants += [variant_of(text, people) for text in texts]
    found = {variant.name: variant for variant in variants}
    if len(found) > MOST:
        raise InputError(f"--against: at most {MOST} can be compared with history at once")
    return list(found.values())


def variant_of(text: str, people: Collection[str]) -> Variant:
    """A variant as it is written: the method, then its options, with commas between.

    `catch_up=full|none|smoothed`; `defer`; `capacity=N` of everybody or `capacity=NAME:N` of one;
    `weight=NAME:N`. What holds a comma is put in double quotes, as in CSV.

    >>> variant = variant_of("equal_tickets,catch_up=none,capacity=9,weight=ada:2", ["ada", "ben"])
    >>> variant.name, variant.member_options["ada"].weight, variant.member_options["ben"].capacity
    ('equal_tickets, catch_up=none, capacity=9, weight=ada:2', 2, 9)
    >>> variant_of("equal_open,speed=2", [])
    Traceback (most recent call last):
    helpdesk_core.cli.errors.InputError: --against 'equal_open,speed=2': no option is 'speed'; \
there are 'catch_up', 'capacity', 'weight', 'defer'
    """
    try:
        return _read(text, people)
    except (ValueError, csv.Error) as error:
        raise InputError(f"--against {shown(text)}: {error}") from None


def _read(text: str, people: Collection[str]) -> Variant:
    parts = [part.strip() for part in next(csv.reader([text], skipinitialspace=True, strict=True))]
    method = _one_of("method", parts[0] if parts else "", _METHODS)
    single: dict[str, Any] = {}
    everybody: dict[str, Any] = {}
    own: dict[str, dict[str, Any]] = {}
    for part in parts[1:]:
        option, sign, value = (piece.strip() for piece in part.partition("="))
        if option not in _OPTIONS:
            raise ValueError(f"no option is {shown(option)}; there are {_listed(_OPTIONS)}")
        if bool(sign) is (option == "defer"):
            raise ValueError(f"{option} takes {'no' if sign else 'a'} value")
        person, _, number = value.rpartition(":")
        if option in single or (not person and option in everybody):
            raise ValueError(f"{option} is there twice")
        if option == "defer":
            single[option] = True
        elif option == "catch_up":
            if method is AssignmentMethod.EQUAL_OPEN:
                raise ValueError("catch_up is for equal_tickets: open tickets are level by nature")
            single[option] = _one_of(option, value, _CATCH_UPS)
        elif not person:
            if option == "weight":
                raise ValueError("weight is of one person, as in weight=NAME:2")
            everybody[option] = _number(option, number)
        elif person not in people:
            raise ValueError(f"nobody of the log is {shown(person)}")
        elif option in own.setdefault(person, {}):
            raise ValueError(f"{option} of {shown(person)} is there twice")
        else:
            own[person][option] = _number(option, number)
    named = people if everybody else own
    return Variant(
        name=", ".join(parts),
        method=method,
        member_options={who: MemberOptions(**{**everybody, **own.get(who, {})}) for who in named},
        **single,
    )


def _one_of(option: str, name: str, known: Mapping[str, Any]) -> Any:
    if name not in known:
        raise ValueError(f"no {option} is {shown(name)}; there are {_listed(known)}")
    return known[name]


def _number(option: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{option} must be a whole number, not {shown(text)}")
    return int(text)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(shown, names))
