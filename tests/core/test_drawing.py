"""The pipeline as a Mermaid flowchart."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import Stage, Team, Visibility
from helpdesk_core.stages import Pipeline

pytestmark = pytest.mark.core

#: A stage in the chart: nothing but letters, digits, spaces and numbered signs between the quotes.
BOX = re.compile(r's(\d+)(\(?)\["((?:[^\W_]| |#\d+;|, |<br/>)*)"\](\)?)')
#: Whatever an entity takes for a name, and what Mermaid, HTML and Markdown would take for theirs.
names = st.one_of(
    st.text("ab \"[](){}#;:%&<>`'\\|~-=_*/@éß漢ﬂ°¶0", min_size=1, max_size=12),
    st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=8),
    st.sampled_from(["end", "class s0 folded", "%%{init}%%", "1. one", "`**x**`", "style:x#y;"]),
).filter(str.strip)


def _pipeline(stages: list[tuple[str, bool]], teams: list[tuple[str, set[int]]]) -> Pipeline:
    return Pipeline(
        [Stage(id=n, name=name, position=n, folded=f) for n, (name, f) in enumerate(stages)],
        [
            Team(id=n, name=name, visibility=Visibility.COMPANY, stage_ids=using)
            for n, (name, using) in enumerate(teams)
        ],
    )


def _read(text: str) -> str:
    """A label as it is shown."""
    return re.sub(r"#(\d+);", lambda number: chr(int(number[1])), text)


@given(
    st.lists(st.tuples(names, st.booleans()), max_size=5),
    st.lists(st.tuples(names, st.sets(st.integers(0, 4))), max_size=4),
)
def test_names_are_names(stages: Any, teams: Any) -> None:
    """G5, G6: whatever they are called, each stage is one box, in order, with its teams' names."""
    teams = [(name, {n for n in using if n < len(stages)}) for name, using in teams]
    first, *lines = _pipeline(stages, teams).to_mermaid().splitlines()
    assert first == "flowchart LR"
    boxes, rest = lines[: len(stages)], lines[len(stages) :]
    shared = []
    for n, (line, (name, folded)) in enumerate(zip(boxes, stages, strict=True)):
        box = BOX.fullmatch(line.strip())
        assert box, line
        assert (box[1], box[2], box[4]) == (str(n), "(" * folded, ")" * folded)
        shown, _, users = box[3].partition("<br/>")
        assert _read(shown) == name
        using = [team for team, ids in teams if n in ids]
        assert list(map(_read, users.split(", ") if users else [])) == using
        shared += [f"s{n}"] if len(using) > 1 else []
    closing = [f"s{n}" for n, (_, folded) in enumerate(stages) if folded]
    assert [line.strip() for line in rest] == [
        *(f"s{n} --> s{n + 1}" for n in range(len(stages) - 1)),
        "classDef folded stroke-dasharray: 5 3",
        "classDef shared stroke-width: 3px",
        *([f"class {','.join(closing)} folded"] if closing else []),
        *([f"class {','.join(shared)} shared"] if shared else []),
    ]


def test_no_line_break_breaks_out() -> None:
    """G6: a name with a line break, which no stage can be given, would still be one label."""
    stage = Stage(id=1, name="x", position=0)
    object.__setattr__(stage, "name", 'a"]\nclick s0\r\u2028"')
    chart = Pipeline([stage], []).to_mermaid()
    assert chart.splitlines()[1] == '    s0["a#34;#93;#10;click s0#13;#8232;#34;"]'
    assert len(chart.splitlines()) == 4


def test_stages_are_drawn_in_their_order() -> None:
    """G6: the order is that of the columns, not that in which the stages were given."""
    stages = [Stage(id=id, name=id, position=place) for id, place in (("b", 2), ("a", 1))]
    chart = Pipeline(stages, []).to_mermaid()
    assert re.findall(r'"(\w)"', chart) == ["a", "b"]
