"""Teams and the stages that they share (T1, G5)."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import timedelta

import attrs

from helpdesk_core.entities.people import FOLLOWERS, Followers
from helpdesk_core.fields import (
    FLAG_OFF,
    ID,
    NAME_LIMIT,
    Id,
    are_ids,
    between,
    collection,
    distinct,
    is_a,
    is_line,
    is_text,
    not_negative,
)
from helpdesk_core.methods import (
    AssignmentMethod,
    AssignmentMode,
    CatchUp,
    CountScope,
    Options,
    are_options,
    options_of,
)
from helpdesk_core.templates import EmailTemplate, SmsTemplate


class Visibility(enum.Enum):
    """Who may see a team and its tickets (V1-V4)."""

    PRIVATE = "private"
    COMPANY = "company"
    PUBLIC = "public"


class OnAnswer(enum.Enum):
    """What a customer's answer to a closed ticket does (G11).

    `REOPEN`: it opens the ticket again within the team's `reopen_window`, later it opens another,
    linked one. `NEW_LINKED`: always another. `IGNORE`: the ticket stays closed, the answer on it.
    """

    REOPEN = "reopen"
    NEW_LINKED = "new_linked"
    IGNORE = "ignore"


def _member_ids(value: Iterable[Id]) -> tuple[Id, ...]:
    return collection("member_ids", value)


def _stage_ids(value: Iterable[Id]) -> frozenset[Id]:
    return distinct("stage_ids", value)


@attrs.frozen(kw_only=True)
class Team:
    """A team with its level, its members in order, its stages and its way of assigning.

    `public_description` is read by customers (T1). `member_ids` is in member order (A6); naming
    nobody means that the pool is every eligible user (*Words*). `member_options` may speak of
    anybody; who is not named has none (A19).

    >>> Team(id="support", name="Support", visibility=Visibility.PUBLIC).member_ids
    ()
    """

    id: Id = ID
    name: str = attrs.field(validator=is_line(NAME_LIMIT))
    visibility: Visibility = attrs.field(validator=is_a(Visibility))
    company: str = attrs.field(default="", validator=is_line(NAME_LIMIT, empty=True))
    public_description: str = attrs.field(default="", validator=is_text)
    member_ids: tuple[Id, ...] = attrs.field(default=(), converter=_member_ids, validator=are_ids)
    stage_ids: frozenset[Id] = attrs.field(
        default=frozenset(), converter=_stage_ids, validator=are_ids
    )
    followers: Followers = FOLLOWERS
    auto_assign: bool = FLAG_OFF
    assignment_method: AssignmentMethod = attrs.field(
        default=AssignmentMethod.EQUAL_TICKETS, validator=is_a(AssignmentMethod)
    )
    assignment_scope: CountScope = attrs.field(default=CountScope.TEAM, validator=is_a(CountScope))
    look_ahead_window: timedelta = attrs.field(default=timedelta(0), validator=not_negative)
    horizon: timedelta = attrs.field(default=timedelta(days=366), validator=not_negative)
    assignment_mode: AssignmentMode = attrs.field(
        default=AssignmentMode.ASSIGN_NOW, validator=is_a(AssignmentMode)
    )
    catch_up: CatchUp = attrs.field(default=CatchUp.FULL, validator=is_a(CatchUp))
    member_options: Options = attrs.field(
        factory=dict, converter=options_of, validator=are_options, hash=False
    )
    members_follow: bool = FLAG_OFF
    on_answer: OnAnswer = attrs.field(default=OnAnswer.REOPEN, validator=is_a(OnAnswer))
    reopen_window: timedelta = attrs.field(default=timedelta(days=30), validator=not_negative)
    version: int = attrs.field(default=1, validator=between(1, 2**62))


@attrs.frozen(kw_only=True)
class Stage:
    """A column of the pipeline; folded means that its tickets are closed (G1).

    `position` places it in the one order over all stages (G6). Templates are sent to the customer
    on entering (G8); with `once_per_ticket`, only the first time.

    >>> Stage(id="new", name="New", position=0).folded
    False
    """

    id: Id = ID
    name: str = attrs.field(validator=is_line(NAME_LIMIT))
    position: int = attrs.field(validator=between(0, 2**31 - 1))
    description: str = attrs.field(default="", validator=is_text)
    folded: bool = FLAG_OFF
    email_template: EmailTemplate | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_a(EmailTemplate))
    )
    sms_template: SmsTemplate | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_a(SmsTemplate))
    )
    once_per_ticket: bool = FLAG_OFF

    @property
    def writes(self) -> bool:
        """Whether the customer is written to on entering (G8)."""
        return self.email_template is not None or self.sms_template is not None
