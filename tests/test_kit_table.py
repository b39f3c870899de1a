"""The table of what the kit showed is whole, and a run that finds something else is noticed."""

from __future__ import annotations

import contract


def test_the_table_of_the_contract_is_up_to_date() -> None:
    """V13: docs/contract.md says of each store what became of each test of the kit."""
    text = contract.TABLE.read_text(encoding="utf-8")
    written = contract.cells(text)
    known = {(kind, name) for kind in contract.COLUMNS.values() for name in contract.rows()}
    assert written.keys() == known, "run `make contract`"
    outcomes = contract.Outcomes()
    outcomes.of = dict(written)
    assert contract.render(outcomes) == text, "run `make contract`"


def test_another_outcome_is_noticed() -> None:
    """V13: a run of the kit that does not show what the table says is told apart, test by test."""
    text = contract.TABLE.read_text(encoding="utf-8")
    cells = contract.cells(text)
    found = {place: said for place, said in cells.items() if place[0] == "TestMemory"}
    assert found
    assert contract.differences(found, text) == []
    kind, name = next(place for place, said in found.items() if said == contract.SHOWN)
    line = f"{kind}, {name}: 'failed', and written is 'shown'"
    assert contract.differences({**found, (kind, name): "failed"}, text) == [line]
