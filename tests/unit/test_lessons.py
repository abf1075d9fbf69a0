"""What the heads are taught, and when: nothing is only ever praised."""

from __future__ import annotations

import numpy as np

from bowerbird.feed.acts import HEADS, Act
from bowerbird.feed.catalogue import Catalogue, Item
from bowerbird.feed.features import NAMES
from bowerbird.feed.lessons import CLOSE_MS, WAIT_MS, Lessons

BEGIN = 1_790_000_000_000
LIKE = HEADS.index("like")


def lessons(*slates: tuple[int, tuple[int, ...]]) -> Lessons:
    """Slates that were served: (person, posts), twenty seconds apart."""
    catalogue = Catalogue()
    for post in range(1, 41):
        catalogue.add(Item(id=post, author_id=900, born_ms=BEGIN))
    found = Lessons(catalogue)
    for number, (person, posts) in enumerate(slates):
        slate = number * 20_000 + 1
        found.features[slate] = np.ones((len(posts), len(NAMES)), np.float32) * 0.1
        found.take(Act(slate, "served", person, BEGIN + number * 20_000, served=posts, slate_id=slate))
    return found


def like(post: int, at_ms: int, person: int = 5) -> Act:
    return Act(at_ms + post, "like", person, BEGIN + at_ms, post_id=post)


def test_what_nothing_came_of_is_taught_when_they_go_on_to_another_page() -> None:
    one = lessons((5, (1, 2, 3, 4)))
    one.take(like(3, 1_000))
    one.teach(BEGIN + 30_000)
    assert one.heads.steps == 1  # the like alone: they may still come back to the rest
    two = lessons((5, (1, 2, 3, 4)), (5, (11, 12)))
    two.take(like(3, 1_000))
    two.teach(BEGIN + 30_000)
    assert two.heads.steps == 1 + 3  # and three places that were looked at: the fourth was not reached
    assert two.heads.biases[LIKE] < one.heads.biases[LIKE]


def test_each_place_is_settled_once_and_a_late_like_corrects_it() -> None:
    found = lessons((5, (1, 2, 3, 4)), (5, (11, 12)))
    found.take(like(2, 1_000))
    found.take(like(4, 25_000))  # after the next page was shown
    found.teach(BEGIN + 60_000)
    assert found.heads.steps == 2 + 2
    before = found.heads.biases[LIKE]
    found.take(like(1, 70_000))
    found.teach(BEGIN + 70_000 + WAIT_MS + 1)
    assert found.heads.biases[LIKE] > before
    found.teach(BEGIN + CLOSE_MS + 60_000)
    assert found.heads.steps == 2 + 2 + 1 + 2  # of the first page the two further places, of the second none was looked at


def test_another_persons_page_settles_nothing() -> None:
    found = lessons((5, (1, 2, 3, 4)), (6, (11, 12)))
    found.take(like(3, 1_000))
    found.teach(BEGIN + 60_000)
    assert found.heads.steps == 1
