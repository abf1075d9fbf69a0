"""The remix tree on paper and the difference of words: nothing lies on anything, every picture is there once, no word is lost."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bowerbird.core.database import Database, Pool
from bowerbird.gallery import differences, layout
from bowerbird.studio import lineage
from tests.unit.test_lineage import grown

WORD = st.sampled_from(["a", "red", "fox", "in", "the", "snow", "night,", "Night", "ink"])
PROMPT = st.lists(WORD, max_size=12).map(" ".join)


@st.composite
def families(draw: st.DrawFn) -> tuple[dict[int, int | None], int, list[int]]:
    """A tree whose pictures are numbered from 1, one of them, and branches to unfold."""
    count = draw(st.integers(1, 400))
    far = draw(st.sampled_from([1, 3, 400]))  # 1: a line, 400: a bush
    parents: dict[int, int | None] = {1: None}
    choice = draw(st.randoms(use_true_random=False))
    for id_ in range(2, count + 1):
        parents[id_] = choice.randint(max(1, id_ - far), id_ - 1)
    return parents, draw(st.integers(1, count)), draw(st.lists(st.integers(1, count), max_size=8))


@hypothesis_settings(max_examples=150, deadline=None)
@given(families())
def test_no_node_lies_on_another_and_every_picture_is_counted_once(family: tuple[dict[int, int | None], int, list[int]]) -> None:
    parents, here, opened = family
    drawing = layout.draw(parents, here, opened)
    nodes = drawing.nodes
    shown = [node for node in nodes if not node.more]
    assert len({node.id for node in nodes}) == len(nodes)
    assert {here, 1} <= {node.id for node in shown}
    assert len(shown) <= layout.NODES_MAX + layout.ABOVE_MAX
    for one in nodes:
        assert 0 <= one.x <= drawing.columns - 1
        assert 0 <= one.y < drawing.rows
        for other in nodes:
            assert one is other or one.y != other.y or abs(one.x - other.x) >= 1
        for child in one.children:
            assert child.y == one.y + 1
            assert child.more or child.skipped or parents[child.id] == one.id
    if not any(node.skipped for node in nodes):
        assert len(shown) + sum(node.more for node in nodes) == len(parents)


def test_a_deep_line_is_shortened_and_says_so() -> None:
    parents: dict[int, int | None] = {1: None} | {id_: id_ - 1 for id_ in range(2, 201)}
    drawing = layout.draw(parents, 200)
    assert drawing.rows == layout.ABOVE_MAX
    assert sum(node.skipped for node in drawing.nodes) == 200 - layout.ABOVE_MAX


def test_a_branch_unfolds_a_part_at_a_time() -> None:
    parents: dict[int, int | None] = {1: None} | dict.fromkeys(range(2, 102), 1)
    folded = [sum(node.more for node in layout.draw(parents, 1, [1] * times).nodes) for times in range(4)]
    assert folded == [94, 70, 46, 22]


@given(PROMPT, PROMPT)
def test_no_word_is_lost_or_made_up(before: str, after: str) -> None:
    told = differences.words(before, after)
    assert " ".join(words for kind, words in told if kind != "new").split() == before.split()
    assert " ".join(words for kind, words in told if kind != "gone").split() == after.split()
    assert all(words for _, words in told)
    assert 0 <= differences.share(before, after) <= 1
    assert differences.share(before, before) == 0


def test_long_prompts_are_compared_in_part_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    class Counted(SequenceMatcher[str]):
        def __init__(self, isjunk: None, a: list[str], b: list[str], autojunk: bool) -> None:
            compared.append(max(len(a), len(b)))
            super().__init__(isjunk, a, b, autojunk)

    monkeypatch.setattr(differences, "SequenceMatcher", Counted)
    before, after = "fox " * 200, "fox owl " * 100 + "end"
    told = differences.words(before, after)
    assert told == differences.words(before, after)
    assert compared == [differences.COMPARED_WORDS_MAX]  # once, then remembered
    assert told[-1] == ("cut", differences.NOT_COMPARED)


def test_what_long_prompts_share_is_not_cut() -> None:
    sea, sky = "sea " * 90, "sky " * 90
    assert differences.words(sea + sky, sea + sky) == [("same", (sea + sky).strip())]
    assert differences.words(f"{sea}red {sky}", f"{sea}blue {sky}") == [
        ("same", sea.strip()), ("gone", "red"), ("new", "blue"), ("same", sky.strip()),
    ]  # fmt: skip
    assert [kind for kind, _ in differences.words(f"{sea}{sky} end", f"{sea}{sky} ink")] == ["same", "gone", "new"]


def test_what_else_changed_is_told() -> None:
    before = {"medium": "ink", "engine": "Illustrator", "seed": 7, "width": 768, "height": 768}
    after = {"medium": "oil", "engine": "Painter", "seed": 8, "width": 960, "height": 640, "strength": 0.3}
    assert [one.said for one in differences.settings(before, after)] == [
        "strength 30\u2009%", "medium ink → oil", "engine Illustrator → Painter", "shape square → wide", "seed another",
    ]  # fmt: skip
    assert [one.said for one in differences.settings(before, {**before})] == ["seed kept"]


class Planned(Database):
    """Keeps the plan of what it read."""

    plan: Any = None

    async def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        self.plan = await self.value(f"explain (analyze, format json) {sql}", *args)
        return await super().rows(sql, *args)


def walked(plan: dict[str, Any]) -> float:
    """How many rows the recursion of a plan made."""
    own = plan["Actual Rows"] if plan["Node Type"] == "Recursive Union" else 0
    return own + sum(walked(one) for one in plan.get("Plans", []))


async def test_the_walk_down_ends_where_the_family_is_large_enough(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "FAMILY_MAX", 5)
    async with pool.reading() as db, db.connection.transaction(force_rollback=True):
        made = await grown(db, [max(0, place - 1) for place in range(12)])
        planned = Planned(db.connection)
        assert list(await lineage.family(planned, made[0].id, None)) == [picture.id for picture in made[:5]]
        assert walked(planned.plan[0]["Plan"]) == 5
