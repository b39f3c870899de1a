"""A decision carries its reasons as data: a stable dotted code and its parameters (V19, A20).

Sentences are made from it elsewhere (`helpdesk_core.sentences`), so that a host can show its own
language. A decision has no truth value: ask `decision.allowed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn

import attrs


def _parameters(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value)) if value else _NONE


_NONE: Mapping[str, Any] = MappingProxyType({})


@attrs.frozen
class Reason:
    """One reason: `code` is stable and dotted, `parameters` are plain values.

    >>> str(Reason("stage.refused.not_in_team", {"stage_id": "solved"}))
    'stage.refused.not_in_team (stage_id=solved)'
    """

    code: str
    parameters: Mapping[str, Any] = attrs.field(default=_NONE, converter=_parameters, hash=False)

    def __str__(self) -> str:
        if not self.parameters:
            return self.code
        return f"{self.code} ({', '.join(f'{k}={v}' for k, v in self.parameters.items())})"


@attrs.frozen
class Decision:
    """Yes or no, and why; the first reason is the one that decided.

    >>> decision = Decision(True, (Reason("visibility.follows_ticket"),))
    >>> decision.allowed, decision.code
    (True, 'visibility.follows_ticket')
    >>> bool(decision)
    Traceback (most recent call last):
    TypeError: a Decision has no truth value: ask .allowed
    """

    allowed: bool
    reasons: tuple[Reason, ...]

    @property
    def code(self) -> str:
        """The code of the reason that decided."""
        return self.reasons[0].code

    def __bool__(self) -> NoReturn:
        raise TypeError("a Decision has no truth value: ask .allowed")


def allow(code: str, **parameters: Any) -> Decision:
    """A yes with one reason.

    >>> allow("visibility.administrator").allowed
    True
    """
    return Decision(True, (Reason(code, parameters),))


def deny(code: str, **parameters: Any) -> Decision:
    """A no with one reason.

    >>> deny("visibility.contact").allowed
    False
    """
    return Decision(False, (Reason(code, parameters),))
