"""Trees on planted lessons: they find what heads cannot say, never turn a sign, and every score adds up."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from bowerbird.core.errors import Invalid
from bowerbird.feed import trees
from bowerbird.feed.acts import HEADS
from bowerbird.feed.features import NAMES
from bowerbird.feed.heads import sigmoid
from bowerbird.feed.values import values
from bowerbird.learning.ranker.boosting import Lesson, boosted

LIKE, HIDE = HEADS.index("like"), HEADS.index("hide")
PICTURE, REMIX, TURNED = (NAMES.index(name) for name in ("has_picture", "is_remix", "near_turned_from"))


LIKED = np.array([[0.25, 0.03], [0.2, 0.6]])  # [with a picture, a remix]


def planted(many: int = 8_000, seed: int = 3) -> Lesson:
    """With a picture a remix is liked more, without one less, which no sum of the two says. Others are noise; hides are few."""
    dice = np.random.default_rng(seed)
    x = dice.random((many, len(NAMES)), np.float32)
    x[:, [PICTURE, REMIX]] = dice.integers(0, 2, (many, 2))
    happened = np.zeros((many, len(HEADS)), np.bool_)
    happened[:, LIKE] = dice.random(many) < LIKED[x[:, PICTURE].astype(int), x[:, REMIX].astype(int)]
    happened[:20, HIDE] = True
    return Lesson(x, happened, np.ones_like(happened), np.ones(many, np.float32))


@pytest.fixture(scope="module")
def grown() -> trees.Trees:
    found, figures = boosted(planted(), trees=30)
    assert figures["like"]["gained"] > 0.05
    assert figures["hide"]["trees"] == 0  # of twenty nothing is learned
    return found


def test_trees_find_what_no_sum_of_features_says(grown: trees.Trees) -> None:
    fresh = planted(2_000, seed=9)
    chances = grown.chances(fresh.x)[:, LIKE]
    for picture, remix in np.ndindex(2, 2):
        here = (fresh.x[:, PICTURE] == picture) & (fresh.x[:, REMIX] == remix)
        assert chances[here].mean() == pytest.approx(LIKED[picture, remix], abs=0.07)
    assert len(set(grown.chances(fresh.x)[:, HIDE].tolist())) == 1


def test_the_same_lesson_grows_the_same_trees(grown: trees.Trees) -> None:
    assert boosted(planted(), trees=30)[0].digest == grown.digest


def test_of_nothing_nothing_is_learned() -> None:
    nothing = np.zeros((0, len(HEADS)), np.bool_)
    found, _ = boosted(Lesson(np.zeros((0, len(NAMES)), np.float32), nothing, nothing, np.zeros(0, np.float32)))
    assert not found.asked.size
    assert found.chances(planted(3).x)[:, LIKE] == pytest.approx([0.06] * 3)


def test_every_score_is_the_sum_of_its_terms(grown: trees.Trees) -> None:
    x, worth = planted(300, seed=4).x, values().vector()
    base, shares = grown.attributed(x, worth)
    assert base + shares.sum(axis=1) == pytest.approx(grown.chances(x) @ worth, abs=1e-9)
    assert np.abs(shares).sum(axis=0)[[PICTURE, REMIX]].min() > 10 * np.abs(shares).sum(axis=0)[NAMES.index("has_picture") + 2]


def test_what_is_read_at_once_is_what_one_tree_after_another_says(grown: trees.Trees) -> None:
    row = planted(5, seed=6).x[:1]
    for head in range(len(HEADS)):
        margin = grown.biases[head]
        for asked, over, said in zip(grown.asked[head], grown.over[head], grown.said[head], strict=True):
            node = 0
            for feature, bar in zip(asked, over, strict=True):
                node = 2 * node + 1 + int(row[0, feature] > bar)
            margin += said[node]
        assert grown.chances(row)[0, head] == pytest.approx(float(sigmoid(np.array(margin))), abs=1e-12)


def test_no_feature_comes_to_mean_the_opposite() -> None:
    """What is near to what somebody turned away from is liked, in this lesson: a head of ours may not learn that."""
    lesson = planted()
    wrong = lesson.x[:, TURNED] > 0.5
    lesson.happened[:, LIKE] = np.random.default_rng(1).random(len(wrong)) < np.where(wrong, 0.6, 0.1)
    found, _ = boosted(lesson, trees=10)
    x = np.repeat(planted(50, seed=8).x, 2, axis=0)
    x[0::2, TURNED], x[1::2, TURNED] = 0.1, 0.9
    chances = found.chances(x)[:, LIKE]
    assert (chances[1::2] <= chances[0::2] + 1e-12).all()


def test_a_file_of_trees_is_read_as_it_was_written(grown: trees.Trees) -> None:
    written = io.BytesIO()
    np.savez_compressed(written, **grown.arrays())
    written.seek(0)
    with np.load(written, allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    assert trees.read(arrays).digest == grown.digest
    broken: list[dict[str, Any]] = [
        {name: part for name, part in arrays.items() if name != "over"},
        arrays | {"asked": arrays["asked"] + 1_000},
        arrays | {"said": np.full_like(arrays["said"], np.nan)},
        arrays | {"biases": arrays["biases"][:3]},
    ]
    for one in broken:
        with pytest.raises(Invalid):
            trees.read(one)
