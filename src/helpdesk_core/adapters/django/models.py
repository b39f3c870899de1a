"""The tables. They are written to by `DjangoRepository` alone, which keeps what hangs together.

Columns have the names of the fields of the entities. People are referred to without a foreign key:
a follow and a history outlive them. Sets, options and templates are JSON in one order, so that
equal values are equal texts. `words` are those of the library's search.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from helpdesk_core.adapters.django.fields import ExactField, IdField
from helpdesk_core.rank import RANK_LIMIT


def _to(model: str, **options: Any) -> Any:
    """A reference that the database keeps; nothing is deleted that something refers to."""
    options.setdefault("related_name", "+")
    return models.ForeignKey(model, on_delete=models.DO_NOTHING, **options)


def _choice() -> Any:
    return models.CharField(max_length=20)


class User(models.Model):
    """Somebody the help desk knows; the project's own users are another table."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=200)
    kind = _choice()
    roles = models.TextField()
    active = models.BooleanField()
    email = models.CharField(max_length=320, null=True)
    address = models.CharField(max_length=320, null=True, db_index=True)  # for comparing
    phone = models.CharField(max_length=320, null=True)
    company = models.CharField(max_length=200)
    language = models.CharField(max_length=35)

    class Meta:
        indexes = (models.Index(fields=["kind", "active"], name="helpdesk_user_kind"),)

    def __str__(self) -> str:
        return str(self.name)


class Stage(models.Model):
    """A step of the pipeline."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=200)
    position = models.IntegerField()
    description = models.TextField()
    folded = models.BooleanField()
    email_template = models.TextField(null=True)
    sms_template = models.TextField(null=True)
    once_per_ticket = models.BooleanField()

    def __str__(self) -> str:
        return str(self.name)


class Team(models.Model):
    """A team with its settings."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=200)
    visibility = _choice()
    company = models.CharField(max_length=200)
    public_description = models.TextField()
    member_ids = models.TextField()
    auto_assign = models.BooleanField()
    assignment_method = _choice()
    assignment_scope = _choice()
    look_ahead_window = models.CharField(max_length=40)
    horizon = models.CharField(max_length=40)
    assignment_mode = _choice()
    catch_up = _choice()
    on_answer = _choice()
    reopen_window = models.CharField(max_length=40)
    member_options = models.TextField()
    members_follow = models.BooleanField()
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.name)


class TeamStage(models.Model):
    """A stage that a team uses."""

    team = _to("Team")
    stage = _to("Stage")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["team", "stage"], name="helpdesk_team_stage"),
        )


class TeamFollow(models.Model):
    """One source of a follow of a team."""

    team = _to("Team")
    user_id = IdField(db_index=True)
    source = _choice()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["team", "user_id", "source"], name="helpdesk_team_follow"
            ),
        )


class Workload(models.Model):
    """What is counted of somebody in a team; kept by the transaction that changes it."""

    team = _to("Team")
    member_id = IdField()
    total = models.IntegerField(default=0)
    open = models.IntegerField(default=0)
    credit = models.IntegerField(default=0)
    last_assigned = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["team", "member_id"], name="helpdesk_workload"),
        )


class CatchingUp(models.Model):
    """What a team remembers of its latest automatic assignment."""

    team = models.OneToOneField(
        "Team", on_delete=models.DO_NOTHING, primary_key=True, related_name="+"
    )
    at = models.DateTimeField()
    member_ids = models.TextField()
    behind = models.TextField()
    their_turn = models.BooleanField()


class Ticket(models.Model):
    """A request. Its tags and followers are rows of their own."""

    id = IdField(primary_key=True)
    team = _to("Team")
    stage = _to("Stage")
    subject = models.CharField(max_length=500)
    created_at = models.DateTimeField()
    description = models.TextField()
    opener_id = IdField(null=True)
    customer_id = IdField(null=True, db_index=True)
    assignee_id = IdField(null=True, db_index=True)
    available_from = models.DateTimeField(null=True)
    waiting = models.BooleanField()
    priority = models.IntegerField()
    links = models.TextField()
    references = models.TextField()
    fields = models.TextField()
    closed_at = models.DateTimeField(null=True)
    merged_into = _to("self", null=True)
    rank = ExactField(max_length=RANK_LIMIT)
    version = models.BigIntegerField()
    words = models.TextField()

    class Meta:
        indexes = (
            models.Index(fields=["created_at", "id"], name="helpdesk_ticket_time"),
            models.Index(fields=["stage", "rank", "id"], name="helpdesk_ticket_column"),
            models.Index(fields=["waiting", "created_at"], name="helpdesk_ticket_waiting"),
        )

    def __str__(self) -> str:
        return str(self.subject)


class TicketFollow(models.Model):
    """One source of a follow of a ticket."""

    ticket = _to("Ticket")
    user_id = IdField(db_index=True)
    source = _choice()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["ticket", "user_id", "source"], name="helpdesk_ticket_follow"
            ),
        )


