"""A fresh project of Django's, made by the words of docs/how-to-django.md."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("django")

import django

import helpdesk_core

PAGE = Path(__file__).parent.parent / "docs" / "how-to-django.md"
_BLOCK = re.compile(
    r"(?:^`([\w/.]+)`[^\n]*:\n\n)?^```(sh|py)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_WITH_DJANGO = {"python": [sys.executable], "django-admin": [sys.executable, "-m", "django"]}

#: What is asked of the project, in its own process.
_ASK = """
import django

django.setup()
from django.contrib.auth.models import User
from django.test import Client
from shop.desk import desk

[ticket] = desk.tickets(actor="1").items
assert ticket.assignee_id == "1", ticket
client = Client(headers={"host": "localhost"})
there = "/admin/helpdesk_core/ticket/"
assert client.get(there).status_code == 302
client.force_login(User.objects.get(username="ada"))
page = client.get(there)
assert page.status_code == 200 and b"No ink" in page.content
one = client.get(f"{there}{ticket.id}/change/")
assert one.status_code == 200 and b"No ink" in one.content
assert client.post(f"{there}{ticket.id}/delete/", {"post": "yes"}).status_code == 403
print("all is well")
"""


def blocks() -> list[tuple[str, str, str]]:
    """The blocks of the section, in order: the file that one is for, its language, its text."""
    section = PAGE.read_text(encoding="utf-8").split("\n## ")[1]
    return _BLOCK.findall(section)


@pytest.mark.skipif(django.VERSION < (5, 1), reason="the page says how before Django 5.1")
def test_the_docs_make_a_project(tmp_path: Path) -> None:
    """A1, T4: in under 30 lines a new project opens a ticket, assigns it, and shows it to staff."""
    assert sum(len(text.splitlines()) for _, _, text in blocks()) < 30
    source = str(Path(helpdesk_core.__file__).parent.parent)
    known = os.pathsep.join([source, *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": known, "DJANGO_SETTINGS_MODULE": "shop.settings"}
    place = tmp_path

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    for file, language, text in blocks():
        if language == "py":
            with (place / file).open("a", encoding="utf-8") as there:
                there.write(f"\n{text}")
            continue
        for line in text.splitlines():
            program, *arguments = shlex.split(line)
            if program == "cd":
                place /= arguments[0]
            elif program != "pip":
                run(*_WITH_DJANGO[program], *arguments)
    assert run(sys.executable, "-W", "error", "-c", _ASK) == "all is well\n"
    assert "No changes detected" in run(
        sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"
    )
