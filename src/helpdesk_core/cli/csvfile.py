"""Strict reading of CSV files: what cannot be read is named by line and column.

Bytes are decoded as UTF-8 line by line, so that a bad byte is found with its line, and nothing is
guessed: a row with a cell too many or too few, a stray quote or a huge cell is refused.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from helpdesk_core.cli.errors import InputError
from helpdesk_core.fields import BODY_LIMIT

#: The largest cell, in bytes of UTF-8: as much as the description of a ticket holds.
CELL_LIMIT = BODY_LIMIT
#: What the `csv` module is allowed to gather before we can say in which column it was.
_GATHERED = 256 * CELL_LIMIT
_BOM = b"\xef\xbb\xbf"
_SHOWN = 60


def shown(value: str) -> str:
    """A value as it may stand in a message: quoted, escaped, and not too long.

    >>> shown("2014/02/30")
    "'2014/02/30'"
    """
    return repr(value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…")


class CsvFile:
    r"""A CSV file with a header, read strictly and once; use inside `reading`.

    >>> file = CsvFile([b"id,title\n", b"1,No ink\n"], name="tickets.csv")
    >>> file.header, list(file.rows())
    (('id', 'title'), [(2, ['1', 'No ink'])])
    >>> file.column("subject")
    Traceback (most recent call last):
    helpdesk_core.cli.errors.InputError: tickets.csv: no column 'subject'; there are 'id', 'title'
    """

    def __init__(self, lines: Iterable[bytes], *, name: str, delimiter: str = ",") -> None:
        self.name = name
        self._line = 0
        self._reader = csv.reader(self._decoded(lines), delimiter=delimiter, strict=True)
        self.header: tuple[str, ...] = ()
        for _, cells in self._records():
            self.header = tuple(cells)
            break
        if not self.header:
            raise self.error("is empty")

    def error(
        self, problem: str, *, line: int | None = None, column: str | None = None
    ) -> InputError:
        """An `InputError` that names this file, and the line and the column when there are any."""
        place = [self.name]
        if line is not None:
            place.append(f"line {line}" + (f", column {shown(column)}" if column else ""))
        return InputError(": ".join([*place, problem]))

    def has(self, *names: str) -> bool:
        """Whether the header has all of these columns."""
        return set(names) <= set(self.header)

    def column(self, name: str) -> int:
        """Where this column is; not there, or there more than once, is refused."""
        found = Counter(self.header)[name]
        if found == 0:
            there = ", ".join(shown(column) for column in dict.fromkeys(self.header))
            raise self.error(f"no column {shown(name)}; there are {there}")
        if found > 1:
            raise self.error(f"column {shown(name)} is there {found} times: which one is meant?")
        return self.header.index(name)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row with the line on which it begins; every row has as many cells as the header."""
        width = len(self.header)
        for line, cells in self._records():
            if len(cells) != width:
                raise self.error(f"has {len(cells)} cells, the header has {width}", line=line)
            yield line, cells

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._misformed(error, line) from None
            for place, cell in enumerate(cells):
                if len(cell) > CELL_LIMIT // 4 and len(cell.encode()) > CELL_LIMIT:
                    raise self._too_large(place, len(cell.encode()), line)
            if cells:  # an empty line is no row
                yield line, cells

    def _too_large(self, place: int, size: int, line: int) -> InputError:
        column = self.header[place] if place < len(self.header) else f"number {place + 1}"
        return self.error(
            f"a cell of {size:,} bytes; at most {CELL_LIMIT:,} are taken", line=line, column=column
        )

    def _misformed(self, error: csv.Error, line: int) -> InputError:
        problem = str(error)
        if "unexpected end of data" in problem:
            problem = "a quote that opens on this line's row is never closed"
        elif "new-line character seen in unquoted field" in problem:
            problem = "a carriage return inside a cell without quotes"
        elif "field larger than field limit" in problem:
            problem = f"a cell of over {_GATHERED:,} bytes; at most {CELL_LIMIT:,} are taken"
        return self.error(problem, line=line)

    def _decoded(self, lines: Iterable[bytes]) -> Iterator[str]:
        for number, line in enumerate(lines, start=1):
            try:
                yield (line.removeprefix(_BOM) if number == 1 else line).decode("utf-8")
            except UnicodeDecodeError as error:
                bad = line[error.start]
                raise self.error(
                    f"byte 0x{bad:02x} at place {error.start + 1} is not UTF-8", line=number
                ) from None


@contextmanager
def reading(path: str | Path, *, delimiter: str = ",") -> Iterator[CsvFile]:
    """Open a CSV file, with room for large cells while it is read.

    >>> with reading("no-such-file.csv") as file:
    ...     pass
    Traceback (most recent call last):
    helpdesk_core.cli.errors.InputError: no-such-file.csv: No such file or directory
    """
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise InputError(f"the delimiter must be one character, not {shown(delimiter)}")
    before = csv.field_size_limit(_GATHERED)  # the module's own, for the whole process
    try:
        with Path(path).open("rb") as stream:
            yield CsvFile(stream, name=str(path), delimiter=delimiter)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    finally:
        csv.field_size_limit(before)