class TicketTag(models.Model):
    """A tag of a ticket."""

    ticket = _to("Ticket")
    tag = models.CharField(max_length=100, db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["ticket", "tag"], name="helpdesk_ticket_tag"),
        )


class Message(models.Model):
    """A reply or an internal note."""

    id = IdField(primary_key=True)
    ticket = _to("Ticket", related_name="messages")
    body = models.TextField()
    at = models.DateTimeField()
    author_id = IdField(null=True)
    internal = models.BooleanField()
    automatic = models.BooleanField()
    words = models.TextField()

    class Meta:
        indexes = (models.Index(fields=["ticket", "at"], name="helpdesk_message_at"),)


class Attachment(models.Model):
    """What is known of a file."""

    id = IdField(primary_key=True)
    ticket = _to("Ticket")
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    media_type = models.CharField(max_length=200)
    author_id = IdField(null=True)
    message_id = IdField(null=True)
    internal = models.BooleanField()

    class Meta:
        indexes = (models.Index(fields=["ticket", "at"], name="helpdesk_attachment_at"),)


class TimeEntry(models.Model):
    """Minutes that somebody worked."""

    id = IdField(primary_key=True)
    ticket = _to("Ticket")
    user_id = IdField()
    minutes = models.IntegerField()
    at = models.DateTimeField()
    note = models.TextField()

    class Meta:
        indexes = (models.Index(fields=["ticket", "at"], name="helpdesk_time_entry_at"),)


class ReceivedMail(models.Model):
    """A mail that came in."""

    id = IdField(primary_key=True)
    ticket = _to("Ticket")
    team_id = IdField()
    sender_id = IdField()
    at = models.DateTimeField()
    mail_id = models.TextField(null=True, db_index=True)
    message_id = IdField(null=True)
    subject = models.TextField()
    quoted = models.TextField()
    internal = models.BooleanField()
    automatic = models.BooleanField()

    class Meta:
        indexes = (
            models.Index(fields=["ticket", "at"], name="helpdesk_mail_at"),
            models.Index(fields=["sender_id", "at"], name="helpdesk_mail_sender"),
        )


class RecordedEvent(models.Model):
    """What happened, in the order in which it was recorded."""

    sequence = models.BigAutoField(primary_key=True)
    ticket_id = IdField(null=True)
    team_id = IdField(null=True)
    name = models.CharField(max_length=50, db_index=True)
    schema = models.IntegerField()
    at = models.DateTimeField()
    by_id = IdField(null=True)
    by_system = models.CharField(max_length=200, null=True)
    internal = models.BooleanField()
    data = models.TextField()

    class Meta:
        indexes = (
            models.Index(fields=["ticket_id", "sequence"], name="helpdesk_event_ticket"),
            models.Index(fields=["ticket_id", "at"], name="helpdesk_event_at"),
        )


class OutboxEntry(models.Model):
    """A message that leaves, or has left."""

    sequence = models.BigAutoField(primary_key=True)
    key = models.TextField(unique=True)
    ticket = _to("Ticket", db_constraint=False)
    recipient_id = IdField()
    channel = _choice()
    kind = _choice()
    message_id = IdField(null=True)
    stage_id = IdField(null=True)
    subject = models.TextField(null=True)
    text = models.TextField(null=True)
    html = models.TextField(null=True)
    in_answer = models.BooleanField()
    created_at = models.DateTimeField()
    attempts = models.IntegerField()
    status = _choice()
    not_before = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, null=True)
    held_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "outbox entries"
        indexes = (
            models.Index(fields=["status", "sequence"], name="helpdesk_outbox_status"),
            models.Index(fields=["recipient_id", "held_until"], name="helpdesk_outbox_held"),
        )


class MergeRecord(models.Model):
    """One merge: what it changed, so that it can be undone."""

    sequence = models.BigAutoField(primary_key=True)
    id = IdField(unique=True)
    master_id = IdField()
    merged_ids = models.TextField()
    at = models.DateTimeField()
    changes = models.TextField()
    undone_at = models.DateTimeField(null=True)


class MergedTicket(models.Model):
    """A ticket that a merge is of."""

    merge_id = IdField()
    ticket_id = IdField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["merge_id", "ticket_id"], name="helpdesk_merged"),
        )


class Discard(models.Model):
    """Two tickets that are not the same."""

    first_id = IdField()
    second_id = IdField(db_index=True)
    first_fingerprint = models.TextField()
    second_fingerprint = models.TextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["first_id", "second_id"], name="helpdesk_discard"),
        )


class IdempotencyKey(models.Model):
    """What a key gave."""

    key = models.TextField(primary_key=True)
    digest = models.TextField()
    result = models.TextField()
    at = models.DateTimeField(db_index=True)
