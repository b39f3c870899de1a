"""What follows the tutorial does what a page says, and notices when something else happens."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

import follow

TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial.md"

_PAGE = """
`a.py`, whole:

```py
print("one")
print("took 7 s")
```

```console
$ n=2
$ python3 a.py && echo $n
one
took ... s
2
```

```py
this is shown only
```
"""


def _follow(page: str, folder: Path) -> None:
    there = folder / "page.md"
    there.write_text(page, encoding="utf-8")
    follow.follow(there, folder)


def test_a_page_is_followed(tmp_path: Path) -> None:
    """Files are written, commands typed into one shell, and what they print is compared."""
    _follow(_PAGE, tmp_path)
    assert (tmp_path / "a.py").read_text() == 'print("one")\nprint("took 7 s")\n'


@pytest.mark.parametrize(
    ("shown", "changed"),
    [("one\ntook", "two\ntook"), ("$ n=2", "$ n=3"), ("$ n=2", "$ false"), ("`a.py`", "`b.py`")],
)
def test_what_is_otherwise_is_noticed(shown: str, changed: str, tmp_path: Path) -> None:
    """Another output, a command that fails, and a file that is not there are told."""
    with pytest.raises(SystemExit):
        _follow(_PAGE.replace(shown, changed), tmp_path)


def test_the_second_terminal_goes_on(tmp_path: Path) -> None:
    """A server of a second terminal answers at the address that is to be opened, or it is told."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = f"python3 -m http.server --bind 127.0.0.1 {port}"
    page = f"And in a second terminal:\n\n```console\n$ {server}\n```\n\nOpen <{{}}>.\n"
    _follow(page.format(f"http://127.0.0.1:{port}/page.md"), tmp_path)
    with pytest.raises(SystemExit):
        _follow(page.format(f"http://127.0.0.1:{port}/nothing"), tmp_path)


def test_the_tutorial_leaves_no_block_out() -> None:
    """Every block of the tutorial is a file or commands, and each file is shown before its use."""
    page = TUTORIAL.read_text(encoding="utf-8")
    steps = list(follow.steps(page))
    blocks = page.count("\n```") // 2
    files = [step.name for step in steps if isinstance(step, follow.Write)]
    assert len(files) + page.count("```console") == blocks
    written: set[str] = set()
    for step in steps:
        if isinstance(step, follow.Write):
            written.add(step.name)
        elif isinstance(step, follow.Type):
            used = {word for word in step.command.split() if word.endswith(".py")}
            assert used <= written
