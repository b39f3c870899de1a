"""The command line itself: arguments, exit codes, and one line for whatever is wrong."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import helpdesk_core
from helpdesk_core.cli import main

APART = (sys.executable, "-m", "helpdesk_core.cli")
COMMANDS = ("demo", "replay", "duplicates", "check")
GOOD = "case,what,who,when\nA,new,ada,2026-01-01\nA,Closed,ben,2026-01-02\n"
COLUMNS = ("--case", "case", "--activity", "what", "--person", "who", "--time", "when")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on stderr with which a command stops with exit code 2."""
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    return said.err


def state_of(folder: Path) -> dict[str, str]:
    """Every file below a folder with a digest of what is in it; what is compiled is not asked."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }


def run_apart(*arguments: str, **settings: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a process of its own, with nothing but pipes."""
    return subprocess.run(
        [*APART, *arguments],
        capture_output=True,
        env={**os.environ, **settings},
        timeout=120,
        check=False,
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version is that of the package."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"helpdesk-core {helpdesk_core.__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command has its help, and it is no error to ask for it."""
    assert main([command, "--help"]) == 0
    assert command in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("replay",),
        ("replay", "log.csv", "--method", "fairly"),
        ("demo", "--seed", "red"),
        ("duplicates", "file.csv", "--threshold", "much"),
        ("check",),
    ],
)
def test_wrong_arguments_are_one_line(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be understood is told in one line that points to the help."""
    assert "--help" in refused(capsys, *arguments)


@pytest.mark.parametrize("command", ["replay", "duplicates"])
@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("missing", None, "No such file or directory"),
        ("empty", b"", "is empty"),
        ("header", b"case,what,who,when\n", "has a header and no"),
        ("column", b"Case,what,who,when\nA,new,ada,2026-01-01\n", "no column 'case'; there are"),
        ("bytes", GOOD.encode() + b"B,new,\xe9va,2026-01-03\n", "line 4: byte 0xe9"),
        ("large", GOOD.encode() + b"B,new," + b"x" * 10_000_000 + b",2026-01-03\n", "line 4, col"),
        ("short", GOOD.encode() + b"B,new\n", "line 4: has 2 cells, the header has 4"),
    ],
)
def test_bad_files_leave_everything_as_it_was(
    command: str,
    name: str,
    data: bytes | None,
    problem: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each kind of bad file is one clear line and exit code 2, and no file is made or changed."""
    path = tmp_path / f"{name}.csv"
    if data is not None:
        path.write_bytes(data)
    before = state_of(tmp_path)
    options = ("--title", "case", "--text", "who")
    if command == "replay":
        options = (*COLUMNS, "--database", str(tmp_path / "new.db"))
    said = refused(capsys, command, str(path), *options)
    assert problem in said
    assert str(path) in said
    assert state_of(tmp_path) == before


def test_a_missing_library_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without rich or SQLAlchemy, one line says which extra to install."""
    for module in [name for name in sys.modules if name.startswith("helpdesk_core.cli.")]:
        monkeypatch.delitem(sys.modules, module)
    for library in ("rich", "sqlalchemy"):
        with monkeypatch.context() as patch:
            for module in [m for m in sys.modules if m.startswith(("rich.", "helpdesk_core.cli."))]:
                patch.delitem(sys.modules, module)
            for module in [m for m in sys.modules if m.startswith("helpdesk_core.adapters.sql")]:
                patch.delitem(sys.modules, module)
            patch.setitem(sys.modules, library, None)
            said = refused(capsys, "replay", "log.csv")
        assert f"needs {library}" in said
        assert "pip install 'helpdesk-core[cli]'" in said


def test_names_that_stdout_cannot_show_stop_nothing(tmp_path: Path) -> None:
    """In a process with ASCII pipes the report is plain text without control characters."""
    path = tmp_path / "log.csv"
    path.write_text(GOOD.replace("ada", "Ελένη"), encoding="utf-8")
    done = run_apart("replay", str(path), *COLUMNS, PYTHONIOENCODING="ascii", COLUMNS="100")
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert done.stdout.isascii()
    assert not any(byte < 32 and byte != 10 for byte in done.stdout)
    assert b"1 cases, 2 events" in done.stdout
    assert b"?????" in done.stdout


def test_interrupted_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a replay ends with exit code 130, one line, and no database."""
    log, target = tmp_path / "log.csv", tmp_path / "new.db"
    rows = (f"C{n},new,p{n % 7},2026-01-01" for n in range(20_000))
    log.write_text("case,what,who,when\n" + "\n".join(rows) + "\n")
    process = subprocess.Popen(
        [*APART, "replay", str(log), *COLUMNS, "--database", str(target)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Where the tests run in the background of a script, they are born deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".helpdesk-replay-*/replay.db")) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"helpdesk-core: interrupted\n")
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_a_reader_who_has_enough_is_no_error(tmp_path: Path) -> None:
    """A closed pipe, as of `| head -1`, ends the command without a word."""
    path = tmp_path / "many.csv"
    path.write_text("title\n" + "".join(f"the same words {n // 2}\n" for n in range(4_000)))
    process = subprocess.Popen(
        [*APART, "duplicates", str(path), "--title", "title", "--threshold", "0.99", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 0
    process.stderr.close()
