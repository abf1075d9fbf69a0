"""Last night's model in the feed: it is read whole or not at all, and what it says follows from what somebody likes now."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bowerbird.feed import nights, why
from bowerbird.feed.learner import Learner
from bowerbird.learning.ranker import files, night, vectors
from bowerbird.learning.ranker.taken import Taken
from tests.unit.planted import NOW_MS, THEMES, Town, page, served, shown_and_liked, themes

DAY_MS = 86_400_000


def model(town: Town, learned_ms: int = NOW_MS - DAY_MS) -> night.Model:
    """People of one theme each took eight posts of it, and one of another."""
    dice = np.random.default_rng(2)
    people, posts = list[int](), list[int]()
    for person in range(300):
        own = town.of_theme(person % THEMES, 30)
        posts += [int(id_) for id_ in dice.choice(own, 8, replace=False)] + [1000 + int(dice.integers(town.posts))]
        people += [person + 1] * 9
    taken = Taken.of(people, posts, [1.0] * len(posts), list(range(len(posts))))
    shape = taken.users, taken.items, len(taken.people), len(taken.posts)
    rows, weights = vectors.neighbours(vectors.ease(*shape, 50.0))
    _, found = vectors.ials(taken.users, taken.items, None, *shape[2:], epochs=6, l2=0.003, alpha=0.1)
    return night.Model(taken.posts, found, rows, weights, {}, 0.003, 0.1, learned_ms)


def in_the_dark(town: Town) -> Town:
    """Nobody has read what the posts mean, and nobody else has liked anything."""
    town.learner.catalogue.vectors[:] = 0
    town.learner.catalogue.topics[:] = 0
    return town


def test_a_night_brings_what_goes_with_what_one_likes(tmp_path: Path) -> None:
    town = in_the_dark(Town())
    shown_and_liked(town.learner, 7, town.of_theme(4)[:6])
    town.learner.take(served(7, []))  # and were shown another page: all that they like counts
    before = themes(town.learner, page(town.learner, 7)[0]).count(4)
    files.write(model(town), tmp_path)
    town.learner.nightly.use(nights.read(tmp_path, NOW_MS))
    placed, _, ask = page(town.learner, 7)
    assert themes(town.learner, placed).count(4) >= before + 4
    one = next(one for one in placed if one.row % THEMES == 4)
    said = why.explain(ask, one)
    assert abs(sum(term.value for term in said.terms) - one.value) < 1e-6
    assert any("learned last night" in reason.text for reason in said.reasons)
    town.learner.nightly.use(None)
    assert themes(town.learner, page(town.learner, 7)[0]).count(4) == before


def test_where_somebody_stands_is_where_the_night_would_have_put_them() -> None:
    town = Town()
    made = model(town)
    town.learner.nightly.use(
        nights.Night(made.posts, made.vectors, made.neighbour_rows, made.neighbour_weights, made.l2, made.alpha)
    )
    shown_and_liked(town.learner, 7, [int(id_) for id_ in made.posts[:5]])
    liked = town.learner.person(7).taste(town.learner.catalogue).liked
    found = town.learner.nightly.of([*liked, liked[-1]])  # the newest counts half: this one twice
    wanted = vectors.folded(np.arange(5), made.vectors, l2=made.l2, alpha=made.alpha)
    assert found.point is not None
    assert float(found.point @ wanted) / float(np.linalg.norm(found.point) * np.linalg.norm(wanted)) > 0.98
    assert not np.isin(found.rows, [one.row for one in liked]).any()
    assert town.learner.nightly.of([]).point is None


def test_posts_that_came_since_are_unknown_and_harm_nothing() -> None:
    old = Town(100)
    made = model(old)
    learner = Town(200).learner  # half of its posts came since
    learner.nightly.use(nights.Night(made.posts, made.vectors, made.neighbour_rows, made.neighbour_weights, made.l2, made.alpha))
    shown_and_liked(learner, 7, [1000, 1010, 1150])
    foretold = page(learner, 7)[2].who.foretold
    assert foretold.fits(np.arange(100, 200, dtype=np.int32)).tolist() == [0.0] * 100
    assert foretold.fits(np.arange(100, dtype=np.int32)).any()
    bare = Learner()
    bare.nightly.use(learner.nightly.night)  # of a house that has none of its posts
    assert page(bare, None)[0] == []


@pytest.mark.parametrize("harm", ["missing", "no json", "another shape", "no number", "beyond", "outside", "old", "cut"])
def test_a_night_that_is_broken_is_as_if_it_had_never_been(tmp_path: Path, harm: str) -> None:
    files.write(model(Town(100)), tmp_path)
    about = tmp_path / nights.FILE
    said = json.loads(about.read_text())
    part = tmp_path / said["files"]["vectors"]
    match harm:
        case "missing":
            about.unlink()
        case "no json":
            about.write_text("{")
        case "another shape":
            np.save(part, np.load(part)[:-1])
        case "no number":
            np.save(part, np.full_like(np.load(part), np.nan))
        case "beyond":
            near = tmp_path / said["files"]["neighbours"]
            np.save(near, np.load(near) + 1_000)
        case "outside":
            about.write_text(json.dumps(said | {"files": said["files"] | {"vectors": "../vectors.npy"}}))
        case "old":
            about.write_text(json.dumps(said | {"learned_ms": NOW_MS - 8 * DAY_MS}))
        case _:
            part.write_bytes(part.read_bytes()[:200])
    assert nights.read(tmp_path, NOW_MS) is None


def test_a_night_is_known_by_its_stamp(tmp_path: Path) -> None:
    assert nights.stamp(tmp_path) == 0
    files.write(model(Town(100)), tmp_path)
    assert nights.stamp(tmp_path) > 0
    found = nights.read(tmp_path, NOW_MS)
    assert found is not None
    assert (found.l2, found.alpha, found.learned_ms) == (0.003, 0.1, NOW_MS - DAY_MS)
