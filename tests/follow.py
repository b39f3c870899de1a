"""Follows a tutorial word for word: `python tests/follow.py TUTORIAL.md FOLDER`.

Every fenced block under a line that begins with a file's name in backticks is written into that
file. Every command of a `console` block, behind `$`, is typed into a shell that was started in the
folder, and what it prints is compared with what the page shows: `...` in it stands for anything. A
command must end well; what stands below none is not compared. A block after the words `in a second
terminal` is typed into a shell of its own and goes on beside the others. Every address
`<http://127.0.0.1...>` is opened. Nothing is done that is not on the page.

`PIP_FIND_LINKS` in the environment names a folder with a wheel that is not in any index yet.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import attrs

_FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^`([\w/.-]+)`[^\n]*:$")
_ADDRESS = re.compile(r"<(http://127\.0\.0\.1[^>]*)>")
_SECOND = "in a second terminal"
#: How long a server may take until it answers, in seconds.
PATIENCE = 30.0


@attrs.frozen
class Write:
    """A file, as the page shows it."""

    name: str
    text: str


@attrs.frozen
class Type:
    """A command, and what the page shows below it."""

    command: str
    shown: str
    second: bool = False


@attrs.frozen
class Open:
    """An address to look at."""

    address: str


def steps(page: str) -> Iterator[Write | Type | Open]:
    """What a reader does, in order.

    >>> page = "`a.py`:\\n\\n```py\\nprint(1)\\n```\\n\\n```console\\n$ python a.py\\n1\\n```\\n"
    >>> [type(step).__name__ for step in steps(page)]
    ['Write', 'Type']
    """
    end = 0
    for found in _FENCE.finditer(page):
        yield from _addresses(page[end : found.start()])
        before = page[end : found.start()].strip().split("\n\n")[-1]
        end = found.end()
        language, text = found.groups()
        if language == "console":
            yield from _commands(text, _SECOND in " ".join(before.split()).lower())
        elif named := _FILE.match(before.splitlines()[-1] if before else ""):
            yield Write(named[1], text)
    yield from _addresses(page[end:])


def _addresses(prose: str) -> Iterator[Open]:
    return map(Open, _ADDRESS.findall(prose))


def _commands(text: str, second: bool) -> Iterator[Type]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield Type(command, shown, second)


def is_shown(printed: str, shown: str) -> bool:
    """Whether this was printed, where `...` stands for anything, and alone on a line for any lines.

    >>> is_shown("a\\nb 7 c\\n", "...\\nb ... c\\n")
    True
    >>> is_shown("a\\nb\\n", "a\\n")
    False
    """
    lines = [
        r"(?:[^\n]*\n)*" if line == "..." else re.escape(line).replace(r"\.\.\.", "[^\n]*") + "\n"
        for line in shown.splitlines()
    ]
    return re.fullmatch("".join(lines), printed) is not None


class Shell:
    """A terminal: what is typed one after the other is one shell's."""

    _MARK = "--- said before this line; code"

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "80"}
        for name in ("PYTHONPATH", "VIRTUAL_ENV", "PYTEST_ADDOPTS", "CI"):
            environment.pop(name, None)
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def type(self, command: str) -> None:
        """Type it, and wait for nothing."""
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{command}\n")
        self._bash.stdin.flush()

    def run(self, command: str) -> tuple[str, int]:
        """Type it, and wait: what it printed, and its exit code."""
        assert self._bash.stdout is not None
        self.type(f"{command} </dev/null\necho '{self._MARK}' $?")
        printed = []
        for line in self._bash.stdout:
            said, mark, code = line.rpartition(self._MARK)
            if mark:
                return "".join([*printed, said]), int(code)
            printed.append(line)
        raise SystemExit(f"the shell ended at: {command}")

    def close(self) -> None:
        """End the shell and what runs in it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGTERM)
        with self._bash:  # closes its pipes, and waits for it
            pass


def answers(address: str) -> int:
    """The status of a page, as soon as there is a server."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(address) as page:
                return int(page.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def follow(page: Path, folder: Path) -> None:
    """Do what the page says, in this folder; a difference is a `SystemExit`."""
    first, second = Shell(folder), Shell(folder)
    try:
        for step in steps(page.read_text(encoding="utf-8")):
            begun = time.monotonic()
            if isinstance(step, Write):
                (folder / step.name).write_text(step.text, encoding="utf-8")
                print(f"wrote {step.name}, {len(step.text.splitlines())} lines")
            elif isinstance(step, Open):
                status = answers(step.address)
                print(f"opened {step.address}: {status}")
                if status != 200:
                    raise SystemExit(f"{step.address} answers {status}")
            elif step.second:
                second.type(step.command)
                print(f"$ {step.command}  (in a second terminal)")
            else:
                printed, code = first.run(step.command)
                print(f"$ {step.command}  ({time.monotonic() - begun:.1f} s)", flush=True)
                print(printed, end="")
                if code:
                    raise SystemExit(f"ended with {code}: {step.command}")
                if step.shown and not is_shown(printed, step.shown):
                    raise SystemExit(f"the page shows something else:\n{step.shown}")
    finally:
        first.close()
        second.close()


if __name__ == "__main__":
    follow(Path(sys.argv[1]), Path(sys.argv[2]).absolute())
    print("followed to the end")
