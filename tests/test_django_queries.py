"""The table of queries over Django says what is counted, however many tickets there are."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("django")

import django_queries


@pytest.mark.parametrize("store", django_queries.STORES)
def test_no_number_of_queries_grows_with_the_tickets(store: str, tmp_path: Path) -> None:
    """V13, A17: each use-case makes as many queries as the docs say, in a large database too."""
    (tmp_path / "few").mkdir()
    (tmp_path / "many").mkdir()
    few = django_queries.counted(store, tmp_path / "few", django_queries.FEW)
    assert django_queries.counted(store, tmp_path / "many", django_queries.MANY) == few
    table = django_queries.TABLE.read_text(encoding="utf-8")
    place = list(django_queries.STORES).index(store) + 2
    rows = [[cell.strip() for cell in line.split("|")] for line in table.splitlines()]
    written = {row[1].strip("`"): row[place] for row in rows if len(row) == 5 and "`" in row[1]}
    assert written == {name: str(number) for name, number in few.items()}, "run `make queries`"
