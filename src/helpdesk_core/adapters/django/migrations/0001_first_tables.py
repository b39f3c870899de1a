"""The first tables."""

import django.db.models.deletion
from django.db import migrations, models

import helpdesk_core.adapters.django.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    helpdesk_core.adapters.django.fields.IdField(
                        max_length=200, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("size", models.BigIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("media_type", models.CharField(max_length=200)),
                (
                    "author_id",
                    helpdesk_core.adapters.django.fields.IdField(max_length=200, null=True),
                ),
                (
                    "message_id",
                    helpdesk_core.adapters.django.fields.IdField(max_length=200, null=True),
                ),
                ("internal", models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name="Discard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_id", helpdesk_core.adapters.django.fields.IdField(max_length=200)),
                (
                    "second_id",
                    helpdesk_core.adapters.django.fields.IdField(db_index=True, max_length=200),
                ),
                ("first_fingerprint", models.TextField()),
                ("second_fingerprint", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("digest", models.TextField()),
                ("result", models.TextField()),
                ("at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="MergedTicket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("merge_id", helpdesk_core.adapters.django.fields.IdField(max_length=200)),
                (
                    "ticket_id",
                    helpdesk_core.adapters.django.fields.IdField(db_index=True, max_length=200),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MergeRecord",
            fields=[
                ("sequence", models.BigAutoField(primary_key=True, serialize=False)),
                ("id", helpdesk_core.adapters.django.fields.IdField(max_length=200, unique=True)),
                ("master_id", helpdesk_core.adapters.django.fields.IdField(max_length=200)),
                ("merged_ids", models.TextField()),
                ("at", models.DateTimeField()),
                ("changes", models.TextField()),
                ("undone_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Stage",
            fields=[
                (
                    "id",
                    helpdesk_core.adapters.django.fields.IdField(
                        max_length=200, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("position", models.IntegerField()),
                ("description", models.TextField()),
                ("folded", models.BooleanField()),
                ("email_template", models.TextField(null=True)),
                ("sms_template", models.TextField(null=True)),
                ("once_per_ticket", models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    helpdesk_core.adapters.django.fields.IdField(
                        max_length=200, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("visibility", models.CharField(max_length=20)),
                ("company", models.CharField(max_length=200)),
                ("public_description", models.TextField()),
                ("member_ids", models.TextField()),
                ("auto_assign", models.BooleanField()),
                ("assignment_method", models.CharField(max_length=20)),
                ("assignment_scope", models.CharField(max_length=20)),
                ("look_ahead_window", models.CharField(max_length=40)),
                ("horizon", models.CharField(max_length=40)),
                ("assignment_mode", models.CharField(max_length=20)),
                ("catch_up", models.CharField(max_length=20)),
                ("on_answer", models.CharField(max_length=20)),
                ("reopen_window", models.CharField(max_length=40)),
                ("member_options", models.TextField()),
                ("members_follow", models.BooleanField()),
                ("version", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    helpdesk_core.adapters.django.fields.IdField(
                        max_length=200, primary_key=True, serialize=False
                    ),
                ),
                ("subject", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField()),
                ("description", models.TextField()),
                (
                    "opener_id",
                    helpdesk_core.adapters.django.fields.IdField(max_length=200, null=True),
                ),
                (
                    "customer_id",
                    helpdesk_core.adapters.django.fields.IdField(
                        db_index=True, max_length=200, null=True
                    ),
                ),
                (
                    "assignee_id",
                    helpdesk_core.adapters.django.fields.IdField(
                        db_index=True, max_length=200, null=True
                    ),
                ),
                ("available_from", models.DateTimeField(null=True)),
                ("waiting", models.BooleanField()),
                ("priority", models.IntegerField()),
                ("links", models.TextField()),
                ("references", models.TextField()),
                ("fields", models.TextField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("rank", helpdesk_core.adapters.django.fields.ExactField(max_length=500)),
                ("version", models.BigIntegerField()),
                ("words", models.TextField()),
                (
                    "merged_into",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.ticket",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.stage",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CatchingUp",
            fields=[
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="helpdesk_core.team",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("member_ids", models.TextField()),
                ("behind", models.TextField()),
                ("their_turn", models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name="Workload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("member_id", helpdesk_core.adapters.django.fields.IdField(max_length=200)),
                ("total", models.IntegerField(default=0)),
                ("open", models.IntegerField(default=0)),
                ("credit", models.IntegerField(default=0)),
                ("last_assigned", models.BigIntegerField(null=True)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    helpdesk_core.adapters.django.fields.IdField(
                        max_length=200, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("kind", models.CharField(max_length=20)),
                ("roles", models.TextField()),
                ("active", models.BooleanField()),
                ("email", models.CharField(max_length=320, null=True)),
                ("address", models.CharField(db_index=True, max_length=320, null=True)),
                ("phone", models.CharField(max_length=320, null=True)),
                ("company", models.CharField(max_length=200)),
                ("language", models.CharField(max_length=35)),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "active"], name="helpdesk_user_kind")],
            },
        ),
        migrations.CreateModel(
            name="TimeEntry",
            fields=[
                (
                    "id",
                    helpdesk_core.adapters.django.fields.IdField(
                        max_length=200, primary_key=True, serialize=False
                    ),
                ),
                ("user_id", helpdesk_core.adapters.django.fields.IdField(max_length=200)),
                ("minutes", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("note", models.TextField()),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.ticket",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TicketTag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tag", models.CharField(db_index=True, max_length=100)),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.ticket",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TicketFollow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user_id",
                    helpdesk_core.adapters.django.fields.IdField(db_index=True, max_length=200),
                ),
                ("source", models.CharField(max_length=20)),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.ticket",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TeamStage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.stage",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TeamFollow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user_id",
                    helpdesk_core.adapters.django.fields.IdField(db_index=True, max_length=200),
                ),
                ("source", models.CharField(max_length=20)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecordedEvent",
            fields=[
                ("sequence", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "ticket_id",
                    helpdesk_core.adapters.django.fields.IdField(max_length=200, null=True),
                ),
                (
                    "team_id",
                    helpdesk_core.adapters.django.fields.IdField(max_length=200, null=True),
                ),
                ("name", models.CharField(db_index=True, max_length=50)),
                ("schema", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("by_id", helpdesk_core.adapters.django.fields.IdField(max_length=200, null=True)),
                ("by_system", models.CharField(max_length=200, null=True)),
                ("internal", models.BooleanField()),
                ("data", models.TextField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["ticket_id", "sequence"], name="helpdesk_event_ticket"),
                    models.Index(fields=["ticket_id", "at"], name="helpdesk_event_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReceivedMail",
            fields=[
                (
                    "id",
                    helpdesk_core.adapters.django.fields.IdField(
                        max_length=200, primary_key=True, serialize=False
                    ),
                ),
                ("team_id", helpdesk_core.adapters.django.fields.IdField(max_length=200)),
                ("sender_id", helpdesk_core.adapters.django.fields.IdField(max_length=200)),
                ("at", models.DateTimeField()),
                ("mail_id", models.TextField(db_index=True, null=True)),
                (
                    "message_id",
                    helpdesk_core.adapters.django.fields.IdField(max_length=200, null=True),
                ),
                ("subject", models.TextField()),
                ("quoted", models.TextField()),
                ("internal", models.BooleanField()),
                ("automatic", models.BooleanField()),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.ticket",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OutboxEntry",
            fields=[
                ("sequence", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.TextField(unique=True)),
                ("recipient_id", helpdesk_core.adapters.django.fields.IdField(max_length=200)),
                ("channel", models.CharField(max_length=20)),
                ("kind", models.CharField(max_length=20)),
                (
                    "message_id",
                    helpdesk_core.adapters.django.fields.IdField(max_length=200, null=True),
                ),
                (
                    "stage_id",
                    helpdesk_core.adapters.django.fields.IdField(max_length=200, null=True),
                ),
                ("subject", models.TextField(null=True)),
                ("text", models.TextField(null=True)),
                ("html", models.TextField(null=True)),
                ("in_answer", models.BooleanField()),
                ("created_at", models.DateTimeField()),
                ("attempts", models.IntegerField()),
                ("status", models.CharField(max_length=20)),
                ("not_before", models.DateTimeField(null=True)),
                ("error", models.CharField(max_length=200, null=True)),
                ("held_until", models.DateTimeField(null=True)),
                (
                    "ticket",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helpdesk_core.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "outbox entries",
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    helpdesk_core.adapters.django.fields.IdField(
                        max_length=200, primary_key=True, serialize=False
                    ),
                ),
                ("body", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "author_id",
                    helpdesk_core.adapters.django.fields.IdField(max_length=200, null=True),
                ),
                ("internal", models.BooleanField()),
                ("automatic", models.BooleanField()),
                ("words", models.TextField()),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="messages",
                        to="helpdesk_core.ticket",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="mergedticket",
            constraint=models.UniqueConstraint(
                fields=("merge_id", "ticket_id"), name="helpdesk_merged"
            ),
        ),
        migrations.AddConstraint(
            model_name="discard",
            constraint=models.UniqueConstraint(
                fields=("first_id", "second_id"), name="helpdesk_discard"
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="helpdesk_core.ticket",
            ),
        ),
        migrations.AddConstraint(
            model_name="workload",
            constraint=models.UniqueConstraint(
                fields=("team", "member_id"), name="helpdesk_workload"
            ),
        ),
        migrations.AddIndex(
            model_name="timeentry",
            index=models.Index(fields=["ticket", "at"], name="helpdesk_time_entry_at"),
        ),
        migrations.AddConstraint(
            model_name="tickettag",
            constraint=models.UniqueConstraint(
                fields=("ticket", "tag"), name="helpdesk_ticket_tag"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticketfollow",
            constraint=models.UniqueConstraint(
                fields=("ticket", "user_id", "source"), name="helpdesk_ticket_follow"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["created_at", "id"], name="helpdesk_ticket_time"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["stage", "rank", "id"], name="helpdesk_ticket_column"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["waiting", "created_at"], name="helpdesk_ticket_waiting"),
        ),
        migrations.AddConstraint(
            model_name="teamstage",
            constraint=models.UniqueConstraint(
                fields=("team", "stage"), name="helpdesk_team_stage"
            ),
        ),
        migrations.AddConstraint(
            model_name="teamfollow",
            constraint=models.UniqueConstraint(
                fields=("team", "user_id", "source"), name="helpdesk_team_follow"
            ),
        ),
        migrations.AddIndex(
            model_name="receivedmail",
            index=models.Index(fields=["ticket", "at"], name="helpdesk_mail_at"),
        ),
        migrations.AddIndex(
            model_name="receivedmail",
            index=models.Index(fields=["sender_id", "at"], name="helpdesk_mail_sender"),
        ),
        migrations.AddIndex(
            model_name="outboxentry",
            index=models.Index(fields=["status", "sequence"], name="helpdesk_outbox_status"),
        ),
        migrations.AddIndex(
            model_name="outboxentry",
            index=models.Index(fields=["recipient_id", "held_until"], name="helpdesk_outbox_held"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["ticket", "at"], name="helpdesk_message_at"),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(fields=["ticket", "at"], name="helpdesk_attachment_at"),
        ),
    ]
