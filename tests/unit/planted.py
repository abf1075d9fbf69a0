"""A small town with planted tastes: posts of a few themes, people who like some of them. No database: what ranking itself needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import numpy as np

from bowerbird.feed import asked, for_you
from bowerbird.feed.acts import Act, Kind
from bowerbird.feed.asked import Asked
from bowerbird.feed.catalogue import Item
from bowerbird.feed.features import NAMES
from bowerbird.feed.learner import Learner
from bowerbird.feed.pipeline import Batch, Placed
from bowerbird.feed.readers import Ties
from bowerbird.feed.recipe import Recipe

NOW_MS = 1_790_000_000_000
HOUR_MS = 3_600_000
THEMES = 10
_ids = count(10_000)


def vectors(themes: np.ndarray, seed: int = 0) -> np.ndarray:
    """Meanings: of one theme alike (cosine about 0.6), of two nothing to do with each other."""
    chance = np.random.default_rng(seed)
    middles, _ = np.linalg.qr(chance.normal(size=(64, THEMES)))
    said = middles.T[themes] + 0.1 * chance.normal(size=(len(themes), 64))
    return (said / np.linalg.norm(said, axis=1, keepdims=True)).astype(np.float32)


@dataclass
class Town:
    """Posts 1000…; number `n` is of theme `n % THEMES`, by author `50 + n % 40`."""

    posts: int = 400
    learner: Learner = field(default_factory=Learner)

    def __post_init__(self) -> None:
        meant = vectors(np.arange(self.posts) % THEMES)
        for number in range(self.posts):
            self.learner.add(
                Item(
                    id=1000 + number, author_id=50 + number % 40, born_ms=NOW_MS - 24 * HOUR_MS + number * 1000, vector=meant[number],
                    topics=frozenset({f"theme {number % THEMES}"}), pictures=1, author_name=f"author{number % 40}",
                )
            )  # fmt: skip

    def of_theme(self, theme: int, most: int = 20) -> list[int]:
        return [1000 + number for number in range(self.posts) if number % THEMES == theme][:most]


def act(kind: Kind, person_id: int, post_id: int = 0, at_ms: int = NOW_MS - HOUR_MS, **more: object) -> Act:
    return Act(next(_ids), kind, person_id, at_ms, post_id, **more)  # type: ignore[arg-type]


def served(person_id: int, posts: list[int], at_ms: int = NOW_MS - 2 * HOUR_MS) -> Act:
    id_ = next(_ids)
    return Act(id_, "served", person_id, at_ms, served=tuple(posts), slate_id=id_)


def shown_and_liked(learner: Learner, person_id: int, posts: list[int], at_ms: int = NOW_MS - 2 * HOUR_MS) -> list[Act]:
    """A page with those posts, and a like for each."""
    acts = [served(person_id, posts, at_ms)]
    acts += [act("like", person_id, post, at_ms + 60_000 + place) for place, post in enumerate(posts)]
    for one in acts:
        if one.kind == "served":
            chance = np.random.default_rng(one.id)
            learner.lessons.features[one.slate_id] = chance.random((len(posts), len(NAMES)), np.float32)
        learner.take(one)
    return acts


def page(
    learner: Learner, person_id: int | None, *, recipe: Recipe | None = None, ties: Ties | None = None, limit: int = 20, explore: bool = False
) -> tuple[list[Placed], Batch, Asked]:  # fmt: skip
    person = learner.person(person_id) if person_id else None
    ask = asked.of(learner, person, NOW_MS, limit=limit, seed=1, ties=ties, recipe=recipe, explore=explore)
    placed, batch = for_you.pipeline().run(ask)
    return placed, batch, ask


def ids(learner: Learner, placed: list[Placed]) -> list[int]:
    return [int(learner.catalogue.ids[one.row]) for one in placed]


def themes(learner: Learner, placed: list[Placed]) -> list[int]:
    return [(id_ - 1000) % THEMES for id_ in ids(learner, placed)]
