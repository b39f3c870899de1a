"""The command line `helpdesk-core` (extra `cli`): demo, replay, duplicates, check.

Exit codes: 0, 1 for what `check` found and left, 2 for input that cannot be used, 130 for Ctrl-C.
What goes wrong is one line on stderr.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from helpdesk_core import __version__
from helpdesk_core.cli.errors import InputError
from helpdesk_core.errors import HelpdeskError

PROGRAM = "helpdesk-core"
EXTRA_HINT = "install it with: pip install 'helpdesk-core[cli]'"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """The arguments of all commands.

    >>> build_parser().parse_args(["replay", "log.csv", "--method", "equal_open"]).method
    'equal_open'
    """
    parser = _Parser(
        prog=PROGRAM,
        allow_abbrev=False,
        description="The policies of a help desk, tried out on real or made-up tickets.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=_Parser
    )
    _add_demo(commands.add_parser("demo", allow_abbrev=False, help="watch a small company work"))
    _add_replay(
        commands.add_parser("replay", allow_abbrev=False, help="play a real event log, and compare")
    )
    _add_duplicates(
        commands.add_parser("duplicates", allow_abbrev=False, help="find tickets that say the same")
    )
    _add_check(
        commands.add_parser("check", allow_abbrev=False, help="look over a database for damage")
    )
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.description = "Three teams, a dozen members and several hundred tickets, on SQLite."
    parser.add_argument("--folder", default="demo", help="a new folder for it (default: demo)")
    parser.add_argument("--seed", type=int, default=17, help="for other tickets (default: 17)")


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Plays a log of events, one row each, into a help desk that assigns every new case, and "
        "reports what the policy gave beside what history did."
    )
    parser.add_argument("log", metavar="LOG.csv")
    parser.add_argument(
        "--preset",
        choices=("italian", "servicenow"),
        help="the columns of a known export (default: seen from the header)",
    )
    for name, what in (
        ("case", "the case"),
        ("activity", "the activity, which becomes a stage"),
        ("person", "the person who did it"),
        ("time", "when it was"),
    ):
        parser.add_argument(f"--{name}", metavar="COLUMN", help=f"the column of {what}")
    parser.add_argument(
        "--time-format",
        metavar="FORMAT",
        help="as of strptime (default: ISO 8601, or the preset's)",
    )
    parser.add_argument(
        "--tz", metavar="ZONE", help="of times that name none, as in Europe/Rome (default: UTC)"
    )
    parser.add_argument(
        "--closing",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="activities that close a case (default: Closed and Resolved, or the preset's)",
    )
    parser.add_argument(
        "--owner",
        metavar="first|last|ACTIVITY",
        help="who had a case in history: its first or last person, or the first with this activity",
    )
    parser.add_argument(
        "--method", choices=("equal_tickets", "equal_open"), default="equal_tickets"
    )
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="METHOD[,OPTION=VALUE]...",
        help="compare with history and with this, on the policies alone; may be given again, as in "
        "equal_tickets,catch_up=smoothed,capacity=20,weight=NAME:2,defer",
    )
    parser.add_argument(
        "--report",
        metavar="FILE.html",
        help="the page of --against (default: backtest.html)",
    )
    parser.add_argument(
        "--database", metavar="FILE", help="a new SQLite file to keep (default: a temporary one)"
    )
    parser.add_argument(
        "--absences",
        metavar="FILE.ics",
        help="when people were away, each named by ATTENDEE or ORGANIZER (extra ical)",
    )
    parser.add_argument(
        "--infer-absences",
        action="store_true",
        help="people are away in the long gaps that they leave in the log",
    )
    parser.add_argument("--delimiter", default=",", help="between cells (default: a comma)")
    parser.add_argument("--json", action="store_true", help="the report as JSON")


def _add_duplicates(parser: argparse.ArgumentParser) -> None:
    parser.description = "Prints groups of tickets that say the same, and what each field gave."
    parser.add_argument("file", metavar="FILE.csv")
    parser.add_argument("--title", metavar="COLUMN", help="the column of the title")
    parser.add_argument("--text", metavar="COLUMN", help="the column of the text")
    parser.add_argument("--id", metavar="COLUMN", help="the column of the id (default: the line)")
    parser.add_argument(
        "--team", metavar="COLUMN", help="the column of the team, product or queue (default: one)"
    )
    parser.add_argument(
        "--language", metavar="NAME", help="of the texts, as in english (extra text; default: none)"
    )
    parser.add_argument(
        "--threshold", type=float, default=0.5, help="the least rating, 0 to 1 (default: 0.5)"
    )
    parser.add_argument(
        "--explain", action="store_true", help="what each word gave, and what was nearly grouped"
    )
    parser.add_argument(
        "--labels", metavar="COLUMN", help="the column of known duplicates: how many are found"
    )
    parser.add_argument(
        "--labels-are",
        choices=("groups", "ids"),
        help="rows with the same label are duplicates; or labels are their ids (default: groups)",
    )
    parser.add_argument(
        "--at",
        type=int,
        nargs="+",
        metavar="K",
        help="how many of the first are looked at, with --labels (default: 1 5 10)",
    )
    parser.add_argument("--report", metavar="FILE.html", help="a page of the pairs side by side")
    parser.add_argument("--delimiter", default=",", help="between cells (default: a comma)")
    parser.add_argument("--json", action="store_true", help="the groups as JSON")


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Prints what is wrong in a database, a line each, and changes nothing. Exit code 0 when "
        "all is well, 1 when something is wrong (with --repair: is left), 2 when it cannot look."
    )
    parser.add_argument("url", metavar="URL", help="a SQLAlchemy URL, or the path of a SQLite file")
    parser.add_argument(
        "--repair", action="store_true", help="mend what can be mended without guessing, and say so"
    )
    parser.add_argument(
        "--attachments", metavar="FOLDER", help="compare with the files of a FolderAttachmentStore"
    )
    parser.add_argument("--prefix", default="helpdesk_", help="of the tables (default: helpdesk_)")
    parser.add_argument(
        "--ids", choices=("str", "int", "uuid"), default="str", help="their type (default: str)"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    >>> main(["replay", "no-such-log.csv", "--tz", "UTC"])  # and one line on stderr
    2
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal cannot show stops nothing
            stream.reconfigure(errors="replace")
    try:
        arguments = build_parser().parse_args(argv)
    except SystemExit as stop:  # argparse has said why
        return int(stop.code or 0)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:  # whoever reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if _came_of_an_interrupt(error):
            return _interrupted()
        if isinstance(error, InputError):
            return _stop(str(error))
        if isinstance(error, HelpdeskError):
            return _stop(f"{type(error).__name__}: {error}")
        if isinstance(error, OSError):
            place = f"{error.filename}: " if error.filename else ""
            return _stop(f"{place}{error.strerror or error}")
        raise


def _came_of_an_interrupt(error: BaseException | None) -> bool:
    """Whether it was raised while tidying up after Ctrl-C, which a driver answers by closing."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__context__
    return False


def _interrupted() -> int:
    return _stop("interrupted", 130)


def _run(arguments: argparse.Namespace) -> int:
    try:
        command = import_module(f"helpdesk_core.cli.{arguments.command}")
        return int(command.run(arguments))
    except ModuleNotFoundError as error:
        lacking = (error.name or "").partition(".")[0]
        if lacking in ("", "helpdesk_core"):
            raise
        raise InputError(f"the command needs {lacking}; {EXTRA_HINT}") from None


def _stop(problem: str, code: int = 2) -> int:
    print(f"{PROGRAM}: {' '.join(problem.split())}", file=sys.stderr)
    return code
