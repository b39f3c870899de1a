"""The table of what the kit showed is what this run of it shows; collected after the kit itself."""

from __future__ import annotations

import pytest

import contract


def test_the_table_of_the_contract_is_up_to_date(request: pytest.FixtureRequest) -> None:
    """V13: what docs/contract.md says of each store is what the kit has shown of it in this run."""
    found = request.config.pluginmanager.get_plugin("contract-outcomes").of
    text = contract.TABLE.read_text(encoding="utf-8")
    written = contract.cells(text)
    known = {(kind, name) for kind in contract.COLUMNS.values() for name in contract.rows()}
    assert written.keys() == known, "docs/contract.md is not up to date: run `make contract`"
    assert {place: written[place] for place in found} == found, "run `make contract`"
    outcomes = contract.Outcomes()
    outcomes.of = dict(written)
    assert contract.render(outcomes) == text, "run `make contract`"
