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
    ]
