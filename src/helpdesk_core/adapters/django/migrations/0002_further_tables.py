"""The first tables, continued."""

import django.db.models.deletion
from django.db import migrations, models

import helpdesk_core.adapters.django.fields


class Migration(migrations.Migration):
    dependencies = [("helpdesk_core", "0001_first_tables")]

    operations = [
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
